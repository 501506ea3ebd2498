"""An activation as a layer of its own, for where normalization or dropout stands between it and its weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from glassnet.activations import ActivationFunction, activation_function
from glassnet.layers.layer import Array, Layer, Run
from glassnet.parameters import Spec, Views


@dataclass(frozen=True)
class Activation:
    """A = f(Z), element by element; the backward pass is dZ = dA * f'(Z).

    Parameters
    ----------
    activation : name or ActivationFunction

    Examples
    --------
    >>> from glassnet import Activation, BatchNorm, Dense
    >>> block = [Dense(32), BatchNorm(), Activation("relu")]
    """

    activation: str | ActivationFunction
    layers: ClassVar[tuple[Layer, ...]] = ()
    repeatable: ClassVar[bool] = True

    def __post_init__(self) -> None:
        activation_function(self.activation)

    def forward(self, p: Views, Z: Array, run: Run) -> tuple[Array, Any]:
        """Return A and whichever of A and Z tells the slope of f."""
        f = activation_function(self.activation)
        A = f.forward(Z)
        return A, (A if f.keeps == "output" else Z)

    def backward(self, p: Views, g: Views, kept: Any, dA: Array, needs_dX: bool = True) -> Array | None:
        """Return dZ."""
        return activation_function(self.activation).backward(kept, dA) if needs_dX else None

    def output_width(self, n_in: int) -> int:
        """Return n_in: the shape stays."""
        return n_in

    def specs(self, n_in: int) -> dict[str, Spec]:
        """Return nothing: no tensors."""
        return {}

    def initialize(self, p: Views, rng: np.random.Generator) -> None:
        """Do nothing."""
