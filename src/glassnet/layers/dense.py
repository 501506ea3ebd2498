"""The dense layer: every output is a weighted sum of all inputs, shifted by a bias and bent by an activation."""

from __future__ import annotations

import math
from dataclasses import dataclass
from numbers import Integral
from typing import Any, ClassVar

import numpy as np

from glassnet.activation_check import checked_activation
from glassnet.activations import GivenActivation, activation_function
from glassnet.errors import SettingError, unknown_name
from glassnet.initializers import Initializer, first_weights, initializer_function
from glassnet.layers.layer import Array, Layer, Run
from glassnet.parameters import Spec, Views

PARAMETRIZATIONS = ("standard", "ntk")


@dataclass(frozen=True)
class Dense:
    """A fully connected layer.

    Z = X W + b,  A = f(Z)            X (n, n_in), W (n_in, n_out), b (n_out,), Z and A (n, n_out)

    Parameters
    ----------
    n_out : number of units
    activation : name, ActivationFunction or function Z -> (A, slope); "identity" leaves Z as it is
    initializer : name or callable for W; "auto" is the activation's own (He for ReLU and its like,
        LeCun for SELU, Glorot otherwise; LeCun's normal for "ntk"). b starts at 0.
    parametrization : "standard", or "ntk": W learns as if Z = X W / sqrt(n_in) + b, and b at a
        tenth of the rate

    The neural tangent parametrization (Jacot, Gabriel and Hongler 2018) divides by sqrt(n_in) in
    each pass, so that W has entries of size 1 and learns as fast in a wide layer as in a narrow
    one. Here W holds the quotient already. Adam moves every entry by about the rate whatever its
    gradient's size, so the quotient moves as that of the explicit form where its rate is divided by
    sqrt(n_in) (but for eps, which then weighs sqrt(n_in) times less); and the decay, multiplied by
    it, is again rate times weight_decay (Yang and Hu 2021, section 3, symmetries of
    abc-parametrizations). Both are factors of the tensor that any optimizer obeys; with optimizers
    that follow the gradient's size, and penalties, they are no more than that.

    Backpropagation. Let dA be the gradient of the loss by A. The chain rule, one link at a time:

        dZ = dA * f'(Z)      A = f(Z) element by element, so its derivative multiplies element by
                             element
        dW = X^T dZ          z_ij = sum_k x_ik w_kj + b_j: w_kj meets row i through x_ik, and all
                             rows add up
        db = sum_i dZ_i      b_j is added to every row
        dX = dZ W^T          x_ik meets every unit j through w_kj

    Rumelhart, Hinton and Williams 1986. X may be a CSR matrix in the first layer.

    Examples
    --------
    >>> from glassnet import Dense
    >>> Dense(16, "relu")
    Dense(n_out=16, activation='relu', initializer='auto', parametrization='standard')
    """

    n_out: int
    activation: GivenActivation = "identity"
    initializer: str | Initializer = "auto"
    parametrization: str = "standard"
    layers: ClassVar[tuple[Layer, ...]] = ()
    repeatable: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if isinstance(self.n_out, bool) or not isinstance(self.n_out, Integral) or self.n_out < 1:
            raise SettingError(
                f"n_out of a dense layer must be a whole number, at least 1, got {self.n_out!r}."
            )
        object.__setattr__(self, "activation", checked_activation(self.activation))
        if self.initializer != "auto":
            initializer_function(self.initializer)
        if self.parametrization not in PARAMETRIZATIONS:
            raise unknown_name("parametrization", self.parametrization, PARAMETRIZATIONS)

    def forward(self, p: Views, X: Any, run: Run) -> tuple[Array, Any]:
        """Return A and what backward needs: X, and A or Z, whichever tells the slope of f."""
        f = activation_function(self.activation)
        Z = X @ p.W
        Z += p.b
        A = f.forward(Z)
        return A, (X, A if f.keeps == "output" else Z)

    def backward(
        self, p: Views, g: Views, cache: Any, dA: Array, needs_dX: bool = True
    ) -> Array | None:
        """Write dW and db into g; return dX."""
        f = activation_function(self.activation)
        X, kept = cache
        dZ = f.backward(kept, dA)
        if isinstance(X, np.ndarray):
            np.matmul(X.T, dZ, out=g.W)
        else:
            g.W[...] = X.T @ dZ
        dZ.sum(axis=0, out=g.b)
        return dZ @ p.W.T if needs_dX else None

    def output_width(self, n_in: int) -> int:
        """Return the number of units."""
        return self.n_out

    def specs(self, n_in: int) -> dict[str, Spec]:
        """Return W, which decays, and b, which does not."""
        root, tenth = (math.sqrt(n_in), 0.1) if self.parametrization == "ntk" else (1.0, 1.0)
        return {
            "W": Spec((n_in, self.n_out), 1.0 / root, root),
            "b": Spec((self.n_out,), tenth, 0.0),
        }

    def initialize(self, p: Views, rng: np.random.Generator) -> None:
        """Draw W by the initializer; b starts at 0."""
        own = (
            "lecun_normal"
            if self.parametrization == "ntk"
            else activation_function(self.activation).initializer
        )
        initializer = own if self.initializer == "auto" else self.initializer
        n_in, n_out = p.W.shape
        p.W[...] = first_weights(initializer_function(initializer), n_in, n_out, rng)
        p.b[...] = 0.0
