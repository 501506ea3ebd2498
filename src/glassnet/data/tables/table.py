"""A table is named, typed columns: numbers in one block, categories and booleans as codes, date-times as such, gaps marked in all.

The number block is `(n, n_number_columns)`, float32 or float64 as it came (a 2-D float array is not
copied), or a SciPy CSR matrix; a gap is NaN. A category is a column of int32 codes into its levels,
a gap -1; a boolean is a category of the levels "false" and "true". A date-time is a column of
datetime64[us] without a zone (UTC where it had one); a gap is NaT. Whole numbers beyond 2^53, which
floats do not tell apart, are kept beside the block as codes into their digits, for where they name
something: a class, a group, a category.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from glassnet.data.tables import cells
from glassnet.data.tables.block import stack_numbers
from glassnet.data.tables.dialect import Dialect
from glassnet.data.tables.readers import Asked, Spelling
from glassnet.data.tables.recognition import Recognized, Texts, recognize
from glassnet.data.tables.schema import Column, Kind, Schema, require_columns
from glassnet.errors import DataError, did_you_mean
from glassnet.messages import listed


class SparseRows(Protocol):
    """What is used of a SciPy CSR matrix or array, said here so that SciPy need not be imported to name it."""

    data: NDArray[np.floating[Any]]
    indices: NDArray[np.integer[Any]]
    indptr: NDArray[np.integer[Any]]
    shape: tuple[int, int]

    def __getitem__(self, key: Any, /) -> Any:
        """Return rows, columns or both."""

    def toarray(self) -> NDArray[np.floating[Any]]:
        """Return the dense array."""
        ...


Numbers = NDArray[np.floating[Any]] | SparseRows
DateTimes = NDArray[np.datetime64]


@dataclass(frozen=True, eq=False)
class Categories:
    """One category column: `codes` (n,) int32 into `levels`, -1 for a gap."""

    codes: NDArray[np.int32]
    levels: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Table:
    """Named columns of n rows: one block of numbers, the codes and the date-times, each in the order of the schema.

    `notices` are what there is to say about the file that the table was read from, a sentence each,
    and `column_notices` about how columns were read, by name. `exact` holds the columns of whole
    numbers that floats do not tell apart, and declared categories of whole numbers, by name, as
    codes into their digits. `dialect` is how the file was written that the table came from.
    """

    schema: Schema
    numbers: Numbers
    categories: tuple[Categories, ...] = ()
    dates: tuple[DateTimes, ...] = ()
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
        """What there is to say about the file and the columns."""
        return (
            *self.notices,
            *(notice for notices in self.column_notices.values() for notice in notices),
        )

    def take(self, rows: NDArray[Any] | slice) -> Table:
        """Return the table of these rows (indices, a mask or a slice), without its notices."""
        categories = tuple(
            Categories(column.codes[rows], column.levels) for column in self.categories
        )
        exact = {
            name: Categories(column.codes[rows], column.levels)
            for name, column in self.exact.items()
        }
        return Table(
            self.schema,
            self.numbers[rows],
            categories,
            tuple(column[rows] for column in self.dates),
            exact=exact,
        )

    def drop(self, names: Collection[str]) -> Table:
        """Return the table without these columns; a name it does not have is a DataError."""
        for name in names:
            self.require(name)
        return self.select(
            Schema(tuple(column for column in self.schema.columns if column.name not in names))
        )

    def column(self, name: str) -> NDArray[Any]:
        """Return one column as a 1-D array: floats (gaps NaN), datetime64[us] (gaps NaT), or an object array of text (gaps None)."""
        self.require(name)
        kind, place = self.schema.kinds[name], self.schema.places[name]
        if kind == "datetime":
            return self.dates[place]
        if kind == "number":
            return self._number(name)
        column = self.categories[place]
        return np.array([*column.levels, None], dtype=object)[
            column.codes
        ]  # the last entry answers code -1

    def labels(self, name: str) -> NDArray[Any]:
        """Return one column as what its values name: as `column` does, but whole numbers with all their digits, also those of a category.

        These are int64 (objects with None where some are missing), and text where they lie beyond
        int64.
        """
        if name not in self.exact:
            return self.column(name)
        column = self.exact[name]
        fit = all(-(2**63) <= int(level) < 2**63 for level in column.levels)
        values = np.array(
            [*(int(level) if fit else level for level in column.levels), None], dtype=object
        )[column.codes]
        return values.astype(np.int64) if fit and (column.codes >= 0).all() else values

    def ranks(self, name: str) -> NDArray[np.float64]:
        """Return for a column of `exact` the place of each of its whole numbers in their order, from 0; NaN for a gap."""
        column = self.exact[name]
        order = np.argsort(np.array([*map(int, column.levels)], dtype=object), kind="stable")
        places = np.full(len(column.levels) + 1, np.nan)  # the last entry answers code -1
        places[order] = np.arange(len(order))
        return places[column.codes]

    def select(self, schema: Schema) -> Table:
        """Return this table realigned by name to another schema; columns that it does not name are left behind.

        A column of another kind is converted where all its values can be: text that spells what is
        asked for, see `glassnet.data.tables.recognition`; true and false as the numbers 1 and 0, and back;
        anything as text, whole numbers without ".0".

        Raises
        ------
        DataError
            Where columns are missing (all are named) or hold something else than the schema says.
        """
        if schema == self.schema:
            return self
        require_columns(schema.names, self.schema.names)
        exact = {
            name: column
            for name, column in self.exact.items()
            if schema.kinds.get(name) == self.schema.kinds[name]
        }
        read = {
            c.name: self._reread(self.categories[self.schema.places[c.name]], c)
            for c in schema.columns
            if self._is_text(c)
        }
        exact |= {
            name: Categories(*found.exact)
            for name, found in read.items()
            if found.exact is not None
        }
        made = {
            column.name: self._codes(column)
            for column in schema.columns
            if column.kind in ("category", "boolean")
        }
        dates = tuple(self._date(schema.by_name[name]) for name in schema.dates)
        categories = tuple(made[name] for name in schema.categories)
        said = {
            name: notices for name, notices in self.column_notices.items() if name in schema.kinds
        }
        return Table(
            schema,
            self._number_block(schema, read),
            categories,
            dates,
            self.notices,
            exact,
            self.dialect,
            said,
        )

    def retyped(self, kinds: Mapping[str, Kind]) -> Table:
        """Return this table with the kinds of some columns changed; see `select`."""
        for name in kinds:
            self.require(name)
        columns = self.schema.columns
        changed = {
            name: Column(name, kind)
            for name, kind in kinds.items()
            if self.schema.kinds[name] != kind
        }
        return self.select(Schema(tuple(changed.get(column.name, column) for column in columns)))

    def _is_text(self, wanted: Column) -> bool:
        """Say whether a column is text of which numbers are wanted."""
        return wanted.kind == "number" and self.schema.kinds[wanted.name] == "category"

    def _number_block(self, schema: Schema, read: Mapping[str, Recognized]) -> Numbers:
        names = schema.numbers
        if names == self.schema.numbers:
            return self.numbers
        kinds, places = self.schema.kinds, self.schema.places
        if all(kinds[name] == "number" for name in names):
            return cast(Numbers, self.numbers[:, [places[name] for name in names]])
        columns = [read[name].values if name in read else self._number(name) for name in names]
        return stack_numbers(cast(list[NDArray[np.floating[Any]]], columns), self.n_rows)

    def _number(self, name: str) -> NDArray[np.floating[Any]]:
        kind, place = self.schema.kinds[name], self.schema.places[name]
        if kind == "number":
            dense = (
                self.numbers[:, place]
                if isinstance(self.numbers, np.ndarray)
                else self.numbers[:, [place]].toarray()[:, 0]
            )
            return cast(NDArray[np.floating[Any]], dense)
        if kind == "datetime":
            raise self._other_kind(name, "numbers", "date-times")
        column = self.categories[place]  # of true and false
        return np.array([*({"false": 0.0, "true": 1.0}[level] for level in column.levels), np.nan])[
            column.codes
        ]

    def _codes(self, wanted: Column) -> Categories:
        """Return a column as a category, or as codes of "false" and "true", which 0 and 1 mean too."""
        name = wanted.name
        kind, place = self.schema.kinds[name], self.schema.places[name]
        if kind == wanted.kind or (kind == "boolean" and wanted.kind == "category"):
            return self.categories[place]
        if kind == "datetime" and wanted.kind == "boolean":
            raise self._other_kind(name, "true or false", "date-times")
        found = self.categories[place] if kind == "category" else self._texts(name)
        if wanted.kind == "category":
            return found
        if kind == "number" and not set(found.levels) <= {"0", "1"}:
            odd = next(level for level in found.levels if level not in {"0", "1"})
            raise self._other_kind(name, "true or false", f"numbers such as {odd}")
        return Categories(*self._reread(found, wanted).values)

    def _texts(self, name: str) -> Categories:
        """Return a column of numbers or date-times as texts."""
        if name in self.exact:
            return self.exact[name]
        values = self.column(name)
        return Categories(
            *(cells.code_dates(values) if values.dtype.kind == "M" else cells.code_numbers(values))
        )

    def _date(self, wanted: Column) -> DateTimes:
        name = wanted.name
        kind, place = self.schema.kinds[name], self.schema.places[name]
        if kind == "datetime":
            return self.dates[place]
        found = self._texts(name) if kind == "number" else self.categories[place]
        try:
            return cast(DateTimes, self._reread(found, wanted).values)
        except DataError:
            if kind == "number":  # which are dates only where all are such as 20260131
                raise self._other_kind(name, "date-times", "numbers") from None
            raise

    def _reread(self, column: Categories, wanted: Column) -> Recognized:
        return recognize(
            wanted.name, Texts(column.codes, column.levels), Asked.by_model(wanted), Spelling()
        )

    def _other_kind(self, name: str, expected: str, held: str) -> DataError:
        return DataError(f"column {name!r} must hold {expected} but holds {held}.")

    def require(self, name: str) -> None:
        """Raise the DataError for a column that this table does not have."""
        if name not in self.schema.names:
            known = self.schema.names
            odd = "".join(
                f" And {notice}" for notice in self.notices if notice.startswith("the first line")
            )  # it may name no columns
            raise DataError(
                f"the table has no column {name!r}: it has "
                f"{listed(known, 20)}.{did_you_mean(name, known)}{odd}"
            )
