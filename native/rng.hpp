// Counter-based random numbers: Philox4x64-10, the same words as glassnet/rng.py draws, several
// blocks at once. Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC
// 2011.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "simd.hpp"

namespace glassnet {

using Words = Vector<std::uint64_t>;
constexpr std::size_t blocks_at_once = lanes<std::uint64_t>, units_at_once = 8 * blocks_at_once;

struct Product {
    Words high, low;
};

// The 128 bits of a x for each lane, from products of 32 bits.
inline Product wide_product(std::uint64_t a, Words x) {
    constexpr std::uint64_t mask = 0xFFFFFFFFu;
    const std::uint64_t a_low = a & mask, a_high = a >> 32;
    const Words x_low = x & mask, x_high = x >> 32;
    const Words low = x_low * a_low, middle = x_high * a_low + (low >> 32),
                cross = x_low * a_high + (middle & mask);
    return {x_high * a_high + (middle >> 32) + (cross >> 32), cross << 32 | (low & mask)};
}

// The eight 32-bit integers of each of several blocks in a row, low halves first: key (seed,
// stream), counter (block + 1, 0, 0, step).
inline void philox(std::uint64_t block, std::uint64_t step, std::uint64_t seed,
                   std::uint64_t stream, std::uint32_t* integers) {
    constexpr std::uint64_t multiplier0 = 0xD2E7470EE14C6C93u, multiplier1 = 0xCA5A826395121157u;
    constexpr std::uint64_t weyl0 = 0x9E3779B97F4A7C15u, weyl1 = 0xBB67AE8584CAA73Bu;
    Words w0{}, w1{}, w2{}, w3 = Words{} + step;
    for (std::size_t lane = 0; lane < blocks_at_once; ++lane)
        w0[lane] = block + lane + 1;  // NumPy counts before it draws
    for (int round = 0; round < 10; ++round) {
        const Product p0 = wide_product(multiplier0, w0), p1 = wide_product(multiplier1, w2);
        w0 = p1.high ^ w1 ^ seed;
        w1 = p1.low;
        w2 = p0.high ^ w3 ^ stream;
        w3 = p0.low;
        seed += weyl0;
        stream += weyl1;
    }
    for (std::size_t lane = 0; lane < blocks_at_once; ++lane) {
        const std::uint64_t words[4] = {w0[lane], w1[lane], w2[lane], w3[lane]};
        for (std::size_t half = 0; half < 8; ++half)
            integers[8 * lane + half] =
                static_cast<std::uint32_t>(words[half / 2] >> (half % 2 * 32));
    }
}

// Write scale where a unit is kept and 0 where it is dropped, for n units from number `first` on:
// unit i is kept where the 32-bit integer number i of the stream lies below the threshold.
template <class T>
void dropout_mask(T* mask, std::size_t first, std::size_t n, std::uint64_t seed,
                  std::uint64_t layer, std::uint64_t step, std::uint64_t threshold, T scale) {
    std::uint32_t integers[units_at_once];
    if (threshold == 0 || threshold > 0xFFFFFFFFu) {  // none or all: nothing is drawn
        std::fill(mask, mask + n, threshold == 0 ? T(0) : scale);
        return;
    }
    const std::uint32_t last = static_cast<std::uint32_t>(threshold - 1);
    for (std::size_t i = 0, skip = first % 8; i < n;) {
        philox((first + i) / 8, step, seed, layer, integers);
        const std::size_t m = std::min(n - i, units_at_once - skip);
        for (std::size_t j = 0; j < m; ++j) mask[i + j] = integers[skip + j] <= last ? scale : T(0);
        i += m;
        skip = 0;
    }
}

}  // namespace glassnet
