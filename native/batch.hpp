// The rows of a step: those of X that an order names, copied next to each other with their targets
// and weights.
#pragma once

#include <algorithm>
#include <vector>

#include "loss.hpp"
#include "rows.hpp"

namespace glassnet {

template <class T>
class Batch {
  public:
    // All rows where there is no order. A row of weight 0 counts as absent.
    void bind(const Rows<T>& X, const Target<T>& y, const double* weight, const std::int64_t* order,
              std::size_t n) {
        X_ = &X, y_ = &y, given_weight_ = weight, order_ = order, n_ = n;
        total_ = static_cast<double>(n);
        if (weight) {
            total_ = 0;
            for (std::size_t i = 0; i < n; ++i) total_ += weight[row(i)];
        }
    }

    std::size_t n() const { return n_; }
    double total() const { return total_; }  // weight

    // Make room for the bound rows.
    void resize() {
        if (y_->labels)
            labels_.resize(std::max(n_, labels_.size()));
        else
            numbers_.resize(n_ * y_->n_columns);
        weight_.resize(std::max(n_, weight_.size()));
    }

    // Copy rows [top, bottom), those of X to `input`, `step` apart.
    void gather(std::size_t top, std::size_t bottom, T* input, std::size_t step) {
        const std::size_t k = y_->n_columns;
        for (std::size_t i = top; i < bottom; ++i) {
            if (i + ahead < bottom) X_->prefetch(row(i + ahead));
            const std::size_t at = row(i);
            X_->copy(at, input + i * step);
            if (y_->labels)
                labels_[i] = y_->labels[at];
            else
                std::copy(y_->numbers + at * k, y_->numbers + (at + 1) * k,
                          numbers_.data() + i * k);
            if (given_weight_) weight_[i] = given_weight_[at];
        }
    }

    Target<T> target() const {
        return {y_->labels ? nullptr : numbers_.data(), y_->labels ? labels_.data() : nullptr,
                y_->n_columns};
    }
    const double* weight() const { return given_weight_ ? weight_.data() : nullptr; }

  private:
    static constexpr std::size_t ahead = 8;  // rows that are fetched while others are copied

    std::size_t row(std::size_t i) const {
        return order_ ? static_cast<std::size_t>(order_[i]) : i;
    }

    const Rows<T>* X_ = nullptr;
    const Target<T>* y_ = nullptr;
    const double* given_weight_ = nullptr;
    const std::int64_t* order_ = nullptr;
    std::size_t n_ = 0;
    double total_ = 0;
    std::vector<std::int64_t> labels_;
    std::vector<double> weight_;
    Buffer<T> numbers_;
};

}  // namespace glassnet
