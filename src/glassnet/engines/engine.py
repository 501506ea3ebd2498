"""Base class of engines, which execute a network with its loss and optimizer.

Training uses engines only through these methods, so that it does not matter whether an engine is
written in NumPy or in C++.
"""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from glassnet.checks import is_integer
from glassnet.errors import SettingError, is_number
from glassnet.losses import Loss
from glassnet.network import Network
from glassnet.optimizers import Optimizer, OptimizerState, started
from glassnet.penalties import Penalty

Array = np.ndarray[Any, np.dtype[Any]]
Status = Literal["done", "diverged", "interrupted"]


@dataclass(frozen=True)
class Steps:
    """Result of a run of training steps.

    done : number of completed steps; the parameters are those after the last of them
    losses, weights : (done,) float64, objective and total weight of each step's batch
    gradient_norm : of the last step, before clipping; NaN if no step was completed
    status : "done", or why the run ended early: "diverged" (a loss or gradient is not finite; that
        step changed nothing) or "interrupted" (by Ctrl-C, after a step, possibly the last one)
    """

    done: int
    losses: Array
    weights: Array
    gradient_norm: float
    status: Status


class Engine(ABC):
    """Executes a network with its loss, optimizer, penalty and clipping.

    X, y and weight are checked arrays: see `Network.check_input` and `Loss.prepare`.

    Parameters
    ----------
    network, loss : the network to execute, and the loss to minimize
    optimizer : None if only `loss_and_gradient` and `predict` are needed
    penalty : added to the objective and to its gradient
    max_norm : maximum norm of the gradient of an update; a longer gradient is scaled down to it
    seed : of dropout
    n_threads : None is the default of the engine

    Attributes
    ----------
    name : of the engine, as a model records it
    state : the state of the optimizer, or None
    """

    name: str
    #: Attributes that `_bind` derives from the others; pickles leave them out.
    not_pickled: tuple[str, ...]

    def __init__(
        self,
        network: Network,
        loss: Loss,
        optimizer: Optimizer | None = None,
        *,
        penalty: Penalty | None = None,
        max_norm: float | None = None,
        seed: int = 0,
        n_threads: int | None = None,
    ) -> None:
        if max_norm is not None and not (is_number(max_norm) and 0.0 < max_norm < math.inf):
            raise SettingError(f"clip_norm must be a positive number or None, got {max_norm!r}.")
        if n_threads is not None and not is_integer(n_threads):
            raise SettingError(
                f"n_threads must be a whole number of at least 1, or None, got {n_threads!r}."
            )
        self.network, self.loss, self.optimizer = network, loss, optimizer
        self.penalty, self.max_norm, self.seed, self.n_threads = penalty, max_norm, seed, n_threads
        self.state = started(optimizer, network.parameters.theta) if optimizer else None
        self._bind()

    @abstractmethod
    def _bind(self) -> None:
        """Set the attributes that are derived from the others."""

    def __getstate__(self) -> dict[str, Any]:
        return {name: it for name, it in self.__dict__.items() if name not in self.not_pickled}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._bind()

    @abstractmethod
    def use_threads(self, n_threads: int) -> None:
        """Allow `n_threads` threads from the next call on, if no result depends on it."""

    @abstractmethod
    def predict(self, X: Any) -> Array:
        """Return raw scores `(n, n_outputs)`."""

    @abstractmethod
    def loss_and_gradient(
        self, X: Any, y: Array, weight: Array | None = None, step: int = 0
    ) -> float:
        """Return the objective, mean loss plus penalty.

        Its gradient is stored in `network.parameters.gradient`.
        """

    @abstractmethod
    def update(self, lr: float) -> None:
        """Clip the gradient and take one optimizer step."""

    @abstractmethod
    def run(
        self,
        X: Any,
        y: Array,
        weight: Array | None,
        order: Array,
        offsets: Array,
        first_step: int,
        rates: Array,
    ) -> Steps:
        """Take one step for each batch `order[offsets[i]:offsets[i + 1]]`, with its `rates[i]`.

        order : (n_rows_of_all_batches,) int64, row numbers of X
        offsets : (n_steps + 1,) int64, where each batch begins in `order`
        first_step : number of the first step since training began, a key of the random numbers
        rates : (n_steps, 3) float64, see `step_rates`: the learning rate, a factor in [0, 1] that
            multiplies every dropout rate, and a factor that multiplies the decay_factor of every
            segment, and so weight decay and the penalty
        """

    def _optimizer_and_state(self) -> tuple[Optimizer, OptimizerState]:
        """Return the optimizer and its state; SettingError if the engine has no optimizer."""
        if self.optimizer is None or self.state is None:
            raise SettingError(
                "this engine was made without an optimizer: give one to update parameters."
            )
        return self.optimizer, self.state


def step_rates(lr: Any, dropout_factor: Any = 1.0, decay_factor: Any = 1.0) -> Array:
    """Return the `rates` of a run, (n_steps, 3): learning rate and two factors for each step."""
    return np.stack(
        np.broadcast_arrays(np.asarray(lr, np.float64), dropout_factor, decay_factor), axis=1
    )
