// The engine as Python calls it: arguments checked, the GIL let go, and what belongs to one process
// made anew after a fork.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <functional>
#include <memory>
#include <tuple>
#include <vector>

#include "arrays.hpp"
#include "concurrent.hpp"
#include "gil.hpp"
#include "output_transform.hpp"

namespace glassnet {

inline void require_threads(std::size_t n) {
    require(n >= 1 && n <= 256, "n_threads must be from 1 to 256");
}

template <class T>
class BoundEngine {
  public:
    BoundEngine(std::vector<OperationArguments> arguments,
                std::vector<std::tuple<std::size_t, std::size_t, double, double>> segments,
                Settings settings, Array<T> theta, Array<T> gradient, Array<T> statistics,
                Array<T> first, Array<T> second)
        : theta_(theta),
          gradient_(gradient),
          statistics_(statistics),
          first_(first),
          second_(second),
          loss_(settings.loss),
          loss_kind_(glassnet::loss_kind<T>(loss_.name)) {
        const Operations<T> operations =
            make_operations<T>(arguments, theta.size(), statistics.size());
        n_features_ = operations.front()->n_in, n_outputs_ = operations.back()->n_out;
        const OptimizerKind<T>& optimizer = optimizer_kind<T>(settings.optimizer.name);
        require(gradient.size() == theta.size(), "the gradient is not as long as theta");
        require(!optimizer.keeps_first(settings.optimizer) || first.size() == theta.size(),
                "an optimizer's vector is not as long as theta");
        require(!optimizer.keeps_second || second.size() == theta.size(),
                "an optimizer's vector is not as long as theta");
        std::vector<Segment> parts;
        std::size_t end = 0;
        for (const auto& [start, stop, lr_factor, decay_factor] : segments) {
            require(start == end && start <= stop,
                    "the segments do not cover theta one behind the other");
            parts.push_back({start, stop, lr_factor, decay_factor});
            end = stop;
        }
        require(end == theta.size(), "the segments do not cover theta one behind the other");
        const Tensors<T> tensors{theta.data(), gradient.data(), statistics.data()};
        make_ = [=, n = statistics.size(), velocity = first.data(), squares = second.data()] {
            return std::make_unique<ConcurrentEngine<T>>(operations, parts, settings, tensors, n,
                                                         velocity, squares);
        };
        engine_ = make_();
        n_forks_ = n_forks().load();
    }

    // The engine of this process. To be called with the GIL.
    ConcurrentEngine<T>& engine() {
        ready_to_throw();
        if (n_forks_ != n_forks().load()) {
            auto made = make_();
            static_cast<void>(engine_.release());  // threads that are not here may hold its locks
                                                   // and be half-way through its lists
            engine_ = std::move(made);
            n_forks_ = n_forks().load();
        }
        return *engine_;
    }

    void predict(nb::handle X,
                 nb::ndarray<T, nb::numpy, nb::ndim<2>, nb::c_contig, nb::device::cpu> Z) {
        const auto rows = rows_of<T>(X, n_features_);
        require(Z.shape(0) == rows.n && Z.shape(1) == n_outputs_,
                "Z has not the shape of the raw scores");
        T* scores = Z.data();
        ConcurrentEngine<T>& engine = this->engine();
        const GilReleased released;
        engine.predict(rows, scores);
    }

    double loss_and_gradient(nb::handle X, nb::handle y, nb::handle weight, std::uint64_t step) {
        const auto rows = rows_of<T>(X, n_features_);
        const auto target = target_of(y, rows.n);
        const double* weights = weights_of(weight, rows.n);
        return change([&](Engine<T>& engine) {
            return engine.loss_and_gradient(rows, target, weights, step);
        });
    }

    const LossKind<T>& loss_kind() const { return loss_kind_; }
    std::size_t n_features() const { return n_features_; }
    std::size_t n_outputs() const { return n_outputs_; }

    double gradient_norm() {
        return change([](Engine<T>& engine) { return engine.gradient_norm(); });
    }

    void update(double lr, double length, double t) {
        change([&](Engine<T>& engine) { engine.update(lr, length, t); });
    }

    void use_threads(std::size_t n) {
        require_threads(n);
        change([n](Engine<T>& engine) { engine.use_threads(n); });
    }

    // `t` holds the number of optimizer steps; it is counted on in place, so that it is right
    // however this ends.
    nb::tuple run(nb::handle X, nb::handle y, nb::handle weight, Values<std::int64_t> order,
                  Values<std::int64_t> offsets, std::uint64_t first_step, Matrix<double> rates,
                  Array<double> t, nb::callable stop) {
        const auto rows = rows_of<T>(X, n_features_);
        const auto target = target_of(y, rows.n);
        const double* weights = weights_of(weight, rows.n);
        const std::size_t n_steps = rates.shape(0);
        require(t.size() == 1, "t must be one number");
        require(offsets.size() >= 1 && n_steps == offsets.size() - 1 && rates.shape(1) == 3,
                "there must be three rates a step");
        const std::int64_t* at = offsets.data();
        std::vector<Rates> each(n_steps);
        for (std::size_t i = 0; i < n_steps; ++i) {
            const double* row = rates.data() + 3 * i;
            require(row[1] >= 0 && row[1] <= 1, "the factor of a dropout rate lies outside [0, 1]");
            require(at[i] <= at[i + 1], "the offsets fall");
            each[i] = {row[0], row[1], row[2]};
        }
        require(at[0] >= 0 && static_cast<std::size_t>(at[n_steps]) <= order.size(),
                "the offsets lie outside the order");
        for (std::size_t i = 0; i < order.size(); ++i)
            require(order.data()[i] >= 0 && static_cast<std::size_t>(order.data()[i]) < rows.n,
                    "the order names a row that X does not have");
        ConcurrentEngine<T>& engine = this->engine();
        Steps steps;
        {
            GilReleased released;
            const auto asked = [&] {
                const GilHeld held(released);
                if (PyErr_CheckSignals() != 0) throw nb::python_error();
                return nb::cast<bool>(stop());
            };
            steps = engine.run(rows, target, weights, {order.data(), at, n_steps}, first_step,
                               each.data(), *t.data(), asked);
        }
        return nb::make_tuple(steps.losses.size(), steps.losses, steps.weights, steps.gradient_norm,
                              statuses[static_cast<std::size_t>(steps.status)]);
    }

  private:
    template <class Call>
    auto change(Call call) {
        ConcurrentEngine<T>& engine = this->engine();
        const GilReleased released;
        return engine.change(call);
    }

    Target<T> target_of(nb::handle y, std::size_t n) const {
        nb::ndarray<const std::int64_t, nb::numpy, nb::ndim<1>, nb::c_contig, nb::device::cpu>
            labels;
        if (loss_kind_.per_class && nb::try_cast(y, labels, false)) {
            require(labels.size() == n, "there must be one label a row");
            for (std::size_t i = 0; i < n; ++i)
                require(labels.data()[i] >= 0 &&
                            static_cast<std::size_t>(labels.data()[i]) < n_outputs_,
                        "a label lies outside the outputs");
            return {nullptr, labels.data()};
        }
        const auto numbers = exact<Matrix<T>>(
            y, "y must be a C-ordered matrix of the network's dtype, or int64 labels");
        const std::size_t quantiles = loss_kind_.per_setting ? loss_.settings.size() : 1;
        require(numbers.shape(0) == n && numbers.shape(1) * quantiles == n_outputs_,
                "y has not the shape that the loss takes");
        return {numbers.data(), nullptr, numbers.shape(1)};
    }

    static const double* weights_of(nb::handle weight, std::size_t n) {
        if (weight.is_none()) return nullptr;
        const auto weights = exact<Values<double>>(weight, "weights must be float64");
        require(weights.size() == n, "there must be one weight a row");
        return weights.data();
    }

    Array<T> theta_, gradient_, statistics_, first_, second_;  // they keep the arrays alive
    const Loss loss_;
    const LossKind<T>& loss_kind_;
    std::size_t n_features_, n_outputs_;
    std::function<std::unique_ptr<ConcurrentEngine<T>>()> make_;
    unsigned n_forks_ = 0;  // before the engine was made
    std::unique_ptr<ConcurrentEngine<T>> engine_;
};

// A row of a table of numbers in, its answer out: what `Model.predictor` calls.
template <class T>
class BoundAnswer {
  public:
    BoundAnswer(BoundEngine<T>& engine, std::vector<double> factor, std::vector<double> mean,
                std::vector<double> scale, std::vector<std::size_t> missing, double limit,
                double far, bool both_classes, std::size_t n_quantiles,
                std::vector<double> target_scale, std::vector<double> target_mean,
                std::vector<double> low, std::vector<double> high)
        : engine_(engine),
          coding_{std::move(factor),  std::move(mean), std::move(scale),
                  std::move(missing), limit,           far},
          transform_{
              engine.loss_kind().transform, both_classes,   n_quantiles,    std::move(target_scale),
              std::move(target_mean),       std::move(low), std::move(high)} {
        const std::size_t n = coding_.mean.size(), k = engine_.n_outputs();
        require(coding_.factor.size() == n && coding_.scale.size() == n,
                "the columns' statistics do not fit together");
        for (const std::size_t column : coding_.missing)
            require(column < n, "a missing number is marked in a column that there is not");
        require(coding_.n_features() == engine_.n_features(),
                "the columns do not make the network's features");
        require(!both_classes || k == 1, "two classes need one score");
        require(n_quantiles >= 1 && k % n_quantiles == 0,
                "the quantiles do not share the outputs evenly");
        require(transform_.scale.size() == transform_.mean.size() &&
                    (transform_.scale.empty() || transform_.scale.size() == k),
                "one unit an output");
        require(transform_.low.size() == transform_.high.size() &&
                    (transform_.low.empty() || transform_.low.size() == k),
                "one range an output");
    }

    std::size_t n_answers() const { return transform_.n_answers(engine_.n_outputs()); }

    void operator()(Values<double> row, Array<double> out) const {
        require(row.ndim() == 1 && row.size() == coding_.mean.size() && out.size() == n_answers(),
                "the row or its answer has another length");
        for (std::size_t j = 0; j < row.size(); ++j)
            require(!std::isinf(row.data()[j]), "the row holds an infinite number");
        require(coding_.takes(row.data()),
                "the row holds a missing value (NaN), which the model does not take");
        ConcurrentEngine<T>& engine = engine_.engine();
        std::shared_lock<Gate> reading(engine.gate(), std::try_to_lock);
        if (!reading) {
            const GilReleased released;
            reading.lock();
        }
        engine.predictor().predict_row(
            [&](T* features) { coding_.encode(row.data(), features); },
            [&](const T* Z) { transform_.answer(Z, engine_.n_outputs(), out.data()); });
    }

  private:
    BoundEngine<T>& engine_;  // kept alive by Python
    Coding coding_;
    OutputTransform transform_;
};

}  // namespace glassnet
