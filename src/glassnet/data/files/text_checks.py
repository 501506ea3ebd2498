"""Checks of a whole text file: bytes that are not UTF-8, and quotes that are never closed."""

from __future__ import annotations

import re
from contextlib import closing
from pathlib import Path

from glassnet.data.files.limits import Limits
from glassnet.data.files.utf8_stream import CHUNK, Decoding, Utf8Stream
from glassnet.errors import DataError


def bad_bytes(path: Path, limits: Limits) -> tuple[int, int, int]:
    """Return what of a file is not UTF-8.

    That is: how many bytes, the line of the first one, from 1, and how many other characters are
    not ASCII.
    """
    n_bad = n_good = line = 0
    n_lines = 1
    with closing(Utf8Stream(path, limits, Decoding("utf-8", lenient=True))) as stream:
        while chunk := stream.read(CHUNK):
            text = chunk.decode("utf-8", errors="ignore")
            before, *parts = text.split("\ufffd")
            if parts and not n_bad:
                line = n_lines + before.count("\n")
            n_bad, n_lines = n_bad + len(parts), n_lines + text.count("\n")
            n_good += len(re.findall(r"[^\x00-\x7f\ufffd]", text))
    return n_bad, line, n_good


def require_closed_quotes(
    stream: Utf8Stream, delimiter: str, quote: str, max_cell_bytes: int
) -> None:
    """Raise the DataError for a quote that is opened and never closed before the end of a text.

    A quote opens a cell at its beginning only, and a doubled one closes none. The text is read in
    chunks; a cell of more than `max_cell_bytes` is taken for one that does not end.
    """
    marks = {b"Q": re.escape(quote).encode(), b"D": re.escape(delimiter).encode()}
    line_end = rb"\r\n?|\n"
    text = rb"(?:Q(?:[^Q]++|QQ)*+Q[^D\r\n]*+|(?!Q)[^D\r\n]*+)"
    cell = re.sub(rb"[QD]", lambda found: marks[found[0]], text)
    whole_cells = re.compile(rb"(?:%b(?:%b|%b))*+" % (cell, marks[b"D"], line_end))
    rest, row = b"", 1
    while chunk := stream.read(CHUNK):
        rest += chunk
        stop = whole_cells.match(rest).end()  # type: ignore[union-attr]
        row += len(re.findall(line_end, rest[:stop]))
        rest = rest[stop:]
        if len(rest) > max_cell_bytes + CHUNK:
            break
    if re.fullmatch(cell, rest) is None:
        shown = rest[:40].decode("utf-8", errors="ignore")
        raise DataError(
            f"a quote is opened in line {row} after the header and never closed: {shown!r}..."
        )
