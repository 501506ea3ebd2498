"""What of a table the training rows did not have: unseen levels, gaps, values out of range; counted, and held against chance.

New rows of the same source have such values too, now and then. How often is bounded by the training
rows: of n of them, k missed a value (or had a level that the model does not list), so a new row
does with a chance below p, the upper limit for k of n; the share of new values beyond the smallest
and the largest of n has the law Beta(2, n - 1), whatever they are distributed like (Wilks 1941). A
count among m new rows is above chance where a binomial of m and p reaches it with a chance of at
most LEVEL, divided by the number of counts (Bonferroni). And where training had none at all, one is
above chance in a table of at most a hundredth of its rows.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassnet.cached import cached_property
from glassnet.data.coding.columns import power_of_two
from glassnet.data.coding.encoder import Encoder
from glassnet.data.review.chance import at_least, most, upper_limit, within_limit, within_most
from glassnet.data.review.reference import Reference
from glassnet.data.tables.block import row_chunks
from glassnet.data.tables.column_data import Categories
from glassnet.data.tables.table import Table

Float64 = NDArray[np.float64]
Counts = NDArray[np.int64]

LEVEL = 1e-4
#: Where training had none at all, so many of its rows to one new row make a single one worth
#: telling.
FEW = 100
MOST_NAMED = 3
LONGEST_SHOWN = 80
INT64 = np.iinfo(np.int64)


@dataclass(frozen=True)
class Count:
    """How many values of a column are of some kind, how many of them chance would give at most, and one of them where one can be shown."""

    count: int
    chance: int
    example: str | float | None = None

    @property
    def told(self) -> bool:
        """Whether it is above chance."""
        return self.count > self.chance


@dataclass(frozen=True)
class ColumnDrift:
    """What one column of a table holds that it did not hold in training.

    name : of the column
    rows : of the table
    missing : values that are missing
    unseen : values whose level the model does not list; None for what has no levels
    outside : values below the smallest or above the largest of training; None for what has no range
    range : that smallest and that largest value
    """

    name: str
    rows: int
    missing: Count
    unseen: Count | None
    outside: Count | None
    range: tuple[str | float, str | float] | None

    def phrases(self) -> Iterator[tuple[float, str]]:
        """Yield what is above chance in words, with its share of the values that could be so."""
        of, held = f"of {self.name[:LONGEST_SHOWN]!r}", self.rows - self.missing.count
        if self.missing.told:
            yield _phrase(self.missing, self.rows, f"{of} are missing")
        if self.unseen and self.unseen.told:
            yield _phrase(
                self.unseen,
                held,
                f"{of} have a level that the model does not know, such as {self.unseen.example!r}",
            )
        if self.outside and self.outside.told and self.range:
            low, high = map(_shown, self.range)
            yield _phrase(
                self.outside,
                held,
                f"{of} lie outside {low} to {high}, such as {_shown(self.outside.example)}",
            )


@dataclass(frozen=True)
class Drift:
    """What a table holds that training did not have, column by column, in the order of the training table."""

    columns: tuple[ColumnDrift, ...]

    def notice(self) -> str:
        """Return one sentence about the columns where it is above chance, the worst first; empty without such."""
        phrases = [found for found in (list(column.phrases()) for column in self.columns) if found]
        phrases.sort(key=lambda found: -max(share for share, _ in found))
        named = ["; ".join(words for _, words in found) for found in phrases[:MOST_NAMED]]
        more = len(phrases) - len(named)
        rest = [f"and {more} more column{'' if more == 1 else 's'}"] if more else []
        return (
            f"the table is not like the training rows: {'; '.join([*named, *rest])}."
            if named
            else ""
        )


def drift_schema() -> dict[str, Any]:
    """Return the published JSON schema of `Drift.columns`."""
    schema: dict[str, Any] = json.loads(
        Path(__file__).with_name("drift.schema.json").read_text(encoding="utf-8")
    )
    return schema


class Expected:
    """What a model may expect of a table: ranges and levels as tables are held against them, and the chances of what lies beyond.

    Columns stand as their values are stored: the numbers, the categories and booleans, the
    date-times.
    """

    def __init__(self, encoder: Encoder, reference: Reference) -> None:
        self.schema = schema = encoder.schema
        self.names = (*schema.numbers, *schema.categories, *schema.dates)
        places = {name: i for i, name in enumerate(self.names)}
        self.order = [places[name] for name in schema.names]
        self.reference = reference
        # In float32, for a number that was once stored as such is no longer what it was: a tie with
        # an end would lie outside.
        low = np.array([-np.inf if value is None else value for value in reference.low], np.float64)
        high = np.array(
            [np.inf if value is None else value for value in reference.high], np.float64
        )
        size = np.where(np.isfinite(low), np.maximum(np.abs(low), np.abs(high)), 1.0)
        far = (size < 1e-30) | (size > 1e30)  # which float32 cannot hold with all its digits
        self.factor = np.where(far, power_of_two(size), 1.0) if far.any() else None
        with np.errstate(over="ignore"):
            self.low, self.high = (self.in_float32(end) for end in (low, high))
        self.first = [INT64.min if value is None else value for value in reference.first]
        self.last = [INT64.max if value is None else value for value in reference.last]
        self.levels = tuple(
            None if schema.kinds[coding.name] == "boolean" else frozenset(coding.levels)
            for coding in encoder.categories
        )
        ends = [
            *reference.low,
            *(0 if levels is not None else None for levels in self.levels),
            *reference.first,
        ]
        self.bounded = np.array([end is not None for end in ends])

    def in_float32(self, values: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
        """Return numbers (..., n_numbers), all of a column by the same power of two, such that float32 holds them."""
        return (values if self.factor is None else values * self.factor).astype(
            np.float32, order="C"
        )

    @cached_property
    def level(self) -> float:
        """The chance of a false alarm that each count has at most."""
        return LEVEL / (2 * len(self.names))

    @cached_property
    def _seen(self) -> tuple[Float64, Float64, Float64]:
        """What training had (2, n_columns): so many values, of so many rows, and the variance that their count does not show."""
        of, k = self.reference, len(self.low)
        gaps = np.array(of.gaps, float)
        # The law Beta(2, n - 1) of the share beyond the ends has the limit that 1 of n has.
        beyond, spread = np.ones(len(gaps)), np.zeros(len(gaps))
        beyond[k : k + len(of.rare)], spread[k : k + len(of.rare)] = of.rare, of.spread
        return (
            np.array([gaps, beyond]),
            np.array([np.full(len(gaps), of.rows), of.rows - gaps]),
            np.array([0.0 * gaps, spread]),
        )

    @cached_property
    def ordinary(self) -> Float64:
        """Rates (2, n_columns) below `rates` that need no SciPy, which takes longer to load than most tables take to predict for."""
        return within_limit(*self._seen[:2], self.level)

    @cached_property
    def rates(self) -> Float64:
        """The most that chance may give (2, n_columns): the share of rows where a value is missing, of values beyond those of training."""
        return upper_limit(*self._seen, self.level)

    @cached_property
    def never(self) -> NDArray[np.bool_]:
        """Where training had none at all (2, n_columns); for levels also none that a new one would be like."""
        count, n, _ = self._seen
        return np.asarray((count == 0.0) & (n > 0.0))


class Tally:
    """Counts, table by table, what training did not have; tables are those that the encoder takes."""

    def __init__(self, expected: Expected) -> None:
        self._expected = expected
        n = len(expected.names)
        self._rows = 0
        self._counts = np.zeros((2, n), np.int64)  # missing; unseen or outside
        self._examples: dict[int, Any] = {}

    def add(self, table: Table) -> None:
        """Count what a table holds; nothing is counted of a sparse one, whose zeros stand for anything."""
        if not isinstance(table.numbers, np.ndarray):
            return
        table = table.select(self._expected.schema)
        self._rows += table.n_rows
        self._add_numbers(np.asarray(table.numbers))
        k = len(self._expected.low)
        for i, column in enumerate(table.categories):
            self._add_levels(k + i, self._expected.levels[i], column)
        for i, dates in enumerate(table.dates):
            times, gaps = dates.astype(np.int64), np.isnat(dates)
            beyond = ~gaps & ((times < self._expected.first[i]) | (times > self._expected.last[i]))
            place = k + len(table.categories) + i
            self._counts[:, place] += np.count_nonzero(gaps), np.count_nonzero(beyond)
            if beyond.any():
                self._examples.setdefault(place, _time(dates[beyond.argmax()]))

    def _add_numbers(self, block: NDArray[np.floating[Any]]) -> None:
        low, high = self._expected.low, self._expected.high
        k = len(low)
        for start, stop in row_chunks(block.shape) if k else ():
            with np.errstate(over="ignore"):
                cells = self._expected.in_float32(block[start:stop])
            odd = np.flatnonzero(~((cells >= low) & (cells <= high)))  # few, as a rule
            if not len(odd):
                continue
            places, gaps = odd % k, np.isnan(cells.ravel()[odd])
            self._counts[0, :k] += np.bincount(places[gaps], minlength=k)
            outside = odd[~gaps]
            found, firsts, counts = np.unique(outside % k, return_index=True, return_counts=True)
            self._counts[1, found] += counts
            rows = start + outside[firsts] // k
            for place, value in zip(found.tolist(), block[rows, found].tolist(), strict=True):
                self._examples.setdefault(place, value)

    def _add_levels(self, place: int, known: frozenset[str] | None, column: Categories) -> None:
        counts = np.bincount(column.codes + 1, minlength=len(column.levels) + 1)
        self._counts[0, place] += counts[0]
        if known is None or known.issuperset(column.levels):
            return
        for level, count in zip(column.levels, counts[1:].tolist(), strict=True):
            if count and level not in known:
                self._counts[1, place] += count
                self._examples.setdefault(place, level[:LONGEST_SHOWN])

    @property
    def _trials(self) -> Counts:
        rows = np.full(self._counts.shape[1], self._rows)
        return np.array([rows, rows - self._counts[0]])

    def notice(self) -> str:
        """Return the sentence of `Drift.notice`."""
        if not self._counts.any():
            return ""
        expected, trials, counts = self._expected, self._trials, self._counts
        few = expected.never & (self._rows * FEW <= expected.reference.rows)
        odd = np.nonzero((counts > 0) & (few | (counts > within_most(trials, expected.ordinary))))
        if not len(odd[0]):
            return ""
        above = few[odd] | (
            at_least(counts[odd], trials[odd], expected.rates[odd]) <= expected.level
        )
        drift = self.drift() if above.any() else None
        return drift.notice() if drift else ""

    def drift(self) -> Drift | None:
        """Return the counts with what chance would give; None where nothing was counted."""
        if not self._rows:
            return None
        expected = self._expected
        few = expected.never & (self._rows * FEW <= expected.reference.rows)
        chances = np.where(few, 0, most(self._trials, expected.rates, expected.level))
        return Drift(
            tuple(
                self._column(i, self._counts[:, i].tolist(), chances[:, i].tolist())
                for i in expected.order
            )
        )

    def _column(self, i: int, counts: list[int], chances: list[int]) -> ColumnDrift:
        expected = self._expected
        of, k, n_levels = expected.reference, len(expected.low), len(expected.levels)
        beyond = (
            Count(counts[1], chances[1], self._examples.get(i)) if expected.bounded[i] else None
        )
        leveled = k <= i < k + n_levels
        ends: Any = None
        if beyond and not leveled:
            j = i - k - n_levels
            ends = (
                (of.low[i], of.high[i])
                if i < k
                else tuple(_time(end[j]) for end in (of.first, of.last))
            )
        return ColumnDrift(
            expected.names[i],
            self._rows,
            Count(counts[0], chances[0]),
            beyond if leveled else None,
            None if leveled else beyond,
            ends,
        )


def _phrase(count: Count, n: int, words: str) -> tuple[float, str]:
    return (
        count.count / n,
        f"{count.count:,} of {n:,} values {words} (by chance at most {count.chance:,})",
    )


def _time(time: Any) -> str:
    """Return a date-time, or microseconds since 1970, as text: the day alone at midnight."""
    return (
        str(np.datetime64(time, "us"))
        .removesuffix(".000000")
        .removesuffix("T00:00:00")
        .replace("T", " ")
    )


def _shown(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float | int) else str(value)
