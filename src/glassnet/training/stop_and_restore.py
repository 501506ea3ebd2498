"""Early stopping around any training: end it in time, and leave the best weights behind."""

import math
from collections.abc import Generator

from glassnet.errors import DivergenceError
from glassnet.network import Network
from glassnet.training.history import Epoch
from glassnet.training.state import TrainingState
from glassnet.training.stopping import EarlyStopping


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
    if stop and stop.sklearn_patience and stop.restore:
        state.remember_first(network)
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
        state.restore_finite(network)
        if stop and stop.restore:
            state.restore_best(network)
        if not isinstance(error, DivergenceError) or stop is None or stop.on_divergence == "raise":
            raise
        yield _lost_epoch(state)
    else:
        records.close()
        if stop and stop.restore:
            state.restore_best(network)
    finally:
        records.close()


def _lost_epoch(state: TrainingState) -> Epoch:
    return Epoch(
        state.epoch, math.nan, math.nan, math.nan, math.nan, math.nan, 0.0, 0.0, state.engine
    )
