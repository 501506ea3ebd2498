"""A cell of text that a spreadsheet would run as a formula is written with an apostrophe before it, which spreadsheets take for text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray

from glassnet.data.numerals import number_of

RISKY = ("=", "+", "-", "@", "\t", "\r")


def guarded(text: str) -> str:
    """Return a text as it is safe in a spreadsheet; one that spells a number, such as -1.5, is no formula and stays as it is.

    Examples
    --------
    >>> [guarded(text) for text in ("=1+2", "@SUM(A1)", "-1.5", "Adelie")]
    ["'=1+2", "'@SUM(A1)", '-1.5', 'Adelie']
    """
    return f"'{text}" if text.startswith(RISKY) and number_of(text) is None else text


def guarded_column(values: NDArray[Any]) -> NDArray[Any] | Sequence[object]:
    """Return a column with its texts guarded; numbers and date-times are what they were."""
    if values.dtype.kind not in "OU":
        return values
    return [guarded(value) if isinstance(value, str) else value for value in values.tolist()]


def guarded_names(names: Sequence[str]) -> list[str]:
    """Return the names of columns, guarded, each still another than the others."""
    found: list[str] = []
    for name in map(guarded, names):
        while name in found:
            name += "_"  # noqa: PLW2901  the same name, longer
        found.append(name)
    return found
