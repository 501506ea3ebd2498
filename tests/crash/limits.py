"""What a child is short of: memory, threads, open files, room on the disk.

Set after everything has been imported, and taken back before the child says how it ended.
"""

from __future__ import annotations

import ctypes
import os
import resource
from pathlib import Path

KB, MB = 2**10, 2**20
CLONE_NEWNS, CLONE_NEWUSER, MS_REC, MS_PRIVATE = 0x20000, 0x10000000, 0x4000, 0x40000
#: A user that owns nothing else, so that the threads that count against its limit are those of the
#: child.
FIRST_USER, USERS = 61_000, 4_000
FILLER = ".filler"
DISK = 24 * MB

_KINDS = (resource.RLIMIT_AS, resource.RLIMIT_NPROC, resource.RLIMIT_NOFILE, resource.RLIMIT_FSIZE)
_BEFORE = [
    (kind, resource.getrlimit(kind)) for kind in _KINDS
]  # made now: there may be no memory for it later


def lift(folder):
    """Take every limit back; only soft ones were set, which a process may raise again."""
    for kind, before in _BEFORE:
        resource.setrlimit(kind, before)
    (folder / FILLER).unlink(missing_ok=True)


def _soft(kind, value):
    resource.setrlimit(kind, (value, resource.getrlimit(kind)[1]))


def nothing(rng, folder):
    return "no limit"


def memory(rng, folder):
    more = int(2.0 ** rng.uniform(0.0, 9.0) * MB)
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    _soft(resource.RLIMIT_AS, used + more)
    return f"{more // KB} KB more of memory"


def threads(rng, folder):
    """A limit that root does not have: the child becomes a user of its own first."""
    more = rng.choice([0, 0, 1, 2, 5])
    if os.getuid() == 0:
        user = FIRST_USER + os.getpid() % USERS
        os.chown(folder, user, user)
        for path in folder.rglob("*"):
            os.chown(path, user, user, follow_symlinks=False)
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    _soft(resource.RLIMIT_NPROC, _tasks_of(os.getuid()) + more)
    return f"{more} more threads"


def _tasks_of(user):
    """How many threads a user has."""
    n = 0
    for entry in os.scandir("/proc"):
        try:
            if entry.name.isdecimal() and entry.stat().st_uid == user:
                n += n_tasks(entry.name)
        except OSError:  # ended meanwhile
            continue
    return max(n, n_tasks("self"))


def n_tasks(process):
    return sum(1 for _ in Path(f"/proc/{process}/task").iterdir())


def files(rng, folder):
    more = rng.randrange(8)
    taken = {int(path.name) for path in Path("/proc/self/fd").iterdir()}
    free = [number for number in range(1000) if number not in taken or not _is_open(number)]
    _soft(resource.RLIMIT_NOFILE, free[more])
    return f"{more} more open files"


def _is_open(number):
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


def file_size(rng, folder):
    most = rng.choice([0, 1, 100, 1000, 4096, 10_000, 40_000, 200_000])
    _soft(resource.RLIMIT_FSIZE, most)
    return f"files of at most {most} bytes"


def disk(rng, folder):
    """A full disk, where a file system of one's own may be mounted; `own_disk` did so, or
    nothing."""
    left = rng.choice([0, 4, 16, 64, 256, 1024]) * KB
    if not os.path.ismount(folder):
        return file_size(rng, folder)
    there = os.statvfs(folder)
    size = max(0, there.f_bavail * there.f_frsize - left)
    handle = os.open(folder / FILLER, os.O_CREAT | os.O_WRONLY)
    os.posix_fallocate(handle, 0, max(size, 1))
    os.close(handle)
    return f"{left // KB} KB left on the disk"


def own_disk(folder):
    """Put a small file system of the child alone on its folder, where the kernel allows it."""
    libc = ctypes.CDLL(None, use_errno=True)
    user, group = os.getuid(), os.getgid()
    if libc.unshare(CLONE_NEWNS | (CLONE_NEWUSER if user else 0)):
        return
    if user:
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
    libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None)
    libc.mount(b"none", bytes(folder), b"tmpfs", 0, f"size={DISK}".encode())


LIMITS = {
    "nothing": nothing,
    "memory": memory,
    "threads": threads,
    "files": files,
    "file size": file_size,
    "disk": disk,
}
