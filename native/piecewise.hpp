// The piecewise-linear embedding of numbers, as in glassnet/layers/piecewise.py. In the bin that x
// is in, a broken line is a value at the lower edge and a slope, and no other bin is looked at.
#pragma once

#include <numeric>
#include <type_traits>

#include "embedding.hpp"

namespace glassnet {

// The broken lines of one column: of each bin its width, and of each line in it the value at the
// lower edge and the slope. `sums` has room for two numbers of each of them.
template <class T>
struct BrokenLines {
    std::size_t n, k;
    const T* edge;
    T *width, *value, *slope, *sums;

    BrokenLines(std::size_t n_bins, std::size_t n_lines, const T* edges, const T* W, const T* b,
                T* room)
        : n(n_bins), k(n_lines), edge(edges) {
        width = room, value = width + n, slope = value + n * k, sums = slope + n * k;
        for (std::size_t bin = 0; bin < n; ++bin) {
            width[bin] = edge[bin + 1] - edge[bin];
            for (std::size_t o = 0; o < k; ++o) {
                value[bin * k + o] =
                    bin == 0 ? b[o] : value[(bin - 1) * k + o] + W[(bin - 1) * k + o];
                slope[bin * k + o] = W[bin * k + o] / width[bin];
            }
        }
    }

    // An edge belongs to the bin above it; NaN is in the first bin.
    std::size_t bin_of(T x) const {
        std::conditional_t<sizeof(T) == 4, std::int32_t, std::int64_t> below =
            0;  // as wide as x, for vectors
        for (std::size_t bin = 1; bin < n; ++bin) below += x >= edge[bin];
        return static_cast<std::size_t>(below);
    }
};

template <class T>
class PiecewiseLinearEmbedding final : public NumberEmbedding<T> {
  public:
    explicit PiecewiseLinearEmbedding(Specification& spec)
        : PiecewiseLinearEmbedding(spec, spec.counts("n_bins"), spec.count("n_out")) {}

  private:
    PiecewiseLinearEmbedding(Specification& spec, std::vector<std::size_t> bins, std::size_t k)
        : NumberEmbedding<T>(spec, bins.size(), k, 1 + k),
          n_bins_(std::move(bins)),
          starts_(n_bins_.size() + 1) {
        std::partial_sum(n_bins_.begin(), n_bins_.end(), starts_.begin() + 1);
        W_ = spec.parameters({starts_.back(), k}), b_ = spec.parameters({n_bins_.size(), k});
        edges_ = spec.statistics({starts_.back() + n_bins_.size()});
    }

    std::size_t piece_memory() const override {
        return *std::max_element(n_bins_.begin(), n_bins_.end()) * (1 + 4 * this->k_);
    }

    BrokenLines<T> lines(const Workspace<T>& w, T* room, std::size_t j) const {
        const std::size_t k = this->k_;
        return {n_bins_[j],
                k,
                w.tensors.statistics + edges_ + starts_[j] + j,
                w.tensors.theta + W_ + starts_[j] * k,
                w.tensors.theta + b_ + j * k,
                room};
    }

    // y = [x, value + slope (x - edge)]
    void embed(Workspace<T>& w, LayerBuffers<T>& own, T* room, std::size_t top,
               std::size_t bottom) const override {
        const std::size_t k = this->k_;
        for (std::size_t j = 0; j < this->n_numeric_; ++j) {
            const BrokenLines<T> at = lines(w, room, j);
            for (std::size_t i = top; i < bottom; ++i) {
                const T x = own.input[i * own.step_in + j];
                const std::size_t bin = at.bin_of(x);
                const T beyond = x - at.edge[bin];
                T* y = own.main.data() + i * own.step + j * (1 + k);
                *y = x;
                for (std::size_t o = 0; o < k; ++o)
                    y[1 + o] = at.value[bin * k + o] + at.slope[bin * k + o] * beyond;
            }
        }
        this->copy_rest(own, top, bottom);
    }

    // A row moves the rise over its own bin by its place in it, and the rises over all bins below
    // wholly.
    void backward_column(Workspace<T>& w, LayerBuffers<T>& own, const T* dY, T* dX, T* room,
                         std::size_t n, std::size_t j) const override {
        const std::size_t k = this->k_;
        const BrokenLines<T> at = lines(w, room, j);
        T *all = at.sums, *beyond = all + at.n * k;
        std::fill(all, all + 2 * at.n * k, T(0));
        for (std::size_t i = 0; i < n; ++i) {
            const T x = own.input[i * own.step_in + j];
            const T* above = dY + i * own.step + j * (1 + k);
            const std::size_t bin = at.bin_of(x);
            const T over = x - at.edge[bin];
            T dx = *above;
            for (std::size_t o = 0; o < k; ++o) {
                const T d = above[1 + o];
                all[bin * k + o] += d;
                beyond[bin * k + o] += d * over;
                dx += d * at.slope[bin * k + o];
            }
            if (dX) dX[i * own.step_in + j] = dx;
        }
        T *dW = w.tensors.gradient + W_ + starts_[j] * k, *db = w.tensors.gradient + b_ + j * k;
        for (std::size_t o = 0; o < k; ++o) {
            T higher = 0;
            for (std::size_t bin = at.n; bin-- > 0;) {
                dW[bin * k + o] = beyond[bin * k + o] / at.width[bin] + higher;
                higher += all[bin * k + o];
            }
            db[o] = higher;
        }
    }

    const std::vector<std::size_t> n_bins_;
    std::vector<std::size_t> starts_;  // the row of W at which that of each column begins
    std::size_t W_, b_, edges_;
};

}  // namespace glassnet
