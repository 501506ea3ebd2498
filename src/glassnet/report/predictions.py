"""What somebody predicted for some rows, beside the truth: what every score is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from glassnet.cached import cached_property
from glassnet.data.coding.moments import power_of_two
from glassnet.data.coding.weights import relative_weight
from glassnet.data.tables.table import Table
from glassnet.errors import DataError, UnsupportedError
from glassnet.model import Model

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True, eq=False)
class Part:
    """Some rows of a table, the values of their target as they stand in it, and what each row weighs (None: all the same)."""

    table: Table
    values: Any
    weight: Array | None = None

    def take(self, rows: Array) -> Part:
        """Return these rows."""
        return Part(
            self.table.take(rows),
            np.asarray(self.values)[rows],
            None if self.weight is None else self.weight[rows],
        )

    def present(self) -> Part:
        """Return the rows that weigh something, the largest weight near 1; DataError for weights that rows cannot have."""
        if self.weight is None:
            return self
        weight, n = np.asarray(self.weight, np.float64), self.table.n_rows
        if (
            weight.shape != (n,)
            or not np.isfinite(weight).all()
            or (weight < 0.0).any()
            or not weight.any()
        ):
            raise DataError(
                f"weights are one finite number, 0 or more, for each of the {n} rows, and not all "
                f"of them 0: an array of shape {weight.shape} came that is not so."
            )
        weight = relative_weight(weight)
        part = Part(self.table, self.values, weight)
        return part if weight.all() else part.take(np.flatnonzero(weight))


@dataclass(frozen=True, eq=False)
class Predictions:
    """Predictions of n rows beside the truth.

    truth : class indices (n,), or numbers (n, m) in the units of the m targets
    values : what was predicted, of the same shape
    P : probabilities (n, k) of the classes, float64, each row summing to 1; None for a regression
    weight : (n,) float64, above 0; all 1 where no row weighs more than another
    """

    truth: Array
    values: Array
    P: Array | None
    weight: Array

    @classmethod
    def of_classes(cls, truth: Array, P: Array, weight: Array | None = None) -> Predictions:
        """Return the predictions of the likeliest class, the first one among equals."""
        P = np.asarray(P, np.float64)
        return cls(
            truth, P.argmax(axis=1), P / P.sum(axis=1, keepdims=True), _weights(weight, len(truth))
        )

    @classmethod
    def of_numbers(cls, truth: Array, values: Array, weight: Array | None = None) -> Predictions:
        """Return the predictions of numbers (n,) or (n, m)."""
        n = len(truth)
        return cls(
            np.asarray(truth, np.float64).reshape(n, -1),
            np.asarray(values, np.float64).reshape(n, -1),
            None,
            _weights(weight, n),
        )

    @cached_property
    def unit(self) -> Array:
        """A power of two for each target (m,), so that truth and values divided by it are near 1: their squares are then finite numbers."""
        return np.asarray(1.0 / power_of_two(np.abs(self.truth).max(axis=0, initial=0.0)))

    @property
    def n_rows(self) -> int:
        """The number of rows."""
        return len(self.truth)


def predictions_of(model: Model, part: Part) -> Predictions:
    """Return what a model predicts for some rows, beside their truth.

    Of several quantiles the one nearest to the median is the prediction.

    Raises
    ------
    DataError
        For labels that training did not have, and missing target values.
    UnsupportedError
        For labels that may go together: there are no scores for them yet.
    """
    if model.task == "multilabel":
        raise UnsupportedError(
            "scores are known for one class or for numbers a row, not yet for labels that may go "
            "together."
        )
    truth, Z = truth_of(model, part), model.raw_scores(part.table)
    if model.task != "regression":
        return Predictions.of_classes(truth, model.probabilities(Z), part.weight)
    values = np.asarray(model.predictions(Z), np.float64).reshape(
        len(Z), len(model.target.names), -1
    )
    quantiles = getattr(model.loss, "quantiles", (0.5,))
    return Predictions.of_numbers(
        truth, values[:, :, int(np.argmin(np.abs(np.asarray(quantiles) - 0.5)))], part.weight
    )


def truth_of(model: Model, part: Part) -> Array:
    """Return the target of some rows as class indices (n,), or as numbers (n, m) in the units of the targets."""
    y = model.target.encode(part.values)
    return np.asarray(
        y if model.task != "regression" else model.target.decode_numbers(y).reshape(len(y), -1)
    )


def _weights(weight: Array | None, n: int) -> Array:
    return np.ones(n) if weight is None else np.asarray(weight, np.float64)
