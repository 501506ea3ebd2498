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
    """Where training stands: counters, the best weights, and the state of stopping and plateaus."""

    epoch: int = 0
    step: int = 0
    best_value: float = math.inf
    best_epoch: int | None = None
    waited: int = 0
    watched: int = -1  # the last epoch that was
    stopped_early: bool = False
    plateau_factor: float = 1.0
    plateau_best: float = math.inf
    plateau_waited: int = 0
    rate: float | None = None  # after early stopping divided it
    engine: str = ""  # the name of the one that trains
    minimizer_result: Any = field(default=None, repr=False)  # SciPy's own, of L-BFGS
    best: tuple[Array, Array] | None = field(default=None, repr=False)
    finite: tuple[Array, Array] | None = field(default=None, repr=False)

    def watch(self, epoch: Epoch, stop: EarlyStopping, network: Network) -> bool:
        """Keep the weights if this epoch is the best so far; return whether patience restarts."""
        value = stop.value(epoch)
        improved = stop.improves(value, self.best_value) or self.best_epoch is None
        if value < self.best_value if stop.sklearn_patience else improved:
            # Where all values are none, the first weights are as good as any and may be beaten by a
            # number.
            self.best_value, self.best_epoch = math.inf if math.isnan(value) else value, epoch.index
            if stop.restore:
                self.best = _copy(network, self.best)
        # A record may cover several epochs, and counts them all.
        self.waited = 0 if improved else self.waited + epoch.index - self.watched
        self.watched = epoch.index
        return improved

    def exhausts(self, epoch: Epoch, stop: EarlyStopping) -> bool:
        """Return whether training ends here for want of improvement.

        Where the rate may still be divided, it is, and patience restarts.
        """
        if not stop.exhausted(self.waited):
            return False
        if stop.rate_divisor is None or not stop.divides(epoch):
            return True
        self.rate, self.waited = epoch.lr / stop.rate_divisor, 0
        return False

    def follow_plateau(self, plateau: ReduceOnPlateau, loss: float, epochs: int) -> None:
        """Lower the rate when the loss has not improved for long enough."""
        if loss < self.plateau_best:
            self.plateau_best, self.plateau_waited = loss, 0
            return
        self.plateau_waited += epochs
        if self.plateau_waited >= plateau.patience:
            self.plateau_factor = max(self.plateau_factor * plateau.factor, plateau.final)
            self.plateau_waited = 0

    def remember_finite(self, network: Network) -> None:
        """Keep the weights of this moment, which are known to be finite."""
        self.finite = _copy(network, self.finite)

    def is_finite(self, network: Network) -> bool:
        """Say whether all parameters and statistics are finite."""
        parameters = network.parameters
        return bool(
            np.isfinite(parameters.theta).all() and np.isfinite(parameters.statistics).all()
        )

    def restore_best(self, network: Network) -> None:
        """Write back the best weights, where early stopping kept them."""
        if self.best:
            _write(network, self.best)


def stop_and_restore(
    records: Generator[Epoch, None, None],
    network: Network,
    state: TrainingState,
    stop: EarlyStopping | None,
) -> Generator[Epoch, None, None]:
    """Pass records on until `stop` ends training; then write the best weights back.

    They are written back after an error too. A caller who stops asking for records keeps the
    weights of that moment. The records are closed first, because L-BFGS then restores the last
    point that it accepted.
    """
    if stop and stop.sklearn_patience and stop.restore and state.best is None:
        state.best = _copy(network, None)  # the first weights, until better ones come
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


def _copy(network: Network, room: tuple[Array, Array] | None) -> tuple[Array, Array]:
    parameters = network.parameters
    if room is None or not room[0].flags.writeable:  # read from a file that is mapped into memory
        return parameters.theta.copy(), parameters.statistics.copy()
    np.copyto(room[0], parameters.theta)
    np.copyto(room[1], parameters.statistics)
    return room


def _write(network: Network, kept: tuple[Array, Array]) -> None:
    np.copyto(network.parameters.theta, kept[0])
    np.copyto(network.parameters.statistics, kept[1])
