// The table of all losses, as in glassnet/losses, by the same names, and the losses whose outputs
// count alone.
#pragma once

#include "softmax.hpp"

namespace glassnet {

// L::element(score, target, setting) is the loss of one output.
template <class L>
struct LossOfElements : LossTraits {
    template <class T>
    static double backward(const Loss& loss, const ScoredRows<T>& rows) {
        const T first = loss.settings.empty() ? 0 : static_cast<T>(loss.settings[0]);
        const std::size_t n = L::per_setting ? loss.settings.size() : 1;
        return backward_of_elements(rows, [&](T z, std::size_t i, std::size_t j) {
            const T setting = n > 1 ? static_cast<T>(loss.settings[j % n]) : first;
            return L::element(z, rows.y.numbers[i * rows.y.n_columns + j / n], setting);
        });
    }
};

struct Squared : LossOfElements<Squared> {
    static constexpr bool has_reduction = true;

    template <class T>
    GLASSNET_INLINE static Element<T> element(T z, T y, T) {
        return {T(0.5) * (z - y) * (z - y), z - y};
    }
};

struct Absolute : LossOfElements<Absolute> {
    template <class T>
    GLASSNET_INLINE static Element<T> element(T z, T y, T) {
        return {std::abs(z - y), T((z > y) - (z < y))};
    }
};

struct Huber : LossOfElements<Huber> {
    static constexpr bool has_settings = true;

    template <class T>
    GLASSNET_INLINE static Element<T> element(T z, T y, T delta) {
        const T e = z - y, c = std::min(std::max(e, -delta), delta);
        return {c * (e - T(0.5) * c), c};
    }
};

struct Quantile : LossOfElements<Quantile> {
    static constexpr bool has_settings = true, per_setting = true;

    // The quantiles of each target in rising order.
    static void transform(double* out, std::size_t k, std::size_t n) {
        for (std::size_t j = 0; j < k; j += n) std::sort(out + j, out + j + n);
    }

    template <class T>
    GLASSNET_INLINE static Element<T> element(T z, T y, T quantile) {
        const T e = y - z;
        return {std::max(quantile * e, (quantile - 1) * e),
                (e < 0 ? T(1) : T(0)) - (e != 0 ? quantile : T(0))};
    }
};

struct Logistic : LossOfElements<Logistic> {
    static constexpr bool has_settings = true, has_reduction = true, clips = true;

    static void transform(double* out, std::size_t k, std::size_t) {
        for (std::size_t j = 0; j < k; ++j) out[j] = sigmoid(out[j]);
    }

    template <class T>
    GLASSNET_INLINE static T smooth(T y, T smoothing) {
        return smoothing != 0 ? (1 - smoothing) * y + T(0.5) * smoothing : y;
    }

    template <class T>
    GLASSNET_INLINE static Element<T> element(T z, T y, T smoothing) {
        const T target = smooth(y, smoothing);
        return {std::max(z, T(0)) - target * z + logarithm_1_plus(exponential(-std::abs(z))),
                sigmoid(z) - target};
    }

    template <class T>
    static double backward(const Loss& loss, const ScoredRows<T>& rows) {
        if (loss.clip_eps == 0) return LossOfElements<Logistic>::backward<T>(loss, rows);
        const T eps = static_cast<T>(loss.clip_eps), smoothing = static_cast<T>(loss.settings[0]);
        return backward_of_elements(rows, [&](T z, std::size_t i, std::size_t j) -> Element<T> {
            const T target = smooth(rows.y.numbers[i * rows.y.n_columns + j], smoothing);
            const T p = sigmoid(z), clipped = std::min(std::max(p, eps), 1 - eps);
            return {-target * logarithm(clipped) - (1 - target) * logarithm(1 - clipped),
                    p - target};
        });
    }
};

// A mean of exp(z).
template <class L>
struct LogLinkLoss : LossOfElements<L> {
    static void transform(double* out, std::size_t k, std::size_t) {
        for (std::size_t j = 0; j < k; ++j) out[j] = exponential(out[j]);
    }
};

struct Poisson : LogLinkLoss<Poisson> {
    static constexpr bool has_reduction = true;

    template <class T>
    GLASSNET_INLINE static Element<T> element(T z, T y, T) {
        const T mu = std::exp(z);
        return {mu - y * z + (y * std::log(std::max(y, T(1e-30))) - y), mu - y};
    }
};

struct Gamma : LogLinkLoss<Gamma> {
    template <class T>
    GLASSNET_INLINE static Element<T> element(T z, T y, T) {
        const T log_y = std::log(y), ratio = std::exp(log_y - z);
        return {ratio - 1 + (z - log_y), 1 - ratio};
    }
};

struct Tweedie : LogLinkLoss<Tweedie> {
    static constexpr bool has_settings = true;

    template <class T>
    GLASSNET_INLINE static Element<T> element(T z, T y, T power) {
        const T a = 1 - power, b = 2 - power, B = std::exp(b * z);
        const T A = y > 0 ? y * std::exp(a * z) : T(0);  // not 0 times infinity
        return {std::pow(y, b) / (a * b) - A / a + B / b, B - A};
    }
};

template <class T>
constexpr LossKind<T> losses[] = {
    loss_row<Squared, T>("squared"),   loss_row<Absolute, T>("absolute"),
    loss_row<Huber, T>("huber"),       loss_row<Quantile, T>("quantile"),
    loss_row<Logistic, T>("logistic"), loss_row<Softmax, T>("softmax"),
    loss_row<Poisson, T>("poisson"),   loss_row<Gamma, T>("gamma"),
    loss_row<Tweedie, T>("tweedie"),
};

template <class T>
const LossKind<T>& loss_kind(const std::string& name) {
    return row_named(losses<T>, name, "loss", "native/losses.hpp");
}

}  // namespace glassnet
