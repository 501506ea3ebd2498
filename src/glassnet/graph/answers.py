"""Operations from raw scores to answers: link, probabilities, labels and numbers.

The model computes all of them in float64.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from glassnet.activations import sigmoid
from glassnet.graph.operation import FUNCTION, Array, Operation, no_error


@dataclass(frozen=True, eq=False)
class FoldedTemperature(Operation):
    """The temperature that calibrated the probabilities, for information: nothing is computed.

    temperature : T; the weights and biases of the last layer were divided by it after training
    """

    temperature: float
    formula: ClassVar[str] = "y = z; the division by the temperature is part of the last W and b"

    def evaluate(self, *inputs: Array) -> Array:
        """Return the input."""
        return inputs[0]

    def error(self, inputs: Sequence[Array], errors: Sequence[Array], output: Array) -> Array:
        """Nothing is computed."""
        return errors[0]


@dataclass(frozen=True, eq=False)
class Sigmoid(Operation):
    """The probability of the label 1."""

    formula: ClassVar[str] = "p = 1 / (1 + exp(-z))"

    def evaluate(self, *inputs: Array) -> Array:
        """Return P (n, k)."""
        return np.asarray(sigmoid(inputs[0]))

    def error(self, inputs: Sequence[Array], errors: Sequence[Array], output: Array) -> Array:
        """The slope is at most 1 / 4."""
        return np.asarray(0.25 * errors[0] + FUNCTION * self.eps * output)


@dataclass(frozen=True, eq=False)
class Softmax(Operation):
    """The probabilities of the classes, which sum to 1."""

    formula: ClassVar[str] = "p_j = exp(z_j) / sum_i exp(z_i)"

    def evaluate(self, *inputs: Array) -> Array:
        """Return P (n, k)."""
        P = np.exp(inputs[0] - inputs[0].max(axis=1, keepdims=True))
        return np.asarray(P / P.sum(axis=1, keepdims=True))

    def error(self, inputs: Sequence[Array], errors: Sequence[Array], output: Array) -> Array:
        """Every exponential, and with it their sum, is off by a factor of at most exp(error)."""
        (Z,), k = inputs, output.shape[1]
        off = errors[0].max(axis=1, keepdims=True) + FUNCTION * self.eps * np.abs(
            Z - Z.max(axis=1, keepdims=True)
        ).max(axis=1, keepdims=True)
        with np.errstate(over="ignore"):
            factor = np.expm1(2.0 * off) + (k + FUNCTION) * self.eps
        return np.asarray(np.minimum(output * factor, 1.0))


@dataclass(frozen=True, eq=False)
class Exp(Operation):
    """The mean of a loss whose raw score is its logarithm."""

    formula: ClassVar[str] = "y = exp(z)"

    def evaluate(self, *inputs: Array) -> Array:
        """Return Y (n, m)."""
        with np.errstate(over="ignore"):
            return np.exp(inputs[0])

    def error(self, inputs: Sequence[Array], errors: Sequence[Array], output: Array) -> Array:
        """A factor of at most exp(error)."""
        rounded = FUNCTION * self.eps * (1.0 + np.abs(inputs[0]))
        with np.errstate(over="ignore"):
            return np.asarray(output * (np.expm1(errors[0]) + rounded))


@dataclass(frozen=True, eq=False)
class Sort(Operation):
    """The quantiles of each target in rising order.

    n_quantiles : of each target, side by side
    """

    n_quantiles: int
    formula: ClassVar[str] = "y = z, sorted within each target"

    def evaluate(self, *inputs: Array) -> Array:
        """Return Y (n, m n_quantiles)."""
        (Z,) = inputs
        return np.sort(Z.reshape(len(Z), -1, self.n_quantiles), axis=2).reshape(Z.shape)

    def error(self, inputs: Sequence[Array], errors: Sequence[Array], output: Array) -> Array:
        """The k-th number moves by no more than the number that moves most."""
        by_target = errors[0].reshape(len(output), -1, self.n_quantiles)
        most = by_target.max(axis=2, keepdims=True)
        return np.broadcast_to(most, by_target.shape).reshape(output.shape)


@dataclass(frozen=True, eq=False)
class BothClasses(Operation):
    """The probabilities of both classes, of that of the second."""

    formula: ClassVar[str] = "P = [1 - p, p]"

    def evaluate(self, *inputs: Array) -> Array:
        """Return P (n, 2)."""
        return np.hstack([1.0 - inputs[0], inputs[0]])

    def error(self, inputs: Sequence[Array], errors: Sequence[Array], output: Array) -> Array:
        """The difference is rounded once."""
        return np.hstack([errors[0] + self.eps, errors[0]])


@dataclass(frozen=True, eq=False)
class OnlyClass(Operation):
    """The probability of the only class that training had."""

    formula: ClassVar[str] = "P = 1"

    def evaluate(self, *inputs: Array) -> Array:
        """Return P (n, 1)."""
        return np.ones((len(inputs[0]), 1))

    def error(self, inputs: Sequence[Array], errors: Sequence[Array], output: Array) -> Array:
        """Nothing is computed."""
        return no_error(output)


@dataclass(frozen=True, eq=False)
class Label(Operation):
    """The most probable class, the first one of several.

    classes : the labels
    """

    classes: tuple[Any, ...]
    formula: ClassVar[str] = "label = classes[argmax_j p_j]"

    def evaluate(self, *inputs: Array) -> Array:
        """Return the index of the class (n, 1)."""
        return np.asarray(inputs[0].argmax(axis=1)[:, None], np.float64)

    def error(self, inputs: Sequence[Array], errors: Sequence[Array], output: Array) -> Array:
        """Infinite where the errors of the probabilities may change the class."""
        upper, lower = inputs[0] + errors[0], inputs[0] - errors[0]
        best = output.astype(np.int64)
        np.put_along_axis(upper, best, -np.inf, axis=1)
        least = np.take_along_axis(lower, best, axis=1)
        return np.where(upper.max(axis=1, keepdims=True) < least, 0.0, np.inf)


@dataclass(frozen=True, eq=False)
class Threshold(Operation):
    """0/1 labels: 1 where a probability is above 1 / 2."""

    formula: ClassVar[str] = "y_j = 1 if p_j > 1 / 2, else 0"

    def evaluate(self, *inputs: Array) -> Array:
        """Return the labels (n, k)."""
        return np.asarray(inputs[0] > 0.5, np.float64)

    def error(self, inputs: Sequence[Array], errors: Sequence[Array], output: Array) -> Array:
        """Infinite where the error of the probability may change the label."""
        return np.where(np.abs(inputs[0] - 0.5) > errors[0], 0.0, np.inf)


@dataclass(frozen=True, eq=False)
class InverseScale(Operation):
    """Numbers in the units of the target: mean and scale (m,), those of each output."""

    mean: Array
    scale: Array
    formula: ClassVar[str] = "y_j = z_j scale_j + mean_j"

    def evaluate(self, *inputs: Array) -> Array:
        """Return Y (n, m)."""
        with np.errstate(over="ignore", invalid="ignore"):
            return np.asarray(inputs[0] * self.scale + self.mean)

    def error(self, inputs: Sequence[Array], errors: Sequence[Array], output: Array) -> Array:
        """The product and the sum are rounded once each."""
        terms = np.abs(inputs[0]) * self.scale + np.abs(self.mean)
        return np.asarray(errors[0] * self.scale + 4.0 * self.eps * terms)


@dataclass(frozen=True, eq=False)
class Clip(Operation):
    """Numbers clipped to a range: low and high (m,), infinite where there is no limit."""

    low: Array
    high: Array
    formula: ClassVar[str] = "y_j = min(max(z_j, low_j), high_j)"

    def evaluate(self, *inputs: Array) -> Array:
        """Return Y (n, m)."""
        return np.clip(inputs[0], self.low, self.high)

    def error(self, inputs: Sequence[Array], errors: Sequence[Array], output: Array) -> Array:
        """Clipping moves no two numbers apart."""
        return errors[0]
