"""A table of named, typed columns: one block of numbers, categories as codes, and date-times.

The number block is `(n, n_number_columns)`, float32 or float64 as it came (a 2-D float array is not
copied), or a SciPy CSR matrix; a missing number is NaN. A category is a column of int32 codes into
its levels, -1 where missing; a boolean is a category with the levels "false" and "true". A
date-time is a column of datetime64[us] without a zone (UTC if it had one), NaT where missing.
Integers beyond 2^53, which floats cannot represent exactly, are also stored as codes into their
digits, for columns that contain labels: a class, a group, a category.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassnet.data.tables.column_data import Categories, ColumnData, categories_of
from glassnet.data.tables.dialect import Dialect
from glassnet.data.tables.recognition import recognize
from glassnet.data.tables.schema import Column, ColumnHint, Kind, Schema, Spelling, require_columns
from glassnet.data.tables.values import is_missing, stack_numbers
from glassnet.errors import DataError, did_you_mean
from glassnet.messages import listed

#: A SciPy CSR matrix or array: SciPy has no type stubs, and is not imported here.
SparseRows = Any
Numbers = NDArray[np.floating[Any]] | SparseRows
DateTimes = NDArray[np.datetime64]


@dataclass(frozen=True, eq=False)
class Table:
    """Named columns of n rows.

    Parameters
    ----------
    schema : the names and kinds of the columns
    numbers : the block of the number columns, in the order of the schema
    others : the other columns by name: Categories, or date-times
    notices : notices about the file that the table was read from, a sentence each
    exact : by name, columns of integers that are not exact as floats, and declared categories of
        integers, as codes into their digits
    dialect : how the file of the table was written
    column_notices : by name, the notices about how a column was read
    """

    schema: Schema
    numbers: Numbers
    others: Mapping[str, Any] = field(default_factory=dict)
    notices: tuple[str, ...] = ()
    exact: Mapping[str, Categories] = field(default_factory=dict)
    dialect: Dialect | None = None
    column_notices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def n_rows(self) -> int:
        """The number of rows."""
        return int(self.numbers.shape[0])

    @property
    def all_notices(self) -> tuple[str, ...]:
        """The notices about the file and the columns."""
        return sum(self.column_notices.values(), self.notices)

    def take(self, rows: NDArray[Any] | slice) -> Table:
        """Return the table of these rows (indices, a mask or a slice), without its notices."""
        return Table(
            self.schema,
            self.numbers[rows],
            {name: column[rows] for name, column in self.others.items()},
            exact={name: column[rows] for name, column in self.exact.items()},
        )

    def drop(self, names: Collection[str]) -> Table:
        """Return the table without these columns; raise a DataError for an unknown name."""
        for name in names:
            self.require(name)
        return self.select(Schema(tuple(c for c in self.schema.columns if c.name not in names)))

    def column(self, name: str) -> NDArray[Any]:
        """Return one column as a 1-D array.

        It has floats (missing: NaN), datetime64[us] (NaT), or text as objects (None).
        """
        self.require(name)
        stored = self.stored(name)
        return stored.map(stored.levels, None) if isinstance(stored, Categories) else stored

    def labels(self, name: str) -> NDArray[Any]:
        """Return one column as `column` does, but integers with all their digits.

        Integers, also those of a category, are int64 (objects with None if some are missing), or
        text if they are beyond int64.
        """
        column = self.exact.get(name)
        if column is None:
            return self.column(name)
        numbers = list(map(int, column.levels))
        fit = all(-(2**63) <= number < 2**63 for number in numbers)
        values = column.map(numbers if fit else column.levels, None)
        return values.astype(np.int64) if fit and (column.codes >= 0).all() else values

    def ranks(self, name: str) -> NDArray[np.float64]:
        """Return the rank of each number in a column of `exact`, from 0; NaN where missing."""
        column = self.exact[name]
        order = np.argsort(np.array([*map(int, column.levels)], dtype=object), kind="stable")
        return column.map(np.argsort(order).tolist(), np.nan, np.float64)

    def select(self, schema: Schema) -> Table:
        """Return this table with the columns of another schema, matched by name.

        A column of another kind is converted if all its values can be: text is parsed, see
        `glassnet.data.tables.recognition`; true and false become 1 and 0, and back; anything
        becomes text, integral floats without ".0".

        Raises
        ------
        DataError
            If columns are missing (all are named) or cannot be converted.
        """
        if schema == self.schema:
            return self
        require_columns(schema.names, self.schema.names)
        kinds = self.schema.kinds
        converted = {
            column.name: self._converted(column)
            for column in schema.columns
            if column.kind != kinds[column.name]
        }
        kept = set(schema.names) - converted.keys()
        exact = {name: column for name, column in self.exact.items() if name in kept}
        exact |= {name: made.exact for name, made in converted.items() if made.exact is not None}

        def values(name: str) -> Any:
            return converted[name].values if name in converted else self.stored(name)

        numbers: Any = self.numbers
        if not converted.keys().isdisjoint(schema.numbers):
            numbers = stack_numbers([values(name) for name in schema.numbers], self.n_rows)
        elif schema.numbers != self.schema.numbers:
            numbers = self.numbers[:, [self.schema.number_index[name] for name in schema.numbers]]
        return Table(
            schema,
            numbers,
            {name: values(name) for name in (*schema.categories, *schema.dates)},
            self.notices,
            exact,
            self.dialect,
            {name: texts for name, texts in self.column_notices.items() if name in schema.kinds},
        )

    def with_columns(self, other: Table) -> Table:
        """Return this table with the columns of another one, of as many rows, in place of its own.

        The other table has some of the columns, of the same kinds.
        """
        numbers = self.numbers
        if other.schema.numbers:
            numbers, others = (
                np.array(block if isinstance(block, np.ndarray) else block.toarray())
                for block in (numbers, other.numbers)
            )
            places = [self.schema.number_index[name] for name in other.schema.numbers]
            numbers = numbers.astype(np.result_type(numbers, others), copy=False)
            numbers[:, places] = others
        kept = {name: c for name, c in self.exact.items() if name not in other.schema.kinds}
        return Table(
            self.schema,
            numbers,
            {**self.others, **other.others},
            self.notices,
            {**kept, **other.exact},
            self.dialect,
            self.column_notices,
        )

    def retyped(self, kinds: Mapping[str, Kind]) -> Table:
        """Return this table with the kinds of some columns changed; see `select`."""
        for name in kinds:
            self.require(name)
        return self.select(
            Schema(
                tuple(
                    Column(column.name, kinds[column.name])
                    if kinds.get(column.name, column.kind) != column.kind
                    else column
                    for column in self.schema.columns
                )
            )
        )

    def require(self, name: str) -> None:
        """Raise a DataError if this table does not have a column."""
        names = self.schema.names
        if name not in names:
            # Perhaps the first line of the file is not a header.
            suspicions = (text for text in self.notices if text.startswith("the first line"))
            hints = (did_you_mean(name, names), *(f" And {text}" for text in suspicions))
            raise DataError(
                f"the table has no column {name!r}: it has {listed(names, 20)}.{''.join(hints)}"
            )

    def stored(self, name: str) -> Any:
        """Return a column as it is stored, a number column as a dense array."""
        if name in self.others:
            return self.others[name]
        index = self.schema.number_index[name]
        if isinstance(self.numbers, np.ndarray):
            return self.numbers[:, index]
        return self.numbers[:, [index]].toarray()[:, 0]

    def missing(self, name: str) -> NDArray[np.bool_]:
        """Return a mask of the missing values of a column."""
        stored = self.stored(name)
        return stored.codes < 0 if isinstance(stored, Categories) else is_missing(stored)

    def _converted(self, wanted: Column) -> ColumnData:
        """Return a column converted to another kind."""
        name, kind, stored = wanted.name, self.schema.kinds[wanted.name], self.stored(wanted.name)
        texts: Categories = (
            stored
            if isinstance(stored, Categories)
            else self.exact.get(name) or categories_of(stored)
        )
        if wanted.kind == "category":
            return ColumnData("category", texts)
        if kind == "boolean" and wanted.kind == "number":
            return ColumnData(
                "number", texts.map([level == "true" for level in texts.levels], np.nan, np.float64)
            )
        expected = {"number": "numbers", "boolean": "true or false"}.get(wanted.kind, "date-times")
        refused = f"column {name!r} must hold {expected} but holds"
        if kind == "datetime":
            raise DataError(f"{refused} date-times.")
        odd = [level for level in texts.levels if level not in ("0", "1")]
        if kind == "number" and wanted.kind == "boolean" and odd:
            raise DataError(f"{refused} numbers such as {odd[0]}.")
        try:
            return recognize(name, texts, ColumnHint.by_model(wanted), Spelling())
        except DataError:
            if kind == "number":  # which are dates only if all look like 20260131
                raise DataError(f"{refused} numbers.") from None
            raise
