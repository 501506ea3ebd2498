// Bindings only: every shape, offset and index is checked here and in checks.hpp, so that no call from Python can reach outside its arrays.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/function.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <memory>
#include <string>
#include <tuple>

#include "answer.hpp"
#include "checks.hpp"
#include "engine.hpp"
#include "predictor.hpp"

namespace nb = nanobind;
using namespace nb::literals;
using namespace glassnet;

namespace {

template <class T>
using Array = nb::ndarray<T, nb::numpy, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
template <class T>
using Matrix = nb::ndarray<const T, nb::numpy, nb::ndim<2>, nb::c_contig, nb::device::cpu>;
template <class T>
using Values = nb::ndarray<const T, nb::numpy, nb::c_contig, nb::device::cpu>;

// An array exactly as it came: a converted copy would be gone before its pointer is used.
template <class A>
A exact(nb::handle value, const char* what) {
    A array;
    require(nb::try_cast(value, array, false), what);
    return array;
}

// Rows of X, dense or (data, indices, indptr, n_columns), checked against the width of the network.
template <class T>
Rows<T> rows_of(nb::handle X, std::size_t n_features) {
    Rows<T> rows;
    rows.n_columns = n_features;
    if (nb::isinstance<nb::tuple>(X)) {
        const auto parts = nb::borrow<nb::tuple>(X);
        require(parts.size() == 3, "a CSR matrix comes as data, columns and row starts");
        const auto data = exact<Values<T>>(parts[0], "the data of the CSR matrix are of another dtype");
        const auto indices = exact<Values<std::int32_t>>(parts[1], "the columns of the CSR matrix must be int32");
        const auto indptr = exact<Values<std::int32_t>>(parts[2], "the row starts of the CSR matrix must be int32");
        require(indptr.size() >= 1 && data.size() == indices.size(), "the parts of the CSR matrix do not fit together");
        const std::int32_t* starts = indptr.data();
        const std::size_t n = indptr.size() - 1;
        require(starts[0] == 0 && static_cast<std::size_t>(starts[n]) <= data.size(), "the row starts of the CSR matrix lie outside");
        for (std::size_t i = 0; i < n; ++i) require(starts[i] <= starts[i + 1], "the row starts of the CSR matrix fall");
        for (std::size_t i = 0; i < indices.size(); ++i)
            require(indices.data()[i] >= 0 && static_cast<std::size_t>(indices.data()[i]) < n_features, "a column of the CSR matrix lies outside");
        rows.data = data.data();
        rows.indices = indices.data();
        rows.indptr = starts;
        rows.n = n;
        return rows;
    }
    const auto dense = exact<Matrix<T>>(X, "X must be a C-ordered matrix of the network's dtype");
    require(dense.shape(1) == n_features, "X is not as wide as the network's input");
    rows.dense = dense.data();
    rows.n = dense.shape(0);
    return rows;
}

template <class T>
class BoundEngine {
  public:
    BoundEngine(std::vector<Operation> operations, std::vector<std::tuple<std::size_t, std::size_t, double, double>> segments,
                Settings settings, Array<T> theta, Array<T> gradient, Array<T> statistics, Array<T> first, Array<T> second)
        : theta_(theta), gradient_(gradient), statistics_(statistics), first_(first), second_(second), loss_(settings.loss),
          n_features_(operations.empty() ? 0 : operations.front().n_in), n_outputs_(operations.empty() ? 0 : operations.back().n_out) {
        check(operations, theta.size(), statistics.size());
        require(gradient.size() == theta.size(), "the gradient is not as long as theta");
        const auto kind = settings.optimizer.kind;
        const bool adam = kind == OptimizerKind::adam || kind == OptimizerKind::adamw;
        require(!(adam || (kind == OptimizerKind::sgd && settings.optimizer.momentum != 0)) || first.size() == theta.size(),
                "an optimizer's vector is not as long as theta");
        require(!(adam || kind == OptimizerKind::rmsprop) || second.size() == theta.size(), "an optimizer's vector is not as long as theta");
        std::vector<Segment> stretches;
        for (const auto& [start, stop, lr_factor, decay_factor] : segments) {
            require(start <= stop && stop <= theta.size(), "a segment lies outside theta");
            stretches.push_back({start, stop, lr_factor, decay_factor});
        }
        std::size_t end = 0;
        for (const Segment& segment : stretches) {
            require(segment.start == end, "the segments do not cover theta one behind the other");
            end = segment.stop;
        }
        require(end == theta.size(), "the segments do not cover theta one behind the other");
        n_threads_ = settings.n_threads;
        const Tensors<T> tensors{theta.data(), gradient.data(), statistics.data()};
        predictor_ = std::make_unique<Predictor<T>>(operations, tensors);
        engine_ = std::make_unique<Engine<T>>(std::move(operations), stretches, std::move(settings), tensors, statistics.size(), first.data(),
                                              second.data());
    }

    void predict(nb::handle X, nb::ndarray<T, nb::numpy, nb::ndim<2>, nb::c_contig, nb::device::cpu> Z) const {
        const auto rows = rows_of<T>(X, n_features_);
        require(Z.shape(0) == rows.n && Z.shape(1) == n_outputs_, "Z has not the shape of the raw scores");
        T* scores = Z.data();
        nb::gil_scoped_release release;
        predictor_->predict(rows, scores, n_threads_);
    }

    double loss_and_gradient(nb::handle X, nb::handle y, nb::handle weight, std::uint64_t step) {
        const auto rows = rows_of<T>(X, n_features_);
        const auto target = target_of(y, rows.n);
        const double* weights = weights_of(weight, rows.n);
        nb::gil_scoped_release release;
        return engine_->loss_and_gradient(rows, target, weights, step);
    }

    const Predictor<T>& predictor() const { return *predictor_; }
    LossKind loss() const { return loss_.kind; }

    double gradient_norm() const { return engine_->gradient_norm(); }

    void update(double lr, double length, double t) { engine_->update(lr, length, t); }

    nb::tuple run(nb::handle X, nb::handle y, nb::handle weight, Values<std::int64_t> order, Values<std::int64_t> offsets,
                  std::uint64_t first_step, Matrix<double> rates, double t, nb::callable stop) {
        const auto rows = rows_of<T>(X, n_features_);
        const auto target = target_of(y, rows.n);
        const double* weights = weights_of(weight, rows.n);
        const std::size_t n_steps = rates.shape(0);
        require(offsets.size() >= 1 && n_steps == offsets.size() - 1 && rates.shape(1) == 3, "there must be three rates a step");
        std::vector<Rates> each(n_steps);
        for (std::size_t i = 0; i < n_steps; ++i) {
            const double* row = rates.data() + 3 * i;
            require(row[1] >= 0 && row[1] <= 1, "the factor of a dropout rate lies outside [0, 1]");
            each[i] = {row[0], row[1], row[2]};
        }
        const std::int64_t* at = offsets.data();
        require(at[0] >= 0 && static_cast<std::size_t>(at[n_steps]) <= order.size(), "the offsets lie outside the order");
        for (std::size_t i = 0; i < n_steps; ++i) require(at[i] <= at[i + 1], "the offsets fall");
        for (std::size_t i = 0; i < order.size(); ++i)
            require(order.data()[i] >= 0 && static_cast<std::size_t>(order.data()[i]) < rows.n, "the order names a row that X does not have");
        const auto asked = [&stop] {
            nb::gil_scoped_acquire acquire;
            if (PyErr_CheckSignals() != 0) throw nb::python_error();
            return nb::cast<bool>(stop());
        };
        Steps steps;
        {
            nb::gil_scoped_release release;
            steps = engine_->run(rows, target, weights, {order.data(), at, n_steps}, first_step, each.data(), t, asked);
        }
        return nb::make_tuple(steps.done, steps.losses, steps.weights, steps.gradient_norm, static_cast<int>(steps.status), t);
    }

  private:
    Target<T> target_of(nb::handle y, std::size_t n) const {
        Target<T> target;
        const bool softmax = loss_.kind == LossKind::softmax;
        nb::ndarray<const std::int64_t, nb::numpy, nb::ndim<1>, nb::c_contig, nb::device::cpu> labels;
        if (softmax && nb::try_cast(y, labels, false)) {
            require(labels.size() == n, "there must be one label a row");
            for (std::size_t i = 0; i < n; ++i)
                require(labels.data()[i] >= 0 && static_cast<std::size_t>(labels.data()[i]) < n_outputs_, "a label lies outside the outputs");
            target.labels = labels.data();
            return target;
        }
        const auto numbers = exact<Matrix<T>>(y, "y must be a C-ordered matrix of the network's dtype, or int64 labels");
        const std::size_t quantiles = loss_.kind == LossKind::quantile ? loss_.settings.size() : 1;
        require(numbers.shape(0) == n && numbers.shape(1) * quantiles == n_outputs_, "y has not the shape that the loss takes");
        target.numbers = numbers.data();
        target.n_columns = numbers.shape(1);
        return target;
    }

    static const double* weights_of(nb::handle weight, std::size_t n) {
        if (weight.is_none()) return nullptr;
        const auto weights = exact<Values<double>>(weight, "weights must be float64");
        require(weights.size() == n, "there must be one weight a row");
        return weights.data();
    }

    Array<T> theta_, gradient_, statistics_, first_, second_;  // they keep the arrays alive
    Loss loss_;
    std::size_t n_features_, n_outputs_;
    std::size_t n_threads_ = 1;
    std::unique_ptr<Engine<T>> engine_;
    std::unique_ptr<Predictor<T>> predictor_;
};

// A row of a table of numbers in, its answer out: what `Model.predictor` calls.
template <class T>
class BoundAnswer {
  public:
    BoundAnswer(const BoundEngine<T>& engine, std::vector<double> factor, std::vector<double> mean, std::vector<double> scale,
                std::vector<std::size_t> gaps, double limit, double far, bool both_classes, std::size_t n_quantiles,
                std::vector<double> target_scale, std::vector<double> target_mean, std::vector<double> low, std::vector<double> high)
        : predictor_(engine.predictor()), coding_{std::move(factor), std::move(mean), std::move(scale), std::move(gaps), limit, far},
          ending_{engine.loss(), both_classes, n_quantiles, std::move(target_scale), std::move(target_mean), std::move(low), std::move(high)} {
        const std::size_t n = coding_.mean.size(), k = predictor_.n_outputs();
        require(coding_.factor.size() == n && coding_.scale.size() == n, "the columns' statistics do not fit together");
        for (const std::size_t gap : coding_.gaps) require(gap < n, "a gap is marked in a column that there is not");
        require(coding_.n_features() == predictor_.n_features(), "the columns do not make the network's features");
        require(!both_classes || k == 1, "two classes need one score");
        require(n_quantiles >= 1 && k % n_quantiles == 0, "the quantiles do not share the outputs evenly");
        require(ending_.scale.size() == ending_.mean.size() && (ending_.scale.empty() || ending_.scale.size() == k), "one unit an output");
        require(ending_.low.size() == ending_.high.size() && (ending_.low.empty() || ending_.low.size() == k), "one range an output");
    }

    std::size_t n_answers() const { return ending_.n_answers(predictor_.n_outputs()); }

    void operator()(Values<double> row, Array<double> out) const {
        require(row.ndim() == 1 && row.size() == coding_.mean.size() && out.size() == n_answers(), "the row or its answer has another length");
        for (std::size_t j = 0; j < row.size(); ++j) require(!std::isinf(row.data()[j]), "the row holds an infinite number");
        require(coding_.takes(row.data()), "the row holds a gap (NaN), which the model does not take");
        predictor_.predict_row([&](T* features) { coding_.encode(row.data(), features); },
                               [&](const T* Z) { ending_.answer(Z, predictor_.n_outputs(), out.data()); });
    }

  private:
    const Predictor<T>& predictor_;  // of the engine, which is kept alive
    Coding coding_;
    Ending ending_;
};

Operation operation(int kind, std::size_t n_in, std::size_t n_out, int activation, double rate, double eps, double momentum,
                    std::uint64_t number, std::size_t first, std::size_t second, std::size_t mean, std::size_t variance, std::size_t partner,
                    std::size_t third, std::size_t fourth, std::size_t n_numeric, std::size_t n_frequencies, std::size_t n_embedded,
                    std::vector<std::size_t> levels, std::vector<std::size_t> tables, std::size_t n_members, bool same_row, bool scored) {
    require(kind >= 0 && kind <= static_cast<int>(Kind::member_mean), "unknown kind of operation");
    require(activation >= 0 && activation <= static_cast<int>(Activation::softplus), "unknown activation");
    return {static_cast<Kind>(kind), n_in, n_out, static_cast<Activation>(activation), rate, eps, momentum, number, first, second, mean,
            variance, partner, third, fourth, n_numeric, n_frequencies, n_embedded, std::move(levels), std::move(tables),
            n_members, same_row, scored};
}

Settings settings(int loss, std::vector<double> loss_settings, int outputs, double floor, int optimizer, double momentum, double beta1,
                  double beta2, double eps, double weight_decay, bool nesterov, bool rate_inside, bool uncorrected_eps, double l1, double l2,
                  bool per_batch, double max_norm, std::uint64_t seed, std::size_t n_threads) {
    require(loss >= 0 && loss <= static_cast<int>(LossKind::gamma), "unknown loss");
    require(optimizer >= 0 && optimizer <= static_cast<int>(OptimizerKind::adamw), "unknown optimizer");
    const auto kind = static_cast<LossKind>(loss);
    const bool with_setting = kind == LossKind::huber || kind == LossKind::quantile || kind == LossKind::logistic || kind == LossKind::softmax;
    require(n_threads >= 1 && n_threads <= 256, "from 1 to 256 threads");
    require(with_setting == !loss_settings.empty(), "the loss has not the settings that it takes");
    require(outputs >= 0 && outputs <= static_cast<int>(Outputs::mean_of_sum), "unknown way to join outputs");
    require(outputs == 0 || kind == LossKind::squared || kind == LossKind::logistic || kind == LossKind::poisson, "the loss has one way alone");
    require(floor == 0 || (floor > 0 && floor < 0.5 && (kind == LossKind::logistic || kind == LossKind::softmax)),
            "a floor in [0, 0.5) is for the probabilities of classes");
    return {{kind, std::move(loss_settings), static_cast<Outputs>(outputs), floor},
            {static_cast<OptimizerKind>(optimizer), momentum, beta1, beta2, eps, weight_decay, nesterov, rate_inside, uncorrected_eps},
            l1, l2, per_batch, max_norm, seed, n_threads};
}

template <class T>
void bind(nb::module_& m, const char* name, const char* answer) {
    nb::class_<BoundAnswer<T>>(m, answer)
        .def(nb::init<const BoundEngine<T>&, std::vector<double>, std::vector<double>, std::vector<double>, std::vector<std::size_t>, double,
                      double, bool, std::size_t, std::vector<double>, std::vector<double>, std::vector<double>, std::vector<double>>(),
             nb::keep_alive<1, 2>(), "engine"_a, "factor"_a, "mean"_a, "scale"_a, "gaps"_a, "limit"_a, "far"_a, "both_classes"_a,
             "n_quantiles"_a, "target_scale"_a, "target_mean"_a, "low"_a, "high"_a)
        .def_prop_ro("n_answers", &BoundAnswer<T>::n_answers)
        .def("__call__", &BoundAnswer<T>::operator());
    nb::class_<BoundEngine<T>>(m, name)
        .def(nb::init<std::vector<Operation>, std::vector<std::tuple<std::size_t, std::size_t, double, double>>, Settings, Array<T>, Array<T>,
                      Array<T>, Array<T>, Array<T>>())
        .def("predict", &BoundEngine<T>::predict)
        .def("loss_and_gradient", &BoundEngine<T>::loss_and_gradient, "X"_a, "y"_a, "weight"_a.none(), "step"_a)
        .def("gradient_norm", &BoundEngine<T>::gradient_norm)
        .def("update", &BoundEngine<T>::update)
        .def("run", &BoundEngine<T>::run, "X"_a, "y"_a, "weight"_a.none(), "order"_a, "offsets"_a, "first_step"_a, "rates"_a, "t"_a, "stop"_a);
}

// Instruction sets that this processor and system have and that a module of ours is compiled for, the widest first.
std::vector<std::string> instruction_sets() {
    std::vector<std::string> names;
#if defined(__x86_64__)
    __builtin_cpu_init();
    const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2");
    const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512cd") &&
                        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    if (avx2 && avx512) names.push_back("avx512");
    if (avx2) names.push_back("avx2");
#endif
    return names;
}

}  // namespace

NB_MODULE(GLASSNET_MODULE, m) {
    m.doc() = "glassnet's native engine";
    m.def("instruction_sets", &instruction_sets);
    nb::class_<Operation>(m, "Operation");
    nb::class_<Settings>(m, "Settings");
    m.def("operation", &operation, "kind"_a, "n_in"_a, "n_out"_a, "activation"_a = 0, "rate"_a = 0.0, "eps"_a = 0.0, "momentum"_a = 0.0,
          "number"_a = 0, "first"_a = 0, "second"_a = 0, "mean"_a = 0, "variance"_a = 0, "partner"_a = 0, "third"_a = 0, "fourth"_a = 0,
          "n_numeric"_a = 0, "n_frequencies"_a = 0, "n_embedded"_a = 0, "levels"_a = std::vector<std::size_t>{},
          "tables"_a = std::vector<std::size_t>{}, "n_members"_a = 1, "same_row"_a = false, "scored"_a = false);
    m.def("settings", &settings, "loss"_a, "loss_settings"_a, "outputs"_a = 0, "floor"_a = 0.0, "optimizer"_a = 0, "momentum"_a = 0.0,
          "beta1"_a = 0.0, "beta2"_a = 0.0, "eps"_a = 0.0, "weight_decay"_a = 0.0, "nesterov"_a = false, "rate_inside"_a = false,
          "uncorrected_eps"_a = false, "l1"_a = 0.0, "l2"_a = 0.0, "per_batch"_a = false,
          "max_norm"_a = std::numeric_limits<double>::infinity(), "seed"_a = 0, "n_threads"_a = 1);
    bind<float>(m, "Engine32", "Answer32");
    bind<double>(m, "Engine64", "Answer64");
}
