"""Find uninformative columns and columns of a doubtful kind, and write the notices about them.

Uninformative columns are constants, copies of an earlier column, and identifiers of the row:
identifiers as text or integers, row numbers, and columns with more distinct texts than the limit.
"""

import hashlib
import re
from collections.abc import Collection
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassnet.data.tables.cells import EXACT, option
from glassnet.data.tables.column_data import Categories, distinct_integers
from glassnet.data.tables.dialect import Limits
from glassnet.data.tables.numerals import number_of
from glassnet.data.tables.table import Table
from glassnet.data.tables.values import is_missing
from glassnet.messages import listed

#: Text is an identifier if this share of at least so many known cells are distinct.
IDENTIFIER_SHARE = 0.9
IDENTIFIER_ROWS = 20

#: Names of columns that contain the row number: an index that was saved with its table.
_INDEX = re.compile(
    r"|unnamed: \d+(?:\.\d+|_level_\d+)?|__index_level_\d+__|index_?\d*|row[._ "
    r"]?(?:names?|id|idx|index|num(?:ber)?s?|no)?"
)
#: Names of columns that may contain the row number or a quantity; R calls an unnamed column X.
_COUNTER = re.compile(r"X(?:\.\d+)?|(?i:level_?\d*|obs|nr|no\.?)")
#: Names of columns of identifiers: "id", "customer_id", "CustomerID", "id number", "uuid".
_IDENTIFIER = re.compile(
    r"(?:.*[\W_])?(?:(?:user|cust(?:omer)?|client|patient|passenger|person|member|account|"
    r"student|emp(?:loyee)?|product|item|order|case|record|p)?ids?|uid|uuid|guid|key|identifier|idx|pk)(?:[\W_]*(?:no|nr|num|number))?"
)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def stored_values(table: Table, name: str) -> tuple[NDArray[Any], tuple[str, ...]]:
    """Return a column as numbers, date-times or integer codes, and the levels of the codes.

    Integers beyond 2^53 are codes too.
    """
    stored = table.exact[name] if name in table.exact else table.stored(name)
    return (stored.codes, stored.levels) if isinstance(stored, Categories) else (stored, ())


def uninformative_columns(
    table: Table, keep: Collection[str] = (), limits: Limits | None = None
) -> dict[str, str]:
    """Return the uninformative columns to leave out of a fit, each with the reason.

    Columns in `keep` are never left out. The time is linear in rows and columns.
    """
    max_levels = (limits or Limits()).categories
    reasons: dict[str, str] = {}
    row_names: dict[str, str] = {}
    seen: dict[bytes, str] = {}
    for name in table.schema.names:
        if name in keep:
            continue
        values, levels = stored_values(table, name)
        if reason := _constant(values) or _too_many_texts(table, name, max_levels):
            reasons[name] = reason
        elif reason := _names_rows(table, name):
            row_names[name] = reason
        else:
            earlier = seen.setdefault(_digest(table.schema.kinds[name], values, levels), name)
            if earlier != name:
                reasons[name] = f"it equals {earlier!r}"
    if len(reasons) + len(row_names) == len(table.schema.names):
        return reasons  # no other column is left to learn from
    found = {**reasons, **row_names}
    return {name: found[name] for name in table.schema.names if name in found}


def imprecise(table: Table) -> tuple[str, ...]:
    """Return a notice for each integer column whose values are too large to be exact as floats."""
    return tuple(
        f"column {name!r} holds whole numbers beyond 2^53, which are not told apart as numbers; "
        f"{option('types', 'category', name)} does."
        for name in table.schema.numbers
        if name in table.exact
        and (known := distinct_integers(table.exact[name]))
        and max(known) - min(known) >= EXACT
    )


def screening_notices(
    uninformative: dict[str, str], leaking: dict[str, str], alike: dict[str, str]
) -> tuple[str, ...]:
    """Return notices about the columns that were found, the most important first."""
    notices = [
        f"column {name!r} {what}: is it known before the target is? If not, drop=[{name!r}] "
        f"(--drop {name}) leaves it out."
        for name, what in leaking.items()
    ]
    for name, what in alike.items():
        kind = "datetime" if what.startswith("dates") else "number"
        notices.append(
            f"column {name!r} is a category though it looks like {what}; "
            f"{option('types', kind, name)} reads what it can of it, and the rest as missing."
        )
    for reason in dict.fromkeys(uninformative.values()):
        names = [name for name, said in uninformative.items() if said == reason]
        columns, are = ("columns", "are") if len(names) > 1 else ("column", "is")
        notices.append(f"{columns} {listed(names)} {are} left out: {reason}.")
    return tuple(notices)


def _constant(values: NDArray[Any]) -> str:
    missing = values < 0 if values.dtype.kind == "i" else is_missing(values)
    if missing.all():
        return "all its cells are missing"
    return "it is the same in every row" if (values == values[0]).all() else ""


def _too_many_texts(table: Table, name: str, max_levels: int) -> str:
    if table.schema.kinds[name] != "category":
        return ""
    column = table.others[name]
    n_levels, n_known = len(column.levels), int((column.codes >= 0).sum())
    if n_known >= IDENTIFIER_ROWS and n_levels >= IDENTIFIER_SHARE * n_known:
        return (
            f"nearly every row has a text of its own ({n_levels:,} in {n_known:,} rows), as "
            "identifiers do"
        )
    if n_levels > max_levels:
        return f"it holds {n_levels:,} different texts; the limit is {max_levels:,}"
    return ""


def _names_rows(table: Table, name: str) -> str:
    """Return why a column of numbers identifies its rows, or "" if it does not.

    The numbers must be distinct integers, and the name of the column must be that of an identifier.
    The default names of array columns do not count.
    """
    if table.schema.kinds[name] != "number" or table.n_rows < IDENTIFIER_ROWS:
        return ""
    plain = name.strip()
    is_index = _INDEX.fullmatch(plain.lower()) is not None
    is_counter = _COUNTER.fullmatch(plain) is not None
    is_identifier = _IDENTIFIER.fullmatch(_CAMEL.sub("_", plain).lower()) is not None
    if not (is_index or is_counter or is_identifier):
        return ""
    exact, numbers = table.exact.get(name), table.column(name)
    are_whole = exact is not None or (numbers == np.floor(numbers)).all()
    different = np.unique(numbers) if exact is None else exact.levels
    if not are_whole or len(different) != table.n_rows:
        return ""
    if exact is None and np.ptp(numbers) == table.n_rows - 1 and (is_index or is_counter):
        return "it numbers the rows"
    if is_counter:
        return ""
    what = "identifier" if is_identifier else "index"
    return f"every row has a whole number of its own, and its name is that of an {what}"


def _digest(kind: str, values: NDArray[Any], levels: Collection[str]) -> bytes:
    """Return a digest that is the same for two columns of one kind that are equal in every row."""
    digest = hashlib.blake2b("\0".join([kind, *levels]).encode(), digest_size=16)
    if values.dtype.kind == "f":
        values = values + 0.0  # -0.0 equals 0.0, and NaN values may differ in their bits
        values[np.isnan(values)] = np.nan
    digest.update(np.ascontiguousarray(values).view(np.uint8).data)
    return digest.digest()


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
#: A column is nearly numeric if at least this share of its cells are numbers.
NEARLY = 0.8
#: The number of distinct texts to check.
MAX_LOOKED_AT = 1000
_PLAIN = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?")


def lookalikes(table: Table, declared: Collection[str] = ()) -> dict[str, str]:
    """Return the category columns that look like another kind, each with that kind as text.

    Either all texts look like that kind, or nearly all cells are plain numbers. Columns of a
    declared kind are skipped.
    """
    names = (name for name in table.schema.categories if name not in declared)
    return {name: what for name in names if (what := _looks_like(table.others[name]))}


def _looks_like(column: Categories) -> str:
    levels = column.levels[:MAX_LOOKED_AT]
    plain = [_PLAIN.fullmatch(level) is not None for level in levels]
    for what, form in _LOOKALIKES.items():
        alike = [form.fullmatch(level) is not None for level in levels]
        if any(alike) and all(a or p for a, p in zip(alike, plain, strict=True)):
            return f"{what}, such as {levels[alike.index(True)]!r}"
    counts = np.bincount(column.codes[column.codes >= 0], minlength=len(column.levels))
    is_text = np.array([number_of(level) is None for level in column.levels], dtype=bool)
    if not is_text.any() or counts[~is_text].sum() < NEARLY * counts.sum():
        return ""
    most_frequent = column.levels[int(np.argmax(np.where(is_text, counts, -1)))]
    return f"numbers, but for cells such as {most_frequent[:40]!r}"
