// One pass through a network: its operations as phases of pieces, forward and backward, planned for
// a number of rows.
#pragma once

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include "layers.hpp"

namespace glassnet {

// A phase is made of an operation that needs whole rows or the whole signal: products,
// normalizations, embeddings. What works on each number alone (activations, scales, dropout, the
// sum of a residual block, the mean of members) follows at once on every block that such an
// operation completes. Backward the same, where the operations with parameters sum over all rows.
template <class T>
class Pass {
  public:
    Pass(const Operations<T>& operations, const Tensors<T>& tensors, bool training)
        : operations_(operations), w_{tensors, training} {
        w_.layers.resize(operations_.size());
        while (first_ < operations_.size() && !operations_[first_]->has_parameters()) ++first_;
        bool needed = false;  // where the signal before an operation has met parameters
        for (const auto& op : operations_) {
            if (op->begin != op->index) needed = w_.needs_input_grad[op->begin];
            for (std::size_t j = op->restarts ? op->index : op->begin; j < op->index; ++j)
                needed = needed || operations_[j]->has_parameters();
            w_.needs_input_grad.push_back(needed);
            needed = needed || op->has_parameters();
        }
    }

    Pass(const Pass&) = delete;

    // Make room and plan the phases for n rows; the plans for two numbers of rows (full batches and
    // the last one) are kept.
    void prepare(std::size_t n) {
        if (n > capacity_) grow(n);
        if (plan().n != n) current_ = 1 - current_;
        if (plan().n != n) plan() = {n, plan_forward(n), plan_backward(n)};
    }

    void set_run(const Run& run) { w_.run = run; }

    const std::vector<Phase>& forward() { return plan().forward; }
    const std::vector<Phase>& backward() { return plan().backward; }

    // Room for X, rows input_step() apart, to be filled before the forward phases.
    T* input() { return X_.data(); }
    std::size_t input_step() const { return stride<T>(operations_.front()->n_in); }

    // Raw scores, after the forward phases, and room for their gradient, rows step() apart.
    const T* scores() const { return w_.layers.back().output; }
    T* scores_gradient() { return gradients_[0].data(); }
    std::size_t step() const { return w_.layers.back().step; }

    // To be called on each block of rows whose gradient by the raw scores is written.
    void backward_from_scores(std::size_t from, std::size_t to) {
        backward_through(operations_.size() - 1, gradients_[0].data(),
                         {from, to, 0, operations_.back()->n_out});
    }

  private:
    static constexpr std::size_t unplanned = std::numeric_limits<std::size_t>::max();

    struct Plan {
        std::size_t n = unplanned;
        std::vector<Phase> forward = {}, backward = {};
    };

    Plan& plan() { return plans_[current_]; }

    // Where memory runs out on the way, signals point to memory that is gone: the next pass makes
    // all of it again.
    void grow(std::size_t n) {
        capacity_ = 0;
        const T* signal = X_.resize(n * input_step());
        std::size_t widest = input_step();
        for (const auto& op : operations_) {
            LayerBuffers<T>& own = w_.layers[op->index];
            own.input = signal;
            own.step_in = stride<T>(op->n_in);
            own.step = stride<T>(op->n_out);
            widest = std::max(widest, own.step);
            op->resize(w_, own, n);
            signal = own.output;
        }
        for (std::size_t i = 0; w_.training && i < 2; ++i) gradients_[i].resize(n * widest);
        capacity_ = n;
    }

    std::vector<Phase> plan_forward(std::size_t n) {
        std::vector<Phase> phases;
        plan_draws(n, phases);
        if (!operations_[0]->waits()) {
            const Grid grid = row_grid(n, operations_[0]->n_out);
            phases.push_back({grid.size(), [this, grid](std::size_t piece) {
                                  forward_from(0, grid.block(piece));
                              }});
        }
        for (const auto& op : operations_) {
            const std::size_t next = op->index + 1;
            const bool idle = op->restarts && operations_[next]->waits();  // nothing to compute
            if (op->waits() && !idle)
                phases.push_back(op->forward_phase(
                    w_, w_.layers[op->index], n,
                    [this, next](const Block& block) { forward_from(next, block); }));
        }
        return phases;
    }

    void plan_draws(std::size_t n, std::vector<Phase>& phases) {
        std::vector<std::pair<const Operation<T>*, Block>> pieces;
        for (const auto& op : operations_) {
            const Grid grid = row_grid(n, op->n_out);
            for (std::size_t piece = 0; op->draws(w_) && piece < grid.size(); ++piece)
                pieces.push_back({op.get(), grid.block(piece)});
        }
        if (!pieces.empty())
            phases.push_back({pieces.size(), [this, pieces](std::size_t piece) {
                                  pieces[piece].first->draw(w_,
                                                            w_.layers[pieces[piece].first->index],
                                                            pieces[piece].second);
                              }});
    }

    // The operations from i on that work on each number alone.
    void forward_from(std::size_t i, Block block) {
        block.right = whole_vectors<T>(block.right);
        for (; i < operations_.size() && !operations_[i]->waits(); ++i)
            operations_[i]->forward(w_, w_.layers[i], block);
    }

    std::vector<Phase> plan_backward(std::size_t n) {
        std::vector<Phase> phases;
        std::size_t above = 0;  // which of the two buffers holds the gradient by the output
        for (std::size_t i = operations_.size(); w_.training && i-- > first_;) {
            if (!operations_[i]->waits_backward()) continue;
            const Buffer<T>* below = &gradients_[1 - above];
            const bool needed = w_.needs_input_grad[i];
            Done done = [](const Block&) {};
            if (i > 0 && (needed || operations_[i]->restarts))
                done = [this, i, below](const Block& block) {
                    backward_through(i - 1, below->data(), block);
                };
            operations_[i]->backward_phases(w_, w_.layers[i], n,
                                            {&gradients_[above], below, needed, done}, phases);
            above = 1 - above;
        }
        return phases;
    }

    // From operation i down to the first that needs the whole signal.
    void backward_through(std::size_t i, T* dY, Block block) {
        block.right = whole_vectors<T>(block.right);
        for (;; --i) {
            operations_[i]->backward(w_, w_.layers[i], dY, block);
            if (i == 0 || operations_[i]->waits_backward()) return;
        }
    }

    const Operations<T> operations_;
    Workspace<T> w_;
    std::size_t first_ = 0;     // the first operation with parameters
    std::size_t capacity_ = 0;  // rows that there is room for
    Buffer<T> X_, gradients_[2];
    Plan plans_[2];
    std::size_t current_ = 0;
};

}  // namespace glassnet
