"""Skip lines of a text file that are not part of its table: titles, comments and footers."""

import re
from collections.abc import Collection, Iterator, Sequence


class LineFilter:
    """Skips lines by number (from 1), and lines that begin with a comment mark."""

    def __init__(self, skip: Collection[int], comment: str | None) -> None:
        self._skip, self._last_skipped = frozenset(skip), max(skip, default=0)
        mark = re.escape((comment or "").encode())
        line = rb"(?:\A|(?<=[\r\n]))[ \t]*%b[^\r\n]*(?:\r\n|\r|\n|\Z)" % mark
        self._comment = None if comment is None else re.compile(line)
        self._number = 0
        self._held: list[bytes] = []

    def kept(self, chunk: bytes, *, last: bool) -> bytes:
        """Return the next lines to keep; an incomplete line waits until its end arrives."""
        if self._comment is None and self._number >= self._last_skipped:
            text, self._held = b"".join([*self._held, chunk]), []
            return text
        self._held.append(chunk)
        # Joined only when a line ends: a line may be as long as the file.
        if not last and not _may_end_a_line(self._held):
            return b""
        text = b"".join(self._held)
        stop = len(text)
        if not last:  # \r\n may lie on the seam
            stop = max(text.rfind(b"\n"), text.rfind(b"\r", 0, len(text) - 1)) + 1
        text, self._held = text[:stop], [text[stop:]]
        if self._number < self._last_skipped:
            lines = re.findall(rb"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+", text)
            text = b"".join(
                line for i, line in enumerate(lines, start=self._number + 1) if i not in self._skip
            )
            self._number += len(lines)
        return text if self._comment is None else self._comment.sub(b"", text)


def numbered_lines(chunks: Iterator[bytes]) -> Iterator[tuple[int, bytes]]:
    """Yield (number from 1, line without its end) for the lines of a text."""
    number, pending = 1, [b""]
    for chunk in chunks:
        pending.append(chunk)
        if not _may_end_a_line(pending):
            continue
        *lines, rest = re.split(rb"\r\n|\r(?!\Z)|\n", b"".join(pending))  # \r\n may lie on the seam
        pending = [rest]
        yield from enumerate(lines, start=number)
        number += len(lines)
    yield number, b"".join(pending).rstrip(b"\r")


def _may_end_a_line(chunks: Sequence[bytes]) -> bool:
    """Return whether the last chunk contains the end of a line, or may complete one."""
    return any(mark in chunks[-1] for mark in (b"\n", b"\r")) or any(
        chunk.endswith(b"\r") for chunk in chunks[-2:-1]
    )
