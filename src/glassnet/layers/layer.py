"""What a layer is: settings without arrays, a forward pass, and the backward pass that undoes it by the chain rule.

    Y, cache = layer.forward(p, X, run)          X (n, n_in), Y (n, n_out)
    dX       = layer.backward(p, g, cache, dY)   dQ is the gradient of the loss by Q, of the shape
             of Q, everywhere

p holds views of the layer's parameters, g views of where their gradients belong. What backward must
remember of forward is the cache: a return value and never state of the layer, so that a pass can be
repeated, looked into and compiled.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from glassnet.parameters import Spec, Views

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class Run:
    """The circumstances of a pass.

    training : dropout draws masks and batch normalization uses the statistics of the batch (and
        updates its running ones)
    seed, step : with the layer's number the key of its random numbers
    dropout : factor of every dropout rate, in [0, 1]
    """

    training: bool = False
    seed: int = 0
    step: int = 0
    dropout: float = 1.0


PREDICT = Run()


class Layer(Protocol):
    """The settings of one layer; implementations are frozen dataclasses."""

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The layers inside this one; () for most."""
        ...

    @property
    def repeatable(self) -> bool:
        """Whether a training pass gives the same result each time: not so with random masks or running statistics."""
        ...

    def output_width(self, n_in: int) -> int:
        """Return the number of outputs for so many inputs, or raise SettingError where they do not fit."""
        ...

    def specs(self, n_in: int) -> dict[str, Spec]:
        """Return the tensors that this layer itself needs, by name."""
        ...

    def initialize(self, p: Views, rng: np.random.Generator) -> None:
        """Write first values into this layer's own tensors."""
        ...

    def forward(self, p: Views, X: Any, run: Run) -> tuple[Array, Any]:
        """Return the outputs and the cache."""
        ...

    def backward(
        self, p: Views, g: Views, cache: Any, dY: Array, needs_dX: bool = True
    ) -> Array | None:
        """Write the parameters' gradients into g and return dX, or None where it is not needed."""
        ...


#: What stands in `Layer`: the arguments of each method, and what is no method.
METHODS = {
    "output_width": "n_in",
    "specs": "n_in",
    "initialize": "p, rng",
    "forward": "p, X, run",
    "backward": "p, g, cache, dY, needs_dX",
}
ATTRIBUTES = ("layers", "repeatable")
