"""Elementwise layers: activation, learned scale, and dropout."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from glassnet.activation_check import checked_activation
from glassnet.activations import GivenActivation, activation_function
from glassnet.checks import check_number, check_switch
from glassnet.layers.layer import Array, KeepsWidth, Run
from glassnet.parameters import Spec, Views
from glassnet.rng import keep_mask


@dataclass(frozen=True)
class Activation(KeepsWidth):
    """A = f(Z), elementwise; the backward pass is dZ = dA * f'(Z).

    With parametric=True each unit learns a mixture of the identity and f:

    A = (1 - a) Z + a f(Z)              Z and A (n, n_in), a (n_in,)

        da = sum_i dA_i (f(Z_i) - Z_i)          a_j is used in every row
        dZ = dA * ((1 - a) + a f'(Z))

    a is initialized to 1, has no weight decay, and a tenth of the learning rate: the parametric
    activations of Holzmueller, Grinsztajn and Steinwart 2024, "Better by Default".

    Parameters
    ----------
    activation : name, ActivationFunction or function Z -> (A, slope)
    parametric : whether a is learned; otherwise A = f(Z)

    Examples
    --------
    >>> from glassnet import Activation, BatchNorm, Dense
    >>> block = [Dense(32), BatchNorm(), Activation("relu")]
    """

    activation: GivenActivation
    parametric: bool = False
    ones: ClassVar[tuple[str, ...]] = ("a",)

    def __post_init__(self) -> None:
        object.__setattr__(self, "activation", checked_activation(self.activation))
        check_switch("parametric of an activation", self.parametric)

    def forward(self, p: Views, Z: Array, run: Run) -> tuple[Array, Any]:
        """Return A and f(Z) or Z, whichever backward needs; if parametric also f(Z) - Z."""
        f = activation_function(self.activation)
        F = f.forward(Z)
        kept = F if f.keeps == "output" else Z
        if not self.parametric:
            return F, kept
        D = F - Z
        return Z + p.a * D, (kept, D)

    def backward(
        self, p: Views, g: Views, cache: Any, dA: Array, needs_dX: bool = True
    ) -> Array | None:
        """Write da into g if a is learned; return dZ."""
        f = activation_function(self.activation)
        if not self.parametric:
            return f.backward(cache, dA) if needs_dX else None
        kept, D = cache
        np.sum(dA * D, axis=0, out=g.a)
        return np.asarray((1.0 - p.a) * dA + f.backward(kept, p.a * dA)) if needs_dX else None

    def specs(self, n_in: int) -> dict[str, Spec]:
        """Return a, with a tenth of the learning rate and no decay, if it is learned."""
        return {"a": Spec((n_in,), lr_factor=0.1, decay_factor=0.0)} if self.parametric else {}


@dataclass(frozen=True)
class Scale(KeepsWidth):
    """Y = X * s, a learned factor for each column.

    X and Y (n, n_in), s (n_in,)

    s is initialized to 1, has no weight decay, and six times the learning rate: an uninformative
    column is scaled down in a few steps; without s, each of its weights would have to shrink.
    Holzmueller, Grinsztajn and Steinwart 2024, "Better by Default: Strong Pre-Tuned MLPs and
    Boosted Trees on Tabular Data".

    Backpropagation: ds = sum_i dY_i * X_i, because s_j is used in every row, and dX = dY * s.

    Examples
    --------
    >>> from glassnet import Dense, Scale
    >>> layers = [Scale(), Dense(64, "relu"), Dense(1)]
    """

    ones: ClassVar[tuple[str, ...]] = ("s",)

    def forward(self, p: Views, X: Array, run: Run) -> tuple[Array, Any]:
        """Return Y and X."""
        return X * p.s, X

    def backward(
        self, p: Views, g: Views, X: Any, dY: Array, needs_dX: bool = True
    ) -> Array | None:
        """Write ds into g; return dX."""
        np.sum(dY * X, axis=0, out=g.s)
        return dY * p.s if needs_dX else None

    def specs(self, n_in: int) -> dict[str, Spec]:
        """Return s, with six times the learning rate and no decay."""
        return {"s": Spec((n_in,), lr_factor=6.0, decay_factor=0.0)}


@dataclass(frozen=True)
class Dropout(KeepsWidth):
    """Set units to 0 at random in training.

    Y = X * M / (1 - rate) in training, Y = X in prediction; M is 1 with probability 1 - rate or 0.

    The rate of a pass is `rate * run.dropout`, so that a schedule can lower it during the run. The
    division keeps the expected value, so that prediction needs no scaling ("inverted" dropout).
    Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov 2014, section 10.

    Parameters
    ----------
    rate : probability that a unit is set to 0, in [0, 1)

    The mask is a function of the seed of the run, the step, the number of the layer, and row and
    unit (`glassnet.rng`).
    """

    rate: float
    repeatable: ClassVar[bool] = False

    def __post_init__(self) -> None:
        check_number("a dropout rate", self.rate, "[0, 1)")

    def forward(self, p: Views, X: Array, run: Run) -> tuple[Array, Any]:
        """Return Y and the scaled mask, or None if nothing is dropped."""
        rate = self.rate * run.dropout
        if not run.training or rate == 0.0:
            return X, None
        keep = keep_mask(run.seed, run.step, p.number, X.shape, rate)
        M = keep * np.asarray(1.0 / (1.0 - rate), X.dtype)
        return X * M, M

    def backward(
        self, p: Views, g: Views, M: Any, dY: Array, needs_dX: bool = True
    ) -> Array | None:
        """Return dX = dY * M / (1 - rate)."""
        if not needs_dX:
            return None
        return dY if M is None else dY * M
