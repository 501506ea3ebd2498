"""A trainer: a network bound to its engine, optimizer and schedules, ready for any rows."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field

import numpy as np

from glassnet.data.rows import Rows
from glassnet.engines import Engine, make_engine
from glassnet.errors import SettingError
from glassnet.losses import Loss
from glassnet.network import Network
from glassnet.optimizers import LBFGS, Optimizer
from glassnet.penalties import Penalty
from glassnet.schedules import RunSchedules
from glassnet.training.batch_plan import BatchPlan
from glassnet.training.history import Epoch
from glassnet.training.lbfgs import lbfgs_epochs
from glassnet.training.minibatch import minibatch_epochs
from glassnet.training.state import TrainingState
from glassnet.training.time_limit import TimeLimit
from glassnet.training.validation import Validation


@dataclass(frozen=True, eq=False)
class Trainer:
    """What trains a network. Here alone mini-batch steps and L-BFGS part.

    Attributes
    ----------
    engine : the network bound to its loss, optimizer and penalty
    optimizer : its settings
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
        whole = isinstance(optimizer, LBFGS)
        if whole and (clip_norm is not None or schedules != RunSchedules()):
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
        """Return the records of a training on these rows; see `minibatch_epochs`.

        L-BFGS takes all rows of an epoch at once, and each of its iterations is an epoch.
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
