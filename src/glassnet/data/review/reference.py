"""What the training rows were like, column by column: how many values were missing, the ends of the range, how rare the rarest levels.

Later tables are compared with it (see `glassnet.data.review.drift`). It holds numbers only: the names and
levels are those of the encoder.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassnet.data.coding.encoder import Encoder
from glassnet.data.tables.block import row_chunks
from glassnet.data.tables.table import Table

Counts = NDArray[np.int64]


@dataclass(frozen=True)
class Reference:
    """The training rows as later tables are compared with them.

    Attributes
    ----------
    rows : how many there were
    gaps : how many of them each column was missing in: the numbers, then the categories and
        booleans, then the date-times
    low, high : the smallest and the largest value of each number; None where all were missing
    first, last : the earliest and the latest of each date-time, microseconds since 1970; None where
        all were missing
    rare, spread : of each category or boolean, what tells how often a new row has a level that the
        model does not list: a new row has one with a chance of about rare / n, and its variance
        beyond that of a count is about spread / n^2, where n rows were not missing

    Notes
    -----
    Good (1953): let R be the most rows that a level had that the model does not list (0 where it
    lists all), and N_r the number of levels that had r rows. Then the levels that had at most R
    rows, unseen ones included, make up the share sum_{r <= R+1} r N_r / n of new rows; the sum is
    `rare`. For R = 0 it is the number of levels that occurred once. The variance follows Esty
    (1983): what the count itself does not show of it is (R+1)(R+2) N_{R+2} / n^2.
    """

    rows: int
    gaps: tuple[int, ...]
    low: tuple[float | None, ...]
    high: tuple[float | None, ...]
    first: tuple[int | None, ...]
    last: tuple[int | None, ...]
    rare: tuple[int, ...]
    spread: tuple[int, ...]

    @classmethod
    def of(cls, table: Table, encoder: Encoder) -> Reference | None:
        """Return what a table is like that an encoder was made for; None for a sparse one, whose zeros stand for anything."""
        if not isinstance(table.numbers, np.ndarray):
            return None
        table = encoder.aligned(table)
        gaps, low, high = ranges(np.asarray(table.numbers))
        times = [dates[~np.isnat(dates)].astype(np.int64) for dates in table.dates]
        rare = [_rare(counts, listed) for counts, listed in _levels(table, encoder)]
        return cls(
            table.n_rows,
            (
                *gaps.tolist(),
                *(int((c.codes < 0).sum()) for c in table.categories),
                *(table.n_rows - len(held) for held in times),
            ),
            tuple(None if np.isnan(value) else value for value in low.tolist()),
            tuple(None if np.isnan(value) else value for value in high.tolist()),
            tuple(int(held.min()) if len(held) else None for held in times),
            tuple(int(held.max()) if len(held) else None for held in times),
            tuple(rows for rows, _ in rare),
            tuple(spread for _, spread in rare),
        )

    def widened(self, table: Table, encoder: Encoder) -> Reference | None:
        """Return it with the rows of further training: wider ranges, and of each share the largest that any of its tables had.

        The number of rows stays: whether later tables hold the same rows again, epoch by epoch, is
        not known, and fewer rows tell less.
        """
        other = Reference.of(table, encoder)
        if other is None:
            return None
        unlisted = [int(counts[~listed].sum()) for counts, listed in _levels(table, encoder)]

        def largest(ours: Sequence[int], theirs: Sequence[int]) -> tuple[int, ...]:
            return tuple(
                max(a, math.ceil(b * self.rows / other.rows))
                for a, b in zip(ours, theirs, strict=True)
            )

        return replace(
            self,
            gaps=largest(self.gaps, other.gaps),
            low=tuple(map(_least, self.low, other.low)),
            high=tuple(map(_most, self.high, other.high)),
            first=tuple(map(_least, self.first, other.first)),
            last=tuple(map(_most, self.last, other.last)),
            rare=largest(self.rare, unlisted),
        )

    def to_plain(self) -> dict[str, Any]:
        """Return it as JSON-able Python values; floats keep every digit."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in values.items()
        }

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Reference:
        """Return what `to_plain` wrote."""
        values: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in plain.items()
        }
        return cls(**values)


def ranges(
    block: NDArray[np.floating[Any]],
) -> tuple[Counts, NDArray[np.float64], NDArray[np.float64]]:
    """Return of each column of a block how many values are missing, the smallest and the largest value (NaN where all are missing)."""
    k = block.shape[1]
    gaps, low, high = np.zeros(k, np.int64), np.full(k, np.nan), np.full(k, np.nan)
    for start, stop in row_chunks(block.shape):
        rows = block[start:stop]
        gaps += np.isnan(rows).sum(axis=0)
        np.fmin(low, np.fmin.reduce(rows, axis=0), out=low)
        np.fmax(high, np.fmax.reduce(rows, axis=0), out=high)
    return gaps, low, high


def _levels(table: Table, encoder: Encoder) -> Iterator[tuple[Counts, NDArray[np.bool_]]]:
    """Yield of each category how many rows each of its levels has, and whether the model lists it; of a boolean it lists both."""
    table = encoder.aligned(table)
    for coding, column in zip(encoder.categories, table.categories, strict=True):
        counts = np.bincount(column.codes[column.codes >= 0], minlength=len(column.levels))
        known = (
            {"false", "true"}
            if encoder.schema.kinds[coding.name] == "boolean"
            else set(coding.levels)
        )
        yield counts, np.array([level in known for level in column.levels], bool)


def _rare(counts: Counts, listed: NDArray[np.bool_]) -> tuple[int, int]:
    """Return `rare` and `spread` of a category, as `Reference` has them."""
    most = int(counts[~listed].max(initial=0))
    return int(counts[counts <= most + 1].sum()), int((most + 1) * counts[counts == most + 2].sum())


def _least(a: Any, b: Any) -> Any:
    return min((value for value in (a, b) if value is not None), default=None)


def _most(a: Any, b: Any) -> Any:
    return max((value for value in (a, b) if value is not None), default=None)
