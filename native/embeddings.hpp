// Periodic and category embeddings, forward and back, as in glassnet/layers/periodic.py and categories.py.
// Forward they work on rows, back on columns with all their rows, in one order, so that no sum is ever split.
#pragma once

#include "layers.hpp"

namespace glassnet {

constexpr double two_pi = 6.283185307179586;

// Rows side by side in vectors, so that a wave of a column is a vector of its rows and one frequency.
template <class T>
constexpr std::size_t rows_abreast = 4 * lanes<T>;

// Numbers that a piece works in: forward a column of x, its waves and their mixtures; back also sums of vectors, one for each parameter.
template <class T>
std::size_t periodic_room(const Operation& op) {
    const std::size_t m = op.n_frequencies, k = op.n_embedded;
    return std::max((1 + m + k) * rows_abreast<T>, (5 + k) * rows_abreast<T> + (2 * m + m * k + k) * lanes<T>);
}

// Of n numbers `step` apart a whole number of vectors, zeros behind.
template <class T>
void abreast(const T* from, std::size_t step, std::size_t n, T* to) {
    for (std::size_t i = 0; i < n; ++i) to[i] = from[i * step];
    std::fill(to + n, to + whole_vectors<T>(n), T(0));
}

// y = [x, W2 cos(2 pi x w1 + b1) + b2] for each of the first columns of rows [top, bottom); the others follow.
template <class T>
void periodic_forward(const Operation& op, const Tensors<T>& p, Work<T>& work, T* room, std::size_t top, std::size_t bottom) {
    constexpr std::size_t most = rows_abreast<T>;
    const std::size_t m = op.n_frequencies, k = op.n_embedded;
    T* x = room;
    T* C = x + most;
    T* E = C + m * most;
    for (std::size_t from = top; from < bottom; from += most) {
        const std::size_t n = std::min(most, bottom - from), whole = whole_vectors<T>(n);
        for (std::size_t j = 0; j < op.n_numeric; ++j) {
            const T* w1 = p.theta + op.first + j * m;
            const T* b1 = p.theta + op.second + j * m;
            const T* W2 = p.theta + op.third + j * m * k;
            const T* b2 = p.theta + op.fourth + j * k;
            abreast(work.input + from * work.step_in + j, work.step_in, n, x);
            for (std::size_t f = 0; f < m; ++f) {
                const T w = w1[f], shift = b1[f] * T(1 / two_pi);
                for (std::size_t i = 0; i < whole; i += lanes<T>) store(C + f * most + i, cosine_of_turns<T>(load(x + i) * w + shift));
            }
            for (std::size_t o = 0; o < k; ++o)
                for (std::size_t i = 0; i < whole; i += lanes<T>) {
                    Vector<T> sum = Vector<T>{} + b2[o];
                    for (std::size_t f = 0; f < m; ++f) sum += load(C + f * most + i) * W2[f * k + o];
                    store(E + o * most + i, sum);
                }
            for (std::size_t i = 0; i < n; ++i) {
                T* y = work.main.data() + (from + i) * work.step + j * (1 + k);
                *y = x[i];
                for (std::size_t o = 0; o < k; ++o) y[1 + o] = E[o * most + i];
            }
        }
        const std::size_t rest = op.n_in - op.n_numeric, embedded = op.n_numeric * (1 + k);
        for (std::size_t i = from; i < from + n; ++i)
            std::memcpy(work.main.data() + i * work.step + embedded, work.input + i * work.step_in + op.n_numeric, rest * sizeof(T));
    }
}

// The gradients of all parameters of column j, over n rows, and dX of that column where it is wanted.
template <class T>
void periodic_backward(const Operation& op, const Tensors<T>& p, const Work<T>& work, const T* dY, T* dX, T* room, std::size_t n, std::size_t j) {
    constexpr std::size_t most = rows_abreast<T>;
    const std::size_t m = op.n_frequencies, k = op.n_embedded;
    const T* w1 = p.theta + op.first + j * m;
    const T* b1 = p.theta + op.second + j * m;
    const T* W2 = p.theta + op.third + j * m * k;
    T* x = room;
    T* dx = x + most;
    T* C = dx + most;
    T* S = C + most;
    T* dA = S + most;
    T* dE = dA + most;
    T* sums = dE + k * most;  // of dw1, db1, dW2, db2, a vector each
    const std::size_t n_sums = 2 * m + m * k + k;
    std::fill(sums, sums + n_sums * lanes<T>, T(0));
    const auto sum_at = [sums](std::size_t i) { return sums + i * lanes<T>; };
    for (std::size_t from = 0; from < n; from += most) {
        const std::size_t rows = std::min(most, n - from), whole = whole_vectors<T>(rows);
        const T* above = dY + from * work.step + j * (1 + k);
        abreast(work.input + from * work.step_in + j, work.step_in, rows, x);
        for (std::size_t o = 0; o < k; ++o) {
            abreast(above + 1 + o, work.step, rows, dE + o * most);
            Vector<T> sum = load(sum_at(2 * m + m * k + o));
            for (std::size_t i = 0; i < whole; i += lanes<T>) sum += load(dE + o * most + i);
            store(sum_at(2 * m + m * k + o), sum);
        }
        std::fill(dx, dx + whole, T(0));
        for (std::size_t f = 0; f < m; ++f) {
            const T w = w1[f], shift = b1[f] * T(1 / two_pi);
            std::fill(dA, dA + whole, T(0));
            for (std::size_t i = 0; i < whole; i += lanes<T>) {
                const auto [cosine, sine] = circle_of_turns<T>(load(x + i) * w + shift);
                store(C + i, cosine);
                store(S + i, sine);
            }
            for (std::size_t o = 0; o < k; ++o) {
                const T weight = W2[f * k + o];
                Vector<T> sum = load(sum_at(2 * m + f * k + o));
                for (std::size_t i = 0; i < whole; i += lanes<T>) {
                    const Vector<T> d = load(dE + o * most + i);
                    sum += d * load(C + i);
                    store(dA + i, load(dA + i) - d * weight);
                }
                store(sum_at(2 * m + f * k + o), sum);
            }
            Vector<T> frequency = load(sum_at(f)), phase = load(sum_at(m + f));
            for (std::size_t i = 0; i < whole; i += lanes<T>) {
                const Vector<T> d = load(dA + i) * load(S + i);  // by the phase: -sin times what came through W2
                phase += d;
                frequency += d * load(x + i);
                if (dX) store(dx + i, load(dx + i) + d * w);
            }
            store(sum_at(f), frequency);
            store(sum_at(m + f), phase);
        }
        if (dX)
            for (std::size_t i = 0; i < rows; ++i) dX[(from + i) * work.step_in + j] = above[i * work.step] + T(two_pi) * dx[i];
    }
    for (std::size_t f = 0; f < m; ++f) {
        p.gradient[op.first + j * m + f] = T(two_pi) * sum_of<T>(load(sum_at(f)));
        p.gradient[op.second + j * m + f] = sum_of<T>(load(sum_at(m + f)));
    }
    for (std::size_t i = 0; i < m * k; ++i) p.gradient[op.third + j * m * k + i] = sum_of<T>(load(sum_at(2 * m + i)));
    for (std::size_t o = 0; o < k; ++o) p.gradient[op.fourth + j * k + o] = sum_of<T>(load(sum_at(2 * m + m * k + o)));
}

// dX of the columns that only pass through an embedding of numbers.
template <class T>
void embedding_backward_rest(const Operation& op, const Work<T>& work, const T* dY, T* dX, const Block& rows) {
    const std::size_t rest = op.n_in - op.n_numeric, embedded = op.n_out - rest;
    for (std::size_t i = rows.top; i < rows.bottom; ++i)
        std::memcpy(dX + i * work.step_in + op.n_numeric, dY + i * work.step + embedded, rest * sizeof(T));
}

// A code is a whole number from 0 on; anything else is the last level.
template <class T>
std::size_t level(T code, std::size_t n_levels) {
    return code >= 0 && code < static_cast<T>(n_levels) ? static_cast<std::size_t>(code) : n_levels - 1;
}

// The rows of the tables that the codes name, behind the columns that are no codes.
template <class T>
void category_forward(const Operation& op, const Tensors<T>& p, Work<T>& work, const Block& rows) {
    const std::size_t q = op.levels.size(), k = op.n_embedded, first = op.n_in - q;
    for (std::size_t i = rows.top; i < rows.bottom; ++i) {
        const T* x = work.input + i * work.step_in;
        T* y = work.main.data() + i * work.step;
        std::memcpy(y, x, first * sizeof(T));
        for (std::size_t j = 0; j < q; ++j)
            std::memcpy(y + first + j * k, p.theta + op.tables[j] + level(x[first + j], op.levels[j]) * k, k * sizeof(T));
    }
}

// The gradient of the table of code j: each level takes the rows that name it, in their order.
template <class T>
void category_backward(const Operation& op, const Tensors<T>& p, const Work<T>& work, const T* dY, std::size_t n, std::size_t j) {
    const std::size_t k = op.n_embedded, first = op.n_in - op.levels.size();
    T* table = p.gradient + op.tables[j];
    std::fill(table, table + op.levels[j] * k, T(0));
    for (std::size_t i = 0; i < n; ++i) {
        T* sum = table + level(work.input[i * work.step_in + first + j], op.levels[j]) * k;
        const T* above = dY + i * work.step + first + j * k;
        GLASSNET_INDEPENDENT
        for (std::size_t o = 0; o < k; ++o) sum[o] += above[o];
    }
}

// dX of the columns that are no codes; a code has none.
template <class T>
void category_backward_input(const Operation& op, const Work<T>& work, const T* dY, T* dX, const Block& rows) {
    const std::size_t first = op.n_in - op.levels.size();
    for (std::size_t i = rows.top; i < rows.bottom; ++i) {
        std::memcpy(dX + i * work.step_in, dY + i * work.step, first * sizeof(T));
        std::fill(dX + i * work.step_in + first, dX + i * work.step_in + op.n_in, T(0));
    }
}

}  // namespace glassnet
