// Matrix products in tiles that stay in registers, a panel of columns at a time.
// After Goto and van de Geijn, "Anatomy of high-performance matrix multiplication", ACM TOMS 34
// (2008). A is read where it is, a line ahead of its use; it is not packed, for its rows do not
// fall on the same cache lines, see stride(). Every element is summed in the same order wherever it
// is in the product, so a row has the same bits alone or among many.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <type_traits>
#include <utility>

#include "simd.hpp"

namespace glassnet {

// The left factor: element (i, p) stands at data[i * row_step + p * column_step], so that a
// transposed one costs nothing.
template <class T>
struct Left {
    const T* data;
    std::size_t row_step, column_step;
};

// The right factor (k, n), or its transpose (n, k) as stored; step from one stored row to the next.
// The rows of one that is padded end in zeros, to whole vectors.
template <class T>
struct Right {
    const T* data;
    std::size_t step;
    bool transposed, padded = false;
};

// Of a panel, at most: 64 kB, that a tile reads from the second cache as fast as it computes.
constexpr std::size_t depth = 512;
constexpr std::size_t strip_rows = 320;  // of A at a time

// How many columns of A are fetched before they are needed: a line of float32.
constexpr std::size_t ahead = 16;

template <class T>
constexpr std::size_t panel_width = 2 * lanes<T>;

// C (n_rows, n_vectors vectors) = start + A B where it is the first strip of the depth, else C + A
// B; `width` columns are stored.
template <class T, std::size_t n_rows, std::size_t n_vectors>
void tile(std::size_t k, Left<T> A, const T* __restrict B, std::size_t step_b, T* __restrict C,
          std::size_t step_c, const T* start, bool first, std::size_t width) {
    Vector<T> sum[n_rows][n_vectors];
    for (auto& row : sum)
        for (auto& v : row) v = Vector<T>{};
    // C is needed only when the sums are done: it is fetched from memory meanwhile.
    for (std::size_t i = 0; i < n_rows; ++i)
        for (std::size_t j = 0; j < n_vectors; ++j)
            __builtin_prefetch(C + i * step_c + j * lanes<T>, 1);
    for (std::size_t p = 0; p < k; ++p) {
        // A row of A after the other, a line ahead of its use: more rows than the processor's own
        // prefetching follows.
        __builtin_prefetch(A.data + p % ahead * A.row_step + (p + ahead) * A.column_step);
        Vector<T> b[n_vectors];
        for (std::size_t j = 0; j < n_vectors; ++j) b[j] = load(B + p * step_b + j * lanes<T>);
#pragma GCC unroll 16
        for (std::size_t i = 0; i < n_rows; ++i) {
            const T a = A.data[i * A.row_step + p * A.column_step];
#pragma GCC unroll 2
            for (std::size_t j = 0; j < n_vectors; ++j) sum[i][j] += a * b[j];
        }
    }
#pragma GCC unroll 16
    for (std::size_t i = 0; i < n_rows; ++i) {
#pragma GCC unroll 2
        for (std::size_t j = 0; j < n_vectors; ++j) {
            T* to = C + i * step_c + j * lanes<T>;
            const std::size_t left = std::min(width - std::min(width, j * lanes<T>), lanes<T>);
            if (left == lanes<T>) {
                store(to, (first ? load(start + j * lanes<T>) : load(to)) + sum[i][j]);
            } else {
                for (std::size_t l = 0; l < left; ++l)
                    to[l] = (first ? start[j * lanes<T> + l] : to[l]) + sum[i][j][l];
            }
        }
    }
}

// The tile of so many rows, known only when it runs.
template <class T, std::size_t n_vectors, std::size_t n_rows = tile_rows, class... Arguments>
void tile_of(std::size_t rows, Arguments... arguments) {
    if constexpr (n_rows > 0) {
        if (rows == n_rows)
            tile<T, n_rows, n_vectors>(arguments...);
        else
            tile_of<T, n_vectors, n_rows - 1>(rows, arguments...);
    }
}

// The lanes of two vectors by turns, from lane number `from` of each on.
template <class T, std::size_t from, std::size_t... l>
Vector<T> zip(Vector<T> a, Vector<T> b, std::index_sequence<l...>) {
    return lanes_at<T, from + l / 2 + l % 2 * lanes<T>...>(a, b);
}

// Transpose a square of `lanes` rows: zipping row i with the one half a square below, as often as
// there are bits in a row's number.
template <class T>
void transpose(const T* from, std::size_t step_from, T* to, std::size_t step_to) {
    constexpr std::size_t n = lanes<T>;
    constexpr auto all = std::make_index_sequence<n>();
    Vector<T> rows[n], zipped[n];
    for (std::size_t i = 0; i < n; ++i) rows[i] = load(from + i * step_from);
#pragma GCC unroll 4
    for (std::size_t size = 1; size < n; size *= 2) {
#pragma GCC unroll 8
        for (std::size_t i = 0; i < n / 2; ++i) {
            zipped[2 * i] = zip<T, 0>(rows[i], rows[i + n / 2], all);
            zipped[2 * i + 1] = zip<T, n / 2>(rows[i], rows[i + n / 2], all);
        }
        for (std::size_t i = 0; i < n; ++i) rows[i] = zipped[i];
    }
    for (std::size_t i = 0; i < n; ++i) store(to + i * step_to, rows[i]);
}

// Rows [top, bottom) and `width` columns from `left` on of the right factor, `whole` columns with
// zeros after them, in rows `step` apart.
template <class T>
void pack(Right<T> B, std::size_t top, std::size_t bottom, std::size_t left, std::size_t width,
          std::size_t whole, T* panel, std::size_t step) {
    constexpr std::size_t n = lanes<T>;
    if (!B.transposed) {
        const T* from = B.data + top * B.step + left;
        if (whole == panel_width<T> && (width == whole || B.padded)) {
            for (std::size_t p = top; p < bottom; ++p, from += B.step, panel += step) {
                store(panel, load(from));
                store(panel + n, load(from + n));
            }
            return;
        }
        if (width == whole || B.padded) {
            for (std::size_t p = top; p < bottom; ++p, from += B.step, panel += step)
                store(panel, load(from));
            return;
        }
        for (std::size_t p = top; p < bottom; ++p, from += B.step, panel += step) {
            std::copy(from, from + width, panel);
            std::fill(panel + width, panel + whole, T(0));
        }
        return;
    }
    for (std::size_t j = 0; j < whole; j += n) {
        std::size_t p = top;
        if (j + n <= width)
            for (; p + n <= bottom; p += n)
                transpose(B.data + (left + j) * B.step + p, B.step, panel + (p - top) * step + j,
                          step);
        for (; p < bottom; ++p)
            for (std::size_t l = j; l < j + n; ++l)
                panel[(p - top) * step + l] = l < width ? B.data[(left + l) * B.step + p] : T(0);
    }
}

// n rows divided into tiles of nearly equal size.
struct Tiles {
    std::size_t n_rows, n_tiles = (n_rows + tile_rows - 1) / tile_rows;

    std::size_t start(std::size_t t) const { return t * n_rows / n_tiles; }
};

// A block of C = A B, or of C = start + A B where a row `start` is given. `done` is called with
// each block that is complete. In `padded` C whole vectors are stored, zeros after the last column.
// Strips of rows and of the depth are such that what all panels read of A stays in the second
// cache.
template <class T, class Done>
void product(Left<T> A, Right<T> B, std::size_t k, std::size_t n_columns, T* C, std::size_t step_c,
             bool padded, const T* start, const Block& block, Done done) {
    alignas(64) T panel[depth * panel_width<T>];
    alignas(64) T begin[panel_width<T>] = {};
    const std::size_t n_strips = (block.bottom - block.top + strip_rows - 1) / strip_rows,
                      n_depths = (k + depth - 1) / depth;
    for (std::size_t s = 0; s < n_strips; ++s) {
        const std::size_t first_row = block.top + s * (block.bottom - block.top) / n_strips;
        const std::size_t n_rows =
            block.top + (s + 1) * (block.bottom - block.top) / n_strips - first_row;
        const Tiles tiles{n_rows};
        for (std::size_t d = 0; d < n_depths; ++d) {
            const std::size_t top = d * k / n_depths, bottom = (d + 1) * k / n_depths;
            const Left<T> strip{A.data + first_row * A.row_step + top * A.column_step, A.row_step,
                                A.column_step};
            for (std::size_t left = block.left; left < block.right; left += panel_width<T>) {
                const std::size_t width =
                    std::min({panel_width<T>, block.right - left, n_columns - left});
                const std::size_t step = whole_vectors<T>(width), stored = padded ? step : width;
                if (start && top == 0) {
                    std::memcpy(begin, start + left, width * sizeof(T));
                    std::fill(begin + width, begin + step, T(0));
                }
                // One or two tiles would not repay a copy of full rows.
                const bool direct =
                    !B.transposed && tiles.n_tiles <= 2 && (width == step || B.padded);
                if (!direct) pack(B, top, bottom, left, width, step, panel, step);
                const T* rows_of_b = direct ? B.data + top * B.step + left : panel;
                for (std::size_t t = 0; t < tiles.n_tiles; ++t) {
                    const std::size_t start = tiles.start(t), rows = tiles.start(t + 1) - start;
                    const Left<T> left_tile{strip.data + start * A.row_step, A.row_step,
                                            A.column_step};
                    const auto run = [&](auto n_vectors) {
                        tile_of<T, n_vectors>(rows, bottom - top, left_tile, rows_of_b,
                                              direct ? B.step : step,
                                              C + (first_row + start) * step_c + left, step_c,
                                              static_cast<const T*>(begin), top == 0, stored);
                    };
                    if (step == panel_width<T>)
                        run(std::integral_constant<std::size_t, 2>());
                    else
                        run(std::integral_constant<std::size_t, 1>());
                }
                if (bottom == k) done(Block{first_row, first_row + n_rows, left, left + stored});
            }
        }
    }
}

}  // namespace glassnet
