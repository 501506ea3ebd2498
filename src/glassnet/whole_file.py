"""A file that appears whole or not at all: an error, a full disk, a kill or a crash leaves what stood there before.

It is written beside its place, forced to the disk, read again, and put in its place in one step,
which is forced to the disk too. Every file that glassnet writes is written so. The temporary file
beside it is `.NAME.PID-RANDOM.tmp`: nobody can guess the name, and it is only created where nothing
of that name is there, so no link planted in the folder is written through. A process that is killed
on the way leaves it behind. The next write of that file clears it away: a writer holds a lock on it
as long as it lives.
"""

from __future__ import annotations

import errno
import io
import os
import re
import stat
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from glassnet.interrupts import interrupts_delayed

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

PIECE = 2**20
# seconds without a change after which a temporary file is taken for abandoned, where there are no
# locks to tell
STALE = 3600.0
# What a file system answers that cannot force a folder to the disk, or a folder that may be written
# and not read.
NO_FOLDER_SYNC = {errno.EINVAL, errno.ENOTSUP, errno.EBADF, errno.EACCES, errno.EPERM}
_TAIL = re.compile(r"[0-9]+-[0-9a-f]+\.tmp")


class Stream(io.RawIOBase):
    """The temporary file, as a binary stream: each call writes all of its bytes."""

    def __init__(self, path: Path, mode: int) -> None:
        """Create the file; OSError where that fails, and nothing is left."""
        super().__init__()
        self.path = path
        self._handle, self._size, self._checksum = -1, 0, 0
        try:
            self._handle = os.open(
                path, os.O_CREAT | os.O_EXCL | os.O_RDWR | getattr(os, "O_BINARY", 0), mode
            )
        except FileExistsError:  # not ours to remove
            raise
        except BaseException:
            self.remove()
            raise

    def writable(self) -> bool:
        """Return True."""
        return True

    def tell(self) -> int:
        """Return how many bytes have been written."""
        return self._size

    def write(self, data: Any) -> int:
        """Write all of the bytes and return their number."""
        left = memoryview(data).cast("B")
        size = len(left)
        while left:
            n = os.write(self._handle, left[:PIECE])
            self._checksum = zlib.crc32(left[:n], self._checksum)
            self._size += n
            left = left[n:]
        return size

    def settle(self) -> None:
        """Force what was written to the disk, and read it again."""
        os.fsync(self._handle)
        os.lseek(self._handle, 0, os.SEEK_SET)
        size = checksum = 0
        while piece := os.read(self._handle, PIECE):
            size, checksum = size + len(piece), zlib.crc32(piece, checksum)
        if (size, checksum) != (self._size, self._checksum):
            raise OSError(errno.EIO, "what was written reads back otherwise")

    def is_ours(self) -> bool:
        """Take the lock; return False where another process took the file for an abandoned one before that."""
        return _locked(self._handle) is not False and os.fstat(self._handle).st_nlink > 0

    def release(self) -> None:
        """Close the file, which gives up the lock; `close` alone ends the writing."""
        handle, self._handle = self._handle, -1
        if handle >= 0:
            os.close(handle)

    def remove(self) -> None:
        """Close the file and remove it."""
        try:
            self.release()
        finally:
            with suppress(OSError):
                os.unlink(self.path)


@contextmanager
def whole_file(path: str | Path) -> Iterator[Stream]:
    """Yield a binary stream; what is written to it becomes the file, in one step, when the block ends without an error.

    A link is followed, and a file that is replaced hands on its permissions, and its owner and
    group as far as that is allowed.

    Raises
    ------
    OSError
        Where that fails, what stood there before still stands and no temporary file is left; but
        where the last step fails, to force the new name to the disk, the new file stands.
    """
    place, before = _place(path)
    _clear(place)
    stream = None
    try:
        with interrupts_delayed():  # a file is created, or is not, before a signal raises
            stream = _beside(
                place, 0o666 if before is None else stat.S_IMODE(before.st_mode) & 0o777
            )
        yield stream
        stream.settle()
        if before is not None:
            _hand_on(stream.path, before)
        if (
            fcntl is None
        ):  # an open file cannot be renamed there; elsewhere the lock is held until it has its name
            stream.release()
        os.replace(stream.path, place)
    except BaseException:
        if stream:
            stream.remove()
        raise
    stream.release()
    if os.name == "posix":
        _force_folder(place.parent)


def write_whole(path: str | Path, data: bytes) -> None:
    """Put a file of these bytes in its place in one step; see `whole_file`."""
    with whole_file(path) as file:
        file.write(data)


def check_place(path: str | Path) -> None:
    """Try whether `whole_file` can write there: a temporary file is created beside the place and removed.

    Raises
    ------
    OSError
        What the write would raise: for a pipe or a device, a folder, a file that is
        write-protected, links in a circle, a name that is too long, and a folder that is not there
        or takes no files.
    """
    place, _ = _place(path)
    with interrupts_delayed():
        _beside(place, 0o600).remove()


def _place(path: str | Path) -> tuple[Path, os.stat_result | None]:
    """Return where links lead, and what stands there, None where nothing does."""
    try:
        before = os.stat(path)
    except FileNotFoundError:
        return Path(os.path.realpath(path)), None
    except ValueError as error:  # a zero in it
        raise OSError(errno.EINVAL, f"no file can have this name: {error}") from None
    if stat.S_ISDIR(before.st_mode):
        raise IsADirectoryError(errno.EISDIR, "it is a folder")
    if not stat.S_ISREG(before.st_mode):  # a device or a pipe would be replaced by a file
        raise OSError(errno.EINVAL, "it is no ordinary file but a pipe or a device")
    if not os.access(path, os.W_OK):  # replacing asks only for a folder that can be written
        raise PermissionError(errno.EACCES, "it is write-protected")
    return Path(os.path.realpath(path)), before


def _beside(place: Path, mode: int) -> Stream:
    """Return a new temporary file beside a place, locked."""
    while True:
        stream = Stream(
            place.with_name(f"{_stem(place)}{os.getpid()}-{os.urandom(8).hex()}.tmp"), mode
        )
        try:
            if stream.is_ours():
                return stream
        except BaseException:
            stream.remove()
            raise
        stream.remove()


def _stem(place: Path) -> str:
    """Return how the names of the temporary files of a place begin; short, for the longest name of a file has room for no more."""
    return f".{place.name[:40]}."


def _locked(handle: int) -> bool | None:
    """Take the lock of a file; return False where another process has it, None where there are no locks."""
    if fcntl is None:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


def _hand_on(temporary: Path, before: os.stat_result) -> None:
    """Give the new file permissions, owner and group of the old one."""
    now = os.stat(temporary)
    if os.name == "posix" and (now.st_uid, now.st_gid) != (before.st_uid, before.st_gid):
        try:
            os.chown(temporary, before.st_uid, before.st_gid)
        except OSError:  # only root gives a file away; who is in a group may give it to that
            with suppress(OSError):
                os.chown(temporary, -1, before.st_gid)
    os.chmod(temporary, stat.S_IMODE(before.st_mode) & 0o777)


def _force_folder(folder: Path) -> None:
    """Force the name to the disk, as far as the file system can."""
    try:
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as error:
        if error.errno not in NO_FOLDER_SYNC:
            raise


def _clear(place: Path) -> None:
    """Remove what earlier writes of this file left behind when they were killed."""
    stem = _stem(place)
    with suppress(OSError):
        for name in os.listdir(place.parent):
            if name.startswith(stem) and _TAIL.fullmatch(name, len(stem)):
                with suppress(OSError):
                    _clear_one(place.with_name(name))


def _clear_one(left: Path) -> None:
    found = os.lstat(left)
    old = found.st_mtime < time.time() - STALE
    if not stat.S_ISREG(found.st_mode):
        return
    if fcntl is None:
        if old:
            os.unlink(left)
        return
    handle = os.open(left, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        free = _locked(handle)
        if free or (free is None and old):
            os.unlink(left)
    finally:
        os.close(handle)
