"""Interface of optimizers: a state, and one in-place step of the parameter vector.

    state = optimizer.start(theta)
    optimizer.step(state, theta, gradient, segments, lr)        t = 1, 2, ...; g is the gradient

The state vectors are laid out like theta and belong to the run. Every segment multiplies lr by its
lr_factor, and weight decay also by its decay_factor. A step walks the vector in blocks that stay in
the cache, with scratch arrays of the state: plain expressions on a long vector would spend their
time on temporaries.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from glassnet.parameters import Segment

Array = np.ndarray[Any, np.dtype[Any]]

#: Elements to a block: five float64 vectors of it fit a 1 MiB cache.
BLOCK = 16_384


@dataclass
class OptimizerState:
    """What an optimizer remembers: vectors like theta by name, and the number of steps taken."""

    vectors: dict[str, Array]
    t: int = 0
    scratch: tuple[Array, ...] = field(default=(), repr=False)

    def __setstate__(self, state: dict[str, Any]) -> None:
        # As for Parameters: arrays from a read-only memory map (joblib) must be written to by the
        # next step.
        self.vectors = {name: np.array(vector) for name, vector in state["vectors"].items()}
        self.t = state["t"]
        self.scratch = tuple(np.array(array) for array in state["scratch"])


class Optimizer(Protocol):
    """Settings of an optimizer; `lr` is its base rate, which schedules multiply."""

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
        """Move theta by one step, in place; the gradient is not changed."""


#: The methods of `Optimizer` with their arguments.
METHODS = {"start": "theta", "step": "state, theta, gradient, segments, lr"}


class BlockOptimizer:
    """Base of optimizers whose step treats every element alike: it moves one block at a time."""

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
        """Move theta by one step, in place."""
        state.t += 1
        for segment in segments:
            for start in range(segment.start, segment.stop, BLOCK):
                block = slice(start, min(start + BLOCK, segment.stop))
                vectors = [vector[block] for vector in state.vectors.values()]
                move = state.scratch[0][: block.stop - start]
                rate, decay = lr * segment.lr_factor, segment.decay_factor
                self.move(theta[block], gradient[block], vectors, move, rate, decay, state.t)

    def move(
        self,
        theta: Array,
        g: Array,
        vectors: list[Array],
        move: Array,
        rate: float,
        decay: float,
        t: int,
    ) -> None:
        """Make step t of a block in place, with its learning rate and decay; `move` is scratch."""
        raise NotImplementedError


def clip_norm(gradient: Array, norm: float, max_norm: float) -> None:
    """Scale a gradient down to `max_norm`, in place. Pascanu et al. 2013, algorithm 1."""
    if norm > max_norm:
        gradient *= max_norm / norm
