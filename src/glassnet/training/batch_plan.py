"""The batch plan: the rows of each batch of each epoch, and the mean loss of an epoch.

The order of the rows is drawn from the counter-based generator of `glassnet.rng`, whose counter
contains the number of the epoch. The order of epoch 100 can be drawn without the 99 before it, so a
resumed run has the same batches as an uninterrupted run.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from glassnet.engines import Steps
from glassnet.rng import SHUFFLE, generator

Index = NDArray[np.integer[Any]]

#: Maximum number of rows of one call of an engine, unless a single epoch has more: the row indices
#: of many epochs would need too much memory.
MAX_ROWS_PER_CALL = 2**22


def permutation(n: int, epoch: int, seed: int) -> Index:
    """Return the order of the n rows in an epoch (epoch: 0 to 2^64 - 1)."""
    return generator(seed, SHUFFLE, epoch).permutation(n).astype(np.int64, copy=False)


@dataclass(frozen=True)
class BatchPlan:
    """The batches of all epochs.

    Attributes
    ----------
    n : number of rows of an epoch
    batch_size : rows of a step, at most n; the last batch of an epoch may be shorter
    permutations : function from the number of an epoch to its rows in order (n,)
    mean_over_rows : the loss of an epoch is the mean over its batches, weighted by their total
        weights or, if True, by their numbers of rows

    Examples
    --------
    >>> BatchPlan.seeded(10, 4, seed=0).batches(first_epoch=0, n_epochs=1)[1].tolist()
    [0, 4, 8, 10]
    """

    n: int
    batch_size: int
    permutations: Callable[[int], NDArray[Any]]
    mean_over_rows: bool = False

    @classmethod
    def seeded(cls, n: int, batch_size: int, seed: int, index: Index | None = None) -> Self:
        """Return a plan whose permutations are drawn from a seed.

        A batch of all rows is not permuted.

        Parameters
        ----------
        n, batch_size : as above; a larger batch size means all rows
        seed : the same seed gives the same batches
        index : (n,) indices of the rows to use, if not all
        """
        rows = np.arange(n, dtype=np.int64) if index is None else index
        if batch_size >= n:
            return cls(n, n, lambda epoch: rows)
        return cls(n, batch_size, lambda epoch: rows[permutation(n, epoch, seed)])

    @property
    def steps_per_epoch(self) -> int:
        """The number of batches of an epoch."""
        return -(-self.n // self.batch_size)

    @property
    def epochs_per_call(self) -> int:
        """The number of epochs that one call of an engine may cover."""
        return max(1, MAX_ROWS_PER_CALL // self.n)

    def batches(self, first_epoch: int, n_epochs: int) -> tuple[NDArray[Any], Index]:
        """Return the concatenated rows of several epochs, and the offsets of their batches.

        No batch contains rows of two epochs.
        """
        orders = [self.permutations(first_epoch + i) for i in range(n_epochs)]
        order = np.concatenate(orders).astype(np.int64, copy=False)
        starts = np.arange(0, self.n, self.batch_size, dtype=np.int64)
        offsets = (starts + self.n * np.arange(n_epochs, dtype=np.int64)[:, None]).ravel()
        return order, np.append(offsets, np.int64(self.n * n_epochs))

    def last_epoch_loss(self, steps: Steps) -> float:
        """Return the mean loss of the last epoch of these steps."""
        last = slice(len(steps.losses) - self.steps_per_epoch, None)
        sizes = np.minimum(self.batch_size, self.n - np.arange(0, self.n, self.batch_size))
        counted = sizes if self.mean_over_rows else steps.weights[last]
        return float(np.dot(steps.losses[last], counted) / counted.sum())
