"""Split rows into training and held-out rows: at random, by class, by group or by time.

The same seed gives the same split. scikit-learn is not used because its import takes a second.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from glassnet.data.files.arrow import refuse_damaged
from glassnet.data.tables.values import is_missing
from glassnet.errors import DataError, SettingError

Rows = NDArray[np.int64]

#: The maximum number of row indices to store; more would take more space than the model.
MAX_WRITTEN = 10_000


@dataclass(frozen=True, eq=False)
class Split:
    """The indices of the held-out rows, and how they were chosen.

    `by` is "chance" (at random), "class", "group" or "time"; `fraction` is the share of the rows.
    """

    by: str
    fraction: float
    seed: int
    rows: NDArray[Any]

    def to_plain(self) -> dict[str, Any]:
        """Return the split as JSON values.

        Of very many rows only the number and the SHA-256 of all indices (int64, little-endian)
        are stored.
        """
        digest = hashlib.sha256(self.rows.astype("<i8").tobytes()).hexdigest()
        written = {"rows": self.rows.tolist()} if len(self.rows) <= MAX_WRITTEN else {}
        return {
            "by": self.by,
            "fraction": self.fraction,
            "seed": self.seed,
            "held_out": len(self.rows),
            "sha256": digest,
            **written,
        }


def split_rows(
    n: int,
    fraction: float,
    *,
    seed: int | Sequence[int] | np.random.SeedSequence,
    stratify: ArrayLike | None = None,
    groups: ArrayLike | None = None,
    time: ArrayLike | None = None,
) -> tuple[Rows, Rows]:
    """Return (training rows, held-out rows), both sorted; together they are 0 ... n - 1.

    Parameters
    ----------
    n : int
        The number of rows.
    fraction : float
        The share to hold out, above 0 and below 1: `round(n * fraction)` rows, with at least one
        held-out row and one training row.
    seed : int, sequence of int or SeedSequence
        The same seed gives the same rows.
    stratify : array of n labels, optional
        Hold out the same share of each class, up to rounding (largest remainders first). Every
        class keeps at least one training row, so fewer rows are held out if there are too few.
    groups : array of n labels, optional
        Hold out whole groups, in random order, as long as that brings the number of held-out rows
        nearer to the requested one; at least one group.
    time : array of n numbers or date-times, optional
        Hold out the latest rows: all are later than the training rows. Rows with equal times stay
        together; if the split would separate them they are held out, except for the earliest time.

    At most one of `stratify`, `groups` and `time` is given.

    Raises
    ------
    DataError
        If there are fewer than two rows, no class has two rows, there is only one group or time,
        or groups or times are missing.
    SettingError
        If the fraction is not between 0 and 1, or two ways to split are given.
    """
    if sum(given is not None for given in (stratify, groups, time)) > 1:
        raise SettingError(
            "rows are held out by class, by group or by time: give one of stratify, groups and "
            "time."
        )
    if not 0.0 < fraction < 1.0:
        raise SettingError(
            f"the fraction of rows to hold out must lie between 0 and 1, got {fraction!r}."
        )
    if n < 2:
        raise DataError(f"holding rows out needs at least 2 rows, got {n} (n_samples={n}).")
    rng = np.random.Generator(np.random.Philox(seed))
    n_held = min(max(1, round(n * fraction)), n - 1)
    if groups is not None:
        held = _whole_groups(_labels(groups, n, "groups to split by"), n_held, rng)
    elif time is not None:
        held = _latest(_labels(time, n, "times to split by"), n_held)
    elif stratify is None:
        held = rng.permutation(n)[:n_held]
    else:
        labels = _labels(stratify, n, "labels to stratify by", may_be_missing=True)
        classes, codes, counts = np.unique(labels, return_inverse=True, return_counts=True)
        if len(classes) == n:
            raise DataError(
                f"cannot hold rows out by class: each of the {n} rows is the only one of its "
                "class. A class needs several rows."
            )
        shares = _shares(counts, n_held)
        held = np.concatenate(
            [rng.permutation(np.flatnonzero(codes == i))[:share] for i, share in enumerate(shares)]
        )
    mask = np.zeros(n, dtype=bool)
    mask[held] = True
    return np.flatnonzero(~mask).astype(np.int64), np.flatnonzero(mask).astype(np.int64)


def _labels(values: ArrayLike, n: int, what: str, *, may_be_missing: bool = False) -> NDArray[Any]:
    refuse_damaged(values)
    labels = np.asarray(values)
    if labels.shape != (n,):
        raise DataError(f"the {what} must have shape ({n},), got {labels.shape}.")
    if may_be_missing:
        return labels
    if (missing := is_missing(labels)).any():
        raise DataError(
            f"the {what} have {int(missing.sum())} missing values, the first in row "
            f"{int(missing.argmax())} (counting from 0)."
        )
    return labels.astype(str) if labels.dtype == object else labels


def _whole_groups(labels: NDArray[Any], n_held: int, rng: np.random.Generator) -> NDArray[np.intp]:
    found, codes, counts = np.unique(labels, return_inverse=True, return_counts=True)
    if len(found) < 2:
        raise DataError("cannot hold rows out by group: all rows are of one group.")
    order = rng.permutation(len(found))[:-1]  # one group remains for training
    sizes = np.cumsum(counts[order])
    return np.flatnonzero(np.isin(codes, order[: int(np.abs(sizes - n_held).argmin()) + 1]))


def _latest(times: NDArray[Any], n_held: int) -> NDArray[np.intp]:
    if times.dtype.kind not in "iufmM":
        raise DataError(
            "the times to split by are text: expected numbers or date-times such as 2026-01-31."
        )
    first = np.sort(times)[-n_held]
    held = times >= first if first > times.min() else times > first
    if not held.any():
        raise DataError("cannot hold the latest rows out: all rows are of one time.")
    return np.flatnonzero(held)


def _shares(counts: NDArray[np.int64], n_held: int) -> NDArray[np.int64]:
    """Return how many rows of each class to hold out: n_held in total, but not all of a class."""
    spare = counts - 1
    n_held = min(n_held, int(spare.sum()))
    quota = counts * (n_held / counts.sum())
    shares: NDArray[np.int64] = np.minimum(np.floor(quota).astype(np.int64), spare)
    while (left := n_held - int(shares.sum())) > 0:
        # Full classes are skipped. One round is enough unless some classes have a single row.
        order = np.argsort(-(quota - shares), kind="stable")
        shares[order[shares[order] < spare[order]][:left]] += 1
    return shares
