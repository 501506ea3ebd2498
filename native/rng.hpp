// Counter-based random numbers: Philox4x64-10, the same words as glassnet/rng.py draws.
// Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
#pragma once

#include <array>
#include <cstdint>

namespace glassnet {

// Four words for key (seed, stream) and counter (block, member, 0, step); block counts from 1.
inline std::array<std::uint64_t, 4> philox(std::array<std::uint64_t, 4> counter, std::array<std::uint64_t, 2> key) {
    constexpr std::uint64_t multiplier0 = 0xD2E7470EE14C6C93u, multiplier1 = 0xCA5A826395121157u;
    constexpr std::uint64_t weyl0 = 0x9E3779B97F4A7C15u, weyl1 = 0xBB67AE8584CAA73Bu;
    for (int round = 0; round < 10; ++round) {
        const auto product0 = static_cast<unsigned __int128>(multiplier0) * counter[0];
        const auto product1 = static_cast<unsigned __int128>(multiplier1) * counter[2];
        counter = {static_cast<std::uint64_t>(product1 >> 64) ^ counter[1] ^ key[0], static_cast<std::uint64_t>(product1),
                   static_cast<std::uint64_t>(product0 >> 64) ^ counter[3] ^ key[1], static_cast<std::uint64_t>(product0)};
        key = {key[0] + weyl0, key[1] + weyl1};
    }
    return counter;
}

// Write scale where a unit is kept and 0 where it is dropped, for n units from number `first` on: unit i uses the 32-bit integer number i
// of the stream, low half first.
template <class T>
void dropout_mask(T* mask, std::size_t first, std::size_t n, std::uint64_t seed, std::uint64_t layer, std::uint64_t step,
                  std::uint64_t threshold, T scale) {
    for (std::size_t i = 0; i < n;) {
        const std::size_t unit = first + i;
        const auto words = philox({unit / 8 + 1, 0, 0, step}, {seed, layer});
        for (std::size_t half = unit % 8; half < 8 && i < n; ++half, ++i) {
            const std::uint32_t integer = static_cast<std::uint32_t>(words[half / 2] >> (half % 2 * 32));
            mask[i] = integer < threshold ? scale : T(0);
        }
    }
}

}  // namespace glassnet
