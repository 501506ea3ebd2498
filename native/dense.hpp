// The dense layer, as in glassnet/layers/dense.py: a product, and its activation on each block that
// the product completes.
#pragma once

#include "activations.hpp"
#include "operation.hpp"

namespace glassnet {

template <class T>
const Activation<T>& activation_of(Specification& spec) {
    return row_named(activations<T>, spec.name("activation"), "activation",
                     "native/activations.hpp");
}

template <class T>
class Dense final : public Operation<T> {
  public:
    explicit Dense(Specification& spec)
        : Operation<T>(spec),
          W_(spec.parameters({spec.n_in, spec.n_out})),
          b_(spec.parameters({spec.n_out})),
          f_(activation_of<T>(spec)) {
        spec.check(spec.count("n_out") == spec.n_out, "another number of units than outputs");
    }

    bool has_parameters() const override { return true; }

    void resize(Workspace<T>&, LayerBuffers<T>& own, std::size_t n) const override {
        own.kept = own.output = own.main.resize(n * own.step);
        if (f_.keeps_input) own.output = own.extra.resize(n * own.step);
    }

    // Z = X W + b, A = f(Z)
    Phase forward_phase(Workspace<T>& w, LayerBuffers<T>& own, std::size_t n,
                        const Done& done) const override {
        const Grid grid = product_grid<T>(n, this->n_out, this->n_in);
        return {grid.size(), [this, &w, &own, grid, done](std::size_t piece) {
                    const Right<T> W{w.tensors.theta + W_, this->n_out, false};
                    T* A = const_cast<T*>(own.output);
                    product<T>({own.input, own.step_in, 1}, W, this->n_in, this->n_out,
                               own.main.data(), own.step, true, w.tensors.theta + b_,
                               grid.block(piece), [&](const Block& block) {
                                   f_.forward(own.kept, A, own.step, block);
                                   done(block);
                               });
                }};
    }

    // dZ = dA f'(Z)
    void backward(Workspace<T>&, LayerBuffers<T>& own, T* dA, const Block& block) const override {
        f_.backward(own.kept, dA, own.step, block);
    }

    // dX = dZ W^T, dW = X^T dZ, db = sum dZ
    void backward_phases(Workspace<T>& w, LayerBuffers<T>& own, std::size_t n,
                         const Gradients<T>& g, std::vector<Phase>& phases) const override {
        const Grid weights = product_grid<T>(this->n_in, this->n_out, n);
        const Grid inputs =
            g.needs_input_grad ? product_grid<T>(n, this->n_in, this->n_out) : Grid{};
        phases.push_back(phase_of_both(
            inputs,
            [=, &w, &own](const Block& block) {
                const Right<T> W{w.tensors.theta + W_, this->n_out, true};
                product<T>({g.dY(), own.step, 1}, W, this->n_out, this->n_in, g.dX(), own.step_in,
                           true, nullptr, block, [&](const Block& part) { g.done(part); });
            },
            weights,
            [=, &w, &own](const Block& block) { backward_parameters(w, own, g.dY(), n, block); }));
    }

  private:
    // A block of dW, and that part of db which its columns hold, once.
    void backward_parameters(Workspace<T>& w, LayerBuffers<T>& own, const T* dZ, std::size_t n,
                             const Block& block) const {
        product<T>({own.input, 1, own.step_in}, {dZ, own.step, false}, n, this->n_out,
                   w.tensors.gradient + W_, this->n_out, false, nullptr, block,
                   [](const Block&) {});
        if (block.top > 0) return;
        for (std::size_t left = block.left; left < block.right; left += lanes<T>) {
            Vector<T> sums{};
            for (std::size_t i = 0; i < n; ++i) sums += load(dZ + i * own.step + left);
            for (std::size_t j = left; j < std::min(left + lanes<T>, block.right); ++j)
                w.tensors.gradient[b_ + j] = sums[j - left];
        }
    }

    const std::size_t W_, b_;
    const Activation<T>& f_;
};

}  // namespace glassnet
