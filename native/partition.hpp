// How the work of an operation is divided into pieces that may run at the same time: by shapes
// alone, never by which threads run them.
#pragma once

#include <algorithm>

#include "gemm.hpp"

namespace glassnet {

// n things divided at multiples of `unit`: where piece number i begins, n if there is no such
// piece.
struct Ranges {
    std::size_t n, unit, n_pieces;

    std::size_t start(std::size_t piece) const {
        return std::min(piece * ((n + unit - 1) / unit) / n_pieces * unit, n);
    }
};

// A matrix divided into blocks; columns are divided at multiples of `unit`.
struct Grid {
    std::size_t n_rows, n_columns, unit, row_parts, column_parts;

    std::size_t size() const { return row_parts * column_parts; }

    Block block(std::size_t piece) const {
        const std::size_t i = piece / column_parts, j = piece % column_parts;
        const Ranges rows{n_rows, 1, row_parts}, columns{n_columns, unit, column_parts};
        return {rows.start(i), rows.start(i + 1), columns.start(j), columns.start(j + 1)};
    }
};

// Of a product. Columns are divided first, which costs nothing; rows only where there are few
// columns, because each part of the rows copies its panels again.
template <class T>
Grid product_grid(std::size_t n_rows, std::size_t n_columns, std::size_t k) {
    constexpr std::size_t min_work = 40'000;  // products of a piece: some tenths of a microsecond
    const std::size_t wanted = std::clamp<std::size_t>(n_rows * n_columns * k / min_work, 1, 64);
    const std::size_t panels = (n_columns + panel_width<T> - 1) / panel_width<T>,
                      tiles = (n_rows + tile_rows - 1) / tile_rows;
    const std::size_t column_parts = std::min(panels, wanted);
    const std::size_t missing =
        (std::min<std::size_t>(wanted, 16) + column_parts - 1) / column_parts;
    return {n_rows, n_columns, panel_width<T>,
            std::clamp<std::size_t>(missing, 1, std::max<std::size_t>(tiles / 4, 1)), column_parts};
}

// Blocks of whole rows.
inline Grid row_grid(std::size_t n, std::size_t width) {
    return {n, width, width,
            std::clamp<std::size_t>(n * width / 16384, 1, std::min<std::size_t>(n, 32)), 1};
}

// Blocks of whole columns.
template <class T>
Grid column_grid(std::size_t n, std::size_t width) {
    const std::size_t units = (width + panel_width<T> - 1) / panel_width<T>;
    return {n, width, panel_width<T>, 1, std::clamp<std::size_t>(n * width / 8192, 1, units)};
}

}  // namespace glassnet
