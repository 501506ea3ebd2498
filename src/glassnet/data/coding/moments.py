"""Weighted statistics of columns in float64: range, mean, standard deviation and quartiles."""

from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from glassnet.data.tables.table import Numbers, SparseRows
from glassnet.data.tables.values import row_chunks
from glassnet.quantiles import weighted_quantiles

#: A standard deviation below this share of the mean is rounding error of a constant.
NOISE = 2.0**-51

Float64 = NDArray[np.float64]
Mask = NDArray[np.bool_]


def standardize(X: NDArray[Any], mean: Float64, scale: Float64) -> Float64:
    """Return (X - mean) / scale as a new float64 array; NaN stays NaN, overflow gives infinity.

    All numbers are first multiplied by a power of two that brings the statistics near 1. This does
    not round, and keeps the difference of two numbers near 1e308 finite.
    """
    factor = power_of_two(np.maximum(np.abs(mean), scale))
    with np.errstate(over="ignore"):
        Z = np.multiply(X, factor, dtype=np.float64, order="C")
        Z -= mean * factor
        Z /= scale * factor
    return cast(Float64, Z)


def extent(block: Numbers) -> tuple[Float64, Float64]:
    """Return the smallest and the largest number of each column, each (k,).

    They are inf and -inf for a column with only missing values.
    """
    n, k = block.shape
    low, high = np.full(k, np.inf), np.full(k, -np.inf)
    if isinstance(block, np.ndarray):
        for start, stop in row_chunks((n, k)):
            np.fmin(low, np.fmin.reduce(block[start:stop], axis=0), out=low)
            np.fmax(high, np.fmax.reduce(block[start:stop], axis=0), out=high)
        return low, high
    np.minimum.at(low, block.indices, block.data)
    np.maximum.at(high, block.indices, block.data)
    has_zeros = np.bincount(block.indices, minlength=k) < n  # cells that are not stored
    return (
        np.where(has_zeros, np.minimum(low, 0.0), low),
        np.where(has_zeros, np.maximum(high, 0.0), high),
    )


def moments(
    block: NDArray[np.floating[Any]], weight: Float64, ends: tuple[Float64, Float64] | None = None
) -> tuple[Float64, Float64, Mask]:
    """Return mean, scale and whether values are missing, for each column of a dense block (n, k).

    The scale is the standard deviation, or 1 if all numbers are equal. A column with only missing
    values has mean 0 and scale 1. `ends` are the smallest and the largest number of each column, if
    known: see `extent`.

    There are two passes over chunks of rows that fit the cache. The smallest value is subtracted
    first, then means and squares of the chunks are merged (Chan, Golub, LeVeque 1979), which avoids
    cancellation. Sums are added in a fixed order without BLAS, so the bits do not depend on the
    number of threads. Numbers times a power of two have exactly mean and scale times that power.
    """
    k = block.shape[1]
    low, high = (end.copy() for end in ends or extent(block))
    empty = low > high
    low[empty] = high[empty] = 0.0
    # Squares of 1e300 would overflow, squares of 1e-300 would underflow.
    factor = power_of_two(np.maximum(np.abs(low), np.abs(high)))
    total, mean, squares, has_missing = np.zeros(k), np.zeros(k), np.zeros(k), np.zeros(k, bool)
    for start, stop in row_chunks((block.shape[0], k)):
        X = np.multiply(block[start:stop], factor, dtype=np.float64, order="C")
        X -= low * factor
        w = weight[start:stop, None]
        missing = np.isnan(X)
        if missing.any():
            has_missing |= missing.any(axis=0)
            X[missing] = 0.0
            w = np.where(missing, 0.0, w)
        t = np.broadcast_to(w.sum(axis=0), (k,))
        m = _ratio((w * X).sum(axis=0), t)
        X -= m
        s = (w * np.square(X, out=X)).sum(axis=0)
        share = _ratio(t, total + t)
        squares += s + (m - mean) ** 2 * total * share
        mean += (m - mean) * share
        total += t
    with np.errstate(over="ignore"):  # mean and deviation of the largest floats may overflow
        scale = np.sqrt(_ratio(squares, total)) / factor
        mean = np.clip((mean + low * factor) / factor, low, high)
    return mean, _usable(scale, low == high), has_missing


def sparse_moments(block: SparseRows, weight: Float64) -> tuple[Float64, Float64, Mask]:
    """Return the same as `moments` for a CSR matrix; cells that are not stored are zeros."""
    k = block.shape[1]
    top = np.zeros(k)
    np.maximum.at(top, block.indices, np.abs(block.data))
    factor = power_of_two(top)
    x = block.data * factor[block.indices]
    w = np.repeat(weight, np.diff(block.indptr))
    total = weight.sum()
    stored = np.bincount(block.indices, weights=w, minlength=k)
    mean = np.bincount(block.indices, weights=w * x, minlength=k) / total
    deviations = w * (x - mean[block.indices]) ** 2
    # If no cell is stored, bincount returns integers: no in-place sum.
    squares = np.bincount(block.indices, weights=deviations, minlength=k)
    squares = squares + np.maximum(total - stored, 0.0) * mean**2
    scale = np.sqrt(squares / total) / factor
    return mean / factor, _usable(scale, top == 0.0), np.zeros(k, dtype=bool)


def above_rounding(scale: Float64, mean: Float64) -> Float64:
    """Return scales with |mean| for those so small that they are rounding error of a constant."""
    size = np.abs(mean)
    return np.where((scale <= NOISE * size) & (mean != 0.0), size, scale)


def power_of_two(size: Float64) -> Float64:
    """Return the powers of two that bring sizes into [1/2, 1), within the range of float64."""
    powers: Float64 = np.ldexp(1.0, np.clip(-np.frexp(size)[1], -1020, 1000))
    return powers


def _usable(scale: Float64, constant: Mask) -> Float64:
    """Return valid divisors: 1 for constants, otherwise positive and finite scales."""
    return np.where(constant, 1.0, np.clip(scale, np.nextafter(0.0, 1.0), np.finfo(np.float64).max))


def _ratio(a: Float64, b: Float64) -> Float64:
    return np.divide(a, b, out=np.zeros_like(a), where=b > 0)


def quartiles(block: NDArray[np.floating[Any]], weight: Float64) -> tuple[Float64, Float64, Mask]:
    """Return center, width and whether values are missing, for each column of a block (n, k).

    All row weights are above 0. A column with only missing values has center 0 and width 1.
    """
    k = block.shape[1]
    center, width, has_missing = np.zeros(k), np.ones(k), np.zeros(k, dtype=bool)
    for j in range(k):
        column = np.asarray(block[:, j], dtype=np.float64)
        known = ~np.isnan(column)
        has_missing[j] = not known.all()
        if known.any():
            center[j], width[j] = _center_and_width(column[known], weight[known])
    return center, width, has_missing


def _center_and_width(x: Float64, weight: Float64) -> tuple[float, float]:
    different = weight if (weight != weight[0]).any() else None
    low, median, high = weighted_quantiles(x, (0.25, 0.5, 0.75), different)
    smallest, largest = x.min(), x.max()
    with np.errstate(over="ignore"):
        # Halved first, because the range may exceed the largest float; but not the tiniest
        # numbers, whose halves are rounded.
        half = (
            0.5 * largest - 0.5 * smallest
            if max(abs(smallest), abs(largest)) > 1.0
            else 0.5 * (largest - smallest)
        )
        width = next((w for w in (high - low, half, largest - smallest) if w > 0.0), 1.0)
    return float(median), float(min(width, np.finfo(np.float64).max))
