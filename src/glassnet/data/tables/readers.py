"""How the texts of a column are read as true and false, as codes, as numbers, as times of day or as dates, and how many of them must be.

Each reader returns a value for every text, or None where the column is not of its kind. A few odd
cells do not change a kind: they are missing values. docs/reading.md tells the rule.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassnet.data.tables import cells
from glassnet.data.tables.forms import CLOCK, PLAIN, Form
from glassnet.data.tables.moments import date_order, read_clock, read_dates
from glassnet.data.tables.numerals import SAMPLE, find_form, number_of, read_numbers
from glassnet.data.tables.schema import Column, Kind
from glassnet.errors import DataError

#: So large a share of the cells that hold something makes the kind of a column, ...
NEARLY = 0.9
#: ... so large a one where some odd cell has digits in it, as codes such as 102B have, ...
NEARLY_WITH_CODES = 0.99
#: ... and so large a one where all odd cells are marks that people write for what they do not know.
WITH_MARKS = 0.5

#: What people write where a number or a date is not known, in small letters.
_MARKS = """
- -- --- ---- . .. ... \u2013 \u2014 * ** *** # n.a. n.a na n/a n/d nd none nil null (null) nan -nan nat \\n
unknown missing (missing) (blank) blank (empty) empty undefined unspecified n.v. k.a. k.a s/d s.d. tbd tba
0000-00-00 00/00/0000
#div/0! #value! #ref! #num! #name? #null! #n/a #n/a! 1.#ind -1.#ind 1.#qnan -1.#qnan
"""
MARKS = frozenset(_MARKS.split()) | {
    "not available",
    "not applicable",
    "not known",
    "no data",
    "keine angabe",
}
#: What a survey or a diagnosis writes for "none of these"; in a target it is a class.
NONE = frozenset({"None"})
#: A limit of detection, such as <0.01 or > 500: the number is not known either.
_BEYOND = re.compile(r"[<>\u2264\u2265~\u2248]=? ?[0-9][0-9.,]*(?:[eE][+-]?[0-9]+)?\D{0,12}")
_CODE = re.compile(r"0[0-9]+")
_DIGITS = re.compile(r"[0-9]+")
#: The order of dates is found from so many different ones.
MOST_DATES = 10_000


@dataclass(frozen=True)
class Asked:
    """What is known of a column before its cells are looked at.

    kind : that it must have; None where it is to be found
    form : in which a model read its cells in training
    said : whether the caller said the kind: odd cells are missing then however many there are
    lenient : whether odd cells are missing however many there are, where no kind was said, too
    seen : how many rows of the column have been read before these, which are a stretch of it
    target : whether it is to be predicted: "None" is a class then, and words that are missing
        values are worth a notice
    """

    kind: Kind | None = None
    form: Form = PLAIN
    said: bool = False
    lenient: bool = False
    target: bool = False
    seen: int = 0

    @property
    def by_training(self) -> bool:
        """Whether a model asks, which says nothing again of what was said in training."""
        return self.kind is not None and not self.said

    @property
    def missing(self) -> frozenset[str]:
        """The texts that are missing values where the caller does not say which are."""
        return (
            frozenset()
            if self.form.verbatim
            else cells.MISSING - NONE
            if self.target
            else cells.MISSING
        )

    @classmethod
    def by_model(cls, column: Column) -> Asked:
        """Return what a model asks of a column."""
        return cls(column.kind, column.form)

    @classmethod
    def by_caller(cls, kind: Kind) -> Asked:
        """Return what a caller asks who says the kind of a column; the words of a category that is said are its levels."""
        return cls(kind, replace(PLAIN, verbatim=kind == "category"), said=True)


@dataclass(frozen=True)
class Spelling:
    """How the caller says that cells are written, for all columns; None where that is to be found.

    missing : the texts that are missing values, besides the empty one; None for `cells.MISSING`
    decimal, thousands, dates : as in `Form`
    usual : the decimal mark of the file, for a column that does not tell
    """

    missing: frozenset[str] | None = None
    decimal: str | None = None
    thousands: str | None = None
    dates: str | None = None
    usual: str = "."


@dataclass(frozen=True, eq=False)
class Words:
    """The different texts of a column that are no missing values, how often each occurs, and which level of the column each is.

    `codes` are those of the whole column, and `gaps` says which of its levels are missing values.
    """

    name: str
    codes: NDArray[np.int32]
    texts: list[str]
    counts: NDArray[np.int64]
    at: NDArray[np.intp]
    gaps: NDArray[np.bool_]

    def refusal(self, kind: Kind, asked: Asked, spelling: Spelling) -> DataError:
        """Return the error for a column that must be of a kind and is not; it names the first cell that is odd."""
        readable = READERS[kind](self, replace(asked, lenient=True), spelling)
        unread = [i for i in range(len(self.texts)) if readable is None or not readable.readable[i]]
        odd = [
            i for i in unread if not is_mark(self.texts[i])
        ] or unread  # a mark by itself would be missing
        rows = [int(np.argmax(self.codes == self.at[i])) for i in odd[:1000]]
        row = min(rows)
        expected = {
            "number": "numbers",
            "datetime": "date-times such as 2026-01-31 or 2026-01-31 12:30:00",
        }.get(kind, "true or false")
        text = self.texts[odd[rows.index(row)]][:80]
        missing = (
            f" {cells.option('missing', text)} reads it as missing." if len(text) <= 20 else ""
        )
        return DataError(
            f"column {self.name!r} must hold {expected} but row {row} (counting from 0) holds "
            f"{text!r}.{missing}"
        )


@dataclass(frozen=True, eq=False)
class Reading:
    """What a reader made of the texts: a value for each, which of them it could read, and what is to be said about it."""

    kind: Kind
    values: NDArray[Any]
    readable: NDArray[np.bool_]
    form: Form
    said: str = ""


def enough(words: Words, readable: NDArray[np.bool_], asked: Asked, nearly: float = NEARLY) -> bool:
    """Return whether so many cells can be read that the others are missing values."""
    if readable.all():
        return True
    if (
        not readable.any() and not asked.seen
    ):  # a mark in a column of numbers is missing; a column of marks alone has no kind
        return asked.kind is not None and all(map(is_mark, words.texts))
    if asked.said or asked.lenient:
        return True
    odd = [
        text
        for text, known in zip(words.texts, readable.tolist(), strict=True)
        if not known and not is_mark(text)
    ]
    share = (asked.seen + words.counts[readable].sum()) / (asked.seen + words.counts.sum())
    if not odd:
        return asked.kind is not None or bool(share >= WITH_MARKS)
    with_codes = asked.kind is None and any(map(_DIGITS.search, odd))
    return bool(share >= (max(nearly, NEARLY_WITH_CODES) if with_codes else nearly))


def is_mark(text: str) -> bool:
    """Return whether a text is what people write for a value that is not known."""
    return text in cells.MISSING or text.lower() in MARKS or _BEYOND.fullmatch(text) is not None


def read_boolean(words: Words, asked: Asked, spelling: Spelling) -> Reading | None:
    """Read true and false; also yes and no, 0 and 1 where a boolean is asked for."""
    known = [
        cells.BOOLEANS.get(text) if asked.kind is None else cells.YES_OR_NO.get(text.lower())
        for text in words.texts
    ]
    readable = np.array([value is not None for value in known], dtype=bool)
    if not enough(words, readable, asked, nearly=1.0):
        return None
    return Reading("boolean", np.array([value == "true" for value in known]), readable, asked.form)


def read_codes(words: Words, asked: Asked, spelling: Spelling) -> Reading | None:
    """Read whole numbers with leading zeros as the codes that they are: 007 and 7 are two."""
    example = next((text for text in words.texts if _CODE.fullmatch(text)), None)
    if example is None or not all(map(_DIGITS.fullmatch, words.texts)):
        return None
    said = f"holds codes with leading zeros such as {example[:40]!r} and is a category; {cells.option('types', 'number', words.name)}"
    return Reading(
        "category",
        np.zeros(0),
        np.ones(len(words.texts), dtype=bool),
        PLAIN,
        f"{said} reads numbers.",
    )


def read_number(words: Words, asked: Asked, spelling: Spelling) -> Reading | None:
    """Read numbers, plain or as people write them."""
    if asked.form.unit == CLOCK:
        return read_hours(words, asked, spelling)
    if asked.kind is None and not _may_be_numbers(words):
        return None
    by_model = asked.by_training
    usual = (
        asked.form
        if by_model and asked.form.decimal + asked.form.thousands != "."
        else Form(spelling.usual)
    )
    form = find_form(
        words.texts,
        words.counts,
        decimal=spelling.decimal,
        thousands=spelling.thousands,
        first=usual,
        mixed=asked.said,
    )
    form = (
        replace(form, unit=asked.form.unit) if by_model else form
    )  # a model knows the unit of its column
    values = read_numbers(words.texts, form)
    if asked.kind is not None:  # true and false are 1 and 0 where numbers are asked for
        truth = np.array(
            [
                {"true": 1.0, "false": 0.0}.get(cells.BOOLEANS.get(text, ""), np.nan)
                for text in words.texts
            ]
        )
        values = np.where(np.isnan(values), truth, values)
    readable = ~np.isnan(values)
    if not enough(words, readable, asked):
        return None
    form = PLAIN if form == Form(spelling.usual) else form
    return Reading(
        "number", values, readable, form, "" if by_model else _number_said(words, values, form)
    )


def _may_be_numbers(words: Words) -> bool:
    """Return whether half of the cells have a digit, as far as a sample tells."""
    counts = words.counts[:SAMPLE]
    with_digits = np.array(
        [_DIGITS.search(text) is not None for text in words.texts[:SAMPLE]], dtype=bool
    )
    return bool(counts[with_digits].sum() >= WITH_MARKS * counts.sum())


def _number_said(words: Words, values: NDArray[np.float64], form: Form) -> str:
    """Return what is to be said about how numbers are written, "" where they are plain."""
    known = np.flatnonzero(~np.isnan(values)).tolist()
    i = next((i for i in known if number_of(words.texts[i]) is None), None)
    if form == PLAIN or i is None:
        return ""
    shown = [words.texts[i] for i in known]
    unsure = form.thousands in (",", ".") and not any(form.decimal in text for text in shown)
    unsure = unsure and all(
        number_of(text.replace(form.thousands, ".", 1)) is not None for text in shown
    )
    other = f", {cells.option('decimal', form.thousands)} reads decimals" if unsure else ""
    text = cells.option("types", "category", words.name)
    return f"is read as numbers, {words.texts[i][:40]!r} as {values[i]:.15g}; {text} reads text{other}."


def read_hours(words: Words, asked: Asked, spelling: Spelling) -> Reading | None:
    """Read times of day as hours since midnight."""
    trained = asked.form.unit == CLOCK
    if not trained and not any(":" in text or text[-1] in "mM." for text in words.texts[:SAMPLE]):
        return None
    hours = read_clock(words.texts)
    if trained:  # hours may come as numbers, too
        hours = np.where(np.isnan(hours), read_numbers(words.texts, PLAIN), hours)
    readable = ~np.isnan(hours)
    if not enough(words, readable, asked):
        return None
    i = int(np.argmax(readable))
    text = cells.option("types", "category", words.name)
    said = f"holds times of day, read as hours: {words.texts[i]!r} is {hours[i]:.6g}; {text} reads text."
    return Reading("number", hours, readable, replace(PLAIN, unit=CLOCK), "" if trained else said)


def read_date(words: Words, asked: Asked, spelling: Spelling) -> Reading | None:
    """Read dates and date-times; the order of day, month and year is that of the column as a whole."""
    if asked.kind is None and not _may_be_numbers(words):
        return None
    by_model = asked.by_training
    found, certain = date_order(words.texts[:MOST_DATES], words.counts[:MOST_DATES])
    if spelling.dates is not None:
        order, certain = spelling.dates, True
    elif by_model and asked.form.dates != "ymd" and not (certain and found != "ymd"):
        order = asked.form.dates  # as in training, where these cells do not tell
    else:
        order = found
    if asked.kind is None and bool(
        np.isnat(read_dates(words.texts[:SAMPLE], order)).mean() > WITH_MARKS
    ):
        return None
    dates = read_dates(words.texts, order, compact=asked.kind is not None)
    readable = ~np.isnat(dates)
    if not enough(words, readable, asked):
        return None
    if found == "ymd" and not by_model:  # no cell that the order matters to
        order = found
    said = "" if order == "ymd" or by_model else _date_said(words, dates, order, certain=certain)
    return Reading("datetime", dates, readable, replace(PLAIN, dates=order), said)


def _date_said(words: Words, dates: NDArray[np.datetime64], order: str, *, certain: bool) -> str:
    i = int(np.argmin(np.isnat(dates)))
    first, other = ("day", "month") if order == "dmy" else ("month", "day")
    day = str(dates[i].astype("datetime64[D]"))
    if certain:
        return f"holds dates, the {first} first: {words.texts[i]!r} is {day}."
    option = cells.option("dates", "mdy" if order == "dmy" else "dmy")
    return f"holds dates, and none tells day and month apart: {words.texts[i]!r} is read as {day}; {option} takes the {other} first."


READERS = {"number": read_number, "datetime": read_date, "boolean": read_boolean}
