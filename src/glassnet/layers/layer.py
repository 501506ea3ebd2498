"""Interface of layers: settings, a forward pass, and a backward pass by the chain rule.

    Y, cache = layer.forward(p, X, run)          X (n, n_in), Y (n, n_out)
    dX       = layer.backward(p, g, cache, dY)   dQ is the gradient of the loss by Q, of the shape
             of Q, everywhere

p holds views of the layer's parameters, g views of their gradients. What backward needs from
forward is the cache: a return value and never state of the layer, so that a pass can be repeated,
inspected and compiled.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np

from glassnet.parameters import Spec, Views

Array = np.ndarray[Any, np.dtype[Any]]

#: Bins, frequencies or outputs of one embedded column at most: the size of no tensor then leaves 64
#: bits.
MAX_PER_COLUMN = 2**15


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

    @property
    def repeatable(self) -> bool:
        """Whether training passes repeat: no random masks, no running statistics."""

    def output_width(self, n_in: int) -> int:
        """Return the number of outputs for n_in inputs; SettingError where they do not fit."""

    def specs(self, n_in: int) -> dict[str, Spec]:
        """Return the tensors that this layer itself needs, by name."""

    def initialize(self, p: Views, rng: np.random.Generator) -> None:
        """Write first values into this layer's own tensors."""

    def forward(self, p: Views, X: Any, run: Run) -> tuple[Array, Any]:
        """Return the outputs and the cache."""

    def backward(
        self, p: Views, g: Views, cache: Any, dY: Array, needs_dX: bool = True
    ) -> Array | None:
        """Write the parameters' gradients into g and return dX, or None where it is not needed."""


class Base:
    """Base of a layer whose tensors, if it has any, start at 1 or 0.

    ones : names of the tensors that start at 1; all others start at 0
    """

    repeatable: ClassVar[bool] = True
    ones: ClassVar[tuple[str, ...]] = ()

    def specs(self, n_in: int) -> dict[str, Spec]:
        """Return no tensors."""
        return {}

    def initialize(self, p: Views, rng: np.random.Generator) -> None:
        """Set each tensor of this layer to 1 or 0."""
        for name, tensor in p.arrays().items():
            tensor[...] = float(name in self.ones)


class Leaf(Base):
    """Base of a layer without layers inside."""

    layers: ClassVar[tuple[Layer, ...]] = ()


class KeepsWidth(Leaf):
    """Base of a layer whose output has the shape of its input."""

    def output_width(self, n_in: int) -> int:
        """Return n_in."""
        return n_in


#: The methods of `Layer` with their arguments, and its attributes.
METHODS = {
    "output_width": "n_in",
    "specs": "n_in",
    "initialize": "p, rng",
    "forward": "p, X, run",
    "backward": "p, g, cache, dY, needs_dX",
}
ATTRIBUTES = ("layers", "repeatable")
