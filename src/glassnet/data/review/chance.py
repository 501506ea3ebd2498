"""What chance may give: the highest rate that a count of training rows leaves possible, and the highest count of new rows under a rate.

Both hold but with a chance of `level`. SciPy is loaded where they are asked for exactly;
`within_limit` and `within_most` are smaller, and do without.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]
Counts = NDArray[np.int64]


def upper_limit(k: Float64, n: Float64, spread: Float64, level: float) -> Float64:
    """Return the highest rates that k of n leave possible: under a higher one there are so few with a chance below `level`.

    That is the upper limit of Clopper and Pearson (1934), 1 where k is n or more. `spread` is
    variance, in units of 1 / n^2, that k of n does not show; it adds as many standard deviations as
    a normal law exceeds with a chance of `level`.
    """
    from scipy.special import betainccinv, ndtri

    limits = np.where(
        k < n, np.asarray(betainccinv(k + 1.0, np.maximum(n - k, 1.0), level), np.float64), 1.0
    )
    return np.minimum(limits - float(ndtri(level)) * np.sqrt(spread) / np.maximum(n, 1.0), 1.0)


def at_least(counts: Counts, n: Counts, p: Float64) -> Float64:
    """Return the chance that a binomial of n and p is at least so much; counts are from 1 to n."""
    from scipy.special import betainc

    return np.asarray(betainc(counts, n - counts + 1.0, p), np.float64)


def most(n: Counts, p: Float64, level: float) -> Counts:
    """Return the smallest numbers that a binomial of n and p exceeds with a chance of at most `level`, by bisection."""
    low, high = np.zeros_like(n), n.copy()
    while (searched := low < high).any():
        middle = (low + high) // 2
        rare = at_least(middle + 1, np.maximum(n, middle + 1), p) <= level
        low, high = (
            np.where(searched & ~rare, middle + 1, low),
            np.where(searched & rare, middle, high),
        )
    return low


def within_limit(k: Float64, n: Float64, level: float) -> Float64:
    """Return rates below `upper_limit`, but where k is n: those of which k is two deviations below the mean (Wilson 1927).

    For k = 0 it is the limit itself, 1 - level^(1 / n), which is below that of any other k.
    """
    n = np.maximum(n, 1.0)
    share = np.minimum(k / n, 1.0)
    rates = (share + 2.0 / n + 2.0 * np.sqrt((share * (1.0 - share) + 1.0 / n) / n)) / (
        1.0 + 4.0 / n
    )
    return np.asarray(np.minimum(np.maximum(rates, -np.expm1(np.log(level) / n)), 1.0))


def within_most(n: Any, p: Float64) -> Float64:
    """Return what is below `most` when it is rounded down: two standard deviations above the mean."""
    return np.asarray(n * p + 2.0 * np.sqrt(n * p * (1.0 - p)))
