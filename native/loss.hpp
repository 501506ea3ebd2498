// What a loss is: its settings, its target, how raw scores become answers, and value and gradient
// of the weighted mean over a batch. The losses are in losses.hpp and softmax.hpp.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "activations.hpp"

namespace glassnet {

// How the losses of several outputs make one: by their mean, or by their sum.
struct Reduction {
    const char* name;
    bool sums_value, sums_gradient;
};

constexpr Reduction reductions[] = {
    {"mean", false, false}, {"sum", true, true}, {"mean_of_sum", false, true}};

struct Loss {
    std::string name;
    std::vector<double> settings =
        {};  // huber: delta; quantile: the quantiles; logistic and softmax: label smoothing
    Reduction reduction = reductions[0];
    double clip_eps = 0;  // probabilities are clipped to [clip_eps, 1 - clip_eps] in the value
};

// The target of a batch: numbers (n, n_columns), or labels (n,) for softmax.
template <class T>
struct Target {
    const T* numbers = nullptr;
    const std::int64_t* labels = nullptr;
    std::size_t n_columns = 1;
};

// Rows [top, bottom) of k raw scores each, `step` apart, with their targets and weights; dZ gets
// the gradient of the sum over rows divided by n_terms.
template <class T>
struct ScoredRows {
    const T* Z;
    std::size_t step, k;
    Target<T> y;
    const double* weight;
    double n_terms;
    std::size_t top, bottom;
    T* dZ;
};

// What of a kind of loss is not its formula. An answer is made in place of k raw scores, `n` of
// them for each target.
struct LossTraits {
    static constexpr bool has_settings = false;   // see Loss
    static constexpr bool has_reduction = false;  // its outputs may be reduced in any of the ways
    static constexpr bool clips = false;          // its value may be that of clipped probabilities
    static constexpr bool per_class =
        false;  // an output for each class, and one loss for all of them
    static constexpr bool per_setting = false;  // an output for each setting
    static void transform(double*, std::size_t, std::size_t) {}
};

template <class T>
struct LossKind {
    const char* name;
    bool has_settings, has_reduction, clips, per_class, per_setting;
    void (*transform)(double* out, std::size_t k, std::size_t n);
    double (*backward)(const Loss& loss, const ScoredRows<T>& rows);  // the sum over the rows
};

template <class L, class T>
constexpr LossKind<T> loss_row(const char* name) {
    return {name,         L::has_settings, L::has_reduction, L::clips,
            L::per_class, L::per_setting,  L::transform,     L::template backward<T>};
}

// What the sums of value and gradient are divided by: the weight of the batch, once for each output
// where outputs count alone.
struct Terms {
    double value, gradient;
};

inline Terms terms(const Loss& loss, bool per_class, double weight, std::size_t k) {
    constexpr double tiny = std::numeric_limits<double>::min();  // a batch that weighs nothing
    const double rows = std::max(weight, tiny),
                 all = per_class ? rows : std::max(weight * static_cast<double>(k), tiny);
    return {loss.reduction.sums_value ? rows : all, loss.reduction.sums_gradient ? rows : all};
}

// Value and slope of one output; z is the raw score.
template <class T>
struct Element {
    T value, slope;
};

// A loss whose outputs count alone: of each output each(score, row, output). Rows of weight 0 are
// absent, whatever they hold.
template <class T, class Each>
double backward_of_elements(const ScoredRows<T>& rows, const Each& each) {
    const std::size_t k = rows.k, whole = whole_vectors<T>(k);
    double sum = 0;
    for (std::size_t i = rows.top; i < rows.bottom; ++i) {
        T* d = rows.dZ + i * rows.step;
        const T* z = rows.Z + i * rows.step;
        const double w = rows.weight ? rows.weight[i] : 1;
        if (w == 0) {
            std::fill(d, d + whole, T(0));
            continue;
        }
        const T scale = static_cast<T>(w / rows.n_terms);
        for (std::size_t j = 0; j < k; ++j) {
            const Element<T> e = each(z[j], i, j);
            const volatile T value =
                e.value;  // rounded first: one fused instruction for both would give another sum
            sum += value * w;
            d[j] = e.slope * scale;
        }
    }
    return sum;
}

}  // namespace glassnet
