"""How a column becomes numbers a network likes: scaled numbers, one column a level, and what marks a gap.

All statistics are weighted and in float64. A row of weight 0 counts as absent and one of weight 2 as two rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from glassnet.data.block import row_chunks
from glassnet.data.robust import quartiles
from glassnet.data.table import Categories, Numbers, SparseRows, Table
from glassnet.errors import DataError

MAX_LEVELS = 256
MAX_CODES = 2**16  # levels of a column that an embedding looks up
RARE = 1 / 2000  # the share of the weight below which a level has no column of its own
LIMIT = 4.0  # in standard deviations: where the smooth clip levels off
FAR = 1e6  # in standard deviations: beyond it nothing changes any more, and squares stay finite
NOISE = 1e-13  # a spread below this share of the mean is rounding, not information

Float64 = NDArray[np.float64]


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


DEFAULT = CodingSettings()


@dataclass(frozen=True)
class NumberCoding:
    """A block of number columns: z = (x - mean) / scale, z / sqrt(1 + (z / limit)^2), then "is missing", 0 or 1, where there were gaps.

    The second step is the smooth clip of RealMLP (Holzmueller, Grinsztajn and Steinwart 2024, section 3): hardly felt within a standard
    deviation or two, it keeps one odd value of a heavy tail from commanding the network, in training and even more so in prediction.

    Without a limit (None) there is no second step: z stays as it is, as scikit-learn's StandardScaler leaves it, and a gap is refused
    where training had none, as its estimators refuse it.

    `scale` is the weighted population standard deviation of what is no gap; 1 where the column is constant, and at least the size of the
    mean where it differs by rounding noise alone. With robust scaling `mean` is the median and `scale` the width between the quartiles, see
    `glassnet.data.robust`. `centered` is False for what was fitted on a sparse matrix: its zeros stay zeros, so its
    mean is 0 while its scale is the deviation from the true mean, zeros included.
    """

    names: tuple[str, ...]
    mean: tuple[float, ...]
    scale: tuple[float, ...]
    has_gaps: tuple[bool, ...]
    centered: bool = True
    limit: float | None = LIMIT

    @classmethod
    def fit(cls, names: tuple[str, ...], block: Numbers, weight: Float64, settings: CodingSettings = DEFAULT) -> NumberCoding:
        """Return the coding of a block (n, n_columns), given the weights of its rows, all above 0."""
        sparse = not isinstance(block, np.ndarray)
        if sparse:  # most cells are zeros, and so would the quartiles be
            mean, scale, has_gaps = _sparse_moments(cast(SparseRows, block), weight)
            mean = np.zeros_like(mean)
        else:
            measured = quartiles if settings.scaling == "robust" else moments
            mean, scale, has_gaps = measured(cast(Float64, block), weight)
        return cls(names, tuple(mean.tolist()), tuple(scale.tolist()), tuple(has_gaps.tolist()), not sparse, settings.limit)

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The names of the columns it makes: all scaled ones, then the indicators of gaps."""
        return (*self.names, *(f"{name} is missing" for name, gaps in zip(self.names, self.has_gaps, strict=True) if gaps))

    @cached_property
    def _arrays(self) -> tuple[Float64, Float64, NDArray[np.intp]]:
        return np.array(self.mean), np.array(self.scale), np.flatnonzero(self.has_gaps)

    @property
    def keeps_zeros(self) -> bool:
        """Whether zeros stay zeros, so that a sparse matrix may stay sparse."""
        return not any(self.mean)

    def encode_into(self, out: NDArray[Any], block: Numbers) -> None:
        """Write the features of a block into `out` (n, len(feature_names)), a stretch of rows at a time.

        Gaps become 0, the mean of the column; without a limit they are a DataError where training had none.
        """
        mean, scale, gappy = self._arrays
        k = len(self.names)
        for start, stop in row_chunks((block.shape[0], k)):
            rows = block[start:stop]
            Z = standardize(rows if isinstance(rows, np.ndarray) else rows.toarray(), mean, scale)
            gaps = np.isnan(Z)
            if self.limit is None:
                self._refuse_new(gaps, start)
            Z[gaps] = 0.0
            with np.errstate(over="ignore"):  # beyond float32, where nothing is clipped
                out[start:stop, :k] = self._clipped(Z)
            out[start:stop, k:] = gaps[:, gappy]

    def encode_sparse(self, block: SparseRows, dtype: np.dtype[Any]) -> SparseRows:
        """Return a CSR matrix scaled, with the same zeros; nothing of it is shared with the one that came."""
        mean, scale, _ = self._arrays
        data = self._clipped(standardize(block.data, mean[block.indices], scale[block.indices]))
        make = cast(Any, type(block))  # a matrix or an array, whichever it was
        with np.errstate(over="ignore"):
            cells = data.astype(dtype)
        return cast(SparseRows, make((cells, block.indices.copy(), block.indptr.copy()), shape=block.shape))

    def _clipped(self, Z: Float64) -> Float64:
        """Return z / sqrt(1 + (z / limit)^2), in place; without a limit z itself."""
        if self.limit is None:
            return Z
        np.clip(Z, -FAR, FAR, out=Z)
        root = Z * (1.0 / self.limit)
        root *= root
        root += 1.0
        Z /= np.sqrt(root, out=root)
        return Z

    def _refuse_new(self, gaps: NDArray[np.bool_], start: int) -> None:
        """Raise the DataError for a gap in a column that had none in training, with its row."""
        new = gaps & ~np.array(self.has_gaps)
        if new.any():
            row, column = (int(i) for i in np.argwhere(new)[0])
            raise DataError(
                f"column {self.names[column]!r} holds a gap (NaN) in row {start + row} (counting from 0), but this model takes none there: "
                "fill it, or leave the row out."
            )

    def to_plain(self) -> dict[str, Any]:
        """Return the coding as JSON-able Python values; floats keep every digit."""
        return {
            "names": list(self.names),
            "mean": list(self.mean),
            "scale": list(self.scale),
            "has_gaps": list(self.has_gaps),
            "centered": self.centered,
            "limit": self.limit,
        }

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> NumberCoding:
        """Return the coding that `to_plain` wrote."""
        names, mean, scale, has_gaps = (tuple(plain[key]) for key in ("names", "mean", "scale", "has_gaps"))
        return cls(names, mean, scale, has_gaps, plain["centered"], plain["limit"])


@dataclass(frozen=True)
class CategoryCoding:
    """One category column: a 0/1 column for each level, one for rare levels and one for gaps when there were any.

    Levels are those of the largest total weight (at most `MAX_LEVELS`, each at least the share `RARE` of it, ties by text), sorted by text.
    All others are rare: they share a column, and so does a level that training has not seen. Where training had no rare level, such a one
    is a row of zeros, and so is a gap where training had none.

    A boolean has a column for "true" alone.

    A column that is `coded` becomes one column of whole numbers instead, for an embedding to look up: the place of the level, the number of
    levels for a rare or unknown one, and one more for a gap, whether training had such or not.
    """

    name: str
    levels: tuple[str, ...]
    has_gaps: bool
    has_rare: bool = False
    coded: bool = False

    @classmethod
    def fit(
        cls, name: str, column: Categories, weight: Float64, *, boolean: bool = False, settings: CodingSettings = DEFAULT
    ) -> CategoryCoding:
        """Return the coding of a column of codes, given the weights of its rows, all above 0."""
        held = column.codes >= 0
        if boolean:
            return cls(name, ("true",), not held.all())
        total = np.bincount(column.codes[held], weights=weight[held], minlength=len(column.levels))
        ranked = sorted((-w, level) for w, level in zip(total.tolist(), column.levels, strict=True) if w > 0)
        least = RARE * (1 - 1e-9) * total.sum()  # a share that is just RARE stays so however the weights were rounded
        coded = len(ranked) > settings.most_one_hot
        kept = [level for w, level in ranked[: MAX_CODES if coded else MAX_LEVELS] if -w >= least]
        return cls(name, tuple(sorted(kept)), not held.all(), len(kept) < len(ranked), coded)

    @property
    def n_codes(self) -> int:
        """How many codes a column that is coded may hold."""
        return len(self.levels) + 2

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The names of the columns it makes: "island=Dream" for each level, "island is rare", "island is missing"; or "island" alone."""
        if self.coded:
            return (self.name,)
        rare, gaps = (
            [f"{self.name} is {what}"] if is_there else [] for what, is_there in (("rare", self.has_rare), ("missing", self.has_gaps))
        )
        return (*(f"{self.name}={level}" for level in self.levels), *rare, *gaps)

    def encode_into(self, out: NDArray[Any], column: Categories) -> None:
        """Write ones into `out` (n, len(feature_names)), which holds zeros."""
        place = {level: i for i, level in enumerate(self.levels)}
        if self.coded:
            n = len(self.levels)
            out[:, 0] = np.array([*(place.get(level, n) for level in column.levels), n + 1])[column.codes]
            return
        rare = len(self.levels) if self.has_rare else -1
        gap = len(self.levels) + self.has_rare if self.has_gaps else -1
        target = np.array([*(place.get(level, rare) for level in column.levels), gap])[column.codes]  # the last entry answers code -1
        rows = np.flatnonzero(target >= 0)
        out[rows, target[rows]] = 1

    def to_plain(self) -> dict[str, Any]:
        """Return the coding as JSON-able Python values."""
        # What came later is written where it says something: older files stay as they were.
        later = {name: True for name in ("has_rare", "coded") if getattr(self, name)}
        return {"name": self.name, "levels": list(self.levels), "has_gaps": self.has_gaps, **later}

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> CategoryCoding:
        """Return the coding that `to_plain` wrote."""
        return cls(plain["name"], tuple(plain["levels"]), plain["has_gaps"], plain.get("has_rare", False), plain.get("coded", False))


def standardize(X: NDArray[Any], mean: Float64, scale: Float64) -> Float64:
    """Return (X - mean) / scale in float64, a fresh array; NaN stays NaN, and what overflows is infinite.

    All is first multiplied by a power of two that brings the statistics near 1, which changes no digit but keeps the difference of two
    numbers near 1e308 finite.
    """
    factor = power_of_two(np.maximum(np.abs(mean), scale))
    with np.errstate(over="ignore"):
        Z = np.multiply(X, factor, dtype=np.float64, order="C")
        Z -= mean * factor
        Z /= scale * factor
    return cast(Float64, Z)


def moments(block: NDArray[np.floating[Any]], weight: Float64) -> tuple[Float64, Float64, NDArray[np.bool_]]:
    """Return mean, scale and has-gaps of each column of a dense block, in two passes over cache-sized stretches of rows.

    The smallest value is taken off first, then means and squares of the stretches are merged (Chan, Golub, LeVeque 1979), so nothing
    cancels; plain sums in a fixed order, no BLAS, so the bits do not depend on the number of threads. A column of gaps alone has mean 0
    and scale 1.
    """
    k = block.shape[1]
    low, high = np.full(k, np.inf), np.full(k, -np.inf)
    for start, stop in row_chunks((block.shape[0], k)):
        np.fmin(low, np.fmin.reduce(block[start:stop], axis=0), out=low)
        np.fmax(high, np.fmax.reduce(block[start:stop], axis=0), out=high)
    empty = low > high
    low[empty] = high[empty] = 0.0
    factor = power_of_two(np.maximum(np.abs(low), np.abs(high)))  # squares of 1e300 would overflow, those of 1e-300 vanish

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
    scale = np.sqrt(_ratio(squares, total)) / factor
    with np.errstate(over="ignore"):  # a mean of the largest floats may round past them
        mean = np.clip((mean + low * factor) / factor, low, high)
    return mean, _usable(scale, mean, low == high), has_gaps


def _sparse_moments(block: SparseRows, weight: Float64) -> tuple[Float64, Float64, NDArray[np.bool_]]:
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
    squares = np.bincount(block.indices, weights=w * (x - mean[block.indices]) ** 2, minlength=k)
    squares += np.maximum(total - stored, 0.0) * mean**2
    scale = np.sqrt(squares / total) / factor
    return mean / factor, _usable(scale, mean / factor, np.zeros(k, dtype=bool)), np.zeros(k, dtype=bool)


def _usable(scale: Float64, mean: Float64, constant: NDArray[np.bool_]) -> Float64:
    """Return scales that can be divided by: 1 for constants, and no rounding noise blown up to look like information."""
    noise = scale <= NOISE * np.abs(mean)
    # Where the values differ by noise alone, dividing by 1 would let the noise of a mean of 1e300 through: divide by the mean.
    scale = np.where(noise, np.maximum(1.0, np.abs(mean)), scale)
    return np.where(constant | (scale < np.finfo(np.float64).tiny), 1.0, scale)


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
        For another number of weights than rows, a negative or not finite one (with its row), or none above 0.
    """
    if weight is None:
        return None
    try:
        w = np.asarray(weight, dtype=np.float64)
    except (TypeError, ValueError):
        raise DataError("row weights must be numbers.") from None
    if w.shape != (n,):
        raise DataError(f"there are {n} rows but the weights have shape {w.shape}: expected ({n},).")
    bad = np.flatnonzero(~(np.isfinite(w) & (w >= 0)))
    if bad.size:
        raise DataError(f"the weight of row {bad[0]} (counting from 0) is {w[bad[0]]}: weights must be finite and not negative.")
    if not w.any():
        raise DataError("all row weights are 0: nothing is left to learn from.")
    return cast(Float64, w / w.max())


def weighted_rows(table: Table, weight: ArrayLike | None) -> tuple[Table, Float64]:
    """Return the rows of weight above 0, and their weights: what weighs nothing leaves no trace."""
    w = row_weights(weight, table.n_rows)
    if w is None:
        return table, np.ones(table.n_rows)
    return (table, w) if w.all() else (table.take(w > 0), w[w > 0])
