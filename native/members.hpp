// Members side by side, as in glassnet/layers/containers.py: all take the signal at the begin, and
// the end of the last one is their mean.
#pragma once

#include "operation.hpp"

namespace glassnet {

template <class T>
class MembersBegin final : public Operation<T> {
  public:
    explicit MembersBegin(Specification& spec)
        : Operation<T>(spec), span_(spec.open_span("members")) {}

    void resize(Workspace<T>& w, LayerBuffers<T>& own, std::size_t n) const override {
        own.output = own.input;
        if (w.training) own.extra.resize(n * own.step);
    }

    // dX = the sum over the members; those before the last one are added up in `extra`.
    void backward(Workspace<T>& w, LayerBuffers<T>& own, T* dY, const Block& block) const override {
        if (w.needs_input_grad[this->index] && span_->ends.size() > 1)
            add(own.extra.data(), dY, dY, own.step, block);
    }

  private:
    const std::shared_ptr<const Span> span_;
};

// The end of a member that is not the last one.
template <class T>
class MemberEnd final : public Operation<T> {
  public:
    explicit MemberEnd(Specification& spec)
        : Operation<T>(spec), span_(spec.end_span("members", false)) {
        spec.check(spec.n_out == span_->n_in, "another signal for the next member");
        this->begin = span_->begin;
        this->restarts = true;
    }

    bool waits() const override { return true; }
    bool waits_backward() const override { return true; }

    void resize(Workspace<T>& w, LayerBuffers<T>& own, std::size_t) const override {
        own.output = w.layers[this->begin].input;
    }

    Phase forward_phase(Workspace<T>&, LayerBuffers<T>&, std::size_t n,
                        const Done& done) const override {
        return phase_of(row_grid(n, this->n_out), done, [](const Block&) {});
    }

    // The gradient of the next member, added up for the begin: the last member comes first.
    void backward(Workspace<T>& w, LayerBuffers<T>&, T* dX, const Block& block) const override {
        if (!w.needs_input_grad[this->index]) return;
        LayerBuffers<T>& sum = w.layers[this->begin];
        if (this->index == span_->ends[span_->ends.size() - 2])
            copy(dX, sum.extra.data(), sum.step, block);
        else
            add(sum.extra.data(), dX, sum.extra.data(), sum.step, block);
    }

    void backward_phases(Workspace<T>& w, LayerBuffers<T>&, std::size_t n, const Gradients<T>& g,
                         std::vector<Phase>& phases) const override {
        const LayerBuffers<T>& last = w.layers[span_->ends.back()];
        const Grid rows = row_grid(n, whole_vectors<T>(this->n_in));
        phases.push_back(phase_of(rows, g.done, [g, &last](const Block& block) {
            copy(last.extra.data(), g.dX(), last.step, block);
        }));
    }

  private:
    const std::shared_ptr<const Span> span_;
};

// Y = (Y_1 + ... + Y_M) / M, and dY becomes dY / M, which is kept for the members before the last.
template <class T>
class MembersEnd final : public SpanEnd<T> {
  public:
    explicit MembersEnd(Specification& spec) : SpanEnd<T>(spec, "members") {}

    void forward(Workspace<T>& w, LayerBuffers<T>& own, const Block& block) const override {
        const std::vector<std::size_t>& ends = this->span_->ends;
        const T* sum = w.layers[ends[0]].input;
        for (std::size_t m = 1; m < ends.size(); ++m) {
            add(sum, w.layers[ends[m]].input, own.main.data(), own.step, block);
            sum = own.main.data();
        }
        divide(sum, own.main.data(), own.step, block);
    }

    void backward(Workspace<T>& w, LayerBuffers<T>& own, T* dY, const Block& block) const override {
        divide(dY, dY, own.step, block);
        SpanEnd<T>::backward(w, own, dY, block);
    }

  private:
    // C = A / M; C may be A.
    void divide(const T* A, T* C, std::size_t step, const Block& block) const {
        const T M = static_cast<T>(this->span_->ends.size());
        for_each_number(block, step, [=](std::size_t at, std::size_t) { C[at] = A[at] / M; });
    }
};

}  // namespace glassnet
