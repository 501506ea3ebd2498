// The embedding of categories, as in glassnet/layers/categories.py: the last columns are codes,
// each of which becomes a row of a table.
#pragma once

#include "operation.hpp"

namespace glassnet {

template <class T>
class CategoryEmbedding final : public Operation<T> {
  public:
    explicit CategoryEmbedding(Specification& spec)
        : Operation<T>(spec), levels_(spec.counts("levels")), k_(spec.count("n_out")) {
        for (const std::size_t n : levels_) tables_.push_back(spec.parameters({n, k_}));
        const std::size_t q = levels_.size();
        spec.check(q <= spec.n_in && spec.n_out == spec.n_in - q + q * k_,
                   "another width than its columns make");
    }

    bool has_parameters() const override { return true; }

    void forward_block(Workspace<T>& w, LayerBuffers<T>& own, std::size_t, const Block& rows,
                       std::size_t, const Done& done) const override {
        for (std::size_t i = rows.top; i < rows.bottom; ++i) {
            const T* x = own.input + i * own.step_in;
            T* y = own.main.data() + i * own.step;
            std::memcpy(y, x, n_plain() * sizeof(T));
            for (std::size_t j = 0; j < levels_.size(); ++j)
                std::memcpy(y + n_plain() + j * k_,
                            w.tensors.theta + tables_[j] + level(x[n_plain() + j], levels_[j]) * k_,
                            k_ * sizeof(T));
        }
        done(rows);
    }

    // dX of the columns that are no codes; a code has none.
    void input_gradient(Workspace<T>&, LayerBuffers<T>& own, std::size_t, const Gradients<T>& g,
                        const Block& rows) const override {
        for (std::size_t i = rows.top; i < rows.bottom; ++i) {
            T* dX = g.dX() + i * own.step_in;
            std::memcpy(dX, g.dY() + i * own.step, n_plain() * sizeof(T));
            std::fill(dX + n_plain(), dX + this->n_in, T(0));
        }
        g.done(rows);
    }

    // The gradient of a table, a piece each: a level takes the rows that name it, in their order.
    Grid parameter_grid(std::size_t n) const override {
        return {n, levels_.size(), 1, 1, levels_.size()};
    }
    void parameter_gradient(Workspace<T>& w, LayerBuffers<T>& own, std::size_t n,
                            const Gradients<T>& g, const Block&, std::size_t j) const override {
        T* table = w.tensors.gradient + tables_[j];
        std::fill(table, table + levels_[j] * k_, T(0));
        for (std::size_t i = 0; i < n; ++i) {
            T* sum = table + level(own.input[i * own.step_in + n_plain() + j], levels_[j]) * k_;
            const T* above = g.dY() + i * own.step + n_plain() + j * k_;
            GLASSNET_INDEPENDENT
            for (std::size_t o = 0; o < k_; ++o) sum[o] += above[o];
        }
    }

  private:
    // A code is a whole number from 0 on; anything else is the last level.
    static std::size_t level(T code, std::size_t n_levels) {
        return code >= 0 && code < static_cast<T>(n_levels) ? static_cast<std::size_t>(code)
                                                            : n_levels - 1;
    }

    std::size_t n_plain() const { return this->n_in - levels_.size(); }

    const std::vector<std::size_t> levels_;
    const std::size_t k_;
    std::vector<std::size_t> tables_;
};

}  // namespace glassnet
