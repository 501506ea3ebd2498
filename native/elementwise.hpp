// Layers that work on each number alone: an activation, dropout, and the two ends of a residual
// block, as in glassnet/layers/elementwise.py and containers.py.
#pragma once

#include <cmath>

#include "dense.hpp"
#include "rng.hpp"

namespace glassnet {

template <class T>
class ActivationLayer final : public Operation<T> {
  public:
    explicit ActivationLayer(Specification& spec) : Operation<T>(spec), f_(activation_of<T>(spec)) {
        spec.keep_width();
    }

    void resize(Workspace<T>& w, LayerBuffers<T>& own, std::size_t n) const override {
        Operation<T>::resize(w, own, n);
        own.kept = f_.keeps_input ? own.input : own.output;
    }

    void forward(Workspace<T>&, LayerBuffers<T>& own, const Block& block) const override {
        f_.forward(own.input, own.main.data(), own.step, block);
    }

    void backward(Workspace<T>&, LayerBuffers<T>& own, T* dA, const Block& block) const override {
        f_.backward(own.kept, dA, own.step, block);
    }

  private:
    const Activation<T>& f_;
};

template <class T>
class Dropout final : public Operation<T> {
  public:
    explicit Dropout(Specification& spec)
        : Operation<T>(spec), rate_(spec.value("rate")), stream_(spec.number) {
        spec.keep_width();
    }

    bool draws(const Workspace<T>& w) const override { return w.training && rate_ != 0; }

    void resize(Workspace<T>& w, LayerBuffers<T>& own, std::size_t n) const override {
        own.output = own.input;
        if (!draws(w)) return;
        own.output = own.main.resize(n * own.step);
        own.extra.resize(n * own.step);
    }

    // The mask, 0 or 1 / (1 - rate): that of a unit depends on its place in the batch alone.
    void draw(Workspace<T>& w, LayerBuffers<T>& own, const Block& rows) const override {
        // Rounded before it is subtracted, as in the reference engine: one fused instruction for
        // both could move the threshold.
        const volatile double rate = rate_ * w.run.dropout;
        const double keep = 1.0 - rate;
        const auto threshold = static_cast<std::uint64_t>(std::nearbyint(keep * 4294967296.0));
        for (std::size_t i = rows.top; i < rows.bottom; ++i)
            dropout_mask(own.extra.data() + i * own.step, i * this->n_out, this->n_out, w.run.seed,
                         stream_, w.run.step, threshold, static_cast<T>(1.0 / keep));
    }

    void forward(Workspace<T>& w, LayerBuffers<T>& own, const Block& block) const override {
        if (draws(w)) multiply(own.input, own.extra.data(), own.main.data(), own.step, block);
    }

    void backward(Workspace<T>& w, LayerBuffers<T>& own, T* dY, const Block& block) const override {
        if (draws(w)) multiply(dY, own.extra.data(), dY, own.step, block);
    }

  private:
    const double rate_;
    const std::uint64_t stream_;
};

template <class T>
class ResidualBegin final : public Operation<T> {
  public:
    explicit ResidualBegin(Specification& spec)
        : Operation<T>(spec), span_(spec.open_span("residual")) {}

    void resize(Workspace<T>&, LayerBuffers<T>& own, std::size_t) const override {
        own.output = own.input;
    }

    void backward(Workspace<T>& w, LayerBuffers<T>& own, T* dY, const Block& block) const override {
        add(w.layers[span_->ends[0]].extra.data(), dY, dY, own.step, block);
    }

  private:
    const std::shared_ptr<const Span> span_;
};

// Y = X + F(X); the gradient by Y is kept for the begin.
template <class T>
class ResidualEnd final : public SpanEnd<T> {
  public:
    explicit ResidualEnd(Specification& spec) : SpanEnd<T>(spec, "residual") {
        spec.check(this->span_->n_in == spec.n_out, "another width than where the block began");
    }

    void forward(Workspace<T>& w, LayerBuffers<T>& own, const Block& block) const override {
        add(w.layers[this->begin].input, own.input, own.main.data(), own.step, block);
    }
};

}  // namespace glassnet
