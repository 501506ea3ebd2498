"""How a date-time becomes numbers: a time that runs on, the year, and for each cycle of the calendar a point on the circle.

A cycle of period P at phase p (0 <= p < P) is sin(2 pi p / P) and cos(2 pi p / P), so December lies
beside January. Only what varies in training is kept: a column of dates has no hour.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from glassnet.data.coding.columns import Float64
from glassnet.data.coding.number_coding import NumberCoding
from glassnet.data.tables.block import row_chunks
from glassnet.data.tables.table import DateTimes

Cycle = Literal["month", "day", "weekday", "hour", "minute", "second"]

DAY = 86_400_000_000  # microseconds
# two sines of a cycle that differ by less are the same: the steps of the finest one, a minute of
# 60, are larger by far
ROUNDING = 1e-9


@dataclass(frozen=True)
class DateCoding:
    """One date-time column: scaled days since 1970 and scaled years, two columns for each cycle that varies, one for gaps if any.

    `line` codes what runs on, as columns of numbers named after this one. A gap is 0 in all columns
    but its own.

    A cycle that varies may have a wave that does not: of February and December the cosine is the
    same. `still` holds, for each sine and cosine, the one value that it had in training, None where
    it varied; it is empty where all did. What never varied is 0 for every row, as with numbers.
    """

    name: str
    line: NumberCoding
    cycles: tuple[Cycle, ...]
    still: tuple[float | None, ...] = ()

    @classmethod
    def fit(cls, name: str, dates: DateTimes, weight: Float64) -> DateCoding:
        """Return the coding of a date-time column, given the weights of its rows, all above 0."""
        held = dates[~np.isnat(dates)]
        names = (name, *([f"{name}: year"] if _varies(_year(held)) else []))
        line = NumberCoding.fit(names, _line(dates, len(names)), weight)
        line = replace(
            line, has_gaps=(line.has_gaps[0],) + (False,) * (len(names) - 1)
        )  # one indicator is enough
        phases = {cycle: taken for cycle in CYCLES if len(taken := _phases(held, cycle)) > 1}
        waves = _waves(phases, gaps=len(held) < len(dates))
        return cls(
            name,
            line,
            tuple(phases),
            _marks([values[0] if np.ptp(values) < ROUNDING else None for values in waves]),
        )

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The names of the columns it makes: "sold", "sold: year", "sold is missing", then "sold: month sin", "sold: month cos", ..."""
        return (
            *self.line.feature_names,
            *(f"{self.name}: {cycle} {wave}" for cycle in self.cycles for wave in ("sin", "cos")),
        )

    def encode_into(self, out: NDArray[Any], dates: DateTimes) -> None:
        """Write the features of a column into `out` (n, len(feature_names)), a stretch of rows at a time."""
        first = len(self.line.feature_names)
        for start, stop in row_chunks(out.shape):
            rows = dates[start:stop]
            self.line.encode_into(out[start:stop, :first], _line(rows, len(self.line.names)))
            gaps = np.isnat(rows)
            for i, cycle in enumerate(self.cycles):
                period, phase = CYCLES[cycle]
                angle = 2.0 * np.pi / period * phase(rows)
                for j, wave in ((2 * i, np.sin), (2 * i + 1, np.cos)):
                    still = bool(self.still) and self.still[j] is not None
                    out[start:stop, first + j] = 0.0 if still else np.where(gaps, 0.0, wave(angle))

    @property
    def constant(self) -> bool:
        """Whether a feature of the column never varied in training."""
        return bool(self.line.constant or self.still)

    def cycles_in_words(self) -> list[str]:
        """Return the names of the cycles: "month", or where its cosine never varied "month (sine)"."""
        waves = [value is None for value in self.still] or [True] * (2 * len(self.cycles))
        named = zip(self.cycles, waves[::2], waves[1::2], strict=True)
        return [
            cycle if sine and cosine else f"{cycle} ({'sine' if sine else 'cosine'})"
            for cycle, sine, cosine in named
        ]

    def updated(self, dates: DateTimes) -> DateCoding:
        """Return the coding after further rows of training: what varies with them is coded from now on, by the cycles that are there."""
        still = list(self.still)
        held = dates[~np.isnat(dates)]
        phases = {cycle: _phases(held, cycle) for cycle in (self.cycles if self.still else ())}
        for j, values in enumerate(_waves(phases, gaps=len(held) < len(dates))):
            known = still[j]
            still[j] = (
                known if known is not None and np.abs(values - known).max() < ROUNDING else None
            )
        line = self.line.updated(_line(dates, len(self.line.names)))
        return (
            self
            if line is self.line and tuple(still) == self.still
            else replace(self, line=line, still=_marks(still))
        )

    def to_plain(self) -> dict[str, Any]:
        """Return the coding as JSON-able Python values."""
        still = (
            {"still": list(self.still)} if self.still else {}
        )  # where it says something: older files stay as they were
        return {
            "name": self.name,
            "line": self.line.to_plain(),
            "cycles": list(self.cycles),
            **still,
        }

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> DateCoding:
        """Return the coding that `to_plain` wrote."""
        return cls(
            plain["name"],
            NumberCoding.from_plain(plain["line"]),
            tuple(plain["cycles"]),
            tuple(plain.get("still", ())),
        )


def _marks(still: Sequence[float | None]) -> tuple[float | None, ...]:
    """Return the value of each wave that did not vary, and nothing where every wave varied."""
    return (
        tuple(None if value is None else float(value) for value in still)
        if any(value is not None for value in still)
        else ()
    )


def _phases(held: DateTimes, cycle: Cycle) -> Float64:
    """Return the phases of a cycle that occur in date-times without a gap, in rising order; they are whole numbers below its period."""
    return np.flatnonzero(np.bincount(CYCLES[cycle][1](held).astype(np.int64))).astype(np.float64)


def _waves(phases: Mapping[Cycle, Float64], *, gaps: bool) -> Iterator[Float64]:
    """Yield the values that the sine of each cycle takes at its phases, then those of the cosine; a gap is 0 in both."""
    zero = np.zeros(int(gaps))
    for cycle, taken in phases.items():
        angle = 2.0 * np.pi / CYCLES[cycle][0] * taken
        yield from (np.concatenate([wave(angle), zero]) for wave in (np.sin, np.cos))


def _line(dates: DateTimes, count: int) -> Float64:
    """Return days since 1970 and, where two are asked for, the year, with fractions, NaN for a gap."""
    block = np.empty((len(dates), count))
    block[:, 0] = dates.astype(np.int64) / DAY
    if count > 1:
        block[:, 1] = _year(dates)
    block[np.isnat(dates)] = np.nan
    return block


def _year(dates: DateTimes) -> Float64:
    return (dates.astype("datetime64[Y]").astype(np.int64) + 1970).astype(np.float64)


def _month(dates: DateTimes) -> Float64:
    return (dates.astype("datetime64[M]").astype(np.int64) % 12).astype(np.float64)


def _day(dates: DateTimes) -> Float64:
    first = dates.astype("datetime64[M]").astype("datetime64[D]")
    return (dates.astype("datetime64[D]").astype(np.int64) - first.astype(np.int64)).astype(
        np.float64
    )


def _weekday(dates: DateTimes) -> Float64:
    return ((dates.astype("datetime64[D]").astype(np.int64) + 3) % 7).astype(
        np.float64
    )  # Monday is 0; 1970 began on a Thursday


def _of_day(dates: DateTimes, unit: int, count: int) -> Float64:
    """Return which of the `count` units, so many microseconds long each, it is."""
    return (dates.astype(np.int64) // unit % count).astype(np.float64)


def _varies(values: Float64) -> bool:
    return bool(len(values)) and bool((values != values[0]).any())


#: The period of each cycle and its phase. Months have 28 to 31 days: 31 keeps the days apart.
CYCLES: dict[Cycle, tuple[float, Callable[[DateTimes], Float64]]] = {
    "month": (12.0, _month),
    "day": (31.0, _day),
    "weekday": (7.0, _weekday),
    "hour": (24.0, lambda dates: _of_day(dates, 3_600_000_000, 24)),
    "minute": (60.0, lambda dates: _of_day(dates, 60_000_000, 60)),
    "second": (60.0, lambda dates: _of_day(dates, 1_000_000, 60)),
}
