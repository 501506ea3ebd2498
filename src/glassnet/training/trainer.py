"""`Trainer`: trains a network epoch by epoch, in mini-batches or with L-BFGS."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, field

import numpy as np

from glassnet.data.rows import Array, Rows
from glassnet.engines import Engine, Steps, make_engine, step_rates
from glassnet.errors import DivergenceError, SettingError
from glassnet.losses import Loss
from glassnet.network import Network
from glassnet.optimizers import LBFGS, Optimizer
from glassnet.penalties import Penalty
from glassnet.schedules import ReduceOnPlateau, RunSchedules, multipliers
from glassnet.training.batch_plan import BatchPlan
from glassnet.training.lbfgs import lbfgs_epochs
from glassnet.training.state import TrainingState
from glassnet.training.stopping import Epoch
from glassnet.training.time_limit import ScheduleClock, TimeLimit
from glassnet.training.validation import Validation

#: Maximum factor of weight decay. Infinite decay would silently make the weights 0, whereas an
#: infinite learning rate ends training with an error.
MAX_DECAY = float(np.finfo(np.float64).max)


def minibatch_epochs(
    engine: Engine,
    lr: float,
    rows: Rows,
    state: TrainingState,
    batches: BatchPlan,
    *,
    epochs: int,
    schedules: RunSchedules | None = None,
    every: int = 1,
    held_out: Validation | None = None,
    limit: TimeLimit | None = None,
) -> Generator[Epoch, None, None]:
    """Yield records of mini-batch training from the state's epoch on.

    The engine and the state keep what is needed to continue. If the limit leaves time for fewer
    epochs, the schedules still run to their end.

    Parameters
    ----------
    engine : executes the steps
    lr : learning rate that the schedule multiplies
    rows, batches : the training rows, and their batches
    state : the state of training, which is changed
    epochs : number of epochs
    schedules : how rates change over the run; constant by default
    every : epochs per record
    held_out : validation rows, measured after each record
    limit : the time limit
    """
    schedules = schedules or RunSchedules()
    state.engine = engine.name
    clock = ScheduleClock(state.step, epochs, batches.steps_per_epoch)

    def rates(steps: Array) -> Array:
        at, n_steps = clock.planned(steps), clock.n_steps
        base = lr if state.rate is None else state.rate
        if isinstance(schedules.learning_rate, ReduceOnPlateau):
            learning_rates = np.full(len(steps), base * state.plateau_factor)
        else:
            learning_rates = base * multipliers(schedules.learning_rate, at, n_steps)
        dropout_factors = multipliers(schedules.dropout, at, n_steps, maximum=1.0)
        decay_factors = multipliers(schedules.decay, at, n_steps, maximum=MAX_DECAY)
        return step_rates(learning_rates, dropout_factors, decay_factors)

    while clock.epochs_left:
        if limit and clock.fit_into(limit.epochs_left, state.step):
            limit.shortened = True
        covered = min(every, clock.epochs_left)
        clock.epochs_left -= covered
        steps, last_lr, seconds = _train(covered, engine, rows, state, batches, rates)
        training_loss = batches.last_epoch_loss(steps)
        validation_loss, score = held_out.measure(engine) if held_out else (None, None)
        if isinstance(schedules.learning_rate, ReduceOnPlateau):
            loss = training_loss if validation_loss is None else validation_loss
            state.follow_plateau(schedules.learning_rate, loss, covered)
        yield Epoch(
            index=state.epoch - 1,
            training_loss=training_loss,
            validation_loss=validation_loss,
            validation_score=score,
            lr=last_lr,
            gradient_norm=steps.gradient_norm,
            seconds=seconds,
            rows_per_second=batches.n * covered / max(seconds, 1e-9),
            engine=engine.name,
        )


def _train(
    epochs: int,
    engine: Engine,
    rows: Rows,
    state: TrainingState,
    batches: BatchPlan,
    rates_of: Callable[[Array], Array],
) -> tuple[Steps, float, float]:
    """Train for some epochs; return the steps and rate of the last engine call, and the seconds."""
    end, seconds = state.epoch + epochs, 0.0
    while True:
        n_epochs = min(end - state.epoch, batches.epochs_per_call)
        order, offsets = batches.batches(state.epoch, n_epochs)
        rates = rates_of(np.arange(state.step, state.step + len(offsets) - 1))
        state.remember_finite(engine.network)
        started = time.perf_counter()
        steps = engine.run(rows.X, rows.y, rows.weight, order, offsets, state.step, rates)
        seconds += time.perf_counter() - started
        state.step += steps.done
        if steps.status == "interrupted":
            state.epoch += steps.done // batches.steps_per_epoch
            raise KeyboardInterrupt
        if steps.status == "diverged" or not state.is_finite(engine.network):
            at = min(steps.done, len(rates) - 1)  # the last update may be the cause
            epoch, batch = divmod(at, batches.steps_per_epoch)
            raise _divergence(state.epoch + epoch, batch, float(rates[at, 0]))
        state.epoch += n_epochs
        if state.epoch >= end:
            return steps, float(rates[-1, 0]), seconds


def _divergence(epoch: int, batch: int, lr: float) -> DivergenceError:
    return DivergenceError(
        f"training diverged in epoch {epoch}, batch {batch}: the loss or a gradient is no longer "
        f"finite. The learning rate {lr:g} is likely too high, or X or y is not scaled: try a rate "
        f"of {lr / 10:g}, clip_norm=1.0, or standardized columns. The last good weights have been "
        "restored."
    )


@dataclass(frozen=True, eq=False)
class Trainer:
    """Trains a network, in mini-batches or with L-BFGS.

    Attributes
    ----------
    engine : the network bound to its loss, optimizer and penalty
    optimizer : the settings of the optimizer
    schedules : how rates change over a run
    """

    engine: Engine
    optimizer: Optimizer | LBFGS
    schedules: RunSchedules = field(default_factory=RunSchedules)

    @classmethod
    def bind(
        cls,
        network: Network,
        loss: Loss,
        optimizer: Optimizer | LBFGS,
        *,
        schedules: RunSchedules | None = None,
        penalty: Penalty | None = None,
        clip_norm: float | None = None,
        engine: str = "auto",
        seed: int = 0,
        n_threads: int | None = None,
    ) -> Trainer:
        """Return the trainer of a network on the engine of that name.

        Raises
        ------
        SettingError
            For L-BFGS with a schedule or a clipped gradient.
        """
        schedules = schedules or RunSchedules()
        is_lbfgs = isinstance(optimizer, LBFGS)
        if is_lbfgs and (clip_norm is not None or schedules != RunSchedules()):
            raise SettingError(
                "optimizer 'lbfgs' chooses its own steps: leave schedules and clip_norm out, or "
                "use 'adam'."
            )
        bound = make_engine(
            engine,
            network,
            loss,
            None if isinstance(optimizer, LBFGS) else optimizer,
            penalty=penalty,
            max_norm=clip_norm,
            seed=seed,
            n_threads=n_threads,
        )
        return cls(bound, optimizer, schedules)

    def epochs(
        self,
        rows: Rows,
        state: TrainingState,
        batches: BatchPlan,
        epochs: int,
        *,
        every: int = 1,
        held_out: Validation | None = None,
        limit: TimeLimit | None = None,
    ) -> Generator[Epoch, None, None]:
        """Return a generator of the records of training on these rows; see `minibatch_epochs`.

        L-BFGS uses all rows at once, and each of its iterations is an epoch.
        """
        if isinstance(self.optimizer, LBFGS):
            if batches.n < rows.n:
                rows = rows.take(np.sort(batches.permutations(0)))
            return lbfgs_epochs(self.engine, self.optimizer, rows, state, epochs, every, held_out)
        return minibatch_epochs(
            self.engine,
            self.optimizer.lr,
            rows,
            state,
            batches,
            epochs=epochs,
            schedules=self.schedules,
            every=every,
            held_out=held_out,
            limit=limit,
        )
