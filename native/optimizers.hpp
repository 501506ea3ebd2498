// The table of all optimizers, and the penalties, over segments of theta, as in
// glassnet/optimizers.py and penalties.py, by the same names.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

#include "simd.hpp"
#include "tables.hpp"

namespace glassnet {

// A part [start, stop) of theta with its factors of the learning rate and of decay.
struct Segment {
    std::size_t start, stop;
    double lr_factor, decay_factor;
};

struct OptimizerSettings {
    std::string name = "none";
    double momentum = 0, beta1 = 0, beta2 = 0, eps = 0, weight_decay = 0;  // beta2 is RMSprop's rho
    bool nesterov = false, lr_in_velocity = false, uncorrected_eps = false;
};

// What a step has in common for all of theta.
struct Update {
    double lr = 0;
    double corrected1 = 1,
           corrected2 = 1;  // 1 - beta^t of Adam: of the rate, and of the root beside eps
    double factor = 1;      // of the gradient, where it was too long
    double decay = 1;       // factor of weight decay
};

// Theta, its gradient, and vectors as long as theta: `first` is SGD's velocity or Adam's m,
// `second` RMSprop's or Adam's v. An optimizer does not look at a vector that it does not keep.
template <class T>
struct OptimizerVectors {
    T *theta, *g, *first, *second;
};

template <class T>
struct OptimizerKind {
    const char* name;
    bool (*keeps_first)(const OptimizerSettings&);
    bool keeps_second, corrects_bias;
    void (*step)(const OptimizerSettings&, const OptimizerVectors<T>&, const Segment&,
                 const Update&);
};

struct NoOptimizer {
    static constexpr bool keeps_second = false, corrects_bias = false;
    static bool keeps_first(const OptimizerSettings&) { return false; }
    template <class T>
    static void step(const OptimizerSettings&, const OptimizerVectors<T>&, const Segment&,
                     const Update&) {}
};

struct SGD : NoOptimizer {
    static bool keeps_first(const OptimizerSettings& settings) { return settings.momentum != 0; }

    template <class T>
    static void step(const OptimizerSettings& settings, const OptimizerVectors<T>& vectors,
                     const Segment& segment, const Update& update) {
        T *theta = vectors.theta, *g = vectors.g, *first = vectors.first;
        const T rate = static_cast<T>(update.lr * segment.lr_factor),
                momentum = static_cast<T>(settings.momentum);
        const auto all = [&](auto change) {
            GLASSNET_INDEPENDENT
            for (std::size_t i = segment.start; i < segment.stop; ++i) change(i);
        };
        if (settings.momentum == 0) return all([=](std::size_t i) { theta[i] -= rate * g[i]; });
        if (settings.lr_in_velocity && settings.nesterov)
            return all([=](std::size_t i) {
                first[i] = momentum * first[i] + rate * g[i];
                theta[i] -= rate * g[i] + momentum * first[i];
            });
        if (settings.lr_in_velocity)
            return all([=](std::size_t i) {
                first[i] = momentum * first[i] + rate * g[i];
                theta[i] -= first[i];
            });
        if (settings.nesterov)
            return all([=](std::size_t i) {
                first[i] = momentum * first[i] + g[i];
                theta[i] -= rate * (momentum * first[i] + g[i]);
            });
        all([=](std::size_t i) {
            first[i] = momentum * first[i] + g[i];
            theta[i] -= rate * first[i];
        });
    }
};

struct RMSprop : NoOptimizer {
    static constexpr bool keeps_second = true;

    template <class T>
    static void step(const OptimizerSettings& settings, const OptimizerVectors<T>& vectors,
                     const Segment& segment, const Update& update) {
        const auto [theta, g, first, second] = vectors;
        const T rate = static_cast<T>(update.lr * segment.lr_factor),
                eps = static_cast<T>(settings.eps);
        const T rho = static_cast<T>(settings.beta2), rest = static_cast<T>(1 - settings.beta2);
        GLASSNET_INDEPENDENT
        for (std::size_t i = segment.start; i < segment.stop; ++i) {
            second[i] = rho * second[i] + rest * (g[i] * g[i]);
            theta[i] -= rate * (g[i] / (std::sqrt(second[i]) + eps));
        }
    }
};

// Adam, and AdamW where there is weight decay.
struct Adam {
    static constexpr bool keeps_second = true, corrects_bias = true;
    static bool keeps_first(const OptimizerSettings&) { return true; }

    template <class T>
    static void step(const OptimizerSettings& settings, const OptimizerVectors<T>& vectors,
                     const Segment& segment, const Update& update) {
        const auto [theta, g, first, second] = vectors;
        const double lr = update.lr * segment.lr_factor;
        const T keep1 = static_cast<T>(settings.beta1), rest1 = static_cast<T>(1 - settings.beta1);
        const T keep2 = static_cast<T>(settings.beta2), rest2 = static_cast<T>(1 - settings.beta2),
                eps = static_cast<T>(settings.eps);
        const T corrected = static_cast<T>(lr / update.corrected1),
                root = static_cast<T>(1 / std::sqrt(update.corrected2));
        const T shrink =
            static_cast<T>(1 - lr * settings.weight_decay * (segment.decay_factor * update.decay));
        GLASSNET_INDEPENDENT
        for (std::size_t i = segment.start; i < segment.stop; ++i) {
            first[i] = keep1 * first[i] + rest1 * g[i];
            second[i] = keep2 * second[i] + rest2 * (g[i] * g[i]);
            theta[i] =
                shrink * theta[i] - corrected * (first[i] / (std::sqrt(second[i]) * root + eps));
        }
    }
};

template <class O, class T>
constexpr OptimizerKind<T> optimizer_row(const char* name) {
    return {name, O::keeps_first, O::keeps_second, O::corrects_bias, O::template step<T>};
}

template <class T>
constexpr OptimizerKind<T> optimizers[] = {
    optimizer_row<NoOptimizer, T>("none"), optimizer_row<SGD, T>("sgd"),
    optimizer_row<RMSprop, T>("rmsprop"),  optimizer_row<Adam, T>("adam"),
    optimizer_row<Adam, T>("adamw"),
};

template <class T>
const OptimizerKind<T>& optimizer_kind(const std::string& name) {
    return row_named(optimizers<T>, name, "optimizer", "native/optimizers.hpp");
}

// What a step has in common; t counts this step, from 1, and `length` is that of the gradient.
inline Update make_update(const OptimizerSettings& settings, bool corrects_bias, double t,
                          double lr, double length, double max_norm, double decay) {
    Update update{lr};
    update.decay = decay;
    if (corrects_bias) {
        update.corrected1 = 1 - std::pow(settings.beta1, t);
        update.corrected2 = 1 - std::pow(settings.beta2, t);
    }
    if (corrects_bias && settings.uncorrected_eps) {
        // The correction of the root goes into the rate, and eps is added to the root as it is.
        update.corrected1 /= std::sqrt(update.corrected2);
        update.corrected2 = 1;
    }
    if (length > max_norm) update.factor = max_norm / length;
    return update;
}

template <class T>
void optimizer_step(const OptimizerKind<T>& kind, const OptimizerSettings& settings,
                    const OptimizerVectors<T>& vectors, const Segment& segment,
                    const Update& update) {
    const T factor = static_cast<T>(update.factor);
    for (std::size_t i = segment.start; update.factor != 1 && i < segment.stop; ++i)
        vectors.g[i] *= factor;
    kind.step(settings, vectors, segment, update);
}

// Add the gradient of factor * (l1 |theta| + l2 / 2 theta^2) and return its value.
template <class T>
double penalty_gradient(const T* theta, T* g, const Segment& segment, double l1, double l2) {
    const T strength1 = static_cast<T>(l1 * segment.decay_factor),
            strength2 = static_cast<T>(l2 * segment.decay_factor);
    double sum = 0, squares = 0;
    for (std::size_t i = segment.start; i < segment.stop; ++i) {
        const T w = theta[i];
        squares += static_cast<double>(w) * w;
        sum += std::abs(static_cast<double>(w));
        g[i] += strength2 * w + strength1 * static_cast<T>((w > 0) - (w < 0));
    }
    return segment.decay_factor * (l1 * sum + 0.5 * l2 * squares);
}

// The sum of squares, in double so that a long float vector neither rounds nor overflows.
template <class T>
double sum_of_squares(const T* g, std::size_t start, std::size_t stop) {
    double parts[8] = {};
    std::size_t i = start;
    for (; i + 8 <= stop; i += 8)
        for (std::size_t j = 0; j < 8; ++j)
            parts[j] += static_cast<double>(g[i + j]) * static_cast<double>(g[i + j]);
    for (; i < stop; ++i) parts[0] += static_cast<double>(g[i]) * static_cast<double>(g[i]);
    return ((parts[0] + parts[4]) + (parts[1] + parts[5])) +
           ((parts[2] + parts[6]) + (parts[3] + parts[7]));
}

// The segments, where neighbours with equal factors are one, divided into pieces of as many
// parameters each: short segments share a piece.
inline std::vector<std::vector<Segment>> pieces_of(const std::vector<Segment>& segments) {
    const std::size_t n = segments.empty() ? 0 : segments.back().stop,
                      max_size = std::clamp<std::size_t>(n / 32, 2048, 16384);
    std::vector<Segment> joined;
    for (const Segment& segment : segments) {
        const bool same = !joined.empty() && joined.back().stop == segment.start &&
                          joined.back().lr_factor == segment.lr_factor &&
                          joined.back().decay_factor == segment.decay_factor;
        if (same)
            joined.back().stop = segment.stop;
        else
            joined.push_back(segment);
    }
    std::vector<std::vector<Segment>> pieces;
    std::size_t left = 0;
    for (Segment segment : joined)
        while (segment.start < segment.stop) {
            if (left == 0) {
                pieces.emplace_back();
                left = max_size;
            }
            Segment part = segment;
            part.stop = std::min(segment.stop, segment.start + left);
            pieces.back().push_back(part);
            left -= part.stop - part.start;
            segment.start = part.stop;
        }
    return pieces;
}

}  // namespace glassnet
