"""Find text that a spreadsheet would run as a formula, and escape it with an apostrophe."""

import re
from collections.abc import Sequence
from typing import Any

#: East Asian spreadsheets also accept full-width =, +, - and @ at the start of a formula.
RISKY = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_NUMBER = re.compile(r"[+-][0-9.,]*[0-9][0-9.,]*(e[+-]?[0-9]+)?%?", re.IGNORECASE)


def is_formula(text: object) -> bool:
    """Return whether a spreadsheet would run a text; a number such as -1.5 or a lone sign is safe.

    Examples
    --------
    >>> list(filter(is_formula, ("=1+2", "@SUM(A1)", "-1 to 0", "-1.5", "-", "Adelie")))
    ['=1+2', '@SUM(A1)', '-1 to 0']
    """
    return (
        isinstance(text, str)
        and text.startswith(RISKY)
        and len(text.rstrip()) > 1
        and _NUMBER.fullmatch(text) is None
    )


def escape_formula(text: str) -> str:
    """Return a text, with an apostrophe before it if a spreadsheet would run it.

    Examples
    --------
    >>> [escape_formula(text) for text in ("=1+2", "@SUM(A1)", "-1.5", "Adelie")]
    ["'=1+2", "'@SUM(A1)", '-1.5', 'Adelie']
    """
    return f"'{text}" if is_formula(text) else text


def escape_formula_names(names: Sequence[str]) -> list[str]:
    """Return column names, escaped and still unique."""
    escaped: list[str] = []
    for name in map(escape_formula, names):
        while name in escaped:
            name += "_"  # noqa: PLW2901  the same name, longer
        escaped.append(name)
    return escaped


def formula_notice(names: Sequence[str], columns: Sequence[Any]) -> str:
    """Return a notice about the first name or text that a spreadsheet would run, or ""."""
    found = [f"the column name {name[:80]!r}" for name in names if is_formula(name)][:1]
    for name, values in zip(names, columns, strict=True):
        if not found and values.dtype.kind in "OU":
            text = next(filter(is_formula, values.tolist()), None)
            found += [] if text is None else [f"{text[:80]!r} in column {name[:80]!r}"]
    if not found:
        return ""
    return (
        f"a spreadsheet would run text such as {found[0]} as a formula: use --spreadsheet-safe "
        "before opening it in one."
    )
