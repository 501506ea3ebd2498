"""A column of Python values or of a NumPy array: numbers, date-times, true and false, or texts whose kind is still to be found."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from glassnet.data.tables import cells
from glassnet.data.tables.recognition import Recognized, Texts
from glassnet.errors import DataError

SPANS = "holds durations, which are not taken: convert it to numbers first (days, seconds), or leave it out"
_SPANS = (dt.timedelta, np.timedelta64)


def column_of_values(name: str, values: Sequence[object]) -> Recognized | Texts:
    """Return a column of Python values, each a number, text, boolean, date or time of day, or missing.

    Raises
    ------
    DataError
        For durations, complex numbers and anything else that is no cell of a table.
    """
    kinds = set(map(type, values))
    gaps = {kind for kind in kinds if kind.__name__ in cells.GAPS}
    held = kinds - gaps
    if any(issubclass(kind, _SPANS) for kind in held):
        raise DataError(f"column {name!r} {SPANS}.")
    if any(issubclass(kind, (complex, np.complexfloating)) for kind in held):
        raise DataError(f"Complex data not supported: column {name!r} holds complex numbers.")
    if held and all(issubclass(kind, cells.DATES) for kind in held):
        return Recognized("datetime", _dates(name, values, gaps))
    if held and all(issubclass(kind, cells.BOOLS) for kind in held):
        return Recognized("boolean", code_values(name, values))
    if all(issubclass(kind, cells.NUMBERS) and not issubclass(kind, cells.BOOLS) for kind in held):
        return _numbers(
            name,
            values,
            gaps,
            may_be_exact=not all(issubclass(kind, (float, np.floating)) for kind in held),
        )
    codes, levels = code_values(name, values)
    if held and all(kind.__name__ in cells.NAMED for kind in held):
        return Recognized("category", (codes, levels))
    return Texts(codes, levels, typed=all(issubclass(kind, (str, bytes)) for kind in held))


def column_of_array(name: str, values: NDArray[Any]) -> Recognized | Texts:
    """Return a 1-D array as a column; arrays of objects and of text are looked at value by value."""
    kind = values.dtype.kind
    if kind in "iu":
        return Recognized("number", values.astype(np.float64), exact=exact_codes(values))
    if kind == "f":
        return Recognized(
            "number",
            values if values.dtype in (np.float32, np.float64) else values.astype(np.float64),
        )
    if kind == "b":
        codes = values.astype(np.int32)
        return Recognized("boolean", cells.tidy_codes(codes, ["false", "true"]))
    if kind == "M":
        return Recognized("datetime", microseconds(name, values))
    if kind == "m":
        raise DataError(f"column {name!r} {SPANS}.")
    return column_of_values(name, values.tolist())


def exact_codes(values: NDArray[Any]) -> cells.Codes | None:
    """Return whole numbers as codes and texts where some lie beyond what floats tell apart, None elsewhere."""
    if not len(values) or (int(values.max()) < cells.EXACT and int(values.min()) > -cells.EXACT):
        return None
    return cells.code_numbers(values)


def microseconds(name: str, values: NDArray[Any]) -> NDArray[np.datetime64]:
    """Return date-times in microseconds; one beyond what these can say is a DataError."""
    made: NDArray[np.datetime64] = values.astype("datetime64[us]")
    years = "datetime64[Y]"
    if not np.array_equal(made.astype(years), values.astype(years), equal_nan=True):
        raise DataError(
            f"column {name!r} holds a date-time beyond what microseconds since 1970 can say."
        )
    return made


def code_values(name: str, values: Sequence[object]) -> cells.Codes:
    """Return a column of Python values as codes and texts, each distinct value read once."""
    texts: list[str | None] = []

    class Seen(dict[object, int]):
        def __missing__(self, value: object) -> int:
            texts.append(cells.text_of(value))
            self[value] = len(texts) - 1
            return len(texts) - 1

    if any(
        issubclass(kind, cells.BOOLS) for kind in set(map(type, values))
    ):  # True equals 1, and is another text
        values = [
            cells.text_of(value) if isinstance(value, cells.BOOLS) else value for value in values
        ]
    try:
        codes = np.fromiter(map(Seen().__getitem__, values), dtype=np.int64, count=len(values))
    except (
        TypeError,
        UnicodeDecodeError,
    ):  # not hashable, or no text: find the culprit for the message
        raise _odd_value(name, values) from None
    return cells.tidy_codes(codes, texts)


def _numbers(
    name: str, values: Sequence[object], gaps: set[type], *, may_be_exact: bool
) -> Recognized:
    try:
        found = [math.nan if type(v) in gaps else float(v) for v in values]  # type: ignore[arg-type]
        numbers = np.array(found, dtype=np.float64)
    except OverflowError:
        raise DataError(f"column {name!r} holds a whole number too large for float64.") from None
    if not may_be_exact:  # floats have no more digits than they show
        return Recognized("number", numbers)
    big = np.flatnonzero(np.abs(numbers) >= cells.EXACT).tolist()
    whole = bool(big) and all(not isinstance(values[i], (float, np.floating)) for i in big)
    return Recognized("number", numbers, exact=code_values(name, values) if whole else None)


def _dates(name: str, values: Sequence[object], gaps: set[type]) -> NDArray[np.datetime64]:
    def utc(value: Any) -> object:
        if type(value) in gaps:
            return None
        aware = isinstance(value, dt.datetime) and value.tzinfo is not None
        return value.astimezone(dt.UTC).replace(tzinfo=None) if aware else value

    try:
        return np.array(
            [np.datetime64(cast(Any, utc(value)), "us") for value in values], dtype="datetime64[us]"
        )
    except (ValueError, OverflowError):
        raise DataError(
            f"column {name!r} holds a date-time beyond what microseconds since 1970 can say."
        ) from None


def _odd_value(name: str, values: Sequence[object]) -> DataError:
    for row, value in enumerate(values):
        try:
            hash(value)
            cells.text_of(value)
        except (TypeError, UnicodeDecodeError):
            return DataError(
                f"column {name!r} holds a {type(value).__name__} in row {row} (counting from 0): "
                "expected numbers, text or booleans."
            )
    return DataError(f"column {name!r} holds values that are no numbers, text or booleans.")
