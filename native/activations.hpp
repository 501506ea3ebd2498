// Activation functions and their derivatives, as in glassnet/activations.py, by the same names.
#pragma once

#include <cmath>
#include <cstddef>

#include "elementary.hpp"
#include "names.hpp"
#include "simd.hpp"

namespace glassnet {

#define GLASSNET_ACTIVATIONS(_) \
    _(identity) _(sigmoid) _(tanh) _(relu) _(leaky_relu) _(elu) _(selu) _(gelu) _(silu) _(mish) _(softplus)
GLASSNET_ENUM(Activation, GLASSNET_ACTIVATIONS)

// Whether backward needs the input Z; the others are told by their output A.
inline bool keeps_input(Activation f) {
    switch (f) {
        case Activation::gelu:
        case Activation::silu:
        case Activation::mish:
        case Activation::softplus: return true;
        case Activation::identity:
        case Activation::sigmoid:
        case Activation::tanh:
        case Activation::relu:
        case Activation::leaky_relu:
        case Activation::elu:
        case Activation::selu: return false;
    }
    no_such_enumerator();
}

constexpr double leaky_slope = 0.01, selu_alpha = 1.6732632423543772, selu_scale = 1.0507009873554805;
constexpr double inverse_sqrt_2 = 0.7071067811865476, inverse_sqrt_2pi = 0.3989422804014327;

template <class T>
[[gnu::always_inline]] inline T nonpositive(T z) {
    return z > 0 ? T(0) : z;
}

// fmax would turn a NaN into a number; a comparison lets it through, as NumPy does.
template <class T>
[[gnu::always_inline]] inline T positive(T z) {
    return z < 0 ? T(0) : z;
}

template <class T>
[[gnu::always_inline]] inline T sigmoid(T z) {
    const T e = exponential(-std::abs(z));
    return (z >= 0 ? T(1) : e) / (1 + e);
}

template <class T>
[[gnu::always_inline]] inline T softplus(T z) {
    return positive(z) + logarithm_1_plus(exponential(-std::abs(z)));
}

template <class T>
[[gnu::always_inline]] inline T normal_cdf(T z) {
    return T(0.5) * std::erfc(z * T(-inverse_sqrt_2));
}

// A = f(Z) over a block of signals whose rows are so far apart; A may be Z.
template <class T, class F>
void each(const T* Z, T* A, std::size_t step, const Block& block, F f) {
    for (std::size_t i = block.top; i < block.bottom; ++i) {
        GLASSNET_INDEPENDENT
        for (std::size_t j = i * step + block.left; j < i * step + block.right; ++j) A[j] = f(Z[j]);
    }
}

// A = f(Z); A may be Z.
template <class T>
void activation_forward(Activation f, const T* Z, T* A, std::size_t step, const Block& block) {
    const auto all = [&](auto function) { each(Z, A, step, block, function); };
    switch (f) {
        case Activation::identity:
            if (A != Z) all([](T z) { return z; });
            break;
        case Activation::sigmoid: all([](T z) { return sigmoid(z); }); break;
        case Activation::tanh: all([](T z) { return hyperbolic_tangent(z); }); break;
        case Activation::relu: all([](T z) { return positive(z); }); break;
        case Activation::leaky_relu: all([](T z) { return z < 0 ? T(leaky_slope) * z : z; }); break;
        case Activation::elu: all([](T z) { return z > 0 ? z : exponential_minus_1(nonpositive(z)); }); break;
        case Activation::selu:
            all([](T z) { return T(selu_scale) * (z > 0 ? z : T(selu_alpha) * exponential_minus_1(nonpositive(z))); });
            break;
        case Activation::gelu: all([](T z) { return z * normal_cdf(z); }); break;
        case Activation::silu: all([](T z) { return z * sigmoid(z); }); break;
        case Activation::mish: all([](T z) { return z * hyperbolic_tangent(softplus(z)); }); break;
        case Activation::softplus: all([](T z) { return softplus(z); }); break;
    }
}

// dZ = dA * f'(Z), in place of dA; kept is A, or Z for those that keep their input.
template <class T>
void activation_backward(Activation f, const T* kept, T* dA, std::size_t step, const Block& block) {
    const auto scale = [&](auto slope) {
        for (std::size_t i = block.top; i < block.bottom; ++i) {
            GLASSNET_INDEPENDENT
            for (std::size_t j = i * step + block.left; j < i * step + block.right; ++j) dA[j] *= slope(kept[j]);
        }
    };
    switch (f) {
        case Activation::identity: break;
        case Activation::sigmoid: scale([](T a) { return a * (1 - a); }); break;
        case Activation::tanh: scale([](T a) { return 1 - a * a; }); break;
        case Activation::relu: scale([](T a) { return a > 0 ? T(1) : T(0); }); break;
        case Activation::leaky_relu: scale([](T a) { return a > 0 ? T(1) : T(leaky_slope); }); break;
        case Activation::elu: scale([](T a) { return a > 0 ? T(1) : a + 1; }); break;
        case Activation::selu:
            scale([](T a) { return a > 0 ? T(selu_scale) : a + T(selu_scale * selu_alpha); });
            break;
        case Activation::gelu:
            scale([](T z) {
                const T near = std::fmin(std::fmax(z, T(-40)), T(40));
                return normal_cdf(z) + near * (T(inverse_sqrt_2pi) * exponential(T(-0.5) * near * near));
            });
            break;
        case Activation::silu:
            scale([](T z) {
                const T s = sigmoid(z);
                return s * (1 + z * (1 - s));
            });
            break;
        case Activation::mish:
            scale([](T z) {
                const T t = hyperbolic_tangent(softplus(z));
                return t + z * ((1 - t * t) * sigmoid(z));
            });
            break;
        case Activation::softplus: scale([](T z) { return sigmoid(z); }); break;
    }
}

}  // namespace glassnet
