"""Operations that normalize: by running statistics, or each row by its own mean and size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from glassnet.graph.operation import FUNCTION, Array, Operation, float64


@dataclass(frozen=True, eq=False)
class BatchNorm(Operation):
    """Batch normalization by its running statistics; all arrays are (width,)."""

    gamma: Array
    beta: Array
    mean: Array
    var: Array
    added: float
    formula: ClassVar[str] = "y_j = gamma_j (x_j - mean_j) / sqrt(var_j + added) + beta_j"

    @property
    def _factor(self) -> Array:
        return float64(self.gamma) / np.sqrt(float64(self.var) + self.added)

    def evaluate(self, *inputs: Array) -> Array:
        """Return Y (n, width)."""
        return np.asarray((inputs[0] - float64(self.mean)) * self._factor + float64(self.beta))

    def error(self, inputs: Sequence[Array], errors: Sequence[Array], output: Array) -> Array:
        """The factor times the error of x, and the roundings of the two terms."""
        factor = np.abs(self._factor)
        centered = np.abs(inputs[0] - float64(self.mean)) * factor
        terms = centered + np.abs(float64(self.beta))
        return np.asarray(factor * errors[0] + FUNCTION * self.eps * terms)


@dataclass(frozen=True, eq=False)
class LayerNorm(Operation):
    """Normalization of each row by the mean and the variance of its units; arrays (width,)."""

    gamma: Array
    beta: Array
    added: float
    formula: ClassVar[str] = (
        "y_j = gamma_j (x_j - mean) / sqrt(var + added) + beta_j, mean and var over the row"
    )

    def evaluate(self, *inputs: Array) -> Array:
        """Return Y (n, width)."""
        C = inputs[0] - inputs[0].mean(axis=1, keepdims=True)
        return np.asarray(C / size(C, self.added) * float64(self.gamma) + float64(self.beta))

    def error(self, inputs: Sequence[Array], errors: Sequence[Array], output: Array) -> Array:
        """As for `normalized`, of x - mean, whose mean is a sum of the whole row."""
        (X,), (e,), k = inputs, errors, inputs[0].shape[1]
        C = X - X.mean(axis=1, keepdims=True)
        mean = e.mean(axis=1, keepdims=True) + (k + 2.0) * self.eps * np.abs(X).mean(
            axis=1, keepdims=True
        )
        N = normalized(C, e + mean + self.eps * np.abs(C), self.added, self.eps)
        gamma = np.abs(float64(self.gamma))
        return np.asarray(
            N * gamma + 4.0 * self.eps * (np.abs(output) + np.abs(float64(self.beta)))
        )


@dataclass(frozen=True, eq=False)
class RMSNorm(Operation):
    """Division of each row by the root mean square of its units; gamma (width,)."""

    gamma: Array
    added: float
    formula: ClassVar[str] = "y_j = gamma_j x_j / sqrt(mean of x^2 + added), mean over the row"

    def evaluate(self, *inputs: Array) -> Array:
        """Return Y (n, width)."""
        return np.asarray(inputs[0] / size(inputs[0], self.added) * float64(self.gamma))

    def error(self, inputs: Sequence[Array], errors: Sequence[Array], output: Array) -> Array:
        """As for `normalized`."""
        N = normalized(inputs[0], errors[0], self.added, self.eps)
        return np.asarray(N * np.abs(float64(self.gamma)) + 4.0 * self.eps * np.abs(output))


def size(C: Array, added: float) -> Array:
    """Return sqrt(mean of c^2 + added) of each row, (n, 1)."""
    return np.asarray(np.sqrt(np.mean(C * C, axis=1, keepdims=True) + added))


def normalized(C: Array, e: Array, added: float, eps: float) -> Array:
    """Return a bound of the error of C / size(C), given that of C.

    The size is a norm of the row, so that its error is at most the root mean square of e, plus the
    roundings of a sum of squares. Where that may be all of it, the bound is infinite.
    """
    s = size(C, added)
    ds = np.sqrt(np.mean(e * e, axis=1, keepdims=True)) + (C.shape[1] + FUNCTION) * eps * s
    least = s - ds
    with np.errstate(divide="ignore"):
        return np.where(least > 0.0, (e + np.abs(C) / s * ds) / least, np.inf) + 4.0 * eps * (
            np.abs(C) / s
        )
