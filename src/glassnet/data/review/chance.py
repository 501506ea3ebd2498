"""Limits of what chance explains: rates that training rows leave possible, counts under a rate.

Both are exceeded with a chance of `level` only. The exact limits load SciPy; `quick_rate_limit` and
`quick_binomial_limit` are smaller and do without.
"""

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]
Counts = NDArray[np.int64]


def rate_limit(k: Float64, n: Float64, spread: Float64, level: float) -> Float64:
    """Return the highest rates that k of n leave possible (Clopper and Pearson 1934).

    Under a higher rate, at most k of n occur with a chance below `level`. The limit is 1 where k is
    n or more. `spread` is variance, in units of 1 / n^2, that k of n does not show; it adds as many
    standard deviations as a normal law exceeds with a chance of `level`.
    """
    from scipy.special import betainccinv, ndtri

    limits = np.where(
        k < n, np.asarray(betainccinv(k + 1.0, np.maximum(n - k, 1.0), level), np.float64), 1.0
    )
    return np.minimum(limits - float(ndtri(level)) * np.sqrt(spread) / np.maximum(n, 1.0), 1.0)


def binomial_tail(counts: Counts, n: Counts, p: Float64) -> Float64:
    """Return the chance that a binomial of n and p is at least `counts`, from 1 to n."""
    from scipy.special import betainc

    return np.asarray(betainc(counts, n - counts + 1.0, p), np.float64)


def binomial_limit(n: Counts, p: Float64, level: float) -> Counts:
    """Return the smallest numbers that a binomial exceeds with a chance of at most `level`."""
    low, high = np.zeros_like(n), n.copy()
    while (open_ := low < high).any():  # bisection
        middle = (low + high) // 2
        rare = binomial_tail(middle + 1, np.maximum(n, middle + 1), p) <= level
        low = np.where(open_ & ~rare, middle + 1, low)
        high = np.where(open_ & rare, middle, high)
    return low


def quick_rate_limit(k: Float64, n: Float64, level: float) -> Float64:
    """Return rates below `rate_limit`, except for k = n, where k is two deviations too few.

    The deviations are those of Wilson (1927). For k = 0 the rate is the limit itself,
    1 - level^(1 / n), which is below that of any other k.
    """
    n = np.maximum(n, 1.0)
    share = np.minimum(k / n, 1.0)
    rates = (share + 2.0 / n + 2.0 * np.sqrt((share * (1.0 - share) + 1.0 / n) / n)) / (
        1.0 + 4.0 / n
    )
    return np.asarray(np.minimum(np.maximum(rates, -np.expm1(np.log(level) / n)), 1.0))


def quick_binomial_limit(n: Counts, p: Float64) -> Float64:
    """Return two standard deviations above the mean; rounded down, it is below `binomial_limit`."""
    return np.asarray(n * p + 2.0 * np.sqrt(n * p * (1.0 - p)))
