"""The dense (fully connected) layer, with its activation."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from glassnet.activation_check import checked_activation
from glassnet.activations import GivenActivation, activation_function
from glassnet.checks import check_integer, check_name
from glassnet.initializers import Initializer, first_weights, initializer_function
from glassnet.layers.layer import Array, Leaf, Run
from glassnet.layers.parametrization import PARAMETRIZATIONS, dense_initializer, dense_specs
from glassnet.parameters import Spec, Views


@dataclass(frozen=True)
class Dense(Leaf):
    """A fully connected layer: Z = X W + b, A = f(Z). Rumelhart, Hinton and Williams 1986.

    X (n, n_in), W (n_in, n_out), b (n_out,), Z and A (n, n_out); X may be a CSR matrix in the first
    layer.

    n_out : number of units
    activation : name, ActivationFunction or function Z -> (A, slope); "identity" gives A = Z
    initializer : name or callable for W; "auto" depends on the activation. b is initialized to 0.
    parametrization : "standard" or "ntk", see `glassnet.layers.parametrization`

    >>> Dense(16, "relu")
    Dense(n_out=16, activation='relu', initializer='auto', parametrization='standard')
    """

    def forward(self, p: Views, X: Any, run: Run) -> tuple[Array, Any]:
        """Return A and what backward needs: X, and A or Z, depending on the activation."""
        f = activation_function(self.activation)
        Z = X @ p.W
        Z += p.b
        A = f.forward(Z)
        return A, (X, A if f.keeps == "output" else Z)

    def backward(
        self, p: Views, g: Views, cache: Any, dA: Array, needs_dX: bool = True
    ) -> Array | None:
        """Write dW and db into g and return dX, by the chain rule.

        dZ = dA * f'(Z)      A = f(Z) elementwise
        dW = X^T dZ          z_ij = sum_k x_ik w_kj + b_j, so the derivative of z_ij by w_kj is x_ik
        db = sum_i dZ_i      b_j is added in every row
        dX = dZ W^T          the derivative of z_ij by x_ik is w_kj
        """
        f = activation_function(self.activation)
        X, kept = cache
        dZ = f.backward(kept, dA)
        if isinstance(X, np.ndarray):
            np.matmul(X.T, dZ, out=g.W)
        else:
            g.W[...] = X.T @ dZ
        dZ.sum(axis=0, out=g.b)
        return dZ @ p.W.T if needs_dX else None

    n_out: int
    activation: GivenActivation = "identity"
    initializer: str | Initializer = "auto"
    parametrization: str = "standard"

    def __post_init__(self) -> None:
        check_integer("n_out of a dense layer", self.n_out)
        object.__setattr__(self, "activation", checked_activation(self.activation))
        if self.initializer != "auto":
            initializer_function(self.initializer)
        check_name("parametrization", self.parametrization, PARAMETRIZATIONS)

    def output_width(self, n_in: int) -> int:
        """Return the number of units."""
        return self.n_out

    def specs(self, n_in: int) -> dict[str, Spec]:
        """Return W, which decays, and b, which does not."""
        return dense_specs(self.parametrization, n_in, self.n_out)

    def initialize(self, p: Views, rng: np.random.Generator) -> None:
        """Draw W with the initializer; set b to 0."""
        initializer = self.initializer
        if initializer == "auto":
            own = activation_function(self.activation).initializer
            initializer = dense_initializer(self.parametrization, own)
        n_in, n_out = p.W.shape
        p.W[...] = first_weights(initializer_function(initializer), n_in, n_out, rng)
        p.b[...] = 0.0
