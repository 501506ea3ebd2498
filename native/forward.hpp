// A network's way forward: its operations as phases of pieces.
#pragma once

#include <utility>
#include <vector>

#include "cuts.hpp"
#include "embeddings.hpp"
#include "members.hpp"
#include "normalization.hpp"
#include "scaling.hpp"
#include "signals.hpp"
#include "team.hpp"

namespace glassnet {

// A phase is made of an operation that needs whole rows or the whole signal: products, normalizations, embeddings. What works on each number
// alone (activations, scales, dropout, the sum of a residual block, the mean of members) follows at once on every block that such an
// operation finishes. Where a member begins the way starts anew, from the signal before the members.
template <class T>
class Forward : public Signals<T> {
  public:
    Forward(const std::vector<Operation>& operations, const Tensors<T>& tensors, bool training)
        : Signals<T>(operations, training), p_(tensors), ends_(ends_of_members(operations)) {}

    Run run;  // of the pass that comes next

  protected:
    using Signals<T>::operations_;
    using Signals<T>::works_;
    using Signals<T>::waits;
    using Signals<T>::drops;

    std::vector<Phase> plan_forward(std::size_t n) {
        std::vector<Phase> phases;
        plan_masks(n, phases);
        if (!waits(0)) {  // what stands before the first product
            const Grid grid = sweep(n, operations_[0].n_out);
            phases.push_back({grid.size(), [this, grid](std::size_t piece) {
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
            switch (op.kind) {
            case Kind::dense: {
                const Grid grid = cut<T>(n, op.n_out, op.n_in);
                phases.push_back({grid.size(), [this, grid, &op, &work, follow](std::size_t piece) {
                                            dense_forward(op, p_, work, grid.block(piece), follow);
                                        }});
                break;
            }
            case Kind::batch_norm: {
                const Grid grid = columns<T>(n, op.n_out);
                phases.push_back({grid.size(), [this, grid, n, &op, &work, follow](std::size_t piece) {
                                            batch_norm_forward(op, p_, work, run, n, grid.block(piece));
                                            follow(grid.block(piece));
                                        }});
                break;
            }
            case Kind::layer_norm: {
                const Grid grid = sweep(n, op.n_out);
                phases.push_back({grid.size(), [this, grid, &op, &work, follow](std::size_t piece) {
                                            layer_norm_forward(op, p_, work, grid.block(piece));
                                            follow(grid.block(piece));
                                        }});
                break;
            }
            case Kind::periodic_embedding:
            case Kind::piecewise_embedding: {
                const Stretches rows = by_rows<T>(op, n);
                const auto embed = op.kind == Kind::periodic_embedding ? periodic_forward<T> : piecewise_forward<T>;
                phases.push_back({rows.n_pieces, [this, rows, embed, &op, &work, follow](std::size_t piece) {
                                            const std::size_t top = rows.start(piece), bottom = rows.start(piece + 1);
                                            embed(op, p_, work, room(op, work, piece), top, bottom);
                                            follow({top, bottom, 0, op.n_out});
                                        }});
                break;
            }
            case Kind::category_embedding: {
                const Grid grid = sweep(n, op.n_out);
                phases.push_back({grid.size(), [this, grid, &op, &work, follow](std::size_t piece) {
                                            category_forward(op, p_, work, grid.block(piece));
                                            follow(grid.block(piece));
                                        }});
                break;
            }
            case Kind::member_end: {
                if (waits(i + 1)) break;
                const Grid grid = sweep(n, op.n_out);
                phases.push_back({grid.size(), [grid, follow](std::size_t piece) { follow(grid.block(piece)); }});
                break;
            }
            case Kind::activation:  // these work on each number alone, see on_from
            case Kind::dropout:
            case Kind::residual_begin:
            case Kind::residual_end:
            case Kind::scale:
            case Kind::mixed_activation:
            case Kind::members_begin:
            case Kind::members_end: break;
            }
        }
        return phases;
    }

    // The masks of dropout do not depend on the signal: all of them first.
    void plan_masks(std::size_t n, std::vector<Phase>& phases) {
        std::vector<std::pair<std::size_t, Block>> pieces;
        for (std::size_t i = 0; i < operations_.size(); ++i) {
            const Grid grid = sweep(n, operations_[i].n_out);
            if (operations_[i].kind == Kind::dropout && drops(operations_[i]))
                for (std::size_t piece = 0; piece < grid.size(); ++piece) pieces.push_back({i, grid.block(piece)});
        }
        if (pieces.empty()) return;
        phases.push_back({pieces.size(), [this, pieces](std::size_t piece) {
                                    const auto& [i, rows] = pieces[piece];
                                    draw_mask(operations_[i], run, rows.top, rows.bottom, works_[i].step, works_[i].extra.data());
                                }});
    }

    // The operations from i on that work on each number alone.
    void on_from(std::size_t i, const Block& block) {
        for (; i < operations_.size() && !waits(i); ++i) {
            const Operation& op = operations_[i];
            Work<T>& work = works_[i];
            switch (op.kind) {
                case Kind::activation: activation_forward(op.activation, work.input, work.main.data(), work.step, block); break;
                case Kind::mixed_activation: mixed_activation_forward(op, p_, work, block); break;
                case Kind::scale: scale_forward(op, p_, work, block); break;
                case Kind::dropout:
                    if (drops(op)) multiply(work.input, work.kept, work.main.data(), work.step, block);
                    break;
                case Kind::residual_end: add(works_[op.partner].input, work.input, work.main.data(), work.step, block); break;  // Y = X + F(X)
                case Kind::members_end: members_forward(ends_[op.partner], works_, block); break;
                case Kind::residual_begin:
                case Kind::members_begin: break;  // their output is their input
                case Kind::dense:               // these wait for the whole signal or whole rows, see plan_forward
                case Kind::batch_norm:
                case Kind::layer_norm:
                case Kind::periodic_embedding:
                case Kind::category_embedding:
                case Kind::member_end:
                case Kind::piecewise_embedding: break;
            }
        }
    }

    const Tensors<T> p_;
    std::vector<std::vector<std::size_t>> ends_;  // of members
};

}  // namespace glassnet
