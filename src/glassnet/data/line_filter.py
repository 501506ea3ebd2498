"""Lines of a text file that are no rows of its table: titles, comments and footers, left out while the text is read."""

from __future__ import annotations

import re
from collections.abc import Collection


class LineFilter:
    """Leaves out lines by their number, from 1, and those that begin with a mark."""

    def __init__(self, skip: Collection[int], comment: str | None) -> None:
        self._skip, self._last_skipped = frozenset(skip), max(skip, default=0)
        mark = None if comment is None else re.escape(comment.encode())
        self._comment = None if mark is None else re.compile(rb"(?:\A|(?<=[\r\n]))[ \t]*%b[^\r\n]*(?:\r\n|\r|\n|\Z)" % mark)
        self._number, self._held = 0, b""

    def kept(self, piece: bytes, *, last: bool) -> bytes:
        """Return the next lines that are kept; what does not end yet is held back until the rest of the line comes."""
        if self._comment is None and self._number >= self._last_skipped:
            piece, self._held = self._held + piece, b""
            return piece
        text = self._held + piece
        stop = len(text) if last else max(text.rfind(b"\n"), text.rfind(b"\r", 0, len(text) - 1)) + 1  # \r\n may lie on the seam
        text, self._held = text[:stop], text[stop:]
        if self._number < self._last_skipped:
            lines = re.findall(rb"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+", text)
            text = b"".join(line for i, line in enumerate(lines, start=self._number + 1) if i not in self._skip)
            self._number += len(lines)
        return text if self._comment is None else self._comment.sub(b"", text)
