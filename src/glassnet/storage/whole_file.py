"""A file that appears whole or not at all: a crash, a full disk or a kill leaves what stood there before.

It is written beside its place, forced to the disk, read again, and put in its place in one step, which is forced to the disk too.
A process that is killed on the way leaves a hidden `.NAME.*.tmp`; the next save of that file clears it away, once it is an hour old.
"""

from __future__ import annotations

import errno
import os
import secrets
import stat
import time
from contextlib import suppress
from pathlib import Path

PIECE = 2**20
STALE = 3600.0  # seconds: no save takes so long
# What a file system answers that cannot force a folder to the disk, or a folder that may be written and not read.
NO_FOLDER_SYNC = {errno.EINVAL, errno.ENOTSUP, errno.EBADF, errno.EACCES, errno.EPERM}


def write_whole(path: Path, data: bytes) -> None:
    """Put a file in its place in one step; a link is followed, and a file that is replaced hands on its permissions.

    Raises
    ------
    OSError
        Where that fails, what stood there before still stands and no temporary file is left; but where the last step fails, to force
        the new name to the disk, the new file stands.
    """
    path = Path(os.path.realpath(path))
    mode = _mode(path)
    stem = f".{path.name[:40]}."
    _clear(path.parent, stem)
    temporary = path.with_name(f"{stem}{os.getpid()}-{secrets.token_hex(4)}.tmp")
    handle = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_RDWR | getattr(os, "O_BINARY", 0), 0o666 if mode is None else mode)
    try:
        try:
            _write_and_verify(handle, data)
        finally:
            os.close(handle)
        if mode is not None:
            os.chmod(temporary, mode)
        os.replace(temporary, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise
    if os.name == "posix":
        _force_folder(path.parent)


def _mode(path: Path) -> int | None:
    """Return the permissions of the file that will be replaced, None where there is none yet."""
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, "it is a folder")
    if not stat.S_ISREG(mode):  # a device or a pipe would be replaced by a file
        raise OSError(errno.EINVAL, "it is no ordinary file")
    if not os.access(path, os.W_OK):  # replacing asks only for a folder that can be written
        raise PermissionError(errno.EACCES, "it is write-protected")
    return stat.S_IMODE(mode) & 0o777


def _write_and_verify(handle: int, data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(handle, left[:PIECE]) :]
    os.fsync(handle)
    os.lseek(handle, 0, os.SEEK_SET)
    left = memoryview(data)
    while piece := os.read(handle, PIECE):
        if left[: len(piece)] != piece:
            break
        left = left[len(piece) :]
    if piece or left:
        raise OSError(errno.EIO, "what was written reads back otherwise")


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


def _clear(folder: Path, stem: str) -> None:
    """Remove what earlier saves of this file left behind when they were killed."""
    with suppress(OSError):
        for name in os.listdir(folder):
            if name.startswith(stem) and name.endswith(".tmp"):
                with suppress(OSError):
                    if os.stat(folder / name).st_mtime < time.time() - STALE:
                        os.unlink(folder / name)
