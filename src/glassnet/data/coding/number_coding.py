"""How a block of number columns becomes features: scaled, smoothly clipped, and beside them what marks a gap."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, cast

import numpy as np
from numpy.typing import NDArray

from glassnet.cached import cached_property
from glassnet.data.coding.columns import (
    DEFAULT,
    FAR,
    LIMIT,
    CodingSettings,
    Float64,
    above_rounding,
    extent,
    moments,
    sparse_moments,
    standardize,
)
from glassnet.data.coding.exact_numbers import Exact, exact_columns, less, smallest
from glassnet.data.coding.robust import quartiles
from glassnet.data.tables.block import row_chunks
from glassnet.data.tables.table import Numbers, SparseRows
from glassnet.errors import DataError

#: Whether the numbers of a column varied in training (""), were all equal, or were not there.
Constant = Literal["", "value", "gaps"]
#: No columns.
NONE: Exact = {}


@dataclass(frozen=True)
class NumberCoding:
    """A block of number columns: z = (x - mean) / scale, z / sqrt(1 + (z / limit)^2), then "is missing", 0 or 1, where there were gaps.

    The second step is the smooth clip of RealMLP (Holzmueller, Grinsztajn and Steinwart 2024,
    section 3): hardly felt within a standard deviation or two, it keeps one odd value of a heavy
    tail from commanding the network, in training and even more so in prediction.

    Without a limit (None) there is no second step: z stays as it is, as scikit-learn's
    StandardScaler leaves it, and a gap is refused where training had none, as its estimators refuse
    it.

    `scale` is the weighted population standard deviation of what is no gap; 1 where the column is
    constant, and the size of the mean where its numbers differ by the rounding of one value alone.
    With robust scaling `mean` is the median and `scale` the width between the quartiles, see
    `glassnet.data.coding.robust`. `centered` is False for what was fitted on a sparse matrix: its zeros
    stay zeros, so its mean is 0 while its scale is the deviation from the true mean, zeros
    included.

    `constant` says of each column whether it varied in training; it is empty where all did. What
    never varied is 0 for every row, so that no later value of it meets weights that nothing has
    trained: the scaled number where all numbers were equal ("value", and `mean` is that number) or
    all cells were gaps ("gaps"), and in the latter case "is missing" too.
    """

    names: tuple[str, ...]
    mean: tuple[float, ...]
    scale: tuple[float, ...]
    has_gaps: tuple[bool, ...]
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
        """Return the coding of a block (n, n_columns), given the weights of its rows, all above 0.

        `exact` holds, by name, columns of whole numbers that the block's floats do not tell apart.
        """
        sparse = not isinstance(block, np.ndarray)
        low, high = extent(block)
        if sparse:  # most cells are zeros, and so would the quartiles be
            mean, scale, has_gaps = sparse_moments(cast(SparseRows, block), weight)
            scale = above_rounding(scale, mean)
            mean = np.where(low == high, low, 0.0)
        elif settings.scaling == "robust":
            mean, scale, has_gaps = quartiles(cast(Float64, block), weight)
        else:
            mean, scale, has_gaps = moments(cast(Float64, block), weight, (low, high))
            scale = np.where(low == high, scale, above_rounding(scale, mean))
        for j, column in exact_columns(names, {} if sparse else exact):
            if low[j] <= high[j]:
                start = smallest(column)
                rest = less(column, start)[:, None]
                (middle,), (scale[j],), _ = (
                    quartiles(rest, weight)
                    if settings.scaling == "robust"
                    else moments(rest, weight)
                )
                mean[j], low[j], high[j] = float(start + round(middle)), 0.0, np.nanmax(rest)
        constant = _marks(
            ["gaps" if a > b else "value" if a == b else "" for a, b in zip(low, high, strict=True)]
        )
        return cls(
            names,
            tuple(mean.tolist()),
            tuple(scale.tolist()),
            tuple(has_gaps.tolist()),
            not sparse,
            settings.limit,
            constant,
        )

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The names of the columns it makes: all scaled ones, then the indicators of gaps."""
        return (
            *self.names,
            *(
                f"{name} is missing"
                for name, gaps in zip(self.names, self.has_gaps, strict=True)
                if gaps
            ),
        )

    @cached_property
    def _arrays(self) -> tuple[Float64, Float64, NDArray[np.intp]]:
        return np.array(self.mean), np.array(self.scale), np.flatnonzero(self.has_gaps)

    @property
    def still(self) -> NDArray[np.bool_]:
        """Which columns never varied in training, (n_columns,)."""
        return np.array([bool(mark) for mark in self.constant] or [False] * len(self.names), bool)

    @property
    def empty(self) -> NDArray[np.bool_]:
        """Which columns held gaps alone in training, (n_columns,)."""
        return np.array(
            [mark == "gaps" for mark in self.constant] or [False] * len(self.names), bool
        )

    @property
    def keeps_zeros(self) -> bool:
        """Whether zeros stay zeros, so that a sparse matrix may stay sparse."""
        return not (self.centered and any(self.mean))

    def updated(self, block: Numbers) -> NumberCoding:
        """Return the coding after further rows of training: what varies with them is coded from now on, with mean and scale as they are."""
        if not self.constant:
            return self
        low, high = (ends.tolist() for ends in extent(block))
        constant, mean = list(self.constant), list(self.mean)
        for j in np.flatnonzero(self.still):
            if low[j] > high[j] or (constant[j] == "value" and low[j] == high[j] == mean[j]):
                continue  # gaps alone, or the same again
            first = (
                constant[j] == "gaps" and low[j] == high[j]
            )  # the first numbers of the column are all equal
            constant[j] = "value" if first else ""
            mean[j] = low[j] if first else mean[j] if self.centered else 0.0
        return (
            self
            if tuple(constant) == self.constant
            else replace(self, mean=tuple(mean), constant=_marks(constant))
        )

    def encode_into(self, out: NDArray[Any], block: Numbers, exact: Exact = NONE) -> None:
        """Write the features of a block into `out` (n, len(feature_names)), a stretch of rows at a time; `exact` as for `fit`.

        Gaps become 0, the mean of the column; without a limit they are a DataError where training
        had none.
        """
        mean, scale, gappy = self._arrays
        still, empty = np.flatnonzero(self.still), np.flatnonzero(self.empty)
        k = len(self.names)
        scaled = [
            (j, less(column, self.mean[j]) / self.scale[j])
            for j, column in exact_columns(self.names, exact)
        ]
        for start, stop in row_chunks((block.shape[0], k)):
            rows = block[start:stop]
            Z = standardize(rows if isinstance(rows, np.ndarray) else rows.toarray(), mean, scale)
            for j, column in scaled:
                Z[:, j] = column[start:stop]
            gaps = np.isnan(Z)
            if self.limit is None:
                self._refuse_new(gaps, start)
            Z[gaps] = 0.0
            Z[:, still] = 0.0
            gaps[:, empty] = False
            with np.errstate(over="ignore"):  # beyond float32, where nothing is clipped
                out[start:stop, :k] = self._clipped(Z)
            out[start:stop, k:] = gaps[:, gappy]

    def encode_sparse(self, block: SparseRows, dtype: np.dtype[Any]) -> SparseRows:
        """Return a CSR matrix scaled, with the same zeros; nothing of it is shared with the one that came."""
        mean, scale, _ = self._arrays
        data = self._clipped(standardize(block.data, mean[block.indices], scale[block.indices]))
        data[self.still[block.indices]] = 0.0
        make = cast(Any, type(block))  # a matrix or an array, whichever it was
        with np.errstate(over="ignore"):
            cells = data.astype(dtype)
        return cast(
            SparseRows, make((cells, block.indices.copy(), block.indptr.copy()), shape=block.shape)
        )

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
                f"column {self.names[column]!r} holds a gap (NaN) in row {start + row} (counting "
                "from 0), but this model takes none there: fill it, or leave the row out."
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
            **(
                {"constant": list(self.constant)} if self.constant else {}
            ),  # where it says something: older files stay as they were
        }

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> NumberCoding:
        """Return the coding that `to_plain` wrote."""
        names, mean, scale, has_gaps = (
            tuple(plain[key]) for key in ("names", "mean", "scale", "has_gaps")
        )
        return cls(
            names,
            mean,
            scale,
            has_gaps,
            plain["centered"],
            plain["limit"],
            tuple(plain.get("constant", ())),
        )


def _marks(constant: Sequence[Constant]) -> tuple[Constant, ...]:
    """Return what is said of each column, and nothing where every column varied."""
    return tuple(constant) if any(constant) else ()
