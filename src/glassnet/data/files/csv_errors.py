"""What pyarrow says about a broken text file, in one clear sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator

from glassnet.data.files.line_filter import numbered_lines

_RAGGED = re.compile(r"(?:Row #(\d+): )?Expected (\d+) columns, got (\d+)(?:: (.*))?", re.DOTALL)


def sentence(message: str, line: int | None = None) -> str:
    """Return what pyarrow says in one clear sentence; `line` is where in the file a row of another width stands, if that is known."""
    ragged = _RAGGED.search(message)
    if ragged:
        row, expected, got, content = ragged.groups()
        where = f"row {int(row) + 1} (the header is row 1)" if row else "a row"
        shown = f": {content.strip()[:80]!r}" if content else ""
        at = line or (int(row) + 1 if row else None)
        skip = f"[{at}]) (--skip-rows {at}-{at})" if at else "...) (--skip-rows N or A-B)"
        hint = f"Lines that are no rows of the table are skipped by Dialect(skip_rows={skip} or Dialect(comment='#') (--comment '#')."
        return f"{where} has {got} cells but the header names {expected} columns{shown}. {hint}"
    if "straddling" in message:
        return "a row does not end where rows of a table do: a quote is never closed, or this is no table of text."
    return message.partition("\n")[0][:300].rstrip(".") + "."


def line_of(message: str, pieces: Iterator[bytes]) -> int | None:
    """Return the number in the file, from 1, of the line that pyarrow found to be of another width; None where it does not say which.

    Rows and lines are not counted alike: a row may lie on several lines, and empty lines and those
    that are left out are no rows.
    """
    ragged = _RAGGED.search(message)
    if ragged is None or not ragged[1] or not ragged[4]:
        return None
    start = re.split("[\r\n]", ragged[4].removesuffix("..."))[0].encode()
    return next(
        (
            line
            for line, text in numbered_lines(pieces)
            if line > int(ragged[1]) and text.startswith(start)
        ),
        None,
    )
