"""Meaning of a table cell: missing values, booleans and text, the same for files and objects.

A model may be trained on a pandas frame and used to predict a CSV file, so the rules are the same:

- `None`, NaN, `pandas.NA` and empty text are missing values, and so is every text in `MISSING`,
  except in a column that is declared a category;
- white space around text is removed;
- `True`, "True", "TRUE" and "true" are the text "true", and the same for false;
- when numbers are converted to text, integral floats lose their ".0", and integers keep all their
  digits.

`glassnet.data.tables.recognition` detects the kind of a text column.
"""

import datetime as dt
import decimal
import fractions
import math
import shlex
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: Texts that mean a missing value, besides the empty text.
MISSING = frozenset(
    {"?", "NA", "N/A", "n/a", "#N/A", "<NA>", "NaN", "nan", "NAN", "NaT", "null", "NULL", "None"}
)
TRUE = ("true", "True", "TRUE")
FALSE = ("false", "False", "FALSE")
BOOLEANS = dict.fromkeys(TRUE, "true") | dict.fromkeys(FALSE, "false")
#: In lower case; used only if a column is known to be a boolean.
YES_OR_NO = dict.fromkeys(("true", "t", "yes", "y", "on", "1", "1.0"), "true")
YES_OR_NO |= dict.fromkeys(("false", "f", "no", "n", "off", "0", "0.0"), "false")
#: From 2^53 on floats cannot represent all integers.
EXACT = 2**53

#: Types of missing values, by name, so that pandas is not imported for its NA.
MISSING_TYPES = frozenset({"NoneType", "NAType", "NaTType"})
BOOLS = (bool, np.bool_)
NUMBERS = (int, float, np.integer, np.floating, decimal.Decimal, fractions.Fraction)
DATES = (dt.date, np.datetime64)
#: The names of pandas types that are categories.
NAMED = frozenset({"Interval", "Period"})


def option(name: str, value: str, column: str = "") -> str:
    """Return, for a message, how to set an option in Python and on the command line.

    Examples
    --------
    >>> option("types", "number", "zip"), option("decimal", ",")
    ("types={'zip': 'number'} (--types zip=number)", "Dialect(decimal=',') (--decimal ,)")
    """
    if name == "types":
        return f"types={{{column!r}: {value!r}}} (--types {shlex.quote(f'{column}={value}')})"
    shown = [value] if name == "missing" else value
    return f"Dialect({name}={shown!r}) (--{name} {shlex.quote(value)})"


def text_of(value: object) -> str | None:
    """Return the text of a cell, None for a missing value; words such as "NA" stay text here.

    Raises
    ------
    TypeError
        If the value is not text, a boolean, a number, a date, an interval or a period.

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
    if type(value).__name__ in MISSING_TYPES:
        return None
    if isinstance(value, BOOLS):
        return "true" if value else "false"
    if isinstance(value, NUMBERS):
        return _number_text(value)
    if isinstance(value, DATES):
        return date_texts(np.array([in_utc(value)], dtype="datetime64[us]"))[0]
    if isinstance(value, dt.time) or type(value).__name__ in NAMED:
        return str(value)
    raise TypeError(type(value).__name__)


def in_utc(value: Any) -> Any:
    """Return a date-time in UTC without its zone; a value without a zone is not changed."""
    aware = isinstance(value, dt.datetime) and value.tzinfo is not None
    return value.astimezone(dt.UTC).replace(tzinfo=None) if aware else value


def _number_text(value: Any) -> str | None:
    if isinstance(value, (int, np.integer)):
        return str(int(value))
    if math.isnan(value):
        return None
    # Beyond 2^53 the last digits of a float are not known: do not print them.
    is_integer = (
        value.is_finite() and value == value.to_integral_value()
        if isinstance(value, decimal.Decimal)
        else abs(value) < EXACT and value == int(value)
    )
    return str(int(value) if is_integer else value)


def date_texts(values: NDArray[np.datetime64]) -> list[str | None]:
    """Return date-times as texts, None for NaT.

    The format is 2026-01-31 at midnight, otherwise 2026-01-31 12:30:05, with a fraction if needed.
    """
    texts = np.datetime_as_string(values.astype("datetime64[us]"), unit="us").tolist()
    shortened = (str(text).removesuffix(".000000").removesuffix("T00:00:00") for text in texts)
    return [None if text == "NaT" else text.replace("T", " ") for text in shortened]
