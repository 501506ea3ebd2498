// How the work of an operation that is no product is cut into pieces: by its shape alone, never by who is there to take them.
#pragma once

#include <algorithm>

#include "embeddings.hpp"
#include "layers.hpp"
#include "piecewise.hpp"

namespace glassnet {

inline Grid sweep(std::size_t n, std::size_t width) {  // rows
    return {n, width, width, std::clamp<std::size_t>(n * width / 16384, 1, std::min<std::size_t>(n, 32)), 1};
}

template <class T>
Grid columns(std::size_t n, std::size_t width) {
    const std::size_t units = (width + panel_width<T> - 1) / panel_width<T>;
    return {n, width, panel_width<T>, 1, std::clamp<std::size_t>(n * width / 8192, 1, units)};
}

// Where piece number i of n units begins; n itself where there is no such piece.
struct Stretches {
    std::size_t n, unit, n_pieces;

    std::size_t start(std::size_t piece) const { return std::min(piece * ((n + unit - 1) / unit) / n_pieces * unit, n); }
};

// Of an embedding of numbers: forward by whole vectors of rows, back by columns. A wave takes as long as a broken line.
inline std::size_t per_number(const Operation& op) {
    return op.kind == Kind::periodic_embedding ? op.n_frequencies : 1 + op.n_embedded;
}

template <class T>
Stretches by_rows(const Operation& op, std::size_t n) {
    const std::size_t most = std::clamp<std::size_t>((n + lanes<T> - 1) / lanes<T>, 1, 32);
    return {n, lanes<T>, std::clamp<std::size_t>(n * op.n_numeric * per_number(op) / 8192, 1, most)};
}

inline Stretches by_columns(const Operation& op, std::size_t n) {
    const std::size_t most = std::min<std::size_t>(op.n_numeric, 32);
    return {op.n_numeric, 1, std::clamp<std::size_t>(n * op.n_numeric * per_number(op) / 4096, 1, most)};
}

template <class T>
std::size_t room_of_a_piece(const Operation& op) {
    return op.kind == Kind::periodic_embedding ? periodic_room<T>(op) : piecewise_room<T>(op);
}

template <class T>
T* room(const Operation& op, const Work<T>& work, std::size_t piece) {
    return work.small.data() + piece * room_of_a_piece<T>(op);
}

}  // namespace glassnet
