// A network in motion: its operations as phases of pieces, forward and back, over buffers that grow once and are kept.
#pragma once

#include <algorithm>
#include <list>
#include <vector>

#include "cuts.hpp"
#include "embeddings.hpp"
#include "layers.hpp"
#include "members.hpp"
#include "normalization.hpp"
#include "scaling.hpp"
#include "shared.hpp"
#include "team.hpp"
#include "way_back.hpp"

namespace glassnet {

// A phase forward is made of the operations that need whole rows or the whole signal: products, normalizations, embeddings. What works on
// each number alone (activations, scales, dropout, the sum of a residual block, the mean of members) follows at once on every block that
// such an operation finishes. A phase back is made of the operations with parameters, whose gradients are sums over all rows. Where a member
// ends and another begins both ways start anew: forward from the signal before the members, back from the gradient that each is given.
template <class T>
class Pass {
  public:
    Pass(const std::vector<Operation>& operations, const Tensors<T>& tensors, bool training)
        : operations_(operations), p_(tensors), training_(training), works_(operations.size()), ends_(ends_of_members(operations)),
          wanted_(wanted_gradients(operations)) {
        while (bottom_ < operations_.size() && !learns(operations_[bottom_])) ++bottom_;
    }

    Pass(const Pass&) = delete;

    Run run;  // of the pass that comes next

    // Make room and plan the phases for n rows; the plans of two numbers of rows (full batches and the last one) are kept.
    void prepare(std::size_t n) {
        if (current_ && current_->n == n) return;
        if (n > capacity_) grow(n);
        for (auto& plan : plans_)
            if (plan.n == n) {
                current_ = &plan;
                return;
            }
        if (plans_.size() == 2) plans_.erase(&plans_.front() == current_ ? std::next(plans_.begin()) : plans_.begin());
        plans_.push_back({n, {}, {}});
        current_ = &plans_.back();
        plan_forward(*current_);
        if (training_) plan_backward(*current_);
    }

    // Room for X, rows input_step() apart, to be filled before the forward phases.
    T* input() { return X_.data(); }
    std::size_t input_step() const { return stride<T>(operations_.front().n_in); }

    // Raw scores, after the forward phases, and room for their gradient, rows step() apart.
    const T* scores() const { return works_.back().output; }
    std::size_t n_scored() const { return operations_.back().scored && training_ ? operations_.back().n_members : 1; }
    T* top() { return gradients_[0].data(); }
    std::size_t step() const { return works_.back().step; }

    const std::vector<Phase>& forward() const { return current_->forward; }
    const std::vector<Phase>& backward() const { return current_->backward; }

    // To be called on each block of rows whose gradient by the raw scores is written.
    void back_from_scores(std::size_t from, std::size_t to) {
        back_through(operations_.size() - 1, gradients_[0].data(), {from, to, 0, whole_vectors<T>(n_scored() * operations_.back().n_out)});
    }

  private:
    struct Plan {
        std::size_t n;
        std::vector<Phase> forward, backward;
    };

    // Whether an operation waits for the one before to finish its whole signal.
    bool waits(std::size_t i) const {
        const Kind kind = operations_[i].kind;
        return stops(i) && kind != Kind::scale && kind != Kind::mixed_activation;
    }

    // Whether the way back stops at an operation, which takes the gradient on in a phase of its own.
    bool stops(std::size_t i) const { return learns(operations_[i]) || operations_[i].kind == Kind::member_end || averages(i); }

    // Whether an operation is a mean over the members of wide rows that is taken; in training the last one is not.
    bool averages(std::size_t i) const { return operations_[i].kind == Kind::member_mean && !(operations_[i].scored && training_); }

    void grow(std::size_t n) {
        capacity_ = n;
        X_.room(n * input_step());
        const T* signal = X_.data();
        std::size_t widest = input_step();
        for (std::size_t i = 0; i < operations_.size(); ++i) {
            const Operation& op = operations_[i];
            Work<T>& work = works_[i];
            work.input = signal;
            work.step_in = stride<T>(op.n_in);
            work.step = stride<T>(op.n_out);
            widest = std::max(widest, work.step);
            const std::size_t size = n * work.step;
            switch (op.kind) {
                case Kind::dense:
                    work.kept = work.output = work.main.room(size);
                    if (keeps_input(op.activation)) work.output = work.extra.room(size);
                    break;
                case Kind::activation:
                    work.output = work.main.room(size);
                    work.kept = keeps_input(op.activation) ? work.input : work.output;
                    break;
                case Kind::dropout:
                    work.output = drops(op) ? work.main.room(size) : work.input;
                    work.kept = drops(op) ? work.extra.room(size) : nullptr;
                    break;
                case Kind::batch_norm:
                case Kind::layer_norm:
                    work.output = work.main.room(size);
                    work.kept = work.extra.room(size);
                    work.small.room(op.kind == Kind::batch_norm ? 2 * op.n_out : n);
                    break;
                case Kind::mixed_activation:
                    work.output = work.main.room(size);
                    work.extra.room(size);
                    work.kept = keeps_input(op.activation) ? work.input : work.extra.data();
                    break;
                case Kind::periodic_embedding:
                case Kind::piecewise_embedding:
                    work.output = work.main.room(size);
                    work.small.room(std::max(by_rows<T>(op, n).n_pieces, training_ ? by_columns(op, n).n_pieces : 1) * room_of_a_piece<T>(op));
                    break;
                case Kind::scale:
                case Kind::member_dense:
                case Kind::category_embedding: work.output = work.main.room(size); break;
                case Kind::residual_begin: work.output = work.input; break;
                case Kind::residual_end:
                    work.output = work.main.room(size);
                    if (training_) work.extra.room(size);
                    break;
                case Kind::members_begin:
                    work.output = work.input;
                    if (training_) work.extra.room(size);
                    break;
                case Kind::shared_dense:
                    work.output = work.main.room(size);
                    work.extra.room(Apart<T>(op).size(n));
                    if (training_) work.small.room(Apart<T>(op).size(n));
                    break;
                case Kind::member_mean:
                    work.output = averages(i) ? work.main.room(size) : work.input;
                    if (!averages(i)) work.step = work.step_in;
                    break;
                case Kind::member_end: work.output = works_[op.partner].input; break;
                case Kind::members_end:
                    work.output = work.main.room(size);
                    if (training_) work.extra.room(size);
                    break;
            }
            signal = work.output;
        }
        if (training_)
            for (auto& gradient : gradients_) gradient.room(n * widest);
    }

    bool drops(const Operation& op) const { return training_ && op.rate != 0; }

    // ----- forward

    void plan_forward(Plan& plan) {
        const std::size_t n = plan.n;
        plan_masks(plan);
        if (!waits(0)) {  // what stands before the first product
            const Grid grid = sweep(n, operations_[0].n_out);
            plan.forward.push_back({grid.size(), [this, grid](std::size_t piece) {
                                        Block block = grid.block(piece);
                                        block.right = whole_vectors<T>(block.right);
                                        on_from(0, block);
                                    }});
        }
        for (std::size_t i = 0; i < operations_.size(); ++i) {
            const Operation& op = operations_[i];
            Work<T>& work = works_[i];
            const auto follow = [this, i, &op](Block block) {
                block.right = whole_vectors<T>(block.right);
                if (op.kind == Kind::dense)
                    activation_forward(op.activation, works_[i].kept, const_cast<T*>(works_[i].output), works_[i].step, block);
                on_from(i + 1, block);
            };
            if (op.kind == Kind::dense) {
                const Grid grid = cut<T>(n, op.n_out, op.n_in);
                plan.forward.push_back({grid.size(), [this, grid, &op, &work, follow](std::size_t piece) {
                                            dense_forward(op, p_, work, grid.block(piece), follow);
                                        }});
            } else if (op.kind == Kind::batch_norm) {
                const Grid grid = columns<T>(n, op.n_out);
                plan.forward.push_back({grid.size(), [this, grid, n, &op, &work, follow](std::size_t piece) {
                                            batch_norm_forward(op, p_, work, run, n, grid.block(piece));
                                            follow(grid.block(piece));
                                        }});
            } else if (op.kind == Kind::layer_norm) {
                const Grid grid = sweep(n, op.n_out);
                plan.forward.push_back({grid.size(), [this, grid, &op, &work, follow](std::size_t piece) {
                                            layer_norm_forward(op, p_, work, grid.block(piece));
                                            follow(grid.block(piece));
                                        }});
            } else if (op.kind == Kind::periodic_embedding || op.kind == Kind::piecewise_embedding) {
                const Stretches rows = by_rows<T>(op, n);
                const auto embed = op.kind == Kind::periodic_embedding ? periodic_forward<T> : piecewise_forward<T>;
                plan.forward.push_back({rows.n_pieces, [this, rows, embed, &op, &work, follow](std::size_t piece) {
                                            const std::size_t top = rows.start(piece), bottom = rows.start(piece + 1);
                                            embed(op, p_, work, room(op, work, piece), top, bottom);
                                            follow({top, bottom, 0, op.n_out});
                                        }});
            } else if (op.kind == Kind::category_embedding) {
                const Grid grid = sweep(n, op.n_out);
                plan.forward.push_back({grid.size(), [this, grid, &op, &work, follow](std::size_t piece) {
                                            category_forward(op, p_, work, grid.block(piece));
                                            follow(grid.block(piece));
                                        }});
            } else if (is_wide(op) && (op.kind != Kind::member_mean || averages(i))) {
                const Grid grid = wide_rows(op, n);
                plan.forward.push_back({grid.size(), [this, grid, n, &op, &work, follow](std::size_t piece) {
                                            const Block rows = grid.block(piece);
                                            wide_forward(op, p_, work, n, rows);
                                            follow(rows);
                                        }});
            } else if (op.kind == Kind::member_end && !waits(i + 1)) {
                const Grid grid = sweep(n, op.n_out);
                plan.forward.push_back({grid.size(), [grid, follow](std::size_t piece) { follow(grid.block(piece)); }});
            }
        }
    }

    // The masks of dropout do not depend on the signal: all of them first.
    void plan_masks(Plan& plan) {
        std::vector<std::pair<std::size_t, Block>> pieces;
        for (std::size_t i = 0; i < operations_.size(); ++i) {
            const Grid grid = sweep(plan.n, operations_[i].n_out);
            if (operations_[i].kind == Kind::dropout && drops(operations_[i]))
                for (std::size_t piece = 0; piece < grid.size(); ++piece) pieces.push_back({i, grid.block(piece)});
        }
        if (pieces.empty()) return;
        plan.forward.push_back({pieces.size(), [this, pieces](std::size_t piece) {
                                    const auto& [i, rows] = pieces[piece];
                                    draw_mask(operations_[i], run, rows.top, rows.bottom, works_[i].step, works_[i].extra.data());
                                }});
    }

    // The operations from i on that work on each number alone.
    void on_from(std::size_t i, const Block& block) {
        for (; i < operations_.size() && !waits(i); ++i) {
            const Operation& op = operations_[i];
            Work<T>& work = works_[i];
            if (op.kind == Kind::activation) activation_forward(op.activation, work.input, work.main.data(), work.step, block);
            if (op.kind == Kind::mixed_activation) mixed_activation_forward(op, p_, work, block);
            if (op.kind == Kind::scale) scale_forward(op, p_, work, block);
            if (op.kind == Kind::dropout && drops(op)) multiply(work.input, work.kept, work.main.data(), work.step, block);
            if (op.kind == Kind::residual_end) add(works_[op.partner].input, work.input, work.main.data(), work.step, block);  // Y = X + F(X)
            if (op.kind == Kind::members_end) members_forward(ends_[op.partner], works_, block);
        }
    }

    // ----- backward

    void plan_backward(Plan& plan) {
        const std::size_t n = plan.n;
        std::size_t above = 0;  // which of the two buffers holds the gradient by the output
        for (std::size_t i = operations_.size(); i-- > bottom_;) {
            if (!stops(i)) continue;
            const Operation& op = operations_[i];
            Work<T>& work = works_[i];
            const bool wanted = wanted_[i];
            const auto dY = [this, above] { return gradients_[above].data(); };
            const auto dX = [this, above] { return gradients_[1 - above].data(); };
            const auto follow = [this, i, dX](Block block) {
                block.right = whole_vectors<T>(block.right);
                if (i > 0) back_through(i - 1, dX(), block);
            };
            if (op.kind == Kind::dense) {
                const Grid weights = cut<T>(op.n_in, op.n_out, n), inputs = wanted ? cut<T>(n, op.n_in, op.n_out) : Grid{};
                plan.backward.push_back({weights.size() + inputs.size(), [=, this_ = this, &op, &work](std::size_t piece) {
                                             if (piece < inputs.size())
                                                 dense_backward_input(op, this_->p_, work, dY(), dX(), inputs.block(piece), follow);
                                             else dense_backward_parameters(op, this_->p_, work, dY(), n, weights.block(piece - inputs.size()));
                                         }});
            } else if (op.kind == Kind::batch_norm) {
                const Grid grid = columns<T>(n, op.n_out);
                plan.backward.push_back({grid.size(), [=, this_ = this, &op, &work](std::size_t piece) {
                                             batch_norm_backward(op, this_->p_, work, dY(), dX(), n, grid.block(piece));
                                             if (wanted) follow(grid.block(piece));
                                         }});
            } else if (op.kind == Kind::scale || op.kind == Kind::mixed_activation) {
                const Grid grid = columns<T>(n, op.n_out);
                plan.backward.push_back({grid.size(), [=, this_ = this, &op, &work](std::size_t piece) {
                                             const auto backward = op.kind == Kind::scale ? scale_backward<T> : mixed_activation_backward<T>;
                                             backward(op, this_->p_, work, dY(), dX(), n, grid.block(piece));
                                             if (wanted) follow(grid.block(piece));
                                         }});
            } else if (op.kind == Kind::periodic_embedding || op.kind == Kind::piecewise_embedding) {
                const Stretches columns = by_columns(op, n);
                const auto backward = op.kind == Kind::periodic_embedding ? periodic_backward<T> : piecewise_backward<T>;
                plan.backward.push_back({columns.n_pieces, [=, this_ = this, &op, &work](std::size_t piece) {
                                             for (std::size_t j = columns.start(piece); j < columns.start(piece + 1); ++j)
                                                 backward(op, this_->p_, work, dY(), wanted ? dX() : nullptr, room(op, work, piece), n, j);
                                         }});
                if (wanted) {
                    const Grid rows = sweep(n, op.n_in);
                    plan.backward.push_back({rows.size(), [=, &op, &work](std::size_t piece) {
                                                 embedding_backward_rest(op, work, dY(), dX(), rows.block(piece));
                                                 follow(rows.block(piece));
                                             }});
                }
            } else if (op.kind == Kind::category_embedding) {
                const std::size_t q = op.levels.size();
                const Grid rows = wanted ? sweep(n, op.n_in) : Grid{};
                plan.backward.push_back({q + rows.size(), [=, this_ = this, &op, &work](std::size_t piece) {
                                             if (piece < q) {
                                                 category_backward(op, this_->p_, work, dY(), n, piece);
                                                 return;
                                             }
                                             category_backward_input(op, work, dY(), dX(), rows.block(piece - q));
                                             follow(rows.block(piece - q));
                                         }});
            } else if (is_wide(op)) {
                const Grid grid = wide_rows(op, n);
                plan.backward.push_back({grid.size(), [=, this_ = this, &op, &work](std::size_t piece) {
                                             const Block rows = grid.block(piece);
                                             wide_backward_rows(op, this_->p_, work, dY(), dX(), n, rows);
                                             if (wanted) follow({rows.top, rows.bottom, 0, op.n_in});
                                         }});
                plan.backward.push_back({wide_sums<T>(op, n), [=, this_ = this, &op, &work](std::size_t piece) {
                                             wide_backward_sums(op, this_->p_, work, dY(), n, piece);
                                         }});
            } else if (op.kind == Kind::member_end) {
                const Grid rows = sweep(n, op.n_in);
                const Work<T>& last = works_[ends_[op.partner].back()];
                plan.backward.push_back({rows.size(), [rows, dX, follow, &last](std::size_t piece) {
                                             Block block = rows.block(piece);
                                             block.right = whole_vectors<T>(block.right);
                                             copy(last.extra.data(), dX(), last.step, block);
                                             follow(block);
                                         }});
            } else {
                const Grid rows = sweep(n, op.n_out), sums = columns<T>(n, op.n_out);
                plan.backward.push_back({rows.size() + sums.size(), [=, this_ = this, &op, &work](std::size_t piece) {
                                             if (piece >= rows.size()) {
                                                 scale_and_shift_backward(op, this_->p_, work, dY(), n, sums.block(piece - rows.size()));
                                                 return;
                                             }
                                             layer_norm_backward(op, this_->p_, work, dY(), dX(), rows.block(piece));
                                             if (wanted) follow(rows.block(piece));
                                         }});
            }
            above = 1 - above;
        }
    }

    // From operation i down to the first that needs the whole signal: dY becomes the gradient that this one takes.
    void back_through(std::size_t i, T* dY, const Block& block) {
        for (;; --i) {
            const Operation& op = operations_[i];
            const Work<T>& work = works_[i];
            if (op.kind == Kind::dense || op.kind == Kind::activation) activation_backward(op.activation, work.kept, dY, work.step, block);
            if (op.kind == Kind::dropout && drops(op)) multiply(dY, work.kept, dY, work.step, block);
            if (op.kind == Kind::residual_end) copy(dY, work.extra.data(), work.step, block);  // kept for where the block began
            if (op.kind == Kind::residual_begin) add(end_of(i).extra.data(), dY, dY, work.step, block);
            if (op.kind == Kind::members_end) members_backward(ends_[op.partner], works_, dY, block);
            if (op.kind == Kind::member_end && wanted_[i]) add_for_begin(i, dY, block);
            if (op.kind == Kind::members_begin && wanted_[i] && ends_[i].size() > 1) add(work.extra.data(), dY, dY, work.step, block);
            if (stops(i) || i == 0) return;
        }
    }

    // The gradient of the member behind this mark, added for where the members began: the last one comes first.
    void add_for_begin(std::size_t i, const T* dX, const Block& block) {
        const std::size_t begin = operations_[i].partner;
        const std::vector<std::size_t>& ends = ends_[begin];
        const Work<T>& work = works_[begin];
        if (i == ends[ends.size() - 2]) copy(dX, work.extra.data(), work.step, block);
        else add(work.extra.data(), dX, work.extra.data(), work.step, block);
    }

    const Work<T>& end_of(std::size_t begin) const {
        for (std::size_t i = begin + 1;; ++i)
            if (operations_[i].kind == Kind::residual_end && operations_[i].partner == begin) return works_[i];
    }

    const std::vector<Operation>& operations_;
    const Tensors<T> p_;
    const bool training_;
    std::size_t bottom_ = 0;  // the first operation with parameters
    std::size_t capacity_ = 0;
    std::vector<Work<T>> works_;
    std::vector<std::vector<std::size_t>> ends_;  // of members
    std::vector<bool> wanted_;
    Buffer<T> X_, gradients_[2];
    std::list<Plan> plans_;
    Plan* current_ = nullptr;
};

}  // namespace glassnet
