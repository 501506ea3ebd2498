"""Lines of a text file that are no rows of its table: titles, comments and footers, left out while the text is read."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from glassnet.data.files.header import is_number
from glassnet.data.tables.cells import MISSING


class LineFilter:
    """Leaves out lines by their number, from 1, and those that begin with a mark."""

    def __init__(self, skip: Collection[int], comment: str | None) -> None:
        self._skip, self._last_skipped = frozenset(skip), max(skip, default=0)
        mark = None if comment is None else re.escape(comment.encode())
        self._comment = (
            None
            if mark is None
            else re.compile(rb"(?:\A|(?<=[\r\n]))[ \t]*%b[^\r\n]*(?:\r\n|\r|\n|\Z)" % mark)
        )
        self._number = 0
        self._held: list[bytes] = []

    def kept(self, piece: bytes, *, last: bool) -> bytes:
        """Return the next lines that are kept; what does not end yet is held back until the rest of the line comes."""
        if self._comment is None and self._number >= self._last_skipped:
            text, self._held = b"".join([*self._held, piece]), []
            return text
        self._held.append(piece)
        if not last and not _may_end_a_line(
            self._held
        ):  # joined once a line ends: a line may be as long as a file
            return b""
        text = b"".join(self._held)
        stop = (
            len(text) if last else max(text.rfind(b"\n"), text.rfind(b"\r", 0, len(text) - 1)) + 1
        )  # \r\n may lie on the seam
        text, self._held = text[:stop], [text[stop:]]
        if self._number < self._last_skipped:
            lines = re.findall(rb"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+", text)
            text = b"".join(
                line for i, line in enumerate(lines, start=self._number + 1) if i not in self._skip
            )
            self._number += len(lines)
        return text if self._comment is None else self._comment.sub(b"", text)


def numbered_lines(pieces: Iterator[bytes]) -> Iterator[tuple[int, bytes]]:
    """Yield the lines of a text without their ends, numbered from 1."""
    number, held = 1, [b""]
    for piece in pieces:
        held.append(piece)
        if not _may_end_a_line(held):
            continue
        *lines, rest = re.split(rb"\r\n|\r(?!\Z)|\n", b"".join(held))  # \r\n may lie on the seam
        held = [rest]
        for line in lines:
            yield number, line
            number += 1
    yield number, b"".join(held).rstrip(b"\r")


def _may_end_a_line(pieces: Sequence[bytes]) -> bool:
    """Return whether the last of some pieces holds the end of a line, or those before it end in what may be one."""
    return any(mark in pieces[-1] for mark in (b"\n", b"\r")) or any(
        piece.endswith(b"\r") for piece in pieces[-2:-1]
    )


def looks_like_row(cells: Sequence[str], sample: Sequence[Sequence[str]]) -> bool:
    """Return whether a line has as many cells as the rows of a sample, and numbers wherever all of these have some."""
    widths = {len(row) for row in sample}
    if widths != {len(cells)}:
        return False
    numeric = [
        i for i in range(len(cells)) if all(is_number(row[i]) or _is_gap(row[i]) for row in sample)
    ]
    held = [cells[i] for i in numeric]
    return any(map(is_number, held)) and all(is_number(cell) or _is_gap(cell) for cell in held)


def _is_gap(cell: str) -> bool:
    return not cell.strip() or cell.strip() in MISSING
