// A network in motion: the way forward of forward.hpp, and the way back, planned for a number of rows.
#pragma once

#include <algorithm>
#include <list>
#include <vector>

#include "forward.hpp"

namespace glassnet {

// A phase back is made of the operations with parameters, whose gradients are sums over all rows. Where a member ends the way starts anew,
// from the gradient that each is given.
template <class T>
class Pass : public Forward<T> {
  public:
    Pass(const std::vector<Operation>& operations, const Tensors<T>& tensors, bool training)
        : Forward<T>(operations, tensors, training), wanted_(wanted_gradients(operations)) {
        while (bottom_ < operations_.size() && !learns(operations_[bottom_])) ++bottom_;
    }

    // Make room and plan the phases for n rows; the plans of two numbers of rows (full batches and the last one) are kept.
    void prepare(std::size_t n) {
        if (current_ && current_->n == n) return;
        if (n > capacity_) {
            current_ = nullptr;
            grow(n);
        }
        for (auto& plan : plans_)
            if (plan.n == n) {
                current_ = &plan;
                return;
            }
        std::list<Plan> made(1, Plan{n, {}, {}});  // kept when it is whole: memory may run out on the way
        made.front().forward = this->plan_forward(n);
        if (training_) plan_backward(made.front());
        if (plans_.size() == 2) plans_.erase(&plans_.front() == current_ ? std::next(plans_.begin()) : plans_.begin());
        plans_.splice(plans_.end(), made);
        current_ = &plans_.back();
    }

    const std::vector<Phase>& forward() const { return current_->forward; }
    const std::vector<Phase>& backward() const { return current_->backward; }

    // To be called on each block of rows whose gradient by the raw scores is written.
    void back_from_scores(std::size_t from, std::size_t to) {
        back_through(operations_.size() - 1, gradients_[0].data(), {from, to, 0, whole_vectors<T>(operations_.back().n_out)});
    }

  private:
    using Signals<T>::operations_;
    using Signals<T>::training_;
    using Signals<T>::capacity_;
    using Signals<T>::works_;
    using Signals<T>::gradients_;
    using Signals<T>::stops;
    using Signals<T>::drops;
    using Signals<T>::grow;
    using Forward<T>::p_;
    using Forward<T>::ends_;

    struct Plan {
        std::size_t n;
        std::vector<Phase> forward, backward;
    };

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
            switch (op.kind) {
            case Kind::dense: {
                const Grid weights = cut<T>(op.n_in, op.n_out, n), inputs = wanted ? cut<T>(n, op.n_in, op.n_out) : Grid{};
                plan.backward.push_back({weights.size() + inputs.size(), [=, this_ = this, &op, &work](std::size_t piece) {
                                             if (piece < inputs.size())
                                                 dense_backward_input(op, this_->p_, work, dY(), dX(), inputs.block(piece), follow);
                                             else dense_backward_parameters(op, this_->p_, work, dY(), n, weights.block(piece - inputs.size()));
                                         }});
                break;
            }
            case Kind::batch_norm: {
                const Grid grid = columns<T>(n, op.n_out);
                plan.backward.push_back({grid.size(), [=, this_ = this, &op, &work](std::size_t piece) {
                                             batch_norm_backward(op, this_->p_, work, dY(), dX(), n, grid.block(piece));
                                             if (wanted) follow(grid.block(piece));
                                         }});
                break;
            }
            case Kind::scale:
            case Kind::mixed_activation: {
                const Grid grid = columns<T>(n, op.n_out);
                plan.backward.push_back({grid.size(), [=, this_ = this, &op, &work](std::size_t piece) {
                                             const auto backward = op.kind == Kind::scale ? scale_backward<T> : mixed_activation_backward<T>;
                                             backward(op, this_->p_, work, dY(), dX(), n, grid.block(piece));
                                             if (wanted) follow(grid.block(piece));
                                         }});
                break;
            }
            case Kind::periodic_embedding:
            case Kind::piecewise_embedding: {
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
                break;
            }
            case Kind::category_embedding: {
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
                break;
            }
            case Kind::member_end: {
                const Grid rows = sweep(n, op.n_in);
                const Work<T>& last = works_[ends_[op.partner].back()];
                plan.backward.push_back({rows.size(), [rows, dX, follow, &last](std::size_t piece) {
                                             Block block = rows.block(piece);
                                             block.right = whole_vectors<T>(block.right);
                                             copy(last.extra.data(), dX(), last.step, block);
                                             follow(block);
                                         }});
                break;
            }
            case Kind::layer_norm: {
                const Grid rows = sweep(n, op.n_out), sums = columns<T>(n, op.n_out);
                plan.backward.push_back({rows.size() + sums.size(), [=, this_ = this, &op, &work](std::size_t piece) {
                                             if (piece >= rows.size()) {
                                                 scale_and_shift_backward(op, this_->p_, work, dY(), n, sums.block(piece - rows.size()));
                                                 return;
                                             }
                                             layer_norm_backward(op, this_->p_, work, dY(), dX(), rows.block(piece));
                                             if (wanted) follow(rows.block(piece));
                                         }});
                break;
            }
            case Kind::activation:  // these do not stop the way back, see back_through
            case Kind::dropout:
            case Kind::residual_begin:
            case Kind::residual_end:
            case Kind::members_begin:
            case Kind::members_end: break;
            }
            above = 1 - above;
        }
    }

    // From operation i down to the first that needs the whole signal: dY becomes the gradient that this one takes.
    void back_through(std::size_t i, T* dY, const Block& block) {
        for (;; --i) {
            const Operation& op = operations_[i];
            const Work<T>& work = works_[i];
            switch (op.kind) {
                case Kind::dense:
                case Kind::activation: activation_backward(op.activation, work.kept, dY, work.step, block); break;
                case Kind::dropout:
                    if (drops(op)) multiply(dY, work.kept, dY, work.step, block);
                    break;
                case Kind::residual_end: copy(dY, work.extra.data(), work.step, block); break;  // kept for where the block began
                case Kind::residual_begin: add(end_of(i).extra.data(), dY, dY, work.step, block); break;
                case Kind::members_end: members_backward(ends_[op.partner], works_, dY, block); break;
                case Kind::member_end:
                    if (wanted_[i]) add_for_begin(i, dY, block);
                    break;
                case Kind::members_begin:
                    if (wanted_[i] && ends_[i].size() > 1) add(work.extra.data(), dY, dY, work.step, block);
                    break;
                case Kind::batch_norm:  // these stop it, see plan_backward
                case Kind::layer_norm:
                case Kind::scale:
                case Kind::mixed_activation:
                case Kind::periodic_embedding:
                case Kind::category_embedding:
                case Kind::piecewise_embedding: break;
            }
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

    std::size_t bottom_ = 0;  // the first operation with parameters
    std::vector<bool> wanted_;
    std::list<Plan> plans_;
    Plan* current_ = nullptr;
};

}  // namespace glassnet
