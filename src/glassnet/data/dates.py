"""How a date-time becomes numbers: a time that runs on, the year, and for each cycle of the calendar a point on the circle.

A cycle of period P at phase p (0 <= p < P) is sin(2 pi p / P) and cos(2 pi p / P), so December lies beside January. Only what varies in
training is kept: a column of dates has no hour.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from glassnet.data.block import row_chunks
from glassnet.data.columns import Float64, NumberCoding
from glassnet.data.table import DateTimes

Cycle = Literal["month", "day", "weekday", "hour", "minute", "second"]

DAY = 86_400_000_000  # microseconds


@dataclass(frozen=True)
class DateCoding:
    """One date-time column: scaled days since 1970 and scaled years, two columns for each cycle that varies, one for gaps if any.

    `line` codes what runs on, as columns of numbers named after this one. A gap is 0 in all columns but its own.
    """

    name: str
    line: NumberCoding
    cycles: tuple[Cycle, ...]

    @classmethod
    def fit(cls, name: str, dates: DateTimes, weight: Float64) -> DateCoding:
        """Return the coding of a date-time column, given the weights of its rows, all above 0."""
        held = dates[~np.isnat(dates)]
        names = (name, *([f"{name}: year"] if _varies(_year(held)) else []))
        line = NumberCoding.fit(names, _line(dates, len(names)), weight)
        line = replace(line, has_gaps=(line.has_gaps[0],) + (False,) * (len(names) - 1))  # one indicator is enough
        return cls(name, line, tuple(cycle for cycle, (_, phase) in CYCLES.items() if _varies(phase(held))))

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The names of the columns it makes: "sold", "sold: year", "sold is missing", then "sold: month sin", "sold: month cos", ..."""
        return (*self.line.feature_names, *(f"{self.name}: {cycle} {wave}" for cycle in self.cycles for wave in ("sin", "cos")))

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
                out[start:stop, first + 2 * i] = np.where(gaps, 0.0, np.sin(angle))
                out[start:stop, first + 2 * i + 1] = np.where(gaps, 0.0, np.cos(angle))

    def to_plain(self) -> dict[str, Any]:
        """Return the coding as JSON-able Python values."""
        return {"name": self.name, "line": self.line.to_plain(), "cycles": list(self.cycles)}

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> DateCoding:
        """Return the coding that `to_plain` wrote."""
        return cls(plain["name"], NumberCoding.from_plain(plain["line"]), tuple(plain["cycles"]))


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
    return (dates.astype("datetime64[D]").astype(np.int64) - first.astype(np.int64)).astype(np.float64)


def _weekday(dates: DateTimes) -> Float64:
    return ((dates.astype("datetime64[D]").astype(np.int64) + 3) % 7).astype(np.float64)  # Monday is 0; 1970 began on a Thursday


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
