"""In which order an epoch visits the rows, and where one batch ends and the next begins.

The order is drawn from the counter-based generator of `glassnet.rng`, whose counter holds the
number of the epoch: epoch 100 can be drawn without the 99 before it, so a resumed run sees the
batches that the uninterrupted one would have seen.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from glassnet.rng import SHUFFLE, generator

Rows = NDArray[np.int64]
Orders = Callable[[int], Rows]


def epoch_order(n: int, epoch: int, seed: int) -> Rows:
    """Return the permutation of n rows that this epoch visits (epoch: 0 to 2^64 - 1)."""
    return generator(seed, SHUFFLE, epoch).permutation(n).astype(np.int64, copy=False)


def batch_offsets(n: int, batch_size: int) -> Rows:
    """Return where batches start and the last one ends: [0, b, 2b, ..., n]; the last may be shorter.

    Examples
    --------
    >>> batch_offsets(10, 4).tolist()
    [0, 4, 8, 10]
    """
    return np.append(np.arange(0, n, batch_size, dtype=np.int64), np.int64(n))


def seeded_orders(n: int, batch_size: int, seed: int) -> Orders:
    """Return the function from the number of an epoch to its order.

    A batch of all rows takes them as they stand: its sums do not ask for an order.
    """
    if batch_size >= n:
        stand = np.arange(n, dtype=np.int64)
        return lambda epoch: stand
    return lambda epoch: epoch_order(n, epoch, seed)


def plan_epochs(
    n: int, batch_size: int, first_epoch: int, n_epochs: int, orders: Orders
) -> tuple[Rows, Rows]:
    """Return the order of several epochs end to end (n * n_epochs,) and the offsets of all their batches in it.

    No batch reaches over the end of an epoch.
    """
    order = np.concatenate([orders(first_epoch + i) for i in range(n_epochs)])
    starts = batch_offsets(n, batch_size)[:-1]
    offsets = (starts + n * np.arange(n_epochs, dtype=np.int64)[:, None]).ravel()
    return order, np.append(offsets, np.int64(n * n_epochs))
