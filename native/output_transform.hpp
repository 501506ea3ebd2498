// One row of a table of numbers, from what the table holds to what the model answers, for programs
// that ask row by row.
#pragma once

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <vector>

#include "losses.hpp"

namespace glassnet {

// How numbers become features, as NumberCoding in glassnet/data/coding/columns.py: z = (x - mean) /
// scale, all times a power of two that keeps them in range, then z / sqrt(1 + (z / limit)^2); a
// missing number is 0 and marked behind the numbers where numbers of the column were missing in
// training. An infinite limit is none: z stays as it is, and a number may be missing only where
// some were missing in training.
struct Coding {
    std::vector<double> factor, mean, scale;
    std::vector<std::size_t> missing;
    double limit, far;

    std::size_t n_features() const { return mean.size() + missing.size(); }
    bool clips() const { return std::isfinite(limit); }

    bool takes(const double* x) const {
        for (std::size_t j = 0; j < mean.size() && !clips(); ++j)
            if (std::isnan(x[j]) && std::find(missing.begin(), missing.end(), j) == missing.end())
                return false;
        return true;
    }

    template <class T>
    void encode(const double* x, T* features) const {
        for (std::size_t j = 0; j < mean.size(); ++j) {
            double z = (x[j] * factor[j] - mean[j]) / scale[j];
            z = std::isnan(z) ? 0.0 : z;
            if (clips()) {
                z = std::clamp(z, -far, far);
                const double share = z * (1.0 / limit);
                z /= std::sqrt(share * share + 1.0);
            }
            features[j] = static_cast<T>(z);
        }
        for (std::size_t i = 0; i < missing.size(); ++i)
            features[mean.size() + i] = static_cast<T>(std::isnan(x[missing[i]]));
    }
};

// How raw scores become the answer: probabilities of the classes, or numbers in the target's unit.
struct OutputTransform {
    void (*transform)(double* out, std::size_t k, std::size_t n_quantiles);  // of the loss
    bool both_classes;                // of a single yes or no: the probability of no too
    std::size_t n_quantiles;          // sorted within each target
    std::vector<double> scale, mean;  // one for each output of a regression, none for classes
    std::vector<double> low, high;    // bounds of the answer; none without bounds

    std::size_t n_answers(std::size_t n_outputs) const { return both_classes ? 2 : n_outputs; }

    template <class T>
    void answer(const T* Z, std::size_t k, double* out) const {
        for (std::size_t j = 0; j < k; ++j)
            if (!std::isfinite(Z[j]))
                throw std::domain_error(
                    "the model's raw scores for row 0 are not finite: its weights or the numbers "
                    "of the row are too large");
        std::copy(Z, Z + k, out);
        transform(out, k, n_quantiles);
        if (both_classes) {
            out[1] = out[0];
            out[0] = 1 - out[1];
        }
        for (std::size_t j = 0; j < scale.size(); ++j) out[j] = out[j] * scale[j] + mean[j];
        for (std::size_t j = 0; j < low.size(); ++j) out[j] = std::clamp(out[j], low[j], high[j]);
    }
};

}  // namespace glassnet
