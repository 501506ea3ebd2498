"""Bins of numeric columns: quantiles learned from rows.

Gorishniy, Rubachev and Babenko 2022, "On Embeddings for Numerical Features in Tabular Deep
Learning", section 3.2.1.
"""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np

from glassnet.errors import DataError, SettingError

Array = np.ndarray[Any, np.dtype[Any]]


def bin_edges(
    X: Array, n_bins: int, *, weight: Array | None = None
) -> tuple[tuple[float, ...], ...]:
    """Return the edges of the bins of each column, as `PiecewiseLinearEmbedding(edges=...)` takes them.

    Edges are the values that reach the shares 0, 1 / n_bins, ..., 1 of the weight (the inverted
    distribution function). A column gets fewer bins where edges would coincide in float32, and one
    bin of width 1 where all of its values do.

    Parameters
    ----------
    X : (n, n_columns), finite, the rows to learn from
    n_bins : of a column at most
    weight : (n,), all above 0, or None: a row of weight 2 counts as two rows

    Raises
    ------
    DataError, SettingError
        For X without rows and a number of bins below 1.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.array([[0.0], [1.0], [2.0], [3.0], [10.0], [11.0], [12.0], [13.0]])
    >>> bin_edges(x, 4)
    ((0.0, 1.0, 3.0, 11.0, 13.0),)
    """
    if isinstance(n_bins, bool) or not isinstance(n_bins, Integral) or n_bins < 1:
        raise SettingError(f"n_bins is a whole number, at least 1, but {n_bins!r} came.")
    if len(X) == 0:
        raise DataError("bins are learned from rows, but there is none: give at least one.")
    columns = X.astype(np.float64).T
    return tuple(_apart(_quantiles(x, n_bins, weight)) for x in columns)


def _quantiles(x: Array, n_bins: int, weight: Array | None) -> Array:
    order = np.argsort(x, kind="stable")
    share = np.arange(1.0, len(x) + 1.0) if weight is None else np.cumsum(weight[order])
    # Sums of weights are rounded: what is a share but for rounding is that share.
    at = np.searchsorted(share, np.arange(n_bins + 1) / n_bins * share[-1] * (1.0 - 1e-12))
    return np.asarray(x[order][np.minimum(at, len(x) - 1)])


def _apart(edges: Array) -> tuple[float, ...]:
    """Return rising edges without those that float32 does not tell from the one before, or a bin of width 1 where none is left."""
    kept = [edges[0]]
    least = np.finfo(np.float32).tiny
    for edge in edges[1:]:
        if np.float32(edge) - np.float32(kept[-1]) >= least:
            kept.append(edge)
    return tuple(map(float, kept if len(kept) > 1 else (kept[0], kept[0] + 1.0)))
