// The engine: a network bound to its loss, optimizer, penalty and clipping; whole epochs without returning to the interpreter.
#pragma once

#include <chrono>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <vector>

#include "losses.hpp"
#include "network.hpp"
#include "optimizers.hpp"

namespace glassnet {

// Rows of X: dense (n, n_columns), or CSR.
template <class T>
struct Rows {
    const T* dense = nullptr;
    const T* data = nullptr;
    const std::int32_t* indices = nullptr;
    const std::int32_t* indptr = nullptr;
    std::size_t n = 0, n_columns = 0;

    void copy(std::size_t row, T* to) const {
        if (dense) {
            std::memcpy(to, dense + row * n_columns, n_columns * sizeof(T));
            return;
        }
        std::memset(to, 0, n_columns * sizeof(T));
        // Unsorted or repeated indices are allowed in CSR: repeated ones add up.
        for (std::int32_t at = indptr[row]; at < indptr[row + 1]; ++at) to[indices[at]] += data[at];
    }
};

struct Settings {
    Loss loss;
    OptimizerSettings optimizer;
    double l1 = 0, l2 = 0;
    double max_norm = std::numeric_limits<double>::infinity();
    std::uint64_t seed = 0;
};

enum class Status { done, diverged, interrupted };

struct Steps {
    std::size_t done = 0;
    std::vector<double> losses, weights;
    double gradient_norm = std::numeric_limits<double>::quiet_NaN();
    Status status = Status::done;
};

template <class T>
class Engine {
  public:
    Engine(std::vector<Operation> operations, std::vector<Segment> segments, Settings settings, Tensors<T> tensors, std::size_t n_parameters,
           std::size_t n_statistics, T* first, T* second)
        : operations_(std::move(operations)), segments_(std::move(segments)), settings_(std::move(settings)), p_(tensors),
          n_parameters_(n_parameters), first_(first), second_(second), before_(n_statistics), pass_(operations_) {}

    // Return the objective of a batch and leave its gradient.
    double loss_and_gradient(const T* X, std::size_t n, const Target<T>& y, const double* weight, std::uint64_t step) {
        const std::size_t k = operations_.back().n_out;
        const T* Z = pass_.forward(p_, X, n, {true, settings_.seed, step});
        double value = value_and_gradient(settings_.loss, Z, n, k, y, weight, pass_.top(n));
        pass_.backward(p_, n);
        if (settings_.l1 != 0 || settings_.l2 != 0)
            for (const Segment& segment : segments_)
                if (segment.decay_factor != 0) value += penalty_gradient(p_.theta, p_.gradient, segment, settings_.l1, settings_.l2);
        return value;
    }

    // The same for rows that may be sparse.
    double loss_and_gradient(const Rows<T>& X, const Target<T>& y, const double* weight, std::uint64_t step) {
        if (X.dense) return loss_and_gradient(X.dense, X.n, y, weight, step);
        resize(X_, X.n * X.n_columns);
        for (std::size_t i = 0; i < X.n; ++i) X.copy(i, X_.data() + i * X.n_columns);
        return loss_and_gradient(X_.data(), X.n, y, weight, step);
    }

    // Clip the gradient, whose norm is given, and take optimizer step number t.
    void update(double lr, double length, double t) {
        if (length > settings_.max_norm) {
            const T factor = static_cast<T>(settings_.max_norm / length);
            for (std::size_t i = 0; i < n_parameters_; ++i) p_.gradient[i] *= factor;
        }
        for (const Segment& segment : segments_)
            optimizer_step(settings_.optimizer, p_.theta, p_.gradient, first_, second_, segment, lr, t);
    }

    double gradient_norm() const { return norm(p_.gradient, n_parameters_); }

    // One step for each batch; t is the number of optimizer steps taken before and is counted on. `stop` is asked between steps.
    Steps run(const Rows<T>& X, const Target<T>& y, const double* weight, const std::int64_t* order, const std::int64_t* offsets,
              std::size_t n_steps, std::uint64_t first_step, const double* rates, double& t, const std::function<bool()>& stop) {
        using clock = std::chrono::steady_clock;
        Steps steps;
        auto asked = clock::now();
        for (std::size_t i = 0; i < n_steps; ++i) {
            if (const auto now = clock::now(); now - asked > std::chrono::milliseconds(20)) {
                asked = now;
                if (stop()) {
                    steps.status = Status::interrupted;
                    return steps;
                }
            }
            const std::size_t n = static_cast<std::size_t>(offsets[i + 1] - offsets[i]);
            const double total = gather(X, y, weight, order + offsets[i], n);
            double value = 0;
            if (total != 0) {
                std::copy(p_.statistics, p_.statistics + before_.size(), before_.begin());
                value = loss_and_gradient(X_.data(), n, batch_, weight ? weight_.data() : nullptr, first_step + i);
                steps.gradient_norm = gradient_norm();
                if (!std::isfinite(value) || !std::isfinite(steps.gradient_norm)) {
                    std::copy(before_.begin(), before_.end(), p_.statistics);
                    steps.status = Status::diverged;
                    return steps;
                }
                update(rates[i], steps.gradient_norm, ++t);
            }
            steps.losses.push_back(value);
            steps.weights.push_back(total);
            steps.done = i + 1;
        }
        return steps;
    }

    // Raw scores of rows, a stretch at a time, with buffers of this call alone: safe in several threads at once.
    void predict(const Rows<T>& X, T* Z) const {
        constexpr std::size_t stretch = 1024;
        const std::size_t k = operations_.back().n_out;
        Pass<T> pass(operations_);
        std::vector<T> rows;
        for (std::size_t start = 0; start < X.n; start += stretch) {
            const std::size_t n = std::min(stretch, X.n - start);
            const T* batch = X.dense ? X.dense + start * X.n_columns : nullptr;
            if (!batch) {
                resize(rows, n * X.n_columns);
                for (std::size_t i = 0; i < n; ++i) X.copy(start + i, rows.data() + i * X.n_columns);
                batch = rows.data();
            }
            const T* scores = pass.forward(p_, batch, n, {});
            std::copy(scores, scores + n * k, Z + start * k);
        }
    }

  private:
    static void resize(std::vector<T>& buffer, std::size_t n) {
        if (buffer.size() < n) buffer.resize(n);
    }

    // Copy the batch's rows, targets and weights side by side; return its total weight.
    double gather(const Rows<T>& X, const Target<T>& y, const double* weight, const std::int64_t* rows, std::size_t n) {
        resize(X_, n * X.n_columns);
        resize(y_, n * y.n_columns);
        if (labels_.size() < n) labels_.resize(n);
        if (weight_.size() < n) weight_.resize(n);
        double total = weight ? 0 : static_cast<double>(n);
        for (std::size_t i = 0; i < n; ++i) {
            const std::size_t row = static_cast<std::size_t>(rows[i]);
            X.copy(row, X_.data() + i * X.n_columns);
            if (y.labels) labels_[i] = y.labels[row];
            else std::copy(y.numbers + row * y.n_columns, y.numbers + (row + 1) * y.n_columns, y_.data() + i * y.n_columns);
            if (weight) total += weight_[i] = weight[row];
        }
        batch_ = {y.labels ? nullptr : y_.data(), y.labels ? labels_.data() : nullptr, y.n_columns};
        return total;
    }

    std::vector<Operation> operations_;
    std::vector<Segment> segments_;
    Settings settings_;
    Tensors<T> p_;
    std::size_t n_parameters_;
    T* first_;
    T* second_;
    std::vector<T> before_, X_, y_;
    std::vector<std::int64_t> labels_;
    std::vector<double> weight_;
    Target<T> batch_;
    Pass<T> pass_;
};

}  // namespace glassnet
