"""Details of a regression: the distribution of the residuals of each target."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from glassnet.report.metrics import scores
from glassnet.report.predictions import Array, Predictions

BINS = 30
#: The share of the residuals within the histogram; the outermost bins also count the others.
WITHIN = 0.99
#: The maximum number of points of a scatter plot.
MAX_POINTS = 400
SHARES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)


@dataclass(frozen=True)
class Residuals:
    """The residuals, predicted - true, of one target, in its units.

    scores : the scores of this target, by name
    mean, deviation : weighted mean and standard deviation
    quantiles : the quantiles of the unweighted rows, at SHARES
    edges, counts : a histogram; its outermost bins also count values beyond them
    points : (true, predicted) of a random sample of rows
    """

    target: str
    scores: dict[str, float]
    mean: float
    deviation: float
    quantiles: tuple[float, ...]
    edges: tuple[float, ...]
    counts: tuple[int, ...]
    points: tuple[tuple[float, float], ...]


def summarize_residuals(
    p: Predictions, names: Sequence[str], *, seed: int = 0
) -> tuple[Residuals, ...]:
    """Return a summary of the residuals of each target."""
    rows = np.random.Generator(np.random.PCG64(seed)).permutation(p.n_rows)[:MAX_POINTS]
    return tuple(
        _summary(Predictions.of_numbers(p.truth[:, j], p.values[:, j], p.weight), name, rows)
        for j, name in enumerate(names)
    )


def _summary(p: Predictions, name: str, rows: Array) -> Residuals:
    e = (p.values - p.truth)[:, 0]
    mean, unit = float(np.average(e, weights=p.weight)), float(p.unit[0])
    variance = np.average(np.square((e - mean) / unit), weights=p.weight)
    low, high = np.quantile(e, [(1.0 - WITHIN) / 2.0, (1.0 + WITHIN) / 2.0])
    low, high = min(float(low), 0.0), max(float(high), 0.0)
    if high - low <= 1e-12 * unit:  # the histogram must have a width above 0
        low, high = low - 0.5 * unit, high + 0.5 * unit
    edges = np.linspace(low, high, BINS + 1)
    counts, _ = np.histogram(np.clip(e, edges[0], edges[-1]), edges)
    return Residuals(
        name,
        scores(p),
        mean,
        unit * float(np.sqrt(variance)),
        tuple(np.quantile(e, SHARES).tolist()),
        tuple(edges.tolist()),
        tuple(counts.tolist()),
        tuple((float(p.truth[i, 0]), float(p.values[i, 0])) for i in rows),
    )
