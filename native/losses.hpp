// Losses, as in glassnet/losses, by the same names: value and gradient of the weighted mean over a batch, from one sweep.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "activations.hpp"

namespace glassnet {

enum class LossKind { squared, absolute, huber, quantile, logistic, softmax, poisson, gamma };

struct Loss {
    LossKind kind;
    std::vector<double> settings;  // huber: delta; quantile: the quantiles; logistic and softmax: label smoothing
};

// The target of a batch: numbers (n, n_columns), or labels (n,) for softmax.
template <class T>
struct Target {
    const T* numbers = nullptr;
    const std::int64_t* labels = nullptr;
    std::size_t n_columns = 1;
};

// Value and slope of one element; z is the raw score.
template <class T>
struct Element {
    T value, slope;
};

template <class T>
Element<T> element(LossKind kind, T z, T y, T setting) {
    switch (kind) {
        case LossKind::squared: return {T(0.5) * (z - y) * (z - y), z - y};
        case LossKind::absolute: return {std::abs(z - y), T((z > y) - (z < y))};
        case LossKind::huber: {
            const T e = z - y, c = std::min(std::max(e, -setting), setting);
            return {c * (e - T(0.5) * c), c};
        }
        case LossKind::quantile: {
            const T e = y - z;
            return {std::max(setting * e, (setting - 1) * e), (e < 0 ? T(1) : T(0)) - (e != 0 ? setting : T(0))};
        }
        case LossKind::logistic: {
            const T smooth = setting != 0 ? (1 - setting) * y + T(0.5) * setting : y;
            return {std::max(z, T(0)) - smooth * z + logarithm_1_plus(exponential(-std::abs(z))), sigmoid(z) - smooth};
        }
        case LossKind::poisson: {
            const T mu = std::exp(z);
            return {mu - y * z + (y * std::log(std::max(y, T(1e-30))) - y), mu - y};
        }
        case LossKind::gamma: {
            const T log_y = std::log(y), ratio = std::exp(log_y - z);
            return {ratio - 1 + (z - log_y), 1 - ratio};
        }
        case LossKind::softmax: break;
    }
    return {};
}

// Cross-entropy of a row of k raw scores; dZ gets softmax(Z) minus the smoothed target. Rows are whole vectors.
template <class T>
double softmax_row(const T* Z, std::size_t k, const T* probabilities, std::int64_t label, T smoothing, T* dZ) {
    const std::size_t whole = whole_vectors<T>(k);
    Vector<T> highest = Vector<T>{} - std::numeric_limits<T>::infinity(), sums{};
    for (std::size_t j = 0; j < whole; j += lanes<T>) {
        alignas(vector_bytes) T z[lanes<T>];
        for (std::size_t l = 0; l < lanes<T>; ++l) z[l] = j + l < k ? Z[j + l] : -std::numeric_limits<T>::infinity();
        store(dZ + j, load(z));
        highest = highest < load(z) ? load(z) : highest;
    }
    const T top = largest_of<T>(highest);
    GLASSNET_INDEPENDENT
    for (std::size_t j = 0; j < whole; ++j) dZ[j] = exponential(dZ[j] - top);
    for (std::size_t j = 0; j < whole; j += lanes<T>) sums += load(dZ + j);
    const T total = sum_of<T>(sums), keep = 1 - smoothing, spread = smoothing / static_cast<T>(k), log_total = logarithm(total);
    T sum_shifted = 0, mass = 1, dot = 0;
    if (probabilities) {
        mass = 0;
        for (std::size_t j = 0; j < k; ++j) {
            mass += probabilities[j];
            dot += probabilities[j] * (Z[j] - top);
        }
    } else {
        dot = Z[label] - top;
    }
    if (spread != 0)
        for (std::size_t j = 0; j < k; ++j) sum_shifted += Z[j] - top;
    const T factor = mass / total;
    GLASSNET_INDEPENDENT
    for (std::size_t j = 0; j < whole; ++j) dZ[j] = dZ[j] * factor - spread;
    if (probabilities)
        for (std::size_t j = 0; j < k; ++j) dZ[j] -= keep * probabilities[j];
    else dZ[label] -= keep;
    return static_cast<double>(mass * log_total - keep * dot - spread * sum_shifted);
}

// Terms that the mean of a loss is taken over: the weight of the batch, once for each output where outputs count alone.
inline double terms(const Loss& loss, double weight, std::size_t k) {
    return loss.kind == LossKind::softmax ? weight : weight * static_cast<double>(k);
}

// Return the loss summed over rows [top, bottom) of raw scores, `step` apart, and write the gradient of sum / n_terms.
// Rows of weight 0 are absent, whatever they hold.
template <class T>
double loss_backward(const Loss& loss, const T* Z, std::size_t step, std::size_t k, const Target<T>& y, const double* weight, double n_terms,
                     std::size_t top, std::size_t bottom, T* dZ) {
    const bool softmax = loss.kind == LossKind::softmax;
    const std::size_t n_quantiles = loss.kind == LossKind::quantile ? loss.settings.size() : 1, whole = whole_vectors<T>(k);
    double sum = 0;
    for (std::size_t i = top; i < bottom; ++i) {
        T* d = dZ + i * step;
        const double w = weight ? weight[i] : 1;
        if (w == 0) {
            std::fill(d, d + whole, T(0));
            continue;
        }
        double row = 0;
        const T* z = Z + i * step;
        if (softmax) {
            const T* probabilities = y.labels ? nullptr : y.numbers + i * k;
            row = softmax_row(z, k, probabilities, y.labels ? y.labels[i] : 0, static_cast<T>(loss.settings[0]), d);
        } else {
            for (std::size_t j = 0; j < k; ++j) {
                const double setting = loss.settings.empty() ? 0 : loss.settings[n_quantiles > 1 ? j % n_quantiles : 0];
                const auto e = element(loss.kind, z[j], y.numbers[i * y.n_columns + j / n_quantiles], static_cast<T>(setting));
                row += e.value;
                d[j] = e.slope;
            }
        }
        sum += row * w;
        const T scale = static_cast<T>(w / n_terms);
        GLASSNET_INDEPENDENT
        for (std::size_t j = 0; j < whole; ++j) d[j] *= scale;
    }
    return sum;
}

}  // namespace glassnet
