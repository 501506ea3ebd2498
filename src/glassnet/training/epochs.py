"""Training is a generator: it trains for an epoch, yields what came of it, and waits to be asked for the next."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Generator, Iterator
from typing import Any

import numpy as np

from glassnet.engines import Engine, Steps, make_engine, step_rates
from glassnet.errors import DivergenceError, SettingError
from glassnet.losses import Loss, loss_function
from glassnet.network import Network
from glassnet.optimizers import LBFGS, Optimizer, optimizer_settings
from glassnet.penalties import Penalty
from glassnet.schedules import (
    ReduceOnPlateau,
    Schedule,
    multipliers,
    schedule_function,
    stepwise_function,
)
from glassnet.training.checks import Rows, check_counts, check_seed, check_weight, make_rows
from glassnet.training.history import Epoch
from glassnet.training.lbfgs import lbfgs_epochs
from glassnet.training.passes import Passes
from glassnet.training.state import TrainingState
from glassnet.training.stopping import EarlyStopping
from glassnet.training.time_limit import Course, TimeLimit
from glassnet.training.validation import Validation, make_validation

Array = np.ndarray[Any, np.dtype[Any]]
#: An infinite learning rate ends training with a message, but infinite decay would only make the
#: weights 0.
LARGEST = float(np.finfo(np.float64).max)


def train(
    network: Network,
    X: Any,
    y: Any,
    *,
    loss: str | Loss,
    optimizer: str | Optimizer | LBFGS,
    batch_size: int,
    epochs: int,
    schedule: str | Schedule | ReduceOnPlateau | None = None,
    dropout_schedule: str | Schedule | None = None,
    decay_schedule: str | Schedule | None = None,
    sample_weight: Any = None,
    validation: Any = None,
    penalty: Penalty | None = None,
    clip_norm: float | None = None,
    stop: EarlyStopping | None = None,
    every: int = 1,
    engine: str = "auto",
    n_threads: int | None = None,
    seed: int = 0,
) -> Iterator[Epoch]:
    """Train a network in place, yielding an `Epoch` record after each epoch (or after every `every` epochs).

    Parameters
    ----------
    network : its parameters are changed
    X : (n, n_features) array or CSR matrix
    y : the target in the form that the loss takes
    loss, optimizer, schedule : names or objects
    dropout_schedule, decay_schedule : names or objects: how every dropout rate, and weight decay
        and the penalty, change over the run
    batch_size : rows to a step; the short last batch of an epoch is used too
    epochs : passes over all rows, each in a new order; a batch of all rows takes them as they stand
    sample_weight : (n,) weights; a row of weight 2 counts as two
    validation : None, a fraction of the rows to hold out, (X, y), (X, y, weight) or a `Validation`
    penalty : L1 and L2 terms of the objective
    clip_norm : longest gradient that an update takes
    stop : ends training early; the best weights are restored when training ends, by Ctrl-C and
        divergence too
    every : epochs to a record; a network of a few parameters is then not slowed by its own
        bookkeeping
    engine : "auto", or the name of one of `glassnet.engines.ENGINES`
    n_threads : threads of BLAS, 1 by default
    seed : of the order of the rows, of dropout and of the held-out fraction; the same seed gives
        the same bits

    Yields
    ------
    Epoch
        Frozen; a caller who stops asking keeps the weights of that moment.

    Raises
    ------
    DivergenceError
        A loss or gradient left the finite numbers. The last finite weights have been restored, with
        `stop` the best.
    KeyboardInterrupt
        Ctrl-C, at the end of a step; with `stop` the best weights have been restored.

    Examples
    --------
    >>> from glassnet import Adam, Dense, Network, train
    >>> from glassnet.data.toys import xor
    >>> X, y = xor()
    >>> network = Network([Dense(8, "tanh"), Dense(2)], n_features=2)
    >>> for epoch in train(network, X, y, loss="softmax", optimizer=Adam(0.05), batch_size=4, epochs=200):
    ...     pass
    >>> epoch.training_loss < 0.01
    True
    """
    loss, optimizer = loss_function(loss), optimizer_settings(optimizer)
    if not isinstance(network, Network):
        raise SettingError(f"network is a glassnet.Network, but {network!r} came.")
    check_counts(batch_size=batch_size, epochs=epochs, every=every)
    seed = check_seed(seed)
    if stop is not None and not isinstance(stop, EarlyStopping):
        raise SettingError(f"stop is an EarlyStopping(...) or None, but {stop!r} came.")
    if penalty is not None and not isinstance(penalty, Penalty):
        raise SettingError(f"penalty is a Penalty(l1=..., l2=...) or None, but {penalty!r} came.")
    rows = make_rows(network, loss, X, y, sample_weight)
    rows = Rows(rows.X, rows.y, check_weight(rows.weight, rows.n))
    kept, held_out = make_validation(
        validation, network, loss, rows.X, rows.y, rows.weight, stop, seed
    )
    rows = Rows(*kept)
    state = TrainingState()
    if isinstance(optimizer, LBFGS):
        bound = make_engine(engine, network, loss, penalty=penalty, seed=seed, n_threads=n_threads)
        if any(
            setting is not None
            for setting in (schedule, dropout_schedule, decay_schedule, clip_norm)
        ):
            raise SettingError(
                "optimizer 'lbfgs' chooses its own steps: leave schedules and clip_norm out, or "
                "use 'adam'."
            )
        records = lbfgs_epochs(
            bound, optimizer, rows.X, rows.y, rows.weight, epochs, every, held_out, state
        )
    else:
        bound = make_engine(
            engine,
            network,
            loss,
            optimizer,
            penalty=penalty,
            max_norm=clip_norm,
            seed=seed,
            n_threads=n_threads,
        )
        records = sgd_epochs(
            bound,
            optimizer.lr,
            rows,
            state,
            Passes.seeded(rows.n, batch_size, seed),
            epochs=epochs,
            schedule=schedule_function(schedule),
            dropout_schedule=stepwise_function(dropout_schedule, "dropout"),
            decay_schedule=stepwise_function(decay_schedule, "weight decay"),
            every=every,
            held_out=held_out,
        )
    return guarded(records, bound.network, state, stop)


def sgd_epochs(
    engine: Engine,
    base_lr: float,
    rows: Rows,
    state: TrainingState,
    passes: Passes,
    *,
    epochs: int,
    schedule: str | Schedule | ReduceOnPlateau | None = None,
    dropout_schedule: str | Schedule | None = None,
    decay_schedule: str | Schedule | None = None,
    every: int = 1,
    held_out: Validation | None = None,
    limit: TimeLimit | None = None,
) -> Generator[Epoch, None, None]:
    """Yield records of mini-batch training from the state's epoch on; the engine and the state remember where it stood.

    Where the limit has time for fewer epochs than are to come, there will be fewer, and the
    schedules still run to their end.
    """
    schedule = schedule_function(schedule)
    dropout, decay = (
        stepwise_function(dropout_schedule, "dropout"),
        stepwise_function(decay_schedule, "weight decay"),
    )
    plateau = schedule if isinstance(schedule, ReduceOnPlateau) else None
    state.engine = engine.name
    course = Course(state.step, epochs, passes.steps_per_epoch)

    def rates_of(steps: Array) -> Array:
        at, n_steps, lr = (
            course.planned(steps),
            course.n_steps,
            base_lr if state.rate is None else state.rate,
        )
        if isinstance(schedule, ReduceOnPlateau):
            rates = np.full(len(steps), lr * state.plateau_factor)
        else:
            rates = lr * multipliers(schedule, at, n_steps)
        return step_rates(
            rates,
            multipliers(dropout, at, n_steps, most=1.0),
            multipliers(decay, at, n_steps, most=LARGEST),
        )

    while course.epochs_left:
        if limit and course.fit_into(limit.epochs_left, state.step):
            limit.cut = True
        covered = min(every, course.epochs_left)
        course.epochs_left -= covered
        steps_done, lr, seconds = _train_for(covered, engine, rows, state, passes, rates_of)
        training_loss = passes.loss_of_last(steps_done)
        validation_loss, score = held_out.measure(engine) if held_out else (None, None)
        if plateau:
            state.follow_plateau(
                plateau, training_loss if validation_loss is None else validation_loss, covered
            )
        yield Epoch(
            index=state.epoch - 1,
            training_loss=training_loss,
            validation_loss=validation_loss,
            validation_score=score,
            lr=lr,
            gradient_norm=steps_done.gradient_norm,
            seconds=seconds,
            rows_per_second=rows.n * covered / max(seconds, 1e-9),
            engine=engine.name,
        )


def _train_for(
    epochs: int,
    engine: Engine,
    rows: Rows,
    state: TrainingState,
    passes: Passes,
    rates_of: Callable[[Array], Array],
) -> tuple[Steps, float, float]:
    """Train for so many epochs, in as few calls of the engine as memory allows; return the last one's steps and rate, and seconds."""
    steps_per_epoch = passes.steps_per_epoch
    end, seconds = state.epoch + epochs, 0.0
    while True:
        n_epochs = min(end - state.epoch, passes.epochs_at_once)
        order, offsets = passes.plan(state.epoch, n_epochs)
        rates = rates_of(np.arange(state.step, state.step + len(offsets) - 1))
        state.remember_finite(engine.network)
        started = time.perf_counter()
        steps = engine.run(rows.X, rows.y, rows.weight, order, offsets, state.step, rates)
        seconds += time.perf_counter() - started
        state.step += steps.done
        if steps.status == "interrupted":
            state.epoch += steps.done // steps_per_epoch
            raise KeyboardInterrupt
        if steps.status == "diverged" or not state.is_finite(engine.network):
            at = min(steps.done, len(rates) - 1)  # the last update of all may be what left them
            raise _divergence(
                state.epoch + at // steps_per_epoch, at % steps_per_epoch, float(rates[at, 0])
            )
        state.epoch += n_epochs
        if state.epoch >= end:
            return steps, float(rates[-1, 0]), seconds


def guarded(
    records: Generator[Epoch, None, None],
    network: Network,
    state: TrainingState,
    stop: EarlyStopping | None,
) -> Generator[Epoch, None, None]:
    """Pass records on, end by `stop`, and leave the best weights behind: whatever happens but a caller who turns away.

    The records are closed first, for L-BFGS then puts back the last point that it accepted.
    """
    if stop and stop.lenient and stop.restore:
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


def _divergence(epoch: int, batch: int, lr: float) -> DivergenceError:
    return DivergenceError(
        f"training diverged in epoch {epoch}, batch {batch}: the loss or a gradient is no longer "
        f"finite. The learning rate {lr:g} is likely too high, or X or y is not scaled: try a rate "
        f"of {lr / 10:g}, clip_norm=1.0, or standardized columns. The last good weights have been "
        "restored."
    )
