"""Predictions back to files: CSV and Parquet, by pyarrow."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from glassnet.atomic_write import atomic_write
from glassnet.data.files.arrow import arrow
from glassnet.data.tables import cells
from glassnet.errors import DataError

Columns = Sequence[NDArray[Any] | Sequence[object]]


def write_csv(
    path_or_stream: str | Path | BinaryIO, names: Sequence[str], columns: Columns
) -> None:
    """Write columns to a .csv or .parquet file, or as CSV to a binary stream; see `write_pieces`."""
    write_pieces(path_or_stream, names, [columns])


def write_pieces(
    path_or_stream: str | Path | BinaryIO, names: Sequence[str], pieces: Iterable[Columns]
) -> None:
    """Write columns that come a stretch of rows at a time to a .csv or .parquet file, or as CSV to a binary stream.

    A file appears whole or not at all, when the last stretch is in it: until then, and where one
    fails, what stood there before stands. NaN, NaT and None become empty cells. Text is quoted (RFC
    4180) only in a stretch that needs it. A name that ends in .gz is compressed; floats are written
    so that they read back exactly.
    """
    tables = (
        arrow("pyarrow").Table.from_arrays(
            [_to_arrow(column) for column in columns], names=list(names)
        )
        for columns in pieces
    )
    with _sink(path_or_stream) as sink:
        if (
            isinstance(path_or_stream, (str, Path))
            and Path(path_or_stream).suffix.lower() == ".parquet"
        ):
            _write_parquet(sink, tables)
            return
        for i, table in enumerate(tables):
            style = "needed" if _needs_quotes(names, table) else "none"
            options = arrow("pyarrow.csv").WriteOptions(
                include_header=i == 0, quoting_style=style, quoting_header=style
            )
            arrow("pyarrow.csv").write_csv(table, sink, options)


def _write_parquet(sink: Any, tables: Iterable[Any]) -> None:
    with ExitStack() as stack:
        writer = None
        for table in tables:
            writer = writer or stack.enter_context(
                arrow("pyarrow.parquet").ParquetWriter(sink, table.schema)
            )
            writer.write_table(table)


def _to_arrow(values: NDArray[Any] | Sequence[object]) -> Any:
    """Return a column as a pyarrow array, by its buffers or a builder: `pa.array` would import pandas, a third of a second, to no use."""
    pa = arrow("pyarrow")
    array = np.asarray(values)
    if array.dtype.kind in "iuf":
        array = np.ascontiguousarray(
            array, dtype=np.float64 if array.dtype == np.float16 else array.dtype.newbyteorder("=")
        )
        held = pa.py_buffer(np.packbits(~np.isnan(array), bitorder="little"))
        return pa.Array.from_buffers(
            pa.from_numpy_dtype(array.dtype), len(array), [held, pa.py_buffer(array)]
        )
    if array.dtype.kind == "M":
        held = pa.py_buffer(np.packbits(~np.isnat(array), bitorder="little"))
        numbers = np.ascontiguousarray(array.astype("datetime64[us]")).view(np.int64)
        return pa.Array.from_buffers(pa.timestamp("us"), len(array), [held, pa.py_buffer(numbers)])
    builder = pa.lib.StringBuilder()
    builder.append_values(
        [value if isinstance(value, str) else cells.text_of(value) for value in array.tolist()]
    )
    return builder.finish()


@contextmanager
def _sink(path_or_stream: str | Path | BinaryIO) -> Iterator[Any]:
    if not isinstance(path_or_stream, (str, Path)):
        yield path_or_stream  # the caller's stream stays open
        return
    try:
        compression = "gzip" if Path(path_or_stream).suffix.lower() == ".gz" else None
        with (
            atomic_write(path_or_stream) as file,
            arrow("pyarrow").output_stream(file, compression=compression) as stream,
        ):
            yield stream
    except OSError as error:
        raise DataError(
            f"{path_or_stream}: cannot be written: {error.strerror or error}."
        ) from None


def _needs_quotes(names: Sequence[str], table: Any) -> bool:
    special = re.compile(r'[",\r\n]')
    if any(special.search(name) for name in names):
        return True
    texts = (column for column in table.columns if str(column.type) in ("string", "large_string"))
    return any(
        special.search(cell)
        for column in texts
        for cell in column.unique().to_pylist()
        if cell is not None
    )
