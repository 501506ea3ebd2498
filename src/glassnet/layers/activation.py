"""An activation as a layer of its own, for use behind normalization."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from glassnet.activation_check import checked_activation
from glassnet.activations import GivenActivation, activation_function
from glassnet.checks import check_switch
from glassnet.layers.layer import Array, KeepsWidth, Run
from glassnet.parameters import Spec, Views


@dataclass(frozen=True)
class Activation(KeepsWidth):
    """A = f(Z), element by element; the backward pass is dZ = dA * f'(Z).

    With parametric=True each unit learns a mixture of the identity and f:

    A = (1 - a) Z + a f(Z)              Z and A (n, n_in), a (n_in,)

        da = sum_i dA_i (f(Z_i) - Z_i)          a_j meets every row
        dZ = dA * ((1 - a) + a f'(Z))

    a starts at 1, does not decay, and learns at a tenth of the rate: the parametric activations of
    Holzmueller, Grinsztajn and Steinwart 2024, "Better by Default".

    Parameters
    ----------
    activation : name, ActivationFunction or function Z -> (A, slope)
    parametric : whether a is learned; otherwise it is 1 and no parameter

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
        """Return A and whichever of f(Z) and Z gives the slope; if parametric also f(Z) - Z."""
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
        """Write da into g where it is learned; return dZ."""
        f = activation_function(self.activation)
        if not self.parametric:
            return f.backward(cache, dA) if needs_dX else None
        kept, D = cache
        np.sum(dA * D, axis=0, out=g.a)
        return np.asarray((1.0 - p.a) * dA + f.backward(kept, p.a * dA)) if needs_dX else None

    def specs(self, n_in: int) -> dict[str, Spec]:
        """Return a, which learns slowly and does not decay; or nothing."""
        return {"a": Spec((n_in,), lr_factor=0.1, decay_factor=0.0)} if self.parametric else {}
