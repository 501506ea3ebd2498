"""Convert text columns to booleans, codes with leading zeros, numbers, times of day and dates.

Each reader returns a value for every text, or None if the column is clearly of another kind. A few
invalid cells do not change the kind: they are missing values. docs/reading.md gives the rule.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassnet.data.tables import cells
from glassnet.data.tables.moments import date_order, read_clock, read_dates
from glassnet.data.tables.numerals import SAMPLE, find_form, number_of, read_numbers
from glassnet.data.tables.schema import CLOCK, PLAIN, ColumnHint, Form, Kind, Spelling
from glassnet.errors import DataError

#: The share of the cells that must parse for a kind, ...
NEARLY = 0.9
#: ... if an invalid cell contains digits, as codes such as 102B do, ...
NEARLY_WITH_CODES = 0.99
#: ... and if all invalid cells are marks for unknown values.
WITH_MARKS = 0.5

#: Marks for an unknown number or date, in lower case.
_MARKS = """
- -- --- ---- . .. ... \u2013 \u2014 * ** *** #
n.a. n.a na n/a n/d nd none nil null (null) nan -nan nat \\n
unknown missing (missing) (blank) blank (empty) empty undefined unspecified
n.v. k.a. k.a s/d s.d. tbd tba
0000-00-00 00/00/0000
#div/0! #value! #ref! #num! #name? #null! #n/a #n/a! 1.#ind -1.#ind 1.#qnan -1.#qnan
"""
_PHRASES = ("not available", "not applicable", "not known", "no data", "keine angabe")
MARKS = frozenset({*_MARKS.split(), *_PHRASES})
#: A detection limit, such as <0.01 or > 500: the number is unknown too.
_BEYOND = re.compile(r"[<>\u2264\u2265~\u2248]=? ?[0-9][0-9.,]*(?:[eE][+-]?[0-9]+)?\D{0,12}")
_CODE = re.compile(r"0[0-9]+")
_DIGITS = re.compile(r"[0-9]+")
#: The value of the option that reads a column the other way.
_OTHERWISE = {
    ".": ("decimal", ","),
    ",": ("decimal", "."),
    "dmy": ("dates", "mdy"),
    "mdy": ("dates", "dmy"),
}
#: The maximum number of distinct dates from which their order is detected.
MAX_DATES = 10_000


@dataclass(frozen=True, eq=False)
class UniqueTexts:
    """The distinct texts of a column that are not missing values.

    Parameters
    ----------
    name : the name of the column
    codes : the codes of the whole column, into its levels
    texts, counts : the distinct texts, and how often each occurs
    level_index : the index of each text in the levels of the column
    is_missing : which levels of the column are missing values
    """

    name: str
    codes: NDArray[np.int32]
    texts: list[str]
    counts: NDArray[np.int64]
    level_index: NDArray[np.intp]
    is_missing: NDArray[np.bool_]

    def refusal(self, kind: Kind, found: Reading | None, hint: ColumnHint) -> DataError:
        """Return the error for a column that is not of a kind, with the first invalid cell."""
        unread = np.flatnonzero(
            ~(np.zeros(len(self.texts), dtype=bool) if found is None else found.readable)
        ).tolist()
        # A mark alone would be a missing value.
        invalid = [i for i in unread if not is_mark(self.texts[i])] or unread
        rows = [int(np.argmax(self.codes == self.level_index[i])) for i in invalid[:1000]]
        row = min(rows)
        expected = {
            "number": "numbers",
            "datetime": "date-times such as 2026-01-31 or 2026-01-31 12:30:00",
        }.get(kind, "true or false")
        text = self.texts[invalid[rows.index(row)]][:80]
        advice = f" {cells.option('missing', text)} reads it as missing." if len(text) <= 20 else ""
        if hint.is_settled:
            marks = hint.form.dates if kind == "datetime" else hint.form.decimal
            name, other = _OTHERWISE[marks]
            advice += (
                f" The rows before show {marks!r}; {cells.option(name, other)} reads {other!r}."
            )
        return DataError(
            f"column {self.name!r} must hold {expected} but row {row} (counting from 0) holds "
            f"{text!r}.{advice}"
        )


@dataclass(frozen=True, eq=False)
class Reading:
    """The result of a reader.

    Parameters
    ----------
    kind : the kind of the values
    values : one for each text: floats, datetime64[us], or 1 and 0 for true and false
    readable : which texts could be parsed
    form : how they are written
    notice : a notice, as the end of a sentence that begins with the column's name
    """

    kind: Kind
    values: NDArray[Any]
    readable: NDArray[np.bool_]
    form: Form
    notice: str = ""


def enough(unique: UniqueTexts, found: Reading, expected: ColumnHint) -> bool:
    """Return whether enough cells parse, so that the others are missing values."""
    readable, kind = found.readable, expected.kind
    if readable.all():
        return True
    if not readable.any() and not expected.rows_before:
        # A mark in a column of numbers is missing; a column of marks only has no kind.
        return kind is not None and all(map(is_mark, unique.texts))
    if expected.by_caller:
        return True
    unread = (unique.texts[i] for i in np.flatnonzero(~readable))
    invalid = [text for text in unread if not is_mark(text)]
    before = expected.rows_before
    share = (before + unique.counts[readable].sum()) / (before + unique.counts.sum())
    if not invalid:
        return kind is not None or bool(share >= WITH_MARKS)
    if found.kind == "boolean":
        return False
    with_codes = kind is None and any(map(_DIGITS.search, invalid))
    return bool(share >= (NEARLY_WITH_CODES if with_codes else NEARLY))


def is_mark(text: str) -> bool:
    """Return whether a text is a mark for an unknown value."""
    return text in cells.MISSING or text.lower() in MARKS or _BEYOND.fullmatch(text) is not None


def read_boolean(unique: UniqueTexts, expected: ColumnHint, spelling: Spelling) -> Reading:
    """Read true and false; if a boolean is expected also yes and no, 0 and 1."""
    truth = [
        cells.BOOLEANS.get(text) if expected.kind is None else cells.YES_OR_NO.get(text.lower())
        for text in unique.texts
    ]
    values = np.array([{"false": 0, "true": 1}.get(word or "", -1) for word in truth], np.int32)
    return Reading("boolean", values, values >= 0, expected.form)


def read_codes(unique: UniqueTexts, expected: ColumnHint, spelling: Spelling) -> Reading | None:
    """Read integers with leading zeros as codes: 007 and 7 are different."""
    example = next((text for text in unique.texts if _CODE.fullmatch(text)), None)
    if example is None or not all(map(_DIGITS.fullmatch, unique.texts)):
        return None
    notice = (
        f"holds codes with leading zeros such as {example[:40]!r} and is a category; "
        f"{cells.option('types', 'number', unique.name)} reads numbers."
    )
    n = len(unique.texts)
    return Reading("category", np.zeros(n), np.ones(n, dtype=bool), PLAIN, notice)


def read_number(unique: UniqueTexts, expected: ColumnHint, spelling: Spelling) -> Reading | None:
    """Read plain and formatted numbers."""
    if expected.form.unit == CLOCK:
        return read_hours(unique, expected, spelling)
    if expected.kind is None and not _may_be_numbers(unique):
        return None
    by_model = expected.by_training
    file_form = Form(spelling.default_decimal)
    has_form = by_model and expected.form.decimal + expected.form.thousands != "."
    decimal = expected.form.decimal if expected.is_settled else None
    form = find_form(
        unique.texts,
        unique.counts,
        decimal=spelling.decimal or decimal,
        thousands=spelling.thousands,
        first=expected.form if has_form else file_form,
        mixed=expected.by_caller,
    )
    if by_model:  # a model knows the unit of its column
        form = replace(form, unit=expected.form.unit)
    values = read_numbers(unique.texts, form)
    if expected.kind is not None:  # true and false are 1 and 0 if numbers are expected
        words = (cells.BOOLEANS.get(text, "") for text in unique.texts)
        truth = np.array([{"true": 1.0, "false": 0.0}.get(word, np.nan) for word in words])
        values = np.where(np.isnan(values), truth, values)
    form = PLAIN if form == file_form else form
    notice = "" if by_model else _number_notice(unique, values, form)
    return Reading("number", values, ~np.isnan(values), form, notice)


def _may_be_numbers(unique: UniqueTexts) -> bool:
    """Return whether half of the cells in a sample have a digit."""
    counts = unique.counts[:SAMPLE]
    has_digits = [_DIGITS.search(text) is not None for text in unique.texts[:SAMPLE]]
    return bool(counts[np.array(has_digits, dtype=bool)].sum() >= WITH_MARKS * counts.sum())


def _number_notice(unique: UniqueTexts, values: NDArray[np.float64], form: Form) -> str:
    """Return a notice about how the numbers of a column are written, "" if they are plain."""
    known = np.flatnonzero(~np.isnan(values)).tolist()
    i = next((i for i in known if number_of(unique.texts[i]) is None), None)
    if form == PLAIN or i is None:
        return ""
    texts, mark = [unique.texts[i] for i in known], form.thousands
    is_unsure = mark in (",", ".") and all(
        form.decimal not in text and number_of(text.replace(mark, ".", 1)) is not None
        for text in texts
    )
    other = f", {cells.option('decimal', mark)} reads decimals" if is_unsure else ""
    option = cells.option("types", "category", unique.name)
    return (
        f"is read as numbers, {unique.texts[i][:40]!r} as {values[i]:.15g}; {option} reads "
        f"text{other}."
    )


def read_hours(unique: UniqueTexts, expected: ColumnHint, spelling: Spelling) -> Reading | None:
    """Read times of day as hours since midnight."""
    is_known = expected.form.unit == CLOCK
    if not is_known and not any(":" in text or text[-1] in "mM." for text in unique.texts[:SAMPLE]):
        return None
    hours = read_clock(unique.texts)
    if is_known:  # hours may be numbers too
        hours = np.where(np.isnan(hours), read_numbers(unique.texts, PLAIN), hours)
    readable = ~np.isnan(hours)
    i = int(np.argmax(readable))
    notice = (
        f"holds times of day, read as hours: {unique.texts[i]!r} is {hours[i]:.6g}; "
        f"{cells.option('types', 'category', unique.name)} reads text."
    )
    return Reading(
        "number", hours, readable, replace(PLAIN, unit=CLOCK), "" if is_known else notice
    )


def read_date(unique: UniqueTexts, expected: ColumnHint, spelling: Spelling) -> Reading | None:
    """Read dates and date-times; the whole column decides the order of day and month."""
    if expected.kind is None and not _may_be_numbers(unique):
        return None
    by_model = expected.by_training
    found, is_certain = date_order(unique.texts[:MAX_DATES], unique.counts[:MAX_DATES])
    order: str = found
    if spelling.dates is not None:
        order, is_certain = spelling.dates, True
    elif expected.is_settled:
        order = expected.form.dates
    elif by_model and expected.form.dates != "ymd" and not (is_certain and found != "ymd"):
        order = expected.form.dates  # as in training, if these cells do not decide
    if expected.kind is None and bool(
        np.isnat(read_dates(unique.texts[:SAMPLE], order)).mean() > WITH_MARKS
    ):
        return None
    dates = read_dates(unique.texts, order, compact=expected.kind is not None)
    if found == "ymd" and not by_model:  # the order does not matter for any cell
        order = found
    is_usual = order == "ymd" or by_model
    notice = "" if is_usual else _date_notice(unique, dates, order, is_certain=is_certain)
    return Reading("datetime", dates, ~np.isnat(dates), replace(PLAIN, dates=order), notice)


def _date_notice(
    unique: UniqueTexts, dates: NDArray[np.datetime64], order: str, *, is_certain: bool
) -> str:
    i = int(np.argmin(np.isnat(dates)))
    first, other = ("day", "month") if order == "dmy" else ("month", "day")
    day = str(dates[i].astype("datetime64[D]"))
    if is_certain:
        return f"holds dates, the {first} first: {unique.texts[i]!r} is {day}."
    option = cells.option("dates", "mdy" if order == "dmy" else "dmy")
    return (
        f"holds dates, and none tells day and month apart: {unique.texts[i]!r} is read as {day}; "
        f"{option} takes the {other} first."
    )


READERS = {"number": read_number, "datetime": read_date, "boolean": read_boolean}
