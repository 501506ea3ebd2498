"""What lies behind the scores of a classification: each class by itself, which is taken for which, and what the probabilities are worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from glassnet.report.predictions import Predictions

Array = np.ndarray[Any, np.dtype[Any]]

#: A confusion matrix of more classes cannot be read: the rarer ones are counted together.
MAX_CONFUSED = 20
OTHERS = "all others"
BINS = 10


@dataclass(frozen=True)
class ClassScores:
    """One class: precision = right / predicted, recall = right / true, F1 their harmonic mean, and the true rows; weighted as the rows are.

    Precision is 0 where the class is never predicted, recall and F1 are None where no row is of it.
    """

    label: str
    precision: float
    recall: float | None
    f1: float | None
    rows: int


@dataclass(frozen=True)
class Confusion:
    """counts[i][j]: how many rows of the class labels[i] were taken for labels[j]."""

    labels: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class CalibrationBin:
    """The rows whose prediction was given a probability from `low` to `high`: the mean of it, and how often the prediction was right."""

    low: float
    high: float
    rows: int
    confidence: float | None
    frequency: float | None


@dataclass(frozen=True)
class Calibration:
    """Whether what is said with 80 % is right in 80 % of the cases.

    error : expected calibration error, the sum over bins of (weight of the bin) |frequency -
        confidence| (Naeini, Cooper and Hauskrecht 2015; Guo and others 2017, eq. 3: the confidence
        is that of the predicted class)
    """

    error: float
    bins: tuple[CalibrationBin, ...]


def class_scores(p: Predictions, labels: Sequence[str]) -> tuple[ClassScores, ...]:
    """Return one row for each class, in the order of the classes."""
    from sklearn.metrics import precision_recall_fscore_support

    indices, counts = np.arange(len(labels)), np.bincount(p.truth, minlength=len(labels)).tolist()
    found = precision_recall_fscore_support(
        p.truth, p.values, labels=indices, sample_weight=p.weight, zero_division=0
    )
    columns = zip(labels, *(column.tolist() for column in found[:3]), counts, strict=True)
    return tuple(
        ClassScores(name, precision, recall if n else None, f1 if n else None, n)
        for name, precision, recall, f1, n in columns
    )


def confusion(p: Predictions, labels: Sequence[str]) -> Confusion:
    """Return the counts of true against predicted classes; of more than MAX_CONFUSED the rarer ones are one row and one column."""
    k = len(labels)
    kept = np.arange(k)
    if k > MAX_CONFUSED:
        often = np.argsort(-np.bincount(p.truth, minlength=k), kind="stable")[: MAX_CONFUSED - 1]
        kept = np.sort(often)
    place = np.full(k, len(kept))
    place[kept] = np.arange(len(kept))
    shown = tuple(labels[c] for c in kept.tolist()) + ((OTHERS,) if len(kept) < k else ())
    counts = np.bincount(
        place[p.truth] * len(shown) + place[p.values], minlength=len(shown) ** 2
    ).reshape(len(shown), -1)
    return Confusion(shown, tuple(map(tuple, counts.tolist())))


def calibration(p: Predictions) -> Calibration:
    """Return the predictions in BINS bins of equal width by the probability of the predicted class; 1 falls into the last one."""
    assert p.P is not None
    confidence = p.P[np.arange(p.n_rows), p.values]
    right = p.values == p.truth
    place = np.minimum((confidence * BINS).astype(np.int64), BINS - 1)
    rows = np.bincount(place, minlength=BINS)
    weight, said, happened = (
        np.bincount(place, p.weight * part, minlength=BINS) for part in (1.0, confidence, right)
    )
    bins = tuple(
        CalibrationBin(
            i / BINS,
            (i + 1) / BINS,
            n,
            *((float(said[i] / weight[i]), float(happened[i] / weight[i])) if n else (None, None)),
        )
        for i, n in enumerate(rows.tolist())
    )
    return Calibration(float(np.abs(said - happened).sum() / weight.sum()), bins)
