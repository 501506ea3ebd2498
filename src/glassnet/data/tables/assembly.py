"""Whatever holds a table becomes one: columns are gathered by name, and the kind of each is found, or is the one that is asked for."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassnet.data.tables import cells
from glassnet.data.tables.block import refuse_infinite, stack_numbers
from glassnet.data.tables.forms import Form
from glassnet.data.tables.index_columns import index_left_out, index_of, index_said
from glassnet.data.tables.readers import Asked, Spelling
from glassnet.data.tables.recognition import Recognized, Texts, recognize
from glassnet.data.tables.schema import Column, Kind, Schema, refuse_shape
from glassnet.data.tables.table import Categories, Table
from glassnet.data.tables.values import column_of_array, column_of_values
from glassnet.errors import DataError

#: A column on its way into a table.
Given = Recognized | Texts | NDArray[Any] | Sequence[object]

ANY = Asked()
FOUND = Spelling()


def table_of(
    data: Any,
    *,
    names: Sequence[str] | None = None,
    types: Mapping[str, Kind] | None = None,
    schema: Schema | None = None,
    targets: Collection[str] = (),
    keep: Collection[str] = (),
    spelling: Spelling = FOUND,
    empty: bool = False,
) -> Table:
    """Return a table of whatever holds one.

    That is: a Table (as it is), an array, a SciPy sparse matrix, a data frame, a dict of columns, a
    list or an iterator of rows or records (dicts; what a record lacks is missing), or one record (a
    dict of single values).

    Arrays and rows get the names "x0", "x1", ... unless `names` says others. A numeric array is one
    block of numbers (integers and booleans as float64). Elsewhere each column is looked at: a type
    that it was declared with counts (numbers, true and false, dates, pandas' and polars'
    categories); what texts hold is found as in a file, see `glassnet.data.tables.recognition`.

    Parameters
    ----------
    data : what holds a table
    names : of the columns of what has none
    types : the kinds of some columns, which need not be found
    schema : of a model, by which its columns are read; the table keeps its own columns in their
        order, see `Table.select`
    targets : the columns that are to be predicted
    keep : other columns that stay even if they hold the index of a pandas frame, as those of
        `types` and of a schema do
    spelling : how texts are written
    empty : whether a table without rows is allowed

    Raises
    ------
    DataError
        For what is not 2-D, has no rows or columns, names a column twice, lacks a column of
        `types`, or holds infinite or complex numbers or durations.

    Examples
    --------
    >>> table_of({"age": [31, None], "island": ["Dream", "Biscoe"]}).schema.to_plain()
    [['age', 'number'], ['island', 'category']]
    >>> table_of([{"age": 31, "born": "1995-03-01"}, {"age": 40}]).schema.to_plain()
    [['age', 'number'], ['born', 'datetime']]
    """
    types = types or {}
    if isinstance(data, Table):
        return data.retyped(types)
    from glassnet.data.tables import arrays

    index: list[str] = []
    if isinstance(data, Iterator):
        data = list(data)
    if isinstance(data, (list, tuple)) and data and all(isinstance(row, Mapping) for row in data):
        columns: Mapping[str, Any] = arrays.columns_of_records(data)
    elif isinstance(data, (list, tuple, np.ndarray)) or hasattr(data, "tocsr"):
        made = arrays.columns_of(data, names, empty)
        if isinstance(made, Table):
            return made.retyped(types)
        columns = made
    elif isinstance(data, Mapping):
        columns = arrays.columns_of_mapping(data)
    else:
        from glassnet.data.tables import frames

        columns = frames.columns_of(data)
        index = [] if schema else index_left_out(columns, index_of(data), {*types, *keep}, targets)
        columns = {name: column for name, column in columns.items() if name not in index}
    if names is not None and len(names) == len(columns):
        columns = dict(zip(names, columns.values(), strict=True))
    table = assemble(columns, asked(types, schema, targets), spelling, empty=empty).retyped(types)
    return replace(table, notices=(index_said(index),)) if index else table


def asked(
    types: Mapping[str, Kind], schema: Schema | None, targets: Collection[str] = ()
) -> dict[str, Asked]:
    """Return what is asked of the columns that a caller or a model knows."""
    known = {column.name: Asked.by_model(column) for column in (schema.columns if schema else ())}
    known |= {name: Asked(target=True) for name in targets}
    return known | {name: Asked.by_caller(kind) for name, kind in types.items()}


def assemble(
    columns: Mapping[str, Given],
    wanted: Mapping[str, Asked],
    spelling: Spelling = FOUND,
    *,
    empty: bool = False,
) -> Table:
    """Return the table of named columns, each with the kind that its type says, that is asked for, or that its texts show."""
    numbers, categories, dates, kinds = [], [], [], []
    exact: dict[str, Categories] = {}
    notices: dict[str, tuple[str, ...]] = {}
    lengths = {}
    for name, given in columns.items():
        column = _recognized(name, given, wanted.get(name, ANY), spelling)
        if column.notices:
            notices[name] = column.notices
        if column.exact is not None:
            exact[name] = Categories(*column.exact)
        if column.kind == "number":
            numbers.append(column.values)
            lengths[name] = len(column.values)
        elif column.kind == "datetime":
            dates.append(column.values.astype("datetime64[us]", copy=False))
            lengths[name] = len(column.values)
        else:
            categories.append(Categories(*column.values))
            lengths[name] = len(column.values[0])
        kinds.append(Column(name, column.kind, _form(column)))
    n_rows = next(iter(lengths.values()), 0)
    for name, length in lengths.items():
        if length != n_rows:
            raise DataError(
                f"column {name!r} has {length} values but column {next(iter(lengths))!r} has "
                f"{n_rows}: all need as many."
            )
    refuse_shape((n_rows, len(kinds)), empty)
    block = stack_numbers(numbers, n_rows)
    schema = Schema(tuple(kinds))
    refuse_infinite(schema.numbers, block)
    return Table(
        schema, block, tuple(categories), tuple(dates), exact=exact, column_notices=notices
    )


def _form(column: Recognized) -> Form:
    """Return the form of a column; that words are levels says something only where there are such words."""
    if column.form.verbatim and (
        column.kind != "category" or cells.MISSING.isdisjoint(column.values[1])
    ):
        return replace(column.form, verbatim=False)
    return column.form


def _recognized(name: str, given: Any, wanted: Asked, spelling: Spelling) -> Recognized:
    column: Recognized | Texts
    if isinstance(given, (Recognized, Texts)):
        column = given
    else:
        column = (
            column_of_array(name, given)
            if isinstance(given, np.ndarray)
            else column_of_values(name, given)
        )
    if isinstance(column, Texts):
        return recognize(name, column, wanted, spelling)
    if column.kind == "category" and wanted.kind not in (None, "category"):
        texts = recognize(
            name, Texts(*column.values), wanted, spelling
        )  # categories of texts that spell what is asked for
        return replace(texts, notices=(*column.notices, *texts.notices))
    return column
