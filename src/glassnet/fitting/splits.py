"""Split rows into training, early-stopping and calibration sets."""

from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from glassnet.data.split import Split, split_rows
from glassnet.errors import DataError
from glassnet.training.resolved_plan import ResolvedPlan

Array = np.ndarray[Any, np.dtype[Any]]

#: Share of the held-out rows that calibrate; the others stop the training.
CALIBRATION_SHARE = 0.5


def no_rows() -> Array:
    """Return no row numbers."""
    return np.empty(0, np.int64)


@dataclass(frozen=True, eq=False)
class Splits:
    """Three sets of row numbers, of which no two share a row.

    Attributes
    ----------
    learning : rows that the weights are fitted to
    stopping : rows that the best epoch is chosen by
    calibrating : rows that neither saw
    record : how the last two were chosen, with their numbers in the source; None where none were
    """

    learning: Array
    stopping: Array = field(default_factory=no_rows)
    calibrating: Array = field(default_factory=no_rows)
    record: Split | None = None

    @property
    def held_out(self) -> Array:
        """The rows that the weights are not fitted to."""
        return np.concatenate([self.stopping, self.calibrating])


@dataclass(frozen=True, eq=False)
class SplitColumns:
    """What rows are held out by.

    Attributes
    ----------
    y : the target of each row
    groups, time : (n,) or None: rows are held out by whole groups, or the latest ones
    numbers : number of each row in the source
    classes : whether y holds classes, by which rows are held out then
    """

    y: Array
    groups: Array | None
    time: Array | None
    numbers: Array
    classes: bool

    @property
    def by(self) -> str:
        """One of "group", "time", "class" and "chance"."""
        if self.groups is not None:
            return "group"
        if self.time is not None:
            return "time"
        return "class" if self.classes else "chance"

    def hold_out(self, rows: Array, fraction: float, seed: Any) -> tuple[Array, Array]:
        """Return the rows that stay and the rows that are held out, of these."""
        stratify = self.y if self.by == "class" else None
        columns = {"stratify": stratify, "groups": self.groups, "time": self.time}
        chosen = {name: None if c is None else c[rows] for name, c in columns.items()}
        kept, held = split_rows(len(rows), fraction, seed=seed, **chosen)
        return rows[kept], rows[held]


def make_splits(columns: SplitColumns, plan: ResolvedPlan, *, has_validation: bool) -> Splits:
    """Return the splits that a plan asks for.

    Where there are too few rows to split the held-out ones once more, all of them stop the
    training and none calibrates.

    Parameters
    ----------
    columns : what rows are held out by
    plan : says whether rows stop or calibrate, which share, and the seed
    has_validation : whether rows to stop by were given
    """
    n = len(columns.y)
    rows = np.arange(n, dtype=np.int32 if n < 2**31 else np.int64)  # each member keeps its own
    stops = plan.early_stopping and not has_validation
    if not stops and not plan.calibrate:
        return Splits(rows)
    fraction = plan.validation_fraction * (1.0 if stops else CALIBRATION_SHARE)
    learning, held = columns.hold_out(rows, fraction, plan.seed)
    stopping, calibrating = (held, no_rows()) if stops else (no_rows(), held)
    if stops and plan.calibrate:
        with suppress(DataError):  # one group, one time, or no class with two rows
            stopping, calibrating = columns.hold_out(held, CALIBRATION_SHARE, [plan.seed, 1])
    record = Split(columns.by, fraction, plan.seed, columns.numbers[held])
    return Splits(learning, stopping, calibrating, record)
