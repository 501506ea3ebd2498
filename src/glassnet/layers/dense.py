"""The dense layer: every output is a weighted sum of all inputs, shifted by a bias and bent by an activation."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Integral
from typing import Any, ClassVar

import numpy as np

from glassnet.activations import ActivationFunction, activation_function
from glassnet.errors import SettingError
from glassnet.initializers import Initializer, initializer_function
from glassnet.layers.layer import Array, Layer, Run
from glassnet.parameters import Spec, Views


@dataclass(frozen=True)
class Dense:
    """A fully connected layer.

    Z = X W + b,  A = f(Z)            X (n, n_in), W (n_in, n_out), b (n_out,), Z and A (n, n_out)

    Parameters
    ----------
    n_out : number of units
    activation : name or ActivationFunction; "identity" leaves Z as it is
    initializer : name or callable for W; "auto" is the activation's own (He for ReLU and its like, LeCun for SELU, Glorot
        otherwise). b starts at 0.

    Backpropagation. Let dA be the gradient of the loss by A. The chain rule, one link at a time:

        dZ = dA * f'(Z)      A = f(Z) element by element, so its derivative multiplies element by element
        dW = X^T dZ          z_ij = sum_k x_ik w_kj + b_j: w_kj meets row i through x_ik, and all rows add up
        db = sum_i dZ_i      b_j is added to every row
        dX = dZ W^T          x_ik meets every unit j through w_kj

    Rumelhart, Hinton and Williams 1986. X may be a CSR matrix in the first layer.

    Examples
    --------
    >>> from glassnet import Dense
    >>> Dense(16, "relu")
    Dense(n_out=16, activation='relu', initializer='auto')
    """

    n_out: int
    activation: str | ActivationFunction = "identity"
    initializer: str | Initializer = "auto"
    layers: ClassVar[tuple[Layer, ...]] = ()
    repeatable: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if isinstance(self.n_out, bool) or not isinstance(self.n_out, Integral) or self.n_out < 1:
            raise SettingError(f"a dense layer has at least 1 unit, a whole number, but n_out={self.n_out!r} came.")
        activation_function(self.activation)
        if self.initializer != "auto":
            initializer_function(self.initializer)

    def forward(self, p: Views, X: Any, run: Run) -> tuple[Array, Any]:
        """Return A and what backward needs: X, and A or Z, whichever tells the slope of f."""
        f = activation_function(self.activation)
        Z = X @ p.W
        Z += p.b
        A = f.forward(Z)
        return A, (X, A if f.keeps == "output" else Z)

    def backward(self, p: Views, g: Views, cache: Any, dA: Array, needs_dX: bool = True) -> Array | None:
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
        return {"W": Spec((n_in, self.n_out)), "b": Spec((self.n_out,), decay_factor=0.0)}

    def initialize(self, p: Views, rng: np.random.Generator) -> None:
        """Draw W by the initializer; b starts at 0."""
        initializer = activation_function(self.activation).initializer if self.initializer == "auto" else self.initializer
        n_in, n_out = p.W.shape
        W = initializer_function(initializer)(n_in, n_out, rng)
        if np.shape(W) != (n_in, n_out):
            raise SettingError(f"an initializer returns W of shape {(n_in, n_out)}, (fan_in, fan_out), but shape {np.shape(W)} came.")
        p.W[...] = W
        p.b[...] = 0.0
