"""The one door to pyarrow: CSV and Parquet files to tables, and predictions back to files.

Cells mean what `glassnet.data.cells` says, quoted or not: a quoted "NA" or "" is a gap like a bare one, for many programs quote every cell.
A CSV column is numbers when every cell that is no gap is a number, else a category; true and false in their usual spellings are a category.
A column of gaps alone is numbers.
"""

from __future__ import annotations

import csv
import gzip
import re
import zlib
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from glassnet.data import cells
from glassnet.data.table import Schema, Table, assemble, refuse_duplicates, require_columns
from glassnet.errors import DataError, MissingDependencyError, did_you_mean

DELIMITERS = ",;\t|"
TEXT_SUFFIXES = (".csv", ".tsv", ".txt", ".csv.gz", ".tsv.gz", ".txt.gz")
SUFFIXES = (*TEXT_SUFFIXES, ".parquet")


def read_table(path: str | Path, *, schema: Schema | None = None, text: Collection[str] = ()) -> Table:
    """Return the table in a .csv, .tsv, .txt (each also .gz) or .parquet file.

    Parameters
    ----------
    path : str or Path
        The file. Text is UTF-8, with or without a byte order mark, its first line names the columns, and the delimiter (comma, semicolon,
        tab or bar) is the one most frequent in that line, outside quotes.
    schema : Schema, optional
        Return just these columns in this order, and hold the file to their kinds: categories are read as text, so that "007" stays so, and
        numbers must be numbers. Other columns of the file are not looked at.
    text : collection of str
        Without a schema: columns to take as categories even where every cell is a number.

    Raises
    ------
    DataError
        Where the file is missing, empty, not a table, or does not fit the schema; the message starts with the path.
    """
    path = Path(path)
    _require_file(path)
    suffix = _suffix(path)
    try:
        if suffix == ".parquet":
            names, read = list(_arrow("pyarrow.parquet").read_schema(path).names), partial(_read_parquet, path)
        else:
            names, delimiter = _header(path)
            read = partial(_read_csv, path, delimiter, len(names) == 1)
        plain = [name.strip() for name in names]
        refuse_duplicates(plain)
        if schema is None:
            require_columns(list(text), plain)
            kept, as_text = plain, set(text)
        else:
            require_columns(schema.names, plain)
            kept, as_text = [name for name in plain if name in set(schema.names)], set(schema.categories)
        raw = dict(zip(plain, names, strict=True))
        arrow = read([raw[name] for name in kept], [raw[name] for name in kept if name in as_text])
        _require_rows(arrow)
        table = assemble({name: _column(name, arrow.column(i), name in as_text) for i, name in enumerate(kept)})
        return table if schema is None else table.select(schema)
    except _arrow("pyarrow").ArrowException as error:
        raise DataError(f"{path}: {_sentence(str(error))}") from None
    except DataError as error:
        raise DataError(f"{path}: {error}") from None
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path}: cannot be read: {error}.") from None


def write_csv(path_or_stream: str | Path | BinaryIO, names: Sequence[str], columns: Sequence[NDArray[Any] | Sequence[object]]) -> None:
    """Write columns to a .csv or .parquet file, or as CSV to a binary stream; NaN and None become empty cells.

    Text is quoted (RFC 4180) only in a file that needs it. A name that ends in .gz is compressed; floats are written so that they read
    back exactly.
    """
    table = _arrow("pyarrow").Table.from_arrays([_to_arrow(column) for column in columns], names=list(names))
    if isinstance(path_or_stream, (str, Path)) and _suffix(Path(path_or_stream)) == ".parquet":
        _arrow("pyarrow.parquet").write_table(table, path_or_stream)
        return
    style = "needed" if _needs_quotes(names, table) else "none"
    options = _arrow("pyarrow.csv").WriteOptions(quoting_style=style, quoting_header=style)
    with _sink(path_or_stream) as sink:
        _arrow("pyarrow.csv").write_csv(table, sink, options)


def _to_arrow(values: NDArray[Any] | Sequence[object]) -> Any:
    """Return a column as a pyarrow array, by its buffers or a builder: `pa.array` would import pandas, a third of a second, to no use."""
    pa = _arrow("pyarrow")
    array = np.asarray(values)
    if array.dtype.kind in "iuf":
        array = np.ascontiguousarray(array, dtype=np.float64 if array.dtype == np.float16 else array.dtype.newbyteorder("="))
        held = pa.py_buffer(np.packbits(~np.isnan(array), bitorder="little"))
        return pa.Array.from_buffers(pa.from_numpy_dtype(array.dtype), len(array), [held, pa.py_buffer(array)])
    builder = pa.lib.StringBuilder()
    builder.append_values([value if isinstance(value, str) else cells.text_of(value) for value in array.tolist()])
    return builder.finish()


@contextmanager
def _sink(path_or_stream: str | Path | BinaryIO) -> Iterator[Any]:
    if not isinstance(path_or_stream, (str, Path)):
        yield path_or_stream  # the caller's stream stays open
        return
    try:
        with _arrow("pyarrow").output_stream(str(path_or_stream)) as stream:
            yield stream
    except OSError as error:
        raise DataError(f"{path_or_stream}: cannot be written: {error}.") from None


def _needs_quotes(names: Sequence[str], table: Any) -> bool:
    special = re.compile(r'[",\r\n]')
    if any(special.search(name) for name in names):
        return True
    texts = (column for column in table.columns if str(column.type) in ("string", "large_string"))
    return any(special.search(cell) for column in texts for cell in column.unique().to_pylist() if cell is not None)


def _arrow(module: str) -> Any:
    """Return a module of pyarrow, imported at its first use."""
    import importlib

    try:
        return importlib.import_module(module)
    except ImportError:
        raise MissingDependencyError("pyarrow", "reading and writing tables", "cli") from None


def _suffix(path: Path) -> str:
    name = path.name.lower()
    suffix = next((suffix for suffix in SUFFIXES if name.endswith(suffix)), None)
    if suffix is None:
        raise DataError(f"{path}: unknown kind of file {path.suffix!r}: expected one of {', '.join(SUFFIXES)}.")
    return suffix


def _require_file(path: Path) -> None:
    if path.is_dir():
        raise DataError(f"{path}: is a folder: name one file in it.")
    if not path.exists():
        near = did_you_mean(path.name, (other.name for other in path.parent.iterdir())) if path.parent.is_dir() else ""
        raise DataError(f"{path}: there is no such file.{near}")
    if path.stat().st_size == 0:
        raise DataError(f"{path}: the file is empty.")


def _require_rows(arrow: Any) -> None:
    if arrow.num_rows == 0:
        raise DataError("the file has a header but no rows.")


def _header(path: Path) -> tuple[list[str], str]:
    """Return the names in the first line of a text file, as they stand there, and the delimiter between them."""
    open_text = gzip.open if path.suffix.lower() == ".gz" else open
    try:
        with open_text(path, "rt", encoding="utf-8-sig", newline="") as lines:  # -sig drops a byte order mark, as pyarrow does
            first = next((line for line in lines if line.strip()), "")
            while first.count('"') % 2 and (more := next(lines, "")):  # a name may hold a line break inside quotes
                first += more
    except UnicodeDecodeError:
        raise DataError("the file is not UTF-8 text: save it as UTF-8 (in a spreadsheet: 'CSV UTF-8').") from None
    if not first:
        raise DataError("the file is empty.")
    bare = re.sub(r'"[^"]*"', "", first)
    delimiter = max(DELIMITERS, key=bare.count)  # the first of equals: a comma where there is none at all
    return next(csv.reader([first], delimiter=delimiter)), delimiter


def _read_csv(path: Path, delimiter: str, one_column: bool, wanted: list[str], as_text: list[str]) -> Any:
    """Return the wanted columns of a text file as a pyarrow table."""
    pa, pc = _arrow("pyarrow"), _arrow("pyarrow.csv")

    def read(columns: list[str], as_text: list[str], threads: bool = True) -> Any:
        return pc.read_csv(
            path,
            read_options=pc.ReadOptions(use_threads=threads),
            # An empty line in a file of one column is a gap; elsewhere it is no row.
            parse_options=pc.ParseOptions(delimiter=delimiter, newlines_in_values=True, ignore_empty_lines=not one_column),
            convert_options=pc.ConvertOptions(
                include_columns=columns,
                column_types=dict.fromkeys(as_text, pa.string()),
                null_values=sorted(cells.MISSING),
                true_values=list(cells.TRUE),
                false_values=list(cells.FALSE),
            ),
        )

    try:
        table = read(wanted, as_text)
    except pa.ArrowInvalid as error:
        if "Expected" not in str(error):
            raise
        return read(wanted, as_text, threads=False)  # raises again, and then knows the row
    # pyarrow makes dates and times of what looks like them. Until there is a rule for dates they stay the text that they are.
    dated = [field.name for field in table.schema if pa.types.is_temporal(field.type)]
    if dated:
        again = read(dated, dated)
        for name in dated:
            table = table.set_column(table.schema.get_field_index(name), name, again.column(name))
    return table


def _read_parquet(path: Path, wanted: list[str], as_text: list[str]) -> Any:
    # Not `read_table`, which imports pandas.
    with _arrow("pyarrow.parquet").ParquetFile(path) as file:
        return file.read(columns=wanted).select(wanted)


def _column(name: str, column: Any, as_text: bool) -> NDArray[Any] | cells.Codes:
    """Return a pyarrow column as a float array (gaps NaN) or as codes and levels."""
    pa = _arrow("pyarrow")
    kinds = pa.types
    if kinds.is_boolean(column.type) or (as_text and (kinds.is_integer(column.type) or kinds.is_temporal(column.type))):
        column = column.cast(pa.string())
    is_dictionary = kinds.is_dictionary(column.type)
    if is_dictionary:
        column = column.cast(column.type.value_type)
    if kinds.is_floating(column.type) or kinds.is_integer(column.type) or kinds.is_decimal(column.type) or kinds.is_null(column.type):
        values = _floats(column)
        return cells.code_numbers(values) if as_text or is_dictionary else values
    if kinds.is_temporal(column.type):
        raise DataError(f"column {name!r} {cells.TIMES}.")
    if kinds.is_binary(column.type) or kinds.is_large_binary(column.type):
        raise DataError(f"column {name!r} is not UTF-8 text: save the file as UTF-8 (in a spreadsheet: 'CSV UTF-8').")
    if not (kinds.is_string(column.type) or kinds.is_large_string(column.type)):
        raise DataError(f"column {name!r} holds {column.type}: expected one number, text or boolean a row.")
    texts: list[str | None] = []
    parts = []
    for chunk in column.chunks:
        coded = chunk.dictionary_encode(null_encoding="encode")  # None is one of its levels, which `text_of` knows
        parts.append(np.from_dlpack(coded.indices).astype(np.int64) + len(texts))
        texts.extend(map(cells.text_of, coded.dictionary.to_pylist()))
    codes, levels = cells.tidy_codes(np.concatenate(parts), texts)
    if as_text or is_dictionary:
        return codes, levels
    # pyarrow compares gaps before it strips: a column of numbers with " NA" in it comes here as text, and is numbers all the same.
    numbers = cells.number_levels(codes, levels)
    return (codes, levels) if isinstance(numbers, str) else numbers


def _floats(column: Any) -> NDArray[Any]:
    """Return a pyarrow column of numbers as floats, gaps NaN, from its buffers: its own `to_numpy` would import pandas."""
    pa = _arrow("pyarrow")
    dtype = np.dtype(np.float32 if pa.types.is_float32(column.type) else np.float64)
    array = column.cast(pa.from_numpy_dtype(dtype), safe=False).combine_chunks()
    values = np.frombuffer(array.buffers()[1], dtype=dtype, count=len(array), offset=array.offset * dtype.itemsize)
    if array.null_count == 0:
        return values
    return np.where(np.from_dlpack(array.is_null().cast(pa.uint8())), dtype.type(np.nan), values)


def _sentence(message: str) -> str:
    """Return what pyarrow says about a broken file in one clear sentence."""
    ragged = re.search(r"(?:Row #(\d+): )?Expected (\d+) columns, got (\d+)(?:: (.*))?", message, re.DOTALL)
    if ragged:
        row, expected, got, content = ragged.groups()
        where = f"row {row} (the header is row 1)" if row else "a row"
        shown = f": {content.strip()[:80]!r}" if content else ""
        return f"{where} has {got} cells but the header names {expected} columns{shown}."
    if "UTF8" in message:
        return "the file is not UTF-8 text: save it as UTF-8 (in a spreadsheet: 'CSV UTF-8')."
    if "Empty CSV" in message:
        return "the file is empty."
    return message.partition("\n")[0].rstrip(".") + "."
