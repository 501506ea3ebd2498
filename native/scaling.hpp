// Layers that learn one number for each unit: a scale, and an activation with a learned mix, as in
// glassnet/layers/scale.py and activation.py. Forward works on each number alone, backward on
// blocks of columns with all their rows, so that no sum is ever split.
#pragma once

#include "elementwise.hpp"

namespace glassnet {

// Blocks of columns, each of which `block` goes back through.
template <class T, class F>
Phase by_columns(std::size_t n, std::size_t width, const Gradients<T>& g, F block) {
    const Grid grid = column_grid<T>(n, width);
    return {grid.size(), [grid, g, block](std::size_t piece) {
                block(grid.block(piece));
                if (g.needs_input_grad) g.done(grid.block(piece));
            }};
}

template <class T>
class Scale final : public Operation<T> {
  public:
    explicit Scale(Specification& spec) : Operation<T>(spec), s_(spec.parameters({spec.n_out})) {
        spec.keep_width();
    }

    bool has_parameters() const override { return true; }
    bool waits() const override { return false; }

    // Y = X s
    void forward(Workspace<T>& w, LayerBuffers<T>& own, const Block& block) const override {
        const T* s = w.tensors.theta + s_;
        T* Y = own.main.data();
        const std::size_t right = std::min(block.right, this->n_out);
        for (std::size_t i = block.top; i < block.bottom; ++i) {
            GLASSNET_INDEPENDENT
            for (std::size_t j = block.left; j < right; ++j)
                Y[i * own.step + j] = own.input[i * own.step + j] * s[j];
        }
    }

    // ds = sum dY X, dX = dY s
    void backward_phases(Workspace<T>& w, LayerBuffers<T>& own, std::size_t n,
                         const Gradients<T>& g, std::vector<Phase>& phases) const override {
        phases.push_back(by_columns(n, this->n_out, g, [this, &w, &own, n, g](const Block& block) {
            const T *s = w.tensors.theta + s_, *dY = g.dY();
            T *ds = w.tensors.gradient + s_, *dX = g.dX();
            std::fill(ds + block.left, ds + block.right, T(0));
            for (std::size_t i = 0; i < n; ++i) {
                GLASSNET_INDEPENDENT
                for (std::size_t j = block.left; j < block.right; ++j) {
                    const std::size_t at = i * own.step + j;
                    ds[j] += dY[at] * own.input[at];
                    dX[at] = dY[at] * s[j];
                }
            }
        }));
    }

  private:
    const std::size_t s_;
};

template <class T>
class MixedActivation final : public Operation<T> {
  public:
    explicit MixedActivation(Specification& spec)
        : Operation<T>(spec), a_(spec.parameters({spec.n_out})), f_(activation_of<T>(spec)) {
        spec.keep_width();
    }

    bool has_parameters() const override { return true; }
    bool waits() const override { return false; }

    void resize(Workspace<T>& w, LayerBuffers<T>& own, std::size_t n) const override {
        Operation<T>::resize(w, own, n);
        own.kept = own.extra.resize(n * own.step);
        if (f_.keeps_input) own.kept = own.input;
    }

    // A = Z + a (f(Z) - Z); f(Z) is kept in `extra`.
    void forward(Workspace<T>& w, LayerBuffers<T>& own, const Block& block) const override {
        const T* a = w.tensors.theta + a_;
        T *F = own.extra.data(), *A = own.main.data();
        const std::size_t right = std::min(block.right, this->n_out);
        f_.forward(own.input, F, own.step, block);
        for (std::size_t i = block.top; i < block.bottom; ++i) {
            GLASSNET_INDEPENDENT
            for (std::size_t j = block.left; j < right; ++j) {
                const std::size_t at = i * own.step + j;
                A[at] = own.input[at] + a[j] * (F[at] - own.input[at]);
            }
        }
    }

    void backward_phases(Workspace<T>& w, LayerBuffers<T>& own, std::size_t n,
                         const Gradients<T>& g, std::vector<Phase>& phases) const override {
        phases.push_back(by_columns(n, this->n_out, g, [this, &w, &own, n, g](const Block& block) {
            back(w, own, g.dY(), g.dX(), n, block);
        }));
    }

  private:
    // da = sum dA (f(Z) - Z), dZ = (1 - a) dA + a dA f'(Z), a few rows at a time, which stay in the
    // first cache.
    void back(Workspace<T>& w, LayerBuffers<T>& own, const T* dA, T* dZ, std::size_t n,
              const Block& block) const {
        constexpr std::size_t rows_at_once = 16;
        const T *a = w.tensors.theta + a_, *F = own.extra.data();
        T* da = w.tensors.gradient + a_;
        std::fill(da + block.left, da + block.right, T(0));
        for (std::size_t top = 0; top < n; top += rows_at_once) {
            const Block rows{top, std::min(top + rows_at_once, n), block.left, block.right};
            for (std::size_t i = rows.top; i < rows.bottom; ++i) {
                GLASSNET_INDEPENDENT
                for (std::size_t j = rows.left; j < rows.right; ++j) {
                    const std::size_t at = i * own.step + j;
                    da[j] += dA[at] * (F[at] - own.input[at]);
                    dZ[at] = a[j] * dA[at];
                }
            }
            f_.backward(own.kept, dZ, own.step, rows);
            for (std::size_t i = rows.top; i < rows.bottom; ++i) {
                GLASSNET_INDEPENDENT
                for (std::size_t j = rows.left; j < rows.right; ++j)
                    dZ[i * own.step + j] += (1 - a[j]) * dA[i * own.step + j];
            }
        }
    }

    const std::size_t a_;
    const Activation<T>& f_;
};

}  // namespace glassnet
