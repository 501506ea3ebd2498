// What learns one number a unit: a scale, and the mix of an activation with its input, as in glassnet/layers/scale.py and activation.py.
// Forward they work on each number alone; back on blocks of columns with all their rows, so that no sum is ever split.
#pragma once

#include "layers.hpp"

namespace glassnet {

// Y = X s.
template <class T>
void scale_forward(const Operation& op, const Tensors<T>& p, Work<T>& work, const Block& block) {
    const T* s = p.theta + op.first;
    T* Y = work.main.data();
    const std::size_t right = std::min(block.right, op.n_out);
    for (std::size_t i = block.top; i < block.bottom; ++i) {
        GLASSNET_INDEPENDENT
        for (std::size_t j = block.left; j < right; ++j) Y[i * work.step + j] = work.input[i * work.step + j] * s[j];
    }
}

// ds = sum dY X, dX = dY s.
template <class T>
void scale_backward(const Operation& op, const Tensors<T>& p, const Work<T>& work, const T* dY, T* dX, std::size_t n, const Block& block) {
    const T* s = p.theta + op.first;
    T* ds = p.gradient + op.first;
    std::fill(ds + block.left, ds + block.right, T(0));
    for (std::size_t i = 0; i < n; ++i) {
        GLASSNET_INDEPENDENT
        for (std::size_t j = block.left; j < block.right; ++j) {
            const std::size_t at = i * work.step + j;
            ds[j] += dY[at] * work.input[at];
            dX[at] = dY[at] * s[j];
        }
    }
}

// A = Z + a (f(Z) - Z); f(Z) is kept.
template <class T>
void mixed_activation_forward(const Operation& op, const Tensors<T>& p, Work<T>& work, const Block& block) {
    const T* a = p.theta + op.first;
    T* F = work.extra.data();
    T* A = work.main.data();
    const std::size_t right = std::min(block.right, op.n_out);
    activation_forward(op.activation, work.input, F, work.step, block);
    for (std::size_t i = block.top; i < block.bottom; ++i) {
        GLASSNET_INDEPENDENT
        for (std::size_t j = block.left; j < right; ++j) {
            const std::size_t at = i * work.step + j;
            A[at] = work.input[at] + a[j] * (F[at] - work.input[at]);
        }
    }
}

// da = sum dA (f(Z) - Z), dZ = (1 - a) dA + a dA f'(Z), a few rows at a time, which stay in the first cache.
template <class T>
void mixed_activation_backward(const Operation& op, const Tensors<T>& p, const Work<T>& work, const T* dA, T* dZ, std::size_t n,
                               const Block& block) {
    constexpr std::size_t rows_at_once = 16;
    const T* a = p.theta + op.first;
    const T* F = work.extra.data();
    T* da = p.gradient + op.first;
    std::fill(da + block.left, da + block.right, T(0));
    for (std::size_t top = 0; top < n; top += rows_at_once) {
        const Block rows{top, std::min(top + rows_at_once, n), block.left, block.right};
        for (std::size_t i = rows.top; i < rows.bottom; ++i) {
            GLASSNET_INDEPENDENT
            for (std::size_t j = rows.left; j < rows.right; ++j) {
                const std::size_t at = i * work.step + j;
                da[j] += dA[at] * (F[at] - work.input[at]);
                dZ[at] = a[j] * dA[at];
            }
        }
        activation_backward(op.activation, work.kept, dZ, work.step, rows);
        for (std::size_t i = rows.top; i < rows.bottom; ++i) {
            GLASSNET_INDEPENDENT
            for (std::size_t j = rows.left; j < rows.right; ++j) dZ[i * work.step + j] += (1 - a[j]) * dA[i * work.step + j];
        }
    }
}

}  // namespace glassnet
