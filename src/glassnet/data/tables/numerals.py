"""Parse formatted numbers: thousands separators, currencies, percent, units, (1) for -1.

    1,234.50   1.234,50   1 234   1'234   12,34,567   -$1,234   (1,234.50)   1234-   EUR 12   CHF
               12.-   5.1%   1.5 kg
    and the minus sign U+2212, also as a dash

The marks are detected for a whole column: those that parse most of its cells. A number is not
converted to another unit: 5.1% is 5.1.
"""

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from glassnet.data.tables.schema import PLAIN, THOUSANDS, Form

# float() also accepts "1_000", "infinity" and digits of other scripts; a table cell must be a plain
# decimal number.
_PLAIN_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_SPACES = (
    dict.fromkeys(map(ord, "\u00a0\u2007\u2009\u202f"), " ")
    | dict.fromkeys((0x2212, 0x2013, 0xFE63, 0xFF0D), "-")
    | {0x2019: "'"}
)
#: The dash in place of cents: 12.- and 12,--
_NO_CENTS = re.compile(r"(?<=[0-9])[.,](?:-{1,2}|\u2014)(?=[^0-9]|$)")
_SYMBOLS = "$\u20ac\u00a3\u00a5\u20b9\u20bd\u20a9\u20ba\u20aa\u0e3f\u20ab\u20b4"
_CODES = """
USD EUR GBP CHF JPY CNY INR AUD CAD NZD SEK NOK DKK PLN CZK HUF BRL MXN ZAR RUB TRY KRW SGD HKD ILS
THB US$ A$ C$ R$ Rs Rs. kr
"""
_CURRENCY = rf"(?:{'|'.join(map(re.escape, _CODES.split()))}|[{_SYMBOLS}])"
_UNIT = (
    rf"(?:[%\u2030]|{_CURRENCY}|[\u00b0\u00b5\u03bc]?[^\W\d_]"
    rf"(?:[^\d(),;:%{_SYMBOLS}]{{0,18}}[^\W\d_.\u00b0])?[23\u00b2\u00b3.]?)"
)
#: The maximum number of characters of a number with marks or a unit; a longer text can only be a
#: plain number.
MAX_LENGTH = 400
#: The number of distinct texts from which the form of a column is detected.
SAMPLE = 500


def number_of(text: str) -> float | None:
    """Return the finite plain decimal number in a text, or None."""
    if _PLAIN_NUMBER.fullmatch(text) is None:
        return None
    number = float(text)
    return number if math.isfinite(number) else None


@cache
def _pattern(decimal: str, thousands: str) -> re.Pattern[str]:
    d, t = re.escape(decimal), re.escape(thousands)
    grouped = rf"[1-9][0-9]{{0,2}}(?:{t}[0-9]{{3}})+|" if thousands else ""
    grouped += (
        rf"[1-9][0-9]?(?:{t}[0-9]{{2}})+{t}[0-9]{{3}}|" if thousands == "," else ""
    )  # lakhs and crores
    body = rf"(?:(?:{grouped}[0-9]+)(?:{d}[0-9]*)?|{d}[0-9]+)(?:[eE][+-]?[0-9]+)?"
    return re.compile(
        rf"(?P<open>\()? ?(?P<first>[+-])? ?(?P<before>{_CURRENCY})? ?(?P<second>[+-])? "
        rf"?(?P<body>{body}) ?(?P<last>-)? ?(?P<after>{_UNIT})? ?(?(open)\))"
    )


def spelled(text: str, form: Form) -> tuple[float, str] | None:
    """Return the finite number in a text written in a form, and its unit; or None."""
    plain = number_of(text) if form.decimal == "." else None
    if plain is not None:
        return plain, ""
    if len(text) > MAX_LENGTH:
        return None
    found = _pattern(form.decimal, form.thousands).fullmatch(
        _NO_CENTS.sub("", text.translate(_SPACES))
    )
    if found is None:
        return None
    signs = [sign for sign in found.group("first", "second", "last") if sign]
    signs += ["-"] if found["open"] else []
    units = [unit for unit in found.group("before", "after") if unit]
    is_clock = any(unit.lower().replace(".", "") in ("am", "pm") for unit in units)
    number = float(found["body"].replace(form.thousands, "").replace(form.decimal, "."))
    if len(signs) > 1 or len(units) > 1 or is_clock or not math.isfinite(number):
        return None
    return (-number if signs == ["-"] else number), "".join(units)


def same_unit(unit: str, other: str) -> bool:
    """Return whether two units are the same, such as "year" and "years"."""
    return unit == other or (
        min(len(unit), len(other)) > 2
        and unit.rstrip(". ").removesuffix("s") == other.rstrip(". ").removesuffix("s")
    )


def read_numbers(texts: Sequence[str], form: Form) -> NDArray[np.float64]:
    """Parse texts as numbers in a form; other texts and other units become NaN.

    A number without a unit has the unit of the column, except for percent, which must be written
    with all numbers except 0.
    """
    numbers = np.full(len(texts), np.nan)
    for i, text in enumerate(texts):
        number, unit = spelled(text, form) or (np.nan, "")
        may_lack_unit = form.unit not in ("%", "\u2030") or number == 0.0
        if same_unit(unit, form.unit) or (unit == "" and may_lack_unit):
            numbers[i] = number
    return numbers


def find_form(
    texts: Sequence[str],
    counts: NDArray[np.int64],
    *,
    decimal: str | None = None,
    thousands: str | None = None,
    first: Form = PLAIN,
    mixed: bool = False,
) -> Form:
    """Return the form with which most cells of a column parse as numbers.

    Parameters
    ----------
    texts, counts : the distinct texts of the column, and how often each occurs
    decimal, thousands : the marks if they are known
    first : the form that is returned unless another one parses more cells
    mixed : whether a column with several units gets the most frequent one; otherwise it gets none
    """
    if len(texts) > SAMPLE:
        at = np.random.Generator(np.random.Philox(0)).permutation(len(texts))[:SAMPLE]
        texts, counts = [texts[i] for i in at], counts[at]
    best, most = first, -1
    translated = [text.translate(_SPACES) for text in texts]
    for form in _candidates(decimal, thousands, first):
        if not any(form.thousands in text for text in translated):
            continue
        with_unit = replace(
            form, unit=_unit([spelled(text, form) for text in texts], counts, mixed=mixed)
        )
        n_numbers = int(counts[~np.isnan(read_numbers(texts, with_unit))].sum())
        if n_numbers > most:
            best, most = with_unit, n_numbers
        if most == counts.sum():
            break
    return best


def _candidates(decimal: str | None, thousands: str | None, first: Form) -> list[Form]:
    decimals = (first.decimal, "," if first.decimal == "." else ".")
    marks = [(mark, between) for mark in decimals for between in THOUSANDS if between != mark]
    return [
        Form(mark, between)
        for mark, between in dict.fromkeys([(first.decimal, first.thousands), *marks])
        if decimal in (None, mark) and thousands in (None, between)
    ]


def _unit(
    found: Sequence[tuple[float, str] | None], counts: NDArray[np.int64], *, mixed: bool
) -> str:
    """Return the only unit of a column, unless it is only a letter in a few codes."""
    seen: Counter[str] = Counter()
    for spelling, count in zip(found, counts.tolist(), strict=True):
        if spelling is not None:
            seen[spelling[1]] += count
    bare = seen.pop("", 0)
    if not seen:
        return ""
    unit, _ = seen.most_common(1)[0]
    alike = sum(count for other, count in seen.items() if same_unit(other, unit))
    is_enough = re.fullmatch(_CURRENCY, unit) is not None or alike >= max(bare + 1, 2)
    return unit if is_enough and (mixed or alike == sum(seen.values())) else ""
