"""scikit-learn's `score` for weights and numbers of every size: only ratios of weights count, and R2 has no unit."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import ClassifierMixin, RegressorMixin
from sklearn.metrics import r2_score

from glassnet.data.coding.moments import power_of_two
from glassnet.data.coding.weights import relative_weight

Array = np.ndarray[Any, np.dtype[Any]]

#: scikit-learn adds all numbers up to see whether one is infinite; of the largest floats of both
#: signs the sum is no number.
QUIETLY = np.errstate(over="ignore", invalid="ignore")


class ClassifierScore(ClassifierMixin):
    """`ClassifierMixin` whose accuracy takes weights of every size."""

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return the share of right answers; for several labels a row is right where all of them are."""
        return float(super().score(X, y, sample_weight=weight_to_score_by(sample_weight)))


class RegressorScore(RegressorMixin):
    """`RegressorMixin` whose R2 takes weights and numbers of every size."""

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return R2, the share of the variance of y that the predictions explain: 1 is perfect, 0 is no better than the mean."""
        return r2(y, self.predict(X), weight_to_score_by(sample_weight))


def r2(truth: Any, predicted: Array, weight: Any) -> float:
    """Return scikit-learn's R2 of numbers that were first multiplied by a power of two: squares of 1e200 would overflow."""
    y = np.asarray(truth)
    if y.dtype.kind == "f" and y.size and np.isfinite(y).all():
        factor = power_of_two(np.asarray(np.max(np.abs(y), axis=0), np.float64))
        with np.errstate(over="ignore"):
            truth, predicted = y * factor, predicted * factor
    with np.errstate(over="ignore"):  # of predictions far beyond the truth it is minus infinity
        return float(r2_score(truth, predicted, sample_weight=weight))


def weight_to_score_by(sample_weight: Any) -> Any:
    """Return weights with a largest near 1; what cannot be weights stays as it is, for scikit-learn to refuse."""
    if sample_weight is None:
        return None
    weight = np.asarray(sample_weight)
    if (
        weight.dtype.kind not in "fiub"
        or not weight.size
        or not np.isfinite(weight).all()
        or weight.min() < 0
    ):
        return sample_weight
    return relative_weight(weight.astype(np.float64))
