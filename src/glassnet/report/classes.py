"""Details of a classification: scores of each class, confusion matrix and calibration."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from glassnet.report.predictions import Predictions

#: The maximum size of a confusion matrix; rarer classes are counted together.
MAX_CONFUSED = 20
OTHERS = "all others"
BINS = 10


@dataclass(frozen=True)
class ClassScores:
    """Precision (correct / predicted), recall (correct / true), F1 and true rows of one class.

    Precision is 0 for a class that is never predicted; recall and F1 are None without true rows.
    The scores are weighted as the rows are.
    """

    label: str
    precision: float
    recall: float | None
    f1: float | None
    rows: int


@dataclass(frozen=True)
class Confusion:
    """counts[i][j]: the number of rows of class labels[i] that were predicted as labels[j]."""

    labels: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class CalibrationBin:
    """Rows with a predicted probability from `low` to `high`: its mean, and the share correct."""

    low: float
    high: float
    rows: int
    confidence: float | None
    frequency: float | None


@dataclass(frozen=True)
class Calibration:
    """Calibration: whether predictions with a probability of 80 % are correct in 80 % of cases.

    error : expected calibration error, the sum over bins of (weight of the bin) |frequency -
        confidence| (Naeini, Cooper and Hauskrecht 2015; Guo and others 2017, eq. 3: the confidence
        is that of the predicted class)
    """

    error: float
    bins: tuple[CalibrationBin, ...]


def class_scores(p: Predictions, labels: Sequence[str]) -> tuple[ClassScores, ...]:
    """Return the scores of each class, in the order of the classes."""
    k, right = len(labels), p.weight * (p.values == p.truth)
    hits, true = (np.bincount(p.truth, w, minlength=k) for w in (right, p.weight))
    predicted = np.bincount(p.values, p.weight, minlength=k)
    counts = np.bincount(p.truth, minlength=k).tolist()
    with np.errstate(invalid="ignore"):  # 0 / 0 for a class that does not occur
        precision, recall = np.nan_to_num(hits / predicted).tolist(), (hits / true).tolist()
        f1 = (2.0 * hits / (true + predicted)).tolist()
    return tuple(
        ClassScores(label, precision[c], recall[c] if n else None, f1[c] if n else None, n)
        for c, (label, n) in enumerate(zip(labels, counts, strict=True))
    )


def confusion_matrix(p: Predictions, labels: Sequence[str]) -> Confusion:
    """Return the counts of true against predicted classes.

    If there are more than MAX_CONFUSED classes, the rarer ones share one row and one column.
    """
    k = len(labels)
    kept = np.arange(k)
    if k > MAX_CONFUSED:
        frequent = np.argsort(-np.bincount(p.truth, minlength=k), kind="stable")
        kept = np.sort(frequent[: MAX_CONFUSED - 1])
    index_of = np.full(k, len(kept))
    index_of[kept] = np.arange(len(kept))
    shown = tuple(labels[c] for c in kept.tolist()) + ((OTHERS,) if len(kept) < k else ())
    pairs = index_of[p.truth] * len(shown) + index_of[p.values]
    counts = np.bincount(pairs, minlength=len(shown) ** 2).reshape(len(shown), -1)
    return Confusion(shown, tuple(map(tuple, counts.tolist())))


def calibration_curve(p: Predictions) -> Calibration:
    """Group predictions by the probability of their class into BINS bins of equal width."""
    confidence = p.P[np.arange(p.n_rows), p.values]
    right = p.values == p.truth
    bins_of = np.minimum((confidence * BINS).astype(np.int64), BINS - 1)  # 1 is in the last bin
    weight, predicted, observed = (
        np.bincount(bins_of, p.weight * factor, minlength=BINS)
        for factor in (1.0, confidence, right)
    )
    bins = tuple(
        CalibrationBin(
            i / BINS,
            (i + 1) / BINS,
            n,
            float(predicted[i] / weight[i]) if n else None,
            float(observed[i] / weight[i]) if n else None,
        )
        for i, n in enumerate(np.bincount(bins_of, minlength=BINS).tolist())
    )
    return Calibration(float(np.abs(predicted - observed).sum() / weight.sum()), bins)
