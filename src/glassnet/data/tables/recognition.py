"""What a column of texts holds: numbers, dates, times of day, true and false, or categories; the same by every door.

A kind that was said wins. Else a column is what nearly all of its cells are, and what was decided
is said in one sentence with the option that decides otherwise. docs/reading.md tells the rule.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassnet.data.tables import cells
from glassnet.data.tables.forms import PLAIN, Form
from glassnet.data.tables.readers import (
    NONE,
    READERS,
    Asked,
    Reading,
    Spelling,
    Words,
    read_boolean,
    read_codes,
    read_date,
    read_hours,
    read_number,
)
from glassnet.data.tables.schema import Kind

#: In this order where no kind was said.
ALL = (read_boolean, read_codes, read_number, read_hours, read_date)


@dataclass(frozen=True, eq=False)
class Texts:
    """A column of texts whose kind is not known yet: codes (n,) into texts without white space around them, -1 for an empty cell.

    `typed` says that it came from where numbers usually are numbers and not text, so that text that
    spells numbers is worth a notice.
    """

    codes: NDArray[np.int32]
    levels: tuple[str, ...]
    typed: bool = False


@dataclass(frozen=True, eq=False)
class Recognized:
    """A column with its kind: numbers as floats, date-times as datetime64[us], others as codes and levels.

    `exact` holds whole numbers beyond 2^53 as texts, which floats do not tell apart.
    """

    kind: Kind
    values: Any
    form: Form = PLAIN
    exact: cells.Codes | None = None
    notices: tuple[str, ...] = ()


def recognize(name: str, column: Texts, asked: Asked, spelling: Spelling) -> Recognized:
    """Return what a column of texts holds.

    Raises
    ------
    DataError
        Where it must be of a kind that too few of its cells are; the message names the first cell
        that is not.
    """
    words = _words(name, column, asked, spelling)
    if asked.kind == "category":
        return Recognized("category", _levels(column, words), asked.form)
    if not words.texts:
        return _all_missing(len(column.codes), asked)
    for reader in ALL if asked.kind is None else (READERS[asked.kind],):
        found = reader(words, asked, spelling)
        if found is not None:
            return _made(column, words, found, asked)
    if asked.kind is not None:
        raise words.refusal(asked.kind, asked, spelling)
    notices = _classes_said(column, words) if asked.target and spelling.missing is None else ()
    return Recognized("category", _levels(column, words), notices=notices)


def _words(name: str, column: Texts, asked: Asked, spelling: Spelling) -> Words:
    missing = asked.missing if spelling.missing is None else spelling.missing
    counts = np.bincount(column.codes + 1, minlength=len(column.levels) + 1)[
        1:
    ]  # without the empty cells
    gaps = np.array([not text or text in missing for text in column.levels], dtype=bool)
    at = np.flatnonzero(~gaps & (counts > 0))
    return Words(name, column.codes, [column.levels[i] for i in at], counts[at], at, gaps)


def _levels(column: Texts, words: Words) -> cells.Codes:
    if len(words.texts) == len(
        column.levels
    ):  # none is a gap and none unused: they are in order already
        return column.codes, column.levels
    return cells.tidy_codes(
        column.codes,
        [
            None if gap else text
            for text, gap in zip(column.levels, words.gaps.tolist(), strict=True)
        ],
    )


def _all_missing(n: int, asked: Asked) -> Recognized:
    if asked.kind == "datetime":
        return Recognized("datetime", np.full(n, "NaT", dtype="datetime64[us]"), asked.form)
    if asked.kind == "boolean":
        return Recognized("boolean", (np.full(n, -1, dtype=np.int32), ()), asked.form)
    return Recognized("number", np.full(n, np.nan), asked.form)


def _made(column: Texts, words: Words, found: Reading, asked: Asked) -> Recognized:
    """Return the column of what a reader found, with the sentences about it."""
    notices = [f"column {words.name!r} {found.said}"] if found.said else []
    if not found.readable.all():
        notices.append(_odd_notice(words, ~found.readable, found.kind, asked))
    if found.kind == "category":
        return Recognized("category", _levels(column, words), found.form, notices=tuple(notices))
    if found.kind == "boolean":
        texts: list[str | None] = [None] * len(column.levels)
        for i, value, readable in zip(
            words.at.tolist(), found.values.tolist(), found.readable.tolist(), strict=True
        ):
            texts[i] = ("true" if value else "false") if readable else None
        return Recognized(
            "boolean", cells.tidy_codes(column.codes, texts), found.form, notices=tuple(notices)
        )
    if (
        column.typed
        and asked.kind is None
        and not asked.target
        and found.kind == "number"
        and not found.said
        and found.readable.any()
    ):
        option = cells.option("types", "category", words.name)
        notices.insert(
            0,
            f"column {words.name!r} holds text that spells numbers and is read as numbers; "
            f"{option} keeps text.",
        )
    gap: Any = np.datetime64("NaT") if found.kind == "datetime" else np.nan
    table = np.full(
        len(column.levels) + 1, gap, dtype=found.values.dtype
    )  # the last entry answers code -1
    table[words.at[found.readable]] = found.values[found.readable]
    exact = _exact(column, words, found) if found.kind == "number" and not found.form.unit else None
    return Recognized(found.kind, table[column.codes], found.form, exact, tuple(notices))


def _exact(column: Texts, words: Words, found: Reading) -> cells.Codes | None:
    """Return whole numbers as codes and texts where some lie beyond what floats tell apart; None for others."""
    if not (np.abs(found.values[found.readable]) >= cells.EXACT).any():
        return None
    texts: list[str | None] = [None] * len(column.levels)
    for i, text, readable in zip(
        words.at.tolist(), words.texts, found.readable.tolist(), strict=True
    ):
        digits = (
            text.replace(found.form.thousands, "").lstrip("+")
            if found.form.thousands
            else text.lstrip("+")
        )
        if readable and re.fullmatch(r"-?[0-9]+", digits) is None:
            return None
        texts[i] = str(int(digits)) if readable else None
    return cells.tidy_codes(column.codes, texts)


def _classes_said(column: Texts, words: Words) -> tuple[str, ...]:
    """Return what is to be said about words in a target of classes that may mean a missing value."""
    counts = np.bincount(column.codes[column.codes >= 0], minlength=len(column.levels)).tolist()
    notices = []
    for text, gap, count in zip(column.levels, words.gaps.tolist(), counts, strict=True):
        held = f"the target {words.name!r} holds the word {text!r} in {count:,} of {len(column.codes):,} rows"
        if gap and text and count:
            notices.append(
                f"{held}, read as missing; {cells.option('types', 'category', words.name)} makes "
                "it a class."
            )
        elif text in NONE and count:
            notices.append(
                f"{held}, taken for a class; {cells.option('missing', text)} reads it as missing."
            )
    return tuple(notices)


def _odd_notice(words: Words, odd: NDArray[np.bool_], kind: Kind, asked: Asked) -> str:
    counts, texts = words.counts[odd], [words.texts[i] for i in np.flatnonzero(odd)]
    order = np.argsort(-counts, kind="stable")[:3].tolist()
    shown = ", ".join(repr(texts[i][:40]) for i in order) + (", ..." if len(texts) > 3 else "")
    n = int(counts.sum())
    one = n == 1
    what = {
        "number": f"{'holds' if one else 'hold'} no number",
        "datetime": f"{'holds' if one else 'hold'} no date",
    }
    said = what.get(kind, f"{'is' if one else 'are'} neither true nor false")
    other = (
        "" if asked.by_training else f"; {cells.option('types', 'category', words.name)} reads text"
    )
    return (
        f"column {words.name!r}: {n:,} of {int(words.counts.sum()):,} cells {said} ({shown}) and "
        f"{'is' if n == 1 else 'are'} read as missing{other}."
    )
