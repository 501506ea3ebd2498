"""The bounds of chance are those of SciPy's distributions, or stricter without SciPy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from glassnet.data.review.tally import (
    binomial_limit,
    binomial_tail,
    quick_binomial_limit,
    quick_rate_limit,
    rate_limit,
)

LEVELS = (5e-5, 1e-6, 1e-8)
RATES = (1e-12, 1e-5, 0.01, 0.3, 0.999, 1.0)


def near(m: int, p: float, level: float) -> range:
    """Counts about the quantile of a binomial."""
    quantile = int(stats.binom.isf(level, m, p)) if m else 0
    return range(max(0, quantile - 2), min(m, quantile + 2) + 1)


@pytest.mark.parametrize("level", LEVELS)
def test_limits_are_those_of_the_beta_distribution(level: float) -> None:
    k, n = (
        np.array([0.0, 0, 1, 5, 50, 999, 1000]),
        np.array([1.0, 1000, 1000, 10, 10_000, 1000, 1000]),
    )
    limits = [
        stats.beta.isf(level, a + 1, b - a) if a < b else 1.0 for a, b in zip(k, n, strict=True)
    ]
    np.testing.assert_allclose(rate_limit(k, n, 0.0 * n, level), limits, rtol=1e-10)
    widened = np.minimum(np.array(limits) + stats.norm.isf(level) * 3.0 / n, 1.0)
    np.testing.assert_allclose(rate_limit(k, n, 0.0 * n + 9.0, level), widened, rtol=1e-10)


@pytest.mark.parametrize("n", [2, 50, 10_000])
def test_limit_of_one_of_n_is_that_of_the_share_beyond_the_ends(n: int) -> None:
    """Wilks (1941): the share of a distribution outside the range of n values is Beta(2, n - 1)."""
    limit = rate_limit(np.ones(1), np.array([float(n)]), np.zeros(1), 1e-6)
    np.testing.assert_allclose(limit, stats.beta.isf(1e-6, 2, n - 1), rtol=1e-10)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("p", RATES)
def test_counts_are_those_of_the_binomial_distribution(p: float, level: float) -> None:
    m = np.array([0, 1, 1, 200, 3000, 10**7])
    found = binomial_limit(m, np.full(len(m), p), level)
    assert found.tolist() == [
        min(c for c in near(n, p, level) if stats.binom.sf(c, n, p) <= level) for n in m.tolist()
    ]
    counts, n = np.array([1, 1, 3, 30]), np.array([1, 30, 30, 30])
    np.testing.assert_allclose(
        binomial_tail(counts, n, np.full(4, p)),
        stats.binom.sf(counts - 1, n, p),
        rtol=1e-9,
        atol=1e-300,
    )


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("n", [1, 2, 3, 10, 50, 300, 10_000, 10**6])
def test_what_stands_for_them_lies_within(n: int, level: float) -> None:
    k = np.unique(
        np.concatenate([np.arange(min(n, 60)), np.linspace(0, n - 1, 60).astype(int)])
    ).astype(float)
    limits, within = (
        f(k, np.full(len(k), float(n)), *more, level)
        for f, more in ((rate_limit, (0.0 * k,)), (quick_rate_limit, ()))
    )
    assert (within <= limits * (1.0 + 1e-12)).all()
    for m in (1, 2, 3, 10, 1000, 10**5):
        assert (
            np.floor(quick_binomial_limit(m, within))
            <= binomial_limit(np.full(len(k), m), limits, level)
        ).all()
