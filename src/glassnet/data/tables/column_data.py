"""Columns on their way into a table: categories as codes and levels, and columns of any kind.

A `Table` stores the same categories; `ColumnData` also says what is known of a column's kind.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from glassnet.data.tables import cells
from glassnet.data.tables.forms import PLAIN, Form
from glassnet.data.tables.schema import Kind


@dataclass(frozen=True, eq=False)
class Categories:
    """One category column: `codes` (n,) int32 into `levels`, -1 for a missing value."""

    codes: NDArray[np.int32]
    levels: tuple[str, ...]

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.codes)

    def take(self, rows: Any) -> Categories:
        """Return the column of these rows (indices, a mask or a slice)."""
        return Categories(self.codes[rows], self.levels)

    def map(self, values: Iterable[Any], missing: Any, dtype: DTypeLike = object) -> NDArray[Any]:
        """Return an array with one of `values`, which belong to the levels, for each row."""
        return np.array([*values, missing], dtype=dtype)[self.codes]  # code -1: the last entry


@dataclass(frozen=True, eq=False)
class ColumnData:
    """A column on its way into a table.

    Parameters
    ----------
    kind : None for text whose kind is still to be found
    values : floats, datetime64[us], or Categories where the kind is another or none; the texts have
        no white space around them
    form : how the cells are written
    exact : whole numbers beyond 2^53, which floats do not tell apart, as texts
    notices : what to tell about the column, a sentence each
    typed : whether text comes from a source whose numbers are usually typed as numbers, so that
        text that spells numbers is worth a notice
    """

    kind: Kind | None
    values: Any
    form: Form = PLAIN
    exact: Categories | None = None
    notices: tuple[str, ...] = ()
    typed: bool = False


def tidy_categories(codes: NDArray[np.integer[Any]], texts: Sequence[str | None]) -> Categories:
    """Return codes into texts as a category of sorted, used levels; None is a missing value."""
    used = np.bincount(codes[codes >= 0], minlength=len(texts)) > 0
    seen = {text for text, is_used in zip(texts, used, strict=True) if is_used and text is not None}
    levels = tuple(sorted(seen))
    place: dict[str | None, int] = {text: i for i, text in enumerate(levels)}
    moved = np.array([*(place.get(text, -1) for text in texts), -1], dtype=np.int32)
    return Categories(moved[codes], levels)


def categories_of(values: NDArray[Any]) -> Categories:
    """Return numbers or date-times as a category of their texts."""
    found, codes = np.unique(values, return_inverse=True)
    is_date = found.dtype.kind == "M"
    texts = cells.date_texts(found) if is_date else [cells.text_of(value) for value in found]
    return tidy_categories(codes, texts)
