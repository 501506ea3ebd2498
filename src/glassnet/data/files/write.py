"""Write columns, such as predictions, to CSV and Parquet files."""

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
from glassnet.data.tables.values import is_missing
from glassnet.errors import DataError

Columns = Sequence[NDArray[Any] | Sequence[object]]
_SPECIAL = re.compile(r'[",\r\n]')


def write_chunks(
    path_or_stream: str | Path | BinaryIO, names: Sequence[str], chunks: Iterable[Columns]
) -> None:
    """Write chunks of rows to a .csv or .parquet file, or as CSV to a binary stream.

    A file is replaced atomically after the last chunk; if a chunk fails, the file that was there
    stays unchanged. NaN, NaT and None become empty cells. Text is quoted (RFC 4180) only in chunks
    that need it. A file whose name ends in .gz is compressed. Floats are written so that they read
    back exactly.
    """
    suffix = (
        Path(str(path_or_stream)).suffix.lower() if isinstance(path_or_stream, (str, Path)) else ""
    )
    tables = (
        arrow("pyarrow").Table.from_arrays(list(map(_to_arrow, columns)), names=list(names))
        for columns in chunks
    )
    with _sink(path_or_stream, suffix) as sink, ExitStack() as stack:
        writer = None
        for i, table in enumerate(tables):
            if suffix == ".parquet":
                writer = writer or stack.enter_context(
                    arrow("pyarrow.parquet").ParquetWriter(sink, table.schema)
                )
                writer.write_table(table)
                continue
            style = "needed" if _needs_quotes(names, table) else "none"
            options = arrow("pyarrow.csv").WriteOptions(
                include_header=i == 0, quoting_style=style, quoting_header=style
            )
            arrow("pyarrow.csv").write_csv(table, sink, options)


def _to_arrow(values: NDArray[Any] | Sequence[object]) -> Any:
    """Return a column as a pyarrow array, made from buffers: `pa.array` would import pandas."""
    pa = arrow("pyarrow")
    array = np.asarray(values)
    if array.dtype.kind in "iufM":
        valid = pa.py_buffer(np.packbits(~is_missing(array), bitorder="little"))
        if array.dtype.kind == "M":
            kind, array = pa.timestamp("us"), array.astype("datetime64[us]").view(np.int64)
        else:
            dtype = np.float64 if array.dtype == np.float16 else array.dtype.newbyteorder("=")
            array = array.astype(dtype, copy=False)
            kind = pa.from_numpy_dtype(array.dtype)
        return pa.Array.from_buffers(
            kind, len(array), [valid, pa.py_buffer(np.ascontiguousarray(array))]
        )
    builder = pa.lib.StringBuilder()
    texts = (v if isinstance(v, str) else cells.text_of(v) for v in array.tolist())
    builder.append_values(list(texts))
    return builder.finish()


@contextmanager
def _sink(path_or_stream: str | Path | BinaryIO, suffix: str) -> Iterator[Any]:
    if not isinstance(path_or_stream, (str, Path)):
        yield path_or_stream  # the caller's stream stays open
        return
    compression = "gzip" if suffix == ".gz" else None
    output = arrow("pyarrow").output_stream
    try:
        with atomic_write(path_or_stream) as file, output(file, compression=compression) as stream:
            yield stream
    except OSError as error:
        reason = error.strerror or error
        raise DataError(f"{path_or_stream}: cannot be written: {reason}.") from None


def _needs_quotes(names: Sequence[str], table: Any) -> bool:
    texts = (column for column in table.columns if str(column.type) in ("string", "large_string"))
    found = (cell for column in texts for cell in column.unique().to_pylist())
    return any(map(_SPECIAL.search, names)) or any(_SPECIAL.search(cell or "") for cell in found)
