"""Rows with their target and weights: to learn from, stop by, calibrate or score with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassnet.data.tables.table import Table

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows with their target and weights.

    Attributes
    ----------
    X : the features: a Table, an array (n, n_features) or a CSR matrix
    y : the target, (n,) or (n, m)
    weight : (n,), or None where all rows count the same
    """

    X: Any
    y: Array
    weight: Array | None = None

    @property
    def n(self) -> int:
        """The number of rows."""
        return self.X.n_rows if isinstance(self.X, Table) else int(self.X.shape[0])

    def take(self, index: Array) -> Rows:
        """Return the rows of these numbers, or of this mask."""
        X = self.X.take(index) if isinstance(self.X, Table) else self.X[index]
        return Rows(X, self.y[index], None if self.weight is None else self.weight[index])


def joined_rows(parts: Sequence[Rows]) -> Rows:
    """Return the rows of several parts end to end, whose features are arrays."""
    if len(parts) == 1:
        return parts[0]
    weights = [part.weight for part in parts if part.weight is not None]
    return Rows(
        np.concatenate([part.X for part in parts]),
        np.concatenate([part.y for part in parts]),
        np.concatenate(weights) if len(weights) == len(parts) else None,
    )
