"""Text that a spreadsheet would run as a formula: what it is, and how an apostrophe before it, which marks text there, makes it safe."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray

#: Full-width =, + , - and @ begin a formula too, where spreadsheets of East Asia take them for the
#: plain ones.
RISKY = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_NUMBER = re.compile(r"[+-][0-9.,]*[0-9][0-9.,]*(e[+-]?[0-9]+)?%?", re.IGNORECASE)


def is_formula(text: str) -> bool:
    """Return whether a spreadsheet would run a text; a number such as -1.5 or -1,5 is no formula, nor is a sign alone.

    Examples
    --------
    >>> [text for text in ("=1+2", "@SUM(A1)", "-1 to 0", "-1.5", "-", "Adelie") if is_formula(text)]
    ['=1+2', '@SUM(A1)', '-1 to 0']
    """
    return text.startswith(RISKY) and len(text.rstrip()) > 1 and _NUMBER.fullmatch(text) is None


def guarded(text: str) -> str:
    """Return a text as it is safe in a spreadsheet: with an apostrophe before it where it would be run.

    Examples
    --------
    >>> [guarded(text) for text in ("=1+2", "@SUM(A1)", "-1.5", "Adelie")]
    ["'=1+2", "'@SUM(A1)", '-1.5', 'Adelie']
    """
    return f"'{text}" if is_formula(text) else text


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


def formula_notice(names: Sequence[str], columns: Sequence[NDArray[Any]]) -> str:
    """Return the sentence about the first name or text that a spreadsheet would run; empty where there is none."""
    where = next((f"the column name {name[:80]!r}" for name in names if is_formula(name)), "")
    for name, values in zip(names, columns, strict=True):
        if where or values.dtype.kind not in "OU":
            continue
        text = next(
            (value for value in values.tolist() if isinstance(value, str) and is_formula(value)),
            None,
        )
        where = "" if text is None else f"{text[:80]!r} in column {name[:80]!r}"
    return (
        f"a spreadsheet would run text such as {where} as a formula: use --spreadsheet-safe before "
        "opening it in one."
        if where
        else ""
    )
