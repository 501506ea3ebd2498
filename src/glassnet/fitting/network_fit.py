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
    set_initial_parameters,
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
    """The fit of one network.

    Attributes
    ----------
    network : the network to train
    plan : the settings, with the seed of this network
    trainer : the engine, optimizer and schedules
    rows : the encoded rows, shared by all networks; None after `release`
    splits : the training, early-stopping and calibration rows of this network
    validation : the rows that early stopping watches, or None
    state : the state of training
    warm : whether the network was trained before
    diverged : the divergence that ended training, or None
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
            If the plan requires another network than the earlier one.
        """
        embedding = number_embedding(plan.recipe, encoder, rows, splits.learning, earlier)
        layers = make_layers(plan, encoder, n_outputs, embedding)
        network = make_network(layers, plan, encoder.n_features, earlier)
        if earlier is None:
            learning = splits.learning
            weight = None if rows.weight is None else rows.weight[learning]
            set_initial_parameters(network, loss, rows.y[learning], weight, plan.recipe)
        trainer = make_trainer(network, loss, plan)
        validation = Validation(rows, index=splits.stopping) if len(splits.stopping) else None
        return cls(network, plan, trainer, rows, splits, validation, warm=earlier is not None)

    @property
    def data(self) -> Rows:
        """The encoded rows.

        Raises
        ------
        RuntimeError
            If the rows have been released.
        """
        if self.rows is None:
            raise RuntimeError("the rows of this fit have been released.")
        return self.rows

    def epochs(self, limit: TimeLimit | None = None) -> Generator[Epoch, None, None]:
        """Yield the records of training to the end of the plan; the best weights are restored."""
        plan, learning, rows = self.plan, self.splits.learning, self.data
        stop = EarlyStopping(plan.patience, plan.scoring) if plan.early_stopping else None
        index = None if len(learning) == rows.n else learning
        batches = BatchPlan.seeded(len(learning), plan.batch_size, plan.seed, index)
        records = self.trainer.epochs(
            rows, self.state, batches, plan.max_epochs, held_out=self.validation, limit=limit
        )
        return stop_and_restore(records, self.network, self.state, stop)

    def train(self) -> None:
        """Train to the end of the plan; Ctrl-C or a late divergence ends it with the best weights.

        Raises
        ------
        DivergenceError
            If training diverges in the first epoch.
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
        """Whether the fit has calibration rows."""
        return self.rows is not None and len(self.splits.calibrating) > 0

    def calibrating(self) -> Rows:
        """Return the calibration rows."""
        return self.data.take(self.splits.calibrating)

    def scores(self, index: Array) -> Array:
        """Return the raw scores of the rows with these indices."""
        return self.trainer.engine.predict(self.data.X[index])

    def shorten(self, n_batches: int) -> None:
        """Keep only the first batches of the training rows, and one epoch."""
        n = n_batches * self.plan.batch_size
        self.splits = replace(self.splits, learning=self.splits.learning[:n])
        self.plan = replace(self.plan, max_epochs=1)

    def release(self) -> None:
        """Drop the rows, and the weights that only training needs."""
        self.rows = self.validation = self.state.best = self.state.finite = None
        self.splits = Splits(no_rows(), record=self.splits.record)


def make_trainer(network: Network, loss: Loss, plan: ResolvedPlan) -> Trainer:
    """Return the trainer for a plan; warn if the native engine is not built."""
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
