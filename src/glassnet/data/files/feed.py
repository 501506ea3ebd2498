"""The text of a file as UTF-8 bytes, decompressed, decoded and held to the limits while it is read."""

from __future__ import annotations

import codecs
import gzip
import io
import re
import threading
import time
import weakref
from collections.abc import Collection
from pathlib import Path
from typing import BinaryIO

import numpy as np

from glassnet.data.files.limits import Limits, passed
from glassnet.data.files.line_filter import LineFilter
from glassnet.errors import DataError

PIECE = 2**20
PATIENCE = 5.0  # seconds
FALLBACK = "cp1252"
FALLBACK_NAME = "Windows-1252"
#: Decompressed bytes up to which no ratio is looked at: few kilobytes of text may well be all
#: alike.
SMALL = 2**20

_MARKS = {  # byte order marks, the longer first where one begins another
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32-le",
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}


#: Bytes that are looked through at once: they and what is computed of them stay in the cache.
PATCH = 2**16


class NotUtf8Error(Exception):
    """The bytes are no UTF-8, and nobody said that they are."""


class Feed(io.RawIOBase):
    """A readable stream of UTF-8 bytes without a byte order mark.

    Attributes
    ----------
    encoding : what the file is decoded from
    guessed : whether that is neither said by the caller nor by a byte order mark
    has_hex : whether "0x" stands somewhere in what was read: pyarrow takes 0x10 for 16
    has_zeros : whether a cell begins with a zero and another digit: pyarrow takes 007 for 7
    n_quotes : how many quotes were read
    """

    _file: BinaryIO | None = None  # until it has been opened

    def __init__(
        self,
        path: Path,
        limits: Limits,
        *,
        encoding: str | None = None,
        guessed: bool = False,
        lenient: bool = False,
        quote: bytes = b'"',
        delimiter: bytes = b",",
        skip: Collection[int] = (),
        comment: str | None = None,
    ) -> None:
        super().__init__()
        self._lock = threading.Lock()
        self._ended = False
        self._outlet: weakref.ref[Outlet] | None = None
        self.failure: Exception | None = None
        self.has_hex, self.has_zeros, self.n_quotes = False, False, 0
        self._lines = LineFilter(skip, comment)
        self._limits, self._quote = limits, quote
        self._before = {*b"\r\n", ord(delimiter), ord(quote)}  # what a cell begins after
        self._file = file = path.open("rb")
        start = file.read(2)
        file.seek(0)
        self._raw = file
        zipped = start == b"\x1f\x8b" or path.suffix.lower() == ".gz"
        self._source: BinaryIO = gzip.GzipFile(fileobj=file) if zipped else file  # type: ignore[assignment]
        self._n_bytes = self._n_lines = 0
        self._last = b"\n"
        first = self._source.read(4)
        mark = next((mark for mark in _MARKS if first.startswith(mark)), b"")
        self.guessed = guessed or (encoding is None and not mark)
        if encoding is not None:
            encoding = codecs.lookup(encoding).name.removesuffix(
                "-sig"
            )  # UTF8 and utf-8 are one name; a mark is not part of the text
        if encoding in ("utf-16", "utf-32"):
            encoding = _MARKS.get(mark, f"{encoding}-le")  # which of the two its mark says
        self.encoding = encoding or _MARKS.get(mark, "utf-8")
        self._decoder = codecs.getincrementaldecoder(self.encoding)(
            "replace" if lenient else "strict"
        )
        self._pending = self._checked(first[len(mark) :])

    def readable(self) -> bool:
        """Return True, as a stream that can be read does."""
        return True

    def close(self) -> None:
        """Close the file, once nobody reads from it; whoever asks later is told that it has ended.

        pyarrow reads ahead on threads of its own, also when an error has ended the reading on ours.
        A program that ends while one of them still waits for Python hangs or aborts: so this
        returns when none of them holds the outlet any more.
        """
        with self._lock:
            self._ended = True
            if self._file is not None:
                self._file.close()
        patience = time.monotonic() + PATIENCE
        while (
            self._outlet is not None and self._outlet() is not None and time.monotonic() < patience
        ):
            time.sleep(0.0005)

    def outlet(self) -> Outlet:
        """Return the stream that pyarrow reads from; nobody else may hold it."""
        outlet = Outlet(self)
        self._outlet = weakref.ref(outlet)
        return outlet

    def raise_failure(self) -> None:
        """Raise what went wrong while pyarrow read, which was told that the text had ended."""
        if self.failure is not None:
            raise self.failure

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes, at most `size`; none at the end.

        Raises
        ------
        NotUtf8Error
            Where another encoding is to be tried.
        DataError
            For a limit that is passed, and bytes that are no text.
        """
        if size < 0:
            return b"".join(iter(lambda: self.read(PIECE), b""))
        with self._lock:
            while not self._pending and not self._ended:
                raw = self._source.read(max(min(size, PIECE), 4))
                self._pending = self._checked(raw)
                if not raw:
                    break
            if self._ended:
                return b""
            piece, self._pending = self._pending[:size], self._pending[size:]
            return piece

    def peek(self, size: int) -> tuple[str, bool]:
        """Return the next characters, about `size` bytes of them, which are still to be read, and whether they are all there are."""
        pieces, length = [self._pending], len(self._pending)
        while length < size and (raw := self._source.read(PIECE)):
            pieces.append(self._checked(raw))
            length += len(pieces[-1])
        whole = length < size
        if whole:
            pieces.append(self._checked(b""))
        self._pending = b"".join(pieces)
        return self._pending.decode("utf-8", errors="ignore"), whole

    def skip(self, n_bytes: int) -> None:
        """Pass over bytes that `peek` has shown."""
        self._pending = self._pending[n_bytes:]

    def _checked(self, raw: bytes) -> bytes:
        """Return bytes of the file (none at its end) as UTF-8, once they are known to be text within the limits."""
        if self.encoding == "utf-8" and raw and raw.isascii() and not self._decoder.getstate()[0]:
            piece = raw
        else:
            try:
                text = self._decoder.decode(raw, final=not raw)
                piece = text.encode()
            except UnicodeError as error:
                if self.guessed and self.encoding == "utf-8":
                    raise NotUtf8Error from None
                known = (
                    "neither UTF-8 nor "
                    f"{FALLBACK_NAME if self.encoding == FALLBACK else self.encoding}"
                    if self.guessed
                    else f"not {self.encoding}"
                )
                line = self._n_lines + 1 + raw[: getattr(error, "start", 0)].count(b"\n")
                raise DataError(
                    f"the file is {known} text, see line {line}: say its encoding, or save it as "
                    "UTF-8 (in a spreadsheet: 'CSV UTF-8')."
                ) from None
        piece = self._lines.kept(piece, last=not raw)
        self._count(piece)
        return piece

    def _count(self, piece: bytes) -> None:
        limits = self._limits
        if b"\0" in piece:
            raise DataError(
                "the file holds NUL characters: it is no text, or UTF-16 without a byte order mark "
                "(then say its encoding)."
            )
        self._n_bytes += len(piece)
        # By NumPy, which counts bytes some times faster than `bytes.count` does.
        codes = np.frombuffer(piece, dtype=np.uint8)
        self._n_lines += int(
            max(np.count_nonzero(codes == ord("\n")), np.count_nonzero(codes == ord("\r")))
        )
        self.n_quotes += int(np.count_nonzero(codes == ord(self._quote)))
        seen = self._last + piece
        for start in range(0, len(seen), PATCH):
            has_hex, has_zeros = _misread(seen[start : start + PATCH + 2], self._before)
            self.has_hex, self.has_zeros = self.has_hex or has_hex, self.has_zeros or has_zeros
        self._last = seen[-2:]
        consumed = self._raw.tell()
        if self._n_bytes > limits.bytes:
            raise DataError(
                passed(
                    f"the file holds more than {limits.bytes:,} bytes of text",
                    "bytes",
                    limits.bytes,
                )
            )
        if self._n_lines > limits.rows + 1:
            raise DataError(
                passed(f"the file has more than {limits.rows:,} lines", "rows", limits.rows)
            )
        if (
            self._source is not self._raw
            and self._n_bytes > SMALL
            and self._n_bytes > limits.ratio * consumed
        ):
            raise DataError(
                passed(
                    "the file grows when it is decompressed as no table does", "ratio", limits.ratio
                )
            )


def bad_bytes(path: Path, limits: Limits) -> tuple[int, int, int]:
    """Return how many bytes of a file are not UTF-8, the line of the first one, from 1, and how many other characters are not ASCII."""
    feed = Feed(path, limits, encoding="utf-8", lenient=True)
    n_bad = n_good = line = 0
    n_lines = 1
    try:
        while piece := feed.read(PIECE):
            text = piece.decode("utf-8", errors="ignore")
            bad = text.count("\ufffd")
            if bad and not n_bad:
                line = n_lines + text[: text.index("\ufffd")].count("\n")
            n_bad, n_lines = n_bad + bad, n_lines + text.count("\n")
            n_good += len(re.findall(r"[^\x00-\x7f\ufffd]", text))
    finally:
        feed.close()
    return n_bad, line, n_good


def _misread(text: bytes, marks: Collection[int]) -> tuple[bool, bool]:
    """Return whether 0x stands in a text, and whether a zero and another digit follow one of the bytes that a cell begins after."""
    codes = np.frombuffer(text, dtype=np.uint8)
    before, zero, after = codes[:-2], codes[1:-1] == ord("0"), codes[2:]
    has_hex = bool((zero & (after | 32 == ord("x"))).any())
    zero &= after - np.uint8(ord("0")) < 10  # what is below "0" wraps round
    begins = np.zeros(len(zero), dtype=bool)
    for mark in marks:
        begins |= before == mark
    return has_hex, bool((zero & begins).any())


class Outlet(io.RawIOBase):
    """A feed as pyarrow's threads see it: no error of ours goes through them."""

    def __init__(self, feed: Feed) -> None:
        super().__init__()
        self._feed = feed

    def readable(self) -> bool:
        """Return True, as a stream that can be read does."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes; none at the end, and after a failure, which the feed keeps."""
        try:
            return b"" if self._feed.failure else self._feed.read(size)
        except Exception as error:  # noqa: BLE001  it is raised again by `raise_failure`
            self._feed.failure = error.with_traceback(None)
            return b""


def require_closed_quotes(feed: Feed, delimiter: str, quote: str, most: int) -> None:
    """Raise the DataError for a quote that is opened and never closed before the end of a text.

    A quote opens a cell at its beginning only, and doubled it closes none. The text is read a piece
    at a time; a cell of more than `most` bytes is taken for one that does not end.
    """
    q, d = (re.escape(mark).encode() for mark in (quote, delimiter))
    line_end = rb"\r\n?|\n"
    cell = rb"(?:%b(?:[^%b]++|%b%b)*+%b[^%b\r\n]*+|(?!%b)[^%b\r\n]*+)(?:%b|%b)" % (
        q,
        q,
        q,
        q,
        q,
        d,
        q,
        d,
        d,
        line_end,
    )
    whole_cells = re.compile(rb"(?:%b)*+" % cell)
    rest, row = b"", 1
    while piece := feed.read(PIECE):
        rest += piece
        stop = whole_cells.match(rest).end()  # type: ignore[union-attr]
        row += len(re.findall(line_end, rest[:stop]))
        rest = rest[stop:]
        if len(rest) > most + PIECE:
            break
    last = re.fullmatch(
        rb"%b(?:[^%b]++|%b%b)*+%b[^%b\r\n]*+|(?!%b)[^%b\r\n]*+" % (q, q, q, q, q, d, q, d), rest
    )
    if last is None:
        shown = rest[:40].decode("utf-8", errors="ignore")
        raise DataError(
            f"a quote is opened in line {row} after the header and never closed: {shown!r}..."
        )
