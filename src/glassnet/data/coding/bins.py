"""Edges of bins for numeric features, at quantiles of the training rows.

Gorishniy, Rubachev and Babenko 2022, "On Embeddings for Numerical Features in Tabular Deep
Learning", section 3.2.1.
"""

from typing import Any

import numpy as np

from glassnet.checks import check_integer
from glassnet.errors import DataError
from glassnet.quantiles import weighted_quantiles

Array = np.ndarray[Any, np.dtype[Any]]


def bin_edges(
    X: Array, n_bins: int, *, weight: Array | None = None
) -> tuple[tuple[float, ...], ...]:
    """Return the edges of the bins of each column, for `PiecewiseLinearEmbedding(edges=...)`.

    The edges are the weighted quantiles 0, 1 / n_bins, ..., 1 (by the inverted distribution
    function). A column gets fewer bins if some edges coincide in float32, and one bin of width 1 if
    all of its values coincide.

    Parameters
    ----------
    X : (n, n_columns), finite, the rows to learn from
    n_bins : the largest number of bins of a column
    weight : (n,), all above 0, or None: a row of weight 2 counts as two rows

    Raises
    ------
    DataError, SettingError
        If X has no rows, or the number of bins is below 1.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.array([[0.0], [1.0], [2.0], [3.0], [10.0], [11.0], [12.0], [13.0]])
    >>> bin_edges(x, 4)
    ((0.0, 1.0, 3.0, 11.0, 13.0),)
    """
    check_integer("n_bins", n_bins)
    if len(X) == 0:
        raise DataError("bins are learned from rows, but there is none: give at least one.")
    shares = np.arange(n_bins + 1) / n_bins
    return tuple(_distinct(weighted_quantiles(x, shares, weight)) for x in X.astype(np.float64).T)


def _distinct(edges: Array) -> tuple[float, ...]:
    """Return at least two increasing edges that differ in float32."""
    kept = [edges[0]]
    for edge in edges[1:]:
        if np.float32(edge) - np.float32(kept[-1]) >= np.finfo(np.float32).tiny:
            kept.append(edge)
    return tuple(map(float, kept if len(kept) > 1 else (kept[0], kept[0] + 1.0)))
