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

// A matrix divided into blocks; columns are divided at multiples of `unit`, rows of `row_unit`.
struct Grid {
    std::size_t n_rows = 0, n_columns = 0, unit = 1, row_parts = 0, column_parts = 0, row_unit = 1;

    std::size_t size() const { return row_parts * column_parts; }

    Block block(std::size_t piece) const {
        const std::size_t i = piece / column_parts, j = piece % column_parts;
        const Ranges rows{n_rows, row_unit, row_parts}, columns{n_columns, unit, column_parts};
        return {rows.start(i), rows.start(i + 1), columns.start(j), columns.start(j + 1)};
    }
};

// Of a product. A piece reads its rows of the left factor and its columns of the right one; what
// all pieces read together is to be small. The right factor is copied, and counts more often. Large
// products have more pieces, so that threads that are not equally fast end together.
template <class T>
Grid product_grid(std::size_t n_rows, std::size_t n_columns, std::size_t k) {
    constexpr std::size_t min_work = 40'000,  // products of a piece: some tenths of a microsecond
        large_work = 2'000'000, copy_costs = 6;
    const std::size_t work = n_rows * n_columns * k,
                      wanted = std::max(std::clamp<std::size_t>(work / min_work, 1, 64),
                                        std::min<std::size_t>(work / large_work, 128));
    const std::size_t panels = (n_columns + panel_width<T> - 1) / panel_width<T>,
                      tiles = (n_rows + tile_rows - 1) / tile_rows;
    Grid best{n_rows, n_columns, panel_width<T>, 1, 1, tile_rows};
    std::size_t most = 0, least = 0;  // pieces, and what they read
    for (std::size_t columns = 1; columns <= std::min(panels, wanted); ++columns) {
        const std::size_t rows = std::clamp<std::size_t>(wanted / columns, 1,
                                                         std::max<std::size_t>(tiles / 4, 1)),
                          pieces = rows * columns,
                          read = n_rows * columns + copy_costs * n_columns * rows;
        if (pieces < most || (pieces == most && read >= least)) continue;
        most = pieces, least = read;
        best.row_parts = rows, best.column_parts = columns;
    }
    return best;
}

// So many parts at most of the rows that go through all operations at once.
constexpr std::size_t most_row_parts = 32;

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
