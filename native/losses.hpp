// Losses, as in glassnet/losses, by the same names: value and gradient of the weighted mean over a batch, from one sweep.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "activations.hpp"
#include "gemm.hpp"
#include "names.hpp"

namespace glassnet {

#define GLASSNET_LOSSES(_) _(squared) _(absolute) _(huber) _(quantile) _(logistic) _(softmax) _(poisson) _(gamma)
GLASSNET_ENUM(LossKind, GLASSNET_LOSSES)

// How the losses of several outputs make one; mean_of_sum: the value is the mean, the gradient that of the sum.
#define GLASSNET_OUTPUTS(_) _(mean) _(sum) _(mean_of_sum)
GLASSNET_ENUM(Outputs, GLASSNET_OUTPUTS)

// Whether a loss has a number or several of its own, see Loss; whether it may join its outputs in any of the ways; and whether the value
// may be that of clipped probabilities.
inline bool has_settings(LossKind kind) {
    switch (kind) {
        case LossKind::huber:
        case LossKind::quantile:
        case LossKind::logistic:
        case LossKind::softmax: return true;
        case LossKind::squared:
        case LossKind::absolute:
        case LossKind::poisson:
        case LossKind::gamma: return false;
    }
    no_such_enumerator();
}

inline bool joins_outputs(LossKind kind) {
    switch (kind) {
        case LossKind::squared:
        case LossKind::logistic:
        case LossKind::poisson: return true;
        case LossKind::absolute:
        case LossKind::huber:
        case LossKind::quantile:
        case LossKind::softmax:
        case LossKind::gamma: return false;
    }
    no_such_enumerator();
}

inline bool has_floor(LossKind kind) {
    switch (kind) {
        case LossKind::logistic:
        case LossKind::softmax: return true;
        case LossKind::squared:
        case LossKind::absolute:
        case LossKind::huber:
        case LossKind::quantile:
        case LossKind::poisson:
        case LossKind::gamma: return false;
    }
    no_such_enumerator();
}

struct Loss {
    LossKind kind;
    std::vector<double> settings;  // huber: delta; quantile: the quantiles; logistic and softmax: label smoothing
    Outputs outputs = Outputs::mean;
    double floor = 0;  // logistic and softmax: probabilities are clipped to [floor, 1 - floor] in the value
};

// The target of a batch: numbers (n, n_columns), or labels (n,) for softmax.
template <class T>
struct Target {
    const T* numbers = nullptr;
    const std::int64_t* labels = nullptr;
    std::size_t n_columns = 1;
};

// Value and slope of one element, of a loss whose outputs count alone (softmax has softmax_backward); z is the raw score.
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
    no_such_enumerator();
}

// The ends of -log p where p is clipped to [floor, 1 - floor]; not a number stays what it is.
template <class T>
struct Clip {
    T low, high;

    explicit Clip(double floor) : low(static_cast<T>(-std::log1p(-floor))), high(static_cast<T>(-std::log(floor))) {}
    T operator()(T minus_log_p) const { return std::min(std::max(minus_log_p, low), high); }
};

// As element() does the logistic loss, with clipped probabilities in the value.
template <class T>
Element<T> clipped_logistic(T z, T y, T smoothing, T floor) {
    const T smooth = smoothing != 0 ? (1 - smoothing) * y + T(0.5) * smoothing : y;
    const T p = sigmoid(z), clipped = std::min(std::max(p, floor), 1 - floor);
    return {-smooth * logarithm(clipped) - (1 - smooth) * logarithm(1 - clipped), p - smooth};
}

// Largest score of each row and the logarithm of the sum of exponentials above it, for as many rows as a vector has lanes.
template <class T>
struct Partition {
    alignas(vector_bytes) T top[lanes<T>], log_total[lanes<T>];
};

// P = softmax(Z) of a row of whole vectors, k of them scores.
template <class T>
void softmax_row(const T* Z, std::size_t k, T* P, T& top, T& log_total) {
    constexpr T nothing = -std::numeric_limits<T>::infinity();
    const std::size_t whole = whole_vectors<T>(k);
    Vector<T> highest = Vector<T>{} + nothing, sums{};
    for (std::size_t j = 0; j < whole; j += lanes<T>) {
        for (std::size_t l = j; l < j + lanes<T>; ++l) P[l] = l < k ? Z[l] : nothing;
        highest = highest < load(P + j) ? load(P + j) : highest;
    }
    top = largest_of<T>(highest);
    GLASSNET_INDEPENDENT
    for (std::size_t j = 0; j < whole; ++j) P[j] = exponential(P[j] - top);
    for (std::size_t j = 0; j < whole; j += lanes<T>) sums += load(P + j);
    const T total = sum_of<T>(sums), factor = 1 / total;
    log_total = logarithm(total);
    GLASSNET_INDEPENDENT
    for (std::size_t j = 0; j < whole; ++j) P[j] *= factor;
}

// The same of a square of rows with no more scores than a vector has lanes: turned, so that each row has a lane of its own.
template <class T>
void softmax_square(const T* Z, std::size_t step, std::size_t k, T* P, Partition<T>& partition) {
    constexpr std::size_t n = lanes<T>;
    alignas(vector_bytes) T columns[n * n];
    transpose(Z, step, columns, n);
    Vector<T> top = load(columns), total{};
    for (std::size_t j = 1; j < k; ++j) top = top < load(columns + j * n) ? load(columns + j * n) : top;
    store(partition.top, top);
    for (std::size_t j = 0; j < k; ++j) {
        GLASSNET_INDEPENDENT
        for (std::size_t i = 0; i < n; ++i) columns[j * n + i] = exponential(columns[j * n + i] - partition.top[i]);
        total += load(columns + j * n);
    }
    store(partition.log_total, total);
    GLASSNET_INDEPENDENT
    for (std::size_t i = 0; i < n; ++i) partition.log_total[i] = logarithm(partition.log_total[i]);
    for (std::size_t j = 0; j < k; ++j) store(columns + j * n, load(columns + j * n) / total);
    std::fill(columns + k * n, columns + n * n, T(0));
    transpose(columns, n, P, step);
}

// Cross-entropy of rows [top, bottom) of k raw scores, summed with their weights; dZ gets weight / n_terms (softmax(Z) - smoothed target).
// `clipped`: the value is that of clipped probabilities; without, there is no clip.
template <bool clipped, class T>
double softmax_backward(T smoothing, const Clip<T>* clip, const T* Z, std::size_t step, std::size_t k, const Target<T>& y, const double* weight, double n_terms,
                        std::size_t top, std::size_t bottom, T* dZ) {
    const std::size_t whole = whole_vectors<T>(k);
    const T keep = 1 - smoothing, spread = smoothing / static_cast<T>(k);
    Partition<T> partition;
    double sum = 0;
    for (std::size_t start = top; start < bottom; start += lanes<T>) {
        const std::size_t n = std::min(lanes<T>, bottom - start);
        if (n == lanes<T> && k <= lanes<T>) {
            softmax_square(Z + start * step, step, k, dZ + start * step, partition);
        } else {
            for (std::size_t i = 0; i < n; ++i)
                softmax_row(Z + (start + i) * step, k, dZ + (start + i) * step, partition.top[i], partition.log_total[i]);
        }
        for (std::size_t i = 0; i < n; ++i) {
            const std::size_t row = start + i;
            const T* z = Z + row * step;
            T* d = dZ + row * step;
            const double w = weight ? weight[row] : 1;
            if (w == 0) {
                std::fill(d, d + whole, T(0));
                continue;
            }
            const T* probabilities = y.labels ? nullptr : y.numbers + row * k;
            T mass = 1, dot = 0, sum_shifted = 0;
            if (probabilities) {
                mass = 0;
                for (std::size_t j = 0; j < k; ++j) {
                    mass += probabilities[j];
                    dot += probabilities[j] * (z[j] - partition.top[i]);
                }
            } else {
                dot = z[y.labels[row]] - partition.top[i];
            }
            if (spread != 0)
                for (std::size_t j = 0; j < k; ++j) sum_shifted += z[j] - partition.top[i];
            T value = mass * partition.log_total[i] - keep * dot - spread * sum_shifted;
            if constexpr (clipped) {
                const auto cost = [&](std::size_t j) { return (*clip)(partition.log_total[i] - (z[j] - partition.top[i])); };
                value = y.labels ? keep * cost(static_cast<std::size_t>(y.labels[row])) : 0;
                for (std::size_t j = 0; j < k && (probabilities || spread != 0); ++j)
                    value += ((probabilities ? keep * probabilities[j] : 0) + spread) * cost(j);
            }
            sum += w * static_cast<double>(value);
            const T scale = static_cast<T>(w / n_terms);
            GLASSNET_INDEPENDENT
            for (std::size_t j = 0; j < whole; ++j) d[j] = (d[j] * mass - spread) * scale;
            if (probabilities)
                for (std::size_t j = 0; j < k; ++j) d[j] -= keep * probabilities[j] * scale;
            else d[y.labels[row]] -= keep * scale;
        }
    }
    return sum;
}

// Terms that value and gradient of the mean are taken over: the weight of the batch, once for each output where outputs count alone.
struct Terms {
    double value, gradient;
};

inline Terms terms(const Loss& loss, double weight, std::size_t k) {
    constexpr double least = std::numeric_limits<double>::min();  // a batch that weighs nothing
    const double rows = std::max(weight, least), all = loss.kind == LossKind::softmax ? rows : std::max(weight * static_cast<double>(k), least);
    return {loss.outputs == Outputs::sum ? rows : all, loss.outputs == Outputs::mean ? all : rows};
}

// Return each(score, row, output).value summed over rows [top, bottom) of raw scores, `step` apart, and write the slopes / n_terms.
// Rows of weight 0 are absent, whatever they hold.
template <class T, class Each>
double elements_backward(const T* Z, std::size_t step, std::size_t k, const double* weight, double n_terms, std::size_t top,
                         std::size_t bottom, T* dZ, const Each& each) {
    const std::size_t whole = whole_vectors<T>(k);
    double sum = 0;
    for (std::size_t i = top; i < bottom; ++i) {
        T* d = dZ + i * step;
        const T* z = Z + i * step;
        const double w = weight ? weight[i] : 1;
        if (w == 0) {
            std::fill(d, d + whole, T(0));
            continue;
        }
        const T scale = static_cast<T>(w / n_terms);
        for (std::size_t j = 0; j < k; ++j) {
            const Element<T> e = each(z[j], i, j);
            sum += e.value * w;
            d[j] = e.slope * scale;
        }
    }
    return sum;
}

// Return the loss summed over rows [top, bottom), and write the gradient of sum / n_terms.
template <class T>
double loss_backward(const Loss& loss, const T* Z, std::size_t step, std::size_t k, const Target<T>& y, const double* weight, double n_terms,
                     std::size_t top, std::size_t bottom, T* dZ) {
    const T first = loss.settings.empty() ? 0 : static_cast<T>(loss.settings[0]);
    if (loss.floor > 0) {
        const T floor = static_cast<T>(loss.floor);
        const Clip<T> clip(loss.floor);
        if (loss.kind == LossKind::softmax) return softmax_backward<true>(first, &clip, Z, step, k, y, weight, n_terms, top, bottom, dZ);
        const auto clipped = [&](T z, std::size_t i, std::size_t j) { return clipped_logistic(z, y.numbers[i * y.n_columns + j], first, floor); };
        return elements_backward(Z, step, k, weight, n_terms, top, bottom, dZ, clipped);
    }
    if (loss.kind == LossKind::softmax)
        return softmax_backward<false>(first, static_cast<const Clip<T>*>(nullptr), Z, step, k, y, weight, n_terms, top, bottom, dZ);
    const std::size_t n_quantiles = loss.kind == LossKind::quantile ? loss.settings.size() : 1;
    return elements_backward(Z, step, k, weight, n_terms, top, bottom, dZ, [&](T z, std::size_t i, std::size_t j) {
        const T setting = n_quantiles > 1 ? static_cast<T>(loss.settings[j % n_quantiles]) : first;
        return element(loss.kind, z, y.numbers[i * y.n_columns + j / n_quantiles], setting);
    });
}

}  // namespace glassnet
