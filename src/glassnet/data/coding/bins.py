"""Bins of numeric columns, learned from rows: as full as each other by quantiles, or where a tree on the target splits.

Gorishniy, Rubachev and Babenko 2022, "On Embeddings for Numerical Features in Tabular Deep
Learning", sections 3.2.1 and 3.2.2.
"""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np

from glassnet.errors import DataError, SettingError, unknown_name
from glassnet.quantiles import weighted_quantiles

Array = np.ndarray[Any, np.dtype[Any]]

WAYS = ("quantile", "tree")


def bin_edges(
    X: Array,
    n_bins: int,
    by: str = "quantile",
    *,
    y: Array | None = None,
    weight: Array | None = None,
) -> tuple[tuple[float, ...], ...]:
    """Return the edges of the bins of each column, as `PiecewiseLinearEmbedding(edges=...)` takes them.

    "quantile": the values that reach the shares 0, 1 / n_bins, ..., 1 of the weight (the inverted
    distribution function). "tree": a decision tree of the column alone, at most n_bins leaves of at
    least a quarter of 1 / n_bins of the weight each, and around its splits the smallest and the
    largest value. A column gets fewer bins where edges would coincide in float32, and one bin of
    width 1 where all of its values do.

    Parameters
    ----------
    X : (n, n_columns), finite, the rows to learn from
    n_bins : of a column at most
    by : "quantile" or "tree"
    y : of a tree the target: (n,) classes as whole numbers, or numbers (n,) or (n, n_outputs)
    weight : (n,), all above 0, or None: a row of weight 2 counts as two rows

    Raises
    ------
    DataError, SettingError
        For X without rows, an unknown way, a number of bins below 1, and a tree without a target.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.array([[0.0], [1.0], [2.0], [3.0], [10.0], [11.0], [12.0], [13.0]])
    >>> bin_edges(x, 4)
    ((0.0, 1.0, 3.0, 11.0, 13.0),)
    >>> bin_edges(x, 4, "tree", y=(x[:, 0] > 5.0).astype(int))
    ((0.0, 6.5, 13.0),)
    """
    if by not in WAYS:
        raise unknown_name("way to choose bins", by, WAYS)
    if isinstance(n_bins, bool) or not isinstance(n_bins, Integral) or n_bins < 1:
        raise SettingError(f"n_bins is a whole number, at least 1, but {n_bins!r} came.")
    if by == "tree" and y is None:
        raise SettingError("bins by a tree need the target: give y, or choose them by 'quantile'.")
    if len(X) == 0:
        raise DataError("bins are learned from rows, but there is none: give at least one.")
    made = []
    for j in range(X.shape[1]):
        x = X[:, j].astype(np.float64)
        edges = (
            weighted_quantiles(x, np.arange(n_bins + 1) / n_bins, weight)
            if by == "quantile"
            else np.r_[x.min(), _splits(x, n_bins, y, weight), x.max()]
        )
        made.append(_apart(edges))
    return tuple(made)


def _splits(x: Array, n_bins: int, y: Any, weight: Array | None) -> Array:
    from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

    if n_bins == 1:
        return np.empty(0)
    kind = DecisionTreeClassifier if y.dtype.kind == "i" else DecisionTreeRegressor
    tree = kind(max_leaf_nodes=n_bins, min_weight_fraction_leaf=0.25 / n_bins, random_state=0)
    tree.fit(x[:, None], y, sample_weight=weight)
    return np.sort(tree.tree_.threshold[tree.tree_.feature >= 0])


def _apart(edges: Array) -> tuple[float, ...]:
    """Return rising edges without those that float32 does not tell from the one before, or a bin of width 1 where none is left."""
    kept = [edges[0]]
    least = np.finfo(np.float32).tiny
    for edge in edges[1:]:
        if np.float32(edge) - np.float32(kept[-1]) >= least:
            kept.append(edge)
    return tuple(map(float, kept if len(kept) > 1 else (kept[0], kept[0] + 1.0)))
