"""How results are written: numbers and Markdown tables."""

from __future__ import annotations

from collections.abc import Sequence


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table whose columns also line up as plain text; all but the first column stand to
    the right."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]

    def line(cells: Sequence[str]) -> str:
        others = (cell.rjust(width) for cell, width in zip(cells[1:], widths[1:], strict=True))
        return "| " + " | ".join([cells[0].ljust(widths[0]), *others]) + " |"

    rule = "|-" + "-" * widths[0] + "-|" + "".join("-" * (width + 1) + ":|" for width in widths[1:])
    return "\n".join([line(head), rule, *map(line, rows)])


def figure(value: float) -> str:
    """A number with three digits that mean something: 0.0123, 1.23, 12.3, 123, 1,230."""
    for limit, places in ((0.1, 4), (1.0, 3), (10.0, 2), (100.0, 1)):
        if abs(value) < limit:
            return f"{value:.{places}f}"
    return f"{value:,.0f}"
