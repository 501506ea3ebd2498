"""The first rows of a text file: cut into cells, with the numbers among them."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence

from glassnet.data.tables.cells import MISSING
from glassnet.data.tables.numerals import number_of

SAMPLE_ROWS = 100
#: Numbers with a decimal comma; 1,234 may be a thousand and proves nothing.
COMMA = re.compile(
    r"[+-]?(?:[0-9]+,(?:[0-9]{1,2}|[0-9]{4,})|0,[0-9]+|[0-9]{1,3}(?:\.[0-9]{3})+,[0-9]*)"
)


def rows_of(text: str, delimiter: str, quote: str) -> list[list[str]]:
    """Return the first rows of a text that are not empty, as far as the csv module takes them."""
    rows: list[list[str]] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, quotechar=quote)
    try:
        for i, row in enumerate(reader, start=1):
            rows += [row] if row else []
            if i == SAMPLE_ROWS:
                break
    except csv.Error:  # a field that is too long: the limits refuse it later
        pass
    return rows


def cells_of(line: str, delimiter: str, quote: str) -> list[str]:
    """Return the cells of the first row of a text, none where it is empty or too long."""
    return next(iter(rows_of(line, delimiter, quote)), [])


def is_number(cell: str) -> bool:
    """Return whether a cell spells a number, perhaps with a decimal comma."""
    return number_of(cell.strip()) is not None or COMMA.fullmatch(cell.strip()) is not None


def looks_like_row(cells: Sequence[str], sample: Sequence[Sequence[str]]) -> bool:
    """Return whether a line has as many cells as a sample of rows, and numbers where these do."""
    if {len(row) for row in sample} != {len(cells)}:
        return False

    def may_be_number(cell: str) -> bool:
        return is_number(cell) or not cell.strip() or cell.strip() in MISSING

    columns = zip(cells, zip(*sample, strict=True), strict=True)
    held = [cell for cell, column in columns if all(map(may_be_number, column))]
    return any(map(is_number, held)) and all(map(may_be_number, held))
