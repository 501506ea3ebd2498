"""Stream a text file as UTF-8 bytes: decompress, decode, and enforce limits."""

from __future__ import annotations

import codecs
import gzip
import io
import threading
import time
import weakref
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from glassnet.data.files.line_filter import LineFilter
from glassnet.data.tables.dialect import Limits
from glassnet.errors import DataError

CHUNK = 2**20
CLOSE_TIMEOUT = 5.0  # seconds
FALLBACK = "cp1252"
FALLBACK_NAME = "Windows-1252"

_MARKS = {  # byte order marks; a longer one before its prefix
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32-le",
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}


#: Bytes that are searched at once, so that they and the intermediate arrays fit the cache.
PATCH = 2**16


class NotUtf8Error(Exception):
    """The bytes are not UTF-8, and UTF-8 was only a guess."""


@dataclass(frozen=True)
class Decoding:
    """How the bytes of a file are decoded.

    Parameters
    ----------
    encoding : Python's name of it; None to use the byte order mark, or UTF-8 without one
    guessed : whether neither the caller nor a byte order mark gives the encoding
    lenient : whether invalid bytes become U+FFFD
    """

    encoding: str | None = None
    guessed: bool = False
    lenient: bool = False


class Utf8Stream(io.RawIOBase):
    """A readable stream of UTF-8 bytes without a byte order mark.

    Parameters
    ----------
    path, limits, decoding : the file, its maximum sizes and its encoding
    quote, delimiter : the characters around and between cells
    skip, comment : the numbers of the lines to skip, and the mark at the start of comment lines
    skip_bytes : how many bytes of the remaining UTF-8 text to skip

    Attributes
    ----------
    decoding : how the file is decoded
    has_hex : whether the text read so far contains "0x": pyarrow reads 0x10 as 16
    has_zeros : whether a cell begins with a zero and another digit: pyarrow reads 007 as 7
    n_quotes : the number of quotes read so far
    """

    _file: BinaryIO | None = None  # until it has been opened

    def __init__(
        self,
        path: Path,
        limits: Limits,
        decoding: Decoding,
        *,
        quote: str = '"',
        delimiter: str = ",",
        skip: Collection[int] = (),
        comment: str | None = None,
        skip_bytes: int = 0,
    ) -> None:
        super().__init__()
        self._lock = threading.Lock()
        self._ended = False
        self._input: weakref.ref[PyarrowInput] | None = None
        self.failure: Exception | None = None
        self.has_hex, self.has_zeros, self.n_quotes = False, False, 0
        self._lines = LineFilter(skip, comment)
        self._limits, self._quote = limits, ord(quote)
        self._cell_starts = {*b"\r\n", ord(delimiter), ord(quote)}  # a cell begins after these
        self._file = file = path.open("rb")
        self._is_zipped = file.peek(2)[:2] == b"\x1f\x8b" or path.suffix.lower() == ".gz"
        self._source: Any = gzip.GzipFile(fileobj=file) if self._is_zipped else file
        self._n_bytes = self._n_lines = 0
        self._last = b"\n"
        first = self._source.read(4)
        mark = next((mark for mark in _MARKS if first.startswith(mark)), b"")
        encoding = decoding.encoding
        guessed = decoding.guessed or (encoding is None and not mark)
        if encoding is not None:
            # UTF8 and utf-8 are the same; a byte order mark is not part of the text.
            encoding = codecs.lookup(encoding).name.removesuffix("-sig")
        if encoding in ("utf-16", "utf-32"):
            encoding = _MARKS.get(mark, f"{encoding}-le")  # the mark gives the byte order
        self._encoding = encoding or _MARKS.get(mark, "utf-8")
        self.decoding = Decoding(self._encoding, guessed, decoding.lenient)
        self._decoder = codecs.getincrementaldecoder(self._encoding)(
            "replace" if decoding.lenient else "strict"
        )
        self._pending = self._checked(first[len(mark) :])
        if skip_bytes:
            self.peek(skip_bytes)
            self._pending = self._pending[skip_bytes:]

    def close(self) -> None:
        """Close the file as soon as no thread reads from it; a later read returns no bytes.

        pyarrow reads ahead in its own threads, even after an error has ended the reading in ours.
        A program that ends while such a thread waits for Python hangs or aborts. So this method
        returns only when no thread uses the input.
        """
        with self._lock:
            self._ended = True
            if self._file is not None:
                self._file.close()
        deadline = time.monotonic() + CLOSE_TIMEOUT
        while self._input is not None and self._input() is not None and time.monotonic() < deadline:
            time.sleep(0.0005)

    def for_pyarrow(self) -> PyarrowInput:
        """Return the stream that pyarrow reads from; the caller must not keep a reference to it."""
        stream = PyarrowInput(self)
        self._input = weakref.ref(stream)
        return stream

    def raise_failure(self) -> None:
        """Raise the error that ended the text early while pyarrow was reading."""
        if self.failure is not None:
            raise self.failure

    def read(self, size: int = CHUNK) -> bytes:
        """Return the next bytes, at most `size`; none at the end.

        Raises
        ------
        NotUtf8Error
            If another encoding should be tried.
        DataError
            If a limit is exceeded, or the bytes are not text.
        """
        with self._lock:
            while not self._pending and not self._ended:
                raw = self._source.read(max(min(size, CHUNK), 4))
                self._pending = self._checked(raw)
                if not raw:
                    break
            if self._ended:
                return b""
            chunk, self._pending = self._pending[:size], self._pending[size:]
            return chunk

    def peek(self, size: int) -> tuple[str, bool]:
        """Return about `size` bytes of the text without consuming them, and whether that is all."""
        chunks, length = [self._pending], len(self._pending)
        while length < size and (raw := self._source.read(CHUNK)):
            chunks.append(self._checked(raw))
            length += len(chunks[-1])
        whole = length < size
        if whole:
            chunks.append(self._checked(b""))
        self._pending = b"".join(chunks)
        return self._pending.decode("utf-8", errors="ignore"), whole

    def _checked(self, raw: bytes) -> bytes:
        """Return bytes of the file (none at its end) as UTF-8, after checking them."""
        chunk = raw
        is_ascii = self._encoding == "utf-8" and raw and raw.isascii()
        if not is_ascii or self._decoder.getstate()[0]:
            try:
                chunk = self._decoder.decode(raw, final=not raw).encode()
            except UnicodeError as error:
                if self.decoding.guessed and self._encoding == "utf-8":
                    raise NotUtf8Error from None
                raise self._undecodable(raw[: getattr(error, "start", 0)]) from None
        chunk = self._lines.kept(chunk, last=not raw)
        self._count(chunk)
        return chunk

    def _undecodable(self, before: bytes) -> DataError:
        name = FALLBACK_NAME if self._encoding == FALLBACK else self._encoding
        known = f"neither UTF-8 nor {name}" if self.decoding.guessed else f"not {self._encoding}"
        return DataError(
            f"the file is {known} text, see line {self._n_lines + 1 + before.count(10)}: say its "
            "encoding, or save it as UTF-8 (in a spreadsheet: 'CSV UTF-8')."
        )

    def _count(self, chunk: bytes) -> None:
        limits = self._limits
        if b"\0" in chunk:
            raise DataError(
                "the file holds NUL characters: it is not text, or UTF-16 without a byte order "
                "mark (then say its encoding)."
            )
        self._n_bytes += len(chunk)
        codes = np.frombuffer(chunk, dtype=np.uint8)  # NumPy counts faster than `bytes.count`
        self._n_lines += max(int(np.count_nonzero(codes == ord(end))) for end in "\n\r")
        self.n_quotes += int(np.count_nonzero(codes == self._quote))
        seen = self._last + chunk
        for start in range(0, len(seen), PATCH):
            self._find_misread(np.frombuffer(seen[start : start + PATCH + 2], dtype=np.uint8))
        self._last = seen[-2:]
        if self._n_bytes > limits.bytes:
            raise limits.exceeded(
                f"the file holds more than {limits.bytes:,} bytes of text", "bytes"
            )
        if self._n_lines > limits.rows + 1:
            raise limits.exceeded(f"the file has more than {limits.rows:,} lines", "rows")
        if self._is_zipped and self._file is not None:
            limits.check_growth(self._n_bytes, self._file.tell())

    def _find_misread(self, codes: np.ndarray) -> None:
        """Search for 0x, and for a cell that begins with a zero and another digit."""
        before, zero, after = codes[:-2], codes[1:-1] == ord("0"), codes[2:]
        self.has_hex = self.has_hex or bool((zero & (after | 32 == ord("x"))).any())
        zero &= after - np.uint8(ord("0")) < 10  # codes below "0" wrap around
        begins = np.zeros(len(zero), dtype=bool)
        for code in self._cell_starts:
            begins |= before == code
        self.has_zeros = self.has_zeros or bool((zero & begins).any())


class PyarrowInput(io.RawIOBase):
    """Input for pyarrow's threads: it raises no errors, and the stream keeps them instead."""

    def __init__(self, stream: Utf8Stream) -> None:
        super().__init__()
        self._stream = stream

    def readable(self) -> bool:
        """Return True: the stream is readable."""
        return True

    def read(self, size: int = CHUNK) -> bytes:
        """Return the next bytes; none at the end, and none after an error."""
        try:
            return b"" if self._stream.failure else self._stream.read(size)
        except Exception as error:  # noqa: BLE001  it is raised again by `raise_failure`
            self._stream.failure = error.with_traceback(None)
            return b""
