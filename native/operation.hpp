// What an operation is: one step of a network, with its settings, where its tensors begin, and what
// it does forward and backward. Each kind is a class of its own, with a row in layers.hpp.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "partition.hpp"
#include "specification.hpp"
#include "team.hpp"

namespace glassnet {

template <class T>
struct Tensors {
    T* theta;
    T* gradient;
    T* statistics;
};

struct Run {
    std::uint64_t seed = 0, step = 0;
    double dropout = 1;  // factor of every dropout rate
};

// Where an operation reads and writes, and what it keeps of its forward pass for its backward pass.
// All of them are signals: rows of whole vectors.
template <class T>
struct LayerBuffers {
    const T* input = nullptr;
    const T* output = nullptr;
    const T* kept = nullptr;            // what backward needs beside the input
    std::size_t step_in = 0, step = 0;  // from row to row
    Buffer<T> main, extra, small;
};

// What the operations of one pass share; `layers` has the buffers of each.
template <class T>
struct Workspace {
    Tensors<T> tensors;
    bool training;
    Run run = {};
    std::vector<bool> needs_input_grad = {};
    std::vector<LayerBuffers<T>> layers = {};
};

// What is called with each block of a signal that is complete.
using Done = std::function<void(const Block&)>;

// The gradients by the output and by the input of an operation, of which the second may not be
// needed. `done` is called with each block of the second. The
// buffers grow, so their memory is looked up when a phase runs.
template <class T>
struct Gradients {
    const Buffer<T>* output;
    const Buffer<T>* input;
    bool needs_input_grad;
    Done done;

    const T* dY() const { return output->data(); }
    T* dX() const { return input->data(); }
};

template <class T>
class Operation {
  public:
    explicit Operation(const Specification& spec)
        : n_in(spec.n_in), n_out(spec.n_out), index(spec.index), begin(spec.index) {}
    virtual ~Operation() = default;

    const std::size_t n_in, n_out, index;
    std::size_t
        begin;  // of the end of a residual block or a member: where the block or the members begin
    bool restarts = false;  // its output is the signal at `begin`, for the next member

    virtual bool has_parameters() const { return false; }
    // Whether forward needs the whole signal or whole rows, and is a phase of its own. Otherwise it
    // works on each number alone, and follows at once on each block that is complete.
    virtual bool waits() const { return has_parameters(); }
    // The same of backward.
    virtual bool waits_backward() const { return has_parameters(); }

    // Make room for n rows, and say where the output is.
    virtual void resize(Workspace<T>&, LayerBuffers<T>& own, std::size_t n) const {
        own.output = own.main.resize(n * own.step);
    }

    // Random numbers that depend on no signal are drawn before all else.
    virtual bool draws(const Workspace<T>&) const { return false; }
    virtual void draw(Workspace<T>&, LayerBuffers<T>&, const Block&) const {}

    // A block of the output, of an operation that does not wait; or the phase of one that does.
    virtual void forward(Workspace<T>&, LayerBuffers<T>&, const Block&) const {}
    virtual Phase forward_phase(Workspace<T>&, LayerBuffers<T>&, std::size_t, const Done&) const {
        return {};
    }

    // The gradient by the output becomes that by the input, in place and number by number. An
    // operation that waits does so for what follows its main work, such as an activation.
    virtual void backward(Workspace<T>&, LayerBuffers<T>&, T*, const Block&) const {}
    virtual void backward_phases(Workspace<T>&, LayerBuffers<T>&, std::size_t, const Gradients<T>&,
                                 std::vector<Phase>&) const {}
};

// The end of a block or of members, which keeps the gradient by its output in `extra` for the
// begin.
template <class T>
class SpanEnd : public Operation<T> {
  public:
    SpanEnd(Specification& spec, const char* kind)
        : Operation<T>(spec), span_(spec.end_span(kind, true)) {
        spec.keep_width();
        this->begin = span_->begin;
    }

    void resize(Workspace<T>& w, LayerBuffers<T>& own, std::size_t n) const override {
        Operation<T>::resize(w, own, n);
        if (w.training) own.extra.resize(n * own.step);
    }

    void backward(Workspace<T>&, LayerBuffers<T>& own, T* dY, const Block& block) const override {
        copy(dY, own.extra.data(), own.step, block);
    }

  protected:
    const std::shared_ptr<const Span> span_;
};

// A phase that computes each block of a grid and hands it on.
template <class F>
Phase phase_of(const Grid& grid, const Done& done, F compute) {
    return {grid.size(), [=](std::size_t piece) {
                compute(grid.block(piece));
                done(grid.block(piece));
            }};
}

// A phase with the pieces of two grids, those of the first before those of the second.
template <class F, class G>
Phase phase_of_both(const Grid& first, F compute_first, const Grid& second, G compute_second) {
    return {first.size() + second.size(), [=](std::size_t piece) {
                if (piece < first.size()) return compute_first(first.block(piece));
                compute_second(second.block(piece - first.size()));
            }};
}

template <class T>
using Operations = std::vector<std::shared_ptr<const Operation<T>>>;

}  // namespace glassnet
