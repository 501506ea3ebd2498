"""Predictions with the true values and weights, from which all metrics are computed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from glassnet.cached import cached_property
from glassnet.data.coding.moments import power_of_two
from glassnet.data.coding.target_arrays import target_array
from glassnet.data.rows import Rows, relative_weight
from glassnet.errors import DataError, UnsupportedError
from glassnet.model import Model

Array = np.ndarray[Any, np.dtype[Any]]


def weighted(rows: Rows) -> Rows:
    """Return the rows of positive weight, with weights scaled to at most about 1.

    Raises
    ------
    DataError
        If the weights are not one finite number, 0 or more, for each row.
    """
    if rows.weight is None:
        return rows
    weight = np.asarray(rows.weight, np.float64)
    valid = weight.shape == (rows.n,) and np.isfinite(weight).all() and (weight >= 0.0).all()
    if not valid or not weight.any():
        raise DataError(
            f"weights must be one finite number, 0 or more, for each of the {rows.n} rows, and not "
            f"all 0, got an array of shape {weight.shape} that is not so."
        )
    rows = replace(rows, weight=relative_weight(weight))
    return rows if weight.all() else rows.take(np.flatnonzero(weight))


def known_rows(rows: Rows, known: Array, message: str) -> Rows:
    """Return the rows whose target is known, by a mask (n,).

    Raises
    ------
    DataError
        If there is none, with this message.
    """
    if not known.any():
        raise DataError(message)
    if known.all():
        return rows
    rows = rows.take(np.flatnonzero(known))
    return replace(rows, y=target_array(rows.y))


@dataclass(frozen=True, eq=False)
class Predictions:
    """Predictions of n rows with their true values and weights.

    truth : class indices (n,), or numbers (n, m) in the units of the m targets
    values : the predictions, of the same shape
    P : probabilities (n, k) of the classes, float64, each row summing to 1; (n, 0) for a regression
    weight : (n,) float64, above 0; all 1 without weights
    """

    truth: Array
    values: Array
    P: Array
    weight: Array

    @classmethod
    def of_classes(cls, truth: Array, P: Array, weight: Array | None = None) -> Predictions:
        """Predict the class with the highest probability, the first one if several are equal."""
        P = np.asarray(P, np.float64)
        weight = np.ones(len(truth)) if weight is None else np.asarray(weight, np.float64)
        return cls(truth, P.argmax(axis=1), P / P.sum(axis=1, keepdims=True), weight)

    @classmethod
    def of_numbers(cls, truth: Array, values: Array, weight: Array | None = None) -> Predictions:
        """Make predictions of numbers (n,) or (n, m)."""
        n = len(truth)
        truth, values = (np.asarray(y, np.float64).reshape(n, -1) for y in (truth, values))
        weight = np.ones(n) if weight is None else np.asarray(weight, np.float64)
        return cls(truth, values, np.empty((n, 0)), weight)

    def other(self, answers: Array) -> Predictions:
        """Return other predictions of the same rows: class probabilities, or numbers."""
        make = Predictions.of_classes if self.is_classification else Predictions.of_numbers
        return make(self.truth, answers, self.weight)

    @property
    def is_classification(self) -> bool:
        """Whether classes are predicted, not numbers."""
        return bool(self.P.shape[1])

    @cached_property
    def unit(self) -> Array:
        """A power of two for each target (m,) that scales it to about 1 to keep squares finite."""
        return np.asarray(1.0 / power_of_two(np.abs(self.truth).max(axis=0, initial=0.0)))

    @property
    def n_rows(self) -> int:
        """The number of rows."""
        return len(self.truth)


def predictions_of(model: Model, rows: Rows) -> Predictions:
    """Return the predictions of a model; of several quantiles the one nearest to 0.5 is used.

    Raises
    ------
    DataError
        If a label did not occur in training, or a target value is missing.
    UnsupportedError
        For a multilabel model: there are no metrics for it yet.
    """
    if model.task == "multilabel":
        raise UnsupportedError(
            "scores are known for one class or for numbers a row, not yet for labels that may go "
            "together."
        )
    y, Z = model.target.encode(rows.y), model.raw_scores(rows.X)
    if model.task != "regression":
        return Predictions.of_classes(y, model.probabilities(Z), rows.weight)
    truth = model.target.decode_numbers(y)
    values = np.asarray(model.predictions(Z)).reshape(len(Z), len(model.target.names), -1)
    quantiles = np.asarray(getattr(model.loss, "quantiles", (0.5,)))
    median = values[:, :, int(np.argmin(np.abs(quantiles - 0.5)))]
    return Predictions.of_numbers(truth, median, rows.weight)
