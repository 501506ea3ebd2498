"""What one cell of a table means, the same whichever door the table came in by, and how options that decide otherwise are named.

A model may be trained on a pandas frame and asked to predict for a CSV file, so there is one rule
for both:

- `None`, NaN, `pandas.NA` and an empty text are missing values, and so is every text in `MISSING`,
  but in a column of a declared category;
- text is stripped of the white space around it;
- `True`, "True", "TRUE" and "true" are the text "true", and the same for false;
- where numbers are asked for as text, whole ones lose their ".0", and whole numbers keep all their
  digits.

What a column of texts holds is found by `glassnet.data.tables.recognition`.
"""

from __future__ import annotations

import datetime as dt
import decimal
import fractions
import math
import shlex
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: Texts that are missing values, besides the empty one.
MISSING = frozenset(
    {"?", "NA", "N/A", "n/a", "#N/A", "<NA>", "NaN", "nan", "NAN", "NaT", "null", "NULL", "None"}
)
TRUE = ("true", "True", "TRUE")
FALSE = ("false", "False", "FALSE")
BOOLEANS = dict.fromkeys(TRUE, "true") | dict.fromkeys(FALSE, "false")
#: In small letters; where a column is known to be a boolean.
YES_OR_NO = dict.fromkeys(("true", "t", "yes", "y", "on", "1", "1.0"), "true")
YES_OR_NO |= dict.fromkeys(("false", "f", "no", "n", "off", "0", "0.0"), "false")
#: From here on floats do not tell whole numbers apart.
EXACT = 2**53

GAPS = frozenset(
    {"NoneType", "NAType", "NaTType"}
)  # by name, so that pandas is not imported to look for its NA
BOOLS = (bool, np.bool_)
NUMBERS = (int, float, np.integer, np.floating, decimal.Decimal, fractions.Fraction)
DATES = (dt.date, np.datetime64)
NAMED = frozenset({"Interval", "Period"})  # of pandas: categories by what they are called

Codes = tuple[NDArray[np.int32], tuple[str, ...]]


def option(name: str, value: str, column: str = "") -> str:
    """Return how an option is given in Python and on the command line.

    Examples
    --------
    >>> option("types", "number", "zip"), option("decimal", ",")
    ("types={'zip': 'number'} (--types zip=number)", "Dialect(decimal=',') (--decimal ,)")
    """
    if name == "types":
        return f"types={{{column!r}: {value!r}}} (--types {shlex.quote(f'{column}={value}')})"
    return f"Dialect({name}={[value] if name == 'missing' else value!r}) (--{name} {shlex.quote(value)})"


def text_of(value: object) -> str | None:
    """Return the text that a cell stands for, None for a missing value; words such as "NA" are texts here.

    Raises
    ------
    TypeError
        For a value that is no text, boolean, number, date, interval or period.

    Examples
    --------
    >>> [text_of(v) for v in (" Dream ", True, "TRUE", 3.0, 0.5, "", None)]
    ['Dream', 'true', 'true', '3', '0.5', None, None]
    """
    if isinstance(value, bytes):
        value = value.decode()
    if isinstance(value, str):
        text = value.strip()
        return BOOLEANS.get(text, text) or None
    if type(value).__name__ in GAPS:
        return None
    if isinstance(value, BOOLS):
        return "true" if value else "false"
    if isinstance(value, NUMBERS):
        return _number_text(value)
    if isinstance(value, DATES):
        return _date_text(value)
    if isinstance(value, dt.time) or type(value).__name__ in NAMED:
        return str(value)
    raise TypeError(type(value).__name__)


def _number_text(value: Any) -> str | None:
    if isinstance(value, (int, np.integer)):
        return str(int(value))
    if math.isnan(value):
        return None
    if isinstance(value, decimal.Decimal):
        return (
            str(int(value))
            if value.is_finite() and value == value.to_integral_value()
            else str(value)
        )
    # Beyond 2^53 a float no longer knows its last digits, so writing them all out would invent
    # some.
    return str(int(value)) if abs(value) < EXACT and value == int(value) else str(value)


def _date_text(value: Any) -> str | None:
    if isinstance(value, dt.datetime) and value.tzinfo is not None:
        value = value.astimezone(dt.UTC).replace(tzinfo=None)
    moment = np.datetime64(value, "us")
    return None if np.isnat(moment) else date_texts(np.array([moment]))[0]


def date_texts(values: NDArray[np.datetime64]) -> list[str]:
    """Return date-times as texts: 2026-01-31 at midnight, else 2026-01-31 12:30:05, with a fraction where there is one."""
    texts = np.datetime_as_string(values.astype("datetime64[us]"), unit="us").tolist()
    return [
        str(text).removesuffix(".000000").removesuffix("T00:00:00").replace("T", " ")
        for text in texts
    ]


def tidy_codes(codes: NDArray[np.integer[Any]], texts: Sequence[str | None]) -> Codes:
    """Return codes and levels brought to one form: levels sorted, none twice, none unused; a None among the texts is a gap (-1)."""
    used = np.bincount(codes[codes >= 0], minlength=len(texts)) > 0
    levels = tuple(
        sorted({text for text, seen in zip(texts, used, strict=True) if seen and text is not None})
    )
    place = {text: i for i, text in enumerate(levels)}
    moved = np.array(
        [-1 if text is None else place.get(text, -1) for text in texts] + [-1], dtype=np.int32
    )
    return moved[codes], levels


def code_numbers(values: NDArray[np.number[Any]]) -> Codes:
    """Return a column of numbers as a category: their texts, NaN a gap."""
    found, codes = np.unique(values, return_inverse=True)
    return tidy_codes(codes, [text_of(value) for value in found])


def code_dates(values: NDArray[np.datetime64]) -> Codes:
    """Return a column of date-times as a category, see `date_texts`."""
    found, codes = np.unique(values, return_inverse=True)
    return tidy_codes(
        codes,
        [
            None if gap else text
            for text, gap in zip(date_texts(found), np.isnat(found).tolist(), strict=True)
        ],
    )
