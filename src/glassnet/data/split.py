"""Which rows to train on and which to hold out: seeded, and stratified when asked.

A few lines of our own, so that training does not wait a second for scikit-learn to be imported.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from glassnet.errors import DataError, SettingError

Rows = NDArray[np.int64]


def split_rows(
    n: int, fraction: float, *, seed: int | Sequence[int] | np.random.SeedSequence, stratify: ArrayLike | None = None
) -> tuple[Rows, Rows]:
    """Return (training rows, held-out rows), both sorted; together they are 0 ... n - 1.

    Parameters
    ----------
    n : int
        The number of rows.
    fraction : float
        The share to hold out, above 0 and below 1: `round(n * fraction)` rows, at least one held out and one trained on.
    seed : int, sequence of int or SeedSequence
        The same seed gives the same rows.
    stratify : array of n labels, optional
        Hold out the same share of each class, as near as whole rows allow (largest remainders first); every class keeps at least one row to
        train on, so fewer rows are held out where there are too few to spare.

    Raises
    ------
    DataError
        For fewer than two rows, or when no class has a row to spare.
    SettingError
        For a fraction that is not between 0 and 1.
    """
    if not 0.0 < fraction < 1.0:
        raise SettingError(f"the fraction of rows to hold out must lie between 0 and 1, got {fraction!r}.")
    if n < 2:
        raise DataError(f"holding rows out needs at least 2 rows, got {n} (n_samples={n}).")
    rng = np.random.Generator(np.random.Philox(seed))
    n_held = min(max(1, round(n * fraction)), n - 1)
    if stratify is None:
        held = rng.permutation(n)[:n_held]
    else:
        labels = np.asarray(stratify)
        if labels.shape != (n,):
            raise DataError(f"there are {n} rows but the labels to stratify by have shape {labels.shape}: expected ({n},).")
        classes, codes, counts = np.unique(labels, return_inverse=True, return_counts=True)
        if len(classes) == n:
            raise DataError(
                f"cannot hold rows out by class: each of the {n} rows is the only one of its class. A class needs several rows."
            )
        shares = _shares(counts, n_held)
        held = np.concatenate([rng.permutation(np.flatnonzero(codes == i))[:share] for i, share in enumerate(shares)])
    mask = np.zeros(n, dtype=bool)
    mask[held] = True
    return np.flatnonzero(~mask).astype(np.int64), np.flatnonzero(mask).astype(np.int64)


def _shares(counts: NDArray[np.int64], n_held: int) -> NDArray[np.int64]:
    """Return how many rows of each class to hold out: n_held in all, in proportion, and never the last one of a class."""
    spare = counts - 1
    n_held = min(n_held, int(spare.sum()))
    quota = counts * (n_held / counts.sum())
    shares: NDArray[np.int64] = np.minimum(np.floor(quota).astype(np.int64), spare)
    while (left := n_held - int(shares.sum())) > 0:
        # Those that are full drop out; one round is enough unless single-row classes handed their share on.
        order = np.argsort(-(quota - shares), kind="stable")
        shares[order[shares[order] < spare[order]][:left]] += 1
    return shares
