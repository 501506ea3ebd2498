// The layers of a network as a list of operations, each with its forward and its backward pass, as in glassnet/layers.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "activations.hpp"
#include "gemm.hpp"
#include "rng.hpp"

namespace glassnet {

enum class Kind { dense, activation, dropout, batch_norm, layer_norm, residual_begin, residual_end };

// One operation: its widths, its settings, and where its tensors begin (trained ones in theta, running ones in the statistics).
struct Operation {
    Kind kind;
    std::size_t n_in, n_out;
    Activation activation = Activation::identity;
    double rate = 0, eps = 0, momentum = 0;
    std::uint64_t number = 0;                // of the layer: the key of its random numbers
    std::size_t first = 0, second = 0;       // W and b, or gamma and beta, in theta
    std::size_t mean = 0, variance = 0;      // of batch normalization, in the statistics
    std::size_t partner = 0;                 // of the end of a residual block: where it began
};

template <class T>
struct Tensors {
    T* theta;
    T* gradient;
    T* statistics;
};

struct Run {
    bool training = false;
    std::uint64_t seed = 0, step = 0;
};

// What an operation keeps of its forward pass for its backward pass.
template <class T>
struct Cache {
    const T* input = nullptr;
    const T* output = nullptr;
    const T* kept = nullptr;            // of an activation: its output or its input
    std::vector<T> main, extra, small;  // outputs; masks, normalized signals or pre-activations; one number a unit or a row

    T* room(std::vector<T>& buffer, std::size_t n) {
        if (buffer.size() < n) buffer.resize(n);
        return buffer.data();
    }
};

template <class T>
void dense_forward(const Operation& op, const Tensors<T>& p, Cache<T>& cache, std::size_t n) {
    const std::size_t k = op.n_out;
    const T* b = p.theta + op.second;
    T* Z = cache.room(cache.main, n * k);
    for (std::size_t i = 0; i < n; ++i) std::memcpy(Z + i * k, b, k * sizeof(T));
    gemm<T>(false, false, n, k, op.n_in, cache.input, p.theta + op.first, T(1), Z);
    T* A = keeps_input(op.activation) ? cache.room(cache.extra, n * k) : Z;
    activation_forward(op.activation, Z, A, n * k);
    cache.kept = Z;
    cache.output = A;
}

template <class T>
void dense_backward(const Operation& op, const Tensors<T>& p, Cache<T>& cache, T* dA, T* dX, std::size_t n) {
    const std::size_t k = op.n_out;
    activation_backward(op.activation, cache.kept, dA, n * k);
    gemm<T>(true, false, op.n_in, k, n, cache.input, dA, T(0), p.gradient + op.first);
    T* db = p.gradient + op.second;
    std::memset(db, 0, k * sizeof(T));
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = 0; j < k; ++j) db[j] += dA[i * k + j];
    if (dX) gemm<T>(false, true, n, op.n_in, k, dA, p.theta + op.first, T(0), dX);
}

template <class T>
void activation_layer_forward(const Operation& op, Cache<T>& cache, std::size_t n) {
    T* A = cache.room(cache.main, n * op.n_out);
    activation_forward(op.activation, cache.input, A, n * op.n_out);
    cache.kept = keeps_input(op.activation) ? cache.input : A;
    cache.output = A;
}

template <class T>
void dropout_forward(const Operation& op, Cache<T>& cache, const Run& run, std::size_t n) {
    cache.output = cache.input;
    cache.kept = nullptr;
    if (!run.training || op.rate == 0) return;
    const std::size_t size = n * op.n_out;
    T* mask = cache.room(cache.extra, size);
    T* Y = cache.room(cache.main, size);
    const auto threshold = static_cast<std::uint64_t>(std::nearbyint((1.0 - op.rate) * 4294967296.0));
    dropout_mask(mask, size, run.seed, op.number, run.step, threshold, static_cast<T>(1.0 / (1.0 - op.rate)));
    for (std::size_t i = 0; i < size; ++i) Y[i] = cache.input[i] * mask[i];
    cache.kept = mask;
    cache.output = Y;
}

template <class T>
void dropout_backward(const Operation& op, Cache<T>& cache, T* dY, std::size_t n) {
    if (!cache.kept) return;
    for (std::size_t i = 0; i < n * op.n_out; ++i) dY[i] *= cache.kept[i];
}

template <class T>
void batch_norm_forward(const Operation& op, const Tensors<T>& p, Cache<T>& cache, const Run& run, std::size_t n) {
    const std::size_t k = op.n_out;
    T* running_mean = p.statistics + op.mean;
    T* running_var = p.statistics + op.variance;
    T* N = cache.room(cache.extra, n * k);
    T* Y = cache.room(cache.main, n * k);
    T* inverse_std = cache.room(cache.small, 2 * k);
    T* mean = inverse_std + k;
    const T rows = static_cast<T>(n);
    if (run.training) {
        std::memset(mean, 0, k * sizeof(T));
        for (std::size_t i = 0; i < n; ++i)
            for (std::size_t j = 0; j < k; ++j) mean[j] += cache.input[i * k + j];
        for (std::size_t j = 0; j < k; ++j) mean[j] /= rows;
        std::memset(inverse_std, 0, k * sizeof(T));
        for (std::size_t i = 0; i < n; ++i)
            for (std::size_t j = 0; j < k; ++j) {
                const T centered = cache.input[i * k + j] - mean[j];
                inverse_std[j] += centered * centered;
            }
        const T momentum = static_cast<T>(op.momentum);
        for (std::size_t j = 0; j < k; ++j) {
            const T var = inverse_std[j] / rows;
            if (n > 1) {
                running_mean[j] += momentum * (mean[j] - running_mean[j]);
                running_var[j] += momentum * (var * (rows / (rows - 1)) - running_var[j]);
            }
            inverse_std[j] = 1 / std::sqrt(var + static_cast<T>(op.eps));
        }
    } else {
        for (std::size_t j = 0; j < k; ++j) {
            mean[j] = running_mean[j];
            inverse_std[j] = 1 / std::sqrt(running_var[j] + static_cast<T>(op.eps));
        }
    }
    const T* gamma = p.theta + op.first;
    const T* beta = p.theta + op.second;
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = 0; j < k; ++j) {
            const std::size_t at = i * k + j;
            N[at] = (cache.input[at] - mean[j]) * inverse_std[j];
            Y[at] = N[at] * gamma[j] + beta[j];
        }
    cache.kept = N;
    cache.output = Y;
}

// dgamma = sum dY N, dbeta = sum dY.
template <class T>
void scale_and_shift_backward(const Operation& op, const Tensors<T>& p, const T* N, const T* dY, std::size_t n) {
    const std::size_t k = op.n_out;
    T* dgamma = p.gradient + op.first;
    T* dbeta = p.gradient + op.second;
    std::memset(dgamma, 0, k * sizeof(T));
    std::memset(dbeta, 0, k * sizeof(T));
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = 0; j < k; ++j) {
            dgamma[j] += dY[i * k + j] * N[i * k + j];
            dbeta[j] += dY[i * k + j];
        }
}

// In place: dX = gamma / std * (dY - mean(dY) - N mean(dY N)) over the rows; training passes only.
template <class T>
void batch_norm_backward(const Operation& op, const Tensors<T>& p, Cache<T>& cache, T* dY, std::size_t n) {
    const std::size_t k = op.n_out;
    scale_and_shift_backward(op, p, cache.kept, dY, n);
    const T* gamma = p.theta + op.first;
    const T* dgamma = p.gradient + op.first;
    const T* dbeta = p.gradient + op.second;
    const T rows = static_cast<T>(n);
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = 0; j < k; ++j) {
            T& d = dY[i * k + j];
            d = gamma[j] * cache.small[j] * (d - dbeta[j] / rows - cache.kept[i * k + j] * (dgamma[j] / rows));
        }
}

template <class T>
void layer_norm_forward(const Operation& op, const Tensors<T>& p, Cache<T>& cache, std::size_t n) {
    const std::size_t k = op.n_out;
    T* N = cache.room(cache.extra, n * k);
    T* Y = cache.room(cache.main, n * k);
    T* inverse_std = cache.room(cache.small, n);
    const T* gamma = p.theta + op.first;
    const T* beta = p.theta + op.second;
    for (std::size_t i = 0; i < n; ++i) {
        const T* X = cache.input + i * k;
        T mean = 0, squares = 0;
        for (std::size_t j = 0; j < k; ++j) mean += X[j];
        mean /= static_cast<T>(k);
        for (std::size_t j = 0; j < k; ++j) squares += (X[j] - mean) * (X[j] - mean);
        inverse_std[i] = 1 / std::sqrt(squares / static_cast<T>(k) + static_cast<T>(op.eps));
        for (std::size_t j = 0; j < k; ++j) {
            N[i * k + j] = (X[j] - mean) * inverse_std[i];
            Y[i * k + j] = N[i * k + j] * gamma[j] + beta[j];
        }
    }
    cache.kept = N;
    cache.output = Y;
}

// In place: dX = (dN - mean(dN) - N mean(dN N)) / std over the units, dN = dY gamma.
template <class T>
void layer_norm_backward(const Operation& op, const Tensors<T>& p, Cache<T>& cache, T* dY, std::size_t n) {
    const std::size_t k = op.n_out;
    scale_and_shift_backward(op, p, cache.kept, dY, n);
    const T* gamma = p.theta + op.first;
    for (std::size_t i = 0; i < n; ++i) {
        T* d = dY + i * k;
        const T* N = cache.kept + i * k;
        T mean = 0, dot = 0;
        for (std::size_t j = 0; j < k; ++j) {
            d[j] *= gamma[j];
            mean += d[j];
            dot += d[j] * N[j];
        }
        mean /= static_cast<T>(k);
        dot /= static_cast<T>(k);
        for (std::size_t j = 0; j < k; ++j) d[j] = cache.small[i] * (d[j] - mean - N[j] * dot);
    }
}

}  // namespace glassnet
