"""The one door to pyarrow: its modules, and its columns as plain arrays."""

from __future__ import annotations

import importlib
import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassnet.data.tables import cells
from glassnet.data.tables.forms import Form
from glassnet.data.tables.recognition import Recognized, Texts
from glassnet.data.tables.values import SPANS
from glassnet.errors import DataError, MissingDependencyError

#: Bytes that texts which share theirs may take once each is written out.
MOST_SHARED = 2**30
_releasing = threading.Lock()
if hasattr(os, "register_at_fork"):  # a thread of the parent may hold it for ever
    os.register_at_fork(after_in_child=lambda: globals().update(_releasing=threading.Lock()))
_WHOLE = re.compile(r"-?[0-9]+")


def arrow(module: str) -> Any:
    """Return a module of pyarrow, imported at its first use."""
    try:
        return importlib.import_module(module)
    except ImportError:
        raise MissingDependencyError("pyarrow", "reading and writing tables", "cli") from None


@contextmanager
def system_pool() -> Iterator[Any]:
    """Return the memory pool of the operating system, to read a whole text into; what was freed in it goes back at the end.

    pyarrow's default pool, mimalloc, keeps what each of its threads has freed, so that the peak
    rises with the number of threads and varies by chance; see
    https://github.com/microsoft/mimalloc/issues/1111.
    """
    pa = arrow("pyarrow")
    pool = pa.system_memory_pool()
    try:
        yield pool
    finally:
        with (
            _releasing
        ):  # pyarrow's `release_unused` releases the default pool, whatever pool it is asked of
            default = pa.default_memory_pool()
            pa.set_memory_pool(pool)
            try:
                pool.release_unused()
            finally:
                pa.set_memory_pool(default)


def plain_column(
    name: str,
    column: Any,
    *,
    as_text: bool = False,
    typed: bool = True,
    declared: bool = False,
    coded: bool = False,
) -> Recognized | Texts:
    """Return a pyarrow column as a column of a table.

    Parameters
    ----------
    name : for messages
    column : a pyarrow.ChunkedArray
    as_text : whether to take it as text whatever it holds
    typed : whether it comes from where numbers are no text
    declared : whether it is a category, though its own type no longer says so
    coded : whether it is one of text, though its own type says that it is a category

    Raises
    ------
    DataError
        For lists, records, bytes and durations.
    """
    pa = arrow("pyarrow")
    kinds = pa.types
    if kinds.is_run_end_encoded(column.type):
        column = _without_runs(column)
        coded = kinds.is_dictionary(column.type)
    if coded:
        return _texts(column, typed)
    if kinds.is_dictionary(column.type):
        return _of_categories(name, column)
    if declared:
        return _declared(name, column)
    if kinds.is_boolean(column.type):
        codes, levels = _codes(column.cast(pa.string()))
        return Texts(codes, levels) if as_text else Recognized("boolean", (codes, levels))
    if as_text and (kinds.is_integer(column.type) or kinds.is_decimal(column.type)):
        return Texts(*_codes(column.cast(pa.string())))
    if kinds.is_date(column.type) or kinds.is_timestamp(column.type):
        dates = _dates(name, column)
        return Texts(*cells.code_dates(dates)) if as_text else Recognized("datetime", dates)
    if (
        kinds.is_floating(column.type)
        or kinds.is_integer(column.type)
        or kinds.is_decimal(column.type)
        or kinds.is_null(column.type)
    ):
        values = _floats(column)
        return (
            Texts(*cells.code_numbers(values))
            if as_text
            else Recognized("number", values, exact=_exact(column, values))
        )
    if kinds.is_time(column.type):
        return Texts(*_codes(column.cast(pa.string())))
    if kinds.is_temporal(column.type):
        raise DataError(f"column {name!r} {SPANS}.")
    if not is_text(column.type):
        raise DataError(
            f"column {name!r} holds {column.type}: expected one number, text, boolean or date-time "
            "a row."
        )
    return _texts(column, typed)


def _texts(column: Any, typed: bool) -> Recognized | Texts:
    codes, levels = _codes(column)
    return (
        Texts(codes, levels, typed)
        if levels or not typed
        else Recognized("category", (codes, levels))
    )


def _without_runs(column: Any) -> Any:
    """Return a pyarrow column of runs as one of its values, or of text by its places: few long texts may stand for millions of cells."""
    pa, kind = arrow("pyarrow"), column.type.value_type
    if not is_text(kind):
        return pa.chunked_array(
            [arrow("pyarrow.compute").run_end_decode(chunk) for chunk in column.chunks], kind
        )
    parts = []
    for chunk in column.chunks:
        rows = np.arange(chunk.offset, chunk.offset + len(chunk))
        places = np.searchsorted(np.from_dlpack(chunk.run_ends), rows, side="right")
        parts.append(
            pa.DictionaryArray.from_arrays(_whole_numbers(places), _written_out(chunk.values))
        )
    return pa.chunked_array(parts, pa.dictionary(pa.int64(), pa.large_string()))


def _whole_numbers(values: NDArray[np.int64]) -> Any:
    """Return whole numbers as a pyarrow array by their buffer: `pa.array` would import pandas."""
    pa = arrow("pyarrow")
    return pa.Array.from_buffers(
        pa.int64(), len(values), [None, pa.py_buffer(np.ascontiguousarray(values, dtype=np.int64))]
    )


def is_text(kind: Any) -> bool:
    """Return whether a type of pyarrow is one of strings."""
    kinds = arrow("pyarrow").types
    return bool(kinds.is_string(kind) or kinds.is_large_string(kind) or kinds.is_string_view(kind))


def code_texts(column: Any) -> Any:
    """Return a pyarrow Array of text as codes into its different texts; one of another type as it is."""
    pa = arrow("pyarrow")
    if not is_text(getattr(column.type, "value_type", column.type)):
        return column
    coded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    indices, texts = coded.indices.cast(pa.int32()), _written_out(coded.dictionary)
    return pa.DictionaryArray.from_arrays(indices, texts)


def _written_out(texts: Any) -> Any:
    """Return a pyarrow Array of text with each text in bytes of its own; views of text may share theirs, and be small for that."""
    pa = arrow("pyarrow")
    if pa.types.is_string_view(texts.type):
        lengths = np.frombuffer(texts.buffers()[1] or b"", dtype=np.int32)[4 * texts.offset :: 4]
        if lengths.sum(dtype=np.int64) > MOST_SHARED:
            raise DataError(
                f"its texts share bytes, of which they would take more than {MOST_SHARED:,} apart."
            )
    return texts.cast(pa.large_string())


def is_nested(kind: Any) -> bool:
    """Return whether a type of pyarrow is one of lists, records or unions."""
    kinds = arrow("pyarrow").types
    return bool(kinds.is_nested(kind) and not kinds.is_run_end_encoded(kind))


def _declared(name: str, column: Any) -> Recognized:
    """Return a column of any type as the category that it was declared to be."""
    made = plain_column(name, column, as_text=True)
    codes = made.values if isinstance(made, Recognized) else (made.codes, made.levels)
    return Recognized(
        "category",
        codes,
        Form(verbatim=True),
        exact=codes if _is_whole(column.type, codes) else None,
    )


def _of_categories(name: str, column: Any) -> Recognized:
    """Return a pyarrow column of categories, whose values are not written out: a few long texts may stand for millions of cells."""
    pa = arrow("pyarrow")
    kind = column.type.value_type
    if (
        isinstance(kind, pa.BaseExtensionType)
        or pa.types.is_dictionary(kind)
        or pa.types.is_run_end_encoded(kind)
    ):
        raise DataError(
            f"column {name!r} holds categories of {kind}: expected categories of numbers, text, "
            "booleans or date-times."
        )
    texts: list[str | None] = []
    parts = [np.zeros(0, dtype=np.int64)]
    values, codes = None, parts[0]
    for chunk in column.chunks:
        if values is None or not chunk.dictionary.equals(values):
            values = chunk.dictionary
            found, levels = _declared(name, pa.chunked_array([values], kind)).values
            codes = np.append(
                np.where(found < 0, -1, found.astype(np.int64) + len(texts)), -1
            )  # the last entry answers index -1
            texts.extend(levels)
        parts.append(codes[_places(chunk)])
    tidy = cells.tidy_codes(np.concatenate(parts), texts)
    return Recognized(
        "category", tidy, Form(verbatim=True), exact=tidy if _is_whole(kind, tidy) else None
    )


def _places(coded: Any) -> NDArray[np.int64]:
    """Return the indices of a pyarrow DictionaryArray, -1 for a gap."""
    return _buffer(coded.indices.cast(arrow("pyarrow").int64()), np.dtype(np.int64), -1)


def _is_whole(kind: Any, codes: cells.Codes) -> bool:
    """Return whether categories of a type of pyarrow are whole numbers, which are labels as such, see `Table.labels`."""
    kinds = arrow("pyarrow").types
    numbers = kinds.is_integer(kind) or kinds.is_floating(kind)
    return numbers and bool(codes[1]) and all(map(_WHOLE.fullmatch, codes[1]))


def _exact(column: Any, values: NDArray[Any]) -> cells.Codes | None:
    """Return whole numbers as codes and texts where some lie beyond what floats tell apart, None elsewhere."""
    pa = arrow("pyarrow")
    whole = pa.types.is_integer(column.type) or (
        pa.types.is_decimal(column.type) and column.type.scale == 0
    )
    if not whole or not (np.abs(values) >= cells.EXACT).any():
        return None
    return _codes(column.cast(pa.string()))


def longest_text(column: Any) -> int:
    """Return the bytes of the longest text of a pyarrow column or among its categories, 0 where it holds none."""
    pa, pc = arrow("pyarrow"), arrow("pyarrow.compute")
    if pa.types.is_dictionary(column.type):
        return max(
            (longest_text(pa.chunked_array([chunk.dictionary])) for chunk in column.chunks),
            default=0,
        )
    if pa.types.is_run_end_encoded(column.type):
        return max(
            (longest_text(pa.chunked_array([chunk.values])) for chunk in column.chunks), default=0
        )
    if not is_text(column.type):
        return 0
    if pa.types.is_string_view(column.type):
        column = pa.chunked_array(map(_written_out, column.chunks), pa.large_string())
    return int(pc.max(pc.binary_length(column)).as_py() or 0)


def _codes(column: Any) -> cells.Codes:
    texts: list[str | None] = []
    parts = [np.zeros(0, dtype=np.int64)]
    for chunk in column.chunks:
        coded = chunk if hasattr(chunk, "indices") else chunk.dictionary_encode()
        codes = _places(coded)
        parts.append(np.where(codes < 0, -1, codes + len(texts)))
        texts.extend(map(cells.text_of, coded.dictionary.to_pylist()))
    return cells.tidy_codes(np.concatenate(parts), texts)


def _floats(column: Any) -> NDArray[Any]:
    """Return a pyarrow column of numbers as floats, gaps NaN, from its buffers: its own `to_numpy` would import pandas."""
    pa = arrow("pyarrow")
    dtype = np.dtype(np.float32 if pa.types.is_float32(column.type) else np.float64)
    return _joined(
        [
            _buffer(chunk.cast(pa.from_numpy_dtype(dtype), safe=False), dtype, np.nan)
            for chunk in column.chunks
        ],
        dtype,
    )


def _dates(name: str, column: Any) -> NDArray[Any]:
    """Return a pyarrow column of dates or timestamps as datetime64[us], in UTC where it has a zone."""
    pa = arrow("pyarrow")
    dtype = np.dtype("datetime64[us]")
    try:
        chunks = [
            chunk.cast(pa.timestamp("us", getattr(column.type, "tz", None)), safe=False)
            for chunk in column.chunks
        ]
    except pa.ArrowInvalid:
        raise DataError(
            f"column {name!r} holds a date-time beyond what microseconds since 1970 can say."
        ) from None
    return _joined([_buffer(chunk.view(pa.int64()), dtype, "NaT") for chunk in chunks], dtype)


def _buffer(array: Any, dtype: np.dtype[Any], gap: Any) -> NDArray[Any]:
    pa = arrow("pyarrow")
    values = np.frombuffer(
        array.buffers()[1] or b"",
        dtype=dtype,
        count=len(array),
        offset=array.offset * dtype.itemsize,
    )
    if array.null_count == 0:
        return values
    return np.where(
        np.from_dlpack(array.is_null().cast(pa.uint8())), np.array(gap, dtype=dtype), values
    )


def _joined(parts: list[NDArray[Any]], dtype: np.dtype[Any]) -> NDArray[Any]:
    return parts[0] if len(parts) == 1 else np.concatenate([np.zeros(0, dtype=dtype), *parts])
