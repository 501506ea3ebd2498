// Optimizers and penalties over stretches of theta, as in glassnet/optimizers.py and penalties.py, by the same names.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "names.hpp"
#include "simd.hpp"

namespace glassnet {

#define GLASSNET_OPTIMIZERS(_) _(none) _(sgd) _(rmsprop) _(adam) _(adamw)
GLASSNET_ENUM(OptimizerKind, GLASSNET_OPTIMIZERS)

// A stretch [start, stop) of theta with its factors of the learning rate and of decay.
struct Segment {
    std::size_t start, stop;
    double lr_factor, decay_factor;
};

struct OptimizerSettings {
    OptimizerKind kind = OptimizerKind::none;
    double momentum = 0, beta1 = 0, beta2 = 0, eps = 0, weight_decay = 0;  // beta2 is RMSprop's rho
    bool nesterov = false, rate_inside = false, uncorrected_eps = false;
};

// Whether an optimizer keeps a first vector (SGD's velocity, Adam's m) and a second one (RMSprop's v, Adam's v), as long as theta.
inline bool has_first(const OptimizerSettings& settings) {
    switch (settings.kind) {
        case OptimizerKind::none:
        case OptimizerKind::rmsprop: return false;
        case OptimizerKind::sgd: return settings.momentum != 0;
        case OptimizerKind::adam:
        case OptimizerKind::adamw: return true;
    }
    no_such_enumerator();
}

inline bool has_second(const OptimizerSettings& settings) {
    switch (settings.kind) {
        case OptimizerKind::none:
        case OptimizerKind::sgd: return false;
        case OptimizerKind::rmsprop:
        case OptimizerKind::adam:
        case OptimizerKind::adamw: return true;
    }
    no_such_enumerator();
}

// What a step has in common for all of theta.
struct Update {
    double lr = 0;
    double corrected1 = 1, corrected2 = 1;  // 1 - beta^t of Adam: of the rate, and of the root beside eps
    double factor = 1;                      // of the gradient, where it was too long
    double decay = 1;                       // factor of weight decay
};

inline Update update_number(const OptimizerSettings& settings, double t, double lr, double length, double max_norm,
                            double decay) {
    Update update{lr};
    update.decay = decay;
    if (settings.kind == OptimizerKind::adam || settings.kind == OptimizerKind::adamw) {
        update.corrected1 = 1 - std::pow(settings.beta1, t);
        update.corrected2 = 1 - std::pow(settings.beta2, t);
        if (settings.uncorrected_eps) {
            // The correction of the root goes into the rate, and eps stands beside the root as it is.
            update.corrected1 /= std::sqrt(update.corrected2);
            update.corrected2 = 1;
        }
    }
    if (length > max_norm) update.factor = max_norm / length;
    return update;
}

// first is SGD's velocity or Adam's m, second RMSprop's or Adam's v; t counts this step, from 1.
template <class T>
void optimizer_step(const OptimizerSettings& settings, T* theta, T* g, T* first, T* second, const Segment& segment, const Update& update) {
    const T rate = static_cast<T>(update.lr * segment.lr_factor);
    const std::size_t start = segment.start, stop = segment.stop;
    if (update.factor != 1) {
        const T factor = static_cast<T>(update.factor);
        for (std::size_t i = start; i < stop; ++i) g[i] *= factor;
    }
    switch (settings.kind) {
        case OptimizerKind::sgd: {
            const T momentum = static_cast<T>(settings.momentum);
            if (settings.momentum == 0) {
                GLASSNET_INDEPENDENT
                for (std::size_t i = start; i < stop; ++i) theta[i] -= rate * g[i];
            } else if (settings.rate_inside && settings.nesterov) {
                GLASSNET_INDEPENDENT
                for (std::size_t i = start; i < stop; ++i) {
                    first[i] = momentum * first[i] + rate * g[i];
                    theta[i] -= rate * g[i] + momentum * first[i];
                }
            } else if (settings.rate_inside) {
                GLASSNET_INDEPENDENT
                for (std::size_t i = start; i < stop; ++i) {
                    first[i] = momentum * first[i] + rate * g[i];
                    theta[i] -= first[i];
                }
            } else if (settings.nesterov) {
                GLASSNET_INDEPENDENT
                for (std::size_t i = start; i < stop; ++i) {
                    first[i] = momentum * first[i] + g[i];
                    theta[i] -= rate * (momentum * first[i] + g[i]);
                }
            } else {
                GLASSNET_INDEPENDENT
                for (std::size_t i = start; i < stop; ++i) {
                    first[i] = momentum * first[i] + g[i];
                    theta[i] -= rate * first[i];
                }
            }
            break;
        }
        case OptimizerKind::rmsprop: {
            const T rho = static_cast<T>(settings.beta2), rest = static_cast<T>(1 - settings.beta2), eps = static_cast<T>(settings.eps);
            GLASSNET_INDEPENDENT
            for (std::size_t i = start; i < stop; ++i) {
                second[i] = rho * second[i] + rest * (g[i] * g[i]);
                theta[i] -= rate * (g[i] / (std::sqrt(second[i]) + eps));
            }
            break;
        }
        case OptimizerKind::adam:
        case OptimizerKind::adamw: {
            const T keep1 = static_cast<T>(settings.beta1), rest1 = static_cast<T>(1 - settings.beta1);
            const T keep2 = static_cast<T>(settings.beta2), rest2 = static_cast<T>(1 - settings.beta2), eps = static_cast<T>(settings.eps);
            const T corrected = static_cast<T>(update.lr * segment.lr_factor / update.corrected1);
            const T root = static_cast<T>(1 / std::sqrt(update.corrected2));
            const T shrink = static_cast<T>(1 - update.lr * segment.lr_factor * settings.weight_decay * (segment.decay_factor * update.decay));
            GLASSNET_INDEPENDENT
            for (std::size_t i = start; i < stop; ++i) {
                first[i] = keep1 * first[i] + rest1 * g[i];
                second[i] = keep2 * second[i] + rest2 * (g[i] * g[i]);
                theta[i] = shrink * theta[i] - corrected * (first[i] / (std::sqrt(second[i]) * root + eps));
            }
            break;
        }
        case OptimizerKind::none: break;
    }
}

// Add the gradient of factor * (l1 |theta| + l2 / 2 theta^2) and return its value.
template <class T>
double penalty_gradient(const T* theta, T* g, const Segment& segment, double l1, double l2) {
    const T strength1 = static_cast<T>(l1 * segment.decay_factor), strength2 = static_cast<T>(l2 * segment.decay_factor);
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
        for (std::size_t j = 0; j < 8; ++j) parts[j] += static_cast<double>(g[i + j]) * static_cast<double>(g[i + j]);
    for (; i < stop; ++i) parts[0] += static_cast<double>(g[i]) * static_cast<double>(g[i]);
    return ((parts[0] + parts[4]) + (parts[1] + parts[5])) + ((parts[2] + parts[6]) + (parts[3] + parts[7]));
}

// Neighbours with equal factors as one, then cut to pieces of as many parameters: short stretches share a piece.
inline std::vector<std::vector<Segment>> stretches(const std::vector<Segment>& segments) {
    const std::size_t n = segments.empty() ? 0 : segments.back().stop, most = std::clamp<std::size_t>(n / 32, 2048, 16384);
    std::vector<Segment> joined;
    for (const Segment& segment : segments) {
        const bool same = !joined.empty() && joined.back().stop == segment.start && joined.back().lr_factor == segment.lr_factor &&
                          joined.back().decay_factor == segment.decay_factor;
        if (same) joined.back().stop = segment.stop;
        else joined.push_back(segment);
    }
    std::vector<std::vector<Segment>> pieces;
    std::size_t room = 0;
    for (Segment segment : joined)
        while (segment.start < segment.stop) {
            if (room == 0) {
                pieces.emplace_back();
                room = most;
            }
            Segment part = segment;
            part.stop = std::min(segment.stop, segment.start + room);
            pieces.back().push_back(part);
            room -= part.stop - part.start;
            segment.start = part.stop;
        }
    return pieces;
}

}  // namespace glassnet
