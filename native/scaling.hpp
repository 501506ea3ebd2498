// Layers that learn one number for each unit: a scale, and an activation with a learned mix, as in
// glassnet/layers/scale.py and activation.py. Forward works on each number alone, backward on
// blocks of columns with all their rows, so that no sum is ever split.
#pragma once

#include "elementwise.hpp"

namespace glassnet {

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
        const T *s = w.tensors.theta + s_, *X = own.input;
        T* Y = own.main.data();
        for_each_number(this->units_of(block), own.step,
                        [=](std::size_t at, std::size_t j) { Y[at] = X[at] * s[j]; });
    }

    // ds = sum dY X, dX = dY s
    void backward_phases(Workspace<T>& w, LayerBuffers<T>& own, std::size_t n,
                         const Gradients<T>& g, std::vector<Phase>& phases) const override {
        phases.push_back(phase_of(
            column_grid<T>(n, this->n_out), g.done, [this, &w, &own, g](const Block& block) {
                const T *s = w.tensors.theta + s_, *X = own.input, *dY = g.dY();
                T *ds = w.tensors.gradient + s_, *dX = g.dX();
                std::fill(ds + block.left, ds + block.right, T(0));
                for_each_number(block, own.step, [=](std::size_t at, std::size_t j) {
                    ds[j] += dY[at] * X[at];
                    dX[at] = dY[at] * s[j];
                });
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
        const T *a = w.tensors.theta + a_, *Z = own.input;
        T *F = own.extra.data(), *A = own.main.data();
        f_.forward(Z, F, own.step, block);
        for_each_number(this->units_of(block), own.step, [=](std::size_t at, std::size_t j) {
            A[at] = Z[at] + a[j] * (F[at] - Z[at]);
        });
    }

    void backward_phases(Workspace<T>& w, LayerBuffers<T>& own, std::size_t n,
                         const Gradients<T>& g, std::vector<Phase>& phases) const override {
        phases.push_back(phase_of(column_grid<T>(n, this->n_out), g.done,
                                  [this, &w, &own, n, g](const Block& block) {
                                      back(w, own, g.dY(), g.dX(), n, block);
                                  }));
    }

  private:
    // da = sum dA (f(Z) - Z), dZ = (1 - a) dA + a dA f'(Z), a few rows at a time, which stay in the
    // first cache.
    void back(Workspace<T>& w, LayerBuffers<T>& own, const T* dA, T* dZ, std::size_t n,
              const Block& block) const {
        constexpr std::size_t rows_at_once = 16;
        const T *a = w.tensors.theta + a_, *F = own.extra.data(), *Z = own.input;
        T* da = w.tensors.gradient + a_;
        std::fill(da + block.left, da + block.right, T(0));
        for (std::size_t top = 0; top < n; top += rows_at_once) {
            const Block rows{top, std::min(top + rows_at_once, n), block.left, block.right};
            for_each_number(rows, own.step, [=](std::size_t at, std::size_t j) {
                da[j] += dA[at] * (F[at] - Z[at]);
                dZ[at] = a[j] * dA[at];
            });
            f_.backward(own.kept, dZ, own.step, rows);
            for_each_number(rows, own.step,
                            [=](std::size_t at, std::size_t j) { dZ[at] += (1 - a[j]) * dA[at]; });
        }
    }

    const std::size_t a_;
    const Activation<T>& f_;
};

}  // namespace glassnet
