// The periodic embedding of numbers, as in glassnet/layers/periodic.py.
#pragma once

#include "embedding.hpp"

namespace glassnet {

constexpr double two_pi = 6.283185307179586;

// Rows side by side in vectors: a wave of a column is a vector of its rows and one frequency.
template <class T>
constexpr std::size_t rows_abreast = 4 * lanes<T>;

// Of n numbers `step` apart a whole number of vectors, zeros after them.
template <class T>
void abreast(const T* from, std::size_t step, std::size_t n, T* to) {
    for (std::size_t i = 0; i < n; ++i) to[i] = from[i * step];
    std::fill(to + n, to + whole_vectors<T>(n), T(0));
}

template <class T>
class PeriodicEmbedding final : public NumberEmbedding<T> {
  public:
    explicit PeriodicEmbedding(Specification& spec)
        : PeriodicEmbedding(spec, spec.count("n_numeric"), spec.count("n_frequencies"),
                            spec.count("n_out")) {}

  private:
    PeriodicEmbedding(Specification& spec, std::size_t p, std::size_t m, std::size_t k)
        : NumberEmbedding<T>(spec, p, k, m),
          n_frequencies_(m),
          w1_(spec.parameters({p, m})),
          b1_(spec.parameters({p, m})),
          W2_(spec.parameters({p, m, k})),
          b2_(spec.parameters({p, k})) {}

    // Forward a column of x, its waves and their mixtures; backward also sums of vectors, one for
    // each parameter.
    std::size_t piece_memory() const override {
        const std::size_t m = n_frequencies_, k = this->k_;
        return std::max((1 + m + k) * rows_abreast<T>,
                        (5 + k) * rows_abreast<T> + (2 * m + m * k + k) * lanes<T>);
    }

    // y = [x, W2 cos(2 pi x w1 + b1) + b2]
    void embed(Workspace<T>& w, LayerBuffers<T>& own, T* room, std::size_t top,
               std::size_t bottom) const override {
        constexpr std::size_t most = rows_abreast<T>;
        const std::size_t m = n_frequencies_, k = this->k_;
        T *x = room, *C = x + most, *E = C + m * most;
        for (std::size_t from = top; from < bottom; from += most) {
            const std::size_t n = std::min(most, bottom - from), whole = whole_vectors<T>(n);
            for (std::size_t j = 0; j < this->n_numeric_; ++j) {
                const T *w1 = w.tensors.theta + w1_ + j * m, *b1 = w.tensors.theta + b1_ + j * m;
                const T *W2 = w.tensors.theta + W2_ + j * m * k,
                        *b2 = w.tensors.theta + b2_ + j * k;
                abreast(own.input + from * own.step_in + j, own.step_in, n, x);
                for (std::size_t f = 0; f < m; ++f) {
                    const T omega = w1[f], shift = b1[f] * T(1 / two_pi);
                    for (std::size_t i = 0; i < whole; i += lanes<T>)
                        store(C + f * most + i, cosine_of_turns<T>(load(x + i) * omega + shift));
                }
                for (std::size_t o = 0; o < k; ++o)
                    for (std::size_t i = 0; i < whole; i += lanes<T>) {
                        Vector<T> sum = Vector<T>{} + b2[o];
                        for (std::size_t f = 0; f < m; ++f)
                            sum += load(C + f * most + i) * W2[f * k + o];
                        store(E + o * most + i, sum);
                    }
                for (std::size_t i = 0; i < n; ++i) {
                    T* y = own.main.data() + (from + i) * own.step + j * (1 + k);
                    *y = x[i];
                    for (std::size_t o = 0; o < k; ++o) y[1 + o] = E[o * most + i];
                }
            }
            this->copy_rest(own, from, from + n);
        }
    }

    void backward_column(Workspace<T>& w, LayerBuffers<T>& own, const T* dY, T* dX, T* room,
                         std::size_t n, std::size_t j) const override {
        constexpr std::size_t most = rows_abreast<T>;
        const std::size_t m = n_frequencies_, k = this->k_;
        const T *w1 = w.tensors.theta + w1_ + j * m, *b1 = w.tensors.theta + b1_ + j * m,
                *W2 = w.tensors.theta + W2_ + j * m * k;
        T *x = room, *dx = x + most, *C = dx + most, *S = C + most, *dA = S + most, *dE = dA + most;
        T* sums = dE + k * most;  // of dw1, db1, dW2, db2, a vector each
        const std::size_t n_sums = 2 * m + m * k + k;
        std::fill(sums, sums + n_sums * lanes<T>, T(0));
        const auto sum_at = [sums](std::size_t i) { return sums + i * lanes<T>; };
        for (std::size_t from = 0; from < n; from += most) {
            const std::size_t rows = std::min(most, n - from), whole = whole_vectors<T>(rows);
            const T* above = dY + from * own.step + j * (1 + k);
            abreast(own.input + from * own.step_in + j, own.step_in, rows, x);
            for (std::size_t o = 0; o < k; ++o) {
                abreast(above + 1 + o, own.step, rows, dE + o * most);
                Vector<T> sum = load(sum_at(2 * m + m * k + o));
                for (std::size_t i = 0; i < whole; i += lanes<T>) sum += load(dE + o * most + i);
                store(sum_at(2 * m + m * k + o), sum);
            }
            std::fill(dx, dx + whole, T(0));
            for (std::size_t f = 0; f < m; ++f) {
                const T omega = w1[f], shift = b1[f] * T(1 / two_pi);
                std::fill(dA, dA + whole, T(0));
                for (std::size_t i = 0; i < whole; i += lanes<T>) {
                    const auto [cosine, sine] = circle_of_turns<T>(load(x + i) * omega + shift);
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
                    const Vector<T> d =
                        load(dA + i) *
                        load(S + i);  // by the phase: -sin times what came through W2
                    phase += d;
                    frequency += d * load(x + i);
                    if (dX) store(dx + i, load(dx + i) + d * omega);
                }
                store(sum_at(f), frequency);
                store(sum_at(m + f), phase);
            }
            if (dX)
                for (std::size_t i = 0; i < rows; ++i)
                    dX[(from + i) * own.step_in + j] = above[i * own.step] + T(two_pi) * dx[i];
        }
        T* gradient = w.tensors.gradient;
        const auto total = [&](std::size_t i) { return sum_of<T>(load(sum_at(i))); };
        for (std::size_t f = 0; f < m; ++f) gradient[w1_ + j * m + f] = T(two_pi) * total(f);
        for (std::size_t f = 0; f < m; ++f) gradient[b1_ + j * m + f] = total(m + f);
        for (std::size_t i = 0; i < m * k; ++i) gradient[W2_ + j * m * k + i] = total(2 * m + i);
        for (std::size_t o = 0; o < k; ++o) gradient[b2_ + j * k + o] = total(2 * m + m * k + o);
    }

    const std::size_t n_frequencies_, w1_, b1_, W2_, b2_;
};

}  // namespace glassnet
