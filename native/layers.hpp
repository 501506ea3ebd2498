// The layers of a network as a list of operations, each with its forward and its backward pass over a block, as in glassnet/layers.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "activations.hpp"
#include "gemm.hpp"
#include "names.hpp"
#include "rng.hpp"

namespace glassnet {

#define GLASSNET_KINDS(_)                                                                                            \
    _(dense) _(activation) _(dropout) _(batch_norm) _(layer_norm) _(residual_begin) _(residual_end) _(scale)           \
    _(mixed_activation) _(periodic_embedding) _(category_embedding) _(members_begin) _(member_end) _(members_end)      \
    _(piecewise_embedding)
GLASSNET_ENUM(Kind, GLASSNET_KINDS)

// One operation: its widths, its settings, and where its tensors begin (trained ones in theta, running ones in the statistics).
struct Operation {
    Kind kind;
    std::size_t n_in, n_out;
    Activation activation = Activation::identity;
    double rate = 0, eps = 0, momentum = 0;
    std::uint64_t number = 0;                // of the layer: the key of its random numbers
    std::size_t first = 0, second = 0;       // W and b, gamma and beta, s, a, or w1 and b1, in theta
    std::size_t mean = 0, variance = 0;      // of batch normalization, or `mean` of edges, in the statistics
    std::size_t partner = 0;                 // of an end, of a residual block or of members: where it began
    std::size_t third = 0, fourth = 0;       // W2 and b2 of a periodic embedding, in theta
    std::size_t n_numeric = 0, n_frequencies = 0, n_embedded = 0;  // of an embedding: its columns, their waves, outputs of a column
    // Of a category embedding: of each column, and where its table begins; of a piecewise-linear one: its bins, and how many are before them.
    std::vector<std::size_t> levels = {}, tables = {};
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
    double dropout = 1;  // factor of every dropout rate
};

// Where an operation works: its input and output, and what it keeps of its forward pass for its backward pass. All of them are signals,
// rows of whole vectors.
template <class T>
struct Work {
    const T* input = nullptr;
    const T* output = nullptr;
    const T* kept = nullptr;             // of an activation: its output or its input; of a normalization: the normalized signal
    std::size_t step_in = 0, step = 0;   // from row to row
    // Outputs; masks, normalized signals, pre-activations or f(Z); one number a unit or a row, or the room that pieces work in.
    Buffer<T> main, extra, small;
};

// Z = X W + b, and what `done` does with each block of it.
template <class T, class Done>
void dense_forward(const Operation& op, const Tensors<T>& p, Work<T>& work, const Block& block, Done done) {
    product<T>({work.input, work.step_in, 1}, {p.theta + op.first, op.n_out, false}, op.n_in, op.n_out, work.main.data(), work.step, true,
               p.theta + op.second, block, done);
}

// A block of dW = X^T dZ, and the part of db = sum dZ that its columns hold, once.
template <class T>
void dense_backward_parameters(const Operation& op, const Tensors<T>& p, const Work<T>& work, const T* dZ, std::size_t n, const Block& block) {
    product<T>({work.input, 1, work.step_in}, {dZ, work.step, false}, n, op.n_out, p.gradient + op.first, op.n_out, false, nullptr, block,
               [](const Block&) {});
    if (block.top > 0) return;
    for (std::size_t left = block.left; left < block.right; left += lanes<T>) {
        Vector<T> sums{};
        for (std::size_t i = 0; i < n; ++i) sums += load(dZ + i * work.step + left);
        for (std::size_t j = left; j < std::min(left + lanes<T>, block.right); ++j) p.gradient[op.second + j] = sums[j - left];
    }
}

// A block of dX = dZ W^T.
template <class T, class Done>
void dense_backward_input(const Operation& op, const Tensors<T>& p, const Work<T>& work, const T* dZ, T* dX, const Block& block, Done done) {
    product<T>({dZ, work.step, 1}, {p.theta + op.first, op.n_out, true}, op.n_out, op.n_in, dX, work.step_in, true, nullptr, block, done);
}

// The mask of rows [top, bottom), 0 or 1 / (1 - rate): that of a unit depends on its place in the batch alone.
template <class T>
void draw_mask(const Operation& op, const Run& run, std::size_t top, std::size_t bottom, std::size_t step, T* mask) {
    // Rounded before it is subtracted, as in the reference engine: one fused instruction for both could move the threshold.
    const volatile double rate = op.rate * run.dropout;
    const double keep = 1.0 - rate;
    const auto threshold = static_cast<std::uint64_t>(std::nearbyint(keep * 4294967296.0));
    for (std::size_t i = top; i < bottom; ++i)
        dropout_mask(mask + i * step, i * op.n_out, op.n_out, run.seed, op.number, run.step, threshold, static_cast<T>(1.0 / keep));
}

// C = A B, element by element over a block; C may be one of them.
template <class T>
void multiply(const T* A, const T* B, T* C, std::size_t step, const Block& block) {
    for (std::size_t i = block.top; i < block.bottom; ++i) {
        GLASSNET_INDEPENDENT
        for (std::size_t j = i * step + block.left; j < i * step + block.right; ++j) C[j] = A[j] * B[j];
    }
}

template <class T>
void add(const T* A, const T* B, T* C, std::size_t step, const Block& block) {
    for (std::size_t i = block.top; i < block.bottom; ++i) {
        GLASSNET_INDEPENDENT
        for (std::size_t j = i * step + block.left; j < i * step + block.right; ++j) C[j] = A[j] + B[j];
    }
}

template <class T>
void copy(const T* from, T* to, std::size_t step, const Block& block) {
    for (std::size_t i = block.top; i < block.bottom; ++i)
        std::memcpy(to + i * step + block.left, from + i * step + block.left, (block.right - block.left) * sizeof(T));
}

}  // namespace glassnet
