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

    bool rows_are_independent(const Workspace<T>& w) const override {
        return !w.training || !w.needs_input_grad[this->index];
    }

    void resize(Workspace<T>& w, LayerBuffers<T>& own, std::size_t n) const override {
        Operation<T>::resize(w, own, n);
        own.small.resize(most_row_parts * piece_memory());
    }

    Grid forward_grid(std::size_t n) const override {
        const std::size_t most = std::clamp<std::size_t>(n / lanes<T>, 1, most_row_parts);
        return {n, this->n_out, this->n_out,
                std::clamp<std::size_t>(n * n_numeric_ * work_ / 8192, 1, most), 1};
    }
    void forward_block(Workspace<T>& w, LayerBuffers<T>& own, std::size_t, const Block& block,
                       std::size_t piece, const Done& done) const override {
        embed(w, own, memory(own, piece), block.top, block.bottom);
        done(block);
    }

    // By columns, and dX of these with it.
    Grid parameter_grid(std::size_t n) const override {
        const std::size_t most = std::min<std::size_t>(n_numeric_, most_row_parts);
        return {n, n_numeric_, 1, 1,
                std::clamp<std::size_t>(n * n_numeric_ * work_ / 4096, 1, most)};
    }
    void parameter_gradient(Workspace<T>& w, LayerBuffers<T>& own, std::size_t n,
                            const Gradients<T>& g, const Block& block,
                            std::size_t piece) const override {
        for (std::size_t j = block.left; j < block.right; ++j)
            backward_column(w, own, g.dY(), g.needs_input_grad ? g.dX() : nullptr,
                            memory(own, piece), n, j);
    }
    bool inputs_follow() const override { return true; }
    void input_gradient(Workspace<T>&, LayerBuffers<T>& own, std::size_t, const Gradients<T>& g,
                        const Block& block) const override {
        for (std::size_t i = block.top; i < block.bottom; ++i)
            std::memcpy(g.dX() + i * own.step_in + n_numeric_,
                        g.dY() + i * own.step + n_numeric_ * (1 + k_),
                        (this->n_in - n_numeric_) * sizeof(T));
        g.done(block);
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
    T* memory(LayerBuffers<T>& own, std::size_t piece) const {
        return own.small.data() + piece * piece_memory();
    }

    const std::size_t work_;
};

}  // namespace glassnet
