"""How good predictions are. Less is better in all but AUC, accuracy and R2."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.metrics import roc_auc_score

Array = np.ndarray[Any, Any]

#: Probabilities are clipped here from below before the logarithm, so that one that is 0 and wrong
#: costs 15.9: float32's epsilon.
LEAST_PROBABILITY = float(np.finfo(np.float32).eps)


def of_probabilities(y: Array, probabilities: Array) -> dict[str, float]:
    """Error, accuracy, log loss and AUC of probabilities (n, classes) for codes of classes y.

    AUC is that of the second class where there are two, else the mean over the classes that are
    among y of each against the rest.
    """
    p = np.asarray(probabilities, dtype=np.float64)
    p = p / p.sum(axis=1, keepdims=True)
    if not np.isfinite(p).all():
        raise ValueError("the probabilities are not finite")
    accuracy = float(np.mean(p.argmax(axis=1) == y))
    own = np.maximum(p[np.arange(len(y)), y], LEAST_PROBABILITY)
    there = [1] if p.shape[1] == 2 else np.unique(y)
    areas = [roc_auc_score(y == c, p[:, c]) for c in there]
    return {
        "error": 1.0 - accuracy,
        "accuracy": accuracy,
        "log_loss": float(-np.log(own).mean()),
        "auc": float(np.mean(areas)),
    }


def of_numbers(y: Array, predicted: Array) -> dict[str, float]:
    """RMSE, MAE, R2, and the RMSE in standard deviations of y (nrmse), which 1 - nrmse^2 = R2 ties
    to R2.

    Of several outputs, RMSE and MAE are in standard deviations of each, the squares (for MAE the
    values) are averaged over the outputs, and so is R2.
    """
    y, predicted = (
        np.asarray(values, dtype=np.float64).reshape(len(y), -1) for values in (y, predicted)
    )
    if y.shape != predicted.shape:
        raise ValueError(f"predictions have the shape {predicted.shape}, the targets {y.shape}")
    if not np.isfinite(predicted).all():
        raise ValueError("the predictions are not finite")
    spread = y.std(axis=0)
    squared, absolute = (
        np.mean((predicted - y) ** 2, axis=0),
        np.mean(np.abs(predicted - y), axis=0),
    )
    relative = squared / spread**2
    unit = 1.0 if y.shape[1] == 1 else spread
    return {
        "rmse": float(np.sqrt(np.mean(squared / unit**2))),
        "mae": float(np.mean(absolute / unit)),
        "r2": float(1.0 - np.mean(relative)),
        "nrmse": float(np.sqrt(np.mean(relative))),
    }
