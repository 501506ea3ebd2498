"""Read a table from a file; a table for a model must match the schema of its columns.

`glassnet.data.tables.cells` defines the meaning of cells, quoted or not: a quoted "NA" or "" is
missing too, because many programs quote every cell. `glassnet.data.tables.recognition` finds the
kind of a text column, in text, Parquet and Arrow files alike. A column with only missing values is
a number column unless its type is declared. A column that the file's metadata declares as the index
of a pandas frame is left out unless it is requested by name.
"""

import re
import zlib
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np

from glassnet.data.files.arrow import arrow
from glassnet.data.files.columnar import ColumnarFile
from glassnet.data.files.csv_file import CsvFile, clear_message
from glassnet.data.tables.assembly import assemble, dropped_index, expected_columns, index_notice
from glassnet.data.tables.dialect import Dialect, Limits, check_overrides
from glassnet.data.tables.schema import (
    Form,
    Kind,
    Schema,
    Spelling,
    refuse_duplicates,
    require_columns,
)
from glassnet.data.tables.table import Table
from glassnet.errors import DataError, GlassNetError, did_you_mean

TEXT_SUFFIXES = (".csv", ".tsv", ".txt", ".csv.gz", ".tsv.gz", ".txt.gz")
ARROW_SUFFIXES = (".arrow", ".feather", ".ipc")
SUFFIXES = (*TEXT_SUFFIXES, ".parquet", *ARROW_SUFFIXES)
#: The maximum number of characters of a path in a message.
MAX_SHOWN = 300

_ROW = re.compile(r"row ([0-9]+) \((?=counting from 0\))")


def read_table(
    path: str | Path,
    *,
    schema: Schema | None = None,
    types: Mapping[str, Kind] | None = None,
    dialect: Dialect | None = None,
    limits: Limits | None = None,
    default: Dialect | None = None,
    targets: Collection[str] = (),
    keep: Collection[str] = (),
) -> Table:
    """Read the table in a text, Parquet or Arrow file, or in a folder of Parquet files.

    Parameters
    ----------
    path : str or Path
        A .csv, .tsv or .txt file, optionally compressed (.gz); a .parquet, .arrow, .feather or .ipc
        file; or a folder whose .parquet files, sorted by name, are one table. The first line of a
        text file names the columns; see `Dialect` for the accepted forms.
    schema : Schema, optional
        Return only these columns in this order, and require their kinds: categories are read as
        text, so that "007" stays "007", and numbers must be numbers. Other columns of the file are
        ignored.
    types : mapping, optional
        Without a schema: the kinds of some columns, by name; the kinds of the others are detected.
    dialect : Dialect, optional
        How a text file is written; settings that are not given are detected.
    limits : Limits, optional
        The maximum size of a file.
    default : Dialect, optional
        The dialect of a model's training table, used unless the file shows another one.
    targets : names, optional
        The columns to predict.
    keep : names, optional
        Columns to keep even if they hold the index of a pandas frame.

    Raises
    ------
    DataError
        If the file is missing, empty, not a table, too large, or does not match the schema; the
        message starts with the path.
    """
    check_overrides(types, (), dialect, limits)
    path, types = Path(path), types or {}
    with _errors_of(path):
        file = _open(path, dialect, limits, default, schema.names if schema else ())
        positions = _positions(file.names, schema, types)
        index = [] if schema else dropped_index(positions, file.index, {*types, *keep}, targets)
        positions = {name: position for name, position in positions.items() if name not in index}
        expected = expected_columns(types, schema, targets)
        known = {name: column.kind for name, column in expected.items() if name in positions}
        kinds = {positions[name]: kind for name, kind in known.items() if kind is not None}
        columns = dict(zip(positions, file.read(list(positions.values()), kinds), strict=True))
        table = assemble(columns, expected, file.spelling)
        del columns
        table = table.select(schema) if schema else table.retyped(types)
        return replace(
            table,
            notices=(*file.notices, *([index_notice(index)] if index else [])),
            dialect=None if file.dialect == Dialect() else file.dialect,
        )


def read_batches(
    path: str | Path,
    *,
    schema: Schema,
    dialect: Dialect | None = None,
    limits: Limits | None = None,
    default: Dialect | None = None,
    notices: list[str] | None = None,
    empty: bool = False,
) -> Iterator[Table]:
    """Yield the same table as `read_table` with a schema, in chunks of rows.

    The memory does not grow with the number of rows. Notices about the file are appended to
    `notices` before the first chunk; a chunk has the notices about itself. If `empty` is True, a
    file without rows is allowed and yields one chunk without rows.
    """
    path = Path(path)
    with _errors_of(path):
        file = _open(path, dialect, limits, default, schema.names)
        positions = _positions(file.names, schema, {})
        columns = {position: schema.by_name[name] for name, position in positions.items()}
        expected = expected_columns({}, schema)
        n_rows = 0
        for chunk in file.batches(list(positions.values()), columns):
            if n_rows == 0 and notices is not None:
                notices.extend(file.notices)
            named = dict(zip(positions, chunk, strict=True))
            try:
                table = assemble(named, expected, file.spelling)
                selected = table.select(schema)
            except DataError as error:  # the row number counts from the start of the chunk
                raise DataError(_counted_from(n_rows, str(error))) from None
            n_rows += table.n_rows
            expected = {
                name: hint.after(n_rows, _shown_form(table, name, file.spelling))
                for name, hint in expected.items()
            }
            yield selected
        if n_rows == 0:
            if not empty:
                raise DataError("the file has a header but no rows.")
            yield assemble(dict.fromkeys(positions, ()), expected, empty=True).select(schema)


def _shown_form(table: Table, name: str, spelling: Spelling) -> Form | None:
    """Return how the cells of a column are written, None if they do not show it.

    A cell such as 1.500 or 02/03/2020 must mean the same in every chunk of a file. So the chunk
    that first shows the decimal mark or the order of dates decides for those that follow.
    """
    form = table.schema.by_name[name].form
    is_shown = form.decimal + form.thousands != "." or form.dates != "ymd"
    if name in table.schema.numbers and spelling.default_decimal == "." and not is_shown:
        numbers = table.column(name)
        is_shown = bool((np.isfinite(numbers) & (numbers != np.rint(numbers))).any())
    return form if is_shown else None


def column_names(
    path: str | Path,
    *,
    dialect: Dialect | None = None,
    limits: Limits | None = None,
    default: Dialect | None = None,
    needed: Collection[str] = (),
) -> tuple[str, ...]:
    """Return the names of the columns in a file, without the index of a pandas frame.

    `default` is the dialect of a model's training table, `needed` the columns the model needs.
    """
    path = Path(path)
    with _errors_of(path):
        file = _open(path, dialect, limits, default, needed)
        return tuple(name.strip() for name in file.names if name not in file.index)


def _open(
    path: Path,
    dialect: Dialect | None,
    limits: Limits | None,
    default: Dialect | None,
    needed: Collection[str],
) -> CsvFile | ColumnarFile:
    limits, dialect = limits or Limits(), dialect or Dialect()
    if path == Path():  # an empty name too
        raise DataError("is the folder that the program runs in: name a file or another folder.")
    paths = [path]
    if path.is_dir():
        entries = (entry for entry in path.iterdir() if entry.is_file())
        paths = sorted(entry for entry in entries if entry.name.lower().endswith(".parquet"))
        if not paths:
            raise DataError("is a folder without Parquet files: name one file in it.")
    elif not path.exists():
        others = path.parent.iterdir() if path.parent.is_dir() else ()
        hint = did_you_mean(path.name, [other.name for other in others])
        raise DataError(f"there is no such file.{hint}")
    elif not path.is_file():
        raise DataError("is not a regular file.")
    elif path.stat().st_size == 0:
        raise DataError("the file is empty.")
    name = paths[0].name.lower()
    if name.endswith(TEXT_SUFFIXES):
        return CsvFile(path, dialect, limits, default=default, needed=needed)
    if not name.endswith(SUFFIXES):
        raise DataError(
            f"unknown kind of file {path.suffix!r}: expected one of {', '.join(SUFFIXES)}."
        )
    return ColumnarFile(paths, dialect.filled(default), limits)


def _positions(
    names: tuple[str, ...], schema: Schema | None, types: Mapping[str, Kind]
) -> dict[str, int]:
    """Return the position of each wanted column by name, in the order of the file."""
    plain = [name.strip() for name in names]
    refuse_duplicates(plain)
    require_columns(list(schema.names if schema else types), plain)
    return {
        name: position
        for position, name in enumerate(plain)
        if schema is None or name in schema.kinds
    }


def _counted_from(start: int, message: str) -> str:
    """Return a message about a chunk with row numbers counted from the start of the file."""
    return _ROW.sub(lambda found: f"row {int(found[1]) + start} (", message)


@contextmanager
def _errors_of(path: Path) -> Iterator[None]:
    """Turn any error about a file into a DataError that starts with its path."""
    arrow_error = arrow("pyarrow").ArrowException
    text = str(path)
    shown = text if len(text) <= MAX_SHOWN else f"...{text[-MAX_SHOWN:]}"
    try:
        yield
    except DataError as error:
        raise DataError(f"{shown}: {error}") from None
    except GlassNetError:
        raise
    except MemoryError:
        raise DataError(f"{shown}: does not fit into memory.") from None
    except arrow_error as error:
        raise DataError(f"{shown}: {clear_message(str(error))}") from None
    except (OSError, EOFError, zlib.error) as error:
        reason = clear_message(getattr(error, "strerror", None) or str(error))
        raise DataError(f"{shown}: cannot be read: {reason}") from None
    except (ValueError, LookupError, OverflowError, NotImplementedError) as error:
        raise DataError(
            f"{shown}: cannot be read, it may be damaged: {clear_message(str(error))}"
        ) from None
