"""Operations of a network: weighted sums, activations, factors, sums and means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from glassnet.activations import ACTIVATIONS
from glassnet.graph.curves import CURVES
from glassnet.graph.operation import FUNCTION, Array, Operation, float64


@dataclass(frozen=True, eq=False)
class Dense(Operation):
    """Weighted sums of all inputs: W (n_in, n_out), b (n_out,)."""

    W: Array
    b: Array
    formula: ClassVar[str] = "z_j = sum_i x_i W_ij + b_j"

    def evaluate(self, *inputs: Array) -> Array:
        """Return Z (n, n_out)."""
        return np.asarray(inputs[0] @ float64(self.W) + float64(self.b))

    def error(self, inputs: Sequence[Array], errors: Sequence[Array], output: Array) -> Array:
        """n_in + 2 roundings of the sum of |terms|."""
        W, b = np.abs(float64(self.W)), np.abs(float64(self.b))
        terms = np.abs(inputs[0]) @ W + b
        return np.asarray(errors[0] @ W + (len(W) + 2.0) * self.eps * terms)


@dataclass(frozen=True, eq=False)
class Activation(Operation):
    """An activation function of each number.

    function : its name in `glassnet.activations.ACTIVATIONS`
    """

    function: str
    formula: ClassVar[str] = "a_j = f(z_j), see `curve`"

    @property
    def curve(self) -> str:
        """The formula of the function."""
        return CURVES[self.function].formula

    def evaluate(self, *inputs: Array) -> Array:
        """Return A (n, width)."""
        return ACTIVATIONS[self.function].forward(inputs[0])

    def error(self, inputs: Sequence[Array], errors: Sequence[Array], output: Array) -> Array:
        """The largest slope times the error of z, and the roundings of the function."""
        slope = CURVES[self.function].max_slope
        rounded = np.abs(output) + slope * np.abs(inputs[0])
        return slope * errors[0] + FUNCTION * self.eps * rounded


@dataclass(frozen=True, eq=False)
class Mix(Operation):
    """A learned mixture of z and f(z) for each unit: a (width,)."""

    a: Array
    formula: ClassVar[str] = "y_j = z_j + a_j (f_j - z_j)"

    def evaluate(self, *inputs: Array) -> Array:
        """Return Y (n, width), of Z and F."""
        Z, F = inputs
        return np.asarray(Z + float64(self.a) * (F - Z))

    def error(self, inputs: Sequence[Array], errors: Sequence[Array], output: Array) -> Array:
        """Each factor times the error of its input, and four roundings of the terms."""
        a, (Z, F) = float64(self.a), inputs
        carried = np.abs(1.0 - a) * errors[0] + np.abs(a) * errors[1]
        terms = np.abs(Z) + np.abs(a) * (np.abs(F) + np.abs(Z))
        return np.asarray(carried + 4.0 * self.eps * terms)


@dataclass(frozen=True, eq=False)
class Factor(Operation):
    """A learned factor for each unit: s (width,)."""

    s: Array
    formula: ClassVar[str] = "y_j = s_j x_j"

    def evaluate(self, *inputs: Array) -> Array:
        """Return Y (n, width)."""
        return np.asarray(inputs[0] * float64(self.s))

    def error(self, inputs: Sequence[Array], errors: Sequence[Array], output: Array) -> Array:
        """The product is rounded once."""
        return np.abs(float64(self.s)) * errors[0] + 2.0 * self.eps * np.abs(output)


@dataclass(frozen=True, eq=False)
class Add(Operation):
    """The sum of two signals, at the end of a residual block."""

    formula: ClassVar[str] = "y_j = x_j + f_j"

    def evaluate(self, *inputs: Array) -> Array:
        """Return Y (n, width)."""
        return np.asarray(inputs[0] + inputs[1])

    def error(self, inputs: Sequence[Array], errors: Sequence[Array], output: Array) -> Array:
        """The sum is rounded once."""
        return np.asarray(errors[0] + errors[1] + self.eps * np.abs(output))


@dataclass(frozen=True, eq=False)
class Mean(Operation):
    """The mean of the members, added in their order."""

    formula: ClassVar[str] = "y_j = (y_1j + ... + y_Mj) / M"

    def evaluate(self, *inputs: Array) -> Array:
        """Return Y (n, width)."""
        return np.asarray(sum(inputs[1:], inputs[0]) / len(inputs))

    def error(self, inputs: Sequence[Array], errors: Sequence[Array], output: Array) -> Array:
        """M + 1 roundings of the mean of |terms|."""
        M = len(inputs)
        terms = sum(np.abs(Y) for Y in inputs) / M
        return np.asarray(sum(errors) / M + (M + 1.0) * self.eps * terms)
