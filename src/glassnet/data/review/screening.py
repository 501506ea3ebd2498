"""Which columns of a table are of no use to a network, and which are suspiciously useful.

Left out are constant columns, columns equal to an earlier one, and columns that name their row:
identifiers of text or of whole numbers, row numbers, and more different texts than the limit.
Called out are columns that hold the target in another form, and text that looks like numbers or
dates that were not read as such.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassnet.data.coding.columns import power_of_two
from glassnet.data.coding.exact_numbers import wide
from glassnet.data.files.limits import Limits
from glassnet.data.tables.cells import option
from glassnet.data.tables.column_data import Categories
from glassnet.data.tables.numerals import number_of
from glassnet.data.tables.table import Table
from glassnet.errors import listed

#: Text is an identifier where so large a share of the rows that are no gap differ, and there are so
#: many of them.
IDENTIFIER_SHARE = 0.9
IDENTIFIER_ROWS = 20
#: With fewer rows a column may determine the target by chance.
LEAK_ROWS = 50
#: So many rows are looked at first: what does not hold there does not hold.
SAMPLE = 10_000
#: A column of so few different numbers is compared with the target value by value.
FEW_VALUES = 20

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
#: Where so large a share of the cells are numbers, the others are worth a look.
NEARLY = 0.8
_PLAIN = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?")


#: Names of columns that hold the number of the row: an index that was saved with its table.
_INDEX = re.compile(
    r"|unnamed: \d+(?:\.\d+|_level_\d+)?|__index_level_\d+__|index_?\d*|row[._ "
    r"]?(?:names?|id|idx|index|num(?:ber)?s?|no)?"
)
#: Names of columns that may hold the number of the row, or a quantity; R calls an unnamed column X.
_COUNTER = re.compile(r"X(?:\.\d+)?|(?i:level_?\d*|obs|nr|no\.?)")
#: Names of columns that hold identifiers: "id", "customer_id", "CustomerID", "id number", "uuid".
_IDENTIFIER = re.compile(
    r"(?:.*[\W_])?(?:(?:user|cust(?:omer)?|client|patient|passenger|person|member|account|"
    r"student|emp(?:loyee)?|product|item|order|case|record|p)?ids?|uid|uuid|guid|key|identifier|idx|pk)(?:[\W_]*(?:no|nr|num|number))?"
)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def useless_columns(
    table: Table, keep: Collection[str] = (), limits: Limits | None = None
) -> dict[str, str]:
    """Return the columns to leave out of a fit, each with the reason; those in `keep` stay whatever they hold.

    The time is linear in rows and columns.
    """
    most = (limits or Limits()).categories
    reasons: dict[str, str] = {}
    numbering: dict[str, str] = {}
    seen: dict[bytes, list[str]] = {}
    for name in table.schema.names:
        if name in keep:
            continue
        values = _values(table, name)
        if (values == values[0]).all() or _all_gaps(values):
            reasons[name] = (
                "it is the same in every row"
                if not _all_gaps(values[:1])
                else "all its cells are gaps"
            )
            continue
        if table.schema.kinds[name] == "category":
            n_levels, n_held = (
                len(table.categories[table.schema.places[name]].levels),
                int((values >= 0).sum()),
            )
            if n_held >= IDENTIFIER_ROWS and n_levels >= IDENTIFIER_SHARE * n_held:
                reasons[name] = (
                    f"nearly every row has a text of its own ({n_levels:,} in {n_held:,} rows), as "
                    "identifiers do"
                )
                continue
            if n_levels > most:
                reasons[name] = f"it holds {n_levels:,} different texts; the limit is {most:,}"
                continue
        if reason := _numbers_rows(table, name):
            numbering[name] = reason
            continue
        key = _digest(table, name, values)
        if key in seen:
            reasons[name] = f"it equals {seen[key][0]!r}"
        seen.setdefault(key, []).append(name)
    if len(reasons) + len(numbering) == len(
        table.schema.names
    ):  # nothing else is left to learn from
        return reasons
    found = {**reasons, **numbering}
    return {name: found[name] for name in table.schema.names if name in found}


def leaks(table: Table, target: NDArray[Any], *, thresholds: bool = False) -> dict[str, str]:
    """Return the columns that hold the target in another form, each with what they do to it; target values are (n,), without gaps.

    Found are copies and linear functions of a number, and columns each of whose values stands
    beside one target value only; with `thresholds` also numbers that a threshold between every two
    classes cuts into classes without a mistake, which may be honest.
    """
    if target.ndim != 1 or len(target) < LEAK_ROWS or not isinstance(table.numbers, np.ndarray):
        return {}
    numeric = target.dtype.kind in "fiu"
    values, codes = np.unique(target, return_inverse=True) if numeric else _text_codes(target)
    if len(values) < 2:
        return {}
    classes = not numeric or len(values) <= FEW_VALUES
    sample = np.sort(np.random.Generator(np.random.Philox(0)).permutation(len(target))[:SAMPLE])
    found = {}
    for name in table.schema.names:
        column = _values(table, name)
        kind = table.schema.kinds[name]
        what = ""
        is_number = kind == "number" and name not in table.exact
        for rows in (sample, np.arange(len(target))):
            what = _leak(
                column[rows],
                is_number,
                target[rows],
                codes[rows],
                numeric=numeric,
                classes=classes,
                thresholds=thresholds,
            )
            if not what:
                break
        if what:
            found[name] = what
    return found


def lookalikes(table: Table, said: Collection[str] = ()) -> dict[str, str]:
    """Return the category columns whose texts look like numbers or dates that were not read as such, with what they seem.

    All texts do, or nearly all cells are plain numbers. Columns whose kind was said are passed
    over.
    """
    found = {}
    for name, column in zip(table.schema.categories, table.categories, strict=True):
        if name in said:
            continue
        levels = column.levels[:1000]
        for what, form in _LOOKALIKES.items():
            alike = [form.fullmatch(level) is not None for level in levels]
            if any(alike) and all(
                is_alike or _PLAIN.fullmatch(level)
                for is_alike, level in zip(alike, levels, strict=True)
            ):
                found[name] = f"{what}, such as {levels[alike.index(True)]!r}"
                break
        else:
            odd = _odd_beside_numbers(column)
            if odd is not None:
                found[name] = f"numbers, but for cells such as {odd[:40]!r}"
    return found


def blurred(table: Table) -> tuple[str, ...]:
    """Return a sentence for each feature of whole numbers whose differences floats do not tell apart."""
    return tuple(
        f"column {name!r} holds whole numbers beyond 2^53, which are not told apart as numbers; "
        f"{option('types', 'category', name)} does."
        for name in table.schema.numbers
        if name in table.exact and wide(table, name)
    )


def _odd_beside_numbers(column: Categories) -> str | None:
    """Return the most frequent text that is no number where nearly all cells are numbers that were no codes, else None."""
    counts = np.bincount(column.codes[column.codes >= 0], minlength=len(column.levels))
    odd = np.array([number_of(level) is None for level in column.levels], dtype=bool)
    if not odd.any() or counts[~odd].sum() < NEARLY * counts.sum():
        return None
    return column.levels[int(np.argmax(np.where(odd, counts, -1)))]


def screening_notices(
    useless: dict[str, str], leaking: dict[str, str], alike: dict[str, str]
) -> tuple[str, ...]:
    """Return what was found in sentences, the most important first."""
    notices = [
        f"column {name!r} {what}: is it known before the target is? If not, drop=[{name!r}] "
        f"(--drop {name}) leaves it out."
        for name, what in leaking.items()
    ]
    notices += [
        f"column {name!r} is a category though it looks like {what}; {_reads(name, what)}."
        for name, what in alike.items()
    ]
    reasons: dict[str, list[str]] = {}
    for name, reason in useless.items():
        reasons.setdefault(reason, []).append(name)
    for reason, names in reasons.items():
        plural = len(names) > 1
        notices.append(
            f"column{'s' if plural else ''} {listed(names)} {'are' if plural else 'is'} left out: "
            f"{reason}."
        )
    return tuple(notices)


def _reads(name: str, what: str) -> str:
    """Return the option that reads a column as what it seems to be."""
    kind = "datetime" if what.startswith("dates") else "number"
    return f"{option('types', kind, name)} reads what it can of it, and the rest as missing"


def _values(table: Table, name: str) -> NDArray[Any]:
    """Return a column as numbers, codes or date-times; whole numbers that floats do not tell apart as codes."""
    coded = _coded(table, name)
    return table.column(name) if coded is None else coded.codes


def _coded(table: Table, name: str) -> Categories | None:
    """Return a column that is held as codes, None for others."""
    if name in table.schema.categories:
        return table.categories[table.schema.places[name]]
    return table.exact.get(name)


def _numbers_rows(table: Table, name: str) -> str:
    """Return why a column of numbers names its rows, "" where it does not: all are whole and differ, and its name says so.

    A name that every array would give says nothing.
    """
    if table.schema.kinds[name] != "number" or table.n_rows < IDENTIFIER_ROWS:
        return ""
    plain = name.strip()
    is_index, is_counter = (
        _INDEX.fullmatch(plain.lower()) is not None,
        _COUNTER.fullmatch(plain) is not None,
    )
    is_identifier = _IDENTIFIER.fullmatch(_CAMEL.sub("_", plain).lower()) is not None
    if not (is_index or is_counter or is_identifier):
        return ""
    coded, numbers = table.exact.get(name), table.column(name)
    if coded is not None:
        distinct = len(coded.levels) == table.n_rows
    else:
        distinct = (
            not np.isnan(numbers).any()
            and bool((numbers == np.floor(numbers)).all())
            and len(np.unique(numbers)) == table.n_rows
        )
    if not distinct:
        return ""
    if coded is None and np.ptp(numbers) == table.n_rows - 1 and (is_index or is_counter):
        return "it numbers the rows"
    what = "identifier" if is_identifier else "index"
    return (
        ""
        if is_counter
        else f"every row has a whole number of its own, and its name is that of an {what}"
    )


def _all_gaps(values: NDArray[Any]) -> bool:
    gaps = (
        values < 0
        if values.dtype.kind == "i"
        else np.isnat(values)
        if values.dtype.kind == "M"
        else np.isnan(values)
    )
    return bool(gaps.all())


def _digest(table: Table, name: str, values: NDArray[Any]) -> bytes:
    """Return a digest that two columns share where they are of one kind and equal in every row."""
    digest = hashlib.blake2b(table.schema.kinds[name].encode(), digest_size=16)
    if values.dtype.kind == "f":
        values = values + 0.0  # -0.0 equals 0.0, and gaps may differ in their bits
        values[np.isnan(values)] = np.nan
    elif values.dtype.kind == "i":
        coded = _coded(table, name)
        digest.update("\0".join(coded.levels if coded else ()).encode())
    digest.update(np.ascontiguousarray(values).view(np.uint8).data)
    return digest.digest()


def _text_codes(target: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.int64]]:
    place: dict[str, int] = {}
    codes = np.array(
        [place.setdefault(str(value), len(place)) for value in target.tolist()], dtype=np.int64
    )
    return np.array(list(place), dtype=object), codes


def _leak(
    column: NDArray[Any],
    is_number: bool,
    target: NDArray[Any],
    codes: NDArray[Any],
    *,
    numeric: bool,
    classes: bool,
    thresholds: bool,
) -> str:
    if column.dtype.kind == "f" and np.isnan(column).any():
        held = ~np.isnan(column)
        if held.mean() < 0.5:
            return ""
        column, target, codes = column[held], target[held], codes[held]
    if len(column) < LEAK_ROWS or (codes == codes[0]).all():
        return ""
    if is_number and numeric:
        if (column == target).all():
            return "is a copy of the target"
        if not classes and _is_linear(column, target.astype(np.float64)):
            return "is a linear function of the target"
    levels, place = np.unique(column, return_inverse=True)
    if len(levels) < 2:
        return ""
    if len(levels) <= (FEW_VALUES if is_number else len(column) / 10):
        low, high = np.full(len(levels), np.iinfo(np.int64).max), np.full(len(levels), -1)
        np.minimum.at(low, place, codes)
        np.maximum.at(high, place, codes)
        return "alone determines the target" if (low == high).all() else ""
    if thresholds and is_number and classes:
        sorted_codes = codes[np.argsort(column, kind="stable")]
        changes = np.flatnonzero(np.diff(sorted_codes))
        ties = np.sort(column)
        if len(changes) == len(np.unique(codes)) - 1 and all(
            ties[i] < ties[i + 1] for i in changes
        ):
            return "alone determines the target by thresholds"
    return ""


def _is_linear(x: NDArray[Any], y: NDArray[np.float64]) -> bool:
    dx, dy = (values * power_of_two(np.abs(values).max()) for values in (x.astype(np.float64), y))
    dx, dy = dx - dx.mean(), dy - dy.mean()
    dx, dy = (
        values * power_of_two(np.abs(values).max()) for values in (dx, dy)
    )  # of numbers that lie close together, too
    scale = float(dx @ dx) * float(dy @ dy)
    return scale > 0.0 and float(dx @ dy) ** 2 > (1.0 - 1e-12) * scale
