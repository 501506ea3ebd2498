"""Columns before they are assembled into a table, made from Python values and 1-D arrays."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from glassnet.data.tables import cells
from glassnet.data.tables.schema import PLAIN, Form, Kind
from glassnet.errors import DataError


@dataclass(frozen=True, eq=False)
class Categories:
    """A category column: `levels` are its distinct values, `codes` (n,) int32 index them, or -1."""

    codes: NDArray[np.int32]
    levels: tuple[str, ...]

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.codes)

    def __getitem__(self, rows: Any) -> Categories:
        """Return the column of these rows (indices, a mask or a slice)."""
        return Categories(self.codes[rows], self.levels)

    def map(self, values: Iterable[Any], missing: Any, dtype: DTypeLike = object) -> NDArray[Any]:
        """Return an array with the entry of `values`, one for each level, of each row."""
        return np.array([*values, missing], dtype=dtype)[self.codes]  # code -1: the last entry


@dataclass(frozen=True, eq=False)
class ColumnData:
    """A column before it is assembled into a table.

    Parameters
    ----------
    kind : the kind; None for text whose kind is not detected yet
    values : floats, datetime64[us], or Categories for other kinds or None; texts have no white
        space around them
    form : how the cells are written
    exact : integers beyond 2^53, which floats cannot represent exactly, as text
    notices : notices about the column, a sentence each
    typed : whether the source stores numbers as numbers, so that text that spells numbers is worth
        a notice
    """

    kind: Kind | None
    values: Any
    form: Form = PLAIN
    exact: Categories | None = None
    notices: tuple[str, ...] = ()
    typed: bool = False


def tidy_categories(codes: NDArray[np.integer[Any]], texts: Sequence[str | None]) -> Categories:
    """Return codes into texts as a category whose levels are sorted and used; None is missing."""
    used = np.bincount(codes[codes >= 0], minlength=len(texts)) > 0
    seen = {text for text, is_used in zip(texts, used, strict=True) if is_used and text is not None}
    levels = tuple(sorted(seen))
    place: dict[str | None, int] = {text: i for i, text in enumerate(levels)}
    return Categories(
        np.array([*(place.get(text, -1) for text in texts), -1], dtype=np.int32)[codes], levels
    )


def distinct_integers(column: Categories) -> list[int]:
    """Return the distinct integers in a column that holds them as text."""
    return [int(column.levels[code]) for code in np.unique(column.codes) if code >= 0]


def categories_of(values: NDArray[Any]) -> Categories:
    """Convert numbers or date-times to a category of their texts."""
    found, codes = np.unique(values, return_inverse=True)
    is_date = found.dtype.kind == "M"
    return tidy_categories(
        codes, cells.date_texts(found) if is_date else [*map(cells.text_of, found)]
    )


#: For messages about durations.
DURATIONS = (
    "holds durations, which are not supported: convert it to numbers first (days, seconds), or "
    "leave it out"
)


def column_of_values(name: str, values: Sequence[object]) -> ColumnData:
    """Make a column from Python values: numbers, text, booleans, dates, times or missing values.

    Raises
    ------
    DataError
        If a value is a duration, a complex number or anything else that cannot be a table cell.
    """
    kinds = set(map(type, values))
    missing = {kind for kind in kinds if kind.__name__ in cells.MISSING_TYPES}
    types_found = kinds - missing

    def all_are(*types: type) -> bool:
        return bool(types_found) and all(issubclass(kind, types) for kind in types_found)

    if any(issubclass(kind, (dt.timedelta, np.timedelta64)) for kind in types_found):
        raise DataError(f"column {name!r} {DURATIONS}.")
    if any(issubclass(kind, (complex, np.complexfloating)) for kind in types_found):
        raise DataError(f"Complex data not supported: column {name!r} holds complex numbers.")
    if all_are(*cells.DATES):
        return ColumnData("datetime", _dates(name, values, missing))
    if all_are(*cells.BOOLS):
        return ColumnData("boolean", categories_of_values(name, values))
    if not any(issubclass(kind, cells.BOOLS) for kind in types_found) and (
        not types_found or all_are(*cells.NUMBERS)
    ):
        return _numbers(name, values, missing)
    is_named = bool(types_found) and all(kind.__name__ in cells.NAMED for kind in types_found)
    coded = categories_of_values(name, values)
    return ColumnData("category" if is_named else None, coded, typed=all_are(str, bytes))


def column_of_array(name: str, values: NDArray[Any]) -> ColumnData:
    """Make a column from a 1-D array; arrays of objects and of text are read value by value."""
    kind = values.dtype.kind
    if kind in "iu":
        exact = categories_of(values) if exceeds_floats(values) else None
        return ColumnData("number", values.astype(np.float64), exact=exact)
    if kind == "f":
        dtype = values.dtype if values.dtype == np.float32 else np.dtype(np.float64)
        return ColumnData("number", values.astype(dtype, copy=False))
    if kind == "b":
        return ColumnData("boolean", tidy_categories(values.astype(np.int32), ["false", "true"]))
    if kind == "M":
        return ColumnData("datetime", microseconds(name, values))
    if kind == "m":
        raise DataError(f"column {name!r} {DURATIONS}.")
    return column_of_values(name, values.tolist())


def exceeds_floats(values: NDArray[Any]) -> bool:
    """Return whether some of these integers are too large to be exact as floats."""
    return values.size > 0 and max(int(values.max()), -int(values.min())) >= cells.EXACT


def microseconds(name: str, values: NDArray[Any]) -> NDArray[np.datetime64]:
    """Return date-times in microseconds; raise a DataError if one is out of range."""
    made: NDArray[np.datetime64] = values.astype("datetime64[us]")
    years, expected = made.astype("datetime64[Y]"), values.astype("datetime64[Y]")
    if not np.array_equal(years, expected, equal_nan=True):
        raise date_range_error(name)
    return made


def date_range_error(name: str) -> DataError:
    """Return the error for a column with a date-time outside the range of microseconds."""
    return DataError(
        f"column {name!r} holds a date-time beyond what microseconds since 1970 can express."
    )


def categories_of_values(name: str, values: Sequence[object]) -> Categories:
    """Convert a column of Python values to text; each distinct value is converted once."""
    if any(issubclass(kind, cells.BOOLS) for kind in set(map(type, values))):
        # True equals 1, but its text is different.
        values = [cells.text_of(v) if isinstance(v, cells.BOOLS) else v for v in values]
    try:
        places = {value: i for i, value in enumerate(dict.fromkeys(values))}
        texts = [cells.text_of(value) for value in places]
    except (TypeError, UnicodeDecodeError):  # not hashable, or invalid
        raise _invalid_value(name, values) from None
    return tidy_categories(
        np.fromiter(map(places.__getitem__, values), dtype=np.int64, count=len(values)), texts
    )


def _numbers(name: str, values: Sequence[object], missing: set[type]) -> ColumnData:
    try:
        found = [math.nan if type(v) in missing else float(v) for v in values]  # type: ignore[arg-type]
    except OverflowError:
        raise DataError(f"column {name!r} holds a whole number too large for float64.") from None
    numbers = np.array(found, dtype=np.float64)
    big = np.flatnonzero(np.abs(numbers) >= cells.EXACT).tolist()
    # A large float has no further digits to keep.
    is_integer = bool(big) and all(not isinstance(values[i], (float, np.floating)) for i in big)
    exact = categories_of_values(name, values) if is_integer else None
    return ColumnData("number", numbers, exact=exact)


def _dates(name: str, values: Sequence[object], missing: set[type]) -> NDArray[np.datetime64]:
    try:
        known = (None if type(value) in missing else cells.in_utc(value) for value in values)
        return np.array([np.datetime64(value, "us") for value in known], dtype="datetime64[us]")
    except (ValueError, OverflowError):
        raise date_range_error(name) from None


def _invalid_value(name: str, values: Sequence[object]) -> DataError:
    for row, value in enumerate(values):
        try:
            hash(value)
            cells.text_of(value)
        except (TypeError, UnicodeDecodeError):
            return DataError(
                f"column {name!r} holds a {type(value).__name__} in row {row} (counting from 0): "
                "expected numbers, text or booleans."
            )
    return DataError(f"column {name!r} must hold numbers, text or booleans.")
