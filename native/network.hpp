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
        choose_rows();
        if (!training) return;
        std::size_t n_waiting = 0;
        for (const auto& op : operations_) n_waiting += op->waits_backward();
        gradients_ = std::vector<Buffer<T>>(w_.by_rows ? n_waiting + 1 : 2);
        chain_ = plan_gradients();
    }

    Pass(const Pass&) = delete;

    // Make room and plan the phases for n rows; the plans for two numbers of rows (full batches and
    // the last one) are kept.
    void prepare(std::size_t n) {
        if (n > capacity_) grow(n);
        if (plan().n != n) current_ = 1 - current_;
        if (plan().n != n) plan() = {n, plan_prepare(n), plan_forward(n), plan_backward(n)};
    }

    void set_run(const Run& run) { w_.run = run; }

    const Phase& prepare_phase() { return plan().prepare; }
    const std::vector<Phase>& forward() { return plan().forward; }
    const std::vector<Phase>& backward() { return plan().backward; }

    // Into how many parts n rows are divided, each of which goes through all operations forward,
    // then backward as far as the gradient by the input; 0 where the operations are phases of their
    // own. Backward only the gradients of the parameters are left to `backward`.
    std::size_t row_parts(std::size_t n) const {
        if (!w_.by_rows) return 0;
        const std::size_t work = std::max<std::size_t>(tile_rows * row_work_, 1),
                          rows = tile_rows * std::max((min_row_work + work - 1) / work,
                                                      n / (tile_rows * most_row_parts) + 1),
                          parts = std::max<std::size_t>((n + rows - 1) / rows, 1);
        return std::min(parts + parts % 2, n == 1 ? 1 : most_row_parts);
    }

    void forward_rows(std::size_t piece, std::size_t top, std::size_t bottom) {
        forward_from(0, {top, bottom, 0, operations_[0]->n_out});
        for (const auto& op : operations_)
            if (op->waits()) forward_block(op->index, plan().n, {top, bottom, 0, op->n_out}, piece);
    }

    void backward_rows(std::size_t top, std::size_t bottom) {
        for (const Backward& each : chain_)
            if (each.goes_on)
                each.op->input_gradient(w_, w_.layers[each.op->index], plan().n, each.gradients,
                                        {top, bottom, 0, each.op->n_in});
    }

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
    static constexpr std::size_t min_row_work = 40'000;  // products of a part
    static constexpr std::size_t fewest_weights = 4096,
                                 most_weights = 1 << 19;  // bytes, that half a second cache holds

    // Parts of the rows pay where all weights stay in the second cache, unless there is hardly any
    // work to divide.
    void choose_rows() {
        w_.by_rows = true;
        for (const auto& op : operations_) {
            row_work_ += op->n_weights();
            w_.by_rows = w_.by_rows && op->rows_are_independent(w_);
        }
        w_.by_rows =
            w_.by_rows && row_work_ >= fewest_weights && row_work_ * sizeof(T) <= most_weights;
    }

    struct Plan {
        std::size_t n = unplanned;
        Phase prepare = {};
        std::vector<Phase> forward = {}, backward = {};
    };

    Plan& plan() { return plans_[current_]; }

    // An operation that waits backward, and whether what is before it has a gradient, too.
    struct Backward {
        const Operation<T>* op;
        bool goes_on;
        Gradients<T> gradients;
    };

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
        for (auto& gradient : gradients_) gradient.resize(n * widest);
        capacity_ = n;
    }

    Grid rows_of(std::size_t n) const { return {n, 1, 1, row_parts(n), 1}; }

    // What no signal is needed for, of all operations at once.
    Phase plan_prepare(std::size_t n) {
        std::vector<std::pair<const Operation<T>*, Block>> pieces;
        for (const auto& op : operations_) {
            const Grid grid = op->prepare_grid(w_, n);
            for (std::size_t piece = 0; piece < grid.size(); ++piece)
                pieces.push_back({op.get(), grid.block(piece)});
        }
        return {pieces.size(), [this, pieces](std::size_t piece) {
                    const Operation<T>* op = pieces[piece].first;
                    op->prepare(w_, w_.layers[op->index], pieces[piece].second);
                }};
    }

    std::vector<Phase> plan_forward(std::size_t n) {
        std::vector<Phase> phases;
        if (w_.by_rows) {
            if (!w_.training)
                phases.push_back({1, [this, n](std::size_t) { forward_rows(0, 0, n); }});
            return phases;
        }
        if (!operations_[0]->waits()) {
            const Grid grid = row_grid(n, operations_[0]->n_out);
            phases.push_back({grid.size(), [this, grid](std::size_t piece) {
                                  forward_from(0, grid.block(piece));
                              }});
        }
        for (const auto& op : operations_) {
            const bool idle = op->restarts && operations_[op->index + 1]->waits();
            if (!op->waits() || idle) continue;
            const Grid grid = op->forward_grid(n);
            phases.push_back({grid.size(), [this, grid, n, i = op->index](std::size_t piece) {
                                  forward_block(i, n, grid.block(piece), piece);
                              }});
        }
        return phases;
    }

    void forward_block(std::size_t i, std::size_t n, const Block& block, std::size_t piece) {
        operations_[i]->forward_block(
            w_, w_.layers[i], n, block, piece,
            [this, i](const Block& complete) { forward_from(i + 1, complete); });
    }

    // The operations from i on that work on each number alone.
    void forward_from(std::size_t i, Block block) {
        block.right = whole_vectors<T>(block.right);
        for (; i < operations_.size() && !operations_[i]->waits(); ++i)
            operations_[i]->forward(w_, w_.layers[i], block);
    }

    // The operations that wait, the last one first, each with its two gradients.
    std::vector<Backward> plan_gradients() {
        std::vector<Backward> made;
        std::size_t above = 0;  // which buffer holds the gradient by the output
        for (std::size_t i = operations_.size(); i-- > first_;) {
            if (!operations_[i]->waits_backward()) continue;
            const std::size_t under = (above + 1) % gradients_.size();
            const Buffer<T>* below = &gradients_[under];
            const bool needed = w_.needs_input_grad[i],
                       goes_on = needed || operations_[i]->restarts;
            Done done = [](const Block&) {};
            if (i > 0 && goes_on)
                done = [this, i, below](const Block& block) {
                    backward_through(i - 1, below->data(), block);
                };
            made.push_back(
                {operations_[i].get(), goes_on, {&gradients_[above], below, needed, done}});
            above = under;
        }
        return made;
    }

    std::vector<Phase> plan_backward(std::size_t n) {
        std::vector<Phase> phases;
        std::vector<std::pair<const Backward*, Grid>> all;
        for (const Backward& each : chain_) {
            const Grid parameters = each.op->parameter_grid(n),
                       inputs = each.goes_on ? each.op->input_grid(n) : Grid{};
            if (w_.by_rows) {
                all.push_back({&each, parameters});
            } else if (each.op->inputs_follow()) {
                phases.push_back(parameter_phase({{&each, parameters}}, n));
                if (inputs.size() > 0) phases.push_back(input_phase(each, inputs, n));
            } else {
                phases.push_back(joined(input_phase(each, inputs, n),
                                        parameter_phase({{&each, parameters}}, n)));
            }
        }
        if (w_.by_rows) phases.push_back(parameter_phase(all, n));
        return phases;
    }

    Phase input_phase(const Backward& each, const Grid& grid, std::size_t n) {
        return {grid.size(), [this, &each, grid, n](std::size_t piece) {
                    each.op->input_gradient(w_, w_.layers[each.op->index], n, each.gradients,
                                            grid.block(piece));
                }};
    }

    Phase parameter_phase(const std::vector<std::pair<const Backward*, Grid>>& grids,
                          std::size_t n) {
        std::vector<std::pair<std::size_t, std::size_t>> pieces;  // of which grid, which block
        for (std::size_t i = 0; i < grids.size(); ++i)
            for (std::size_t j = 0; j < grids[i].second.size(); ++j) pieces.push_back({i, j});
        return {pieces.size(), [this, grids, pieces, n](std::size_t piece) {
                    const auto [i, j] = pieces[piece];
                    const Backward& each = *grids[i].first;
                    each.op->parameter_gradient(w_, w_.layers[each.op->index], n, each.gradients,
                                                grids[i].second.block(j), j);
                }};
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
    std::size_t row_work_ = 0;  // products of a row
    Buffer<T> X_;
    std::vector<Buffer<T>> gradients_;
    std::vector<Backward> chain_;
    Plan plans_[2];
    std::size_t current_ = 0;
};

}  // namespace glassnet
