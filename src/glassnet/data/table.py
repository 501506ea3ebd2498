"""A table is named, typed columns: numbers in one block, categories and booleans as codes, date-times as such, gaps marked in all.

The number block is `(n, n_number_columns)`, float32 or float64 as it came (a 2-D float array is not copied), or a SciPy CSR matrix; a gap
is NaN. A category is a column of int32 codes into its levels, a gap -1; a boolean is a category of the levels "false" and "true". A
date-time is a column of datetime64[us] without a zone (UTC where it had one); a gap is NaT.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from glassnet.data import cells
from glassnet.data.block import refuse_infinite, stack_numbers
from glassnet.errors import DataError, did_you_mean

Kind = Literal["number", "category", "boolean", "datetime"]

KINDS: tuple[Kind, ...] = ("number", "category", "boolean", "datetime")


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


@dataclass(frozen=True)
class Column:
    """The name of a column and what it holds."""

    name: str
    kind: Kind

    def __post_init__(self) -> None:
        """Refuse a kind that does not exist."""
        if self.kind not in KINDS:
            raise DataError(f"column {self.name!r} has kind {self.kind!r}: expected one of {', '.join(KINDS)}.")


@dataclass(frozen=True)
class Schema:
    """The columns of a table, in order; no name twice."""

    columns: tuple[Column, ...]

    def __post_init__(self) -> None:
        """Refuse a name that occurs twice."""
        refuse_duplicates(self.names)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of all columns, in order."""
        return tuple(column.name for column in self.columns)

    @cached_property
    def numbers(self) -> tuple[str, ...]:
        """The names of the number columns, in the order of the number block."""
        return tuple(column.name for column in self.columns if column.kind == "number")

    @cached_property
    def categories(self) -> tuple[str, ...]:
        """The names of the columns of codes, categories and booleans, in order."""
        return tuple(column.name for column in self.columns if column.kind in ("category", "boolean"))

    @cached_property
    def dates(self) -> tuple[str, ...]:
        """The names of the date-time columns, in order."""
        return tuple(column.name for column in self.columns if column.kind == "datetime")

    @cached_property
    def kinds(self) -> dict[str, Kind]:
        """The kind of each column by its name."""
        return {column.name: column.kind for column in self.columns}

    @cached_property
    def places(self) -> dict[str, int]:
        """Where each column lies among those of its storage: the number block, the codes or the date-times."""
        return {name: i for stored in (self.numbers, self.categories, self.dates) for i, name in enumerate(stored)}

    def to_plain(self) -> list[list[str]]:
        """Return the schema as lists of text, ready for JSON."""
        return [[column.name, column.kind] for column in self.columns]

    @classmethod
    def from_plain(cls, plain: Iterable[Sequence[str]]) -> Schema:
        """Return the schema that `to_plain` wrote."""
        return cls(tuple(Column(name, cast(Kind, kind)) for name, kind in plain))


@dataclass(frozen=True, eq=False)
class Categories:
    """One category column: `codes` (n,) int32 into `levels`, -1 for a gap."""

    codes: NDArray[np.int32]
    levels: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Table:
    """Named columns of n rows: one block of numbers, the codes and the date-times, each in the order of the schema.

    `notices` are what the reader of a file has to say about it, a sentence each.
    """

    schema: Schema
    numbers: Numbers
    categories: tuple[Categories, ...] = ()
    dates: tuple[DateTimes, ...] = ()
    notices: tuple[str, ...] = ()

    @property
    def n_rows(self) -> int:
        """The number of rows."""
        return int(self.numbers.shape[0])

    def take(self, rows: NDArray[Any] | slice) -> Table:
        """Return the table of these rows (indices, a mask or a slice)."""
        categories = tuple(Categories(column.codes[rows], column.levels) for column in self.categories)
        return Table(self.schema, self.numbers[rows], categories, tuple(column[rows] for column in self.dates))

    def drop(self, names: Collection[str]) -> Table:
        """Return the table without these columns; a name it does not have is a DataError."""
        for name in names:
            self.require(name)
        return self.select(Schema(tuple(column for column in self.schema.columns if column.name not in names)))

    def column(self, name: str) -> NDArray[Any]:
        """Return one column as a 1-D array: floats (gaps NaN), datetime64[us] (gaps NaT), or an object array of text (gaps None)."""
        self.require(name)
        kind, place = self.schema.kinds[name], self.schema.places[name]
        if kind == "datetime":
            return self.dates[place]
        if kind == "number":
            return self._number(name)
        column = self.categories[place]
        return np.array([*column.levels, None], dtype=object)[column.codes]  # the last entry answers code -1

    def select(self, schema: Schema, *, zero_one: bool = False) -> Table:
        """Return this table realigned by name to another schema; columns that it does not name are left behind.

        A category asked for as a number, a boolean or a date-time is converted when every level spells one; what is asked for as a category
        becomes text, whole numbers without ".0". Where that cannot be, nothing is guessed. A boolean may be asked for as a number, 0 or 1,
        only where `zero_one` says so.

        Raises
        ------
        DataError
            Where columns are missing (all are named) or hold something else than the schema says.
        """
        if schema == self.schema:
            return self
        require_columns(schema.names, self.schema.names)
        categories = tuple(self._boolean(name) if schema.kinds[name] == "boolean" else self._category(name) for name in schema.categories)
        return Table(schema, self._number_block(schema.numbers, zero_one), categories, tuple(map(self._date, schema.dates)), self.notices)

    def retyped(self, kinds: Mapping[str, Kind]) -> Table:
        """Return this table with the kinds of some columns changed; see `select`."""
        for name in kinds:
            self.require(name)
        return self.select(Schema(tuple(Column(column.name, kinds.get(column.name, column.kind)) for column in self.schema.columns)))

    def _number_block(self, names: tuple[str, ...], zero_one: bool) -> Numbers:
        if names == self.schema.numbers:
            return self.numbers
        kinds, places = self.schema.kinds, self.schema.places
        if all(kinds[name] == "number" for name in names):
            return cast(Numbers, self.numbers[:, [places[name] for name in names]])
        return stack_numbers([self._number(name, zero_one) for name in names], self.n_rows)

    def _number(self, name: str, zero_one: bool = False) -> NDArray[np.floating[Any]]:
        kind, place = self.schema.kinds[name], self.schema.places[name]
        if kind == "number":
            dense = self.numbers[:, place] if isinstance(self.numbers, np.ndarray) else self.numbers[:, [place]].toarray()[:, 0]
            return cast(NDArray[np.floating[Any]], dense)
        if kind == "datetime":
            raise self._other_kind(name, "numbers", "date-times")
        column = self.categories[place]
        spelled = {"false": 0.0, "true": 1.0}.get if zero_one and kind == "boolean" else cells.number_of
        values = cells.number_levels(column.codes, column.levels, spelled)
        if isinstance(values, str):
            raise self._odd_level(name, "numbers", values)
        return values

    def _category(self, name: str) -> Categories:
        kind, place = self.schema.kinds[name], self.schema.places[name]
        if kind == "datetime":
            return Categories(*cells.code_dates(self.dates[place]))
        return Categories(*cells.code_numbers(self._number(name))) if kind == "number" else self.categories[place]

    def _boolean(self, name: str) -> Categories:
        """Return a column as codes of "false" and "true"; 0 and 1 mean the same."""
        if self.schema.kinds[name] == "datetime":
            raise self._other_kind(name, "true or false", "date-times")
        column = self._category(name)
        spelled = {"false": "false", "true": "true", "0": "false", "1": "true", "0.0": "false", "1.0": "true"}
        odd = next((level for level in column.levels if level not in spelled), None)
        if odd is not None:
            if self.schema.kinds[name] == "number":
                raise self._other_kind(name, "true or false", f"numbers such as {odd}")
            raise self._odd_level(name, "true or false", odd)
        return Categories(*cells.tidy_codes(column.codes, [spelled[level] for level in column.levels]))

    def _date(self, name: str) -> DateTimes:
        kind, place = self.schema.kinds[name], self.schema.places[name]
        if kind == "datetime":
            return self.dates[place]
        if kind == "number":
            values = self._number(name)
            if not np.isnan(values).all():  # a column of gaps alone has no kind of its own
                raise self._other_kind(name, "date-times", "numbers")
            return np.full(self.n_rows, "NaT", dtype="datetime64[us]")
        column = self.categories[place]
        dates = cells.date_levels(column.codes, column.levels)
        if isinstance(dates, str):
            raise self._odd_level(name, "date-times such as 2026-01-31 or 2026-01-31 12:30:00", dates)
        return dates

    def _odd_level(self, name: str, expected: str, level: str) -> DataError:
        column = self.categories[self.schema.places[name]]
        row = int(np.flatnonzero(column.codes == column.levels.index(level))[0])
        return DataError(f"column {name!r} must hold {expected} but row {row} (counting from 0) holds {level[:80]!r}.")

    def _other_kind(self, name: str, expected: str, held: str) -> DataError:
        return DataError(f"column {name!r} must hold {expected} but holds {held}.")

    def require(self, name: str) -> None:
        """Raise the DataError for a column that this table does not have."""
        if name not in self.schema.names:
            known = self.schema.names
            raise DataError(f"the table has no column {name!r}: it has {listed(known, 20)}.{did_you_mean(name, known)}")


def table_of(data: Any, *, names: Sequence[str] | None = None, empty: bool = False) -> Table:
    """Return a table of whatever holds one.

    That is: a Table (as it is), an array, a SciPy sparse matrix, a data frame, a dict of columns, a list or an iterator of rows or records
    (dicts; what a record lacks is a gap), or one record (a dict of single values).

    `empty` allows a table without rows.

    Arrays and rows get the names "x0", "x1", ... unless `names` says others. A numeric array is one block of numbers (integers and booleans
    as float64). Elsewhere each column is looked at: numbers stay numbers, true and false are booleans, dates and date-times, also as ISO
    text, are date-times; other text and pandas' and polars' categories are categories. What counts as a gap, a number or a date is told in
    `glassnet.data.cells`.

    Raises
    ------
    DataError
        For what is not 2-D, has no rows or columns, names a column twice, or holds infinite or complex numbers, times or durations.

    Examples
    --------
    >>> table_of({"age": [31, None], "island": ["Dream", "Biscoe"]}).schema.to_plain()
    [['age', 'number'], ['island', 'category']]
    >>> table_of([{"age": 31, "born": "1995-03-01"}, {"age": 40}]).schema.to_plain()
    [['age', 'number'], ['born', 'datetime']]
    """
    if isinstance(data, Table):
        return data
    from glassnet.data import arrays

    if isinstance(data, Iterator):
        data = list(data)
    if isinstance(data, (list, tuple)) and data and all(isinstance(row, Mapping) for row in data):
        columns: Mapping[str, Any] = arrays.columns_of_records(data)
    elif isinstance(data, (list, tuple, np.ndarray)) or hasattr(data, "tocsr"):
        made = arrays.columns_of(data, names, empty)
        if isinstance(made, Table):
            return made
        columns = made
    elif isinstance(data, Mapping):
        columns = arrays.columns_of_mapping(data)
    else:
        from glassnet.data import frames

        columns = frames.columns_of(data)
    if names is not None and len(names) == len(columns):
        columns = dict(zip(names, columns.values(), strict=True))
    return assemble(columns, empty=empty)


def assemble(
    columns: Mapping[str, NDArray[Any] | Sequence[object] | cells.Codes], *, text: Collection[str] = (), empty: bool = False
) -> Table:
    """Return the table of named columns: each a float array, date-times, codes with levels, or Python values to be looked at.

    Codes whose levels all spell booleans or date-times become those, but for the columns named in `text`.
    """
    numbers, categories, dates, kinds = [], [], [], []
    lengths = {}
    for name, given in columns.items():
        values: Any = given if isinstance(given, np.ndarray) or _is_codes(given) else cells.infer(name, given)
        lengths[name] = len(values) if isinstance(values, np.ndarray) else len(values[0])
        kind: Kind
        if isinstance(values, tuple) and name not in text:
            dates_of = cells.date_levels(*values) if values[1] else np.full(lengths[name], np.nan)  # gaps alone are numbers
            values = values if isinstance(dates_of, str) else dates_of
        if isinstance(values, tuple):
            codes = Categories(*values)
            kind = "boolean" if name not in text and codes.levels and set(codes.levels) <= {"false", "true"} else "category"
            categories.append(codes)
        elif values.dtype.kind == "M":
            kind = "datetime"
            dates.append(values.astype("datetime64[us]", copy=False))
        else:
            kind = "number"
            numbers.append(values)
        kinds.append(Column(name, kind))
    n_rows = next(iter(lengths.values()), 0)
    for name, length in lengths.items():
        if length != n_rows:
            raise DataError(f"column {name!r} has {length} values but column {next(iter(lengths))!r} has {n_rows}: all need as many.")
    refuse_shape((n_rows, len(kinds)), empty)
    block = stack_numbers(numbers, n_rows)
    schema = Schema(tuple(kinds))
    refuse_infinite(schema.numbers, block)
    return Table(schema, block, tuple(categories), tuple(dates))


def require_columns(needed: Sequence[str], held: Collection[str]) -> None:
    """Raise the DataError that names every column that is needed and not held."""
    known = set(held)
    missing = [name for name in needed if name not in known]
    if missing:
        spare = known.difference(needed)
        hints = "".join(dict.fromkeys(did_you_mean(name, spare) for name in missing[:5]))
        raise DataError(f"the table lacks {len(missing)} of the {len(needed)} columns that are needed: missing {listed(missing)}.{hints}")


def refuse_duplicates(names: Sequence[str]) -> None:
    """Raise the DataError for column names that occur twice."""
    twice = sorted(name for name, count in Counter(names).items() if count > 1)
    if twice:
        raise DataError(f"every column needs a name of its own, but {listed(twice)} occurs more than once.")


def refuse_shape(shape: tuple[int, ...], empty: bool = False) -> None:
    """Raise the DataError for data that is not 2-D or has no columns or, unless `empty`, no rows (in words of scikit-learn's checks)."""
    if len(shape) < 2:
        raise DataError(
            f"Expected a 2-D table but got {len(shape)}-D data. Reshape your data: .reshape(-1, 1) makes one column of it, "
            ".reshape(1, -1) one row."
        )
    if len(shape) > 2:
        raise DataError(f"Expected a 2-D table but got {len(shape)}-D data of shape {shape}: flatten it to one row per example.")
    for count, what in zip(shape, ("sample(s)", "feature(s)"), strict=True):
        if count == 0 and not (empty and what == "sample(s)"):
            raise DataError(f"the table has 0 {what} (shape={shape}) while a minimum of 1 is required.")


def _is_codes(values: object) -> bool:
    return isinstance(values, tuple) and len(values) == 2 and isinstance(values[0], np.ndarray)


def listed(names: Iterable[object], most: int = 10) -> str:
    """Return names quoted and joined by commas, the first ten of them, and of a long one its beginning."""
    names = [name if len(str(name)) <= 80 else f"{str(name)[:77]}..." for name in names]
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(repr(name) for name in names[:most]) + more
