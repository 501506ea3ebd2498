"""What one cell of a table means: a gap, a number or a text, the same whichever door the table came in by.

A model may be trained on a pandas frame and asked to predict for a CSV file, so there is one rule for both:

- `None`, NaN, `pandas.NA` and every text in `MISSING` are gaps (the text "NA" in a frame too, for a file cannot tell them apart);
- text is stripped of the white space around it;
- `True`, "True", "TRUE" and "true" are the text "true", and the same for false;
- where numbers are asked for as text, whole ones lose their ".0".
"""

from __future__ import annotations

import datetime as dt
import decimal
import fractions
import math
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassnet.errors import DataError

MISSING = frozenset({"", "?", "NA", "N/A", "n/a", "#N/A", "<NA>", "NaN", "nan", "NAN", "NaT", "null", "NULL", "None"})
TRUE = ("true", "True", "TRUE")
FALSE = ("false", "False", "FALSE")
BOOLEANS = dict.fromkeys(TRUE, "true") | dict.fromkeys(FALSE, "false")

DATES = "holds dates or times, which are not taken yet: convert it to numbers first (days since a date, the hour), or leave it out"

_GAPS = frozenset({"NoneType", "NAType", "NaTType"})  # by name, so that pandas is not imported to look for its NA
_BOOLS = (bool, np.bool_)
_NUMBERS = (int, float, np.integer, np.floating, decimal.Decimal, fractions.Fraction)
_DATES = (dt.date, dt.time, dt.timedelta, np.datetime64, np.timedelta64)
# float() also takes "1_000", "infinity" and digits of other scripts; a cell of a table is a plain decimal number.
_PLAIN_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")

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


def number_levels(codes: NDArray[np.int32], levels: tuple[str, ...]) -> NDArray[np.float64] | str:
    """Return a coded column as numbers (gaps NaN), or the first of its levels that is none."""
    table = np.full(len(levels) + 1, np.nan)  # the last entry answers code -1
    for i, level in enumerate(levels):
        number = number_of(level)
        if number is None:
            return level
        table[i] = number
    return table[codes]


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


def infer(name: str, values: Sequence[object]) -> NDArray[np.float64] | Codes:
    """Return a column of Python values as float64 numbers when all that are no gap are numbers, else as a category.

    Raises
    ------
    DataError
        For dates, complex numbers and anything else that is no cell of a table.
    """
    kinds = set(map(type, values))
    if any(issubclass(kind, _DATES) and kind.__name__ not in _GAPS for kind in kinds):
        raise DataError(f"column {name!r} {DATES}.")
    if any(issubclass(kind, (complex, np.complexfloating)) for kind in kinds):
        raise DataError(f"Complex data not supported: column {name!r} holds complex numbers.")
    gaps = {kind for kind in kinds if kind.__name__ in _GAPS}
    if all(issubclass(kind, _NUMBERS) and not issubclass(kind, _BOOLS) for kind in kinds - gaps):
        try:
            return np.array([math.nan if type(v) in gaps else float(v) for v in values])  # type: ignore[arg-type]
        except OverflowError:
            raise DataError(f"column {name!r} holds a whole number too large for float64.") from None
    return code_values(name, values)


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
