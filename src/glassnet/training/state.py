"""The state of training between epochs; early stopping that restores the best weights."""

import math
from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from glassnet.errors import DivergenceError
from glassnet.network import Array, Network
from glassnet.schedules import ReduceOnPlateau
from glassnet.training.stopping import EarlyStopping, Epoch


@dataclass
class TrainingState:
    """Counters, the best weights, and the state of early stopping and of ReduceOnPlateau."""

    epoch: int = 0
    step: int = 0
    best_value: float = math.inf
    best_epoch: int | None = None
    waited: int = 0
    watched: int = -1  # index of the last epoch that was watched
    stopped_early: bool = False
    plateau_factor: float = 1.0
    plateau_best: float = math.inf
    plateau_waited: int = 0
    rate: float | None = None  # the learning rate after early stopping divided it
    engine: str = ""  # name of the engine
    minimizer_result: Any = field(default=None, repr=False)  # the result of SciPy's L-BFGS
    best: tuple[Array, Array] | None = field(default=None, repr=False)
    finite: tuple[Array, Array] | None = field(default=None, repr=False)

    def watch(self, epoch: Epoch, stop: EarlyStopping, network: Network) -> bool:
        """Keep the weights if this epoch is the best; return whether the watched value improved."""
        value = stop.value(epoch)
        improved = stop.improves(value, self.best_value) or self.best_epoch is None
        if value < self.best_value if stop.sklearn_patience else improved:
            # NaN counts as infinity: the first weights are kept until there is a finite value.
            self.best_value, self.best_epoch = math.inf if math.isnan(value) else value, epoch.index
            if stop.restore:
                self.best = _copy(network, self.best)
        # A record may cover several epochs, which all count.
        self.waited = 0 if improved else self.waited + epoch.index - self.watched
        self.watched = epoch.index
        return improved

    def exhausts(self, epoch: Epoch, stop: EarlyStopping) -> bool:
        """Return whether training ends because patience is exhausted.

        If the learning rate may still be divided, it is divided instead, and patience restarts.
        """
        if not stop.exhausted(self.waited):
            return False
        if stop.rate_divisor is None or not stop.divides(epoch):
            return True
        self.rate, self.waited = epoch.lr / stop.rate_divisor, 0
        return False

    def follow_plateau(self, plateau: ReduceOnPlateau, loss: float, epochs: int) -> None:
        """Lower the learning rate if the loss has not improved for `plateau.patience` epochs."""
        if loss < self.plateau_best:
            self.plateau_best, self.plateau_waited = loss, 0
            return
        self.plateau_waited += epochs
        if self.plateau_waited >= plateau.patience:
            self.plateau_factor = max(self.plateau_factor * plateau.factor, plateau.final)
            self.plateau_waited = 0

    def remember_finite(self, network: Network) -> None:
        """Keep a copy of the current weights, which are known to be finite."""
        self.finite = _copy(network, self.finite)

    def is_finite(self, network: Network) -> bool:
        """Return whether all parameters and statistics are finite."""
        parameters = network.parameters
        return bool(
            np.isfinite(parameters.theta).all() and np.isfinite(parameters.statistics).all()
        )

    def restore_best(self, network: Network) -> None:
        """Restore the best weights, if early stopping kept them."""
        if self.best:
            _write(network, self.best)


def stop_and_restore(
    records: Generator[Epoch, None, None],
    network: Network,
    state: TrainingState,
    stop: EarlyStopping | None,
) -> Generator[Epoch, None, None]:
    """Yield records until `stop` ends training; then restore the best weights.

    The best weights are restored after an error too. If the caller stops iterating, the network
    keeps its current weights. The records are closed first, because L-BFGS then restores the last
    accepted point.
    """
    if stop and stop.sklearn_patience and stop.restore and state.best is None:
        state.best = _copy(network, None)  # the initial weights, until there are better ones
    try:
        for epoch in records:
            improved = state.watch(epoch, stop, network) if stop else False
            yield epoch
            if stop and not improved and state.exhausts(epoch, stop):
                state.stopped_early = True
                break
    except GeneratorExit:
        raise
    except BaseException as error:
        records.close()
        if state.finite and not state.is_finite(network):
            _write(network, state.finite)
        if stop and stop.restore:
            state.restore_best(network)
        if not isinstance(error, DivergenceError) or stop is None or stop.on_divergence == "raise":
            raise
        nan = math.nan
        yield Epoch(state.epoch, nan, nan, nan, nan, nan, 0.0, 0.0, state.engine)
    else:
        records.close()
        if stop and stop.restore:
            state.restore_best(network)
    finally:
        records.close()


def _copy(network: Network, buffers: tuple[Array, Array] | None) -> tuple[Array, Array]:
    parameters = network.parameters
    if buffers is None or not buffers[0].flags.writeable:  # read from a memory-mapped file
        return parameters.theta.copy(), parameters.statistics.copy()
    np.copyto(buffers[0], parameters.theta)
    np.copyto(buffers[1], parameters.statistics)
    return buffers


def _write(network: Network, kept: tuple[Array, Array]) -> None:
    np.copyto(network.parameters.theta, kept[0])
    np.copyto(network.parameters.statistics, kept[1])
