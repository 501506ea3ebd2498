"""Replace stdout and stderr with streams that do not raise when writing fails.

Text that cannot be written is dropped, and the exit status of the command tells so.
"""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, BinaryIO, cast

#: The names of the streams in messages.
NAMES = {"stdout": "the output", "stderr": "the messages"}


class SafeStream:
    """A text or binary stream that does not raise if it is closed, its reader gone or a disk full.

    Attributes
    ----------
    error : the first error because of which text was dropped, or None
    """

    def __init__(self, stream: Any, devnull: int | None = None) -> None:
        self._stream, self._devnull = stream, devnull
        self.error: Exception | None = None

    def write(self, text: Any) -> int:
        """Write text, or drop it if writing fails."""
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
            # Otherwise Python prints an error at exit about text that is still in the buffer.
            with suppress(OSError, ValueError, AttributeError):
                os.dup2(self._devnull, self._stream.fileno())


class _Closed(io.StringIO):
    """Replaces a stream that was closed when the process started."""

    def write(self, text: str) -> int:
        raise OSError(errno.EBADF, "it is closed")


@contextmanager
def safe_streams() -> Iterator[dict[str, SafeStream]]:
    """Replace `sys.stdout` and `sys.stderr` by safe streams; characters are escaped if needed."""
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
            stuck = safe[name].error and devnull is None  # otherwise Python tries again at exit
            setattr(sys, name, None if stuck else stream)
        if devnull is not None:
            os.close(devnull)


def output_bytes() -> BinaryIO:
    """Return standard output as a binary stream that raises errors, which end a prediction.

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
    """Open the null device in advance: when a stream fails no descriptor may be left."""
    with suppress(OSError):
        return os.open(os.devnull, os.O_WRONLY)
    return None


def _open_closed_descriptors() -> None:
    """Open closed standard descriptors, so that no output file gets one and with it messages."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
