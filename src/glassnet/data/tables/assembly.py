"""Make a table from arrays, data frames, lists of rows or dicts, or a dict of columns."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassnet.data.tables import arrays, cells, frames
from glassnet.data.tables.cells import option
from glassnet.data.tables.column_data import ColumnData, column_of_array, column_of_values
from glassnet.data.tables.recognition import recognize
from glassnet.data.tables.schema import (
    Column,
    ColumnHint,
    Form,
    Kind,
    Schema,
    Spelling,
    refuse_shape,
)
from glassnet.data.tables.table import Table
from glassnet.data.tables.values import refuse_infinite, stack_numbers
from glassnet.errors import DataError
from glassnet.messages import listed


def index_names(metadata: Mapping[bytes, bytes] | None) -> tuple[str, ...]:
    """Return the pandas index columns according to the metadata of an Arrow schema."""
    try:
        names = json.loads((metadata or {}).get(b"pandas", b"{}")).get("index_columns", ())
        return tuple(name for name in names if isinstance(name, str))
    except (ValueError, AttributeError, TypeError, RecursionError):  # written by another program
        return ()


def index_of(frame: Any) -> tuple[str, ...]:
    """Return the pandas index columns of an Arrow table in memory; none for any other table."""
    metadata = getattr(getattr(frame, "schema", None), "metadata", None)
    return index_names(metadata) if isinstance(metadata, Mapping) else ()


def dropped_index(
    names: Collection[str], index: Collection[str], kept: Collection[str], targets: Collection[str]
) -> list[str]:
    """Return the index columns to leave out."""
    found = [name for name in names if name in index and name not in {*kept, *targets}]
    return found if set(names).difference(found, targets) else []


def index_notice(names: Collection[str]) -> str:
    """Return the notice that index columns are left out, and how to keep them."""
    s, are = ("s", "are") if len(names) > 1 else ("", "is")
    keep = option("types", "number", next(iter(names)))
    return (
        f"column{s} {listed(names)}, the index of a pandas frame, {are} left out; {keep} keeps it."
    )


_UNKNOWN = ColumnHint()
DEFAULT = Spelling()


def table_of(
    data: Any,
    *,
    names: Sequence[str] | None = None,
    types: Mapping[str, Kind] | None = None,
    schema: Schema | None = None,
    targets: Collection[str] = (),
    keep: Collection[str] = (),
    spelling: Spelling = DEFAULT,
    empty: bool = False,
) -> Table:
    """Convert any supported data to a table.

    Supported are a Table (unchanged), an array, a SciPy sparse matrix, a data frame, a dict of
    columns, a list or iterator of rows or of records (dicts; absent keys are missing values), and
    one record (a dict of single values).

    Columns of arrays and rows are named "x0", "x1", ... unless `names` is given. A numeric array
    becomes one block of numbers (integers and booleans as float64). Otherwise a column keeps its
    declared type (number, boolean, date, pandas or polars category). The kind of text columns is
    detected as in a file, see `glassnet.data.tables.recognition`.

    Parameters
    ----------
    data : the data
    names : the names of the columns, for data without names
    types : the kinds of some columns, by name; the others are detected
    schema : the schema of a model, which decides how its columns are read; the table keeps its own
        columns in their order, see `Table.select`
    targets : the columns to predict
    keep : columns to keep even if they hold the index of a pandas frame; columns of `types` and of
        the schema are always kept
    spelling : how text cells are written
    empty : whether a table without rows is allowed

    Raises
    ------
    DataError
        If the data is not 2-D, has no rows or columns, has two columns of one name, lacks a column
        of `types`, or holds infinite numbers, complex numbers or durations.

    Examples
    --------
    >>> table_of({"age": [31, None], "island": ["Dream", "Biscoe"]}).schema.to_plain()
    [['age', 'number'], ['island', 'category']]
    >>> table_of([{"age": 31, "born": "1995-03-01"}, {"age": 40}]).schema.to_plain()
    [['age', 'number'], ['born', 'datetime']]
    """
    types = types or {}
    if isinstance(data, Iterator):
        data = list(data)
    index: list[str] = []
    columns: Table | Mapping[str, Any]
    if isinstance(data, Table):
        columns = data
    elif isinstance(data, (list, tuple)) and data and all(isinstance(row, Mapping) for row in data):
        columns = arrays.columns_of_records(data)
    elif isinstance(data, (list, tuple, np.ndarray)) or hasattr(data, "tocsr"):
        columns = arrays.columns_of(data, names, empty)
    elif isinstance(data, Mapping):
        columns = arrays.columns_of_mapping(data)
    else:
        columns = frames.columns_of(data)
        index = [] if schema else dropped_index(columns, index_of(data), {*types, *keep}, targets)
        columns = {name: column for name, column in columns.items() if name not in index}
    if isinstance(columns, Table):
        return columns.retyped(types)
    if names is not None and len(names) == len(columns):
        columns = dict(zip(names, columns.values(), strict=True))
    expected = expected_columns(types, schema, targets)
    table = assemble(columns, expected, spelling, empty=empty).retyped(types)
    return replace(table, notices=(index_notice(index),)) if index else table


def expected_columns(
    types: Mapping[str, Kind], schema: Schema | None, targets: Collection[str] = ()
) -> dict[str, ColumnHint]:
    """Return what is known of each column from a model and the caller, who takes precedence."""
    return {
        **{
            column.name: ColumnHint.by_model(column)
            for column in (schema.columns if schema else ())
        },
        **{name: ColumnHint(is_target=True) for name in targets},
        **{name: ColumnHint.by_kind(kind) for name, kind in types.items()},
    }


def assemble(
    columns: Mapping[str, ColumnData | NDArray[Any] | Sequence[object]],
    expected: Mapping[str, ColumnHint],
    spelling: Spelling = DEFAULT,
    *,
    empty: bool = False,
) -> Table:
    """Build a table from named columns.

    The kind of a column is that of its type, the expected kind, or detected from its text.
    """
    found = {
        name: _recognized(name, column, expected.get(name, _UNKNOWN), spelling)
        for name, column in columns.items()
    }
    lengths = {name: len(column.values) for name, column in found.items()}
    n_rows = next(iter(lengths.values()), 0)
    for name, length in lengths.items():
        if length != n_rows:
            raise DataError(
                f"column {name!r} has {length} values but column {next(iter(lengths))!r} has "
                f"{n_rows}: all columns must have the same number of values."
            )
    refuse_shape((n_rows, len(found)), empty)
    schema = Schema(
        tuple(
            Column(name, column.kind or "category", _form(column)) for name, column in found.items()
        )
    )
    values = {name: column.values for name, column in found.items()}
    block = stack_numbers([values.pop(name) for name in schema.numbers], n_rows)
    refuse_infinite(schema.numbers, block)
    return Table(
        schema,
        block,
        values,
        exact={name: column.exact for name, column in found.items() if column.exact is not None},
        column_notices={name: column.notices for name, column in found.items() if column.notices},
    )


def _form(column: ColumnData) -> Form:
    """Return the form of a column; `verbatim` is kept only if a level is such a word."""
    matters = column.kind == "category" and not cells.MISSING.isdisjoint(column.values.levels)
    return replace(column.form, verbatim=column.form.verbatim and matters)


def _recognized(name: str, given: Any, expected: ColumnHint, spelling: Spelling) -> ColumnData:
    read = column_of_array if isinstance(given, np.ndarray) else column_of_values
    column = given if isinstance(given, ColumnData) else read(name, given)
    if column.kind is None or (
        column.kind == "category" and expected.kind not in (None, "category")
    ):
        found = recognize(name, column.values, expected, spelling, typed=column.typed)
        return replace(found, notices=(*column.notices, *found.notices))
    return column
