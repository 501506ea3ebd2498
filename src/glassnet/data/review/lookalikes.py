"""Finds category columns whose texts look like numbers or dates that were not read as such."""

import re
from collections.abc import Collection

import numpy as np

from glassnet.data.tables.column_data import Categories
from glassnet.data.tables.numerals import number_of
from glassnet.data.tables.table import Table

_LOOKALIKES = {
    "numbers with thousands signs": re.compile(
        r"[+-]?[0-9]{1,3}(?:[., '\u00a0\u202f][0-9]{3})+(?:[.,][0-9]+)?"
    ),
    "numbers with a decimal comma": re.compile(r"[+-]?[0-9]+,[0-9]+"),
    "percentages": re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)? ?%"),
    "amounts of money": re.compile(
        r"-?[$\u20ac\u00a3\u00a5] ?[+-]?[0-9][0-9.,]* ?(?:[kKmMbB]n?)?|[+-]?[0-9][0-9.,]* "
        r"?(?:[kKmMbB]n?)? ?[$\u20ac\u00a3\u00a5]"
    ),
    "numbers with different units": re.compile(
        r"[+-]?[0-9]+(?:[.,][0-9]+)?(?: "
        r"[^\W\d_]{1,5}|(?!st|nd|rd|th)[a-z\u00b5\u00b0][^\W\d_]{1,4}|[glmshkKMB])"
    ),
    "dates": re.compile(r"[0-9]{1,4}[./-][0-9]{1,2}[./-][0-9]{1,4}(?:[ T][0-9:.]+)?"),
    "dates of months": re.compile(
        r"(?:19|20)[0-9]{2}[-/.](?:0[1-9]|1[0-2])|(?:0[1-9]|1[0-2])[-/.](?:19|20)[0-9]{2}"
        r"|(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z.]{0,7}[ /.,-]*[12][0-9]{3}",
        re.IGNORECASE,
    ),
}
#: A column is nearly numeric if this share of its cells are numbers.
NEARLY = 0.8
#: The number of levels to look at.
MAX_LOOKED_AT = 1000
_PLAIN = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?")


def lookalikes(table: Table, declared: Collection[str] = ()) -> dict[str, str]:
    """Return the category columns that look like another kind, each with that kind in words.

    All texts of such a column look like it, or nearly all cells are plain numbers. Columns of a
    declared kind are skipped.
    """
    columns = zip(table.schema.categories, table.categories, strict=True)
    looks = {name: _looks_like(column) for name, column in columns if name not in declared}
    return {name: what for name, what in looks.items() if what}


def _looks_like(column: Categories) -> str:
    levels = column.levels[:MAX_LOOKED_AT]
    plain = [_PLAIN.fullmatch(level) is not None for level in levels]
    for what, form in _LOOKALIKES.items():
        alike = [form.fullmatch(level) is not None for level in levels]
        if any(alike) and all(a or p for a, p in zip(alike, plain, strict=True)):
            return f"{what}, such as {levels[alike.index(True)]!r}"
    counts = np.bincount(column.codes[column.codes >= 0], minlength=len(column.levels))
    odd = np.array([number_of(level) is None for level in column.levels], dtype=bool)
    if not odd.any() or counts[~odd].sum() < NEARLY * counts.sum():
        return ""
    most_frequent = column.levels[int(np.argmax(np.where(odd, counts, -1)))]
    return f"numbers, but for cells such as {most_frequent[:40]!r}"
