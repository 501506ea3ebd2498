// Losses, as in glassnet/losses, by the same names: value and gradient of the weighted mean over a batch, from one sweep.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
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
            return {std::max(z, T(0)) - smooth * z + std::log1p(std::exp(-std::abs(z))), sigmoid(z) - smooth};
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

// Cross-entropy of a row of k raw scores; dZ gets softmax(Z) minus the smoothed target.
template <class T>
double softmax_row(const T* Z, std::size_t k, const T* probabilities, std::int64_t label, T smoothing, T* dZ) {
    const T top = *std::max_element(Z, Z + k);
    T total = 0, sum_shifted = 0, mass = 0, dot = 0;
    for (std::size_t j = 0; j < k; ++j) {
        dZ[j] = std::exp(Z[j] - top);
        total += dZ[j];
    }
    const T keep = 1 - smoothing, spread = smoothing / static_cast<T>(k), log_total = std::log(total);
    if (probabilities) {
        for (std::size_t j = 0; j < k; ++j) {
            mass += probabilities[j];
            dot += probabilities[j] * (Z[j] - top);
        }
    } else {
        mass = 1;
        dot = Z[label] - top;
    }
    for (std::size_t j = 0; j < k; ++j) {
        sum_shifted += Z[j] - top;
        dZ[j] = dZ[j] / total * mass - spread - (probabilities ? keep * probabilities[j] : T(0));
    }
    if (!probabilities) dZ[label] -= keep;
    return static_cast<double>(mass * log_total - keep * dot - spread * sum_shifted);
}

// Return the mean loss over weights and outputs and write its gradient; rows of weight 0 are absent, whatever they hold.
template <class T>
double value_and_gradient(const Loss& loss, const T* Z, std::size_t n, std::size_t k, const Target<T>& y, const double* weight, T* dZ) {
    double total = static_cast<double>(n);
    if (weight) {
        total = 0;
        for (std::size_t i = 0; i < n; ++i) total += weight[i];
    }
    if (total <= 0) {
        std::fill(dZ, dZ + n * k, T(0));
        return 0;
    }
    const bool softmax = loss.kind == LossKind::softmax;
    const std::size_t n_quantiles = loss.kind == LossKind::quantile ? loss.settings.size() : 1;
    const double terms = softmax ? total : total * static_cast<double>(k);
    double sum = 0;
    for (std::size_t i = 0; i < n; ++i) {
        T* d = dZ + i * k;
        const double w = weight ? weight[i] : 1;
        if (w == 0) {
            std::fill(d, d + k, T(0));
            continue;
        }
        double row = 0;
        const T* z = Z + i * k;
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
        const T scale = static_cast<T>(w / terms);
        for (std::size_t j = 0; j < k; ++j) d[j] *= scale;
    }
    return sum / terms;
}

}  // namespace glassnet
