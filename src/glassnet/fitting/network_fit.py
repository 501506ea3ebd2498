"""The fit of one network: its rows, its trainer and its training state."""

from __future__ import annotations

import warnings
from collections.abc import Generator
from dataclasses import dataclass, field, replace

from glassnet.data.coding.encoder import Encoder
from glassnet.data.rows import Array, Rows
from glassnet.engines.native import warn_not_built
from glassnet.errors import DivergenceError
from glassnet.fitting.construction import (
    make_layers,
    make_network,
    number_embedding,
    set_first_values,
)
from glassnet.fitting.splits import Splits, no_rows
from glassnet.losses import Loss
from glassnet.network import Network
from glassnet.training.batch_plan import BatchPlan
from glassnet.training.resolved_plan import ResolvedPlan
from glassnet.training.state import TrainingState, stop_and_restore
from glassnet.training.stopping import EarlyStopping, Epoch
from glassnet.training.time_limit import TimeLimit
from glassnet.training.trainer import Trainer
from glassnet.training.validation import Validation


@dataclass(eq=False)
class NetworkFit:
    """One network in training.

    Attributes
    ----------
    network : what is trained
    plan : its settings, with its own seed
    trainer : its engine, optimizer and schedules
    rows : the encoded rows, which several networks share; None once they are released
    splits : which of them it learns from, stops by and calibrates with
    validation : what stops the training, or None
    state : where training stands
    warm : whether the network had been trained before
    diverged : the error that ended its training, if one did
    """

    network: Network
    plan: ResolvedPlan
    trainer: Trainer
    rows: Rows | None
    splits: Splits
    validation: Validation | None = None
    state: TrainingState = field(default_factory=TrainingState)
    warm: bool = False
    diverged: DivergenceError | None = None

    @classmethod
    def begin(
        cls,
        rows: Rows,
        splits: Splits,
        encoder: Encoder,
        loss: Loss,
        n_outputs: int,
        plan: ResolvedPlan,
        earlier: Network | None = None,
    ) -> NetworkFit:
        """Return the fit of a new network, or of the earlier one, on these rows.

        Raises
        ------
        SettingError
            Where the plan asks for another network than the earlier one.
        """
        embedding = number_embedding(plan.recipe, encoder, rows, splits.learning, earlier)
        layers = make_layers(plan, encoder, n_outputs, embedding)
        network = make_network(layers, plan, encoder.n_features, earlier)
        if earlier is None:
            learning = splits.learning
            weight = None if rows.weight is None else rows.weight[learning]
            set_first_values(network, loss, rows.y[learning], weight, plan.recipe)
        trainer = make_trainer(network, loss, plan)
        validation = Validation(rows, index=splits.stopping) if len(splits.stopping) else None
        return cls(network, plan, trainer, rows, splits, validation, warm=earlier is not None)

    @property
    def data(self) -> Rows:
        """The encoded rows.

        Raises
        ------
        RuntimeError
            When they have been released.
        """
        if self.rows is None:
            raise RuntimeError("the rows of this fit have been released.")
        return self.rows

    def epochs(self, limit: TimeLimit | None = None) -> Generator[Epoch, None, None]:
        """Train to the end of the plan; the best weights are restored however it ends."""
        plan, learning, rows = self.plan, self.splits.learning, self.data
        stop = EarlyStopping(plan.patience, plan.scoring) if plan.early_stopping else None
        index = None if len(learning) == rows.n else learning
        batches = BatchPlan.seeded(len(learning), plan.batch_size, plan.seed, index)
        records = self.trainer.epochs(
            rows, self.state, batches, plan.max_epochs, held_out=self.validation, limit=limit
        )
        return stop_and_restore(records, self.network, self.state, stop)

    def train(self) -> None:
        """Train to the end; Ctrl-C and a late divergence end it with the best weights.

        Raises
        ------
        DivergenceError
            In the first epoch.
        """
        try:
            for _ in self.epochs():
                pass
        except KeyboardInterrupt:
            warnings.warn(
                "training interrupted: the weights so far are kept.", RuntimeWarning, stacklevel=2
            )
        except DivergenceError as error:
            if not self.state.epoch:
                raise
            warnings.warn(str(error), RuntimeWarning, stacklevel=2)
        finally:
            self.state.restore_best(self.network)

    @property
    def calibrates(self) -> bool:
        """Whether it holds rows out to calibrate with."""
        return self.rows is not None and len(self.splits.calibrating) > 0

    def calibrating(self) -> Rows:
        """Return the rows that calibrate."""
        return self.data.take(self.splits.calibrating)

    def scores(self, index: Array) -> Array:
        """Return the raw scores of rows, given by their numbers."""
        return self.trainer.engine.predict(self.data.X[index])

    def shorten(self, n_batches: int) -> None:
        """Keep the first batches of the rows to learn from, and one epoch of them."""
        n = n_batches * self.plan.batch_size
        self.splits = replace(self.splits, learning=self.splits.learning[:n])
        self.plan = replace(self.plan, max_epochs=1)

    def release(self) -> None:
        """Let go of the rows, and of the weights that only training needs."""
        self.rows = self.validation = self.state.best = self.state.finite = None
        self.splits = Splits(no_rows(), record=self.splits.record)


def make_trainer(network: Network, loss: Loss, plan: ResolvedPlan) -> Trainer:
    """Return the trainer that a plan asks for; where the native engine is not built, say so."""
    if plan.engine == "auto":
        warn_not_built()
    return Trainer.bind(
        network,
        loss,
        plan.bound_optimizer(),
        schedules=plan.schedules,
        penalty=plan.penalty(),
        clip_norm=plan.clip_norm,
        engine=plan.engine,
        seed=plan.seed,
        n_threads=plan.n_threads,
    )
