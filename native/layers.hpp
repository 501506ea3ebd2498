// The table of all kinds of operations, by the names of the layers in glassnet/layers; and how the
// operations of a network are made and checked.
#pragma once

#include "categories.hpp"
#include "members.hpp"
#include "normalization.hpp"
#include "periodic.hpp"
#include "piecewise.hpp"
#include "scaling.hpp"

namespace glassnet {

template <class T>
struct OperationKind {
    const char* name;
    std::shared_ptr<const Operation<T>> (*make)(Specification&);
};

template <class Made, class T>
std::shared_ptr<const Operation<T>> make_operation(Specification& spec) {
    return std::make_shared<const Made>(spec);
}

template <class T>
std::shared_ptr<const Operation<T>> make_activation(Specification& spec) {
    return spec.value("parametric") != 0 ? make_operation<MixedActivation<T>, T>(spec)
                                         : make_operation<ActivationLayer<T>, T>(spec);
}

template <class T>
constexpr OperationKind<T> operation_kinds[] = {
    {"dense", make_operation<Dense<T>, T>},
    {"activation", make_activation<T>},
    {"dropout", make_operation<Dropout<T>, T>},
    {"batch_norm", make_operation<BatchNorm<T>, T>},
    {"layer_norm", make_operation<LayerNorm<T>, T>},
    {"rms_norm", make_operation<RMSNorm<T>, T>},
    {"scale", make_operation<Scale<T>, T>},
    {"periodic_embedding", make_operation<PeriodicEmbedding<T>, T>},
    {"piecewise_linear_embedding", make_operation<PiecewiseLinearEmbedding<T>, T>},
    {"category_embedding", make_operation<CategoryEmbedding<T>, T>},
    {"residual_begin", make_operation<ResidualBegin<T>, T>},
    {"residual_end", make_operation<ResidualEnd<T>, T>},
    {"members_begin", make_operation<MembersBegin<T>, T>},
    {"member_end", make_operation<MemberEnd<T>, T>},
    {"members_end", make_operation<MembersEnd<T>, T>},
};

template <class T>
const OperationKind<T>& operation_kind(const std::string& name) {
    return row_named(operation_kinds<T>, name, "kind of operation", "native/layers.hpp");
}

// The operations of a network, each of which takes what the one before gives.
template <class T>
Operations<T> make_operations(const std::vector<OperationArguments>& arguments,
                              std::size_t n_parameters, std::size_t n_statistics) {
    require(!arguments.empty(), "a network needs at least one operation");
    Operations<T> made;
    OpenSpans open;
    for (const OperationArguments& each : arguments) {
        require(each.n_in > 0 && each.n_out > 0 &&
                    each.n_in == (made.empty() ? each.n_in : made.back()->n_out),
                "the input of an operation is not as wide as the output before it");
        Specification spec(each, made.size(), n_parameters, n_statistics, open);
        made.push_back(operation_kind<T>(each.kind).make(spec));
        spec.finish();
    }
    require(open.empty(), "a residual block or a member does not end");
    return made;
}

}  // namespace glassnet
