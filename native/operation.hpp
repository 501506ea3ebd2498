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
    bool by_rows = false;  // whether a piece takes its rows through all operations
    Run run = {};
    std::vector<bool> needs_input_grad = {};
    std::vector<LayerBuffers<T>> layers = {};
};

// What is called with each block of a signal that is complete.
using Done = std::function<void(const Block&)>;

// The gradients by the output and by the input of an operation, of which the second may not be
// needed. `done` is called with each block of the second. The buffers grow, so their memory is
// looked up when a phase runs.
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
    // Of its matrix, which each row is multiplied by.
    virtual std::size_t n_weights() const { return 0; }
    // Whether forward needs the whole signal or whole rows, and is a phase of its own. Otherwise it
    // works on each number alone, and follows at once on each block that is complete.
    virtual bool waits() const { return has_parameters(); }
    // The same of backward.
    virtual bool waits_backward() const { return has_parameters(); }

    // Make room for n rows, and say where the output is.
    virtual void resize(Workspace<T>&, LayerBuffers<T>& own, std::size_t n) const {
        own.output = own.main.resize(n * own.step);
    }

    // Whether each row of the output depends on the same row of the input alone, and the gradients
    // by both likewise.
    virtual bool rows_are_independent(const Workspace<T>&) const { return true; }

    // What depends on no signal is prepared before all else: random numbers, copies of weights. The
    // blocks are those of n rows of the output.
    virtual Grid prepare_grid(const Workspace<T>&, std::size_t) const { return {}; }
    virtual void prepare(Workspace<T>&, LayerBuffers<T>&, const Block&) const {}

    // A block of the output, of an operation that does not wait.
    virtual void forward(Workspace<T>&, LayerBuffers<T>&, const Block&) const {}
    // One that waits computes the blocks of a grid, or of whole rows, and hands each to `done`.
    // `piece` numbers the blocks that are computed at the same time.
    virtual Grid forward_grid(std::size_t n) const { return row_grid(n, n_out); }
    virtual void forward_block(Workspace<T>&, LayerBuffers<T>&, std::size_t, const Block& block,
                               std::size_t, const Done& done) const {
        done(block);
    }

    // The gradient by the output becomes that by the input, in place and number by number. An
    // operation that waits does so for what follows its main work, such as an activation.
    virtual void backward(Workspace<T>&, LayerBuffers<T>&, T*, const Block&) const {}
    // Then the gradient by the input, by the blocks of a grid or of whole rows, and those of the
    // parameters, which sum over all n rows, by the blocks of another grid.
    virtual Grid input_grid(std::size_t n) const { return row_grid(n, n_in); }
    virtual void input_gradient(Workspace<T>&, LayerBuffers<T>&, std::size_t, const Gradients<T>&,
                                const Block&) const {}
    virtual Grid parameter_grid(std::size_t) const { return {}; }
    // Whether the gradient by the input follows when those of the parameters are done.
    virtual bool inputs_follow() const { return false; }
    virtual void parameter_gradient(Workspace<T>&, LayerBuffers<T>&, std::size_t,
                                    const Gradients<T>&, const Block&, std::size_t) const {}
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

template <class T>
using Operations = std::vector<std::shared_ptr<const Operation<T>>>;

}  // namespace glassnet
