"""Interface of layers: settings, a forward pass, and a backward pass by the chain rule.

    Y, cache = layer.forward(p, X, run)          X (n, n_in), Y (n, n_out)
    dX       = layer.backward(p, g, cache, dY)

dQ always is the gradient of the loss with respect to Q, with the shape of Q. p contains views of
the parameters of the layer (named arrays that share memory with the parameter vector), and g views
of their gradients. The cache is what backward needs from forward. It is a return value, not a state
of the layer, so that a pass can be repeated, inspected and compiled.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np

from glassnet.parameters import Spec, Views

Array = np.ndarray[Any, np.dtype[Any]]

#: Maximum number of bins, frequencies or outputs of an embedded column, so that the size of a
#: tensor fits into 64 bits.
MAX_PER_COLUMN = 2**15


@dataclass(frozen=True)
class Run:
    """The settings of a forward pass.

    training : in training, dropout draws masks, and batch normalization uses the statistics of the
        batch and updates its running statistics
    seed, step : together with the number of the layer, the key of its random numbers
    dropout : factor that multiplies every dropout rate, in [0, 1]
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
        """Whether training passes can be repeated: no random masks, no running statistics."""

    def output_width(self, n_in: int) -> int:
        """Return the number of outputs for n_in inputs; SettingError if n_in is not possible."""

    def specs(self, n_in: int) -> dict[str, Spec]:
        """Return the tensors of this layer, without those of inner layers, by name."""

    def initialize(self, p: Views, rng: np.random.Generator) -> None:
        """Write initial values into the tensors of this layer, without those of inner layers."""

    def forward(self, p: Views, X: Any, run: Run) -> tuple[Array, Any]:
        """Return the outputs and the cache."""

    def backward(
        self, p: Views, g: Views, cache: Any, dY: Array, needs_dX: bool = True
    ) -> Array | None:
        """Write the gradients of the parameters into g; return dX, or None unless needs_dX."""


class Base:
    """Base class of layers whose tensors, if any, are initialized to 1 or 0.

    ones : names of the tensors that are initialized to 1; all others to 0
    """

    repeatable: ClassVar[bool] = True
    ones: ClassVar[tuple[str, ...]] = ()

    def specs(self, n_in: int) -> dict[str, Spec]:
        """Return an empty dict: no tensors."""
        return {}

    def initialize(self, p: Views, rng: np.random.Generator) -> None:
        """Set each tensor of this layer to 1 or 0."""
        for name, tensor in p.arrays().items():
            tensor[...] = float(name in self.ones)


class Leaf(Base):
    """Base class of layers that contain no layers."""

    layers: ClassVar[tuple[Layer, ...]] = ()


class KeepsWidth(Leaf):
    """Base class of layers whose output has the shape of their input."""

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
