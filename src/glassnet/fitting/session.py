"""A training session: one fit, from its first epoch to the model. It can be continued."""

import math
import time
import warnings
from collections.abc import Callable, Generator
from dataclasses import dataclass, field, replace
from typing import Any

from glassnet.data.coding.encoder import Encoder
from glassnet.data.coding.target import Target
from glassnet.data.review.reference import Reference
from glassnet.data.tables.table import Table
from glassnet.engines.exclusive_use import exclusive_use
from glassnet.errors import DivergenceError, SettingError
from glassnet.fitting.class_weights import weighted_rows
from glassnet.fitting.conformal import learn_intervals
from glassnet.fitting.ensemble import Ensemble
from glassnet.fitting.temperature import Calibration, divide_raw_scores, learn_temperature
from glassnet.interrupts import deferred_interrupts
from glassnet.intervals import Intervals
from glassnet.losses import Loss, loss_traits
from glassnet.model import Model
from glassnet.network import Network
from glassnet.optimizers import LBFGS
from glassnet.training.batch_plan import BatchPlan
from glassnet.training.resolved_plan import ResolvedPlan
from glassnet.training.state import TrainingState, stop_and_restore
from glassnet.training.stopping import Epoch, history_columns
from glassnet.training.time_limit import TimeLimit
from glassnet.training.trainer import Trainer
from glassnet.training.validation import check_weight, make_rows

OnEpoch = Callable[[Epoch], bool | None]


@dataclass(eq=False)
class Session:
    """A fit in progress: the parts of the model and the state of training.

    An estimator keeps its session between calls of `partial_fit`, which continue where the last
    call ended; after `release` the session contains no data. Signals are deferred while a fit runs
    (see `glassnet.interrupts`): the first one ends training after the current step. The best
    weights are then still restored, and calibration, which is short, runs to its end.

    Attributes
    ----------
    encoder, target, loss : of the model
    plan : the settings
    ensemble : the networks
    n_rows : number of rows that a network learns from
    reference : summary of the training rows
    limit : the time limit
    history : the records of the epochs, as columns
    ended : why training ended
    seconds : duration of training and calibration
    calibration, intervals : what was learned from the calibration rows
    """

    encoder: Encoder
    target: Target
    loss: Loss
    plan: ResolvedPlan
    ensemble: Ensemble
    n_rows: int
    reference: Reference | None = None
    limit: TimeLimit = field(default_factory=TimeLimit)
    history: dict[str, list[Any]] = field(default_factory=lambda: history_columns(()))
    ended: str = "all epochs done"
    seconds: float = 0.0
    calibration: Calibration | None = None
    intervals: Intervals | None = None

    @property
    def network(self) -> Network:
        """The network that makes the predictions."""
        return self.ensemble.network

    @property
    def state(self) -> TrainingState:
        """The state of training."""
        return self.ensemble.state

    @property
    def n_held_out(self) -> int:
        """The number of early-stopping and calibration rows of one network."""
        fit = self.ensemble.fits[0]
        given = fit.validation.rows.n if fit.validation and fit.validation.index is None else 0
        return given + len(fit.splits.held_out)

    @property
    def epochs_ahead(self) -> int:
        """The number of remaining epochs of the plan for which there is time."""
        planned = self.plan.max_epochs - self.state.epoch
        return int(min(planned, self.limit.after(self.state.epoch)))

    def epochs(self) -> Generator[Epoch, None, None]:
        """Yield the records of training to the end of the plan; the best weights are restored."""
        return self.ensemble.epochs(self.limit)

    def train(self, on_epoch: OnEpoch | None = None) -> None:
        """Train until the end, until `on_epoch` returns True, or until a signal or divergence.

        The best weights are restored.

        Raises
        ------
        DivergenceError
            If training diverges in the first epoch; a later divergence ends training as early
            stopping does, with a RuntimeWarning.
        """
        started = time.perf_counter()
        epochs = self.limit.watch(self.epochs(), self.plan.max_epochs)
        with deferred_interrupts() as interrupted:
            try:
                for epoch in epochs:
                    self.note(epoch)
                    if on_epoch is not None and on_epoch(epoch):
                        self.ended = "stopped by the caller"
                        break
                    if interrupted():
                        raise interrupted.interrupt()
            except KeyboardInterrupt:
                self.ended = "interrupted"
            except DivergenceError as error:
                if not self.state.epoch:
                    raise
                self.ensemble.fits[0].diverged = error
            finally:
                epochs.close()  # first, because L-BFGS then restores the last accepted point
                self.state.restore_best(self.network)
                self.ensemble.gather()
                self.seconds += time.perf_counter() - started
        if self.ended == "all epochs done":
            self.ended = self._why_it_ended()
        self._warn()

    def _why_it_ended(self) -> str:
        if all(fit.diverged for fit in self.ensemble.fits):
            return "diverged"
        if self.state.stopped_early:
            return "no further gain"
        return "time limit" if self.limit.shortened else self.ended

    def _warn(self) -> None:
        """Warn about a signal, and about networks that diverged."""
        if self.ended == "interrupted":
            kept = "best" if any(fit.state.best for fit in self.ensemble.fits) else "last"
            warnings.warn(
                f"training interrupted: the {kept} weights so far are kept.",
                RuntimeWarning,
                stacklevel=4,
            )
        for divergence in self.ensemble.divergences:
            warnings.warn(divergence, RuntimeWarning, stacklevel=4)

    def calibrate(self) -> None:
        """Learn the temperature or the prediction intervals from the calibration rows."""
        fits = [fit for fit in self.ensemble.fits if fit.calibrates]
        if not fits:
            return
        started = time.perf_counter()
        with deferred_interrupts() as interrupted:
            if loss_traits(self.loss).classifies:
                self.calibration = learn_temperature(fits, self.loss)
                divide_raw_scores(self.network, self.calibration.temperature)
            elif self.target.task == "regression":
                hurried = interrupted() or self.ended in ("interrupted", "time limit")
                self.intervals = learn_intervals(fits, self.encoder, self.loss, constant=hurried)
        self.seconds += time.perf_counter() - started

    def finish(self, on_epoch: OnEpoch | None = None) -> Model:
        """Train, calibrate, and return the model."""
        with exclusive_use(self), deferred_interrupts():
            self.train(on_epoch)
            self.calibrate()
            return self.model()

    def advance(self, table: Table, values: Any, sample_weight: Any = None) -> Epoch:
        """Train for one more epoch on these rows, and return its record.

        Members are trained as one network. Intervals and calibration are dropped, because they were
        learned for the network before this epoch. A column that varies in these rows for the first
        time is encoded from now on; rows held out before keep their encoding.
        """
        with exclusive_use(self):
            started = time.perf_counter()
            trainer, plan = self.ensemble.trainer, self.plan
            if isinstance(trainer.optimizer, LBFGS):
                raise SettingError(
                    "optimizer 'lbfgs' works on all rows at once and cannot go on epoch by epoch: "
                    "use 'adam'."
                )
            weight = check_weight(sample_weight, table.n_rows)
            given, _ = weighted_rows(table, values, weight, self.target, plan.class_weight)
            encoder = self.encoder.updated(given.X)
            X = encoder.encode(given.X, plan.dtype)
            rows = make_rows(self.network, self.loss, X, given.y, given.weight)
            self.encoder = encoder
            batches = BatchPlan.seeded(rows.n, plan.batch_size, plan.seed)
            constant = Trainer(
                trainer.engine, trainer.optimizer
            )  # without a schedule, which would need a last step
            held_out = self.ensemble.fits[0].validation if self.ensemble.single else None
            records = constant.epochs(rows, self.state, batches, 1, held_out=held_out)
            (record,) = stop_and_restore(records, self.network, self.state, None)
            self.ensemble.scatter()
            self.note(record)
            self.n_rows, self.ended = rows.n, "epoch by epoch"
            self.calibration = self.intervals = None
            if self.reference:
                self.reference = self.reference.widened(table, self.encoder)
            self.seconds += time.perf_counter() - started
            return record

    def model(self) -> Model:
        """Return the current model; it shares the network and the history with the session."""
        members, split = self.ensemble.members, self.ensemble.fits[0].splits.record
        record = {
            "plan": self.plan.to_plain(),
            "engine": self.ensemble.fits[0].trainer.engine.name,
            "rows": self.n_rows,
            "ended": self.ended,
            "epochs": self.state.epoch,
            "best_epoch": self.state.best_epoch,
            "updates": self.state.step,
            "seconds": self.seconds,
            "history": self.history,
        }
        if split:
            record["split"] = split.to_plain()
        if self.calibration:
            record["calibration"] = self.calibration.to_plain()
        if members:
            record["members"] = [
                {"best_epoch": fit.state.best_epoch, "updates": fit.state.step} for fit in members
            ]
        return Model(
            self.encoder,
            self.target,
            self.network,
            self.loss,
            record,
            self.intervals,
            reference=self.reference,
        )

    def note(self, epoch: Epoch) -> None:
        """Append a record to the history."""
        for name, column in self.history.items():
            value = getattr(epoch, name)
            # The record is JSON, which has no NaN (such as an undefined score).
            column.append(None if isinstance(value, float) and not math.isfinite(value) else value)

    def shorten(self, n_batches: int) -> None:
        """Keep only a few batches and one epoch, for a dry run."""
        for fit in self.ensemble.fits:
            fit.shorten(n_batches)
        self.n_rows = len(self.ensemble.fits[0].splits.learning)
        self.plan = replace(self.plan, max_epochs=1)

    def release(self) -> None:
        """Drop the rows and what only they need; `advance` and `model` still work."""
        for fit in self.ensemble.fits:
            fit.release()
        self.state.best = self.state.finite = None
