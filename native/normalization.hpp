// Batch and layer normalization, forward and back, as in glassnet/layers/normalization.py.
// Batch normalization works on blocks of columns with all their rows, layer normalization on blocks of rows: no sum is ever split.
#pragma once

#include "layers.hpp"

namespace glassnet {

// N = (X - mean) / std over the rows, Y = gamma N + beta.
template <class T>
void batch_norm_forward(const Operation& op, const Tensors<T>& p, Work<T>& work, const Run& run, std::size_t n, const Block& block) {
    const std::size_t left = block.left, right = block.right;
    const T* X = work.input;
    T* N = work.extra.data();
    T* Y = work.main.data();
    T* inverse_std = work.small.data();
    T* mean = inverse_std + op.n_out;
    T* running_mean = p.statistics + op.mean;
    T* running_var = p.statistics + op.variance;
    if (run.training) {
        const T rows = static_cast<T>(n), momentum = static_cast<T>(op.momentum);
        std::fill(mean + left, mean + right, T(0));
        for (std::size_t i = 0; i < n; ++i)
            for (std::size_t j = left; j < right; ++j) mean[j] += X[i * work.step_in + j];
        for (std::size_t j = left; j < right; ++j) mean[j] /= rows;
        std::fill(inverse_std + left, inverse_std + right, T(0));
        for (std::size_t i = 0; i < n; ++i)
            for (std::size_t j = left; j < right; ++j) {
                const T centered = X[i * work.step_in + j] - mean[j];
                inverse_std[j] += centered * centered;
            }
        for (std::size_t j = left; j < right; ++j) {
            const T var = inverse_std[j] / rows;
            if (n > 1) {
                running_mean[j] += momentum * (mean[j] - running_mean[j]);
                running_var[j] += momentum * (var * (rows / (rows - 1)) - running_var[j]);
            }
            inverse_std[j] = 1 / std::sqrt(var + static_cast<T>(op.eps));
        }
    } else {
        for (std::size_t j = left; j < right; ++j) {
            mean[j] = running_mean[j];
            inverse_std[j] = 1 / std::sqrt(running_var[j] + static_cast<T>(op.eps));
        }
    }
    const T* gamma = p.theta + op.first;
    const T* beta = p.theta + op.second;
    for (std::size_t i = 0; i < n; ++i) {
        GLASSNET_INDEPENDENT
        for (std::size_t j = left; j < right; ++j) {
            const T normalized = (X[i * work.step_in + j] - mean[j]) * inverse_std[j];
            N[i * work.step + j] = normalized;
            Y[i * work.step + j] = normalized * gamma[j] + beta[j];
        }
    }
}

// dgamma = sum dY N, dbeta = sum dY, of a block of columns.
template <class T>
void scale_and_shift_backward(const Operation& op, const Tensors<T>& p, const Work<T>& work, const T* dY, std::size_t n, const Block& block) {
    T* dgamma = p.gradient + op.first;
    T* dbeta = p.gradient + op.second;
    std::fill(dgamma + block.left, dgamma + block.right, T(0));
    std::fill(dbeta + block.left, dbeta + block.right, T(0));
    for (std::size_t i = 0; i < n; ++i) {
        GLASSNET_INDEPENDENT
        for (std::size_t j = block.left; j < block.right; ++j) {
            dgamma[j] += dY[i * work.step + j] * work.kept[i * work.step + j];
            dbeta[j] += dY[i * work.step + j];
        }
    }
}

// dX = gamma / std * (dY - mean(dY) - N mean(dY N)) over the rows; training passes only.
template <class T>
void batch_norm_backward(const Operation& op, const Tensors<T>& p, const Work<T>& work, const T* dY, T* dX, std::size_t n, const Block& block) {
    scale_and_shift_backward(op, p, work, dY, n, block);
    const T* gamma = p.theta + op.first;
    const T* dgamma = p.gradient + op.first;
    const T* dbeta = p.gradient + op.second;
    const T* inverse_std = work.small.data();
    const T share = 1 / static_cast<T>(n);
    for (std::size_t i = 0; i < n; ++i) {
        GLASSNET_INDEPENDENT
        for (std::size_t j = block.left; j < block.right; ++j) {
            const std::size_t at = i * work.step + j;
            dX[at] = gamma[j] * inverse_std[j] * (dY[at] - dbeta[j] * share - work.kept[at] * (dgamma[j] * share));
        }
    }
}

// N = (X - mean) / std over the units, Y = gamma N + beta.
template <class T>
void layer_norm_forward(const Operation& op, const Tensors<T>& p, Work<T>& work, const Block& block) {
    const std::size_t k = op.n_out;
    T* inverse_std = work.small.data();
    const T* gamma = p.theta + op.first;
    const T* beta = p.theta + op.second;
    for (std::size_t i = block.top; i < block.bottom; ++i) {
        const T* X = work.input + i * work.step_in;
        T* N = work.extra.data() + i * work.step;
        T* Y = work.main.data() + i * work.step;
        T mean = 0, squares = 0;
        for (std::size_t j = 0; j < k; ++j) mean += X[j];
        mean /= static_cast<T>(k);
        for (std::size_t j = 0; j < k; ++j) squares += (X[j] - mean) * (X[j] - mean);
        inverse_std[i] = 1 / std::sqrt(squares / static_cast<T>(k) + static_cast<T>(op.eps));
        GLASSNET_INDEPENDENT
        for (std::size_t j = 0; j < k; ++j) {
            N[j] = (X[j] - mean) * inverse_std[i];
            Y[j] = N[j] * gamma[j] + beta[j];
        }
    }
}

// dX = (dN - mean(dN) - N mean(dN N)) / std over the units, dN = dY gamma.
template <class T>
void layer_norm_backward(const Operation& op, const Tensors<T>& p, const Work<T>& work, const T* dY, T* dX, const Block& block) {
    const std::size_t k = op.n_out;
    const T* gamma = p.theta + op.first;
    for (std::size_t i = block.top; i < block.bottom; ++i) {
        const T* N = work.kept + i * work.step;
        const T* above = dY + i * work.step;
        T* below = dX + i * work.step;
        T mean = 0, dot = 0;
        for (std::size_t j = 0; j < k; ++j) {
            mean += above[j] * gamma[j];
            dot += above[j] * gamma[j] * N[j];
        }
        mean /= static_cast<T>(k);
        dot /= static_cast<T>(k);
        const T inverse_std = work.small.data()[i];
        GLASSNET_INDEPENDENT
        for (std::size_t j = 0; j < k; ++j) below[j] = inverse_std * (above[j] * gamma[j] - mean - N[j] * dot);
    }
}

}  // namespace glassnet
