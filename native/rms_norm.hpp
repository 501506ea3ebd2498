// Normalization by the root mean square, as in glassnet/layers/rms_norm.py: forward and backward on
// blocks of rows, the gradient of gamma on blocks of columns, so that no sum is ever split.
#pragma once

#include "operation.hpp"

namespace glassnet {

template <class T>
class RMSNorm final : public Operation<T> {
  public:
    explicit RMSNorm(Specification& spec)
        : Operation<T>(spec), gamma_(spec.parameters({spec.n_out})), eps_(spec.value("eps")) {
        spec.keep_width();
    }

    bool has_parameters() const override { return true; }

    // N in `kept`, 1 / rms of each row in `small`.
    void resize(Workspace<T>& w, LayerBuffers<T>& own, std::size_t n) const override {
        Operation<T>::resize(w, own, n);
        own.kept = own.extra.resize(n * own.step);
        own.small.resize(n);
    }

    // N = X / rms over the units, Y = gamma N.
    void forward_block(Workspace<T>& w, LayerBuffers<T>& own, std::size_t, const Block& block,
                       std::size_t, const Done& done) const override {
        const std::size_t k = this->n_out;
        const T* gamma = w.tensors.theta + gamma_;
        for (std::size_t i = block.top; i < block.bottom; ++i) {
            const T* X = own.input + i * own.step_in;
            T *N = own.extra.data() + i * own.step, *Y = own.main.data() + i * own.step;
            T squares = 0;
            for (std::size_t j = 0; j < k; ++j) squares += X[j] * X[j];
            const T inverse = 1 / std::sqrt(squares / static_cast<T>(k) + static_cast<T>(eps_));
            own.small.data()[i] = inverse;
            GLASSNET_INDEPENDENT
            for (std::size_t j = 0; j < k; ++j) {
                N[j] = X[j] * inverse;
                Y[j] = N[j] * gamma[j];
            }
        }
        done(block);
    }

    // dgamma = sum dY N, of a block of columns.
    Grid parameter_grid(std::size_t n) const override { return column_grid<T>(n, this->n_out); }
    void parameter_gradient(Workspace<T>& w, LayerBuffers<T>& own, std::size_t n,
                            const Gradients<T>& g, const Block& block, std::size_t) const override {
        const T* dY = g.dY();
        T* dgamma = w.tensors.gradient + gamma_;
        std::fill(dgamma + block.left, dgamma + block.right, T(0));
        for (std::size_t i = 0; i < n; ++i) {
            GLASSNET_INDEPENDENT
            for (std::size_t j = block.left; j < block.right; ++j)
                dgamma[j] += dY[i * own.step + j] * own.kept[i * own.step + j];
        }
    }

    // dX = (dN - N mean(dN N)) / rms over the units, dN = dY gamma.
    void input_gradient(Workspace<T>& w, LayerBuffers<T>& own, std::size_t, const Gradients<T>& g,
                        const Block& block) const override {
        const std::size_t k = this->n_out;
        const T* gamma = w.tensors.theta + gamma_;
        for (std::size_t i = block.top; i < block.bottom; ++i) {
            const T *N = own.kept + i * own.step, *above = g.dY() + i * own.step;
            T* below = g.dX() + i * own.step;
            T dot = 0;
            for (std::size_t j = 0; j < k; ++j) dot += above[j] * gamma[j] * N[j];
            dot /= static_cast<T>(k);
            const T inverse = own.small.data()[i];
            GLASSNET_INDEPENDENT
            for (std::size_t j = 0; j < k; ++j)
                below[j] = inverse * (above[j] * gamma[j] - N[j] * dot);
        }
        g.done(block);
    }

  private:
    const std::size_t gamma_;
    const double eps_;
};

}  // namespace glassnet
