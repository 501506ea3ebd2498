"""Statistics of the training rows, and the drift of a later table relative to them.

The statistics are the number of missing values, the range, and the frequency of the rarest levels
(distinct values) of each column. Names and levels are stored in the encoder.
`glassnet.data.review.tally` compares a table with them.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassnet.data.coding.encoder import Encoder
from glassnet.data.coding.moments import extent
from glassnet.data.serialization import STORED_AS, Serializable
from glassnet.data.tables.table import Table
from glassnet.data.tables.values import row_chunks

Counts = NDArray[np.int64]
MAX_NAMED = 3
MAX_SHOWN = 80  # characters


@dataclass(frozen=True)
class Reference(Serializable):
    """Statistics of the training rows, to compare later tables with.

    Attributes
    ----------
    rows : the number of rows
    missing : the number of missing values of each column: the numbers, then the categories and
        booleans, then the date-times
    low, high : the smallest and the largest value of each number column; None if all were missing
    first, last : the earliest and the latest value of each date-time column, in microseconds since
        1970; None if all were missing
    rare, spread : for each category or boolean, the probability that a new row has a level that the
        model does not list is about rare / n, and its variance beyond that of a count is about
        spread / n^2; n is the number of rows that were not missing

    Notes
    -----
    Good (1953): let R be the largest number of rows of a level that the model does not list (0 if
    it lists all), and N_r the number of levels with r rows. Then levels with at most R rows,
    including unseen ones, make up the share sum_{r <= R+1} r N_r / n of new rows; the sum is
    `rare`. For R = 0 it is the number of levels that occurred once. The variance follows Esty
    (1983): the part beyond the variance of the count is (R+1)(R+2) N_{R+2} / n^2.
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
        """Compute the statistics of a table, given its encoder.

        For a sparse table the result is None, because its zeros may be missing or not.
        """
        if not isinstance(table.numbers, np.ndarray):
            return None
        table = encoder.aligned(table)
        numbers = np.asarray(table.numbers)
        low, high = (ends.tolist() for ends in extent(numbers))
        missing = np.zeros(numbers.shape[1], np.int64)
        for start, stop in row_chunks(numbers.shape):
            missing += np.isnan(numbers[start:stop]).sum(axis=0)
        dates = table.schema.dates
        times = [table.others[name][~table.missing(name)].astype(np.int64) for name in dates]
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
        """Return the statistics updated with the rows of further training.

        Ranges are widened, and the maximum of each share over all tables is kept. The number of
        rows does not grow, because later tables may contain the same rows again in each epoch.
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


def _levels(table: Table, encoder: Encoder) -> Iterator[tuple[Counts, NDArray[np.bool_]]]:
    """Yield for each category the number of rows of each level, and which levels the model lists.

    Both levels of a boolean count as listed.
    """
    for coding in encoder.categories:
        column = table.others[coding.name]
        counts = np.bincount(column.codes[column.codes >= 0], minlength=len(column.levels))
        boolean = encoder.schema.kinds[coding.name] == "boolean"
        listed = {"false", "true"} if boolean else set(coding.levels)
        yield counts, np.array([level in listed for level in column.levels], bool)


def _each(choose: Any, ours: Sequence[Any], theirs: Sequence[Any]) -> tuple[Any, ...]:
    """Return `choose` (min or max) of each pair, ignoring None; None if both are None."""
    known = ([v for v in pair if v is not None] for pair in zip(ours, theirs, strict=True))
    return tuple(choose(values, default=None) for values in known)


@dataclass(frozen=True)
class Count:
    """A number of values of a column, the maximum expected at random, and an example or None."""

    count: int
    chance: int
    example: str | float | None = None


@dataclass(frozen=True)
class ColumnDrift:
    """The values of one column of a table that did not occur in training.

    name : the name of the column
    rows : the number of rows of the table
    missing : missing values
    unseen : values whose level the model does not list; None for a column without levels
    outside : values outside the range of training; None for a column without a range
    range : the smallest and the largest value of training
    """

    name: str
    rows: int
    missing: Count
    unseen: Count | None
    outside: Count | None
    range: tuple[str | float, str | float] | None

    def phrases(self) -> Iterator[tuple[float, str]]:
        """Yield (share of the values, text) for each count above the number expected at random."""
        of, known = f"of {self.name[:MAX_SHOWN]!r}", self.rows - self.missing.count
        low, high = map(_shown, self.range or ("", ""))
        counts = (
            (self.missing, self.rows, "are missing"),
            (self.unseen, known, "have a level that the model does not know, such as {!r}"),
            (self.outside, known, f"lie outside {low} to {high}, such as {{}}"),
        )
        for count, n, what in counts:
            if count and count.count > count.chance:
                example = count.example if count is self.unseen else _shown(count.example)
                by_chance = f"(by chance at most {count.chance:,})"
                values = f"{count.count:,} of {n:,} values {of}"
                yield count.count / n, f"{values} {what.format(example)} {by_chance}"


@dataclass(frozen=True)
class Drift:
    """The values of a table that did not occur in training, in the order of its columns."""

    columns: tuple[ColumnDrift, ...]

    def notice(self) -> str:
        """Return a sentence about the columns with significant drift, the worst first, or ""."""
        phrases = [found for found in (list(column.phrases()) for column in self.columns) if found]
        phrases.sort(key=lambda found: -max(share for share, _ in found))
        named = ["; ".join(words for _, words in found) for found in phrases[:MAX_NAMED]]
        if more := len(phrases) - len(named):
            named.append(f"and {more} more column{'' if more == 1 else 's'}")
        return f"the table is not like the training rows: {'; '.join(named)}." if named else ""


def drift_schema() -> dict[str, Any]:
    """Return the published JSON schema of `Drift.columns`."""
    text = Path(__file__).with_name("drift.schema.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def _shown(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float | int) else str(value)
