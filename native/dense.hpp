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
    std::size_t n_weights() const override { return this->n_in * this->n_out; }

    void resize(Workspace<T>& w, LayerBuffers<T>& own, std::size_t n) const override {
        own.kept = own.output = own.main.resize(n * own.step);
        if (f_.keeps_input) own.output = own.extra.resize(n * own.step);
        if (pads(w) || transposes(w))
            own.small.resize(this->n_in * own.step + this->n_out * own.step_in);
    }

    // Where every part of the rows needs them: W in rows of whole vectors, and W^T.
    Grid prepare_grid(const Workspace<T>& w, std::size_t) const override {
        return pads(w) || transposes(w) ? column_grid<T>(this->n_out, this->n_in) : Grid{};
    }
    void prepare(Workspace<T>& w, LayerBuffers<T>& own, const Block& block) const override {
        const T* W = w.tensors.theta + W_;
        for (std::size_t i = block.left; pads(w) && i < block.right; ++i)
            std::copy(W + i * this->n_out, W + (i + 1) * this->n_out,
                      own.small.data() + i * own.step);
        for (std::size_t left = block.left; transposes(w) && left < block.right;
             left += panel_width<T>) {
            const std::size_t width = std::min(panel_width<T>, block.right - left);
            pack<T>({W, this->n_out, true}, 0, this->n_out, left, width, whole_vectors<T>(width),
                    transposed(own) + left, own.step_in);
        }
    }

    // Z = X W + b, A = f(Z)
    Grid forward_grid(std::size_t n) const override {
        return product_grid<T>(n, this->n_out, this->n_in);
    }
    void forward_block(Workspace<T>& w, LayerBuffers<T>& own, std::size_t, const Block& block,
                       std::size_t, const Done& done) const override {
        const Right<T> W = pads(w) ? Right<T>{own.small.data(), own.step, false, true}
                                   : Right<T>{w.tensors.theta + W_, this->n_out, false};
        T* A = const_cast<T*>(own.output);
        product<T>({own.input, own.step_in, 1}, W, this->n_in, this->n_out, own.main.data(),
                   own.step, true, w.tensors.theta + b_, block, [&](const Block& complete) {
                       f_.forward(own.kept, A, own.step, complete);
                       done(complete);
                   });
    }

    // dZ = dA f'(Z)
    void backward(Workspace<T>&, LayerBuffers<T>& own, T* dA, const Block& block) const override {
        f_.backward(own.kept, dA, own.step, block);
    }

    // dX = dZ W^T
    Grid input_grid(std::size_t n) const override {
        return product_grid<T>(n, this->n_in, this->n_out);
    }
    void input_gradient(Workspace<T>& w, LayerBuffers<T>& own, std::size_t, const Gradients<T>& g,
                        const Block& block) const override {
        const Right<T> W = transposes(w) ? Right<T>{transposed(own), own.step_in, false, true}
                                         : Right<T>{w.tensors.theta + W_, this->n_out, true};
        product<T>({g.dY(), own.step, 1}, W, this->n_out, this->n_in, g.dX(), own.step_in, true,
                   nullptr, block, g.done);
    }

    // dW = X^T dZ, and that part of db = sum dZ which its columns hold, once.
    Grid parameter_grid(std::size_t n) const override {
        return product_grid<T>(this->n_in, this->n_out, n);
    }
    void parameter_gradient(Workspace<T>& w, LayerBuffers<T>& own, std::size_t n,
                            const Gradients<T>& g, const Block& block, std::size_t) const override {
        const T* dZ = g.dY();
        product<T>({own.input, 1, own.step_in}, {dZ, own.step, false, true}, n, this->n_out,
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

  private:
    bool pads(const Workspace<T>& w) const {
        return w.training && w.by_rows && this->n_out % lanes<T> != 0;
    }
    T* transposed(const LayerBuffers<T>& own) const {
        return own.small.data() + this->n_in * own.step;
    }
    bool transposes(const Workspace<T>& w) const {
        return w.training && w.by_rows && w.needs_input_grad[this->index];
    }

    const std::size_t W_, b_;
    const Activation<T>& f_;
};

}  // namespace glassnet
