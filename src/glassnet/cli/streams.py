"""Standard output and error that do not raise where they cannot be written.

Text that cannot be written is dropped, and the exit status of the command reports it at the end.
"""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, BinaryIO, cast

#: What a stream is called in a message.
NAMES = {"stdout": "the output", "stderr": "the messages"}


class SafeStream:
    """A text or binary stream that does not raise if its reader is gone, a disk full or it closed.

    Attributes
    ----------
    error : the first reason for which text was dropped, None without any
    """

    def __init__(self, stream: Any, devnull: int | None = None) -> None:
        self._stream, self._devnull = stream, devnull
        self.error: Exception | None = None

    def write(self, text: Any) -> int:
        """Write, or drop what cannot be written."""
        self._try("write", text)
        return len(text)

    def writelines(self, lines: Any) -> None:
        """Write each line."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Flush the stream."""
        self._try("flush")

    @property
    def buffer(self) -> SafeStream:
        """The binary stream below a text stream."""
        return SafeStream(self._stream.buffer, self._devnull)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def _try(self, action: str, *arguments: Any) -> None:
        if self.error and not isinstance(self.error, BlockingIOError):
            return
        try:
            getattr(self._stream, action)(*arguments)
        except UnicodeError:
            raise
        except (OSError, ValueError) as error:  # ValueError: the stream is closed
            self.error = error
            if self._devnull is None or isinstance(error, BlockingIOError):
                return
            # Python would complain at its end of the text that is still in the buffer.
            with suppress(OSError, ValueError, AttributeError):
                os.dup2(self._devnull, self._stream.fileno())


class _Closed(io.StringIO):
    """Replaces a stream that was closed when the process started."""

    def write(self, text: str) -> int:
        raise OSError(errno.EBADF, "it is closed")


@contextmanager
def safe_streams() -> Iterator[dict[str, SafeStream]]:
    """Replace `sys.stdout` and `sys.stderr` by safe streams that escape what they cannot encode."""
    _open_closed_descriptors()
    before = {name: getattr(sys, name) for name in NAMES}
    for stream in before.values():
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    devnull = _open_devnull()
    safe = {
        name: SafeStream(_Closed() if stream is None else stream, devnull)
        for name, stream in before.items()
    }
    sys.stdin = sys.stdin or io.TextIOWrapper(io.BytesIO())
    try:
        for name, stream in safe.items():
            setattr(sys, name, stream)
        yield safe
    finally:
        for stream in safe.values():
            stream.flush()
        for name, stream in before.items():
            stuck = safe[name].error and devnull is None  # Python would try again at its end
            setattr(sys, name, None if stuck else stream)
        if devnull is not None:
            os.close(devnull)


def output_bytes() -> BinaryIO:
    """Return standard output as a binary stream that raises errors: a prediction ends with them.

    Raises
    ------
    OSError
        If it is closed.
    """
    stream = getattr(sys.stdout, "_stream", sys.stdout)
    if isinstance(stream, _Closed):
        raise OSError(errno.EBADF, "it is closed", "standard output")
    return cast(BinaryIO, stream.buffer)


def _open_devnull() -> int | None:
    """Open the null device now: when a stream fails there may be no descriptor left."""
    with suppress(OSError):
        return os.open(os.devnull, os.O_WRONLY)
    return None


def _open_closed_descriptors() -> None:
    """Open closed standard descriptors: an output file with such a number would get messages."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
