// Arrays as they come from Python: exactly of the dtype and the shape that is needed, every index
// checked before C++ follows it.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <cstdint>

#include "rows.hpp"
#include "tables.hpp"

namespace glassnet {

namespace nb = nanobind;

template <class T>
using Array = nb::ndarray<T, nb::numpy, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
template <class T>
using Matrix = nb::ndarray<const T, nb::numpy, nb::ndim<2>, nb::c_contig, nb::device::cpu>;
template <class T>
using Values = nb::ndarray<const T, nb::numpy, nb::c_contig, nb::device::cpu>;

// An array exactly as it came: a converted copy would be gone before its pointer is used.
template <class A>
A exact(nb::handle value, const char* what) {
    A array;
    require(nb::try_cast(value, array, false), what);
    return array;
}

// Rows of X, dense or (data, indices, indptr, n_columns), checked against the width of the network.
template <class T>
Rows<T> rows_of(nb::handle X, std::size_t n_features) {
    if (nb::isinstance<nb::tuple>(X)) {
        const auto parts = nb::borrow<nb::tuple>(X);
        require(parts.size() == 3, "a CSR matrix comes as data, columns and row starts");
        const auto data =
            exact<Values<T>>(parts[0], "the data of the CSR matrix are of another dtype");
        const auto indices =
            exact<Values<std::int32_t>>(parts[1], "the columns of the CSR matrix must be int32");
        const auto indptr =
            exact<Values<std::int32_t>>(parts[2], "the row starts of the CSR matrix must be int32");
        require(indptr.size() >= 1 && data.size() == indices.size(),
                "the parts of the CSR matrix do not fit together");
        const std::int32_t* starts = indptr.data();
        const std::size_t n = indptr.size() - 1;
        require(starts[0] == 0 && static_cast<std::size_t>(starts[n]) <= data.size(),
                "the row starts of the CSR matrix lie outside");
        for (std::size_t i = 0; i < n; ++i)
            require(starts[i] <= starts[i + 1], "the row starts of the CSR matrix fall");
        for (std::size_t i = 0; i < indices.size(); ++i)
            require(
                indices.data()[i] >= 0 && static_cast<std::size_t>(indices.data()[i]) < n_features,
                "a column of the CSR matrix lies outside");
        return {nullptr, data.data(), indices.data(), starts, n, n_features};
    }
    const auto dense = exact<Matrix<T>>(X, "X must be a C-ordered matrix of the network's dtype");
    require(dense.shape(1) == n_features, "X is not as wide as the network's input");
    return {dense.data(), nullptr, nullptr, nullptr, dense.shape(0), n_features};
}

}  // namespace glassnet
