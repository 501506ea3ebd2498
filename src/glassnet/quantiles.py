"""Weighted quantiles, by the inverse of the cumulative distribution function."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


def weighted_quantiles(
    x: NDArray[Any], shares: ArrayLike, weight: NDArray[Any] | None = None
) -> NDArray[Any]:
    """Return, for each share, the smallest value of x (n,) that reaches this share of the weight.

    A row of weight 2 counts as two rows. Without weights every row counts the same.

    Examples
    --------
    >>> import numpy as np
    >>> weighted_quantiles(np.array([3.0, 1.0, 2.0]), [0.0, 0.5, 1.0]).tolist()
    [1.0, 2.0, 3.0]
    >>> weighted_quantiles(np.array([3.0, 1.0, 2.0]), [0.5], np.array([4.0, 1.0, 1.0])).tolist()
    [3.0]
    """
    slack = 1.0 - 1e-12  # tolerates rounding errors of the sums
    shares = np.asarray(shares, np.float64)
    if weight is None:
        at = np.maximum(np.ceil(shares * len(x) * slack).astype(np.int64) - 1, 0)
        return np.asarray(np.partition(x, at)[at])
    order = np.argsort(x, kind="stable")
    total = np.cumsum(weight[order], dtype=np.float64)
    at = np.searchsorted(total, shares * total[-1] * slack)
    return np.asarray(x[order][np.minimum(at, len(x) - 1)])
