// Activation functions and their derivatives, as in glassnet/activations.py, by the same names.
#pragma once

#include <cmath>
#include <cstddef>

namespace glassnet {

enum class Activation { identity, sigmoid, tanh, relu, leaky_relu, elu, selu, gelu, silu, mish, softplus };

// Whether backward needs the input Z; the others are told by their output A.
inline bool keeps_input(Activation f) {
    return f == Activation::gelu || f == Activation::silu || f == Activation::mish || f == Activation::softplus;
}

constexpr double leaky_slope = 0.01, selu_alpha = 1.6732632423543772, selu_scale = 1.0507009873554805;
constexpr double inverse_sqrt_2 = 0.7071067811865476, inverse_sqrt_2pi = 0.3989422804014327;

template <class T>
T sigmoid(T z) {
    const T e = std::exp(-std::abs(z));
    return (z >= 0 ? T(1) : e) / (1 + e);
}

template <class T>
T softplus(T z) {
    return std::fmax(z, T(0)) + std::log1p(std::exp(-std::abs(z)));
}

template <class T>
T normal_cdf(T z) {
    return T(0.5) * std::erfc(z * T(-inverse_sqrt_2));
}

// fmax would turn a NaN into a number; a comparison lets it through, as NumPy does.
template <class T>
T positive(T z) {
    return z < 0 ? T(0) : z;
}

template <class T, class F>
void each(const T* Z, T* A, std::size_t n, F f) {
    for (std::size_t i = 0; i < n; ++i) A[i] = f(Z[i]);
}

// A = f(Z); A may be Z.
template <class T>
void activation_forward(Activation f, const T* Z, T* A, std::size_t n) {
    switch (f) {
        case Activation::identity:
            if (A != Z) each(Z, A, n, [](T z) { return z; });
            break;
        case Activation::sigmoid: each(Z, A, n, [](T z) { return sigmoid(z); }); break;
        case Activation::tanh: each(Z, A, n, [](T z) { return std::tanh(z); }); break;
        case Activation::relu: each(Z, A, n, [](T z) { return positive(z); }); break;
        case Activation::leaky_relu: each(Z, A, n, [](T z) { return z < 0 ? T(leaky_slope) * z : z; }); break;
        case Activation::elu: each(Z, A, n, [](T z) { return z > 0 ? z : std::expm1(z); }); break;
        case Activation::selu: each(Z, A, n, [](T z) { return T(selu_scale) * (z > 0 ? z : T(selu_alpha) * std::expm1(z)); }); break;
        case Activation::gelu: each(Z, A, n, [](T z) { return z * normal_cdf(z); }); break;
        case Activation::silu: each(Z, A, n, [](T z) { return z * sigmoid(z); }); break;
        case Activation::mish: each(Z, A, n, [](T z) { return z * std::tanh(softplus(z)); }); break;
        case Activation::softplus: each(Z, A, n, [](T z) { return softplus(z); }); break;
    }
}

template <class T, class F>
void scale_each(const T* kept, T* dA, std::size_t n, F slope) {
    for (std::size_t i = 0; i < n; ++i) dA[i] *= slope(kept[i]);
}

// dZ = dA * f'(Z), in place of dA; kept is A, or Z for those that keep their input.
template <class T>
void activation_backward(Activation f, const T* kept, T* dA, std::size_t n) {
    switch (f) {
        case Activation::identity: break;
        case Activation::sigmoid: scale_each(kept, dA, n, [](T a) { return a * (1 - a); }); break;
        case Activation::tanh: scale_each(kept, dA, n, [](T a) { return 1 - a * a; }); break;
        case Activation::relu: scale_each(kept, dA, n, [](T a) { return a > 0 ? T(1) : T(0); }); break;
        case Activation::leaky_relu: scale_each(kept, dA, n, [](T a) { return a > 0 ? T(1) : T(leaky_slope); }); break;
        case Activation::elu: scale_each(kept, dA, n, [](T a) { return a > 0 ? T(1) : a + 1; }); break;
        case Activation::selu:
            scale_each(kept, dA, n, [](T a) { return a > 0 ? T(selu_scale) : a + T(selu_scale * selu_alpha); });
            break;
        case Activation::gelu:
            scale_each(kept, dA, n, [](T z) {
                const T near = std::fmin(std::fmax(z, T(-40)), T(40));
                return normal_cdf(z) + near * (T(inverse_sqrt_2pi) * std::exp(T(-0.5) * near * near));
            });
            break;
        case Activation::silu:
            scale_each(kept, dA, n, [](T z) {
                const T s = sigmoid(z);
                return s * (1 + z * (1 - s));
            });
            break;
        case Activation::mish:
            scale_each(kept, dA, n, [](T z) {
                const T t = std::tanh(softplus(z));
                return t + z * ((1 - t * t) * sigmoid(z));
            });
            break;
        case Activation::softplus: scale_each(kept, dA, n, [](T z) { return sigmoid(z); }); break;
    }
}

}  // namespace glassnet
