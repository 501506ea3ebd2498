"""The encoder learns from a table how its columns become the features of a network, and does the same to every later table.

Features stand in this order: the scaled numbers, the indicators of their gaps, the levels of each
category, the parts of each date-time, the codes of each category that has too many levels for
columns of their own. A feature that never varied in training is 0 for every row: nothing has
trained its weights.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from glassnet.cached import cached_property
from glassnet.data.coding.category_coding import CategoryCoding
from glassnet.data.coding.columns import DEFAULT, CodingSettings, weighted_rows
from glassnet.data.coding.dates import DateCoding
from glassnet.data.coding.number_coding import NumberCoding
from glassnet.data.tables.schema import Column, Schema
from glassnet.data.tables.table import SparseRows, Table
from glassnet.errors import DataError

NEVER_VARIED = "in training: it never varied, and moves nothing"


@dataclass(frozen=True)
class Encoder:
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
                name, column, w, boolean=schema.kinds[name] == "boolean", settings=settings
            )
            for name, column in zip(schema.categories, table.categories, strict=True)
        )
        dates = tuple(
            DateCoding.fit(name, column, w)
            for name, column in zip(schema.dates, table.dates, strict=True)
        )
        return cls(schema, numbers, categories, dates)

    @cached_property
    def feature_names(self) -> tuple[str, ...]:
        """The names of the features, such as "age", "age is missing", "island=Dream"."""
        one_hot, coded = (
            [name for coding in part for name in coding.feature_names]
            for part in (self._one_hot, self.coded)
        )
        return (
            *self.numbers.feature_names,
            *one_hot,
            *(name for date in self.dates for name in date.feature_names),
            *coded,
        )

    @property
    def coded(self) -> tuple[CategoryCoding, ...]:
        """The codings of the last features, which are codes."""
        return tuple(coding for coding in self.categories if coding.coded)

    @property
    def _one_hot(self) -> tuple[CategoryCoding, ...]:
        return tuple(coding for coding in self.categories if not coding.coded)

    @property
    def n_features(self) -> int:
        """The number of features."""
        return len(self.feature_names)

    def encode(
        self, table: Table, dtype: str = "float32"
    ) -> NDArray[np.floating[Any]] | SparseRows:
        """Return the features of a table: (n, n_features), C-contiguous; a CSR matrix for one where zeros stay zeros.

        Columns are found by name. The arithmetic is float64, cast last. Scaled numbers never leave
        (-4, 4), but for a coding without a limit: see `NumberCoding`.

        Raises
        ------
        DataError
            Where the table lacks columns, or holds text where numbers are expected, or a gap where
            the coding takes none.
        """
        table = self.aligned(table)
        if (
            not isinstance(table.numbers, np.ndarray)
            and self.numbers.keeps_zeros
            and self.feature_names == self.numbers.names
        ):
            return self.numbers.encode_sparse(table.numbers, np.dtype(dtype))
        # One-hot columns are written as ones over zeros; without any, no cell needs a zero first.
        X = (np.zeros if self.categories else np.empty)(
            (table.n_rows, self.n_features), dtype=dtype
        )
        stop = len(self.numbers.feature_names)
        self.numbers.encode_into(X[:, :stop], table.numbers, table.exact)
        columns = dict(
            zip((coding.name for coding in self.categories), table.categories, strict=True)
        )
        for coding in self._one_hot:
            start, stop = stop, stop + len(coding.feature_names)
            coding.encode_into(X[:, start:stop], columns[coding.name])
        for date, column in zip(self.dates, table.dates, strict=True):
            start, stop = stop, stop + len(date.feature_names)
            date.encode_into(X[:, start:stop], column)
        for coding in self.coded:
            start, stop = stop, stop + 1
            coding.encode_into(X[:, start:stop], columns[coding.name])
        return X

    def updated(self, table: Table) -> Encoder:
        """Return the encoder after further rows of training, none of weight 0; the same one where they change nothing.

        What never varied before, and does with these rows, is coded from now on. Everything else
        stays as the first rows had it.
        """
        marked = (
            self.numbers.constant,
            *(coding.constant for coding in self.categories),
            *(coding.constant for coding in self.dates),
        )
        if not any(marked):
            return self
        table = self.aligned(table)
        numbers = self.numbers.updated(table.numbers)
        categories = tuple(
            coding.updated(column)
            for coding, column in zip(self.categories, table.categories, strict=True)
        )
        dates = tuple(
            coding.updated(column) for coding, column in zip(self.dates, table.dates, strict=True)
        )
        now = Encoder(self.schema, numbers, categories, dates)
        return self if now == self else now

    @property
    def to_read(self) -> Schema:
        """The schema to read later rows by: a column that held gaps alone has no kind of its own, and is text, which everything can be."""
        empty = self._empty
        return (
            Schema(
                tuple(
                    Column(c.name, "category") if c.name in empty else c
                    for c in self.schema.columns
                )
            )
            if empty
            else self.schema
        )

    @property
    def _empty(self) -> frozenset[str]:
        """The columns that held gaps alone in training and are no categories, which take anything anyway."""
        lines = [
            line for line in (self.numbers, *(date.line for date in self.dates)) if line.constant
        ]
        numbers = [
            name
            for line in lines
            for name, empty in zip(line.names, line.empty, strict=True)
            if empty
        ]
        booleans = [
            coding.name
            for coding in self.categories
            if coding.constant == "gaps" and self.schema.kinds[coding.name] == "boolean"
        ]
        return frozenset([*numbers, *booleans])

    def aligned(self, table: Table) -> Table:
        """Return the table realigned to the schema; where training had gaps alone, anything of another kind is a gap too."""
        held, known = table.schema.kinds, self.schema.kinds
        odd = [name for name in self._empty if held.get(name, known[name]) != known[name]]
        if odd:
            rest = table.drop(odd)
            block = rest.numbers if isinstance(rest.numbers, np.ndarray) else rest.numbers.toarray()
            columns = (*rest.schema.columns, *(Column(name, "number") for name in odd))
            gaps = np.full((table.n_rows, len(odd)), np.nan, block.dtype)
            table = replace(rest, schema=Schema(columns), numbers=np.hstack([block, gaps]))
        return table.select(self.schema)

    def describe(self) -> list[tuple[str, str, str]]:
        """Return (column, kind, coding in words) for each column, in the order of the table."""
        words: dict[str, str] = {}
        numbers = self.numbers
        constant = numbers.constant or ("",) * len(numbers.names)
        columns = zip(
            numbers.names, numbers.mean, numbers.scale, numbers.has_gaps, constant, strict=True
        )
        for name, mean, scale, gaps, held in columns:
            if held:
                words[name] = (
                    f"{f'always {mean:.6g}' if held == 'value' else 'gaps alone'} {NEVER_VARIED}"
                )
                words[name] += (
                    f"; gaps are marked in '{name} is missing'" if gaps and held == "value" else ""
                )
                continue
            words[name] = (
                f"(value - {mean:.6g}) / {scale:.6g}"
                if numbers.centered
                else f"value / {scale:.6g}"
            )
            words[name] += (
                "" if numbers.limit is None else f", clipped smoothly to +-{numbers.limit:g}"
            )
            words[name] += f"; gaps are 0 and marked in '{name} is missing'" if gaps else ""
        for coding in self.categories:
            if coding.constant:
                said = {
                    "level": "always " + ", ".join(coding.levels),
                    "false": "always false",
                    "rare": "rare levels alone",
                    "gaps": "gaps alone",
                }
                words[coding.name] = f"{said[coding.constant]} {NEVER_VARIED}"
                words[coding.name] += (
                    "; gaps are a level" if coding.has_gaps and coding.constant == "false" else ""
                )
                continue
            shown = ", ".join(coding.levels[:5]) + (", ..." if len(coding.levels) > 5 else "")
            boolean = self.schema.kinds[coding.name] == "boolean"
            words[coding.name] = (
                "1 where true"
                if boolean
                else f"{'the code of ' * coding.coded}one of {len(coding.levels)} levels: {shown}"
            )
            words[coding.name] += "; rare ones are one level" if coding.has_rare else ""
            words[coding.name] += "; gaps are a level" if coding.has_gaps else ""
        for date in self.dates:
            parts = [
                "the time itself",
                *(["the year"] if len(date.line.names) > 1 else []),
                *date.cycles_in_words(),
            ]
            words[date.name] = (
                f"{'gaps alone' if date.line.empty[0] else 'always the same'} {NEVER_VARIED}"
                if date.line.constant
                else ", ".join(parts)
            )
            words[date.name] += (
                "; gaps are marked" if date.line.has_gaps[0] and not date.line.empty[0] else ""
            )
        return [(column.name, column.kind, words[column.name]) for column in self.schema.columns]

    def to_plain(self) -> dict[str, Any]:
        """Return the encoder as JSON-able Python values; `from_plain` gives an equal one back."""
        return {
            "schema": self.schema.to_plain(),
            "numbers": self.numbers.to_plain(),
            "categories": [coding.to_plain() for coding in self.categories],
            **({"dates": [coding.to_plain() for coding in self.dates]} if self.dates else {}),
        }

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Encoder:
        """Return the encoder that `to_plain` wrote."""
        categories = tuple(CategoryCoding.from_plain(coding) for coding in plain["categories"])
        dates = tuple(DateCoding.from_plain(coding) for coding in plain.get("dates", ()))
        return cls(
            Schema.from_plain(plain["schema"]),
            NumberCoding.from_plain(plain["numbers"]),
            categories,
            dates,
        )
