"""What one cell of a table means: a gap, a number or a text, the same whichever door the table came in by.

A model may be trained on a pandas frame and asked to predict for a CSV file, so there is one rule for both:

- `None`, NaN, `pandas.NA` and every text in `MISSING` are gaps (the text "NA" in a frame too, for a file cannot tell them apart);
- text is stripped of the white space around it;
- `True`, "True", "TRUE" and "true" are the text "true", and the same for false;
- a plain decimal number is a number: 12, -0.5, .5, 1e6; neither 0x10 nor 1_000, 50% or 1,000;
- a date-time is ISO 8601: 2026-01-31, 2026-01-31 12, 2026-01-31 12:30, 2026-01-31T12:30:05.25, also with a zone (Z, +02:00), and then
  all cells of the column have one and are brought to UTC; 31.01.2026 and 1/31/2026 stay text, for nobody can tell day and month apart;
- where numbers are asked for as text, whole ones lose their ".0".
"""

from __future__ import annotations

import datetime as dt
import decimal
import fractions
import math
import re
from collections.abc import Callable, Sequence
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from glassnet.errors import DataError

MISSING = frozenset({"", "?", "NA", "N/A", "n/a", "#N/A", "<NA>", "NaN", "nan", "NAN", "NaT", "null", "NULL", "None"})
TRUE = ("true", "True", "TRUE")
FALSE = ("false", "False", "FALSE")
BOOLEANS = dict.fromkeys(TRUE, "true") | dict.fromkeys(FALSE, "false")

TIMES = "holds times of day or durations, which are not taken: convert it to numbers first (the hour, the seconds), or leave it out"

_GAPS = frozenset({"NoneType", "NAType", "NaTType"})  # by name, so that pandas is not imported to look for its NA
_BOOLS = (bool, np.bool_)
_NUMBERS = (int, float, np.integer, np.floating, decimal.Decimal, fractions.Fraction)
_DATES = (dt.date, np.datetime64)
_TIMES = (dt.time, dt.timedelta, np.timedelta64)
# float() also takes "1_000", "infinity" and digits of other scripts; a cell of a table is a plain decimal number.
_PLAIN_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_DATE = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[ T]([0-9]{2}(?::[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?)?)(Z|[+-][0-9]{2}(?::?[0-9]{2})?)?)?"
)

Codes = tuple[NDArray[np.int32], tuple[str, ...]]


def text_of(value: object) -> str | None:
    """Return the text that a cell stands for, None for a gap.

    Raises
    ------
    TypeError
        For a value that is no text, boolean or number.

    Examples
    --------
    >>> [text_of(v) for v in (" Dream ", True, "TRUE", 3.0, 0.5, "NA", None)]
    ['Dream', 'true', 'true', '3', '0.5', None, None]
    """
    if isinstance(value, bytes):
        value = value.decode()
    if isinstance(value, str):
        text = value.strip()
        return None if text in MISSING else BOOLEANS.get(text, text)
    if type(value).__name__ in _GAPS:
        return None
    if isinstance(value, _BOOLS):
        return "true" if value else "false"
    if isinstance(value, _NUMBERS):
        return _number_text(value)
    raise TypeError(type(value).__name__)


def _number_text(value: Any) -> str | None:
    if isinstance(value, (int, np.integer)):
        return str(int(value))
    if math.isnan(value):
        return None
    # Beyond 2^53 a float no longer knows its last digits, so writing them all out would invent some.
    return str(int(value)) if abs(value) < 2**53 and value == int(value) else str(value)


def number_of(text: str) -> float | None:
    """Return the finite number that a text spells in plain decimals, None where it spells none."""
    if _PLAIN_NUMBER.fullmatch(text) is None:
        return None
    number = float(text)
    return number if math.isfinite(number) else None


def number_levels(
    codes: NDArray[np.int32], levels: tuple[str, ...], spelled: Callable[[str], float | None] = number_of
) -> NDArray[np.float64] | str:
    """Return a coded column as numbers (gaps NaN), or the first of its levels that is none."""
    table = np.full(len(levels) + 1, np.nan)  # the last entry answers code -1
    for i, level in enumerate(levels):
        number = spelled(level)
        if number is None:
            return level
        table[i] = number
    return table[codes]


def date_levels(codes: NDArray[np.int32], levels: Sequence[str]) -> NDArray[np.datetime64] | str:
    """Return a coded column as datetime64[us] (gaps NaT), or the first of its levels that is no date-time."""
    zoned = [False, False]
    texts, offsets = [], []
    for level in levels:
        found = _DATE.fullmatch(level)
        if found is None:
            return level
        day, time, zone = found.groups()
        zoned[zone is not None] = True
        texts.append(f"{day}T{time or '00:00'}"[:26])  # microseconds
        offsets.append(_offset(zone))
    if all(zoned):
        return next(level for level, offset in zip(levels, offsets, strict=True) if offset is None)
    try:
        dates = np.array([*texts, "NaT"], dtype="datetime64[us]")  # the last entry answers code -1
    except ValueError:  # the 30th of February
        return next(level for level, text in zip(levels, texts, strict=True) if not _is_date(text))
    dates[:-1] -= np.array([offset or 0 for offset in offsets], dtype="timedelta64[m]")
    return cast(NDArray[np.datetime64], dates[codes])


def _offset(zone: str | None) -> int | None:
    """Return the minutes of a zone such as +02:00, None where there is no zone."""
    if zone is None or zone == "Z":
        return None if zone is None else 0
    minutes = 60 * int(zone[1:3]) + int(zone[3:].strip(":") or 0)
    return -minutes if zone[0] == "-" else minutes


def _is_date(text: str) -> bool:
    try:
        np.datetime64(text)
    except ValueError:
        return False
    return True


def tidy_codes(codes: NDArray[np.integer[Any]], texts: Sequence[str | None]) -> Codes:
    """Return codes and levels brought to one form: levels sorted, none twice, none unused; a None among the texts is a gap (-1)."""
    used = np.bincount(codes[codes >= 0], minlength=len(texts)) > 0
    levels = tuple(sorted({text for text, seen in zip(texts, used, strict=True) if seen and text is not None}))
    place = {text: i for i, text in enumerate(levels)}
    moved = np.array([-1 if text is None else place.get(text, -1) for text in texts] + [-1], dtype=np.int32)
    return moved[codes], levels


def code_numbers(values: NDArray[np.floating[Any]]) -> Codes:
    """Return a column of numbers as a category: their texts, NaN a gap."""
    found, codes = np.unique(values, return_inverse=True)
    return tidy_codes(codes, [text_of(value) for value in found])


def code_dates(values: NDArray[np.datetime64]) -> Codes:
    """Return a column of date-times as a category: 2026-01-31 at midnight, else 2026-01-31 12:30:05, with a fraction where there is one."""
    found, codes = np.unique(values, return_inverse=True)
    texts = (
        str(text).removesuffix(".000000").removesuffix("T00:00:00").replace("T", " ") for text in np.datetime_as_string(found, unit="us")
    )
    return tidy_codes(codes, [None if gap else text for text, gap in zip(texts, np.isnat(found).tolist(), strict=True)])


def code_values(name: str, values: Sequence[object]) -> Codes:
    """Return any column of Python values as a category, each distinct value read once by `text_of`."""
    texts: list[str | None] = []

    class Seen(dict[object, int]):
        def __missing__(self, value: object) -> int:
            texts.append(text_of(value))
            self[value] = len(texts) - 1
            return len(texts) - 1

    try:
        codes = np.fromiter(map(Seen().__getitem__, values), dtype=np.int64, count=len(values))
    except (TypeError, UnicodeDecodeError):  # not hashable, or no text: find the culprit for the message
        raise _odd_value(name, values) from None
    return tidy_codes(codes, texts)


def infer(name: str, values: Sequence[object]) -> NDArray[np.float64] | NDArray[np.datetime64] | Codes:
    """Return a column of Python values as float64 numbers or as datetime64[us] when all that are no gap are such, else as a category.

    Raises
    ------
    DataError
        For times of day, durations, complex numbers and anything else that is no cell of a table.
    """
    kinds = set(map(type, values))
    if any(issubclass(kind, _TIMES) and kind.__name__ not in _GAPS for kind in kinds):
        raise DataError(f"column {name!r} {TIMES}.")
    if any(issubclass(kind, (complex, np.complexfloating)) for kind in kinds):
        raise DataError(f"Complex data not supported: column {name!r} holds complex numbers.")
    gaps = {kind for kind in kinds if kind.__name__ in _GAPS}
    if kinds - gaps and all(issubclass(kind, _DATES) for kind in kinds - gaps):
        return _dates(name, values, gaps)
    if all(issubclass(kind, _NUMBERS) and not issubclass(kind, _BOOLS) for kind in kinds - gaps):
        try:
            return np.array([math.nan if type(v) in gaps else float(v) for v in values])  # type: ignore[arg-type]
        except OverflowError:
            raise DataError(f"column {name!r} holds a whole number too large for float64.") from None
    return code_values(name, values)


def _dates(name: str, values: Sequence[object], gaps: set[type]) -> NDArray[np.datetime64]:
    def utc(value: Any) -> object:
        if type(value) in gaps:
            return None
        aware = isinstance(value, dt.datetime) and value.tzinfo is not None
        return value.astimezone(dt.UTC).replace(tzinfo=None) if aware else value

    try:
        return np.array([np.datetime64(cast(Any, utc(value)), "us") for value in values], dtype="datetime64[us]")
    except (ValueError, OverflowError):
        raise DataError(f"column {name!r} holds a date-time beyond what microseconds since 1970 can say.") from None


def _odd_value(name: str, values: Sequence[object]) -> DataError:
    for row, value in enumerate(values):
        try:
            hash(value)
            text_of(value)
        except (TypeError, UnicodeDecodeError):
            return DataError(
                f"column {name!r} holds a {type(value).__name__} in row {row} (counting from 0): expected numbers, text or booleans."
            )
    return DataError(f"column {name!r} holds values that are no numbers, text or booleans.")
