// Rows of X as they come from Python: dense, or sparse by rows (CSR).
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace glassnet {

template <class T>
struct Rows {
    const T* dense = nullptr;
    const T* data = nullptr;
    const std::int32_t* indices = nullptr;
    const std::int32_t* indptr = nullptr;
    std::size_t n = 0, n_columns = 0;

    // The first two lines of a dense row; the processor goes on by itself.
    void prefetch(std::size_t row) const {
        if (!dense) return;
        __builtin_prefetch(dense + row * n_columns);
        __builtin_prefetch(dense + row * n_columns + 64 / sizeof(T));
    }

    void copy(std::size_t row, T* to) const {
        if (dense) {
            std::memcpy(to, dense + row * n_columns, n_columns * sizeof(T));
            return;
        }
        std::memset(to, 0, n_columns * sizeof(T));
        // Unsorted or repeated indices are allowed in CSR: repeated ones add up.
        for (std::int32_t at = indptr[row]; at < indptr[row + 1]; ++at) to[indices[at]] += data[at];
    }
};

}  // namespace glassnet
