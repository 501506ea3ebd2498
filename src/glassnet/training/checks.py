"""Checks of the rows, weights and counts that callers of training give."""

from typing import Any

import numpy as np

from glassnet.checks import is_whole
from glassnet.data.rows import Array, Rows, checked_weight, relative_weight
from glassnet.errors import DataError, SettingError
from glassnet.layer_check import check_own_layers
from glassnet.losses import Loss, check_own_loss
from glassnet.network import Network


def make_rows(network: Network, loss: Loss, X: Any, y: Any, sample_weight: Any = None) -> Rows:
    """Check X, y and weights against a network and its loss, once; weights stay as they are."""
    X = network.check_input(X)
    rows = prepared_rows(loss, network.n_outputs, network.dtype, X, y, sample_weight)
    check_own_layers(network, X)
    return rows


def prepared_rows(
    loss: Loss, n_outputs: int, dtype: np.dtype[Any], X: Any, y: Any, sample_weight: Any = None
) -> Rows:
    """Return rows with y as the loss takes it, for networks of so many outputs.

    Raises
    ------
    DataError
        For no rows, features that are not finite, and a target or weights that do not fit.
    """
    n = X.shape[0]
    if n == 0:
        raise DataError("X has no rows: training needs at least one.")
    dense = isinstance(X, np.ndarray)
    odd = ~np.isfinite(X if dense else X.data)
    if odd.any():
        if dense:
            row, column = (int(i) for i in np.argwhere(odd)[0])
        else:
            at = int(np.flatnonzero(odd)[0])
            row, column = int(np.searchsorted(X.indptr, at, side="right")) - 1, int(X.indices[at])
        raise DataError(
            f"X must be finite, but row {row}, column {column} holds {X[row, column]}: fill "
            "missing values first, or use glassnet.fit."
        )
    y = loss.prepare(y, n_outputs, dtype)
    if len(y) != n:
        raise DataError(f"X and y must have as many rows, but X has {n} and y has {len(y)}.")
    check_own_loss(loss, y, n_outputs)
    return Rows(X, y, checked_weight(sample_weight, n))


def check_weight(sample_weight: Any, n: int) -> Array | None:
    """Return weights as float64 `(n,)` whose largest is near 1, or None.

    Only their ratios count, and so their sums stay finite.
    """
    weight = checked_weight(sample_weight, n)
    return None if weight is None else relative_weight(weight)


def check_seed(seed: Any) -> int:
    """Return a seed as a Python number: one of NumPy's overflows where bits are counted."""
    if not is_whole(seed, 0):
        raise SettingError(f"seed must be a whole number, 0 or more, got {seed!r}.")
    return int(seed)
