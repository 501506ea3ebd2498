"""Convert pyarrow columns to columns of a table.

Text is dictionary-encoded, because a few long strings may be repeated in millions of cells.
`to_numpy` and `pa.array` would import pandas (0.3 seconds), so values are read from the buffers.
"""

import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassnet.data.files.arrow import arrow, is_text
from glassnet.data.tables import cells
from glassnet.data.tables.column_data import (
    DURATIONS,
    Categories,
    ColumnData,
    categories_of,
    date_range_error,
    tidy_categories,
)
from glassnet.data.tables.dialect import Limits
from glassnet.data.tables.schema import Form
from glassnet.errors import DataError

#: The maximum size in bytes of strings that share memory, once each is copied.
MAX_SHARED = 2**30
ONE_VALUE = "expected one number, text, boolean or date-time a row"
_WHOLE = re.compile(r"-?[0-9]+")


def plain_column(
    name: str,
    column: Any,
    *,
    as_text: bool = False,
    typed: bool = True,
    declared: bool = False,
    coded: bool = False,
) -> ColumnData:
    """Convert a pyarrow column to a column of a table.

    Parameters
    ----------
    name : for messages
    column : a pyarrow ChunkedArray or Array
    as_text : whether to convert any type to text
    typed : whether the source stores numbers as numbers, so that text with numbers is unusual
    declared : whether it is a declared category, although its pyarrow type is not a dictionary
    coded : whether it is text, although its pyarrow type is a dictionary

    Raises
    ------
    DataError
        If the column holds lists, structs, bytes or durations.
    """
    pa = arrow("pyarrow")
    kinds = pa.types
    if not hasattr(column, "chunks"):
        column = pa.chunked_array([column])
    if kinds.is_run_end_encoded(column.type):
        column = _without_runs(column)
        coded = kinds.is_dictionary(column.type)
    kind = column.type
    if kinds.is_dictionary(kind) and not coded:
        return _of_categories(name, column)
    if declared and not coded:
        return _declared(name, column)
    if coded or is_text(kind):
        texts = _categories(column)
        return ColumnData("category" if typed and not texts.levels else None, texts, typed=typed)
    is_boolean = kinds.is_boolean(kind)
    if is_boolean or kinds.is_time(kind) or (as_text and _has_digits(kind)):
        texts = _categories(column.cast(pa.string()))
        return ColumnData("boolean" if is_boolean and not as_text else None, texts)
    if kinds.is_date(kind) or kinds.is_timestamp(kind):
        values = _dates(name, column)
        found = ColumnData("datetime", values)
    elif kinds.is_floating(kind) or _has_digits(kind) or kinds.is_null(kind):
        values = _floats(column)
        found = ColumnData("number", values, exact=_exact(column, values))
    elif kinds.is_temporal(kind):
        raise DataError(f"column {name!r} {DURATIONS}.")
    else:
        raise DataError(f"column {name!r} holds {kind}: {ONE_VALUE}.")
    return ColumnData(None, categories_of(values)) if as_text else found


def checked_column(name: str, column: Any, limits: Limits, **how: bool) -> ColumnData:
    """Do the same as `plain_column`, and raise if a cell is longer than the limit."""
    if longest_text(column) > limits.field:
        raise limits.exceeded(
            f"a cell of column {name!r} is longer than {limits.field:,} bytes", "field"
        )
    return plain_column(name, column, **how)


def _has_digits(kind: Any) -> bool:
    kinds = arrow("pyarrow").types
    return bool(kinds.is_integer(kind) or kinds.is_decimal(kind))


def _without_runs(column: Any) -> Any:
    """Return a run-end encoded pyarrow column decoded, with text as a dictionary."""
    pa, kind = arrow("pyarrow"), column.type.value_type
    if not is_text(kind):
        decode = arrow("pyarrow.compute").run_end_decode
        return pa.chunked_array([decode(chunk) for chunk in column.chunks], kind)
    parts = []
    for chunk in column.chunks:
        rows = np.arange(chunk.offset, chunk.offset + len(chunk))
        indices = np.searchsorted(np.from_dlpack(chunk.run_ends), rows, side="right")
        numbers = pa.py_buffer(np.ascontiguousarray(indices, dtype=np.int64))
        indices = pa.Array.from_buffers(pa.int64(), len(rows), [None, numbers])
        parts.append(pa.DictionaryArray.from_arrays(indices, _written_out(chunk.values)))
    return pa.chunked_array(parts, pa.dictionary(pa.int64(), pa.large_string()))


def code_texts(column: Any) -> Any:
    """Return a pyarrow Array of strings dictionary-encoded; other types unchanged."""
    pa = arrow("pyarrow")
    if not is_text(getattr(column.type, "value_type", column.type)):
        return column
    coded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    indices, texts = coded.indices.cast(pa.int32()), _written_out(coded.dictionary)
    return pa.DictionaryArray.from_arrays(indices, texts)


def _written_out(texts: Any) -> Any:
    """Return a pyarrow Array with its own bytes for each string; string views may share them."""
    pa = arrow("pyarrow")
    if pa.types.is_string_view(texts.type):
        lengths = np.frombuffer(texts.buffers()[1] or b"", dtype=np.int32)[4 * texts.offset :: 4]
        if lengths.sum(dtype=np.int64) > MAX_SHARED:
            raise DataError(
                f"its texts share bytes, of which they would take more than {MAX_SHARED:,} apart."
            )
    return texts.cast(pa.large_string())


def _declared(name: str, column: Any) -> ColumnData:
    """Return a column of any type as a declared category."""
    return _verbatim(column.type, plain_column(name, column, as_text=True).values)


def _verbatim(kind: Any, texts: Categories) -> ColumnData:
    """Return a declared category; integers stay integer labels, see `Table.labels`."""
    kinds = arrow("pyarrow").types
    is_number = kinds.is_integer(kind) or kinds.is_floating(kind)
    are_whole = is_number and bool(texts.levels) and all(map(_WHOLE.fullmatch, texts.levels))
    return ColumnData("category", texts, Form(verbatim=True), exact=texts if are_whole else None)


def _of_categories(name: str, column: Any) -> ColumnData:
    """Convert a pyarrow dictionary column; only the dictionary is converted to text."""
    pa = arrow("pyarrow")
    kind = column.type.value_type
    if (pa.types.is_dictionary(kind) or pa.types.is_run_end_encoded(kind)) or isinstance(
        kind, pa.BaseExtensionType
    ):
        raise DataError(
            f"column {name!r} holds categories of {kind}: expected categories of numbers, text, "
            "booleans or date-times."
        )
    texts: list[str] = []
    parts = [np.zeros(0, dtype=np.int64)]
    seen, codes = None, parts[0]
    for chunk in column.chunks:
        if seen is None or not chunk.dictionary.equals(seen):
            seen = chunk.dictionary
            own = _declared(name, seen).values
            codes = np.append(
                np.where(own.codes < 0, -1, own.codes.astype(np.int64) + len(texts)), -1
            )
            texts.extend(own.levels)
        parts.append(codes[_indices(chunk)])  # the last code: a missing value
    return _verbatim(kind, tidy_categories(np.concatenate(parts), texts))


def _categories(column: Any) -> Categories:
    """Return the values of a pyarrow column as text categories."""
    texts: list[str | None] = []
    parts = [np.zeros(0, dtype=np.int64)]
    for chunk in column.chunks:
        coded = chunk if hasattr(chunk, "indices") else chunk.dictionary_encode()
        codes = _indices(coded)
        parts.append(np.where(codes < 0, -1, codes + len(texts)))
        texts.extend(map(cells.text_of, coded.dictionary.to_pylist()))
    return tidy_categories(np.concatenate(parts), texts)


def _indices(coded: Any) -> NDArray[np.int64]:
    """Return the indices of a pyarrow DictionaryArray, -1 for a missing value."""
    return _values(coded.indices.cast(arrow("pyarrow").int64()), np.dtype(np.int64), -1)


def _exact(column: Any, values: NDArray[Any]) -> Categories | None:
    """Return integers as text if floats cannot represent some of them exactly, otherwise None."""
    is_integer = _has_digits(column.type) and getattr(column.type, "scale", 0) == 0
    exceeds = is_integer and (np.abs(values) >= cells.EXACT).any()
    return _categories(column.cast(arrow("pyarrow").string())) if exceeds else None


def longest_text(column: Any) -> int:
    """Return the size in bytes of the longest string of a pyarrow column, 0 without strings."""
    pa, pc = arrow("pyarrow"), arrow("pyarrow.compute")
    chunks = getattr(column, "chunks", [column])
    if pa.types.is_dictionary(column.type):
        return max((longest_text(chunk.dictionary) for chunk in chunks), default=0)
    if pa.types.is_run_end_encoded(column.type):
        return max((longest_text(chunk.values) for chunk in chunks), default=0)
    if not is_text(column.type):
        return 0
    if pa.types.is_string_view(column.type):
        column = pa.chunked_array(map(_written_out, chunks), pa.large_string())
    return int(pc.max(pc.binary_length(column)).as_py() or 0)


def _floats(column: Any) -> NDArray[Any]:
    """Return a pyarrow column of numbers as floats; missing values are NaN."""
    pa = arrow("pyarrow")
    dtype = np.dtype(np.float32 if pa.types.is_float32(column.type) else np.float64)
    kind = pa.from_numpy_dtype(dtype)
    return _joined([_values(c.cast(kind, safe=False), dtype, np.nan) for c in column.chunks], dtype)


def _dates(name: str, column: Any) -> NDArray[Any]:
    """Return a pyarrow column of dates or timestamps as datetime64[us], in UTC if it has a zone."""
    pa, dtype = arrow("pyarrow"), np.dtype("datetime64[us]")
    kind = pa.timestamp("us", getattr(column.type, "tz", None))
    try:
        chunks = [chunk.cast(kind, safe=False).view(pa.int64()) for chunk in column.chunks]
    except pa.ArrowInvalid:
        raise date_range_error(name) from None
    return _joined([_values(chunk, dtype, "NaT") for chunk in chunks], dtype)


def _values(array: Any, dtype: np.dtype[Any], missing: Any) -> NDArray[Any]:
    pa = arrow("pyarrow")
    start, buffer = array.offset * dtype.itemsize, array.buffers()[1] or b""
    values = np.frombuffer(buffer, dtype=dtype, count=len(array), offset=start)
    if array.null_count == 0:
        return values
    return np.where(
        np.from_dlpack(array.is_null().cast(pa.uint8())), np.array(missing, dtype=dtype), values
    )


def _joined(parts: list[NDArray[Any]], dtype: np.dtype[Any]) -> NDArray[Any]:
    return parts[0] if len(parts) == 1 else np.concatenate([np.zeros(0, dtype=dtype), *parts])
