"""Convert raw scores of a network to probabilities, labels, or numbers in the target's units."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from glassnet.data.coding.target import Target
from glassnet.data.tables.values import refuse_not_finite
from glassnet.errors import SettingError
from glassnet.losses import Loss, loss_traits

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class Answers:
    """Converts raw scores to predictions, by the loss of the training and the target.

    Attributes
    ----------
    loss : converts raw scores to probabilities, means or quantiles
    target : converts class labels or numbers to the encoded target y and back
    """

    loss: Loss
    target: Target

    @property
    def task(self) -> str:
        """One of "binary", "multiclass", "multilabel", "regression"."""
        return self.target.task

    @property
    def classes(self) -> Sequence[Any]:
        """The labels in the order of the columns of `probabilities`; empty for regression."""
        return self.target.classes

    def predictions(self, Z: Array) -> Array:
        """Return labels or numbers `(n,)`, 0/1 labels `(n, k)`, or numbers `(n, m)`.

        Raises
        ------
        DataError
            For raw scores or numbers that are not finite, with their rows.
        """
        if self.task == "regression":
            refuse_not_finite(Z)
            numbers = self.target.answers(self._linked(Z))
            refuse_not_finite(numbers, "predictions")
            return numbers[:, 0] if numbers.shape[1] == 1 else numbers
        P = self.probabilities(Z)
        if self.task == "multilabel":
            return (P > 0.5).astype(np.int64)
        return self.target.decode_labels(P.argmax(axis=1))

    def probabilities(self, Z: Array) -> Array:
        """Return the probabilities of the classes (of the labels if multilabel), `(n, k)`, float64.

        Raises
        ------
        SettingError
            For regression, which has no probabilities.
        DataError
            For raw scores that are not finite, with their rows.
        """
        if self.task == "regression":
            raise SettingError("this model predicts numbers and has no probabilities: use predict.")
        refuse_not_finite(Z)
        P = self._linked(Z)
        if self.task == "multilabel":
            return P
        if len(self.classes) == 1:
            return np.ones((len(P), 1), P.dtype)
        return both_classes(P)

    def truth(self, y: Array) -> Array:
        """Return an encoded target as labels or numbers, in the form of `predictions`."""
        if self.task in ("binary", "multiclass"):
            return self.target.decode_labels(y)
        return y.astype(np.int64) if self.task == "multilabel" else self.target.decode_numbers(y)

    def bounds(self, low: Array, high: Array) -> Array:
        """Return intervals `(n, m, 2)` in the units of the targets, from bounds of scaled numbers.

        If a target was never negative in training, its intervals are clipped to [0, inf), and if it
        was never positive, to (-inf, 0]. After n training values of one sign, a new
        value has the other sign with a probability of at most 1 / (n + 1), so that clipping hardly
        costs coverage.
        """
        mean, scale = np.array(self.target.mean), np.array(self.target.scale)
        with np.errstate(over="ignore", invalid="ignore"):
            ends = [np.clip(bound * scale + mean, *self.limits) for bound in (low, high)]
            return np.stack(ends, axis=2)

    @property
    def limits(self) -> tuple[Array, Array]:
        """The lowest and the highest number that intervals may contain, (m,) or (1,) each."""
        positive = loss_traits(self.loss).link == "exp"
        sign = np.ones(1) if positive else np.array(self.target.sign or [0])
        return np.where(sign > 0, 0.0, -np.inf), np.where(sign < 0, 0.0, np.inf)

    def _linked(self, Z: Array) -> Array:
        return self.loss.predict(Z.astype(np.float64, copy=False))


def both_classes(P: Array) -> Array:
    """Return the probabilities of both classes `(n, 2)`, also if only the second is given."""
    return np.hstack([1.0 - P, P]) if P.shape[1] == 1 else P
