"""The date-time or the time of day that a text spells.

Dates: ISO 8601 (2026-01-31, with a time, with a zone), and as people write them, the order of day,
month and year found for a column as a whole:

    31/01/2026   31.01.2026   1/31/2026   2026/01/31   31-Jan-2026   31 January 2026   Jan 31, 2026

each also with a time, 12-hour clocks too.

Where all dates of a column have a zone they are brought to UTC. A year of two digits lies between
1969 and 2068, as in POSIX.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from glassnet.data.tables.forms import DATE_ORDERS, DateOrder

_ISO = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[ T]([0-9]{2}(?::[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?)?)"
    r"(?: ?(Z|UTC|GMT|[+-][0-9]{2}(?::?[0-9]{2})?))?)?"
)
_ISO_BARE = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[ T][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?)?"
)  # what NumPy reads at once
_MONTHS = {
    name: i + 1
    for i, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
    )
}
_MONTH = (
    r"(?P<name>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?"
    r"|dec(?:ember)?)\.?"
)
_CLOCK = r"(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2}(?:\.[0-9]{1,6})?))?(?: ?(?P<half>[ap])\.?m\.?)?"
_TIME = rf"(?:[ T,]+(?:{_CLOCK}|(?P<bare>[0-9]{{1,2}}) ?(?P<bare_half>[ap])\.?m\.?))?"
_BY_NUMBERS = re.compile(
    rf"(?P<a>[0-9]{{1,4}})(?P<mark>[./-])(?P<b>[0-9]{{1,2}})(?P=mark)(?P<c>[0-9]{{4}}|[0-9]{{1,2}}){_TIME}",
    re.IGNORECASE,
)
_BY_NAME = (
    re.compile(
        rf"(?P<day>[0-9]{{1,2}})(?:st|nd|rd|th)?[ -/.]*{_MONTH}[ "
        rf"-/.,]*(?P<year>[0-9]{{4}}|[0-9]{{2}}){_TIME}",
        re.IGNORECASE,
    ),
    re.compile(
        rf"{_MONTH}[ -/.]*(?P<day>[0-9]{{1,2}})(?:st|nd|rd|th)?[ "
        rf",/-]+(?P<year>[0-9]{{4}}|[0-9]{{2}}){_TIME}",
        re.IGNORECASE,
    ),
    re.compile(
        rf"(?P<year>[0-9]{{4}})[ -/.]*{_MONTH}[ -/.]*(?P<day>[0-9]{{1,2}}){_TIME}", re.IGNORECASE
    ),
)
_COMPACT = re.compile(r"(?P<year>[12][0-9]{3})(?P<month>[0-9]{2})(?P<day>[0-9]{2})")
_HOUR_ALONE = r"(?P<hour>[0-9]{1,2})(?P<minute>)(?P<second>) ?(?P<half>[ap])\.?m\.?"
_ALONE = (re.compile(_CLOCK, re.IGNORECASE), re.compile(_HOUR_ALONE, re.IGNORECASE))
_MONTHS_ALONE = (
    re.compile(r"(?P<year>[12][0-9]{3})[-/.](?P<month>[0-9]{1,2})"),
    re.compile(r"(?P<month>[0-9]{1,2})[-/.](?P<year>[12][0-9]{3})"),
    re.compile(rf"{_MONTH}[ -/.,]*(?P<year>[12][0-9]{{3}})", re.IGNORECASE),
)
_WEEKDAY = re.compile(r"(?:mon|tue|wed|thu|fri|sat|sun)[a-z]{0,6}\.?,? +(?=\S)", re.IGNORECASE)
#: Nobody writes a date-time in more characters.
LONGEST = 100
GAP = np.datetime64("NaT")


def read_dates(
    texts: Sequence[str], order: str = "ymd", *, compact: bool = False
) -> NDArray[np.datetime64]:
    """Return the date-times that texts spell as datetime64[us], NaT where one spells none.

    Parameters
    ----------
    texts : without white space around them
    order : of day, month and year where all three are numbers; a year of four digits that stands
        first is always one
    compact : whether 20260131 is a date, too, and whether a month such as 2026-01 or Jan 2026 is
        the first of it
    """
    if all(map(_ISO_BARE.fullmatch, texts)):
        try:
            return np.array([text[:26] for text in texts], dtype="datetime64[us]")
        except ValueError:  # the 30th of February
            pass
    made: list[tuple[str, int | None] | None] = [
        _parts(text, order, compact=compact) for text in texts
    ]
    zoned = sum(entry is not None and entry[1] is not None for entry in made)
    if (
        0 < zoned < sum(entry is not None for entry in made)
    ):  # some with a zone and some without are not on one clock: the fewer are no dates
        keep = zoned * 2 > sum(entry is not None for entry in made)
        made = [
            entry if entry is not None and (entry[1] is not None) == keep else None
            for entry in made
        ]
    dates = np.array(
        [GAP if entry is None else _moment(entry[0]) for entry in made], dtype="datetime64[us]"
    )
    dates -= np.array(
        [0 if entry is None or entry[1] is None else entry[1] for entry in made],
        dtype="timedelta64[m]",
    )
    return dates


def date_order(
    texts: Sequence[str], counts: Sequence[int] | NDArray[np.int64]
) -> tuple[DateOrder, bool]:
    """Return the order of day, month and year in which most dates of numbers can be read, and whether it is certain.

    A number above 12 is no month. Where nothing settles it, the day comes first before dots and
    dashes, and the month before slashes, as pandas and many spreadsheets have it. A year of two
    digits stands first only where no other order can be.
    """
    weight = dict.fromkeys(DATE_ORDERS, 0)
    marks: set[str] = set()
    for text, count in zip(texts, counts, strict=True):
        found = _BY_NUMBERS.fullmatch(text)
        if found is None or len(found["a"]) > 2:
            continue
        marks.add(found["mark"])
        for order in DATE_ORDERS:
            weight[order] += int(count) * (_parts(text, order) is not None)
    most = max(weight.values())
    if most == 0:
        return "ymd", True
    if weight["dmy"] == weight["mdy"] == most:
        return ("mdy" if marks == {"/"} else "dmy"), False
    return next(order for order in ("dmy", "mdy", "ymd") if weight[order] == most), True


def read_clock(texts: Sequence[str]) -> NDArray[np.float64]:
    """Return the times of day that texts spell in hours since midnight, NaN where one spells none: 13:30 and 01:30 PM are 13.5."""
    hours = np.full(len(texts), np.nan)
    for i, text in enumerate(texts):
        found = _ALONE[0].fullmatch(text) or _ALONE[1].fullmatch(text)
        time = found and _seconds(found)
        if time is not None:
            hours[i] = time / 3600.0
    return hours


def _parts(text: str, order: str, *, compact: bool = False) -> tuple[str, int | None] | None:
    """Return a date-time as ISO text and the minutes of its zone (None without one), None where a text spells none."""
    if len(text) > LONGEST:
        return None
    text = _WEEKDAY.sub("", text, count=1) if text[:1].isalpha() else text
    iso = _ISO.fullmatch(text)
    if iso is not None:
        day, time, zone = iso.groups()
        when = f"{day}T{time or '00:00'}"[:26]  # microseconds
        return (when, _offset(zone)) if _moment(when) is not None else None
    found = _BY_NUMBERS.fullmatch(text)
    if found is not None:
        a, b, c = found.group("a", "b", "c")
        if (len(a) == 4 or (len(a) < 3 and order == "ymd")) and len(c) < 3:
            year, month, day = a, b, c
        elif len(a) < 3 and order != "ymd":
            day, month, year = (a, b, c) if order == "dmy" else (b, a, c)
        else:
            return None
        return _iso(year, int(month), int(day), found)
    for pattern in _BY_NAME:
        found = pattern.fullmatch(text)
        if found is not None:
            return _iso(found["year"], _MONTHS[found["name"][:3].lower()], int(found["day"]), found)
    return _compact(text) if compact else None


def _compact(text: str) -> tuple[str, int | None] | None:
    found = _COMPACT.fullmatch(text)
    if found is not None:
        return _iso(found["year"], int(found["month"]), int(found["day"]), None)
    for pattern in _MONTHS_ALONE:
        found = pattern.fullmatch(text)
        if found is not None:
            said = found.groupdict()
            return _iso(
                said["year"],
                _MONTHS[said["name"][:3].lower()] if "name" in said else int(said["month"]),
                1,
                None,
            )
    return None


def _iso(
    year: str, month: int, day: int, clock: re.Match[str] | None
) -> tuple[str, int | None] | None:
    seconds = _seconds(clock) if clock is not None else 0.0
    whole = int(year) if len(year) == 4 else int(year) + (1900 if int(year) >= 69 else 2000)
    date = f"{whole:04d}-{month:02d}-{day:02d}"
    if seconds is None or _moment(date) is None:
        return None
    micros = round(seconds * 1e6)
    return (
        f"{date}T{micros // 3_600_000_000:02d}:{micros // 60_000_000 % 60:02d}:{micros % 60_000_000 / 1e6:09.6f}",
        None,
    )


def _seconds(found: re.Match[str]) -> float | None:
    """Return the seconds since midnight of a clock time in a match, None where there is no such time."""
    said = found.groupdict()
    half = (said.get("half") or said.get("bare_half") or "").lower()
    hour = int(said["hour"] or said.get("bare") or 0)
    minute, second = int(said["minute"] or 0), float(said["second"] or 0.0)
    if (half and not 1 <= hour <= 12) or hour > 23 or minute > 59 or second >= 60.0:
        return None
    if half:
        hour = hour % 12 + 12 * (half == "p")
    return 3600.0 * hour + 60.0 * minute + second


def _offset(zone: str | None) -> int | None:
    """Return the minutes of a zone such as +02:00, None where there is no zone."""
    if zone is None or zone.isalpha():
        return None if zone is None else 0
    minutes = 60 * int(zone[1:3]) + int(zone[3:].strip(":") or 0)
    return -minutes if zone[0] == "-" else minutes


def _moment(text: str) -> np.datetime64 | None:
    try:
        return np.datetime64(text, "us")
    except ValueError:  # the 30th of February
        return None
