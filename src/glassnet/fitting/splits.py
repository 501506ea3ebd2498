"""Split rows into training, early-stopping and calibration sets."""

from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from glassnet.data.split import Split, split_rows
from glassnet.errors import DataError
from glassnet.training.resolved_plan import ResolvedPlan

Array = np.ndarray[Any, np.dtype[Any]]

#: Share of the held-out rows used for calibration; the others are used for early stopping.
CALIBRATION_SHARE = 0.5


def no_rows() -> Array:
    """Return an empty array of row indices."""
    return np.empty(0, np.int64)


@dataclass(frozen=True, eq=False)
class Splits:
    """Three disjoint sets of row indices.

    Attributes
    ----------
    learning : rows to fit the weights
    stopping : rows to choose the best epoch
    calibrating : rows for calibration, used for neither of the former
    record : how the last two were chosen, with their row numbers in the source; None without them
    """

    learning: Array
    stopping: Array = field(default_factory=no_rows)
    calibrating: Array = field(default_factory=no_rows)
    record: Split | None = None

    @property
    def held_out(self) -> Array:
        """The early-stopping and the calibration rows."""
        return np.concatenate([self.stopping, self.calibrating])


@dataclass(frozen=True, eq=False)
class SplitColumns:
    """The columns that decide which rows are held out.

    Attributes
    ----------
    y : the target of each row
    groups : (n,) or None; whole groups are held out
    time : (n,) or None; the latest rows are held out
    numbers : number of each row in the source
    classes : whether y contains classes; held-out rows are then stratified by class
    """

    y: Array
    groups: Array | None
    time: Array | None
    numbers: Array
    classes: bool

    @property
    def by(self) -> str:
        """How rows are held out: by "group", "time" or "class", or at random ("chance")."""
        if self.groups is not None:
            return "group"
        if self.time is not None:
            return "time"
        return "class" if self.classes else "chance"

    def hold_out(self, rows: Array, fraction: float, seed: Any) -> tuple[Array, Array]:
        """Split rows: return those to keep and those to hold out."""
        stratify = self.y if self.by == "class" else None
        columns = {"stratify": stratify, "groups": self.groups, "time": self.time}
        chosen = {name: None if c is None else c[rows] for name, c in columns.items()}
        kept, held = split_rows(len(rows), fraction, seed=seed, **chosen)
        return rows[kept], rows[held]


def make_splits(columns: SplitColumns, plan: ResolvedPlan, *, has_validation: bool) -> Splits:
    """Return the splits for a plan.

    If the held-out rows cannot be split again, all of them are early-stopping rows and none are
    calibration rows.

    Parameters
    ----------
    columns : the columns that decide which rows are held out
    plan : whether to stop early, whether to calibrate, the share to hold out, and the seed
    has_validation : whether early-stopping rows were given
    """
    n = len(columns.y)
    rows = np.arange(
        n, dtype=np.int32 if n < 2**31 else np.int64
    )  # int32 saves memory: each member has its own
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
