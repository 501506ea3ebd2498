// Which operations of a network have parameters, and how far its gradients must therefore go back.
#pragma once

#include <vector>

#include "layers.hpp"

namespace glassnet {

inline bool learns(const Operation& op) {
    switch (op.kind) {
        case Kind::activation:
        case Kind::dropout:
        case Kind::residual_begin:
        case Kind::residual_end:
        case Kind::members_begin:
        case Kind::member_end:
        case Kind::members_end: return false;
        case Kind::dense:
        case Kind::batch_norm:
        case Kind::layer_norm:
        case Kind::scale:
        case Kind::mixed_activation:
        case Kind::periodic_embedding:
        case Kind::category_embedding:
        case Kind::piecewise_embedding: return true;
    }
    no_such_enumerator();
}

// The gradient by the input of an operation is wanted where the signal on its way there met parameters; those of the members before
// are not on the way of the next one.
inline std::vector<bool> wanted_gradients(const std::vector<Operation>& operations) {
    std::vector<bool> wanted;
    bool met = false;
    for (std::size_t i = 0; i < operations.size(); ++i) {
        const Operation& op = operations[i];
        if (op.kind == Kind::member_end) met = wanted[op.partner];
        if (op.kind == Kind::members_end)
            for (std::size_t j = op.partner; j < i; ++j) met = met || learns(operations[j]);
        wanted.push_back(met);
        met = met || learns(op);
    }
    return wanted;
}

}  // namespace glassnet
