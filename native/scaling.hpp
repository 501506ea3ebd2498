// Layers that learn one number for each unit: a scale, and an activation with a learned mix, as in
// glassnet/layers/elementwise.py. Forward works on each number alone, backward on
// blocks of columns with all their rows, so that no sum is ever split.
#pragma once

#include "elementwise.hpp"

namespace glassnet {

template <class T>
class UnitOperation : public Operation<T> {
  public:
    explicit UnitOperation(Specification& spec)
        : Operation<T>(spec), p_(spec.parameters({spec.n_out})) {
        spec.keep_width();
    }

    bool has_parameters() const override { return true; }
    bool waits() const override { return false; }

    void backward_phases(Workspace<T>& w, LayerBuffers<T>& own, std::size_t n,
                         const Gradients<T>& g, std::vector<Phase>& phases) const override {
        phases.push_back(phase_of(
            column_grid<T>(n, this->n_out), g.done, [this, &w, &own, g](const Block& block) {
                T* dp = w.tensors.gradient + p_;
                std::fill(dp + block.left, dp + block.right, T(0));
                backward_columns(own, w.tensors.theta + p_, dp, g.dY(), g.dX(), block);
            }));
    }

  protected:
    // Of a block of columns with all their rows: add to dp, which is zero, and write dX.
    virtual void backward_columns(LayerBuffers<T>& own, const T* p, T* dp, const T* dY, T* dX,
                                  const Block& block) const = 0;

    // A block without the padding after the last unit.
    Block units_of(const Block& block) const {
        return {block.top, block.bottom, block.left, std::min(block.right, this->n_out)};
    }

    const std::size_t p_;
};

template <class T>
class Scale final : public UnitOperation<T> {
  public:
    using UnitOperation<T>::UnitOperation;

    // Y = X s
    void forward(Workspace<T>& w, LayerBuffers<T>& own, const Block& block) const override {
        const T *s = w.tensors.theta + this->p_, *X = own.input;
        T* Y = own.main.data();
        for_each_number(this->units_of(block), own.step,
                        [=](std::size_t at, std::size_t j) { Y[at] = X[at] * s[j]; });
    }

  private:
    // ds = sum dY X, dX = dY s
    void backward_columns(LayerBuffers<T>& own, const T* s, T* ds, const T* dY, T* dX,
                          const Block& block) const override {
        const T* X = own.input;
        for_each_number(block, own.step, [=](std::size_t at, std::size_t j) {
            ds[j] += dY[at] * X[at];
            dX[at] = dY[at] * s[j];
        });
    }
};

template <class T>
class MixedActivation final : public UnitOperation<T> {
  public:
    explicit MixedActivation(Specification& spec)
        : UnitOperation<T>(spec), f_(activation_of<T>(spec)) {}

    void resize(Workspace<T>& w, LayerBuffers<T>& own, std::size_t n) const override {
        Operation<T>::resize(w, own, n);
        own.kept = own.extra.resize(n * own.step);
        if (f_.keeps_input) own.kept = own.input;
    }

    // A = Z + a (f(Z) - Z); f(Z) is kept in `extra`.
    void forward(Workspace<T>& w, LayerBuffers<T>& own, const Block& block) const override {
        const T *a = w.tensors.theta + this->p_, *Z = own.input;
        T *F = own.extra.data(), *A = own.main.data();
        f_.forward(Z, F, own.step, block);
        for_each_number(this->units_of(block), own.step, [=](std::size_t at, std::size_t j) {
            A[at] = Z[at] + a[j] * (F[at] - Z[at]);
        });
    }

  private:
    // da = sum dA (f(Z) - Z), dZ = (1 - a) dA + a dA f'(Z), a few rows at a time, which stay in the
    // first cache.
    void backward_columns(LayerBuffers<T>& own, const T* a, T* da, const T* dA, T* dZ,
                          const Block& block) const override {
        constexpr std::size_t rows_at_once = 16;
        const T *F = own.extra.data(), *Z = own.input;
        for (std::size_t top = 0; top < block.bottom; top += rows_at_once) {
            const Block rows{top, std::min(top + rows_at_once, block.bottom), block.left,
                             block.right};
            for_each_number(rows, own.step, [=](std::size_t at, std::size_t j) {
                da[j] += dA[at] * (F[at] - Z[at]);
                dZ[at] = a[j] * dA[at];
            });
            f_.backward(own.kept, dZ, own.step, rows);
            for_each_number(rows, own.step,
                            [=](std::size_t at, std::size_t j) { dZ[at] += (1 - a[j]) * dA[at]; });
        }
    }

    const Activation<T>& f_;
};

}  // namespace glassnet
