"""A table is named, typed columns: its numbers in one block, its categories as codes, its gaps marked in both.

The number block is `(n, n_number_columns)`, float32 or float64 as it came (a 2-D float array is not copied), or a SciPy CSR matrix; a gap
is NaN. A category is a column of int32 codes into its levels; a gap is -1.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from glassnet.data import cells
from glassnet.errors import DataError, did_you_mean

Kind = Literal["number", "category"]


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


@dataclass(frozen=True)
class Column:
    """The name of a column and whether it holds numbers or categories."""

    name: str
    kind: Kind

    def __post_init__(self) -> None:
        """Refuse a kind that does not exist."""
        if self.kind not in ("number", "category"):
            raise DataError(f"column {self.name!r} has kind {self.kind!r}: expected 'number' or 'category'.")


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
        """The names of the category columns, in order."""
        return tuple(column.name for column in self.columns if column.kind == "category")

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
    """Named columns of n rows: one block of numbers and the coded categories, both in the order of the schema."""

    schema: Schema
    numbers: Numbers
    categories: tuple[Categories, ...] = ()

    @property
    def n_rows(self) -> int:
        """The number of rows."""
        return int(self.numbers.shape[0])

    def take(self, rows: NDArray[Any] | slice) -> Table:
        """Return the table of these rows (indices, a mask or a slice)."""
        categories = tuple(Categories(column.codes[rows], column.levels) for column in self.categories)
        return Table(self.schema, self.numbers[rows], categories)

    def drop(self, names: Collection[str]) -> Table:
        """Return the table without these columns; a name it does not have is a DataError."""
        for name in names:
            self._known(name)
        return self.select(Schema(tuple(column for column in self.schema.columns if column.name not in names)))

    def column(self, name: str) -> NDArray[Any]:
        """Return one column as a 1-D array: floats (gaps NaN), or an object array of text (gaps None)."""
        self._known(name)
        if name in self.schema.categories:
            column = self.categories[self.schema.categories.index(name)]
            return np.array([*column.levels, None], dtype=object)[column.codes]  # the last entry answers code -1
        return self._number(name)

    def select(self, schema: Schema) -> Table:
        """Return this table realigned by name to another schema; columns that it does not name are left behind.

        A category asked for as a number is converted when every level spells one; numbers asked for as a category become text, whole ones
        without ".0".

        Raises
        ------
        DataError
            Where columns are missing (all are named) or a category cannot be a number.
        """
        if schema == self.schema:
            return self
        require_columns(schema.names, self.schema.names)
        return Table(schema, self._number_block(schema.numbers), tuple(map(self._category, schema.categories)))

    def _number_block(self, names: tuple[str, ...]) -> Numbers:
        if names == self.schema.numbers:
            return self.numbers
        place = {name: i for i, name in enumerate(self.schema.numbers)}
        if all(name in place for name in names):
            return cast(Numbers, self.numbers[:, [place[name] for name in names]])
        return stack_numbers([self._number(name) for name in names], self.n_rows)

    def _number(self, name: str) -> NDArray[np.floating[Any]]:
        if name in self.schema.numbers:
            i = self.schema.numbers.index(name)
            dense = self.numbers[:, i] if isinstance(self.numbers, np.ndarray) else self.numbers[:, [i]].toarray()[:, 0]
            return cast(NDArray[np.floating[Any]], dense)
        column = self.categories[self.schema.categories.index(name)]
        values = cells.number_levels(column.codes, column.levels)
        if isinstance(values, str):
            row = int(np.flatnonzero(column.codes == column.levels.index(values))[0])
            raise DataError(f"column {name!r} must hold numbers but row {row} (counting from 0) holds {values!r}.")
        return values

    def _category(self, name: str) -> Categories:
        if name in self.schema.categories:
            return self.categories[self.schema.categories.index(name)]
        return Categories(*cells.code_numbers(self._number(name)))

    def _known(self, name: str) -> None:
        if name not in self.schema.names:
            known = self.schema.names
            raise DataError(f"the table has no column {name!r}: it has {listed(known)}.{did_you_mean(name, known)}")


def table_of(data: Any, *, names: Sequence[str] | None = None) -> Table:
    """Return a table of whatever holds one: a Table (as it is), an array, a SciPy sparse matrix, a dict of columns, rows, a data frame.

    Arrays and rows get the names "x0", "x1", ... unless `names` says others. A numeric array is one block of numbers (integers and booleans
    as float64). Elsewhere each column is looked at: numbers stay numbers; text, booleans and pandas' and polars' categories are
    categories. What counts as a gap is told in `glassnet.data.cells`.

    Raises
    ------
    DataError
        For what is not 2-D, has no rows or columns, names a column twice, or holds infinite or complex numbers or dates.

    Examples
    --------
    >>> table_of({"age": [31, None], "island": ["Dream", "Biscoe"]}).schema.to_plain()
    [['age', 'number'], ['island', 'category']]
    """
    if isinstance(data, Table):
        return data
    if isinstance(data, (list, tuple)):
        data = _array_of_rows(data)
    if hasattr(data, "tocsr"):
        return _table_of_sparse(data, names)
    if isinstance(data, np.ndarray):
        return _table_of_array(data, names)
    if isinstance(data, Mapping):
        columns = {str(name): _column_values(str(name), values) for name, values in data.items()}
        refuse_duplicates([str(name) for name in data])
    else:
        from glassnet.data import frames

        columns = frames.columns_of(data)
    if names is not None and len(names) == len(columns):
        columns = dict(zip(names, columns.values(), strict=True))
    return assemble(columns)


def assemble(columns: Mapping[str, NDArray[Any] | Sequence[object] | cells.Codes]) -> Table:
    """Return the table of named columns: each a float array, codes with levels, or Python values to be looked at."""
    numbers, categories, kinds = [], [], []
    lengths = {}
    for name, given in columns.items():
        values = given if isinstance(given, np.ndarray) or _is_codes(given) else cells.infer(name, given)
        if isinstance(values, np.ndarray):
            numbers.append(values)
            kinds.append(Column(name, "number"))
        else:
            categories.append(Categories(*cast(cells.Codes, values)))
            kinds.append(Column(name, "category"))
        lengths[name] = len(values) if isinstance(values, np.ndarray) else len(categories[-1].codes)
    n_rows = next(iter(lengths.values()), 0)
    for name, length in lengths.items():
        if length != n_rows:
            raise DataError(f"column {name!r} has {length} values but column {next(iter(lengths))!r} has {n_rows}: all need as many.")
    refuse_shape((n_rows, len(kinds)))
    block = stack_numbers(numbers, n_rows)
    schema = Schema(tuple(kinds))
    refuse_infinite(schema.numbers, block)
    return Table(schema, block, tuple(categories))


def stack_numbers(columns: Sequence[NDArray[Any]], n_rows: int) -> NDArray[np.floating[Any]]:
    """Return columns as one block (n, n_columns): float32 when all are, else float64."""
    dtype = np.float32 if columns and all(column.dtype == np.float32 for column in columns) else np.float64
    block = np.empty((len(columns), n_rows), dtype=dtype)  # columns are written as contiguous stretches, then the block is turned
    for i, column in enumerate(columns):
        block[i] = column
    return np.ascontiguousarray(block.T)


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
    twice = sorted({name for name in names if names.count(name) > 1}) if len(set(names)) < len(names) else []
    if twice:
        raise DataError(f"every column needs a name of its own, but {listed(twice)} occurs more than once.")


def refuse_shape(shape: tuple[int, ...]) -> None:
    """Raise the DataError for data that is not 2-D or has no rows or columns (in words that scikit-learn's checks look for)."""
    if len(shape) < 2:
        raise DataError(
            f"Expected a 2-D table but got {len(shape)}-D data. Reshape your data: .reshape(-1, 1) makes one column of it, "
            ".reshape(1, -1) one row."
        )
    if len(shape) > 2:
        raise DataError(f"Expected a 2-D table but got {len(shape)}-D data of shape {shape}: flatten it to one row per example.")
    for count, what in zip(shape, ("sample(s)", "feature(s)"), strict=True):
        if count == 0:
            raise DataError(f"the table has 0 {what} (shape={shape}) while a minimum of 1 is required.")


def refuse_infinite(names: Sequence[str], block: NDArray[np.floating[Any]]) -> None:
    """Raise the DataError for an infinite number, with its column and row."""
    for start, stop in row_chunks(block.shape):
        chunk = block[start:stop]
        if np.isinf(chunk).any():
            row, column = np.argwhere(np.isinf(chunk))[0]
            raise DataError(
                f"column {names[column]!r} holds an infinite number in row {start + row} (counting from 0): "
                "replace it by a number, or by a gap (NaN)."
            )


def row_chunks(shape: tuple[int, ...]) -> list[tuple[int, int]]:
    """Return the row ranges that cut a block into pieces of about 2^17 numbers, which stay in the cache as float64."""
    step = max(1, 2**17 // max(1, shape[1]))
    return [(start, min(start + step, shape[0])) for start in range(0, shape[0], step)]


def _table_of_array(data: NDArray[Any], names: Sequence[str] | None) -> Table:
    refuse_shape(data.shape)
    if np.issubdtype(data.dtype, np.complexfloating):
        raise DataError("Complex data not supported: the array holds complex numbers.")
    if isinstance(data, np.ma.MaskedArray):  # np.asarray would drop the mask and show what it hides
        data = np.ma.filled(data.astype(np.float64), np.nan)
    names = _default_names(names, data.shape[1])
    if data.dtype.kind in "fiub":
        block = np.asarray(data) if data.dtype in (np.float32, np.float64) else data.astype(np.float64)
        refuse_infinite(names, block)
        return Table(Schema(tuple(Column(name, "number") for name in names)), block)
    columns: dict[str, Any] = {name: _column_values(name, data[:, i]) for i, name in enumerate(names)}
    if data.dtype.kind == "U":  # NumPy made text of numbers that stood beside text: those columns are numbers again
        for name, values in columns.items():
            codes, levels = cells.code_values(name, values)
            numbers = cells.number_levels(codes, levels)
            columns[name] = (codes, levels) if isinstance(numbers, str) else numbers
    refuse_duplicates(names)
    return assemble(columns)


def _table_of_sparse(data: Any, names: Sequence[str] | None) -> Table:
    refuse_shape(data.shape)
    if np.issubdtype(data.dtype, np.complexfloating):
        raise DataError("Complex data not supported: the sparse matrix holds complex numbers.")
    block = data.tocsr()
    if block.dtype not in (np.float32, np.float64):
        block = block.astype(np.float64)
    if not block.has_canonical_format:
        block = block.copy()  # the caller's matrix stays as it is
        block.sum_duplicates()
    names = _default_names(names, block.shape[1])
    bad = np.flatnonzero(~np.isfinite(block.data))
    if bad.size:
        row = int(np.searchsorted(block.indptr, bad[0], side="right")) - 1
        what = "a NaN" if np.isnan(block.data[bad[0]]) else "an infinite number"
        name = names[block.indices[bad[0]]]
        raise DataError(f"column {name!r} of the sparse matrix holds {what} in row {row} (counting from 0): sparse input has no gaps.")
    return Table(Schema(tuple(Column(name, "number") for name in names)), block)


def _array_of_rows(rows: Sequence[Any]) -> NDArray[Any]:
    try:
        array = np.array(rows)
        if array.dtype.kind not in "fiubcM":  # text or a mixture: keep each value as it is
            array = np.array(rows, dtype=object)
    except ValueError:
        lengths = sorted({len(row) for row in rows if hasattr(row, "__len__")})
        raise DataError(f"a list of rows needs rows of one length, but they hold {listed(lengths)} values.") from None
    return array


def _column_values(name: str, values: Any) -> Any:
    """Return a column of a dict or array as a float array, or as a list of Python values to be looked at."""
    if isinstance(values, (list, tuple)):
        return list(values)
    array = np.asarray(values)
    if array.ndim != 1:
        raise DataError(f"column {name!r} must be 1-D but has shape {array.shape}.")
    if array.dtype.kind in "fiu":
        return array if array.dtype in (np.float32, np.float64) else array.astype(np.float64)
    if array.dtype.kind in "mM":
        raise DataError(f"column {name!r} {cells.DATES}.")
    return array.tolist()


def _is_codes(values: object) -> bool:
    return isinstance(values, tuple) and len(values) == 2 and isinstance(values[0], np.ndarray)


def _default_names(names: Sequence[str] | None, count: int) -> tuple[str, ...]:
    if names is None:
        return tuple(f"x{i}" for i in range(count))
    if len(names) != count:
        raise DataError(f"there are {len(names)} column names for {count} columns.")
    return tuple(str(name) for name in names)


def listed(names: Iterable[object], most: int = 10) -> str:
    """Return names quoted and joined by commas, the first ten of them."""
    names = list(names)
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(repr(name) for name in names[:most]) + more
