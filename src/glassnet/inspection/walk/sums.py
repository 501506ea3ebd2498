"""Sums whose printed terms add up to the printed total, to the last digit.

All terms and the total are rounded to the same number of decimals. What the rounded terms lack to
the rounded total is a term of its own, the rounding.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal

#: Significant digits of the largest number of a sum.
DIGITS = 4
#: Numbers with more decimals, and numbers of more digits, are printed with an exponent.
MAX_DECIMALS, MAX_DIGITS = 9, 9
#: Enough for every float and every number of decimals.
_CONTEXT = Context(prec=400)


@dataclass(frozen=True)
class Number:
    """A number as it is printed.

    value : the number
    decimals : the last printed digit is that of 10^-decimals; below 0 or above MAX_DECIMALS the
        number is printed with an exponent, like 1.234e-12
    """

    value: float
    decimals: int

    @property
    def rounded(self) -> Decimal:
        """The printed number, exactly; 0 never has a sign."""
        if not math.isfinite(self.value):
            return Decimal(self.value)
        step = Decimal(1).scaleb(-self.decimals)
        found = Decimal(self.value).quantize(step, ROUND_HALF_EVEN, _CONTEXT)
        return found.copy_abs() if found == 0 else found

    def __str__(self) -> str:
        """Return the printed number, such as -1,234.50."""
        if not math.isfinite(self.value):
            return str(self.value)
        if 0 <= self.decimals <= MAX_DECIMALS:
            return f"{self.rounded:,f}"
        exponent = DIGITS - 1 - self.decimals
        return f"{self.rounded.scaleb(-exponent):.{DIGITS - 1}f}e{exponent:+03d}"


@dataclass(frozen=True)
class Term:
    """One term of a sum.

    name : what it is
    number : its value
    """

    name: str
    number: Number


@dataclass(frozen=True)
class Sum:
    """A sum as it is printed.

    terms : those that are shown, the first ones first
    more : how many further terms the term before the last stands for; 0 if all are shown
    total : their sum
    """

    terms: tuple[Term, ...]
    total: Number
    more: int = 0

    @property
    def rounding(self) -> Decimal:
        """What the printed terms lack to the printed total."""
        if not math.isfinite(self.total.value):
            return Decimal(0)
        return self.total.rounded - sum((term.number.rounded for term in self.terms), Decimal(0))


def make_sum(
    names: Sequence[str],
    values: Sequence[float],
    total: float,
    *,
    keep: int | None = None,
    last: int = 0,
    decimals: int | None = None,
) -> Sum:
    """Return the printed sum of some values.

    Parameters
    ----------
    names, values : of the terms
    total : their sum, as the model computed it
    keep : how many of the largest terms are shown; the others become one. None shows all.
    last : how many of the last terms are shown in any case, such as a bias
    decimals : of all numbers; None shows four digits of the largest one
    """
    n = len(values) - last
    shown = list(range(n))
    if keep is not None and n > keep + 1:
        largest = sorted(range(n), key=lambda i: (-abs(values[i]), i))[:keep]
        shown = sorted(i for i in largest if values[i] != 0.0 or i == largest[0])
    places = decimals_for([*values, total]) if decimals is None else decimals
    terms = [Term(names[i], Number(values[i], places)) for i in shown]
    more = n - len(shown)
    if more:
        rest = math.fsum(values[i] for i in set(range(n)) - set(shown))
        terms.append(Term(f"{more:,} more", Number(rest, places)))
    terms += [Term(names[i], Number(values[i], places)) for i in range(n, n + last)]
    return Sum(tuple(terms), Number(total, places), more)


def decimals_for(values: Sequence[float]) -> int:
    """Return the decimals that show four digits of the largest number."""
    largest = max((abs(value) for value in values if math.isfinite(value)), default=0.0)
    if largest == 0.0:
        return DIGITS - 1
    digits = math.floor(math.log10(largest)) + 1
    return 0 if DIGITS < digits <= MAX_DIGITS else DIGITS - digits


def number(value: float) -> Number:
    """Return a number printed with four digits."""
    return Number(value, decimals_for([value]))
