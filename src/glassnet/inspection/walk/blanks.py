"""Blanks for teaching: numbers that a print leaves out and that the rest of it determines."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from glassnet.errors import DataError
from glassnet.inspection.walk.sums import Number


@dataclass(frozen=True)
class Blank:
    """A number that is left out of a printed sum.

    name : what it is
    number : the number as it would be printed; the other printed numbers of its sum determine it
    """

    name: str
    number: Number


def checked(blank: Blank, answer: Any) -> bool:
    """Return whether an answer is within half a printed digit of the number that is left out."""
    try:
        given = Decimal(str(answer).replace(",", "").strip())
    except ArithmeticError:
        raise DataError(f"an answer is a number, got {answer!r}.") from None
    return abs(given - blank.number.rounded) <= Decimal(5).scaleb(-blank.number.decimals - 1)


def chosen(n_sums: int, n_blanks: int) -> dict[int, int]:
    """Return which sums have a blank: number of the sum -> number of the blank, spread evenly."""
    n = min(n_blanks, n_sums)
    return {(2 * i + 1) * n_sums // (2 * n): i for i in range(n)}
