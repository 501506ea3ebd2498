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

    Phase forward_phase(Workspace<T>& w, LayerBuffers<T>& own, std::size_t n,
                        const Done& done) const override {
        return phase_of(row_grid(n, this->n_out), done,
                        [this, &w, &own](const Block& block) { look_up(w, own, block); });
    }

    void backward_phases(Workspace<T>& w, LayerBuffers<T>& own, std::size_t n,
                         const Gradients<T>& g, std::vector<Phase>& phases) const override {
        const std::size_t q = levels_.size();
        phases.push_back(phase_of_both(
            {q, 1, 1, q, 1},
            [=, &w, &own](const Block& one) { backward_table(w, own, g.dY(), n, one.top); },
            g.needs_input_grad ? row_grid(n, this->n_in) : Grid{},
            [=, &own](const Block& rows) {
                backward_input(own, g.dY(), g.dX(), rows);
                g.done(rows);
            }));
    }

  private:
    // A code is a whole number from 0 on; anything else is the last level.
    static std::size_t level(T code, std::size_t n_levels) {
        return code >= 0 && code < static_cast<T>(n_levels) ? static_cast<std::size_t>(code)
                                                            : n_levels - 1;
    }

    std::size_t n_plain() const { return this->n_in - levels_.size(); }

    void look_up(Workspace<T>& w, LayerBuffers<T>& own, const Block& rows) const {
        for (std::size_t i = rows.top; i < rows.bottom; ++i) {
            const T* x = own.input + i * own.step_in;
            T* y = own.main.data() + i * own.step;
            std::memcpy(y, x, n_plain() * sizeof(T));
            for (std::size_t j = 0; j < levels_.size(); ++j)
                std::memcpy(y + n_plain() + j * k_,
                            w.tensors.theta + tables_[j] + level(x[n_plain() + j], levels_[j]) * k_,
                            k_ * sizeof(T));
        }
    }

    // The gradient of the table of code j: each level takes the rows that name it, in their order.
    void backward_table(Workspace<T>& w, LayerBuffers<T>& own, const T* dY, std::size_t n,
                        std::size_t j) const {
        T* table = w.tensors.gradient + tables_[j];
        std::fill(table, table + levels_[j] * k_, T(0));
        for (std::size_t i = 0; i < n; ++i) {
            T* sum = table + level(own.input[i * own.step_in + n_plain() + j], levels_[j]) * k_;
            const T* above = dY + i * own.step + n_plain() + j * k_;
            GLASSNET_INDEPENDENT
            for (std::size_t o = 0; o < k_; ++o) sum[o] += above[o];
        }
    }

    // dX of the columns that are no codes; a code has none.
    void backward_input(LayerBuffers<T>& own, const T* dY, T* dX, const Block& rows) const {
        for (std::size_t i = rows.top; i < rows.bottom; ++i) {
            std::memcpy(dX + i * own.step_in, dY + i * own.step, n_plain() * sizeof(T));
            std::fill(dX + i * own.step_in + n_plain(), dX + i * own.step_in + this->n_in, T(0));
        }
    }

    const std::vector<std::size_t> levels_;
    const std::size_t k_;
    std::vector<std::size_t> tables_;
};

}  // namespace glassnet
