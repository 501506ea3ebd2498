"""The `score` methods of scikit-learn, without overflow for very large numbers and weights."""

from typing import Any

import numpy as np
from sklearn.base import ClassifierMixin, RegressorMixin
from sklearn.metrics import r2_score

from glassnet.data.coding.moments import power_of_two
from glassnet.data.rows import relative_weight

Array = np.ndarray[Any, np.dtype[Any]]

#: scikit-learn sums all values to find infinite ones. The sum of very large floats overflows, and
#: is NaN if they have both signs.
IGNORE_OVERFLOW = np.errstate(over="ignore", invalid="ignore")


class ClassifierScore(ClassifierMixin):
    """`ClassifierMixin` whose accuracy accepts weights of any magnitude."""

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return the accuracy; a row of a multilabel target counts if all its labels are right."""
        return float(super().score(X, y, sample_weight=_scaled_weight(sample_weight)))


class RegressorScore(RegressorMixin):
    """`RegressorMixin` whose R2 accepts weights and numbers of any magnitude."""

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return R2, the share of the variance of y that the predictions explain.

        1 is perfect, 0 is no better than predicting the mean.
        """
        return r2(y, self.predict(X), _scaled_weight(sample_weight))


def r2(truth: Any, predicted: Array, weight: Any) -> float:
    """Return scikit-learn's R2, computed from scaled numbers: squares of 1e200 would overflow."""
    y = np.asarray(truth)
    with np.errstate(over="ignore"):  # for predictions far from the truth, R2 is minus infinity
        if y.dtype.kind == "f" and y.size and np.isfinite(y).all():
            factor = power_of_two(np.asarray(np.max(np.abs(y), axis=0), np.float64))
            truth, predicted = y * factor, predicted * factor
        return float(r2_score(truth, predicted, sample_weight=weight))


def _scaled_weight(sample_weight: Any) -> Any:
    """Return weights scaled to a maximum near 1; invalid ones are left to scikit-learn's checks."""
    weight = np.asarray(sample_weight)
    valid = (
        weight.dtype.kind in "fiub"
        and weight.size
        and np.isfinite(weight).all()
        and weight.min() >= 0
    )
    return relative_weight(weight.astype(np.float64)) if valid else sample_weight
