"""Encode a table as the feature matrix of a network, with statistics of the training table.

The order of the features is: the scaled numbers, their missing indicators, one-hot features of each
category, the features of each date-time, and the integer codes of each category with too many
levels (distinct values) for one-hot features. A feature that was constant in training is 0 in every
row, because its weights were not trained.
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
    """The schema of the training table and the encoding of each of its columns.

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
        """Fit the encoder to a table; without weights all rows count the same.

        Raises
        ------
        DataError
            If the weights are invalid, or a sparse matrix is combined with other columns.
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
        """The encodings of the last features, which are integer codes."""
        return tuple(coding for coding in self.categories if coding.coded)

    @cached_property
    def _after_numbers(self) -> tuple[CategoryCoding | DateCoding, ...]:
        """The encodings of all features except the numbers, in the order of the features."""
        one_hot = [coding for coding in self.categories if not coding.coded]
        return (*one_hot, *self.dates, *self.coded)

    @cached_property
    def feature_names(self) -> tuple[str, ...]:
        """The names of the features, such as "age", "age is missing", "island=Dream"."""
        codings = (self.numbers, *self._after_numbers)
        return tuple(name for coding in codings for name in coding.feature_names)

    @cached_property
    def feature_columns(self) -> tuple[str, ...]:
        """The column of the table that each feature encodes, in the order of the features."""
        numbers = self.numbers
        indicated = np.flatnonzero(numbers.has_missing).tolist()
        return (
            *numbers.names,
            *(numbers.names[j] for j in indicated),
            *(coding.name for coding in self._after_numbers for _ in coding.feature_names),
        )

    @property
    def n_features(self) -> int:
        """The number of features."""
        return len(self.feature_names)

    def encode(
        self, table: Table, dtype: str = "float32"
    ) -> NDArray[np.floating[Any]] | SparseRows:
        """Return the feature matrix of a table: (n, n_features), C-contiguous.

        A sparse table becomes a CSR matrix with the same zeros. Columns are matched by name. The
        arithmetic is in float64; the result is cast to `dtype`. Scaled numbers lie within (-4, 4),
        unless the encoding has no limit: see `NumberCoding`.

        Raises
        ------
        DataError
            If the table lacks columns, holds text in a column of numbers, or holds a missing
            value in a column whose encoding does not allow it.
        """
        table, numbers = self.aligned(table), self.numbers
        keeps_zeros = not (numbers.centered and any(numbers.mean))
        is_sparse = not isinstance(table.numbers, np.ndarray)
        if is_sparse and keeps_zeros and self.feature_names == numbers.names:
            return numbers.encode_sparse(table.numbers, np.dtype(dtype))
        # One-hot features are ones written over zeros; only they need an array of zeros.
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
        """Return the encoder after further training rows, all with weights above 0.

        A feature that was constant before and varies in these rows is used from now on. Nothing
        else changes. If nothing changes at all, the encoder itself is returned.
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

        The kind of a column of missing values is unknown. It is read as text, which accepts any
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
        """The columns, except categories, that had only missing values in training."""
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

        In a column that had only missing values in training, values of another kind become
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
        """Return (column, kind, description of the encoding) for each column, in table order."""
        kinds = self.schema.kinds
        words = {
            **dict(zip(self.numbers.names, self.numbers.describe(), strict=True)),
            **{c.name: c.describe(boolean=kinds[c.name] == "boolean") for c in self.categories},
            **{date.name: date.describe() for date in self.dates},
        }
        return [(name, kind, words[name]) for name, kind in kinds.items()]
