"""Operations on the cells of a table, which make the features of a network.

The model computes all of them in float64; `Cast` rounds to the dtype of the network.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from glassnet.data.coding.dates import CYCLES, DAY, Cycle
from glassnet.data.coding.moments import standardize
from glassnet.data.coding.number_coding import FAR
from glassnet.graph.operation import FUNCTION, Array, Operation, no_error


@dataclass(frozen=True, eq=False)
class Numbers(Operation):
    """Number columns side by side, NaN where a cell is missing.

    origin : (k,) whole numbers that are subtracted first. They are 0, except for columns of whole
        numbers beyond 2^53, such as times in nanoseconds: floats are too coarse for these, so their
        difference is taken between whole numbers.
    """

    names: tuple[str, ...]
    origin: tuple[int, ...]
    formula: ClassVar[str] = "x_j = cell_j - origin_j"

    def evaluate(self, *inputs: Array) -> Array:
        """Return the numbers (n, k)."""
        n = len(inputs[0]) if inputs else 0
        X = np.empty((n, len(self.names)))
        for j, (cells, origin) in enumerate(zip(inputs, self.origin, strict=True)):
            if cells.dtype == object:
                X[:, j] = [np.nan if cell is None else float(cell - origin) for cell in cells]
            else:
                X[:, j] = cells - float(origin)
        return X

    def error(self, inputs: Sequence[Array], errors: Sequence[Array], output: Array) -> Array:
        """A difference of whole numbers is rounded once."""
        whole = np.array([cells.dtype == object for cells in inputs], bool)
        return np.where(whole, np.abs(np.nan_to_num(output)) * self.eps, 0.0)


@dataclass(frozen=True, eq=False)
class Missing(Operation):
    """0/1 indicators of missing cells.

    columns : (m,) the columns of the input that have an indicator
    mark : (m,) 1; 0 for a column that had only missing values in training
    """

    names: tuple[str, ...]
    columns: Array
    mark: Array
    formula: ClassVar[str] = "y_j = mark_j if x_columns_j is missing, else 0"

    def evaluate(self, *inputs: Array) -> Array:
        """Return the indicators (n, m)."""
        return np.isnan(inputs[0][:, self.columns]) * self.mark

    def error(self, inputs: Sequence[Array], errors: Sequence[Array], output: Array) -> Array:
        """Indicators are exact."""
        return no_error(output)


@dataclass(frozen=True, eq=False)
class Fill(Operation):
    """Numbers that stand for missing cells.

    value : (k,) the center of each column
    always : (k,) whether it stands for every cell: the column was constant in training
    """

    value: Array
    always: Array
    formula: ClassVar[str] = "y_j = value_j if x_j is missing or always_j, else x_j"

    def evaluate(self, *inputs: Array) -> Array:
        """Return the filled numbers (n, k)."""
        return np.where(np.isnan(inputs[0]) | self.always, self.value, inputs[0])

    def error(self, inputs: Sequence[Array], errors: Sequence[Array], output: Array) -> Array:
        """Filled numbers are exact."""
        return np.where(np.isnan(inputs[0]) | self.always, 0.0, errors[0])


@dataclass(frozen=True, eq=False)
class Standardize(Operation):
    """Numbers relative to the center and the width of their column.

    mean, scale : (k,)
    """

    mean: Array
    scale: Array
    formula: ClassVar[str] = "z_j = (x_j - mean_j) / scale_j"

    def evaluate(self, *inputs: Array) -> Array:
        """Return the scaled numbers (n, k)."""
        return standardize(inputs[0], self.mean, self.scale)

    def error(self, inputs: Sequence[Array], errors: Sequence[Array], output: Array) -> Array:
        """The difference and the quotient are rounded once each."""
        with np.errstate(over="ignore"):
            return errors[0] / self.scale + 4.0 * self.eps * np.abs(output)


@dataclass(frozen=True, eq=False)
class SmoothClip(Operation):
    """The smooth clip of RealMLP, which keeps numbers within (-limit, limit).

    Holzmueller, Grinsztajn and Steinwart 2024, section 3. Its slope is (1 + (z / limit)^2)^(-3/2).

    far : beyond it numbers are clipped first
    """

    limit: float
    far: float = FAR
    formula: ClassVar[str] = (
        "y_j = z_j / sqrt(1 + (z_j / limit)^2), with z_j clipped to [-far, far] before"
    )

    def evaluate(self, *inputs: Array) -> Array:
        """Return the clipped numbers (n, k)."""
        Z = np.clip(inputs[0], -self.far, self.far)
        return np.asarray(Z / np.sqrt(1.0 + (Z * (1.0 / self.limit)) ** 2))

    def error(self, inputs: Sequence[Array], errors: Sequence[Array], output: Array) -> Array:
        """The error of z times the largest slope within reach, that of the smallest |z|."""
        Z, e = inputs[0], np.minimum(errors[0], self.far)
        least = np.clip(np.abs(Z) - e, 0.0, self.far)
        carried = e / (1.0 + (least / self.limit) ** 2) ** 1.5
        return np.asarray(carried + FUNCTION * self.eps * np.abs(output))


@dataclass(frozen=True, eq=False)
class OneHot(Operation):
    """0/1 features of a category column: 1 at the place of the level, 0 elsewhere.

    levels : the levels of training
    places : (n_levels,) the feature of each level; -1 for none
    unseen : the feature of every other level; -1 for none
    missing : the feature of a missing cell; -1 for none
    """

    names: tuple[str, ...]
    levels: tuple[str, ...]
    places: Array
    unseen: int
    missing: int
    formula: ClassVar[str] = (
        "y_j = 1 if j = place, else 0, with place = places[level], unseen or missing"
    )

    def evaluate(self, *inputs: Array) -> Array:
        """Return the features (n, n_features)."""
        place = places_of(inputs[0], self.levels, self.places, self.unseen, self.missing)
        return np.asarray(place[:, None] == np.arange(len(self.names)), np.float64)

    def error(self, inputs: Sequence[Array], errors: Sequence[Array], output: Array) -> Array:
        """Indicators are exact."""
        return no_error(output)


@dataclass(frozen=True, eq=False)
class Code(Operation):
    """The code of a category column, which selects a row of an embedding.

    levels, places, unseen, missing : as for `OneHot`, with the code in place of the feature
    """

    names: tuple[str, ...]
    levels: tuple[str, ...]
    places: Array
    unseen: int
    missing: int
    formula: ClassVar[str] = "y = places[level], unseen or missing"

    def evaluate(self, *inputs: Array) -> Array:
        """Return the codes (n, 1)."""
        place = places_of(inputs[0], self.levels, self.places, self.unseen, self.missing)
        return place[:, None].astype(np.float64)

    def error(self, inputs: Sequence[Array], errors: Sequence[Array], output: Array) -> Array:
        """Codes are exact."""
        return no_error(output)


def places_of(
    cells: Array, levels: Sequence[str], places: Array, unseen: int, missing: int
) -> Array:
    """Return the place of each cell (n,): that of its level, of a new level, or of a gap."""
    place = dict(zip(levels, places.tolist(), strict=True))
    return np.array(
        [missing if cell is None else place.get(cell, unseen) for cell in cells], np.int64
    )


@dataclass(frozen=True, eq=False)
class Days(Operation):
    """Days since 1970 with fractions and, if there is a second name, the year; NaN if missing."""

    names: tuple[str, ...]
    formula: ClassVar[str] = "x_1 = microseconds since 1970 / 86,400,000,000, x_2 = year"

    def evaluate(self, *inputs: Array) -> Array:
        """Return days and years (n, 1) or (n, 2)."""
        (dates,) = inputs
        years = dates.astype("datetime64[Y]").astype(np.int64) + 1970
        X = np.stack([dates.astype("datetime64[us]").astype(np.int64) / DAY, years], axis=1)
        X[np.isnat(dates)] = np.nan
        return np.asarray(X[:, : len(self.names)])

    def error(self, inputs: Sequence[Array], errors: Sequence[Array], output: Array) -> Array:
        """The quotient is rounded once, like in the model."""
        return no_error(output)


@dataclass(frozen=True, eq=False)
class Wave(Operation):
    """Sine and cosine of a cycle of a date-time, such as the hour of the day.

    cycle : "month", "day", "weekday", "hour", "minute" or "second"; the phase is the number of
        whole such units since the beginning of the larger one
    period : how many there are
    varied : (2,) 1, or 0 for a sine or a cosine that was constant in training
    """

    names: tuple[str, ...]
    cycle: Cycle
    period: float
    varied: Array
    formula: ClassVar[str] = (
        "y = varied * (sin a, cos a), a = 2 pi phase / period; 0 if the cell is missing"
    )

    def evaluate(self, *inputs: Array) -> Array:
        """Return sine and cosine (n, 2)."""
        (dates,) = inputs
        angle = 2.0 * np.pi / self.period * CYCLES[self.cycle][1](dates)
        waves = np.stack([np.sin(angle), np.cos(angle)], axis=1)
        return np.where(np.isnat(dates)[:, None], 0.0, waves * self.varied)

    def error(self, inputs: Sequence[Array], errors: Sequence[Array], output: Array) -> Array:
        """The angle and its sine are rounded."""
        return FUNCTION * self.eps * (np.abs(output) + 2.0 * np.pi * self.varied)


@dataclass(frozen=True, eq=False)
class Concatenate(Operation):
    """Signals side by side: the features of the network, in order."""

    names: tuple[str, ...]
    formula: ClassVar[str] = "X = [input_1, input_2, ...]"

    def evaluate(self, *inputs: Array) -> Array:
        """Return the features (n, n_features)."""
        return np.concatenate(inputs, axis=1)

    def error(self, inputs: Sequence[Array], errors: Sequence[Array], output: Array) -> Array:
        """Nothing is computed."""
        return np.concatenate(errors, axis=1)


@dataclass(frozen=True, eq=False)
class Cast(Operation):
    """Numbers rounded to the dtype of the operation; the interpreter keeps them as they are."""

    formula: ClassVar[str] = "y = x, rounded to dtype"

    def evaluate(self, *inputs: Array) -> Array:
        """Return the input."""
        return inputs[0]

    def error(self, inputs: Sequence[Array], errors: Sequence[Array], output: Array) -> Array:
        """Every number is rounded once."""
        return errors[0] + self.eps * np.abs(output)
