// Activation functions and their derivatives, as in glassnet/activations.py, by the same names.
#pragma once

#include <cmath>
#include <cstddef>
#include <functional>
#include <vector>

#include "elementary.hpp"
#include "simd.hpp"
#include "tables.hpp"

namespace glassnet {

constexpr double leaky_slope = 0.01, selu_alpha = 1.6732632423543772,
                 selu_scale = 1.0507009873554805;
constexpr double inverse_sqrt_2 = 0.7071067811865476, inverse_sqrt_2pi = 0.3989422804014327;

template <class T>
GLASSNET_INLINE T nonpositive(T z) {
    return z > 0 ? T(0) : z;
}

// fmax would turn a NaN into a number; a comparison lets it through, as NumPy does.
template <class T>
GLASSNET_INLINE T positive(T z) {
    return z < 0 ? T(0) : z;
}

template <class T>
GLASSNET_INLINE T sigmoid(T z) {
    const T e = exponential(-std::abs(z));
    return (z >= 0 ? T(1) : e) / (1 + e);
}

template <class T>
GLASSNET_INLINE T softplus(T z) {
    return positive(z) + logarithm_1_plus(exponential(-std::abs(z)));
}

// tanh(softplus(z)) and its slope by one exponential, e = exp(-|z|). With w = exp(z) it is (w^2 + 2
// w) / (w^2 + 2 w + 2), here times 1 or, where w is large, times e^2 above and below.
template <class T>
struct TanhOfSoftplus {
    T value, slope;
};

template <class T>
GLASSNET_INLINE TanhOfSoftplus<T> tanh_of_softplus(T z) {
    const T e = exponential(-std::abs(z)), above = z >= 0 ? 1 + 2 * e : e * (e + 2),
            below = above + 2 * (z >= 0 ? e * e : T(1));
    return {above / below, 4 * (z >= 0 ? e * e : e) * (1 + e) / (below * below)};
}

template <class T>
GLASSNET_INLINE T normal_cdf(T z) {
    return T(0.5) * std::erfc(z * T(-inverse_sqrt_2));
}

// A = f(Z) over a block of signals whose rows are `step` apart, where A may be Z; and dZ = dA f'(Z)
// in place of dA, where kept is A, or Z if the function keeps its input.
template <class T>
struct Activation {
    const char* name;
    bool keeps_input;
    std::function<void(const T* Z, T* A, std::size_t step, const Block& block)> forward;
    std::function<void(const T* kept, T* dA, std::size_t step, const Block& block)> backward;
};

// A function is a pair: its value at z, and its slope as a function of what is kept.
template <class T, class Value, class Slope>
Activation<T> activation(const char* name, bool keeps_input, Value value, Slope slope) {
    return {name, keeps_input,
            [value](const T* Z, T* A, std::size_t step, const Block& block) {
                for_each_number(block, step,
                                [=](std::size_t at, std::size_t) { A[at] = value(Z[at]); });
            },
            [slope](const T* kept, T* dA, std::size_t step, const Block& block) {
                for_each_number(block, step,
                                [=](std::size_t at, std::size_t) { dA[at] *= slope(kept[at]); });
            }};
}

constexpr bool of_output = false, of_input = true;  // the slope

template <class T>
inline const std::vector<Activation<T>> activations{
    {"identity", of_output,
     [](const T* Z, T* A, std::size_t step, const Block& block) {
         if (A != Z) copy(Z, A, step, block);
     },
     [](const T*, T*, std::size_t, const Block&) {}},
    activation<T>(
        "sigmoid", of_output, [](T z) { return sigmoid(z); }, [](T a) { return a * (1 - a); }),
    activation<T>(
        "tanh", of_output, [](T z) { return hyperbolic_tangent(z); },
        [](T a) { return 1 - a * a; }),
    activation<T>(
        "relu", of_output, [](T z) { return positive(z); },
        [](T a) { return a > 0 ? T(1) : T(0); }),
    activation<T>(
        "leaky_relu", of_output, [](T z) { return z < 0 ? T(leaky_slope) * z : z; },
        [](T a) { return a > 0 ? T(1) : T(leaky_slope); }),
    activation<T>(
        "elu", of_output, [](T z) { return z > 0 ? z : exponential_minus_1(nonpositive(z)); },
        [](T a) { return a > 0 ? T(1) : a + 1; }),
    activation<T>(
        "selu", of_output,
        [](T z) {
            return T(selu_scale) *
                   (z > 0 ? z : T(selu_alpha) * exponential_minus_1(nonpositive(z)));
        },
        [](T a) { return a > 0 ? T(selu_scale) : a + T(selu_scale * selu_alpha); }),
    activation<T>(
        "gelu", of_input, [](T z) { return z * normal_cdf(z); },
        [](T z) {
            const T near = std::fmin(std::fmax(z, T(-40)), T(40));
            return normal_cdf(z) +
                   near * (T(inverse_sqrt_2pi) * exponential(T(-0.5) * near * near));
        }),
    activation<T>(
        "silu", of_input, [](T z) { return z * sigmoid(z); },
        [](T z) {
            const T s = sigmoid(z);
            return s * (1 + z * (1 - s));
        }),
    activation<T>(
        "mish", of_input, [](T z) { return z * tanh_of_softplus(z).value; },
        [](T z) {
            const auto t = tanh_of_softplus(z);
            return t.value + z * t.slope;
        }),
    activation<T>(
        "softplus", of_input, [](T z) { return softplus(z); }, [](T z) { return sigmoid(z); }),
};

}  // namespace glassnet
