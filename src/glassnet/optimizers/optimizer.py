"""What training asks of an optimizer: a state, and one in-place step over the flat vector.

    state = optimizer.start(theta)
    optimizer.step(state, theta, gradient, segments, lr)        t = 1, 2, ...; g is the gradient

The state vectors are laid out like theta and belong to the run. Every segment multiplies lr by its
lr_factor, and weight decay also by its decay_factor. A step walks the vector in blocks that stay in
the cache, with scratch arrays of the state: plain expressions on a long vector would spend their
time on temporaries.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
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
        ...

    def start(self, theta: Array) -> OptimizerState:
        """Return the state before the first step."""
        ...

    def step(
        self,
        state: OptimizerState,
        theta: Array,
        gradient: Array,
        segments: Sequence[Segment],
        lr: float,
    ) -> None:
        """Move theta by one step, in place; the gradient is not changed."""
        ...


#: The methods of `Optimizer` with their arguments.
METHODS = {"start": "theta", "step": "state, theta, gradient, segments, lr"}


@lru_cache(maxsize=256)
def blocks(
    segments: tuple[Segment, ...], by_decay: bool = False
) -> tuple[tuple[slice, float, float], ...]:
    """Return blocks of theta, (slice, lr_factor, decay_factor); `by_decay` separates decays."""
    merged: list[list[float]] = []
    for s in segments:
        key = [s.lr_factor, s.decay_factor if by_decay else 0.0]
        if merged and merged[-1][2:] == key:
            merged[-1][1] = s.stop
        else:
            merged.append([s.start, s.stop, *key])
    return tuple(
        (slice(at, min(at + BLOCK, int(stop))), lr_factor, decay_factor)
        for start, stop, lr_factor, decay_factor in merged
        for at in range(int(start), int(stop), BLOCK)
    )


def new_state(theta: Array, *names: str) -> OptimizerState:
    """Return a state with zero vectors of these names and scratch for one block."""
    scratch = np.empty(min(theta.size, BLOCK), theta.dtype)
    return OptimizerState({name: np.zeros_like(theta) for name in names}, 0, (scratch,))


def clip_norm(gradient: Array, norm: float, max_norm: float) -> None:
    """Scale a gradient down to `max_norm`, in place. Pascanu et al. 2013, algorithm 1."""
    if norm > max_norm:
        gradient *= max_norm / norm
