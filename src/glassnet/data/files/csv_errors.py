"""What pyarrow says about a broken text file, in one clear sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator

_RAGGED = re.compile(r"(?:Row #(\d+): )?Expected (\d+) columns, got (\d+)(?:: (.*))?", re.DOTALL)


def sentence(message: str, line: int | None = None) -> str:
    """Return a message of pyarrow as one clear sentence.

    `line` is the line of the file that holds a row of another width, if it is known.
    """
    ragged = _RAGGED.search(message)
    if ragged:
        row, expected, got, content = ragged.groups()
        where = f"row {int(row) + 1} (the header is row 1)" if row else "a row"
        shown = f": {content.strip()[:80]!r}" if content else ""
        at = line or (int(row) + 1 if row else None)
        skip = f"[{at}]) (--skip-rows {at}-{at})" if at else "...) (--skip-rows N or A-B)"
        return (
            f"{where} has {got} cells but the header names {expected} columns{shown}. Lines that "
            f"are no rows of the table are skipped by Dialect(skip_rows={skip} or "
            "Dialect(comment='#') (--comment '#')."
        )
    if "straddling" in message:
        return (
            "a row does not end where rows of a table do: a quote is never closed, or this is no "
            "table of text."
        )
    return message.partition("\n")[0][:300].rstrip(".") + "."


def line_of(message: str, lines: Iterator[tuple[int, bytes]]) -> int | None:
    """Return which of the numbered lines pyarrow found to be of another width.

    It is None where pyarrow does not say which. Rows and lines are not counted alike: a row may lie
    on several lines, and empty and skipped lines are no rows.
    """
    ragged = _RAGGED.search(message)
    if ragged is None or not ragged[1] or not ragged[4]:
        return None
    start = re.split("[\r\n]", ragged[4].removesuffix("..."))[0].encode()
    found = (line for line, text in lines if line > int(ragged[1]) and text.startswith(start))
    return next(found, None)
