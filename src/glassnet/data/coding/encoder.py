"""Encodes the columns of a table as the features of a network, as learned from the training table.

Features stand in this order: the scaled numbers, the indicators of their missing values, the levels
of each category, the parts of each date-time, the codes of each category that has too many levels
for columns of their own. A feature that never varied in training is 0 for every row, because its
weights were never trained.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from glassnet.cached import cached_property
from glassnet.data.coding.category_coding import CategoryCoding
from glassnet.data.coding.dates import DateCoding
from glassnet.data.coding.number_coding import NumberCoding
from glassnet.data.coding.settings import DEFAULT, CodingSettings
from glassnet.data.rows import weighted_rows
from glassnet.data.serialization import Serializable
from glassnet.data.tables.schema import Column, Schema
from glassnet.data.tables.table import SparseRows, Table
from glassnet.errors import DataError


@dataclass(frozen=True)
class Encoder(Serializable):
    """The schema of the training table with the coding of each of its columns.

    Examples
    --------
    >>> from glassnet.data.tables.assembly import table_of
    >>> encoder = Encoder.fit(table_of({"age": [20.0, 40.0], "island": ["Dream", "Biscoe"]}))
    >>> encoder.feature_names
    ('age', 'island=Biscoe', 'island=Dream')
    >>> encoder.encode(table_of({"island": ["Dream", "Torgersen"], "age": [30.0, 50.0]})).tolist()
    [[0.0, 0.0, 1.0], [1.788854..., 0.0, 0.0]]
    """

    schema: Schema
    numbers: NumberCoding
    categories: tuple[CategoryCoding, ...]
    dates: tuple[DateCoding, ...] = ()

    @classmethod
    def fit(
        cls, table: Table, weight: ArrayLike | None = None, settings: CodingSettings = DEFAULT
    ) -> Encoder:
        """Return the encoder of a table, given the weights of its rows (none: all count the same).

        Raises
        ------
        DataError
            For weights that cannot be used, and for a sparse matrix beside other columns.
        """
        schema = table.schema
        others = (*schema.categories, *schema.dates)
        if others and not isinstance(table.numbers, np.ndarray):
            raise DataError(
                f"numbers beside the column {others[0]!r} cannot be sparse: make them dense "
                "(.toarray())."
            )
        table, w = weighted_rows(table, weight)
        numbers = NumberCoding.fit(schema.numbers, table.numbers, w, settings, table.exact)
        categories = tuple(
            CategoryCoding.fit(
                name,
                table.others[name],
                w,
                boolean=schema.kinds[name] == "boolean",
                settings=settings,
            )
            for name in schema.categories
        )
        dates = tuple(DateCoding.fit(name, table.others[name], w) for name in schema.dates)
        return cls(schema, numbers, categories, dates)

    @property
    def coded(self) -> tuple[CategoryCoding, ...]:
        """The codings of the last features, which are codes."""
        return tuple(coding for coding in self.categories if coding.coded)

    @cached_property
    def _after_numbers(self) -> tuple[CategoryCoding | DateCoding, ...]:
        """The codings of all features but the numbers, in the order of the features."""
        one_hot = [coding for coding in self.categories if not coding.coded]
        return (*one_hot, *self.dates, *self.coded)

    @cached_property
    def feature_names(self) -> tuple[str, ...]:
        """The names of the features, such as "age", "age is missing", "island=Dream"."""
        codings = (self.numbers, *self._after_numbers)
        return tuple(name for coding in codings for name in coding.feature_names)

    @property
    def n_features(self) -> int:
        """The number of features."""
        return len(self.feature_names)

    def encode(
        self, table: Table, dtype: str = "float32"
    ) -> NDArray[np.floating[Any]] | SparseRows:
        """Return the features of a table: (n, n_features), C-contiguous.

        A sparse table becomes a CSR matrix where its zeros stay zeros. Columns are found by name.
        The arithmetic is float64, cast last. Scaled numbers stay within (-4, 4), unless the coding
        has no limit: see `NumberCoding`.

        Raises
        ------
        DataError
            Where the table lacks columns, or holds text where numbers are expected, or a missing
            value where the coding takes none.
        """
        table, numbers = self.aligned(table), self.numbers
        keeps_zeros = not (numbers.centered and any(numbers.mean))
        is_sparse = not isinstance(table.numbers, np.ndarray)
        if is_sparse and keeps_zeros and self.feature_names == numbers.names:
            return numbers.encode_sparse(table.numbers, np.dtype(dtype))
        # One-hot columns are written as ones over zeros; without any, no cell must be 0 first.
        new = np.zeros if self.categories else np.empty
        X = new((table.n_rows, self.n_features), dtype=dtype)
        start = len(numbers.feature_names)
        numbers.encode_into(X[:, :start], table.numbers, table.exact)
        for coding in self._after_numbers:
            stop = start + len(coding.feature_names)
            coding.encode_into(X[:, start:stop], table.others[coding.name])
            start = stop
        return X

    def updated(self, table: Table) -> Encoder:
        """Return the encoder after further training rows, all of weight above 0.

        A feature that never varied before, and does with these rows, is coded from now on.
        Everything else stays as the first rows had it. Where nothing changes, the encoder itself is
        returned.
        """
        if not (self.numbers.constant or any(coding.constant for coding in self._after_numbers)):
            return self
        table = self.aligned(table)
        now = Encoder(
            self.schema,
            self.numbers.updated(table.numbers),
            tuple(coding.updated(table.others[coding.name]) for coding in self.categories),
            tuple(coding.updated(table.others[coding.name]) for coding in self.dates),
        )
        return self if now == self else now

    @property
    def to_read(self) -> Schema:
        """The schema to read later tables with.

        A column of missing values only has no kind of its own: it is read as text, which takes any
        cell.
        """
        if not self._empty:
            return self.schema
        return Schema(
            tuple(
                Column(column.name, "category") if column.name in self._empty else column
                for column in self.schema.columns
            )
        )

    @cached_property
    def _empty(self) -> frozenset[str]:
        """The columns, except categories, that held missing values only in training."""
        numbers = np.array(self.numbers.names, object)[self.numbers.empty].tolist()
        dates = [date.name for date in self.dates if date.continuous.empty.any()]
        booleans = [
            coding.name
            for coding in self.categories
            if coding.constant == "gaps" and self.schema.kinds[coding.name] == "boolean"
        ]
        return frozenset([*numbers, *dates, *booleans])

    def aligned(self, table: Table) -> Table:
        """Return the table with the columns of the schema, in its order.

        In a column that held missing values only in training, values of another kind become
        missing.
        """
        found, expected = table.schema.kinds, self.schema.kinds
        other = [name for name in self._empty if found.get(name, expected[name]) != expected[name]]
        if other:
            rest = table.drop(other)
            block = rest.numbers if isinstance(rest.numbers, np.ndarray) else rest.numbers.toarray()
            columns = (*rest.schema.columns, *(Column(name, "number") for name in other))
            missing = np.full((table.n_rows, len(other)), np.nan, block.dtype)
            table = replace(rest, schema=Schema(columns), numbers=np.hstack([block, missing]))
        return table.select(self.schema)

    def describe(self) -> list[tuple[str, str, str]]:
        """Return (column, kind, coding in words) for each column, in the order of the table."""
        kinds = self.schema.kinds
        words = {
            **dict(zip(self.numbers.names, self.numbers.in_words(), strict=True)),
            **{c.name: c.in_words(boolean=kinds[c.name] == "boolean") for c in self.categories},
            **{date.name: date.in_words() for date in self.dates},
        }
        return [(name, kind, words[name]) for name, kind in kinds.items()]
