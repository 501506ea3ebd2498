"""Metrics for classification and regression, consistent with scikit-learn.

Each metric is a smooth function of a few weighted sums over the rows, so that a thousand bootstrap
resamples cost one matrix product (see `glassnet.report.bootstrap`). In the formulas, w is the
weight of a row and sums are over rows.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from glassnet.messages import format_number, format_share
from glassnet.report.predictions import Array, Predictions

Task = Literal["classification", "regression"]

#: ROC AUC needs a sort for each class; with more classes it is left out.
MAX_AUC_CLASSES = 50
#: The lower limit of probabilities in the log loss, as in scikit-learn.
EPS = float(np.finfo(np.float64).eps)


@dataclass(frozen=True)
class Metric:
    """A metric, as a function of sums over the rows.

    name : the name in reports
    task : the task it is for
    unit : "share" (of 1), "nats", "units" (those of the target), or "" for a plain number
    greater_is_better : whether larger values are better
    columns : predictions -> the columns (n,) to sum over the rows
    combine : (sums (..., columns), sums over all rows (columns,)) -> the score of each resample,
        NaN if it is not defined
    """

    name: str
    task: Task
    unit: str
    greater_is_better: bool
    columns: Callable[[Predictions], Iterator[Array]]
    combine: Callable[[Array, Array], Array]

    def value(self, p: Predictions) -> float:
        """Return the score, NaN if it is not defined for these rows."""
        sums = np.array([column.sum() for column in self.columns(p)])
        return float(self.combine(sums, sums))


def metrics_for(p: Predictions) -> list[Metric]:
    """Return the metrics of the task of these predictions."""
    task = "classification" if p.is_classification else "regression"
    return [metric for metric in METRICS.values() if metric.task == task]


def scores(p: Predictions) -> dict[str, float]:
    """Return the scores by name, without those that are not defined for these rows."""
    found = {metric.name: metric.value(p) for metric in metrics_for(p)}
    return {name: value for name, value in found.items() if np.isfinite(value)}


def format_score(name: str, value: float) -> str:
    """Return a score as text: shares as a percentage, scores near 1 with three decimals."""
    unit = METRICS[name].unit if name in METRICS else "units"
    if unit == "share":
        return format_share(value)
    return format_number(value) if unit == "units" else f"{round(value, 3) + 0.0:.3f}"


def format_scores(names: Iterable[str], values: Mapping[str, float]) -> list[str]:
    """Return the scores of these names as text, "-" for one that is not among the values."""
    return [format_score(name, values[name]) if name in values else "-" for name in names]


def format_interval(name: str, low: float | None, high: float | None) -> str:
    """Return the bounds of a score as text: `92.8 to 100.0 %`; "" without bounds."""
    if low is None or high is None:
        return ""
    return f"{format_score(name, low).removesuffix(' %')} to {format_score(name, high)}"


def accuracy_columns(p: Predictions) -> Iterator[Array]:
    """Yield the columns of sum w [predicted = true] / sum w, the share of correct predictions."""
    yield from (p.weight * (p.values == p.truth), p.weight)


def balanced_accuracy_columns(p: Predictions) -> Iterator[Array]:
    """Yield the columns of the mean, over the classes that occur, of their recall."""
    for c in np.unique(p.truth):
        of_class = p.weight * (p.truth == c)
        yield from (of_class * (p.values == c), of_class)


def auc_columns(p: Predictions) -> Iterator[Array]:
    """Yield the columns of the area under the ROC curve, four for each class.

    The area is the probability that a row of the class gets a higher probability for it than
    another row; ties count half. For two classes it is the area of the second one (that of the
    first is the same). For more it is the mean over the classes, each against the rest (Provost and
    Domingos 2000, without their weighting), without classes that all rows or none belong to. It is
    not defined if no class is left, or for more than MAX_AUC_CLASSES (Fawcett 2006, "An
    introduction to ROC analysis", sections 7 and 9).

    To first order (the Hajek projection) the area of a resample is mean over its positives of V10 +
    mean over its negatives of V01 - the area of all rows: V10 is the share of negatives that a
    positive ranks above, V01 the share of positives that rank above a negative (the structural
    components of DeLong, DeLong and Clarke-Pearson 1988). The remainder shrinks as 1 / n.
    """
    k = p.P.shape[1]
    counts = np.bincount(p.truth, minlength=k)
    for c in [1] if k == 2 else range(k) if 2 < k <= MAX_AUC_CLASSES else []:
        if not 0 < counts[c] < p.n_rows:
            continue
        positive = p.truth == c
        _, place = np.unique(p.P[:, c], return_inverse=True)
        w1, w0 = p.weight * positive, p.weight * ~positive
        ones, zeros = np.bincount(place, w1), np.bincount(place, w0)
        below = np.cumsum(zeros) - 0.5 * zeros
        above = ones.sum() - np.cumsum(ones) + 0.5 * ones
        yield from (w1 * (below / zeros.sum())[place], w1, w0 * (above / ones.sum())[place], w0)


def log_loss_columns(p: Predictions) -> Iterator[Array]:
    """Yield the columns of -sum w log(probability of the true class) / sum w, in nats.

    It is not defined for a single class.
    """
    probability = p.P[np.arange(p.n_rows), p.truth]
    undefined = np.nan if p.P.shape[1] < 2 else 1.0
    yield -p.weight * undefined * np.log(np.clip(probability, EPS, 1.0 - EPS))
    yield p.weight


def r2_columns(p: Predictions) -> Iterator[Array]:
    """Yield the columns of 1 - sum w (y - predicted)^2 / sum w (y - mean of y)^2.

    For several targets it is their mean; it is not defined if a target is constant.
    """
    yield p.weight
    truth, values = p.truth / p.unit, p.values / p.unit
    Y, E = truth - np.average(truth, axis=0, weights=p.weight), truth - values
    for y, e in zip(Y.T, E.T, strict=True):
        yield from (p.weight * y, p.weight * np.square(y), p.weight * np.square(e))


def rmse_columns(p: Predictions) -> Iterator[Array]:
    """Yield the columns of sqrt(sum w (y - predicted)^2 / sum w), the mean over targets."""
    yield p.weight
    yield from (p.weight[:, None] * np.square((p.truth - p.values) / p.unit)).T
    yield from (p.weight[:, None] * p.unit).T  # a mean of equal numbers: the unit


def mae_columns(p: Predictions) -> Iterator[Array]:
    """Yield the columns of sum w |y - predicted| / sum w, the mean over targets."""
    yield from (p.weight * np.abs(p.truth - p.values).mean(axis=1), p.weight)


def _mean_ratio(sums: Array, whole: Array) -> Array:
    """Return the mean of the ratios of each pair of sums."""
    return _nanmean(_divide(sums[..., 0::2], sums[..., 1::2]))


def _auc(sums: Array, whole: Array) -> Array:
    areas = (
        _divide(sums[..., 0::4], sums[..., 1::4])
        + _divide(sums[..., 2::4], sums[..., 3::4])
        - _divide(whole[0::4], whole[1::4])
    )
    return np.clip(_nanmean(areas), 0.0, 1.0)


def _r2(sums: Array, whole: Array) -> Array:
    w, y, yy, ee = sums[..., :1], sums[..., 1::3], sums[..., 2::3], sums[..., 3::3]
    spread = yy - np.square(y) / w
    spread = np.where(spread > 1e-12 * yy, spread, 0.0)  # a constant target, or equal rows drawn
    return np.asarray(np.mean(1.0 - _divide(ee, spread), axis=-1))


def _rmse(sums: Array, whole: Array) -> Array:
    n = (sums.shape[-1] - 1) // 2
    squares, units = sums[..., 1 : n + 1] / sums[..., :1], whole[n + 1 :] / whole[:1]
    return np.asarray((np.sqrt(squares) * units).mean(axis=-1))


def _divide(a: Array, b: Array) -> Array:
    """Return a / b, NaN where b is 0."""
    nan = np.full(np.broadcast_shapes(a.shape, b.shape), np.nan)
    return np.asarray(np.divide(a, b, out=nan, where=b != 0.0))


def _nanmean(values: Array) -> Array:
    """Return the mean over the last axis without NaN, NaN if all are NaN."""
    known = ~np.isnan(values)
    return _divide(np.where(known, values, 0.0).sum(axis=-1), known.sum(axis=-1))


METRICS: dict[str, Metric] = {
    m.name: m
    for m in (
        Metric("accuracy", "classification", "share", True, accuracy_columns, _mean_ratio),
        Metric(
            "balanced accuracy",
            "classification",
            "share",
            True,
            balanced_accuracy_columns,
            _mean_ratio,
        ),
        Metric("AUC", "classification", "", True, auc_columns, _auc),
        Metric("log loss", "classification", "nats", False, log_loss_columns, _mean_ratio),
        Metric("R2", "regression", "", True, r2_columns, _r2),
        Metric("RMSE", "regression", "units", False, rmse_columns, _rmse),
        Metric("MAE", "regression", "units", False, mae_columns, _mean_ratio),
    )
}
