"""Statistics of the training rows with which later tables are compared, column by column.

They are the number of missing values, the range, and how rare the rarest levels are: numbers only.
The names and levels are those of the encoder. See `glassnet.data.review.drift`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassnet.data.coding.encoder import Encoder
from glassnet.data.coding.moments import extent
from glassnet.data.serialization import STORED_AS, Serializable
from glassnet.data.tables.table import Table
from glassnet.data.tables.values import is_missing, row_chunks

Counts = NDArray[np.int64]


@dataclass(frozen=True)
class Reference(Serializable):
    """Statistics of the training rows, with which later tables are compared.

    Attributes
    ----------
    rows : their number
    missing : the number of missing values of each column: the numbers, then the categories and
        booleans, then the date-times
    low, high : the smallest and the largest value of each number; None where all were missing
    first, last : the earliest and the latest of each date-time, microseconds since 1970; None where
        all were missing
    rare, spread : of each category or boolean, how often a new row has a level that the model does
        not list: with a chance of about rare / n, whose variance beyond that of a count is about
        spread / n^2, where n rows were not missing

    Notes
    -----
    Good (1953): let R be the most rows that a level had that the model does not list (0 where it
    lists all), and N_r the number of levels that had r rows. Then the levels that had at most R
    rows, unseen ones included, make up the share sum_{r <= R+1} r N_r / n of new rows; the sum is
    `rare`. For R = 0 it is the number of levels that occurred once. The variance follows Esty
    (1983): the part that the count itself does not show is (R+1)(R+2) N_{R+2} / n^2.
    """

    rows: int
    missing: tuple[int, ...] = field(metadata={STORED_AS: "gaps"})
    low: tuple[float | None, ...]
    high: tuple[float | None, ...]
    first: tuple[int | None, ...]
    last: tuple[int | None, ...]
    rare: tuple[int, ...]
    spread: tuple[int, ...]

    @classmethod
    def of(cls, table: Table, encoder: Encoder) -> Reference | None:
        """Return the statistics of a table, given its encoder.

        A sparse table has none (None), because its zeros may stand for anything.
        """
        if not isinstance(table.numbers, np.ndarray):
            return None
        table = encoder.aligned(table)
        numbers = np.asarray(table.numbers)
        low, high = (ends.tolist() for ends in extent(numbers))
        missing = np.zeros(numbers.shape[1], np.int64)
        for start, stop in row_chunks(numbers.shape):
            missing += np.isnan(numbers[start:stop]).sum(axis=0)
        dates = (table.columns[name] for name in table.schema.dates)
        times = [column[~is_missing(column)].astype(np.int64) for column in dates]
        rare = []
        for counts, listed in _levels(table, encoder):
            most = int(counts[~listed].max(initial=0))
            above = (most + 1) * counts[counts == most + 2].sum()
            rare.append((int(counts[counts <= most + 1].sum()), int(above)))
        return cls(
            table.n_rows,
            (
                *missing.tolist(),
                *(int(table.missing(name).sum()) for name in table.schema.categories),
                *(table.n_rows - len(known) for known in times),
            ),
            tuple(None if math.isinf(value) else value for value in low),
            tuple(None if math.isinf(value) else value for value in high),
            tuple(int(known.min()) if len(known) else None for known in times),
            tuple(int(known.max()) if len(known) else None for known in times),
            tuple(rows for rows, _ in rare),
            tuple(spread for _, spread in rare),
        )

    def widened(self, table: Table, encoder: Encoder) -> Reference | None:
        """Return the statistics with the rows of further training.

        Ranges are widened, and of each share the largest of all tables is kept. The number of rows
        stays: later tables may hold the same rows again, epoch by epoch, and fewer rows tell less.
        """
        other = Reference.of(table, encoder)
        if other is None:
            return None
        unlisted = [
            int(counts[~listed].sum())
            for counts, listed in _levels(encoder.aligned(table), encoder)
        ]

        def largest(ours: Sequence[int], theirs: Sequence[int]) -> tuple[int, ...]:
            pairs = zip(ours, theirs, strict=True)
            return tuple(max(a, math.ceil(b * self.rows / other.rows)) for a, b in pairs)

        return replace(
            self,
            missing=largest(self.missing, other.missing),
            low=_each(min, self.low, other.low),
            high=_each(max, self.high, other.high),
            first=_each(min, self.first, other.first),
            last=_each(max, self.last, other.last),
            rare=largest(self.rare, unlisted),
        )


def _levels(table: Table, encoder: Encoder) -> list[tuple[Counts, NDArray[np.bool_]]]:
    """Return for each category the rows of each level, and which levels the model lists.

    Of a boolean it lists both.
    """
    found = []
    for coding in encoder.categories:
        column = table.columns[coding.name]
        counts = np.bincount(column.codes[column.codes >= 0], minlength=len(column.levels))
        boolean = encoder.schema.kinds[coding.name] == "boolean"
        listed = {"false", "true"} if boolean else set(coding.levels)
        found.append((counts, np.array([level in listed for level in column.levels], bool)))
    return found


def _each(choose: Any, ours: Sequence[Any], theirs: Sequence[Any]) -> tuple[Any, ...]:
    """Return `choose` (min or max) of each pair, without None; None where both are."""
    known = ([v for v in pair if v is not None] for pair in zip(ours, theirs, strict=True))
    return tuple(choose(values, default=None) for values in known)
