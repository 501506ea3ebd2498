"""What one cell of a table means, whatever file or object the table comes from.

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

import datetime as dt
import decimal
import fractions
import math
import shlex
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: Texts that mean a missing value, besides the empty one.
MISSING = frozenset(
    {"?", "NA", "N/A", "n/a", "#N/A", "<NA>", "NaN", "nan", "NAN", "NaT", "null", "NULL", "None"}
)
TRUE = ("true", "True", "TRUE")
FALSE = ("false", "False", "FALSE")
BOOLEANS = dict.fromkeys(TRUE, "true") | dict.fromkeys(FALSE, "false")
#: In lower case; where a column is known to be a boolean.
YES_OR_NO = dict.fromkeys(("true", "t", "yes", "y", "on", "1", "1.0"), "true")
YES_OR_NO |= dict.fromkeys(("false", "f", "no", "n", "off", "0", "0.0"), "false")
#: From here on floats cannot tell whole numbers apart.
EXACT = 2**53

#: Types of missing values, by name, so that pandas need not be imported for its NA.
MISSING_TYPES = frozenset({"NoneType", "NAType", "NaTType"})
BOOLS = (bool, np.bool_)
NUMBERS = (int, float, np.integer, np.floating, decimal.Decimal, fractions.Fraction)
DATES = (dt.date, np.datetime64)
#: Types of pandas that are categories by their names.
NAMED = frozenset({"Interval", "Period"})


def option(name: str, value: str, column: str = "") -> str:
    """Return how to set an option in Python and on the command line, for a message.

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
    """Return the text of a cell, None for a missing value; words such as "NA" are texts here.

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
    """Return a date-time without its zone, in UTC; a value without a zone as it is."""
    aware = isinstance(value, dt.datetime) and value.tzinfo is not None
    return value.astimezone(dt.UTC).replace(tzinfo=None) if aware else value


def _number_text(value: Any) -> str | None:
    if isinstance(value, (int, np.integer)):
        return str(int(value))
    if math.isnan(value):
        return None
    # Beyond 2^53 a float does not know its last digits: do not invent them.
    is_integer = (
        value.is_finite() and value == value.to_integral_value()
        if isinstance(value, decimal.Decimal)
        else abs(value) < EXACT and value == int(value)
    )
    return str(int(value) if is_integer else value)


def date_texts(values: NDArray[np.datetime64]) -> list[str | None]:
    """Return date-times as texts, None for NaT.

    A text is 2026-01-31 at midnight, else 2026-01-31 12:30:05, with a fraction where there is one.
    """
    texts = np.datetime_as_string(values.astype("datetime64[us]"), unit="us").tolist()
    shortened = (str(text).removesuffix(".000000").removesuffix("T00:00:00") for text in texts)
    return [None if text == "NaT" else text.replace("T", " ") for text in shortened]
