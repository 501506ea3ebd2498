"""Encode number columns: standardized and smoothly clipped, with missing indicators."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, cast

import numpy as np
from numpy.typing import NDArray

from glassnet.cached import cached_property
from glassnet.data.coding.moments import (
    Float64,
    Mask,
    above_rounding,
    extent,
    moments,
    quartiles,
    sparse_moments,
    standardize,
)
from glassnet.data.coding.settings import DEFAULT, LIMIT, CodingSettings
from glassnet.data.serialization import STORED_AS, Serializable
from glassnet.data.tables.column_data import Categories, distinct_integers
from glassnet.data.tables.table import Numbers, SparseRows
from glassnet.data.tables.values import row_chunks
from glassnet.errors import DataError

#: In standard deviations: larger values are clipped to the limit anyway, and their squares would
#: overflow.
FAR = 1e6
#: What the training rows of a column have in common: "" for nothing, "value" for a constant, "gaps"
#: for missing values only.
Constant = Literal["", "value", "gaps"]
#: Ends the description of a column whose features are always 0.
NEVER_VARIED = "in training: it never varied, and has no effect"
#: Columns of integers beyond 2^53, which floats cannot represent exactly, as text, by name.
Exact = Mapping[str, Categories]
NONE: Exact = {}


def difference(column: Categories, number: float) -> Float64:
    """Return exact integers minus a number, (n,), rounded once; a missing value is NaN.

    The difference is taken between Python integers. So no digits are lost if the values lie close
    together, such as times in nanoseconds.
    """
    whole = math.floor(number)
    rest = number - whole
    return column.map((float(int(level) - whole) - rest for level in column.levels), np.nan, float)


@dataclass(frozen=True)
class NumberCoding(Serializable):
    """Encoding of number columns: scaled numbers, then 0/1 indicators "x is missing".

        z = (x - mean) / scale,  feature = z / sqrt(1 + (z / limit)^2)

    The second step is the smooth clip of RealMLP (Holzmueller, Grinsztajn and Steinwart 2024,
    section 3). It changes little within two standard deviations, and keeps a single extreme value
    of a heavy-tailed column from dominating the network in training and prediction.

    If the limit is None there is no second step: the feature is z, as with scikit-learn's
    StandardScaler, and a missing value is an error if training had none, as in scikit-learn's
    estimators.

    `scale` is the weighted population standard deviation of the known values. It is 1 if the column
    is constant, and |mean| if its numbers differ only by rounding. With robust scaling `mean` is
    the median and `scale` the interquartile range, see `glassnet.data.coding.moments`. `centered`
    is False for an encoding that was fitted to a sparse matrix: zeros stay zeros, so nothing is
    subtracted (`mean` is 0), but the scale is the deviation from the true mean, zeros included.

    `constant` tells for each column whether it was constant in training; it is empty if none was.
    A constant feature is 0 in every row, so that untrained weights have no effect on predictions:
    the scaled number if all numbers were equal ("value", and `mean` is that number), and both the
    scaled number and the missing indicator if all cells were missing ("gaps").
    """

    names: tuple[str, ...]
    mean: tuple[float, ...]
    scale: tuple[float, ...]
    has_missing: tuple[bool, ...] = field(metadata={STORED_AS: "has_gaps"})
    centered: bool = True
    limit: float | None = LIMIT
    constant: tuple[Constant, ...] = ()

    @classmethod
    def fit(
        cls,
        names: tuple[str, ...],
        block: Numbers,
        weight: Float64,
        settings: CodingSettings = DEFAULT,
        exact: Exact = NONE,
    ) -> NumberCoding:
        """Fit the encoding to a block (n, n_columns), given row weights that are all above 0.

        `exact` holds, by name, columns of integers that floats cannot represent exactly.
        """
        low, high = extent(block)
        robust = settings.scaling == "robust"
        dense = isinstance(block, np.ndarray)
        if not dense:  # most cells are zeros, and so the quartiles would be zeros too
            mean, scale, has_missing = sparse_moments(block, weight)
            scale = above_rounding(scale, mean)
            mean = np.where(low == high, low, 0.0)
        elif robust:
            mean, scale, has_missing = quartiles(cast(Float64, block), weight)
        else:
            mean, scale, has_missing = moments(cast(Float64, block), weight, (low, high))
            scale = np.where(low == high, scale, above_rounding(scale, mean))
        for j, name in enumerate(names):
            if name in exact and low[j] <= high[j]:
                start = min(distinct_integers(exact[name]))
                rest = difference(exact[name], start)[:, None]
                (center,), (scale[j],), _ = (quartiles if robust else moments)(rest, weight)
                mean[j], low[j], high[j] = float(start + round(center)), 0.0, np.nanmax(rest)
        constant = np.where(low > high, "gaps", np.where(low == high, "value", "")).tolist()
        return cls(
            names,
            tuple(mean.tolist()),
            tuple(scale.tolist()),
            tuple(has_missing.tolist()),
            dense,
            settings.limit,
            tuple(constant) if any(constant) else (),
        )

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The names of the features: all scaled columns, then the missing indicators."""
        missing = np.flatnonzero(self.has_missing).tolist()
        return (*self.names, *(f"{self.names[j]} is missing" for j in missing))

    @cached_property
    def _arrays(self) -> tuple[Float64, Float64, NDArray[np.intp]]:
        return np.array(self.mean), np.array(self.scale), np.flatnonzero(self.has_missing)

    @property
    def _constants(self) -> tuple[Constant, ...]:
        nothing: tuple[Constant, ...] = ("",)
        return self.constant or nothing * len(self.names)

    @property
    def still(self) -> Mask:
        """Which columns were constant in training, (n_columns,)."""
        return np.array([bool(constant) for constant in self._constants], bool)

    @property
    def empty(self) -> Mask:
        """Which columns had only missing values in training, (n_columns,)."""
        return np.array([constant == "gaps" for constant in self._constants], bool)

    def updated(self, block: Numbers) -> NumberCoding:
        """Return the encoding after further training rows: a column that now varies is used.

        Mean and scale stay as they are.
        """
        if not self.constant:
            return self
        low, high = (ends.tolist() for ends in extent(block))
        constant, mean = list(self.constant), list(self.mean)
        for j in np.flatnonzero(self.still):
            if low[j] > high[j] or (constant[j] == "value" and low[j] == high[j] == mean[j]):
                continue  # missing values only, or the same number again
            if constant[j] == "gaps" and low[j] == high[j]:
                constant[j], mean[j] = "value", low[j]  # the first numbers of the column, all equal
            else:
                constant[j], mean[j] = "", mean[j] if self.centered else 0.0
        return replace(self, mean=tuple(mean), constant=tuple(constant) if any(constant) else ())

    def encode_into(self, out: NDArray[Any], block: Numbers, exact: Exact = NONE) -> None:
        """Write the features of a block into `out` (n, len(feature_names)), chunk by chunk.

        Missing values become 0, the mean of the column; without a limit they are a DataError if
        training had none. `exact` is as for `fit`.
        """
        mean, scale, indicated = self._arrays
        still, empty = np.flatnonzero(self.still), np.flatnonzero(self.empty)
        k = len(self.names)
        scaled = [
            (j, difference(exact[name], self.mean[j]) / self.scale[j])
            for j, name in enumerate(self.names)
            if name in exact
        ]
        for start, stop in row_chunks((block.shape[0], k)):
            rows = block[start:stop]
            Z = standardize(rows if isinstance(rows, np.ndarray) else rows.toarray(), mean, scale)
            for j, column in scaled:
                Z[:, j] = column[start:stop]
            missing = np.isnan(Z)
            if self.limit is None and (new := missing & ~np.array(self.has_missing)).any():
                row, place = np.argwhere(new)[0].tolist()
                raise DataError(
                    f"column {self.names[place]!r} holds a missing value (NaN) in row "
                    f"{start + row} (counting from 0), but this model takes none there: fill it, "
                    "or leave the row out."
                )
            Z[missing] = 0.0
            Z[:, still] = 0.0
            missing[:, empty] = False
            with np.errstate(over="ignore"):  # beyond float32, if nothing is clipped
                out[start:stop, :k] = self._clipped(Z)
            out[start:stop, k:] = missing[:, indicated]

    def encode_sparse(self, block: SparseRows, dtype: np.dtype[Any]) -> SparseRows:
        """Return a scaled CSR matrix with the same zeros; it shares no memory with `block`."""
        mean, scale, _ = self._arrays
        data = self._clipped(standardize(block.data, mean[block.indices], scale[block.indices]))
        data[self.still[block.indices]] = 0.0
        make = cast(Any, type(block))  # a matrix or an array
        with np.errstate(over="ignore"):
            cells = data.astype(dtype)
        return make((cells, block.indices.copy(), block.indptr.copy()), shape=block.shape)

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

    def describe(self) -> list[str]:
        """Return a description of the encoding of each column."""
        scaled = "(value - {0:.6g}) / {1:.6g}" if self.centered else "value / {1:.6g}"
        clipped = "" if self.limit is None else f", clipped smoothly to +-{self.limit:g}"
        texts = {
            "": scaled + clipped,
            "value": f"always {{0:.6g}} {NEVER_VARIED}",
            "gaps": f"missing values only {NEVER_VARIED}",
        }
        marked = {
            "": "; missing values are 0 and marked in '{2} is missing'",
            "value": "; missing values are marked in '{2} is missing'",
            "gaps": "",
        }
        return [
            (texts[constant] + (marked[constant] if missing else "")).format(mean, scale, name)
            for name, mean, scale, missing, constant in zip(
                self.names, self.mean, self.scale, self.has_missing, self._constants, strict=True
            )
        ]
