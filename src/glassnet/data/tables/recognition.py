"""Detect the kind of a text column: numbers, dates, times of day, booleans or categories.

An expected kind takes precedence. Otherwise the kind is that of nearly all cells, and a notice
names the option to change it. docs/reading.md gives the rule.
"""

import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassnet.data.tables import cells
from glassnet.data.tables.column_data import Categories, ColumnData, tidy_categories
from glassnet.data.tables.readers import (
    READERS,
    Reading,
    UniqueTexts,
    enough,
    read_boolean,
    read_codes,
    read_date,
    read_hours,
    read_number,
)
from glassnet.data.tables.schema import NONE, ColumnHint, Kind, Spelling

#: Tried in this order if no kind is expected.
ALL = (read_boolean, read_codes, read_number, read_hours, read_date)
_MISSING_VALUES: dict[str, NDArray[Any]] = {
    "number": np.array(np.nan),
    "datetime": np.array("NaT", dtype="datetime64[us]"),
    "boolean": np.array(-1, dtype=np.int32),
}


def recognize(
    name: str, column: Categories, expected: ColumnHint, spelling: Spelling, *, typed: bool = False
) -> ColumnData:
    """Convert a text column to a column of its kind.

    Parameters
    ----------
    name : the name of the column, for messages
    column : the texts, without white space around them
    expected : what is known of the column
    spelling : how cells are written, as given by the caller
    typed : as in `ColumnData`

    Raises
    ------
    DataError
        If too few cells are of the expected kind; the message shows the first invalid cell.
    """
    unique = _unique_texts(name, column, expected, spelling)
    if expected.kind == "category":
        return ColumnData("category", _levels(column, unique), expected.form)
    if not unique.texts:
        kind = expected.kind or "number"
        return ColumnData(
            kind, _as_stored(kind, np.full(len(column), _MISSING_VALUES[kind])), expected.form
        )
    found: Reading | None = None
    for reader in ALL if expected.kind is None else (READERS[expected.kind],):
        found = reader(unique, expected, spelling)
        if found is not None and enough(unique, found, expected):
            return _column(column, unique, found, expected, typed)
    if expected.kind is not None:
        raise unique.refusal(expected.kind, found, expected)
    notices = (
        _target_notices(column, unique) if expected.is_target and spelling.missing is None else ()
    )
    return ColumnData("category", _levels(column, unique), notices=notices)


def _unique_texts(
    name: str, column: Categories, expected: ColumnHint, spelling: Spelling
) -> UniqueTexts:
    missing = expected.missing if spelling.missing is None else spelling.missing
    counts = _counts(column)
    is_missing = np.array([not text or text in missing for text in column.levels], dtype=bool)
    level_index = np.flatnonzero(~is_missing & (counts > 0))
    texts = [column.levels[i] for i in level_index]
    return UniqueTexts(name, column.codes, texts, counts[level_index], level_index, is_missing)


def _counts(column: Categories) -> NDArray[np.int64]:
    return np.bincount(column.codes + 1, minlength=len(column.levels) + 1)[1:]


def _levels(column: Categories, unique: UniqueTexts) -> Categories:
    if len(unique.texts) == len(column.levels):  # all are used, and sorted
        return column
    texts = zip(column.levels, unique.is_missing.tolist(), strict=True)
    return tidy_categories(column.codes, [None if missing else text for text, missing in texts])


def _as_stored(kind: Kind, values: NDArray[Any]) -> Any:
    return tidy_categories(values, ["false", "true"]) if kind == "boolean" else values


def _column(
    column: Categories, unique: UniqueTexts, found: Reading, expected: ColumnHint, typed: bool
) -> ColumnData:
    """Return the column that a reader found, with the notices about it."""
    name, kind, readable = unique.name, found.kind, found.readable
    notices = [f"column {name!r} {found.notice}"] if found.notice else []
    if not readable.all():
        notices.append(_invalid_notice(unique, ~readable, kind, expected))
    if kind == "category":
        return ColumnData(kind, _levels(column, unique), found.form, notices=tuple(notices))
    is_untold = typed and expected.kind is None and not expected.is_target and not found.notice
    if kind == "number" and is_untold and readable.any():
        notices.insert(
            0,
            f"column {name!r} holds text that spells numbers and is read as numbers; "
            f"{cells.option('types', 'category', name)} keeps text.",
        )
    # The last value is for code -1.
    by_level = np.full(len(column.levels) + 1, _MISSING_VALUES[kind], dtype=found.values.dtype)
    by_level[unique.level_index[readable]] = found.values[readable]
    values = _as_stored(kind, by_level[column.codes])
    exact = _exact(column, unique, found) if kind == "number" and not found.form.unit else None
    return ColumnData(kind, values, found.form, exact, tuple(notices))


def _exact(column: Categories, unique: UniqueTexts, found: Reading) -> Categories | None:
    """Return integers as text if some of them are not exact as floats, otherwise None."""
    if not (np.abs(found.values[found.readable]) >= cells.EXACT).any():
        return None
    texts: list[str | None] = [None] * len(column.levels)
    for level in unique.level_index[found.readable].tolist():
        digits = column.levels[level].replace(found.form.thousands, "").lstrip("+")
        if re.fullmatch(r"-?[0-9]+", digits) is None:
            return None
        texts[level] = str(int(digits))
    return tidy_categories(column.codes, texts)


def _target_notices(column: Categories, unique: UniqueTexts) -> tuple[str, ...]:
    """Return notices about words in a classification target that may mean a missing value."""
    counts = _counts(column).tolist()
    return tuple(
        f"the target {unique.name!r} holds the word {text!r} in {count:,} of {len(column):,} rows, "
        + (
            f"read as missing; {cells.option('types', 'category', unique.name)} makes it a class."
            if missing
            else f"taken for a class; {cells.option('missing', text)} reads it as missing."
        )
        for text, missing, count in zip(
            column.levels, unique.is_missing.tolist(), counts, strict=True
        )
        if text and count and (missing or text in NONE)
    )


def _invalid_notice(
    unique: UniqueTexts, invalid: NDArray[np.bool_], kind: Kind, expected: ColumnHint
) -> str:
    counts, texts = unique.counts[invalid], [unique.texts[i] for i in np.flatnonzero(invalid)]
    shown = ", ".join(
        repr(texts[i][:40]) for i in np.argsort(-counts, kind="stable")[:3].tolist()
    ) + (", ..." if len(texts) > 3 else "")
    n = int(counts.sum())
    are, hold = ("is", "holds") if n == 1 else ("are", "hold")
    fault = {"number": f"{hold} no number", "datetime": f"{hold} no date"}
    option = cells.option("types", "category", unique.name)
    return (
        f"column {unique.name!r}: {n:,} of {int(unique.counts.sum()):,} cells "
        f"{fault.get(kind, f'{are} neither true nor false')} ({shown}) and {are} read as missing"
        f"{'' if expected.by_training else f'; {option} reads text'}."
    )
