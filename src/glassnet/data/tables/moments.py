"""Parse date-times and times of day from text.

Dates are in ISO 8601 (2026-01-31, with a time, with a zone) or in a common form, with one order of
day, month and year for a whole column:

    31/01/2026   31.01.2026   1/31/2026   2026/01/31   31-Jan-2026   31 January 2026   Jan 31, 2026

each optionally with a time, also on a 12-hour clock.

If all dates of a column have a zone they are converted to UTC. A year of two digits lies between
1969 and 2068, as in POSIX.
"""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from glassnet.data.tables.schema import DATE_ORDERS, DateOrder

_ISO = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[ T]([0-9]{2}(?::[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?)?)"
    r"(?: ?(Z|UTC|GMT|[+-][0-9]{2}(?::?[0-9]{2})?))?)?"
)
_ISO_BARE = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[ T][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?)?"
)  # what NumPy parses directly
_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTHS = {name: i for i, name in enumerate(_NAMES, start=1)}
_MONTH = (
    r"(?P<name>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_CLOCK = (
    r"(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2}(?:\.[0-9]{1,6})?))?"
    r"(?: ?(?P<half>[ap])\.?m\.?)?"
)
_TIME = rf"(?:[ T,]+(?:{_CLOCK}|(?P<bare>[0-9]{{1,2}}) ?(?P<bare_half>[ap])\.?m\.?))?"
_BY_NUMBERS = re.compile(
    r"(?P<a>[0-9]{1,4})(?P<mark>[./-])(?P<b>[0-9]{1,2})(?P=mark)(?P<c>[0-9]{4}|[0-9]{1,2})"
    rf"{_TIME}",
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
_COMPACT = (  # and months alone
    re.compile(r"(?P<year>[12][0-9]{3})(?P<month>[0-9]{2})(?P<day>[0-9]{2})"),
    re.compile(r"(?P<year>[12][0-9]{3})[-/.](?P<month>[0-9]{1,2})"),
    re.compile(r"(?P<month>[0-9]{1,2})[-/.](?P<year>[12][0-9]{3})"),
    re.compile(rf"{_MONTH}[ -/.,]*(?P<year>[12][0-9]{{3}})", re.IGNORECASE),
)
_HOUR_ALONE = r"(?P<hour>[0-9]{1,2})(?P<minute>)(?P<second>) ?(?P<half>[ap])\.?m\.?"
_ALONE = (re.compile(_CLOCK, re.IGNORECASE), re.compile(_HOUR_ALONE, re.IGNORECASE))
_WEEKDAY = re.compile(r"(?:mon|tue|wed|thu|fri|sat|sun)[a-z]{0,6}\.?,? +(?=\S)", re.IGNORECASE)
#: The maximum number of characters of a date-time.
MAX_LENGTH = 100
NAT = np.datetime64("NaT")
#: A date-time without its zone, and the offset of the zone in minutes, None without one.
Moment = tuple[np.datetime64, int | None]


def read_dates(
    texts: Sequence[str], order: str = "ymd", *, compact: bool = False
) -> NDArray[np.datetime64]:
    """Parse texts as datetime64[us]; a text that is not a date-time becomes NaT.

    Parameters
    ----------
    texts : without white space around them
    order : the order of day, month and year if all three are numbers; a leading number of four
        digits is always the year
    compact : whether 20260131 is a date too, and a month such as 2026-01 or Jan 2026 is its first
        day
    """
    if all(map(_ISO_BARE.fullmatch, texts)):
        try:
            return np.array([text[:26] for text in texts], dtype="datetime64[us]")
        except ValueError:  # the 30th of February
            pass
    moments = [_parsed(text, order, compact=compact) for text in texts]
    is_zoned = [moment is not None and moment[1] is not None for moment in moments]
    n_dates = sum(moment is not None for moment in moments)
    if 0 < sum(is_zoned) < n_dates:
        # Dates with and without a zone cannot be compared: the minority is not read as dates.
        keep = 2 * sum(is_zoned) > n_dates
        pairs = zip(moments, is_zoned, strict=True)
        moments = [moment if zoned == keep else None for moment, zoned in pairs]
    dates = np.array([moment[0] if moment else NAT for moment in moments], dtype="datetime64[us]")
    dates -= np.array(
        [(moment[1] or 0) if moment else 0 for moment in moments], dtype="timedelta64[m]"
    )
    return dates


def date_order(
    texts: Sequence[str], counts: Sequence[int] | NDArray[np.int64]
) -> tuple[DateOrder, bool]:
    """Return the order of day, month and year that parses most dates, and whether it is certain.

    A number above 12 is not a month. If no date decides, the day is first with dots and dashes, and
    the month is first with slashes, as in pandas and many spreadsheets. A year of two digits is
    first only if no other order is possible.
    """
    weight = dict.fromkeys(DATE_ORDERS, 0)
    marks: set[str] = set()
    for text, count in zip(texts, counts, strict=True):
        found = _BY_NUMBERS.fullmatch(text)
        if found is not None and len(found["a"]) <= 2:
            marks.add(found["mark"])
            for order in DATE_ORDERS:
                weight[order] += int(count) * (_parsed(text, order) is not None)
    most = max(weight.values())
    if most == 0:
        return "ymd", True
    if weight["dmy"] == weight["mdy"] == most:
        return ("mdy" if marks == {"/"} else "dmy"), False
    return max(("dmy", "mdy", "ymd"), key=lambda order: weight[order]), True


def read_clock(texts: Sequence[str]) -> NDArray[np.float64]:
    """Parse times of day as hours since midnight: 01:30 PM is 13.5, other texts are NaN."""
    found = (_ALONE[0].fullmatch(text) or _ALONE[1].fullmatch(text) for text in texts)
    seconds = (_seconds(match) if match else None for match in found)
    return np.array([np.nan if s is None else s / 3600.0 for s in seconds], dtype=np.float64)


def _parsed(text: str, order: str, *, compact: bool = False) -> Moment | None:
    """Return the date-time in a text, or None."""
    if len(text) > MAX_LENGTH:
        return None
    text = _WEEKDAY.sub("", text, count=1) if text[:1].isalpha() else text
    found = _ISO.fullmatch(text)
    if found is not None:
        day, time, zone = found.groups()
        moment = _datetime64(f"{day}T{time or '00:00'}"[:26])  # microseconds
        return None if moment is None else (moment, _offset(zone))
    found = _BY_NUMBERS.fullmatch(text)
    if found is not None:
        a, b, c = found.group("a", "b", "c")
        if (len(a) == 4 or (len(a) < 3 and order == "ymd")) and len(c) < 3:
            return _moment(a, int(b), int(c), found)
        if len(a) > 2 or order == "ymd":
            return None
        day, month = (a, b) if order == "dmy" else (b, a)
        return _moment(c, int(month), int(day), found)
    for pattern in (*_BY_NAME, *_COMPACT) if compact else _BY_NAME:
        found = pattern.fullmatch(text)
        if found is not None:
            parts = found.groupdict()
            named = parts.get("name")
            month_number = _MONTHS[named[:3].lower()] if named else int(parts["month"])
            return _moment(parts["year"], month_number, int(parts.get("day") or 1), found)
    return None


def _moment(year: str, month: int, day: int, clock: re.Match[str]) -> Moment | None:
    seconds = _seconds(clock)
    whole = int(year) if len(year) == 4 else int(year) + (1900 if int(year) >= 69 else 2000)
    date = _datetime64(f"{whole:04d}-{month:02d}-{day:02d}")
    if seconds is None or date is None:
        return None
    return date + np.timedelta64(round(seconds * 1e6), "us"), None


def _seconds(found: re.Match[str]) -> float | None:
    """Return the seconds since midnight of a clock time, 0 without one, None if it is invalid."""
    parts = found.groupdict()
    half = (parts.get("half") or parts.get("bare_half") or "").lower()
    hour = int(parts.get("hour") or parts.get("bare") or 0)
    minute, second = int(parts.get("minute") or 0), float(parts.get("second") or 0.0)
    if (half and not 1 <= hour <= 12) or hour > 23 or minute > 59 or second >= 60.0:
        return None
    if half:
        hour = hour % 12 + 12 * (half == "p")
    return 3600.0 * hour + 60.0 * minute + second


def _offset(zone: str | None) -> int | None:
    """Return the offset in minutes of a zone such as +02:00, None without a zone."""
    if zone is None or zone.isalpha():
        return None if zone is None else 0
    minutes = 60 * int(zone[1:3]) + int(zone[3:].strip(":") or 0)
    return -minutes if zone[0] == "-" else minutes


def _datetime64(text: str) -> np.datetime64 | None:
    try:
        return np.datetime64(text, "us")
    except ValueError:  # the 30th of February
        return None
