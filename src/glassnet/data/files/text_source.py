"""Open a text file: detect header and encoding, choose the lines to skip, check its quotes."""

import re
from collections.abc import Callable, Collection, Iterator
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from glassnet.data.files.header import Header, read_header
from glassnet.data.files.line_filter import numbered_lines
from glassnet.data.files.sample import cells_of, looks_like_row, rows_of
from glassnet.data.files.utf8_stream import CHUNK, FALLBACK, Decoding, NotUtf8Error, Utf8Stream
from glassnet.data.tables.dialect import Dialect, Limits
from glassnet.errors import DataError

HEAD = 2**20
Result = TypeVar("Result")


def bad_bytes(path: Path, limits: Limits) -> tuple[int, int, int]:
    """Count the bytes of a file that are not valid UTF-8.

    Return how many such bytes there are, the line of the first one (from 1), and how many other
    characters are not ASCII.
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
    """Raise a DataError if a quote is not closed before the end of a text.

    A quote opens a cell only at its start, and a doubled quote does not close it. The text is read
    in chunks; a cell of more than `max_cell_bytes` is assumed not to end.
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


class TextSource:
    """A text file with its detected header and encoding.

    Parameters
    ----------
    path : the path of the file
    dialect : the settings given by the caller
    limits : the maximum sizes
    default : the dialect of a model's training table, for what the file does not show
    needed : the names of the columns that the model needs; a dialect that does not give these names
        is not the dialect of the file

    Attributes
    ----------
    header : names, delimiter and so on, as the first lines show
    decoding : how the bytes are decoded
    notices : notices about the file, a sentence each
    """

    def __init__(
        self,
        path: Path,
        dialect: Dialect,
        limits: Limits,
        default: Dialect | None,
        needed: Collection[str],
    ) -> None:
        self._path, self._limits, self._dialect = path, limits, dialect
        self._default = default or Dialect()
        self.notices: list[str] = []
        self.header = self._found_for(set(needed)) if default else self._found(dialect)

    def stream(self) -> Utf8Stream:
        """Return the text after the header."""
        header = self.header
        return self._stream(
            quote=header.quote, delimiter=header.delimiter, skip_bytes=header.n_bytes
        )

    def lines(self) -> Iterator[tuple[int, bytes]]:
        """Yield all lines of the file, including skipped ones, numbered from 1."""
        with closing(
            Utf8Stream(self._path, self._limits, Decoding(self.decoding.encoding, lenient=True))
        ) as stream:
            yield from numbered_lines(iter(lambda: stream.read(CHUNK), b""))

    def decoded(self, read: Callable[[], Result]) -> Result:
        """Return the result of `read`; call it again with another encoding if this one is wrong."""
        try:
            return read()
        except NotUtf8Error:
            self._fall_back()
            return read()

    def read_through(self) -> None:
        """Check the whole file: its encoding, its size, and whether its quotes are closed.

        The first lines do not show these.
        """
        self.require_closed_quotes(self.decoded(self._count_quotes))

    def require_closed_quotes(self, n_quotes: int) -> None:
        """Refuse a file with an odd number of quotes, unless one is inside a cell: 5" long."""
        if n_quotes % 2:
            header = self.header
            with closing(self.stream()) as stream:
                require_closed_quotes(stream, header.delimiter, header.quote, self._limits.field)

    def _count_quotes(self) -> int:
        with closing(self.stream()) as stream:
            while stream.read(CHUNK):
                pass
            return stream.n_quotes

    def _stream(self, **how: Any) -> Utf8Stream:
        lines: dict[str, Any] = {"skip": self._skip, "comment": self._comment}
        return Utf8Stream(self._path, self._limits, self.decoding, **lines, **how)

    def _found(self, dialect: Dialect) -> Header:
        self.decoding = Decoding(dialect.encoding)
        self._skip, self._comment = dialect.skipped_lines, dialect.comment
        return self.decoded(lambda: self._read_header(dialect))

    def _read_header(self, dialect: Dialect) -> Header:
        with closing(self._stream()) as stream:
            head, whole = stream.peek(max(HEAD, 64 * self._limits.columns))
            self.decoding = stream.decoding
        return read_header(head, dialect, default_decimal=self._default.decimal, whole=whole)

    def _found_for(self, needed: set[str]) -> Header:
        """Return the header in the training dialect if that gives the needed columns.

        Otherwise return the header in the dialect of the file itself.
        """
        given, default = self._dialect, self._default
        structure = replace(given.filled(default), decimal=given.decimal, encoding=given.encoding)
        own = replace(given, missing=structure.missing, dates=structure.dates)
        attempts = [structure, own]
        if given.encoding is None and (default.encoding or "").startswith(("utf-16", "utf-32")):
            # It has no byte order mark, which would tell.
            attempts.insert(0, replace(structure, encoding=default.encoding))
        for attempt in attempts:
            with suppress(DataError):
                header = self._found(attempt)
                if needed <= {name.strip() for name in header.names}:
                    if given.skip_rows is None and isinstance(attempt.skip_rows, tuple):
                        self._keep_rows(header)
                    return header
            self.notices = []
        return self._found(own)

    def _keep_rows(self, header: Header) -> None:
        """Keep a line that is a row of this file although its number was skipped in training."""
        marks = header.delimiter, header.quote
        with closing(self._stream()) as stream:
            sample = rows_of(stream.peek(HEAD)[0][header.n_bytes :], *marks)
        texts, end = {}, 0
        for number, line in self.lines():
            if number in self._skip:
                texts[number] = line.decode(errors="replace")
            elif line.strip():
                end = number
        rows = [
            number
            for number, text in texts.items()
            if number < end and looks_like_row(cells_of(text, *marks), sample)
        ]
        if rows:
            self._skip -= frozenset(rows)
            self.notices.append(
                f"line {', '.join(map(str, rows))} was skipped in the training table and is read "
                "here, where it is a row."
            )

    def _fall_back(self) -> None:
        """Choose the decoding of a file that is not entirely UTF-8.

        It is UTF-8 with a few invalid bytes, or another encoding.
        """
        n_bad, line, n_good = bad_bytes(self._path, self._limits)
        option = "Dialect(encoding=...) (--encoding NAME) says another encoding."
        if n_good > n_bad:
            self.decoding = Decoding("utf-8", lenient=True)
            few = f"{n_bad:,} bytes of the file are" if n_bad > 1 else "one byte of the file is"
            self.notices.append(
                f"{few} not UTF-8, the first in line {line}, and read as \ufffd; {option}"
            )
        else:
            known = self._default.encoding
            self.decoding = Decoding(known or FALLBACK, guessed=True)
            name = known or "Windows-1252 (cp1252)"
            self.notices.append(f"the file is not UTF-8 and was read as {name}; {option}")
