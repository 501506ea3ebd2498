"""A fit under way: data encoded, network built, engine bound; trained to the end, or on from where it stands."""

from __future__ import annotations

import math
import time
from collections.abc import Generator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from glassnet.data.coding.encoder import Encoder
from glassnet.data.coding.target import Target
from glassnet.data.review.reference import Reference
from glassnet.data.split import Split
from glassnet.data.tables.table import Table
from glassnet.engines import Engine, make_engine
from glassnet.engines.native import tell_where_not_built
from glassnet.engines.turns import turn_of
from glassnet.errors import DivergenceError, SettingError
from glassnet.fitting.calibration import Calibration
from glassnet.fitting.construction import (
    embedding_of_numbers,
    make_encoder,
    make_layers,
    make_loss,
    make_network,
    make_target,
    n_raw_scores,
    set_first_values,
)
from glassnet.fitting.ending import OnEpoch, calibrate_session, divergences, train_session
from glassnet.fitting.members import copy_from, gathered, member_seed, network_of, side_by_side
from glassnet.fitting.parts import Parts, parted, present
from glassnet.interrupts import interrupts_noted
from glassnet.intervals import Intervals
from glassnet.losses import Loss
from glassnet.model import Model
from glassnet.network import Network
from glassnet.optimizers import LBFGS
from glassnet.training.checks import Rows, check_weight, make_rows
from glassnet.training.epochs import guarded, sgd_epochs
from glassnet.training.history import Epoch, history_columns
from glassnet.training.lbfgs import lbfgs_epochs
from glassnet.training.passes import Passes
from glassnet.training.plan import Plan
from glassnet.training.scorers import bind_scorer
from glassnet.training.state import TrainingState
from glassnet.training.stopping import EarlyStopping
from glassnet.training.time_limit import TimeLimit
from glassnet.training.validation import Validation, check_validation

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass
class Session:
    """The parts of a model in the making, the engine, and where training stands.

    An estimator keeps one between calls of `partial_fit`, which go on where the last call ended:
    after `release` it holds no data.
    """

    encoder: Encoder
    target: Target
    network: Network
    loss: Loss
    plan: Plan
    engine: Engine
    n_rows: int
    rows: Rows | None = None
    held_out: Validation | None = None
    state: TrainingState = field(default_factory=TrainingState)
    history: dict[str, list[Any]] = field(default_factory=lambda: history_columns(()))
    ended: str = "all epochs done"
    diverged: DivergenceError | None = None
    warm: bool = False  # whether the network had been trained before
    seconds: float = 0.0
    split: Split | None = None
    members: list[Session] = field(default_factory=list)
    limit: TimeLimit = field(default_factory=TimeLimit)
    calibrating: Rows | None = None
    unseen: Array = field(default_factory=lambda: np.empty(0, np.int64))
    calibration: Calibration | None = None
    intervals: Intervals | None = None
    reference: Reference | None = None

    @classmethod
    def begin(
        cls,
        table: Table,
        values: Any,
        plan: Plan,
        *,
        task: str | None = None,
        names: tuple[str, ...] = ("y",),
        target: Target | None = None,
        sample_weight: Any = None,
        validation: tuple[Any, ...] | None = None,
        earlier: Session | None = None,
        groups: Any = None,
        time: Any = None,
        alone: bool = False,
    ) -> Session:
        """Encode the data, hold rows out where the plan says so, and build the network.

        Parameters
        ----------
        table, values : the features and the target of each row
        plan : the settings, Nones to be chosen here
        task, names : of the target, where it is still to be learned
        target : learned beforehand, where more is known of the classes than these rows show
        sample_weight : (n,) or None
        validation : (table, target values[, weights]) or None
        earlier : a session whose encoder, target and network are gone on with (warm start); the
            optimizer starts afresh
        groups, time : (n,) or None: what the rows that are held out are chosen by, instead of at
            random
        alone : one network, however many members the recipe has; so it is for L-BFGS, which takes
            long, and for sparse tables

        Raises
        ------
        SettingError
            For settings that do not fit the data or each other; for a warm start, those that would
            build another network.
        """
        limit = TimeLimit(plan.time_limit)
        weight = check_weight(sample_weight, table.n_rows)
        if target is None:
            target = earlier.target if earlier else make_target(plan, values, task, names, weight)
        part, numbers = present(table, values, weight, target, plan)
        plan = plan.resolved(
            part[0].n_rows,
            classes=target.task != "regression",
            has_validation=validation is not None,
        )
        loss = make_loss(plan, target)
        plan = (
            plan if plan.loss is not None else replace(plan, loss=loss.name)
        )  # the task's own, for the record
        one = (
            alone
            or not isinstance(table.numbers, np.ndarray)
            or isinstance(plan.bound_optimizer(), LBFGS)
        )
        n_members = 1 if one else plan.resolved_recipe.members
        n_before = earlier.plan.resolved_recipe.members if earlier and earlier.members else 1
        if earlier and n_members != n_before:
            raise SettingError(
                f"a warm start goes on with the {n_before} members of before, but {n_members} are "
                "asked for now."
            )
        if n_members == 1:
            parts = parted(part, numbers, target, plan, validation, groups, time)
            encoder = make_encoder(
                parts.learned[0], parts.learned[2], plan, earlier.encoder if earlier else None
            )
            return cls._of_one(parts, plan, encoder, target, loss, earlier, limit).referring_to(
                part[0], earlier
            )
        encoder = make_encoder(part[0], part[2], plan, earlier.encoder if earlier else None)
        before = earlier.members if earlier else [None] * n_members
        members = []
        for i, member in enumerate(before):
            own = replace(plan, seed=member_seed(plan.seed, i), n_threads=1)
            parts = parted(part, numbers, target, own, validation, groups, time)
            members.append(cls._of_one(parts, own, encoder, target, loss, member, limit))
            if limit.too_short_to_prepare(len(members), len(before)):
                break
        return cls._of_several(members, plan, limit).referring_to(part[0], earlier)

    def referring_to(self, table: Table, earlier: Session | None) -> Session:
        """Note what all rows are like that weigh something, for the comparison with later tables."""
        before = earlier.reference if earlier else None
        self.reference = (
            before.widened(table, self.encoder) if before else Reference.of(table, self.encoder)
        )
        return self

    @classmethod
    def _of_one(
        cls,
        parts: Parts,
        plan: Plan,
        encoder: Encoder,
        target: Target,
        loss: Loss,
        earlier: Session | None,
        limit: TimeLimit,
    ) -> Session:
        """Encode the parts, and build the network on those to learn from, or take the one that is there."""
        table, y, weight = parts.learned
        X = encoder.encode(table, plan.dtype)
        session = cls.on(
            X, y, weight, plan, encoder, target, loss, n_raw_scores(loss, target), earlier, limit
        )
        session.hold_out(parts)
        return session

    @classmethod
    def on(
        cls,
        X: Any,
        y: Array,
        weight: Array | None,
        plan: Plan,
        encoder: Encoder,
        target: Target,
        loss: Loss,
        n_outputs: int,
        earlier: Session | None = None,
        limit: TimeLimit | None = None,
    ) -> Session:
        """Return a session on encoded rows, all to learn from, with a new network of so many raw scores, or the earlier one."""
        there = earlier.network if earlier else None
        layers = make_layers(
            plan,
            encoder,
            n_outputs,
            embedding_of_numbers(plan.resolved_recipe, encoder, X, weight, there),
        )
        network = make_network(layers, plan, encoder.n_features, there)
        rows = make_rows(network, loss, X, y, weight)
        if not earlier:
            set_first_values(network, loss, rows, plan)
        engine = _engine(network, loss, plan)
        return cls(
            encoder,
            target,
            network,
            loss,
            plan,
            engine,
            rows.n,
            rows,
            limit=limit or TimeLimit(),
            warm=earlier is not None,
        )

    @classmethod
    def _of_several(cls, members: list[Session], plan: Plan, limit: TimeLimit) -> Session:
        """Return a session that trains members side by side and answers as their mean."""
        first = members[0]
        network = network_of([member.network for member in members])
        engine = _engine(network, first.loss, plan)
        parts = first.encoder, first.target, network, first.loss, plan, engine, first.n_rows
        return cls(*parts, split=first.split, members=members, limit=limit)

    def hold_out(self, parts: Parts) -> None:
        """Encode the rows to stop by and those to calibrate with."""
        self.split = parts.split
        self.held_out = self._validation(*parts.stopping) if parts.stopping else None
        self.calibrating = self._checked(*parts.calibrating) if parts.calibrating else None
        self.unseen = np.concatenate([parts.stopping_rows, parts.calibrating_rows])

    def shorten(self, n_batches: int) -> None:
        """Keep the first batches of the rows to learn from, and one epoch of them: a trial of everything but the learning."""
        for member in self.members:
            member.shorten(n_batches)
        if self.members:
            self.n_rows, self.plan = self.members[0].n_rows, replace(self.plan, max_epochs=1)
            return
        rows, size = self.rows, self.plan.batch_size
        assert rows is not None
        n = rows.n if size is None else min(rows.n, n_batches * size)
        self.rows = Rows(rows.X[:n], rows.y[:n], None if rows.weight is None else rows.weight[:n])
        self.n_rows, self.plan = n, replace(self.plan, max_epochs=1)

    def release(self) -> None:
        """Let go of the rows and of what only they need; `advance` and `model` still work."""
        self.rows = self.held_out = self.calibrating = self.state.best = self.state.finite = None
        for member in self.members:
            member.release()

    def epochs(self) -> Generator[Epoch, None, None]:
        """Train to the plan's end, yielding each record; the best weights are restored however it ends."""
        if self.members:
            return side_by_side(self.members, self.state, self.limit, self.plan.n_threads)
        plan, optimizer = self.plan, self.plan.bound_optimizer()
        assert plan.max_epochs is not None
        assert plan.patience is not None
        assert self.rows is not None
        stop = EarlyStopping(plan.patience, plan.scoring) if plan.early_stopping else None
        schedules = {
            name: getattr(plan, name) for name in ("schedule", "dropout_schedule", "decay_schedule")
        }
        if isinstance(optimizer, LBFGS):
            if any(made != "constant" for made in schedules.values()) or plan.clip_norm is not None:
                raise SettingError(
                    "optimizer 'lbfgs' chooses its own steps: leave schedules and clip_norm out, "
                    "or use 'adam'."
                )
            rows = self.rows
            records = lbfgs_epochs(
                self.engine,
                optimizer,
                rows.X,
                rows.y,
                rows.weight,
                plan.max_epochs,
                1,
                self.held_out,
                self.state,
            )
        else:
            records = self._sgd_epochs(self.rows, plan.max_epochs, **schedules)
        return guarded(records, self.network, self.state, stop)

    def train(self, on_epoch: OnEpoch | None = None) -> None:
        """Train to the end, or until `on_epoch` returns True, a signal comes or training diverges; the best weights are put back.

        Raises
        ------
        DivergenceError
            In the first epoch; later it ends training as early stopping does, with a
            RuntimeWarning.
        """
        train_session(self, on_epoch)

    @property
    def divergences(self) -> list[str]:
        """What there is to say of networks that diverged after their first epoch, and ended with their best weights."""
        return divergences(self)

    def calibrate(self) -> None:
        """Learn from the rows held out for it what probabilities or intervals need."""
        calibrate_session(self)

    def finish(self, on_epoch: OnEpoch | None = None) -> Model:
        """Train, calibrate, and return the model."""
        with turn_of(self), interrupts_noted():
            self.train(on_epoch)
            self.calibrate()
            return self.model()

    @property
    def n_held_out(self) -> int:
        """Rows that do not teach but stop or calibrate; of members each has rows of its own, and these are those of one."""
        first = self.members[0] if self.members else self
        stopping, calibrating = first.held_out, first.calibrating
        return (len(stopping.y) if stopping else 0) + (len(calibrating.y) if calibrating else 0)

    def gather(self) -> None:
        """Write what the members have learned so far into the network that is made of them."""
        if (
            self.members
            and (network := gathered(self.network, [member.network for member in self.members]))
            is not self.network
        ):
            self.network, self.engine = network, _engine(network, self.loss, self.plan)

    def advance(self, table: Table, values: Any, sample_weight: Any = None) -> Epoch:
        """Train for one epoch on these rows, from where training stands, and return its record; members are trained as one network.

        What held-out rows had calibrated was another network: its intervals go, for nothing says
        that they still hold. A column that varies in these rows for the first time is coded from
        now on; rows held out before stay as they are encoded.
        """
        with turn_of(self):
            started = time.perf_counter()
            (table, y, weight), _ = present(
                table, values, check_weight(sample_weight, table.n_rows), self.target, self.plan
            )
            encoder = self.encoder.updated(table)
            rows = make_rows(
                self.network, self.loss, encoder.encode(table, self.plan.dtype), y, weight
            )
            for session in (self, *self.members):
                session.encoder = encoder
            (record,) = guarded(self._sgd_epochs(rows, 1), self.network, self.state, None)
            copy_from(self.network, [member.network for member in self.members])
            self.note(record)
            self.n_rows, self.ended, self.calibration, self.intervals = (
                rows.n,
                "epoch by epoch",
                None,
                None,
            )
            self.reference = self.reference.widened(table, self.encoder) if self.reference else None
            self.seconds += time.perf_counter() - started
            return record

    def model(self) -> Model:
        """Return the model as it is now; it shares the network and the history."""
        record = {
            "plan": self.plan.to_plain(),
            "engine": self.engine.name,
            "rows": self.n_rows,
            "ended": self.ended,
            "epochs": self.state.epoch,
            "best_epoch": self.state.best_epoch,
            "updates": self.state.step,
            "seconds": self.seconds,
            "history": self.history,
            **({"split": self.split.to_plain()} if self.split else {}),
            **({"calibration": self.calibration.to_plain()} if self.calibration else {}),
            **(
                {
                    "members": [
                        {"best_epoch": member.state.best_epoch, "updates": member.state.step}
                        for member in self.members
                    ]
                }
                if self.members
                else {}
            ),
        }
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
            # The record is JSON, which has no NaN: a score that is not defined, for example.
            column.append(None if isinstance(value, float) and not math.isfinite(value) else value)

    def _sgd_epochs(self, rows: Rows, epochs: int, **schedules: Any) -> Any:
        optimizer, batch_size = self.plan.bound_optimizer(), self.plan.batch_size
        if isinstance(optimizer, LBFGS):
            raise SettingError(
                "optimizer 'lbfgs' works on all rows at once and cannot go on epoch by epoch: use "
                "'adam'."
            )
        assert batch_size is not None
        return sgd_epochs(
            self.engine,
            optimizer.lr,
            rows,
            self.state,
            Passes.seeded(rows.n, batch_size, self.plan.seed),
            epochs=epochs,
            held_out=self.held_out,
            limit=self.limit,
            **schedules,
        )

    @property
    def epochs_ahead(self) -> int:
        """How many epochs of the plan there is time for from now on."""
        assert self.plan.max_epochs is not None
        return int(min(self.plan.max_epochs - self.state.epoch, self.limit.after(self.state.epoch)))

    def _checked(self, table: Table, y: Array, weight: Array | None) -> Rows:
        return check_validation(
            self.network, self.loss, self.encoder.encode(table, self.plan.dtype), y, weight
        )

    def _validation(self, table: Table, y: Array, weight: Array | None) -> Validation:
        rows = self._checked(table, y, weight)
        if self.plan.scoring is None:
            return Validation(rows.X, rows.y, rows.weight)
        model = Model(self.encoder, self.target, self.network, self.loss)
        return Validation(
            rows.X,
            rows.y,
            rows.weight,
            bind_scorer(self.plan.scoring, model, table, model.truth(y), weight),
        )


def _engine(network: Network, loss: Loss, plan: Plan) -> Engine:
    optimizer = plan.bound_optimizer()
    if plan.engine == "auto":
        tell_where_not_built()
    return make_engine(
        plan.engine,
        network,
        loss,
        None if isinstance(optimizer, LBFGS) else optimizer,
        penalty=plan.penalty(),
        max_norm=plan.clip_norm,
        seed=plan.seed,
        n_threads=plan.n_threads,
    )
