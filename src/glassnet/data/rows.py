"""Rows of features with targets and weights, for training, early stopping, calibration or scoring.

A row of weight 0 is ignored, and a row of weight 2 counts as two rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from glassnet.data.files.arrow import refuse_damaged
from glassnet.data.tables.table import Table
from glassnet.errors import DataError

Array = NDArray[Any]
Float64 = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows of features with targets and weights.

    Attributes
    ----------
    X : the features: a Table, an array (n, n_features) or a CSR matrix
    y : the target, (n,) or (n, m)
    weight : (n,), or None if all rows count the same
    """

    X: Any
    y: Array
    weight: Array | None = None

    @property
    def n(self) -> int:
        """The number of rows."""
        return self.X.n_rows if isinstance(self.X, Table) else int(self.X.shape[0])

    def take(self, index: Array) -> Rows:
        """Return the rows with these indices, or where this mask is True."""
        X = self.X.take(index) if isinstance(self.X, Table) else self.X[index]
        return Rows(X, self.y[index], None if self.weight is None else self.weight[index])


def joined_rows(parts: Sequence[Rows]) -> Rows:
    """Concatenate rows whose features are arrays."""
    if len(parts) == 1:
        return parts[0]
    weights = [part.weight for part in parts if part.weight is not None]
    return Rows(
        np.concatenate([part.X for part in parts]),
        np.concatenate([part.y for part in parts]),
        np.concatenate(weights) if len(weights) == len(parts) else None,
    )


def checked_weight(weight: ArrayLike | None, n: int) -> Float64 | None:
    """Validate the weights of n rows: float64 (n,), or None if every row counts the same.

    Raises
    ------
    DataError
        If there are not n weights, one is negative or not finite (with its row), or none is
        above 0.
    """
    if weight is None:
        return None
    refuse_damaged(weight)
    try:
        w = np.asarray(weight, dtype=np.float64)
    except (TypeError, ValueError):
        raise DataError("sample_weight must hold numbers, one for each row.") from None
    if w.shape != (n,):
        raise DataError(
            f"sample_weight must have shape ({n},), one number for each row, got {w.shape}."
        )
    bad = np.flatnonzero(~(np.isfinite(w) & (w >= 0)))
    if bad.size:
        raise DataError(
            "sample_weight must hold finite numbers >= 0, got "
            f"{w[bad[0]]} in row {bad[0]} (counting from 0)."
        )
    if not w.any():
        raise DataError("sample_weight is zero in every row: nothing is left to learn from.")
    return w


def relative_weight(weight: Float64) -> Float64:
    """Return weights times a power of two that scales the largest into (1/2, 1].

    This does not round. So weights of every size have finite sums and squares, and weights times a
    power of two are the same weights. If all weights above 0 are equal they become 1.
    """
    largest = weight.max(initial=0.0)
    if largest == 0.0:
        return weight
    above = weight > 0.0
    if weight.min(where=above, initial=largest) == largest:
        return above.astype(np.float64)
    fraction, exponent = np.frexp(largest)
    return cast(Float64, np.ldexp(weight, -exponent + int(fraction == 0.5)))


def full_weight(weight: ArrayLike | None, n: int) -> Float64:
    """Return validated weights divided by the largest one; ones if every row counts the same."""
    w = checked_weight(weight, n)
    return np.ones(n) if w is None else cast(Float64, w / w.max())


def weighted_rows(table: Table, weight: ArrayLike | None) -> tuple[Table, Float64]:
    """Return the rows with weights above 0, and these weights."""
    w = full_weight(weight, table.n_rows)
    return (table, w) if w.all() else (table.take(w > 0), w[w > 0])
