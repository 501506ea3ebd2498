"""Standard output and error that never end the work: what cannot be written is dropped, and the status tells of it in the end."""

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
    """A text or binary stream whose errors do not reach the writer: a reader that has gone, a full disk, a stream that is closed.

    Attributes
    ----------
    error : why something was dropped, None where nothing was
    """

    def __init__(self, stream: Any, nowhere: int | None = None) -> None:
        self._stream, self._nowhere = stream, nowhere
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
        """Hand on what was written."""
        self._try("flush")

    @property
    def buffer(self) -> SafeStream:
        """The bytes below the text, as safe."""
        return SafeStream(self._stream.buffer, self._nowhere)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def _try(self, action: str, *arguments: Any) -> None:
        if self.error and not isinstance(self.error, BlockingIOError):
            return
        try:
            getattr(self._stream, action)(*arguments)
        except UnicodeError:
            raise
        except (OSError, ValueError) as error:  # a ValueError where somebody has closed it
            self.error = error
            if not isinstance(error, BlockingIOError):
                self._turn_away()

    def _turn_away(self) -> None:
        """Send what is still held to nowhere: Python would complain of it when it ends."""
        with suppress(OSError, ValueError, AttributeError):
            if self._nowhere is not None:
                os.dup2(self._nowhere, self._stream.fileno())


class _Closed(io.StringIO):
    """What stands for a stream that the process was started without."""

    def write(self, text: str) -> int:
        raise OSError(errno.EBADF, "it is closed")


@contextmanager
def safe_streams() -> Iterator[dict[str, SafeStream]]:
    """Put safe streams in the place of `sys.stdout` and `sys.stderr`; what the encoding of a terminal lacks is written out."""
    _fill_descriptors()
    before = {name: getattr(sys, name) for name in NAMES}
    for stream in before.values():
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    nowhere = _open_nowhere()
    safe = {
        name: SafeStream(_Closed() if stream is None else stream, nowhere)
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
            stuck = safe[name].error and nowhere is None  # Python would try it again when it ends
            setattr(sys, name, None if stuck else stream)
        if nowhere is not None:
            os.close(nowhere)


def output_bytes() -> BinaryIO:
    """Return standard output for bytes as it is, where an error matters: nobody needs more predictions than are read.

    Raises
    ------
    OSError
        Where it is closed.
    """
    stream = getattr(sys.stdout, "_stream", sys.stdout)
    if isinstance(stream, _Closed):
        raise OSError(errno.EBADF, "it is closed", "standard output")
    return cast(BinaryIO, stream.buffer)


def _open_nowhere() -> int | None:
    """Open what takes anything, now: when a stream fails there may be no descriptor left."""
    with suppress(OSError):
        return os.open(os.devnull, os.O_WRONLY)
    return None


def _fill_descriptors() -> None:
    """Open the standard descriptors that are closed: a file of ours with such a number would get the messages of other libraries."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
