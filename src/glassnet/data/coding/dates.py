"""Encode a date-time column: scaled days and years, and sine and cosine of each cycle.

A cycle of period P at phase p (0 <= p < P) is sin(2 pi p / P) and cos(2 pi p / P), so December lies
beside January. Only cycles that vary in training are kept: a column of dates has no hours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from glassnet.data.coding.moments import Float64
from glassnet.data.coding.number_coding import NEVER_VARIED, NumberCoding
from glassnet.data.serialization import STORED_AS, Serializable
from glassnet.data.tables.table import DateTimes
from glassnet.data.tables.values import row_chunks

Int64 = NDArray[np.int64]
Cycle = Literal["month", "day", "weekday", "hour", "minute", "second"]

DAY = 86_400_000_000  # microseconds
#: Sine values closer than this are equal: the steps of the finest cycle are far larger.
ROUNDING = 1e-9


@dataclass(frozen=True)
class DateCoding(Serializable):
    """Encoding of a date-time column: scaled days since 1970, years, sine and cosine of each cycle.

    `continuous` encodes the days and the years as number columns named after this one. A missing
    value is 0 in all features except the missing indicator.

    The sine or the cosine of a cycle may be constant although the cycle varies: the cosine of
    February and December is the same. `still` holds, for each sine and cosine, its constant value
    in training, or None if it varied; it is empty if all varied. A constant feature is 0 in every
    row, as for number columns.
    """

    name: str
    continuous: NumberCoding = field(metadata={STORED_AS: "line"})
    cycles: tuple[Cycle, ...]
    still: tuple[float | None, ...] = ()

    @classmethod
    def fit(cls, name: str, dates: DateTimes, weight: Float64) -> DateCoding:
        """Fit the encoding to a date-time column, given row weights that are all above 0."""
        known = dates[~np.isnat(dates)]
        names = (name, f"{name}: year") if len(np.unique(_year(known))) > 1 else (name,)
        continuous = NumberCoding.fit(names, _days_and_years(dates, len(names)), weight)
        one_indicator = (continuous.has_missing[0], False)[: len(names)]
        phases = {cycle: taken for cycle in CYCLES if len(taken := _phases(known, cycle)) > 1}
        waves = _waves(phases, missing=len(known) < len(dates))
        still = [float(values[0]) if np.ptp(values) < ROUNDING else None for values in waves]
        return cls(
            name,
            replace(continuous, has_missing=one_indicator),
            tuple(phases),
            _unless_all_vary(still),
        )

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The names of the features.

        They are "sold", "sold: year", "sold is missing", "sold: month sin", "sold: month cos", ...
        """
        return (
            *self.continuous.feature_names,
            *(f"{self.name}: {cycle} {wave}" for cycle in self.cycles for wave in ("sin", "cos")),
        )

    def encode_into(self, out: NDArray[Any], dates: DateTimes) -> None:
        """Write the features of a column into `out` (n, len(feature_names)), chunk by chunk."""
        first = len(self.continuous.feature_names)
        still = self.still or (None,) * (2 * len(self.cycles))
        for start, stop in row_chunks(out.shape):
            rows, chunk = dates[start:stop], out[start:stop]
            numbers = _days_and_years(rows, len(self.continuous.names))
            self.continuous.encode_into(chunk[:, :first], numbers)
            missing = np.isnat(rows)
            for i, cycle in enumerate(self.cycles):
                period, phase = CYCLES[cycle]
                angle = 2.0 * np.pi / period * phase(rows)
                for j, wave in ((2 * i, np.sin), (2 * i + 1, np.cos)):
                    values = np.where(missing, 0.0, wave(angle)) if still[j] is None else 0.0
                    chunk[:, first + j] = values

    @property
    def constant(self) -> bool:
        """Whether a feature of the column was constant in training."""
        return bool(self.continuous.constant or self.still)

    def updated(self, dates: DateTimes) -> DateCoding:
        """Return the encoding after further training rows: a feature that now varies is used.

        The cycles stay as they are.
        """
        known = dates[~np.isnat(dates)]
        phases = {cycle: _phases(known, cycle) for cycle in (self.cycles if self.still else ())}
        waves = _waves(phases, missing=len(known) < len(dates))
        still = [
            value if value is not None and np.abs(values - value).max() < ROUNDING else None
            for value, values in zip(self.still, waves, strict=True)
        ]
        continuous = self.continuous.updated(_days_and_years(dates, len(self.continuous.names)))
        return replace(self, continuous=continuous, still=_unless_all_vary(still))

    def describe(self) -> str:
        """Return a description of the encoding; "month (sine)" means a constant cosine."""
        continuous = self.continuous
        if continuous.empty[0]:
            return f"missing values only {NEVER_VARIED}"
        varies = [value is None for value in self.still] or [True] * (2 * len(self.cycles))
        cycles = (
            cycle if sine and cosine else f"{cycle} ({'sine' if sine else 'cosine'})"
            for cycle, sine, cosine in zip(self.cycles, varies[::2], varies[1::2], strict=True)
        )
        year = ["the year"] if len(continuous.names) > 1 else []
        parts = ("the time itself", *year, *cycles)
        text = f"always the same {NEVER_VARIED}" if continuous.constant else ", ".join(parts)
        return text + ("; missing values are marked" if continuous.has_missing[0] else "")


def _unless_all_vary(still: Sequence[float | None]) -> tuple[float | None, ...]:
    """Return the constant value of each sine and cosine or None; () if all varied."""
    return tuple(still) if any(value is not None for value in still) else ()


def _phases(known: DateTimes, cycle: Cycle) -> Float64:
    """Return the phases of a cycle that occur in known date-times: increasing integers."""
    return np.flatnonzero(np.bincount(CYCLES[cycle][1](known))).astype(np.float64)


def _waves(phases: Mapping[Cycle, Float64], *, missing: bool) -> Iterator[Float64]:
    """Yield the sine and the cosine of each cycle at its phases, 0 for missing values."""
    zero = np.zeros(int(missing))
    for cycle, taken in phases.items():
        angle = 2.0 * np.pi / CYCLES[cycle][0] * taken
        yield from (np.concatenate([wave(angle), zero]) for wave in (np.sin, np.cos))


def _days_and_years(dates: DateTimes, count: int) -> Float64:
    """Return days since 1970 with fractions and, for a count of 2, years; NaN if missing."""
    block = np.empty((len(dates), count))
    block[:, 0] = dates.astype(np.int64) / DAY
    if count > 1:
        block[:, 1] = _year(dates)
    block[np.isnat(dates)] = np.nan
    return block


def _since_1970(dates: DateTimes, unit: Literal["Y", "M", "D"]) -> Int64:
    return dates.astype(f"datetime64[{unit}]").astype(np.int64)


def _year(dates: DateTimes) -> Int64:
    return _since_1970(dates, "Y") + 1970


#: The period of each cycle and its phase. Months have 28 to 31 days: 31 keeps the days apart.
CYCLES: dict[Cycle, tuple[float, Callable[[DateTimes], Int64]]] = {
    "month": (12.0, lambda dates: _since_1970(dates, "M") % 12),
    "day": (31.0, lambda dates: (dates.astype("M8[D]") - dates.astype("M8[M]")).astype(np.int64)),
    # Monday is 0, and 1970 began on a Thursday.
    "weekday": (7.0, lambda dates: (_since_1970(dates, "D") + 3) % 7),
    "hour": (24.0, lambda dates: dates.astype(np.int64) // (DAY // 24) % 24),
    "minute": (60.0, lambda dates: dates.astype(np.int64) // 60_000_000 % 60),
    "second": (60.0, lambda dates: dates.astype(np.int64) // 1_000_000 % 60),
}
