"""Write files atomically: if a write fails or is killed, the old file stays intact.

glassnet writes every file this way. The data goes to a temporary file in the same folder, which is
synced to disk, read back and renamed to the final name; then the folder is synced. The temporary
file is called `.NAME.PID-RANDOM.tmp`. The name cannot be guessed, and the file must not exist yet,
so that no link planted under that name is followed. A killed process leaves its temporary file
behind, and the next write of the same file removes it: a running writer holds a lock on its own.
"""

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

from glassnet.interrupts import uninterrupted

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

CHUNK = 2**20
# On systems without file locks, a temporary file is considered abandoned after so many seconds
# without a change.
STALE = 3600.0
# Error numbers if the file system cannot sync a folder, or if the folder is writable but not
# readable.
NO_FOLDER_SYNC = {errno.EINVAL, errno.ENOTSUP, errno.EBADF, errno.EACCES, errno.EPERM}
_TAIL = re.compile(r"[0-9]+-[0-9a-f]+\.tmp")


class TemporaryFile(io.RawIOBase):
    """The temporary file as a binary stream; each call of `write` writes all of its bytes."""

    def __init__(self, path: Path, mode: int) -> None:
        """Create the file; OSError if that fails, and then no file is left."""
        super().__init__()
        self.path = path
        self._handle, self._size, self._checksum = -1, 0, 0
        try:
            self._handle = os.open(
                path, os.O_CREAT | os.O_EXCL | os.O_RDWR | getattr(os, "O_BINARY", 0), mode
            )
        except FileExistsError:  # the file of another writer, which must not be removed
            raise
        except BaseException:
            self.remove()
            raise

    def writable(self) -> bool:
        """Return True."""
        return True

    def tell(self) -> int:
        """Return the number of bytes written so far."""
        return self._size

    def write(self, data: Any) -> int:
        """Write all bytes and return their number."""
        left = memoryview(data).cast("B")
        size = len(left)
        while left:
            n = os.write(self._handle, left[:CHUNK])
            self._checksum = zlib.crc32(left[:n], self._checksum)
            self._size += n
            left = left[n:]
        return size

    def verify(self) -> None:
        """Sync the data to disk and check that it reads back unchanged."""
        os.fsync(self._handle)
        os.lseek(self._handle, 0, os.SEEK_SET)
        size = checksum = 0
        while chunk := os.read(self._handle, CHUNK):
            size, checksum = size + len(chunk), zlib.crc32(chunk, checksum)
        if (size, checksum) != (self._size, self._checksum):
            raise OSError(errno.EIO, "the data that was written reads back differently")

    def lock(self) -> bool:
        """Take the lock; return False if another process has removed the file as abandoned."""
        return _lock(self._handle) is not False and os.fstat(self._handle).st_nlink > 0

    def release(self) -> None:
        """Close the file, which releases the lock."""
        handle, self._handle = self._handle, -1
        if handle >= 0:
            os.close(handle)

    def remove(self) -> None:
        """Close and remove the file."""
        try:
            self.release()
        finally:
            with suppress(OSError):
                os.unlink(self.path)


@contextmanager
def atomic_write(path: str | Path) -> Iterator[TemporaryFile]:
    """Yield a binary stream whose data becomes the file when the block ends without an error.

    Links are followed. The new file keeps the permissions of the file that it replaces and, as far
    as the system allows, its owner and group.

    Raises
    ------
    OSError
        The old file is intact and no temporary file is left. The only exception is the last step:
        if syncing the folder fails, the new file is already in place.
    """
    target, before = _resolve(path)
    _remove_abandoned(target)
    mode = 0o666 if before is None else stat.S_IMODE(before.st_mode) & 0o777
    file = None
    try:
        with uninterrupted():  # no signal between creating the file and assigning it
            file = _create_beside(target, mode)
        yield file
        file.verify()
        if before is not None:
            _copy_permissions(before, file.path)
        if fcntl is None:  # Windows cannot rename an open file; elsewhere the lock is kept
            file.release()
        os.replace(file.path, target)
    except BaseException:
        if file:
            file.remove()
        raise
    file.release()
    if os.name == "posix":
        _sync_folder(target.parent)


def atomic_write_bytes(path: str | Path, data: bytes) -> None:
    """Write the bytes to a file with `atomic_write`."""
    with atomic_write(path) as file:
        file.write(data)


def check_writable(path: str | Path) -> None:
    """Check that `atomic_write` can write a file, by creating and removing a temporary file.

    Raises
    ------
    OSError
        As the write would: for a pipe, a device or a folder, a write-protected file, circular
        links, a name that is too long, and a folder that does not exist or is not writable.
    """
    target, _ = _resolve(path)
    with uninterrupted():
        _create_beside(target, 0o600).remove()


def _resolve(path: str | Path) -> tuple[Path, os.stat_result | None]:
    """Return the path with all links resolved, and the status of the file there or None."""
    try:
        before = os.stat(path)
    except FileNotFoundError:
        return Path(os.path.realpath(path)), None
    except ValueError as error:  # a null character in the name
        raise OSError(errno.EINVAL, f"no file can have this name: {error}") from None
    if stat.S_ISDIR(before.st_mode):
        raise IsADirectoryError(errno.EISDIR, "it is a folder")
    if not stat.S_ISREG(before.st_mode):  # a rename would replace it by a regular file
        raise OSError(errno.EINVAL, "it is a pipe or a device, not a regular file")
    if not os.access(path, os.W_OK):  # a rename only needs a writable folder
        raise PermissionError(errno.EACCES, "it is write-protected")
    return Path(os.path.realpath(path)), before


def _create_beside(target: Path, mode: int) -> TemporaryFile:
    """Return a new, locked temporary file in the folder of the target."""
    while True:
        name = f"{_prefix(target)}{os.getpid()}-{os.urandom(8).hex()}.tmp"
        file = TemporaryFile(target.with_name(name), mode)
        try:
            if file.lock():
                return file
        except BaseException:
            file.remove()
            raise
        file.remove()


def _prefix(target: Path) -> str:
    """Return the prefix of temporary names, short enough even if the target's name is very long."""
    return f".{target.name[:40]}."


def _lock(handle: int) -> bool | None:
    """Lock a file; return False if another process holds the lock, None if there are no locks."""
    if fcntl is None:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return False if isinstance(error, BlockingIOError) else None
    return True


def _copy_permissions(before: os.stat_result, temporary: Path) -> None:
    """Give the new file the permissions, owner and group of the old one."""
    now = os.stat(temporary)
    if os.name == "posix" and (now.st_uid, now.st_gid) != (before.st_uid, before.st_gid):
        try:
            os.chown(temporary, before.st_uid, before.st_gid)
        except OSError:  # only root may change the owner, but members of the group may set it
            with suppress(OSError):
                os.chown(temporary, -1, before.st_gid)
    os.chmod(temporary, stat.S_IMODE(before.st_mode) & 0o777)


def _sync_folder(folder: Path) -> None:
    """Sync a folder to disk, if the file system supports it."""
    try:
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as error:
        if error.errno not in NO_FOLDER_SYNC:
            raise


def _remove_abandoned(target: Path) -> None:
    """Remove temporary files that killed processes left for the same target."""
    prefix = _prefix(target)
    with suppress(OSError):
        for name in os.listdir(target.parent):
            if name.startswith(prefix) and _TAIL.fullmatch(name, len(prefix)):
                with suppress(OSError):
                    _remove_if_abandoned(target.with_name(name))


def _remove_if_abandoned(temporary: Path) -> None:
    """Remove a temporary file unless it is locked or, without locks, was changed recently."""
    found = os.lstat(temporary)
    old = found.st_mtime < time.time() - STALE
    if not stat.S_ISREG(found.st_mode):
        return
    if fcntl is None:
        if old:
            os.unlink(temporary)
        return
    handle = os.open(temporary, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        unlocked = _lock(handle)
        if unlocked or (unlocked is None and old):  # we hold the lock: no writer can use the file
            os.unlink(temporary)
    finally:
        os.close(handle)
