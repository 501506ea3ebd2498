"""The scores that fit a task, in one table. Their values are scikit-learn's; beside each stand the sums over rows that it is made of.

Every score is a smooth function of a few weighted sums over the rows, so that a thousand resamples
cost one matrix product (see `glassnet.report.bootstrap`). The law that holds the two together: the
function of the sums over all rows is scikit-learn's value. w is the weight of a row, all sums are
over rows, sums of one class over the rows of that class.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from glassnet.messages import format_number, format_share
from glassnet.report.predictions import Predictions

Array = np.ndarray[Any, np.dtype[Any]]
Task = Literal["classification", "regression"]

#: The area under the curve takes a sort for each class; of more classes it is left out.
MAX_AUC_CLASSES = 50
#: A probability of 0 for what then happened would cost endlessly much: the smallest one that
#: counts, as in scikit-learn.
EPS = float(np.finfo(np.float64).eps)


@dataclass(frozen=True)
class Metric:
    """A score.

    name : as reports print it
    task : what it is a score of
    unit : "share" (of 1), "nats", "units" (those of the target), or "" for a plain number
    greater_is_better : else smaller is
    value : predictions -> the score, NaN where it is not defined
    columns : predictions -> the columns (n,) whose sums over rows it is made of
    combine : (sums (..., columns), sums over all rows (columns,)) -> the score of each resample,
        NaN where it is not defined
    """

    name: str
    task: Task
    unit: str
    greater_is_better: bool
    value: Callable[[Predictions], float]
    columns: Callable[[Predictions], Iterator[Array]]
    combine: Callable[[Array, Array], Array]


def metrics_for(predictions: Predictions) -> list[Metric]:
    """Return the metrics of the task of these predictions."""
    task = "regression" if predictions.P is None else "classification"
    return [metric for metric in METRICS.values() if metric.task == task]


def scores(predictions: Predictions) -> dict[str, float]:
    """Return the scores by name, without those that are not defined for these rows."""
    found = {metric.name: metric.value(predictions) for metric in metrics_for(predictions)}
    return {name: value for name, value in found.items() if np.isfinite(value)}


def format_score(name: str, value: float) -> str:
    """Return a score as text: shares as a percentage, scores near 1 with three decimals."""
    unit = METRICS[name].unit if name in METRICS else "units"
    if unit == "share":
        return format_share(value)
    return format_number(value) if unit == "units" else f"{round(value, 3) + 0.0:.3f}"


def format_interval(name: str, low: float | None, high: float | None) -> str:
    """Return the bounds of a score as text: `92.8 to 100.0 %`; "" without bounds."""
    if low is None or high is None:
        return ""
    return f"{format_score(name, low).removesuffix(' %')} to {format_score(name, high)}"


def accuracy(p: Predictions) -> float:
    """Return sum w [predicted = true] / sum w, the share of right answers."""
    from sklearn.metrics import accuracy_score

    return float(accuracy_score(p.truth, p.values, sample_weight=p.weight))


def _accuracy_columns(p: Predictions) -> Iterator[Array]:
    yield p.weight * (p.values == p.truth)
    yield p.weight


def _ratio(sums: Array, whole: Array) -> Array:
    return _divided(sums[..., 0], sums[..., 1])


def balanced_accuracy(p: Predictions) -> float:
    """Return the mean, over the classes that occur, of the share of right answers among the rows of the class (macro recall)."""
    from sklearn.metrics import recall_score

    present = np.unique(p.truth)
    return float(
        recall_score(
            p.truth,
            p.values,
            labels=present,
            average="macro",
            sample_weight=p.weight,
            zero_division=0,
        )
    )


def _balanced_accuracy_columns(p: Predictions) -> Iterator[Array]:
    for c in np.unique(p.truth):
        of_class = p.weight * (p.truth == c)
        yield of_class * (p.values == c)
        yield of_class


def _balanced_accuracy(sums: Array, whole: Array) -> Array:
    return _nanmean(_divided(sums[..., 0::2], sums[..., 1::2]))


def auc(p: Predictions) -> float:
    """Return the area under the ROC curve: how often a row of the class is given more probability for it than another row, ties half.

    Of two classes that of the second one (it is the same for the first); of more the mean over the
    classes, each against the rest (Provost and Domingos 2000, without their weighting), without
    those that all rows or none belong to. NaN where no class is left, and for more than
    MAX_AUC_CLASSES. Fawcett 2006, "An introduction to ROC analysis", sections 7 and 9.
    """
    from sklearn.metrics import roc_auc_score

    areas = [
        roc_auc_score(p.truth == c, _probability(p, c), sample_weight=p.weight)
        for c in _auc_classes(p)
    ]
    return float(np.mean(areas)) if areas else np.nan


def _auc_classes(p: Predictions) -> list[int]:
    assert p.P is not None
    k = p.P.shape[1]
    counts = np.bincount(p.truth, minlength=k)
    classes = [1] if k == 2 else list(range(k)) if 2 < k <= MAX_AUC_CLASSES else []
    return [c for c in classes if 0 < counts[c] < p.n_rows]


def _auc_columns(p: Predictions) -> Iterator[Array]:
    """Yield, for each class, the sums of the two means that the area is near.

    To first order (the Hajek projection) the area of a resample is mean over its positives of V10 +
    mean over its negatives of V01 - the area of all rows: V10 is the share of negatives that a
    positive stands above, V01 the share of positives that stand above a negative (the structural
    components of DeLong, DeLong and Clarke-Pearson 1988). What is left out shrinks as 1 / n.
    """
    for c in _auc_classes(p):
        positive = p.truth == c
        _, place = np.unique(_probability(p, c), return_inverse=True)
        w1, w0 = p.weight * positive, p.weight * ~positive
        ones, zeros = np.bincount(place, w1), np.bincount(place, w0)
        below = np.cumsum(zeros) - 0.5 * zeros
        above = ones.sum() - np.cumsum(ones) + 0.5 * ones
        yield w1 * (below / zeros.sum())[place]
        yield w1
        yield w0 * (above / ones.sum())[place]
        yield w0


def _auc(sums: Array, whole: Array) -> Array:
    areas = (
        _divided(sums[..., 0::4], sums[..., 1::4])
        + _divided(sums[..., 2::4], sums[..., 3::4])
        - _divided(whole[0::4], whole[1::4])
    )
    return np.clip(_nanmean(areas), 0.0, 1.0)


def log_loss(p: Predictions) -> float:
    """Return -sum w log(probability of the true class) / sum w, in nats; NaN where there is but one class."""
    from sklearn.metrics import log_loss as value

    assert p.P is not None
    if p.P.shape[1] < 2:
        return np.nan
    return float(value(p.truth, p.P, labels=np.arange(p.P.shape[1]), sample_weight=p.weight))


def _log_loss_columns(p: Predictions) -> Iterator[Array]:
    assert p.P is not None
    probability = p.P[np.arange(p.n_rows), p.truth]
    yield -p.weight * np.log(np.clip(probability, EPS, 1.0 - EPS))
    yield p.weight


def r2(p: Predictions) -> float:
    """Return 1 - sum w (y - predicted)^2 / sum w (y - mean of y)^2, the mean over targets; NaN where a target does not vary."""
    from sklearn.metrics import r2_score

    if p.n_rows < 2 or (np.ptp(p.truth, axis=0) == 0.0).any():
        return np.nan
    return float(r2_score(p.truth / p.unit, p.values / p.unit, sample_weight=p.weight))


def _r2_columns(p: Predictions) -> Iterator[Array]:
    yield p.weight
    truth, values = p.truth / p.unit, p.values / p.unit
    Y, E = truth - np.average(truth, axis=0, weights=p.weight), truth - values
    for j in range(Y.shape[1]):
        yield p.weight * Y[:, j]
        yield p.weight * np.square(Y[:, j])
        yield p.weight * np.square(E[:, j])


def _r2(sums: Array, whole: Array) -> Array:
    w, y, yy, ee = sums[..., :1], sums[..., 1::3], sums[..., 2::3], sums[..., 3::3]
    spread = yy - np.square(y) / w
    spread = np.where(spread > 1e-12 * yy, spread, 0.0)  # a resample of equal rows
    return np.asarray(np.mean(1.0 - _divided(ee, spread), axis=-1))


def rmse(p: Predictions) -> float:
    """Return sqrt(sum w (y - predicted)^2 / sum w) in the units of the target, the mean over targets."""
    from sklearn.metrics import root_mean_squared_error

    columns = root_mean_squared_error(
        p.truth / p.unit, p.values / p.unit, sample_weight=p.weight, multioutput="raw_values"
    )
    return float(np.mean(columns * p.unit))


def _rmse_columns(p: Predictions) -> Iterator[Array]:
    yield p.weight
    yield from (p.weight[:, None] * np.square((p.truth - p.values) / p.unit)).T
    yield from (p.weight[:, None] * p.unit).T  # a mean of equal numbers: the unit


def _rmse(sums: Array, whole: Array) -> Array:
    n = (sums.shape[-1] - 1) // 2
    squares, units = sums[..., 1 : n + 1] / sums[..., :1], whole[n + 1 :] / whole[:1]
    return np.asarray((np.sqrt(squares) * units).mean(axis=-1))


def mae(p: Predictions) -> float:
    """Return sum w |y - predicted| / sum w in the units of the target, the mean over targets."""
    from sklearn.metrics import mean_absolute_error

    return float(mean_absolute_error(p.truth, p.values, sample_weight=p.weight))


def _mae_columns(p: Predictions) -> Iterator[Array]:
    yield p.weight * np.abs(p.truth - p.values).mean(axis=1)
    yield p.weight


def _probability(p: Predictions, c: int) -> Array:
    assert p.P is not None
    return np.asarray(p.P[:, c])


def _divided(a: Array, b: Array) -> Array:
    """Return a / b, NaN where b is 0."""
    return np.asarray(
        np.divide(a, b, out=np.full(np.broadcast_shapes(a.shape, b.shape), np.nan), where=b != 0.0)
    )


def _nanmean(values: Array) -> Array:
    """Return the mean over the last axis of what is no NaN; NaN where all are."""
    known = ~np.isnan(values)
    return _divided(np.where(known, values, 0.0).sum(axis=-1), known.sum(axis=-1))


METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric("accuracy", "classification", "share", True, accuracy, _accuracy_columns, _ratio),
        Metric(
            "balanced accuracy",
            "classification",
            "share",
            True,
            balanced_accuracy,
            _balanced_accuracy_columns,
            _balanced_accuracy,
        ),
        Metric("AUC", "classification", "", True, auc, _auc_columns, _auc),
        Metric("log loss", "classification", "nats", False, log_loss, _log_loss_columns, _ratio),
        Metric("R2", "regression", "", True, r2, _r2_columns, _r2),
        Metric("RMSE", "regression", "units", False, rmse, _rmse_columns, _rmse),
        Metric("MAE", "regression", "units", False, mae, _mae_columns, _ratio),
    )
}
