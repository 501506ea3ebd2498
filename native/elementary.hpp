// Exponential, logarithm, sine and cosine without a branch, so that a loop over them becomes
// vectors: the power series after a reduction of the argument. Errors are of two or three units in
// the last place; not a number goes in and comes out.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "simd.hpp"

namespace glassnet {

// n_powers, n_odd, n_turn: how many terms bring the rest of each series below the last place.
// whole: from here on there are whole numbers alone; adding rounder leaves one in the low bits.
template <class T>
struct Format {
    static constexpr bool is_float = sizeof(T) == 4;
    using Integer = std::conditional_t<is_float, std::int32_t, std::int64_t>;
    static constexpr int mantissa = std::numeric_limits<T>::digits - 1,
                         bias = std::numeric_limits<T>::max_exponent - 1,
                         n_powers = is_float ? 8 : 14, n_odd = is_float ? 5 : 11,
                         n_turn = is_float ? 7 : 11;
    static constexpr T lowest = is_float ? -104 : -746, highest = is_float ? 89 : 710,
                       whole = T(Integer(1) << mantissa), rounder = T(1.5) * whole,
                       ln2_high = is_float ? 0.693359375f : 6.93147180369123816490e-01,
                       ln2_low = is_float ? -2.12194440e-4f : 1.90821492927058770002e-10;
};

template <class T>
GLASSNET_INLINE typename Format<T>::Integer bits(T x) {
    return __builtin_bit_cast(typename Format<T>::Integer, x);
}

// 2^n for n within the normal exponents.
template <class T>
GLASSNET_INLINE T power_of_two(typename Format<T>::Integer n) {
    return __builtin_bit_cast(
        T, static_cast<typename Format<T>::Integer>((n + Format<T>::bias) << Format<T>::mantissa));
}

// x = n ln 2 + r with |r| <= ln 2 / 2.
template <class T>
struct Reduced {
    typename Format<T>::Integer n;
    T r;
};

template <class T>
GLASSNET_INLINE Reduced<T> reduce(T x) {
    using F = Format<T>;
    const T shifted = x * T(1.4426950408889634) + F::rounder;
    const T n = shifted - F::rounder;
    return {bits(shifted) - bits(F::rounder), (x - n * F::ln2_high) - n * F::ln2_low};
}

// exp(r) - 1 = r (1 + r/2 (1 + r/3 (1 + ...))).
template <class T>
GLASSNET_INLINE T small_expm1(T r) {
    T sum = 1;
    for (int k = Format<T>::n_powers; k >= 2; --k) sum = 1 + r * (1 / T(k)) * sum;
    return r * sum;
}

// exp(x); 0 and infinity beyond the range of T.
template <class T>
GLASSNET_INLINE T exponential(T x) {
    using F = Format<T>;
    x = x < F::lowest ? F::lowest : x;
    x = x > F::highest ? F::highest : x;
    const auto [n, r] = reduce(x);
    const auto half = n >> 1;  // in two steps, since 2^n itself may be no normal number
    return ((1 + small_expm1(r)) * power_of_two<T>(half)) * power_of_two<T>(n - half);
}

// exp(x) - 1 for x of at most 40, exact near 0 too.
template <class T>
GLASSNET_INLINE T exponential_minus_1(T x) {
    x = x < T(-60) ? T(-60) : x;
    const auto [n, r] = reduce(x);
    const T scale = power_of_two<T>(n);
    return scale * small_expm1(r) + (scale - 1);
}

template <class T>
GLASSNET_INLINE T hyperbolic_tangent(T x) {
    T near = x < T(-20) ? T(-20) : x;
    near = near > T(20) ? T(20) : near;
    const T e = exponential_minus_1(2 * near);
    return e / (e + 2);
}

// log(x) of a positive normal x: x = 2^n (1 + f), log(1 + f) = 2 (s + s^3/3 + s^5/5 + ...), s = f /
// (2 + f), |s| <= 0.172.
template <class T>
GLASSNET_INLINE T logarithm(T x) {
    using F = Format<T>;
    using Integer = typename F::Integer;
    // The bits of sqrt(1/2), so that 1 + f lies between it and sqrt(2).
    const Integer middle = bits(T(0.70710678118654752));
    const Integer n = (bits(x) - middle) >> F::mantissa;
    const T f =
        __builtin_bit_cast(T, static_cast<Integer>(bits(x) - n * (Integer(1) << F::mantissa))) - 1;
    const T s = f / (2 + f), square = s * s;
    T sum = 0;
    for (int k = F::n_odd - 1; k >= 1; --k) sum = square * (1 / T(2 * k + 1) + sum);
    const T count = static_cast<T>(n);
    return count * F::ln2_high + (2 * s + (2 * s * sum + count * F::ln2_low));
}

// log(1 + u) for u from 0 to 1: the logarithm of the rounded sum, corrected by what the rounding
// lost.
template <class T>
GLASSNET_INLINE T logarithm_1_plus(T u) {
    const T w = 1 + u;
    return logarithm(w) + (u - (w - 1)) / w;
}

// The power series of sin(2 pi v) / v and of cos(2 pi v), in powers of v^2: (2 pi)^n / n! with
// signs by turns.
template <class T>
struct TurnSeries {
    T sine[Format<T>::n_turn] = {}, cosine[Format<T>::n_turn] = {};

    constexpr TurnSeries() {
        long double power = 1;
        for (int k = 0; k < Format<T>::n_turn; ++k) {
            cosine[k] = static_cast<T>(k % 2 ? -power : power);
            power *= 6.28318530717958647692528676655900577L / (2 * k + 1);
            sine[k] = static_cast<T>(k % 2 ? -power : power);
            power *= 6.28318530717958647692528676655900577L / (2 * k + 2);
        }
    }
};

template <class T>
inline constexpr TurnSeries<T> turn_series{};

template <class T, class V>
GLASSNET_INLINE V power_series(const T (&coefficients)[Format<T>::n_turn], V square) {
    V sum = square * coefficients[Format<T>::n_turn - 1] + coefficients[Format<T>::n_turn - 2];
#pragma GCC unroll 16
    for (int k = Format<T>::n_turn - 3; k >= 0; --k) sum = square * sum + coefficients[k];
    return sum;
}

// What is left of a turns, a >= 0, when whole ones are taken away: exactly, in [-1/2, 1/2].
template <class T, class V>
GLASSNET_INLINE V part_of_turn(V a) {
    const V n = (a + Format<T>::whole) - Format<T>::whole;
    return a < Format<T>::whole ? a - n : a - a;
}

// cos(2 pi u) = sin(2 pi (1/4 - |r|)) with r = u less whole turns; T is the type of a number, V
// that or a vector of them.
template <class T, class V>
GLASSNET_INLINE V cosine_of_turns(V u) {
    const V r = part_of_turn<T, V>(u < T(0) ? -u : u), v = T(0.25) - (r < T(0) ? -r : r);
    return v * power_series<T, V>(turn_series<T>.sine, v * v);
}

template <class V>
struct OnCircle {
    V cosine, sine;
};

// cos(2 pi u) as above, and sin(2 pi u) = cos(2 pi (1/4 - |r|)) with the sign of r.
template <class T, class V>
GLASSNET_INLINE OnCircle<V> circle_of_turns(V u) {
    const V a = u < T(0) ? -u : u, r = part_of_turn<T, V>(a), v = T(0.25) - (r < T(0) ? -r : r),
            square = v * v;
    const V sine = power_series<T, V>(turn_series<T>.cosine, square);
    return {v * power_series<T, V>(turn_series<T>.sine, square), u * r < T(0) ? -sine : sine};
}

}  // namespace glassnet
