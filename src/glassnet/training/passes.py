"""How an epoch passes over the rows: in batches of which size, in which order, and what its loss is the mean over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from glassnet.data.batches import Orders, plan_epochs, seeded_orders
from glassnet.engines import Steps

Array = np.ndarray[Any, np.dtype[Any]]

#: Rows that one call of an engine visits at most, or one epoch: the order of a record of many
#: epochs would fill the memory.
ROWS_AT_ONCE = 2**22


@dataclass(frozen=True)
class Passes:
    """Passes over n rows.

    Attributes
    ----------
    n : rows of an epoch
    batch_size : rows to a step, at most n; the last batch of an epoch may be shorter
    orders : the number of an epoch -> the order in which it visits the rows (n,)
    mean_over_rows : the loss of an epoch is the mean over its batches, each counted by its weight;
        True counts it by its number of rows
    """

    n: int
    batch_size: int
    orders: Orders
    mean_over_rows: bool = False

    @classmethod
    def seeded(cls, n: int, batch_size: int, seed: int) -> Passes:
        """Return passes in orders drawn from a seed."""
        batch_size = min(batch_size, n)
        return cls(n, batch_size, seeded_orders(n, batch_size, seed))

    @property
    def steps_per_epoch(self) -> int:
        """The number of batches of an epoch."""
        return -(-self.n // self.batch_size)

    @property
    def epochs_at_once(self) -> int:
        """How many epochs one call of an engine may cover."""
        return max(1, ROWS_AT_ONCE // self.n)

    def plan(self, first_epoch: int, n_epochs: int) -> tuple[Array, Array]:
        """Return the order of these epochs end to end, and the offsets of their batches in it."""
        return plan_epochs(self.n, self.batch_size, first_epoch, n_epochs, self.orders)

    def loss_of_last(self, steps: Steps) -> float:
        """Return the mean loss of the last epoch of these steps."""
        last = slice(len(steps.losses) - self.steps_per_epoch, None)
        starts = np.arange(0, self.n, self.batch_size)
        counted = (
            np.minimum(self.batch_size, self.n - starts)
            if self.mean_over_rows
            else steps.weights[last]
        )
        return float(np.dot(steps.losses[last], counted) / counted.sum())
