"""What the codings of columns share: their settings, the statistics of columns, and the weights of rows.

All statistics are weighted and in float64. A row of weight 0 counts as absent and one of weight 2
as two rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from glassnet.data.files.arrow import refuse_damaged
from glassnet.data.tables.block import row_chunks
from glassnet.data.tables.table import Numbers, SparseRows, Table
from glassnet.errors import DataError, unknown_name

MAX_LEVELS = 256
MAX_CODES = 2**16  # levels of a column that an embedding looks up
RARE = 1 / 2000  # the share of the weight below which a level has no column of its own
LIMIT = 4.0  # in standard deviations: where the smooth clip levels off
LEAST_LIMIT = 1e-100  # (FAR / limit)^2 is then a finite number
FAR = 1e6  # in standard deviations: beyond it nothing changes any more, and squares stay finite
NOISE = (
    2.0**-51
)  # a spread below this share of the mean is the rounding of one value, not information

Float64 = NDArray[np.float64]


SCALINGS = ("standard", "robust")


@dataclass(frozen=True)
class CodingSettings:
    """How columns are coded.

    Parameters
    ----------
    scaling : "standard" (mean and deviation) or "robust" (median and quartiles) of the numbers
    limit : of the smooth clip, in units of the scale; None clips nothing
    most_one_hot : categories of more levels become codes for an embedding
    """

    scaling: str = "standard"
    limit: float | None = LIMIT
    most_one_hot: int = MAX_LEVELS**2

    def __post_init__(self) -> None:
        if self.scaling not in SCALINGS:
            raise unknown_name("scaling", self.scaling, SCALINGS)


DEFAULT = CodingSettings()


def standardize(X: NDArray[Any], mean: Float64, scale: Float64) -> Float64:
    """Return (X - mean) / scale in float64, a fresh array; NaN stays NaN, and what overflows is infinite.

    All is first multiplied by a power of two that brings the statistics near 1, which changes no
    digit but keeps the difference of two numbers near 1e308 finite.
    """
    factor = power_of_two(np.maximum(np.abs(mean), scale))
    with np.errstate(over="ignore"):
        Z = np.multiply(X, factor, dtype=np.float64, order="C")
        Z -= mean * factor
        Z /= scale * factor
    return cast(Float64, Z)


def extent(block: Numbers) -> tuple[Float64, Float64]:
    """Return the smallest and the largest number of each column, each (k,); of a column of gaps alone infinity and minus infinity."""
    n, k = block.shape
    low, high = np.full(k, np.inf), np.full(k, -np.inf)
    if isinstance(block, np.ndarray):
        for start, stop in row_chunks((n, k)):
            np.fmin(low, np.fmin.reduce(block[start:stop], axis=0), out=low)
            np.fmax(high, np.fmax.reduce(block[start:stop], axis=0), out=high)
        return low, high
    np.minimum.at(low, block.indices, block.data)
    np.maximum.at(high, block.indices, block.data)
    unwritten = np.bincount(block.indices, minlength=k) < n  # cells that are zeros
    low[unwritten], high[unwritten] = (
        np.minimum(low[unwritten], 0.0),
        np.maximum(high[unwritten], 0.0),
    )
    return low, high


def moments(
    block: NDArray[np.floating[Any]], weight: Float64, ends: tuple[Float64, Float64] | None = None
) -> tuple[Float64, Float64, NDArray[np.bool_]]:
    """Return mean, scale and has-gaps of each column of a dense block, in two passes over cache-sized stretches of rows.

    The smallest value is taken off first, then means and squares of the stretches are merged (Chan,
    Golub, LeVeque 1979), so nothing cancels; plain sums in a fixed order, no BLAS, so the bits do
    not depend on the number of threads. The scale is the standard deviation; 1 where all numbers
    are equal. A column of gaps alone has mean 0 and scale 1. `ends` are the smallest and the
    largest number of each column where they are known already, see `extent`.

    Numbers times a power of two have mean and scale times that power, to the bit.
    """
    k = block.shape[1]
    low, high = (end.copy() for end in ends or extent(block))
    empty = low > high
    low[empty] = high[empty] = 0.0
    factor = power_of_two(
        np.maximum(np.abs(low), np.abs(high))
    )  # squares of 1e300 would overflow, those of 1e-300 vanish

    total, mean, squares, has_gaps = np.zeros(k), np.zeros(k), np.zeros(k), np.zeros(k, dtype=bool)
    for start, stop in row_chunks((block.shape[0], k)):
        X = np.multiply(block[start:stop], factor, dtype=np.float64, order="C")
        X -= low * factor
        w = weight[start:stop, None]
        gaps = np.isnan(X)
        if gaps.any():
            has_gaps |= gaps.any(axis=0)
            X[gaps] = 0.0
            w = np.where(gaps, 0.0, w)
        t = np.broadcast_to(w.sum(axis=0), (k,))
        m = _ratio((w * X).sum(axis=0), t)
        X -= m
        s = (w * np.square(X, out=X)).sum(axis=0)
        share = _ratio(t, total + t)
        squares += s + (m - mean) ** 2 * total * share
        mean += (m - mean) * share
        total += t
    with np.errstate(over="ignore"):  # mean and deviation of the largest floats may round past them
        scale = np.sqrt(_ratio(squares, total)) / factor
        mean = np.clip((mean + low * factor) / factor, low, high)
    return mean, _usable(scale, low == high), has_gaps


def sparse_moments(
    block: SparseRows, weight: Float64
) -> tuple[Float64, Float64, NDArray[np.bool_]]:
    """Return what `moments` does for a CSR matrix, whose unwritten cells are zeros."""
    k = block.shape[1]
    top = np.zeros(k)
    np.maximum.at(top, block.indices, np.abs(block.data))
    factor = power_of_two(top)
    x = block.data * factor[block.indices]
    w = np.repeat(weight, np.diff(block.indptr))
    total = weight.sum()
    stored = np.bincount(block.indices, weights=w, minlength=k)
    mean = np.bincount(block.indices, weights=w * x, minlength=k) / total
    squares = np.bincount(
        block.indices, weights=w * (x - mean[block.indices]) ** 2, minlength=k
    )  # whole numbers where no cell is written
    squares = squares + np.maximum(total - stored, 0.0) * mean**2
    scale = np.sqrt(squares / total) / factor
    return mean / factor, _usable(scale, top == 0.0), np.zeros(k, dtype=bool)


def above_rounding(scale: Float64, mean: Float64) -> Float64:
    """Return scales that do not blow the rounding of one value up to look like information: there the size of the mean is the scale."""
    return np.where(
        scale <= NOISE * np.abs(mean), np.where(mean == 0.0, scale, np.abs(mean)), scale
    )


def _usable(scale: Float64, constant: NDArray[np.bool_]) -> Float64:
    """Return scales that can be divided by: 1 for constants, else at least the smallest float above 0 and at most the largest."""
    return np.where(constant, 1.0, np.clip(scale, np.nextafter(0.0, 1.0), np.finfo(np.float64).max))


def power_of_two(size: Float64) -> Float64:
    """Return the powers of two that bring sizes into [1/2, 1), as far as such a power is a float64 itself."""
    powers: Float64 = np.ldexp(1.0, np.clip(-np.frexp(size)[1], -1020, 1000))
    return powers


def _ratio(a: Float64, b: Float64) -> Float64:
    return np.divide(a, b, out=np.zeros_like(a), where=b > 0)


def row_weights(weight: ArrayLike | None, n: int) -> Float64 | None:
    """Return row weights as float64 with a largest of 1, None where every row counts the same.

    Raises
    ------
    DataError
        For another number of weights than rows, a negative or not finite one (with its row), or
        none above 0.
    """
    if weight is None:
        return None
    refuse_damaged(weight)
    try:
        w = np.asarray(weight, dtype=np.float64)
    except (TypeError, ValueError):
        raise DataError("row weights must be numbers.") from None
    if w.shape != (n,):
        raise DataError(
            f"there are {n} rows but the weights have shape {w.shape}: expected ({n},)."
        )
    bad = np.flatnonzero(~(np.isfinite(w) & (w >= 0)))
    if bad.size:
        raise DataError(
            f"the weight of row {bad[0]} (counting from 0) is {w[bad[0]]}: weights must be finite "
            "and not negative."
        )
    if not w.any():
        raise DataError("all row weights are 0: nothing is left to learn from.")
    return cast(Float64, w / w.max())


def relative_weight(weight: Float64) -> Float64:
    """Return weights with a largest in (1/2, 1], by a power of two, which changes no digit; all 1 where all above 0 are equal.

    So weights of every size have finite sums and squares, and weights times a power of two are the
    same weights.
    """
    largest = weight.max(initial=0.0)
    if largest == 0.0:
        return weight
    above = weight > 0.0
    if weight.min(where=above, initial=largest) == largest:
        return above.astype(np.float64)
    fraction, exponent = np.frexp(largest)
    return cast(Float64, np.ldexp(weight, -exponent + int(fraction == 0.5)))


def weighted_rows(table: Table, weight: ArrayLike | None) -> tuple[Table, Float64]:
    """Return the rows of weight above 0, and their weights: what weighs nothing leaves no trace."""
    w = row_weights(weight, table.n_rows)
    if w is None:
        return table, np.ones(table.n_rows)
    return (table, w) if w.all() else (table.take(w > 0), w[w > 0])
