"""A fit under way: data encoded, network built, engine bound; trained to the end, or on from where it stands."""

from __future__ import annotations

import math
import time
import warnings
from collections.abc import Callable, Generator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from glassnet.data.encoder import Encoder
from glassnet.data.split import Split, split_rows
from glassnet.data.table import Table
from glassnet.data.target import Target
from glassnet.engines import Engine, make_engine
from glassnet.engines.native import tell_where_not_built
from glassnet.errors import DataError, SettingError
from glassnet.fitting.construction import (
    class_weighted,
    embedding_of_numbers,
    make_layers,
    make_loss,
    make_target,
    n_raw_scores,
    start_at_baseline,
)
from glassnet.fitting.members import copy_into, member_seed, network_of, side_by_side
from glassnet.initialization import initialize_from_data
from glassnet.losses import Loss
from glassnet.model import Model, as_table
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
from glassnet.training.validation import Validation, check_validation

Array = np.ndarray[Any, np.dtype[Any]]
Part = tuple[Table, Array, Array | None]

#: Rows that first values are fitted to.
MOST_ROWS_TO_START_FROM = 4_096


@dataclass
class Session:
    """The parts of a model in the making, the engine, and where training stands.

    An estimator keeps one between calls of `partial_fit`, which go on where the last call ended: after `release` it holds no data.
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
    seconds: float = 0.0
    split: Split | None = None
    members: tuple[Session, ...] = ()

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
        earlier : a session whose encoder, target and network are gone on with (warm start); the optimizer starts afresh
        groups, time : (n,) or None: what the rows that are held out are chosen by, instead of at random
        alone : one network, however many members the recipe has

        Raises
        ------
        SettingError
            For settings that do not fit the data or each other; for a warm start, those that would build another network.
        """
        weight = check_weight(sample_weight, table.n_rows)
        if target is None:
            target = earlier.target if earlier else make_target(plan, values, task, names, weight)
        part, present = _present(table, values, weight, target, plan)
        plan = plan.resolved(part[0].n_rows, classes=target.task != "regression", has_validation=validation is not None)
        loss = make_loss(plan, target)
        plan = plan if plan.loss is not None else replace(plan, loss=loss.name)  # the task's own, for the record
        n_members = 1 if alone or not isinstance(table.numbers, np.ndarray) else plan.resolved_recipe.members
        if earlier and n_members != max(1, len(earlier.members)):
            raise SettingError(
                f"a warm start goes on with the {max(1, len(earlier.members))} members that are there, but {n_members} are asked for now."
            )
        if n_members == 1:
            parts = _parts(part, present, target, plan, validation, groups, time)
            encoder = earlier.encoder if earlier else Encoder.fit(parts[0][0], parts[0][2], plan.resolved_recipe.coding)
            return cls._of_one(parts, plan, encoder, target, loss, earlier)
        encoder = earlier.encoder if earlier else Encoder.fit(part[0], part[2], plan.resolved_recipe.coding)
        before = earlier.members if earlier else ()
        members = []
        for i in range(n_members):
            own = replace(plan, seed=member_seed(plan.seed, i), n_threads=1)
            parts = _parts(part, present, target, own, validation, groups, time)
            members.append(cls._of_one(parts, own, encoder, target, loss, before[i] if before else None))
        return cls._of_several(members, plan)

    @classmethod
    def _of_one(
        cls,
        parts: tuple[Part, Part | None, Split | None],
        plan: Plan,
        encoder: Encoder,
        target: Target,
        loss: Loss,
        earlier: Session | None,
    ) -> Session:
        """Build the network, or take the one that is there, and bind it."""
        training, held, split = parts
        recipe = plan.resolved_recipe
        X = encoder.encode(training[0], plan.dtype)
        numbers = embedding_of_numbers(recipe, encoder, X, *training[1:], earlier.network if earlier else None)
        layers = make_layers(plan, encoder, n_raw_scores(loss, target), numbers)
        if earlier:
            network = earlier.network
            if network.layers != tuple(layers) or network.dtype != plan.dtype:
                raise SettingError(
                    f"a warm start goes on with the network that is there, {network!r}, but the settings now ask for another one: leave "
                    "hidden_layer_sizes, activation, dropout, normalization, loss and dtype as they were, or fit without warm start."
                )
        else:
            network = Network(layers, encoder.n_features, seed=plan.seed, dtype=plan.dtype)
        rows = make_rows(network, loss, X, training[1], training[2])
        if not earlier:
            if recipe.from_data:
                initialize_from_data(network, rows.X[:MOST_ROWS_TO_START_FROM], np.random.default_rng(plan.seed))
            start_at_baseline(network, loss, rows.y, rows.weight)
        session = cls(encoder, target, network, loss, plan, _engine(network, loss, plan), rows.n, rows, split=split)
        session.held_out = session._validation(*held) if held else None
        return session

    @classmethod
    def _of_several(cls, members: list[Session], plan: Plan) -> Session:
        """Return a session that trains members side by side and answers as their mean."""
        first = members[0]
        network = network_of([member.network for member in members])
        engine = _engine(network, first.loss, plan)
        return cls(first.encoder, first.target, network, first.loss, plan, engine, first.n_rows, split=first.split, members=tuple(members))

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
        self.rows = self.held_out = self.state.best = self.state.finite = None
        for member in self.members:
            member.release()

    def epochs(self) -> Generator[Epoch, None, None]:
        """Train to the plan's end, yielding each record; the best weights are restored however it ends."""
        if self.members:
            return side_by_side(self.members, self.state, self.plan.n_threads)
        plan, optimizer = self.plan, self.plan.bound_optimizer()
        assert plan.max_epochs is not None
        assert plan.patience is not None
        assert self.rows is not None
        stop = EarlyStopping(plan.patience, plan.scoring) if plan.early_stopping else None
        if stop and self.held_out and plan.scoring is None and self._by_error:
            stop = EarlyStopping(plan.patience, watch="validation_score", ties="last")
        schedules = {name: getattr(plan, name) for name in ("schedule", "dropout_schedule", "decay_schedule")}
        if isinstance(optimizer, LBFGS):
            if any(made != "constant" for made in schedules.values()) or plan.clip_norm is not None:
                raise SettingError("optimizer 'lbfgs' chooses its own steps: leave schedules and clip_norm out, or use 'adam'.")
            rows = self.rows
            records = lbfgs_epochs(self.engine, optimizer, rows.X, rows.y, rows.weight, plan.max_epochs, 1, self.held_out, self.state)
        else:
            records = self._sgd_epochs(self.rows, plan.max_epochs, **schedules)
        return guarded(records, self.network, self.state, stop)

    def finish(self, on_epoch: Callable[[Epoch], bool | None] | None = None) -> Model:
        """Train to the end, or until `on_epoch` returns True or Ctrl-C comes, and return the model."""
        started = time.perf_counter()
        epochs = self.epochs()
        try:
            for epoch in epochs:
                self._note(epoch)
                if on_epoch is not None and on_epoch(epoch):
                    self.ended = "stopped by the caller"
                    break
        except KeyboardInterrupt:
            self.ended = "interrupted"
            kept = "the best" if self.state.best else "the last"
            warnings.warn(f"training interrupted: {kept} weights so far are kept.", RuntimeWarning, stacklevel=2)
        finally:
            epochs.close()  # first, for L-BFGS then puts back the last point that it accepted
            self.state.restore_best(self.network)
            if self.members:
                copy_into(self.network, [member.network for member in self.members])
            self.seconds += time.perf_counter() - started
        if self.state.stopped_early:
            self.ended = "no further gain"
        return self.model()

    def advance(self, table: Table, values: Any, sample_weight: Any = None) -> Epoch:
        """Train for one epoch on these rows, from where training stands, and return its record."""
        started = time.perf_counter()
        (table, y, weight), _ = _present(table, values, check_weight(sample_weight, table.n_rows), self.target, self.plan)
        rows = make_rows(self.network, self.loss, self.encoder.encode(table, self.plan.dtype), y, weight)
        (record,) = guarded(self._sgd_epochs(rows, 1), self.network, self.state, None)
        self._note(record)
        self.n_rows, self.ended = rows.n, "epoch by epoch"
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
            **(
                {"members": [{"best_epoch": member.state.best_epoch, "updates": member.state.step} for member in self.members]}
                if self.members
                else {}
            ),
        }
        return Model(self.encoder, self.target, self.network, self.loss, record)

    def _note(self, epoch: Epoch) -> None:
        for name, column in self.history.items():
            value = getattr(epoch, name)
            # The record is JSON, which has no NaN: a score that is not defined, for example.
            column.append(None if isinstance(value, float) and not math.isfinite(value) else value)

    def _sgd_epochs(self, rows: Rows, epochs: int, **schedules: Any) -> Any:
        optimizer, batch_size = self.plan.bound_optimizer(), self.plan.batch_size
        if isinstance(optimizer, LBFGS):
            raise SettingError("optimizer 'lbfgs' works on all rows at once and cannot go on epoch by epoch: use 'adam'.")
        assert batch_size is not None
        return sgd_epochs(
            self.engine,
            optimizer.lr,
            rows,
            self.state,
            Passes.seeded(rows.n, batch_size, self.plan.seed),
            epochs=epochs,
            held_out=self.held_out,
            **schedules,
        )

    @property
    def _by_error(self) -> bool:
        """Whether the share of wrong labels ends training."""
        return self.plan.resolved_recipe.stop_by == "error" and self.target.task in ("binary", "multiclass")

    def _validation(self, table: Table, y: Array, weight: Array | None) -> Validation:
        rows = check_validation(self.network, self.loss, self.encoder.encode(table, self.plan.dtype), y, weight)
        if self.plan.scoring is None:
            return Validation(rows.X, rows.y, rows.weight, accuracy_of(rows.y, rows.weight) if self._by_error else None)
        model = Model(self.encoder, self.target, self.network, self.loss)
        return Validation(rows.X, rows.y, rows.weight, bind_scorer(self.plan.scoring, model, table, model.truth(y), weight))


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


def accuracy_of(y: Array, weight: Array | None) -> Callable[[Array], float]:
    """Return a function from raw scores to the share of right labels, by weight."""
    labels = y[:, 0] if y.ndim == 2 else y

    def score(Z: Array) -> float:
        said = Z[:, 0] > 0.0 if Z.shape[1] == 1 else Z.argmax(axis=1)
        return float(np.average(said == labels, weights=weight))

    return score


def _present(table: Table, values: Any, weight: Array | None, target: Target, plan: Plan) -> tuple[Part, Array]:
    """Return the rows that weigh something, with their encoded target and their weights, and their numbers in the table.

    A row of weight 0 leaves no trace.
    """
    y = target.encode(values)
    if len(y) != table.n_rows:
        raise DataError(f"the table has {table.n_rows} rows and the target {len(y)}: they must be as many.")
    weight = class_weighted(weight, y, target, plan.class_weight)
    if weight is None or weight.all():
        return (table, y, weight), np.arange(len(y))
    rows = np.flatnonzero(weight > 0.0)
    if not len(rows):
        raise DataError("sample_weight and class_weight together are zero in every row: nothing is left to train on.")
    return (table.take(rows), y[rows], weight[rows]), rows


def _validation_part(table: Table, target: Target, plan: Plan, validation: Any) -> Part:
    """Return the rows to stop by that were given."""
    if not isinstance(validation, tuple | list) or len(validation) not in (2, 3):
        raise SettingError(f"validation is (table, target values) or (table, target values, weights), but {validation!r} came.")
    held = as_table(validation[0], table.schema.names)
    held_y = target.encode(validation[1])
    held_weight = check_weight(validation[2], held.n_rows) if len(validation) > 2 else None
    return held, held_y, class_weighted(held_weight, held_y, target, plan.class_weight)


def _parts(
    part: Part, present: Array, target: Target, plan: Plan, validation: Any, groups: Any, time: Any
) -> tuple[Part, Part | None, Split | None]:
    """Return the rows to learn from, those to stop by, and how these were chosen."""
    table, y, weight = part
    if validation is not None:
        return part, _validation_part(table, target, plan, validation), None
    if not plan.early_stopping:
        return part, None, None
    by = "group" if groups is not None else "time" if time is not None else "class" if y.dtype.kind == "i" else "chance"
    groups, time = (None if values is None else np.asarray(values)[present] for values in (groups, time))
    stratify = y if by == "class" else None
    training, held = split_rows(table.n_rows, plan.validation_fraction, seed=plan.seed, stratify=stratify, groups=groups, time=time)
    learned, stopped = ((table.take(rows), y[rows], None if weight is None else weight[rows]) for rows in (training, held))
    return learned, stopped, Split(by, plan.validation_fraction, plan.seed, present[held])
