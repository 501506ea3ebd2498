"""How far a score may be off for lack of rows: percentile intervals of the bootstrap (Efron 1979; Efron and Tibshirani 1993, chapter 13).

A resample draws as many rows as there are, with replacement. All scores, of all who are compared,
are taken from the same resamples, so that their differences are paired. A score is a function of
sums over rows, and the sums of all resamples are one matrix product: the number of times that each
row was drawn (resamples, rows) times the columns to be summed (rows, columns).

Past MAX_GROUPS rows, rows are dealt at random into so many groups, which are then drawn in their
place: the sums over a group vary as the sums over as many rows do, so the intervals are of the same
width, up to some per cent by chance, at a cost that grows no more.

Where no row is wrong, no resample has a wrong one. An accuracy of 0 or 1 therefore has the exact
interval of n rows (Clopper and Pearson 1934); any other score whose resamples are all the same has
none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from glassnet.report.metrics import Metric, metrics_for
from glassnet.report.predictions import Predictions

Array = np.ndarray[Any, np.dtype[Any]]

RESAMPLES = 1_000
LEVEL = 0.95
MAX_GROUPS = 10_000
#: So many resamples are drawn at once, which bounds the memory by 8 MB for the counts.
AT_ONCE = 100


@dataclass(frozen=True)
class Score:
    """A score with the interval in which it would lie in 95 of 100 samples of as many rows; no bounds where it cannot be told."""

    name: str
    value: float
    low: float | None
    high: float | None
    unit: str
    greater_is_better: bool


@dataclass(frozen=True, eq=False)
class Resampled:
    """The scores of one set of predictions: on the rows as they are, and on each resample, by the name of the metric."""

    metrics: tuple[Metric, ...]
    n_rows: int
    values: dict[str, float]
    resamples: dict[str, Array]

    def scores(self) -> tuple[Score, ...]:
        """Return each score with its interval."""
        found = []
        for metric in self.metrics:
            value = self.values[metric.name]
            low, high = interval(self.resamples[metric.name], value)
            if metric.name == "accuracy" and value in (0.0, 1.0):
                low, high = exact_interval(value, self.n_rows)
            elif low == high:
                low = high = None
            found.append(
                Score(metric.name, value, low, high, metric.unit, metric.greater_is_better)
            )
        return tuple(found)


def resampled(
    everyone: Sequence[Predictions], *, seed: int = 0, resamples: int = RESAMPLES
) -> list[Resampled]:
    """Return the scores of several predictions of the same rows on the same resamples; what is not defined on these rows is left out."""
    n = everyone[0].n_rows
    rng = np.random.Generator(np.random.PCG64(seed))
    groups = None if n <= MAX_GROUPS else rng.permutation(n) % MAX_GROUPS
    plans, blocks = [], []
    for predictions in everyone:
        values = {metric: metric.value(predictions) for metric in metrics_for(predictions)}
        known = {metric: value for metric, value in values.items() if np.isfinite(value)}
        parts = []
        for metric in known:
            block = np.stack(
                [_grouped(column, groups) for column in metric.columns(predictions)], axis=1
            )
            parts.append((metric, block.shape[1]))
            blocks.append(block)
        plans.append((known, parts))
    S = np.hstack(blocks)
    sums, whole = _drawn_sums(S, rng, resamples), S.sum(axis=0)
    found, start = [], 0
    for known, parts in plans:
        drawn = {}
        for metric, width in parts:
            columns = slice(start, start + width)
            drawn[metric.name] = metric.combine(sums[:, columns], whole[columns])
            start += width
        found.append(
            Resampled(
                tuple(known), n, {metric.name: value for metric, value in known.items()}, drawn
            )
        )
    return found


def interval(drawn: Array, value: float) -> tuple[float | None, float | None]:
    """Return the bounds of the middle 95 % of the resamples; widened to hold the score itself, which is outside only by the oddest chance.

    Resamples on which the score is not defined (none of a class was drawn) are left out; without
    any there are no bounds.
    """
    drawn = drawn[np.isfinite(drawn)]
    if not len(drawn):
        return None, None
    low, high = np.quantile(drawn, [(1.0 - LEVEL) / 2.0, (1.0 + LEVEL) / 2.0])
    return min(float(low), value), max(float(high), value)


def exact_interval(share: float, n: int) -> tuple[float, float]:
    """Return the interval of a share of 0 or 1 of n rows: were the true share below ((1 - LEVEL) / 2)^(1 / n), 1 would come too seldom."""
    bound = ((1.0 - LEVEL) / 2.0) ** (1.0 / n)
    return (bound, 1.0) if share == 1.0 else (0.0, 1.0 - bound)


def _grouped(column: Array, groups: Array | None) -> Array:
    return column if groups is None else np.bincount(groups, column, minlength=MAX_GROUPS)


def _drawn_sums(S: Array, rng: np.random.Generator, resamples: int) -> Array:
    """Return the sums (resamples, columns) of the rows of S (n, columns) that each resample drew."""
    n = len(S)
    sums = np.empty((resamples, S.shape[1]))
    for start in range(0, resamples, AT_ONCE):
        stop = min(start + AT_ONCE, resamples)
        drawn = rng.integers(0, n, size=(stop - start, n), dtype=np.int32)
        drawn += np.arange(stop - start, dtype=np.int32)[:, None] * np.int32(n)
        counts = np.bincount(drawn.ravel(), minlength=(stop - start) * n).reshape(-1, n)
        sums[start:stop] = counts.astype(np.float64) @ S
    return sums
