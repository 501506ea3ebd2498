"""How rows outside of training differ from those learned from: drift, and rows that are in both."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassnet.data.tables.column_data import Categories
from glassnet.inspection.diagnosis.parts import Known

Array = NDArray[Any]

MAX_ROWS = 20_000
#: The probability of any false alarm over all columns of a table.
ALARM = 1e-3


@dataclass(frozen=True)
class Shift:
    """The distance between the distributions of a column in two parts.

    name : of the column; "" is the target
    distance : the largest difference of the distribution functions (Kolmogorov-Smirnov); for
        categories half the sum of the differences of the shares
    by_chance : the distance that differs by chance once in 1000 tables
    """

    name: str
    distance: float
    by_chance: float


@dataclass(frozen=True)
class Between:
    """What two parts of a table have in common, and what not.

    n_learned, n_outside : numbers of rows
    shifts : for each column and the target
    shared : the number of outside rows that are equal to a learned row in all features and target
    shared_by_chance : the expected number if the columns were independent
    example : row numbers (outside, learned) of one such pair, () if there is none
    by : how the rows outside were chosen: "given", or as in `glassnet.data.split.Split`
    """

    n_learned: int
    n_outside: int
    shifts: tuple[Shift, ...]
    shared: int
    shared_by_chance: float
    example: tuple[int, ...]
    by: str


def between(learned: Known, outside: Known, by: str) -> Between:
    """Compare the rows learned from with rows outside of training."""
    learned, outside = _sample(learned), _sample(outside)
    names = learned.table.schema.names
    level = ALARM / (len(names) + 1)
    pairs = [(name, learned.table.stored(name), outside.table.stored(name)) for name in names]
    shifts = [_shift(name, a, b, level) for name, a, b in pairs]
    shifts.append(_shift("", _target(learned.y), _target(outside.y), level))
    ours, theirs = _row_keys(learned, outside)
    where = {key: int(i) for key, i in zip(ours, learned.index, strict=True)}
    both = [i for i, key in enumerate(theirs) if key in where]
    example = (int(outside.index[both[0]]), where[theirs[both[0]]]) if both else ()
    return Between(
        learned.n,
        outside.n,
        tuple(shifts),
        len(both),
        outside.n * -math.expm1(-learned.n * _collision(learned)),
        example,
        by,
    )


def _sample(rows: Known) -> Known:
    if rows.n <= MAX_ROWS:
        return rows
    return rows.take(np.sort(np.random.default_rng(0).permutation(rows.n)[:MAX_ROWS]))


def _target(y: Array) -> Array:
    return y if y.ndim == 1 else y[:, 0]


def _shift(name: str, a: Any, b: Any, level: float) -> Shift:
    """Return the shift of a column; `level` is the probability of a false alarm."""
    if isinstance(a, Categories) or np.asarray(a).dtype.kind in "iub":
        counts = (_counts(a), _counts(b))
        n, m = (max(1, sum(one.values())) for one in counts)
        keys = counts[0].keys() | counts[1].keys()
        distance = 0.5 * sum(abs(counts[0][key] / n - counts[1][key] / m) for key in keys)
        # The distance of two samples has a mean of about sqrt(k (1/n + 1/m) / (2 pi)) and varies
        # as a mean of rows does (McDiarmid's inequality).
        mean = math.sqrt(len(keys) * (1 / n + 1 / m) / (2 * math.pi))
        chance = mean + math.sqrt(-math.log(level) * (1 / n + 1 / m) / 2)
        return Shift(name, distance, chance)
    ours, theirs = (_sorted_numbers(column) for column in (a, b))
    n, m = len(ours), len(theirs)
    if not n or not m:
        return Shift(name, 0.0, 1.0)
    at = np.concatenate([ours, theirs])
    F, G = (np.searchsorted(part, at, side="right") / len(part) for part in (ours, theirs))
    chance = math.sqrt(-math.log(level / 2) / 2 * (n + m) / (n * m))
    return Shift(name, float(np.abs(F - G).max()), chance)


def _counts(column: Any) -> Counter[Any]:
    if isinstance(column, Categories):
        levels = np.array([*column.levels, ""], object)
        return Counter(levels[column.codes].tolist())
    return Counter(np.asarray(column).tolist())


def _sorted_numbers(column: Any) -> Array:
    values = column.astype(np.int64) if column.dtype.kind == "M" else column
    values = np.asarray(values, np.float64)
    return np.sort(values[np.isfinite(values)])


def _row_keys(*parts: Known) -> list[list[bytes]]:
    """Return a key for each row of each part, equal for rows equal in all cells."""
    keys = []
    for part in parts:
        columns = []
        for name in part.table.schema.names:
            stored = part.table.stored(name)
            if isinstance(stored, Categories):
                texts = np.array([hash(level) for level in (*stored.levels, None)], np.int64)
                columns.append(texts[stored.codes])
            else:
                values = stored.astype(np.int64) if stored.dtype.kind == "M" else stored
                columns.append((np.asarray(values, np.float64) + 0.0).view(np.int64))
        y = part.y.reshape(part.n, -1).astype(np.float64)
        columns += [column.copy().view(np.int64) for column in y.T]
        block = np.ascontiguousarray(np.stack(columns, axis=1))
        keys.append([row.tobytes() for row in block])
    return keys


def _collision(rows: Known) -> float:
    """Return the probability that two rows are equal by chance, were the columns independent."""
    log_p = 0.0
    columns = [rows.table.stored(name) for name in rows.table.schema.names]
    for column in (*columns, _target(rows.y)):
        codes = column.codes if isinstance(column, Categories) else column
        _, counts = np.unique(np.asarray(codes), return_counts=True)
        log_p += math.log(float(((counts / rows.n) ** 2).sum()))
    return math.exp(log_p)
