// The piecewise-linear embedding, forward and back, as in glassnet/layers/piecewise.py. In the bin that x lies in a broken line is a value at
// the lower edge and a slope, and no other bin is looked at: forward by rows, back by columns with all their rows, in one order.
#pragma once

#include <algorithm>
#include <type_traits>

#include "layers.hpp"

namespace glassnet {

// What is wrong with the columns or the tensors of an embedding, or null.
inline const char* piecewise_fault(const Operation& op, std::size_t n_parameters, std::size_t n_statistics) {
    const std::size_t p = op.n_numeric, k = op.n_embedded;
    const auto inside = [](std::size_t start, std::size_t size, std::size_t n) { return start <= n && size <= n - start; };
    if (p == 0 || p > op.n_in || op.levels.size() != p || op.tables.size() != p || k == 0 || k > n_parameters / p || op.n_out != op.n_in + p * k)
        return "a piecewise-linear embedding has not the columns that it takes or the width that it makes";
    std::size_t n_bins = 0;
    for (std::size_t j = 0; j < p; ++j) {
        if (op.levels[j] == 0 || op.levels[j] > n_parameters / k - n_bins || op.tables[j] != n_bins)
            return "the bins of a piecewise-linear embedding are not one column's behind the other's";
        n_bins += op.levels[j];
    }
    const bool there = inside(op.first, n_bins * k, n_parameters) && inside(op.second, p * k, n_parameters) && inside(op.mean, n_bins + p, n_statistics);
    return there ? nullptr : "a tensor of a piecewise-linear embedding lies outside";
}

// Numbers that a piece works in: the width of each bin, of each line its value at the lower edge and its slope, and two sums of it.
template <class T>
std::size_t piecewise_room(const Operation& op) {
    return *std::max_element(op.levels.begin(), op.levels.end()) * (1 + 4 * op.n_embedded);
}

// The broken lines of one column, by bins.
template <class T>
struct Lines {
    std::size_t n, k;
    const T* edge;
    T *width, *value, *slope, *rest;

    Lines(const Operation& op, const Tensors<T>& p, T* room, std::size_t j) : n(op.levels[j]), k(op.n_embedded) {
        edge = p.statistics + op.mean + op.tables[j] + j;
        width = room, value = width + n, slope = value + n * k, rest = slope + n * k;
        const T* W = p.theta + op.first + op.tables[j] * k;
        const T* b = p.theta + op.second + j * k;
        for (std::size_t bin = 0; bin < n; ++bin) {
            width[bin] = edge[bin + 1] - edge[bin];
            for (std::size_t o = 0; o < k; ++o) {
                value[bin * k + o] = bin == 0 ? b[o] : value[(bin - 1) * k + o] + W[(bin - 1) * k + o];
                slope[bin * k + o] = W[bin * k + o] / width[bin];
            }
        }
    }

    // An edge belongs to the bin above it; what is no number lies in the first bin.
    std::size_t bin_of(T x) const {
        std::conditional_t<sizeof(T) == 4, std::int32_t, std::int64_t> below = 0;  // as wide as x, for vectors
        for (std::size_t bin = 1; bin < n; ++bin) below += x >= edge[bin];
        return static_cast<std::size_t>(below);
    }
};

// y = [x, value + slope (x - edge)] for each of the first columns of rows [top, bottom); the others follow.
template <class T>
void piecewise_forward(const Operation& op, const Tensors<T>& p, Work<T>& work, T* room, std::size_t top, std::size_t bottom) {
    const std::size_t k = op.n_embedded, rest = op.n_in - op.n_numeric, embedded = op.n_numeric * (1 + k);
    for (std::size_t j = 0; j < op.n_numeric; ++j) {
        const Lines<T> lines(op, p, room, j);
        for (std::size_t i = top; i < bottom; ++i) {
            const T x = work.input[i * work.step_in + j];
            const std::size_t bin = lines.bin_of(x);
            const T beyond = x - lines.edge[bin];
            T* y = work.main.data() + i * work.step + j * (1 + k);
            *y = x;
            for (std::size_t o = 0; o < k; ++o) y[1 + o] = lines.value[bin * k + o] + lines.slope[bin * k + o] * beyond;
        }
    }
    for (std::size_t i = top; i < bottom; ++i)
        std::memcpy(work.main.data() + i * work.step + embedded, work.input + i * work.step_in + op.n_numeric, rest * sizeof(T));
}

// The gradients of all parameters of column j, over n rows, and dX of that column where it is wanted. A row moves the rise over its own bin by
// its place in it, and the rises over all bins below wholly.
template <class T>
void piecewise_backward(const Operation& op, const Tensors<T>& p, const Work<T>& work, const T* dY, T* dX, T* room, std::size_t n, std::size_t j) {
    const std::size_t k = op.n_embedded;
    const Lines<T> lines(op, p, room, j);
    T* all = lines.rest;
    T* beyond = all + lines.n * k;
    std::fill(all, all + 2 * lines.n * k, T(0));
    for (std::size_t i = 0; i < n; ++i) {
        const T x = work.input[i * work.step_in + j];
        const T* above = dY + i * work.step + j * (1 + k);
        const std::size_t bin = lines.bin_of(x);
        const T over = x - lines.edge[bin];
        T dx = *above;
        for (std::size_t o = 0; o < k; ++o) {
            const T d = above[1 + o];
            all[bin * k + o] += d;
            beyond[bin * k + o] += d * over;
            dx += d * lines.slope[bin * k + o];
        }
        if (dX) dX[i * work.step_in + j] = dx;
    }
    T* dW = p.gradient + op.first + op.tables[j] * k;
    T* db = p.gradient + op.second + j * k;
    for (std::size_t o = 0; o < k; ++o) {
        T higher = 0;
        for (std::size_t bin = lines.n; bin-- > 0;) {
            dW[bin * k + o] = beyond[bin * k + o] / lines.width[bin] + higher;
            higher += all[bin * k + o];
        }
        db[o] = higher;
    }
}

}  // namespace glassnet
