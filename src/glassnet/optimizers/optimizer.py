"""Interface of optimizers: a state, and one in-place step of the parameter vector.

    state = optimizer.start(theta)
    optimizer.step(state, theta, gradient, segments, lr)        t = 1, 2, ...; g is the gradient

theta is the parameter vector of a network. The state vectors have the same layout. For every
segment, lr is multiplied by its lr_factor, and weight decay also by its decay_factor. A step
processes the vector in blocks that fit into the CPU cache, with scratch arrays in the state:
expressions on the whole vector would spend their time on temporary arrays.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from glassnet.parameters import Segment

Array = np.ndarray[Any, np.dtype[Any]]

#: Number of elements of a block: five float64 vectors of it fit into a cache of 1 MiB.
BLOCK = 16_384


@dataclass
class OptimizerState:
    """State of an optimizer: vectors with the layout of theta, by name, and the number of steps."""

    vectors: dict[str, Array]
    t: int = 0
    scratch: tuple[Array, ...] = field(default=(), repr=False)

    def __setstate__(self, state: dict[str, Any]) -> None:
        # Copied, because arrays from a read-only memory map (joblib) could not be written to.
        self.vectors = {name: np.array(vector) for name, vector in state["vectors"].items()}
        self.t = state["t"]
        self.scratch = tuple(np.array(array) for array in state["scratch"])


class Optimizer(Protocol):
    """Settings of an optimizer; `lr` is the base learning rate, which schedules multiply."""

    @property
    def lr(self) -> float:
        """The base learning rate."""

    def start(self, theta: Array) -> OptimizerState:
        """Return the state before the first step."""

    def step(
        self,
        state: OptimizerState,
        theta: Array,
        gradient: Array,
        segments: Sequence[Segment],
        lr: float,
    ) -> None:
        """Update theta by one step, in place; the gradient is not changed."""


#: The methods of `Optimizer` with their arguments.
METHODS = {"start": "theta", "step": "state, theta, gradient, segments, lr"}


class BlockOptimizer:
    """Base class of optimizers with elementwise steps, which are computed block by block."""

    @property
    def vectors(self) -> tuple[str, ...]:
        """The names of the state vectors."""
        raise NotImplementedError

    def start(self, theta: Array) -> OptimizerState:
        """Return the state before the first step."""
        scratch = np.empty(min(theta.size, BLOCK), theta.dtype)
        return OptimizerState({name: np.zeros_like(theta) for name in self.vectors}, 0, (scratch,))

    def step(
        self,
        state: OptimizerState,
        theta: Array,
        gradient: Array,
        segments: Sequence[Segment],
        lr: float,
    ) -> None:
        """Update theta by one step, in place."""
        state.t += 1
        for segment in segments:
            for start in range(segment.start, segment.stop, BLOCK):
                block = slice(start, min(start + BLOCK, segment.stop))
                vectors = [vector[block] for vector in state.vectors.values()]
                move = state.scratch[0][: block.stop - start]
                rate, decay_factor = lr * segment.lr_factor, segment.decay_factor
                self.move(theta[block], gradient[block], vectors, move, rate, decay_factor, state.t)

    def move(
        self,
        theta: Array,
        g: Array,
        vectors: list[Array],
        move: Array,
        rate: float,
        decay_factor: float,
        t: int,
    ) -> None:
        """Update a block in step t, with its learning rate and decay_factor; `move` is scratch."""
        raise NotImplementedError


def clip_norm(gradient: Array, norm: float, max_norm: float) -> None:
    """Scale a gradient down to `max_norm`, in place. Pascanu et al. 2013, algorithm 1."""
    if norm > max_norm:
        gradient *= max_norm / norm
