// Where the signals of a network lie: the room of every operation, which grows once and is kept, and what each operation waits for.
#pragma once

#include <algorithm>
#include <vector>

#include "cuts.hpp"
#include "embeddings.hpp"
#include "layers.hpp"
#include "way_back.hpp"

namespace glassnet {

template <class T>
class Signals {
  public:
    Signals(const std::vector<Operation>& operations, bool training) : operations_(operations), training_(training), works_(operations.size()) {}

    Signals(const Signals&) = delete;

    // Room for X, rows input_step() apart, to be filled before the forward phases.
    T* input() { return X_.data(); }
    std::size_t input_step() const { return stride<T>(operations_.front().n_in); }

    // Raw scores, after the forward phases, and room for their gradient, rows step() apart.
    const T* scores() const { return works_.back().output; }
    T* top() { return gradients_[0].data(); }
    std::size_t step() const { return works_.back().step; }

  protected:
    // Whether an operation waits for the one before to finish its whole signal.
    bool waits(std::size_t i) const {
        const Kind kind = operations_[i].kind;
        return stops(i) && kind != Kind::scale && kind != Kind::mixed_activation;
    }

    // Whether the way back stops at an operation, which takes the gradient on in a phase of its own.
    bool stops(std::size_t i) const { return learns(operations_[i]) || operations_[i].kind == Kind::member_end; }

    // Where memory runs out on the way, signals point to room that is gone: the next pass makes all of it anew.
    void grow(std::size_t n) {
        capacity_ = 0;
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
        capacity_ = n;
    }

    bool drops(const Operation& op) const { return training_ && op.rate != 0; }

    const std::vector<Operation>& operations_;
    const bool training_;
    std::size_t capacity_ = 0;  // rows that there is room for
    std::vector<Work<T>> works_;
    Buffer<T> X_, gradients_[2];
};

}  // namespace glassnet
