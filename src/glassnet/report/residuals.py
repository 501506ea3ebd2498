"""What lies behind the scores of a regression: how the errors of each target are spread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from glassnet.report.metrics import scores
from glassnet.report.predictions import Predictions

Array = np.ndarray[Any, np.dtype[Any]]

BINS = 30
#: So much of the residuals lies within the bins at least; what lies farther out is counted in the
#: outermost ones.
WITHIN = 0.99
#: So many rows are kept to be drawn as points.
MAX_POINTS = 400
SHARES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)


@dataclass(frozen=True)
class Residuals:
    """The residuals, predicted - true, of one target, in its units.

    scores : those of this target alone, by name
    mean, deviation : weighted as the rows are
    quantiles : of the unweighted rows, at SHARES
    edges, counts : a histogram; its outermost bins also count what lies beyond them
    points : (true, predicted) of some of the rows, chosen at random
    """

    target: str
    scores: dict[str, float]
    mean: float
    deviation: float
    quantiles: tuple[float, ...]
    edges: tuple[float, ...]
    counts: tuple[int, ...]
    points: tuple[tuple[float, float], ...]


def residuals(p: Predictions, names: Sequence[str], *, seed: int = 0) -> tuple[Residuals, ...]:
    """Return one summary for each target."""
    rows = np.random.Generator(np.random.PCG64(seed)).permutation(p.n_rows)[:MAX_POINTS]
    parts = (
        Predictions.of_numbers(p.truth[:, j], p.values[:, j], p.weight) for j in range(len(names))
    )
    return tuple(_one(part, name, rows) for part, name in zip(parts, names, strict=True))


def _one(p: Predictions, name: str, rows: Array) -> Residuals:
    e = (p.values - p.truth)[:, 0]
    mean = float(np.average(e, weights=p.weight))
    unit = float(p.unit[0])
    edges = np.linspace(*_bounds(e, unit), BINS + 1)
    counts, _ = np.histogram(np.clip(e, edges[0], edges[-1]), edges)
    return Residuals(
        name,
        scores(p),
        mean,
        unit * float(np.sqrt(np.average(np.square((e - mean) / unit), weights=p.weight))),
        tuple(np.quantile(e, SHARES).tolist()),
        tuple(edges.tolist()),
        tuple(counts.tolist()),
        tuple((float(p.truth[i, 0]), float(p.values[i, 0])) for i in rows),
    )


def _bounds(e: Array, unit: float) -> tuple[float, float]:
    """Return where the histogram of residuals starts and ends: around 0, and never of no width; `unit` is near the largest number."""
    low, high = np.quantile(e, [(1.0 - WITHIN) / 2.0, (1.0 + WITHIN) / 2.0])
    low, high = min(float(low), 0.0), max(float(high), 0.0)
    return (low, high) if high - low > 1e-12 * unit else (low - 0.5 * unit, high + 0.5 * unit)
