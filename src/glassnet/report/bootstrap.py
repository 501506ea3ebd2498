"""Confidence intervals of scores by the percentile bootstrap.

Efron 1979; Efron and Tibshirani 1993, chapter 13. A resample draws as many rows as there are, with
replacement. All scores of all models are computed on the same resamples, so their differences are
paired. A score is a function of sums over rows, and the sums of all resamples are one matrix
product: the number of times that each row was drawn (resamples, rows) times the columns to be
summed (rows, columns).

More than MAX_GROUPS rows are divided at random into so many groups, and groups are drawn instead of
rows. The sums have the same variance, so the intervals have the same width up to a random error of
a few percent, at a bounded cost.

If no row is wrong, no resample has a wrong one. An accuracy of 0 or 1 therefore gets the exact
interval of n rows (Clopper and Pearson 1934); any other score whose resamples are all equal gets no
interval.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from glassnet.report.metrics import Metric, metrics_for
from glassnet.report.predictions import Array, Predictions

RESAMPLES = 1_000
LEVEL = 0.95
MAX_GROUPS = 10_000
#: The number of resamples drawn at once, which bounds the memory for the counts to 8 MB.
BATCH = 100


@dataclass(frozen=True)
class Score:
    """A score with the bounds of its 95 % interval, None without an interval."""

    name: str
    value: float
    low: float | None
    high: float | None
    unit: str
    greater_is_better: bool


@dataclass(frozen=True, eq=False)
class Resampled:
    """The scores of one model: metrics, values on all rows, and on each resample, by name."""

    predictions: Predictions
    metrics: dict[str, Metric] = field(default_factory=dict)
    values: dict[str, float] = field(default_factory=dict)
    resamples: dict[str, Array] = field(default_factory=dict)

    def scores(self) -> tuple[Score, ...]:
        """Return each score with its interval."""
        found = []
        for name, metric in self.metrics.items():
            value = self.values[name]
            low, high = interval(self.resamples[name], value)
            if name == "accuracy" and value in (0.0, 1.0):
                low, high = exact_interval(value, self.predictions.n_rows)
            elif low == high:
                low = high = None
            found.append(Score(name, value, low, high, metric.unit, metric.greater_is_better))
        return tuple(found)


def resample_scores(
    models: Sequence[Predictions], *, seed: int = 0, resamples: int = RESAMPLES
) -> list[Resampled]:
    """Return the scores of several models for the same rows, on the same resamples.

    Scores that are not defined for these rows are left out.
    """
    n = models[0].n_rows
    rng = np.random.Generator(np.random.PCG64(seed))
    groups = None if n <= MAX_GROUPS else rng.permutation(n) % MAX_GROUPS
    found = [Resampled(predictions) for predictions in models]
    columns: list[Array] = []
    places: list[tuple[Resampled, Metric, slice]] = []
    for one in found:
        for metric in metrics_for(one.predictions):
            value = metric.value(one.predictions)
            if not np.isfinite(value):
                continue
            one.metrics[metric.name], one.values[metric.name] = metric, value
            start = len(columns)
            columns += [
                column if groups is None else np.bincount(groups, column, minlength=MAX_GROUPS)
                for column in metric.columns(one.predictions)
            ]
            places.append((one, metric, slice(start, len(columns))))
    S = np.stack(columns, axis=1)
    sums, whole = _resample_sums(S, rng, resamples), S.sum(axis=0)
    for one, metric, place in places:
        one.resamples[metric.name] = metric.combine(sums[:, place], whole[place])
    return found


def interval(resamples: Array, value: float) -> tuple[float | None, float | None]:
    """Return the bounds of the middle 95 % of the resamples, widened to include the value itself.

    Resamples for which the score is not defined (no row of a class was drawn) are ignored. If none
    is left, the bounds are None.
    """
    resamples = resamples[np.isfinite(resamples)]
    if not len(resamples):
        return None, None
    low, high = np.quantile(resamples, [(1.0 - LEVEL) / 2.0, (1.0 + LEVEL) / 2.0])
    return min(float(low), value), max(float(high), value)


def exact_interval(share: float, n: int) -> tuple[float, float]:
    """Return the Clopper-Pearson interval of a share of 0 or 1 of n rows."""
    bound = ((1.0 - LEVEL) / 2.0) ** (1.0 / n)
    return (bound, 1.0) if share == 1.0 else (0.0, 1.0 - bound)


def _resample_sums(S: Array, rng: np.random.Generator, resamples: int) -> Array:
    """Return the sums (resamples, columns) of the rows of S (n, columns) in each resample."""
    n = len(S)
    sums = np.empty((resamples, S.shape[1]))
    for start in range(0, resamples, BATCH):
        stop = min(start + BATCH, resamples)
        drawn = rng.integers(0, n, size=(stop - start, n), dtype=np.int32)
        drawn += np.arange(stop - start, dtype=np.int32)[:, None] * np.int32(n)
        counts = np.bincount(drawn.ravel(), minlength=(stop - start) * n).reshape(-1, n)
        sums[start:stop] = counts.astype(np.float64) @ S
    return sums
