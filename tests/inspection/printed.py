"""Read printed sums back: their terms, as they stand in a walk, and their total."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

NUMBER = re.compile(r"([+-] )?(-?[\d,]+(?:\.\d+)?(?:e[+-]\d+)?) \(")
TOTAL = re.compile(r"= (-?[\d,]+(?:\.\d+)?(?:e[+-]\d+)?)(?: -> a = \S+)?$")


@dataclass(frozen=True)
class Printed:
    """A sum as it stands: its terms with their names, and its total."""

    text: str
    terms: list[tuple[Decimal, str]]
    total: Decimal

    def adds_up(self) -> bool:
        return sum((value for value, _ in self.terms), Decimal(0)) == self.total


def entries(text: str) -> Iterator[str]:
    """The entries of a walk, each on one line again; titles begin in the first column."""
    current = ""
    for line in [*text.splitlines(), ""]:
        if line.startswith("      ") and current:
            current += f" {line.strip()}"
        else:
            if current:
                yield current
            current = line.strip() if line.startswith("  ") else ""


def sums(text: str) -> Iterator[Printed]:
    """All sums in a walk; an entry is one if it is `label: terms = total` and nothing else."""
    for entry in entries(text):
        total = TOTAL.search(entry)
        first = re.search(r": (?=-?[\d,]+(\.\d+)?(e[+-]\d+)? \()", entry)
        if not total or not first:
            continue
        rest, terms = entry[first.end() : total.start()].strip(), []
        while rest:
            found = NUMBER.match(rest)
            assert found, f"no term: {rest!r} in {entry!r}"
            end = closing(rest, found.end() - 1)
            sign = -1 if (found[1] or "").startswith("-") else 1
            terms.append((sign * number(found[2]), rest[found.end() : end]))
            rest = rest[end + 1 :].strip()
        yield Printed(entry, terms, number(total[1]))


def closing(text: str, start: int) -> int:
    """Where the parenthesis that opens at `start` closes."""
    depth = 0
    for i in range(start, len(text)):
        depth += {"(": 1, ")": -1}.get(text[i], 0)
        if depth == 0:
            return i
    raise AssertionError(f"no closing parenthesis: {text!r}")


def number(text: str) -> Decimal:
    return Decimal(text.replace(",", ""))
