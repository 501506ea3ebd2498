"""Scores of predictions, and how well each row was predicted. The metrics are scikit-learn's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True, eq=False)
class Answers:
    """What somebody predicts for the held-out rows.

    values : class indices (n,), or numbers (n,) in the units of the target
    P : probabilities (n, k) of the classes; None for a regression
    """

    values: Array
    P: Array | None = None


def scores(answers: Answers, truth: Array) -> dict[str, float]:
    """Return the scores by name: for classes accuracy, balanced accuracy, AUC (of two classes) and log loss; for numbers R2, RMSE and MAE.

    Balanced accuracy is the mean share of right answers over the classes that occur. R2 is left out where all true values are the same.
    """
    if answers.P is None:
        return _regression_scores(answers.values, truth)
    from sklearn.metrics import log_loss, recall_score, roc_auc_score

    present = np.unique(truth)
    P = _normalized(answers.P)
    found = {
        "accuracy": float(np.mean(answers.values == truth)),
        "balanced accuracy": float(recall_score(truth, answers.values, labels=present, average="macro", zero_division=0)),
    }
    if P.shape[1] == 2 and len(present) == 2:
        found["AUC"] = float(roc_auc_score(truth, P[:, 1]))
    if P.shape[1] > 1:
        found["log loss"] = float(log_loss(truth, P, labels=np.arange(P.shape[1])))
    return found


def _regression_scores(values: Array, truth: Array) -> dict[str, float]:
    from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error

    found = {} if len(truth) < 2 or np.ptp(truth) == 0.0 else {"R2": float(r2_score(truth, values))}
    return found | {"RMSE": float(root_mean_squared_error(truth, values)), "MAE": float(mean_absolute_error(truth, values))}


def merits(answers: Answers, truth: Array) -> Array:
    """Return how well each row was predicted, higher is better: 1 for a right class and 0 for a wrong one; minus the squared error."""
    if answers.P is None:
        return np.asarray(-np.square(answers.values - truth))
    return np.asarray(answers.values == truth, np.float64)


def log_merits(answers: Answers, truth: Array) -> Array:
    """Return the logarithm of the probability that each row's true class was given."""
    assert answers.P is not None
    p = _normalized(answers.P)[np.arange(len(truth)), truth]
    return np.asarray(np.log(np.maximum(p, 1e-15)))


def _normalized(P: Array) -> Array:
    """Return probabilities in float64, rows summing to 1 there too."""
    P = P.astype(np.float64)
    return np.asarray(P / P.sum(axis=1, keepdims=True))
