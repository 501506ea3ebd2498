// Normalization by the root mean square, as in glassnet/layers/normalization.py: forward and
// backward on blocks of rows, the gradient of gamma on blocks of columns, so that no sum is ever
// split.
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

    Phase forward_phase(Workspace<T>& w, LayerBuffers<T>& own, std::size_t n,
                        const Done& done) const override {
        const Grid grid = row_grid(n, this->n_out);
        return {grid.size(), [=, &w, &own](std::size_t piece) {
                    normalize(w, own, grid.block(piece));
                    done(grid.block(piece));
                }};
    }

    void backward_phases(Workspace<T>& w, LayerBuffers<T>& own, std::size_t n,
                         const Gradients<T>& g, std::vector<Phase>& phases) const override {
        const Grid rows = row_grid(n, this->n_out), sums = column_grid<T>(n, this->n_out);
        phases.push_back({rows.size() + sums.size(), [=, &w, &own](std::size_t piece) {
                              if (piece >= rows.size())
                                  return backward_gamma(w, own, g.dY(), n,
                                                        sums.block(piece - rows.size()));
                              back(w, own, g.dY(), g.dX(), rows.block(piece));
                              if (g.needs_input_grad) g.done(rows.block(piece));
                          }});
    }

  private:
    // N = X / rms over the units, Y = gamma N.
    void normalize(Workspace<T>& w, LayerBuffers<T>& own, const Block& block) const {
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
    }

    // dgamma = sum dY N, of a block of columns.
    void backward_gamma(Workspace<T>& w, LayerBuffers<T>& own, const T* dY, std::size_t n,
                        const Block& block) const {
        T* dgamma = w.tensors.gradient + gamma_;
        std::fill(dgamma + block.left, dgamma + block.right, T(0));
        for (std::size_t i = 0; i < n; ++i) {
            GLASSNET_INDEPENDENT
            for (std::size_t j = block.left; j < block.right; ++j)
                dgamma[j] += dY[i * own.step + j] * own.kept[i * own.step + j];
        }
    }

    // dX = (dN - N mean(dN N)) / rms over the units, dN = dY gamma.
    void back(Workspace<T>& w, LayerBuffers<T>& own, const T* dY, T* dX, const Block& block) const {
        const std::size_t k = this->n_out;
        const T* gamma = w.tensors.theta + gamma_;
        for (std::size_t i = block.top; i < block.bottom; ++i) {
            const T *N = own.kept + i * own.step, *above = dY + i * own.step;
            T* below = dX + i * own.step;
            T dot = 0;
            for (std::size_t j = 0; j < k; ++j) dot += above[j] * gamma[j] * N[j];
            dot /= static_cast<T>(k);
            const T inverse = own.small.data()[i];
            GLASSNET_INDEPENDENT
            for (std::size_t j = 0; j < k; ++j)
                below[j] = inverse * (above[j] * gamma[j] - N[j] * dot);
        }
    }

    const std::size_t gamma_;
    const double eps_;
};

}  // namespace glassnet
