// What embeddings of numbers have in common: the first columns are embedded, each next to what is
// made of it, and the others follow. Forward by whole vectors of rows, backward by columns with all
// their rows, in one order, so that no sum is ever split.
#pragma once

#include "operation.hpp"

namespace glassnet {

template <class T>
class NumberEmbedding : public Operation<T> {
  public:
    // n_numeric columns, k outputs of each beside itself; `work`: how long a number takes.
    NumberEmbedding(Specification& spec, std::size_t n_numeric, std::size_t k, std::size_t work)
        : Operation<T>(spec), n_numeric_(n_numeric), k_(k), work_(work) {
        spec.check(n_numeric <= spec.n_in && spec.n_out == spec.n_in + n_numeric * k,
                   "another width than its columns make");
    }

    bool has_parameters() const override { return true; }

    void resize(Workspace<T>& w, LayerBuffers<T>& own, std::size_t n) const override {
        Operation<T>::resize(w, own, n);
        const std::size_t n_pieces =
            std::max(by_rows(n).n_pieces, w.training ? by_columns(n).n_pieces : 1);
        own.small.resize(n_pieces * piece_memory());
    }

    Phase forward_phase(Workspace<T>& w, LayerBuffers<T>& own, std::size_t n,
                        const Done& done) const override {
        const Ranges rows = by_rows(n);
        return {rows.n_pieces, [=, &w, &own](std::size_t piece) {
                    const std::size_t top = rows.start(piece), bottom = rows.start(piece + 1);
                    embed(w, own, memory(own, piece), top, bottom);
                    done({top, bottom, 0, this->n_out});
                }};
    }

    void backward_phases(Workspace<T>& w, LayerBuffers<T>& own, std::size_t n,
                         const Gradients<T>& g, std::vector<Phase>& phases) const override {
        const Ranges columns = by_columns(n);
        phases.push_back(
            {columns.n_pieces, [=, &w, &own](std::size_t piece) {
                 for (std::size_t j = columns.start(piece); j < columns.start(piece + 1); ++j)
                     backward_column(w, own, g.dY(), g.needs_input_grad ? g.dX() : nullptr,
                                     memory(own, piece), n, j);
             }});
        if (!g.needs_input_grad) return;
        const Grid rows = row_grid(n, this->n_in);
        phases.push_back({rows.size(), [=, &own](std::size_t piece) {
                              const Block block = rows.block(piece);
                              for (std::size_t i = block.top; i < block.bottom; ++i)
                                  std::memcpy(g.dX() + i * own.step_in + n_numeric_,
                                              g.dY() + i * own.step + n_numeric_ * (1 + k_),
                                              (this->n_in - n_numeric_) * sizeof(T));
                              g.done(block);
                          }});
    }

  protected:
    // Numbers that a piece works in.
    virtual std::size_t piece_memory() const = 0;
    // The output for rows [top, bottom).
    virtual void embed(Workspace<T>& w, LayerBuffers<T>& own, T* room, std::size_t top,
                       std::size_t bottom) const = 0;
    // The gradients of all parameters of column j, over n rows, and dX of that column unless it is
    // null.
    virtual void backward_column(Workspace<T>& w, LayerBuffers<T>& own, const T* dY, T* dX, T* room,
                                 std::size_t n, std::size_t j) const = 0;

    // The columns that are not embedded, of rows [top, bottom).
    void copy_rest(LayerBuffers<T>& own, std::size_t top, std::size_t bottom) const {
        for (std::size_t i = top; i < bottom; ++i)
            std::memcpy(own.main.data() + i * own.step + n_numeric_ * (1 + k_),
                        own.input + i * own.step_in + n_numeric_,
                        (this->n_in - n_numeric_) * sizeof(T));
    }

    const std::size_t n_numeric_, k_;

  private:
    Ranges by_rows(std::size_t n) const {
        const std::size_t most = std::clamp<std::size_t>((n + lanes<T> - 1) / lanes<T>, 1, 32);
        return {n, lanes<T>, std::clamp<std::size_t>(n * n_numeric_ * work_ / 8192, 1, most)};
    }

    Ranges by_columns(std::size_t n) const {
        const std::size_t most = std::min<std::size_t>(n_numeric_, 32);
        return {n_numeric_, 1, std::clamp<std::size_t>(n * n_numeric_ * work_ / 4096, 1, most)};
    }

    T* memory(LayerBuffers<T>& own, std::size_t piece) const {
        return own.small.data() + piece * piece_memory();
    }

    const std::size_t work_;
};

}  // namespace glassnet
