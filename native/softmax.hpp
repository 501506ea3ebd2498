// The softmax loss: cross-entropy of the classes of a row, as in glassnet/losses/classification.py.
#pragma once

#include "gemm.hpp"
#include "loss.hpp"

namespace glassnet {

// The ends of -log p where p is clipped to [eps, 1 - eps]; NaN stays NaN.
template <class T>
struct Clip {
    T low, high;

    explicit Clip(double eps)
        : low(static_cast<T>(-std::log1p(-eps))), high(static_cast<T>(-std::log(eps))) {}
    T operator()(T minus_log_p) const { return std::min(std::max(minus_log_p, low), high); }
};

// Largest score of each row and the logarithm of the sum of exponentials above it, for as many rows
// as a vector has lanes.
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

// The same for a square of rows with no more scores than a vector has lanes: transposed, so that
// each row has a lane of its own.
template <class T>
void softmax_square(const T* Z, std::size_t step, std::size_t k, T* P, Partition<T>& partition) {
    constexpr std::size_t n = lanes<T>;
    alignas(vector_bytes) T columns[n * n];
    transpose(Z, step, columns, n);
    Vector<T> top = load(columns), total{};
    for (std::size_t j = 1; j < k; ++j)
        top = top < load(columns + j * n) ? load(columns + j * n) : top;
    store(partition.top, top);
    for (std::size_t j = 0; j < k; ++j) {
        GLASSNET_INDEPENDENT
        for (std::size_t i = 0; i < n; ++i)
            columns[j * n + i] = exponential(columns[j * n + i] - partition.top[i]);
        total += load(columns + j * n);
    }
    store(partition.log_total, total);
    GLASSNET_INDEPENDENT
    for (std::size_t i = 0; i < n; ++i) partition.log_total[i] = logarithm(partition.log_total[i]);
    for (std::size_t j = 0; j < k; ++j) store(columns + j * n, load(columns + j * n) / total);
    std::fill(columns + k * n, columns + n * n, T(0));
    transpose(columns, n, P, step);
}

// The same for fewer rows than a square has: beside rows of zeros, so that a row has the same bits.
template <class T>
void softmax_rows(const T* Z, std::size_t step, std::size_t k, std::size_t n_rows, T* P,
                  Partition<T>& partition) {
    constexpr std::size_t n = lanes<T>;
    if (n_rows == n) return softmax_square(Z, step, k, P, partition);
    alignas(vector_bytes) T square[n * n] = {};
    for (std::size_t i = 0; i < n_rows; ++i) store(square + i * n, load(Z + i * step));
    softmax_square<T>(square, n, k, square, partition);
    for (std::size_t i = 0; i < n_rows; ++i) store(P + i * step, load(square + i * n));
}

// Cross-entropy, summed with the weights of the rows; dZ gets weight / n_terms (softmax(Z) -
// smoothed target). `clipped`: the value is that of clipped probabilities; without, there is no
// clip.
template <bool clipped, class T>
double softmax_backward(T smoothing, const Clip<T>* clip, const ScoredRows<T>& rows) {
    const auto [Z, step, k, y, weight, n_terms, top, bottom, dZ] = rows;
    const std::size_t whole = whole_vectors<T>(k);
    const T keep = 1 - smoothing, spread = smoothing / static_cast<T>(k);
    Partition<T> partition;
    double sum = 0;
    for (std::size_t start = top; start < bottom; start += lanes<T>) {
        const std::size_t n = std::min(lanes<T>, bottom - start);
        if (k <= lanes<T>) {
            softmax_rows(Z + start * step, step, k, n, dZ + start * step, partition);
        } else {
            for (std::size_t i = 0; i < n; ++i)
                softmax_row(Z + (start + i) * step, k, dZ + (start + i) * step, partition.top[i],
                            partition.log_total[i]);
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
                const auto cost = [&](std::size_t j) {
                    return (*clip)(partition.log_total[i] - (z[j] - partition.top[i]));
                };
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
            else
                d[y.labels[row]] -= keep * scale;
        }
    }
    return sum;
}

struct Softmax : LossTraits {
    static constexpr bool has_settings = true, clips = true, per_class = true;

    static void transform(double* out, std::size_t k, std::size_t) {
        const double top = *std::max_element(out, out + k);
        double total = 0;
        for (std::size_t j = 0; j < k; ++j) total += out[j] = exponential(out[j] - top);
        for (std::size_t j = 0; j < k; ++j) out[j] /= total;
    }

    template <class T>
    static double backward(const Loss& loss, const ScoredRows<T>& rows) {
        const T smoothing = static_cast<T>(loss.settings[0]);
        const Clip<T> clip(loss.clip_eps);
        return loss.clip_eps > 0 ? softmax_backward<true>(smoothing, &clip, rows)
                                 : softmax_backward<false>(smoothing, &clip, rows);
    }
};

}  // namespace glassnet
