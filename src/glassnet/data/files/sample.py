"""Inspect the first rows of a text file: count their cells and numbers, find likely mistakes."""

import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from glassnet.data.tables.cells import MISSING
from glassnet.data.tables.numerals import number_of
from glassnet.data.tables.readers import is_mark

SAMPLE_ROWS = 100
#: Numbers with a decimal comma; 1,234 does not match, because it may be a thousand.
COMMA = re.compile(
    r"[+-]?(?:[0-9]+,(?:[0-9]{1,2}|[0-9]{4,})|0,[0-9]+|[0-9]{1,3}(?:\.[0-9]{3})+,[0-9]*)"
)


def rows_of(text: str, delimiter: str, quote: str) -> list[list[str]]:
    """Return the first rows of a text that are not empty, as the csv module parses them."""
    rows: list[list[str]] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, quotechar=quote)
    try:
        for i, row in enumerate(reader, start=1):
            rows += [row] if row else []
            if i == SAMPLE_ROWS:
                break
    except csv.Error:  # a cell that is too long is refused later, by `Limits`
        pass
    return rows


def cells_of(line: str, delimiter: str, quote: str) -> list[str]:
    """Return the cells of the first row of a text, none if it is empty or too long."""
    return next(iter(rows_of(line, delimiter, quote)), [])


def is_number(cell: str) -> bool:
    """Return whether a cell is a number, possibly with a decimal comma."""
    return number_of(cell.strip()) is not None or COMMA.fullmatch(cell.strip()) is not None


def looks_like_row(cells: Sequence[str], sample: Sequence[Sequence[str]]) -> bool:
    """Return whether a line has as many cells as the sample, with numbers in the same places."""
    if {len(row) for row in sample} != {len(cells)}:
        return False

    def may_be_number(cell: str) -> bool:
        return is_number(cell) or not cell.strip() or cell.strip() in MISSING

    columns = zip(cells, zip(*sample, strict=True), strict=True)
    held = [cell for cell, column in columns if all(map(may_be_number, column))]
    return any(map(is_number, held)) and all(map(may_be_number, held))


DELIMITERS = ",;\t|"
#: Delimiters that are suggested in messages but never used without being asked for.
OTHER_DELIMITERS = " :^~"


@dataclass(frozen=True)
class FirstLines:
    """The first lines of a text file.

    Parameters
    ----------
    first, rest : the header line, and the text after it
    names, sample : the cells of the header line, and of the first rows
    quote : the character around cells
    n_skipped : the number of skipped lines before the header line
    """

    first: str
    rest: str
    names: list[str]
    sample: list[list[str]]
    quote: str
    n_skipped: int


def suspicion(head: FirstLines, known_delimiter: str | None) -> str:
    """Return a sentence about what looks wrong in the first lines and what may help, or ""."""
    shown = f"the first line, {head.first.strip()[:40]!r},"
    lines = [head.first, *head.rest.splitlines()[:SAMPLE_ROWS]]
    if head.first.startswith("#") and any(line.startswith("#") for line in lines[1:3]):
        return f"{shown} looks like a comment: Dialect(comment='#') (--comment #) skips such lines."
    n_names = sum(bool(name.strip()) for name in head.names)
    widths = []
    for mark in known_delimiter or DELIMITERS:
        counts = Counter(len(row) for row in rows_of(head.rest, mark, head.quote))
        widths += [(width, mark) for width, _ in counts.most_common(1)]
    for width, mark in sorted(widths, key=lambda entry: -entry[0]):
        if width < 2 or n_names > max(1, width // 2):
            continue
        for i, line in enumerate(lines[1:20], start=1):
            cells = cells_of(line, mark, head.quote)
            are_words = all(cell.strip() for cell in cells[:width])
            if len(cells) >= width and are_words and not any(map(is_number, cells)):
                n = head.n_skipped + i
                return (
                    f"{shown} does not look like the names of {width} columns: "
                    f"Dialect(skip_rows={n}) (--skip-rows {n}) begins with {line.strip()[:40]!r}."
                )
    if len(head.names) == 1 and known_delimiter is None:
        return _other_delimiter(head)
    return _second_line(head, lines)


def _second_line(head: FirstLines, lines: list[str]) -> str:
    """Return a notice if the first row has words above numbers: units, or names below a title."""
    words, rows = head.sample[0] if head.sample else [], head.sample[1:]
    if len(rows) < 2 or not all(
        cell.strip() and not cell.strip()[0].isdigit() and not is_number(cell) for cell in words
    ):
        return ""
    columns = (
        [row[i] for row in rows if i < len(row) and row[i].strip()] for i in range(len(words))
    )
    if not any(
        len(cells) > 1 and all(map(is_number, cells)) and _is_word(word)
        for cells, word in zip(columns, words, strict=True)
    ):
        return ""
    i, line = next(((i, line) for i, line in enumerate(lines) if i and line.strip()), (1, lines[1]))
    at = head.n_skipped + 1 + i
    return (
        f"line {at}, {line.strip()[:40]!r}, holds words where the lines below it "
        f"hold numbers: Dialect(skip_rows=[{at}]) (--skip-rows {at}-{at}) skips a line of units; "
        f"if the line holds the names of the columns, Dialect(skip_rows={at - 1}) (--skip-rows "
        f"{at - 1}) begins with it."
    )


def _other_delimiter(head: FirstLines) -> str:
    """Return a notice if an unusual delimiter splits all rows into equally many cells."""
    for mark in OTHER_DELIMITERS:
        names = cells_of(head.first.rstrip("\r\n"), mark, head.quote)
        rows = rows_of(head.rest, mark, head.quote)
        widths = {len(row) for row in rows}
        is_even = len(widths) == 1 and widths <= {len(names), len(names) + 1}
        if min(len(names), len(rows)) < 2 or not is_even or any(map(is_number, names)):
            continue
        if any(all(map(is_number, column)) for column in zip(*rows, strict=True)):
            return (
                f"the file has one column by commas, but {len(rows[0])} by {mark!r}: "
                f"Dialect(delimiter={mark!r}) (--delimiter {'space' if mark == ' ' else mark})."
            )
    return ""


def _is_word(cell: str) -> bool:
    """Return whether a cell is a word other than a missing value."""
    has_letters = any(character.isalpha() or character in "%\u00b0" for character in cell)
    return has_letters and not is_mark(cell.strip())
