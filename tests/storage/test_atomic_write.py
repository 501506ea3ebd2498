"""A save that fails, is interrupted or killed leaves the old file or the new one, complete."""

from __future__ import annotations

import errno
import itertools
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from glassnet import atomic_write
from glassnet.atomic_write import atomic_write_bytes
from glassnet.errors import ModelFileError
from glassnet.storage import load, save
from tests.storage.models import build

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="POSIX permissions, links and signals"
)
OLD, NEW = b"old" * 99, bytes(range(256)) * 3
STEPS = ("stat", "listdir", "open", "write", "fsync", "lseek", "read", "close", "chmod", "replace")


class Disk:
    """Replaces `os` in `atomic_write`: records steps; the n-th one fails, or writes are wrong."""

    def __init__(self, fail_at=0, error=None, written=None):
        self.fail_at, self.error, self.written = fail_at, error, written or (lambda data: data)
        self.steps, self.open_handles = [], set()

    def __getattr__(self, name):
        real = getattr(os, name)
        if name not in STEPS:
            return real

        def step(*arguments, **named):
            self.steps.append((name, *arguments))
            if name == "write":
                handle, data = arguments
                arguments = (handle, self.written(bytes(data)))
            if len(self.steps) == self.fail_at:
                if name == "close":
                    self.open_handles.remove(arguments[0])
                    real(*arguments)
                raise self.error
            answer = real(*arguments, **named)
            if name == "open":
                self.open_handles.add(answer)
            elif name == "close":
                self.open_handles.remove(arguments[0])
            return answer

        return step


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "m.glassnet"
    path.write_bytes(OLD)
    return path


def use(monkeypatch, **settings):
    disk = Disk(**settings)
    monkeypatch.setattr(atomic_write, "os", disk)
    monkeypatch.setattr(atomic_write, "CHUNK", 200)
    return disk


ERRORS = [
    OSError(number, os.strerror(number))
    for number in (errno.ENOSPC, errno.EIO, errno.EACCES, errno.EINTR, errno.EDQUOT, errno.EINVAL)
]


@pytest.mark.parametrize("error", [*ERRORS, KeyboardInterrupt(), MemoryError()], ids=repr)
@pytest.mark.parametrize("fresh", [False, True], ids=["replaced", "fresh"])
def test_every_step_may_fail(error, fresh, path, monkeypatch):
    """The failing step moves from the first one on until a save has no more steps."""
    n_failed, fail_at = 0, 0
    while True:
        fail_at += 1
        path.unlink(missing_ok=True)
        if not fresh:
            path.write_bytes(OLD)
        disk = use(monkeypatch, fail_at=fail_at, error=error)
        raised = None
        try:
            atomic_write_bytes(path, NEW)
        except type(error) as caught:
            raised, n_failed = caught, n_failed + 1
        assert not disk.open_handles, disk.steps
        reached = len(disk.steps) >= fail_at
        replaced = any(step[0] == "replace" for step in disk.steps[: fail_at - 1])
        assert [other.name for other in path.parent.iterdir() if other != path] == [], disk.steps
        now = path.read_bytes() if path.exists() else None
        if raised is None or replaced:
            assert now == NEW, disk.steps
        else:
            assert now == (None if fresh else OLD), disk.steps
        if not reached:
            break
    assert n_failed >= 12
    assert fail_at > 15


@pytest.mark.parametrize("step", STEPS)
def test_every_kind_of_step_is_taken(step, path, monkeypatch):
    """So that no kind of failure is left out above."""
    disk = use(monkeypatch)
    atomic_write_bytes(path, NEW)
    assert step in {name for name, *_ in disk.steps}


def test_folder_that_cannot_be_forced_is_told_unless_no_folder_can(path, monkeypatch):
    disk = use(monkeypatch)
    atomic_write_bytes(path, NEW)
    last = [i for i, step in enumerate(disk.steps, 1) if step[0] == "fsync"][-1]
    for number, told in (
        (errno.EIO, True),
        (errno.ENOSPC, True),
        (errno.EINVAL, False),
        (errno.ENOTSUP, False),
    ):
        use(monkeypatch, fail_at=last, error=OSError(number, os.strerror(number)))
        if told:
            with pytest.raises(OSError, match=os.strerror(number)):
                atomic_write_bytes(path, NEW)
        else:
            atomic_write_bytes(path, NEW)
        assert path.read_bytes() == NEW


@pytest.mark.parametrize("length", [1, 7, 199])
def test_short_writes_are_continued(length, path, monkeypatch):
    use(monkeypatch, written=lambda data: data[:length])
    atomic_write_bytes(path, NEW)
    assert path.read_bytes() == NEW


@pytest.mark.parametrize(
    "lie",
    [lambda data: bytes(len(data)), lambda data: data[:-1] + b"?"],
    ids=["zeros", "last byte"],
)
def test_disk_that_keeps_something_else_is_noticed(lie, path, monkeypatch):
    use(monkeypatch, written=lie)
    with pytest.raises(OSError, match="reads back differently"):
        atomic_write_bytes(path, NEW)
    assert path.read_bytes() == OLD
    assert list(path.parent.iterdir()) == [path]


def after_power_loss(steps, old):
    """What may stand at the path when the power fails after these steps.

    Until a file is forced to the disk, each write to it may be there, half there or not there, in
    any combination; until its folder is, a new name may be there or not. Any of it may reach the
    disk before what was asked for earlier.
    """
    writes, pending, renamed, durable = [], [], False, False
    for name, *arguments in steps:
        if name == "write":
            writes.append(bytes(arguments[1]))
            pending.append(len(writes) - 1)
        elif name == "fsync" and renamed:
            durable = True
        elif name == "fsync":
            pending = []
        elif name == "replace":
            renamed = True
    found = set() if durable else {old}
    if renamed:
        for kept in itertools.product((0.0, 0.5, 1.0), repeat=len(pending)):
            share = dict(zip(pending, kept, strict=True))
            pieces = [
                write[: int(len(write) * share.get(i, 1.0))].ljust(len(write), b"\0")
                for i, write in enumerate(writes)
            ]
            found.add(b"".join(pieces))
    return found


def test_power_may_fail_after_every_step(path, monkeypatch):
    disk = use(monkeypatch)
    atomic_write_bytes(path, NEW)
    for n in range(len(disk.steps) + 1):
        assert after_power_loss(disk.steps[:n], OLD) <= {OLD, NEW}, disk.steps[:n]
    assert after_power_loss(disk.steps, OLD) == {NEW}
    # The law finds a save that forgets to force the file, or its folder, to the disk.
    syncs = [i for i, step in enumerate(disk.steps) if step[0] == "fsync"]
    assert len(syncs) == 2
    without = [[step for i, step in enumerate(disk.steps) if i != sync] for sync in syncs]
    assert any(
        not after_power_loss(without[0][:n], OLD) <= {OLD, NEW} for n in range(len(without[0]) + 1)
    )
    assert after_power_loss(without[1], OLD) == {OLD, NEW}


def killed(writer, n, folder):
    command = [sys.executable, "-m", "tests.storage.killed_writers", writer, str(n), str(folder)]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2]
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def test_killed_saves_leave_a_whole_file(tmp_path):
    assert killed("whole", 30, tmp_path)["bad"] == 0


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_many_killed_saves_leave_a_whole_file(tmp_path):
    assert killed("whole", 2000, tmp_path)["bad"] == 0


def test_naive_saves_fail_that_test(tmp_path):
    assert killed("naive", 20, tmp_path)["bad"] > 0


def test_full_disk_leaves_the_old_file(tmp_path):
    """A limit on the size of files stands for the full disk."""
    save(build("squared")[0], tmp_path / "m.glassnet")
    before = (tmp_path / "m.glassnet").read_bytes()
    code = f"""
import resource, signal
import glassnet
from tests.storage.models import build
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (500, 500))
try:
    build("multiclass")[0].save({str(tmp_path / "m.glassnet")!r})
except glassnet.errors.ModelFileError as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    assert done.stdout == f"{tmp_path / 'm.glassnet'}: cannot be written: File too large.\n"
    assert list(tmp_path.iterdir()) == [tmp_path / "m.glassnet"]
    assert (tmp_path / "m.glassnet").read_bytes() == before


def test_failure_is_told_with_path_and_cause(path, monkeypatch):
    use(monkeypatch, fail_at=4, error=OSError(errno.ENOSPC, "No space left on device"))
    with pytest.raises(
        ModelFileError, match=r"m\.glassnet: cannot be written: No space left on device\."
    ):
        save(build("squared")[0], path)
    assert path.read_bytes() == OLD


def test_places_that_cannot_be_written(tmp_path):
    model, _ = build("squared")
    with pytest.raises(ModelFileError, match="cannot be written: No such file or directory"):
        save(model, tmp_path / "nowhere" / "m.glassnet")
    with pytest.raises(ModelFileError, match="cannot be written: it is a folder"):
        save(model, tmp_path)
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(ModelFileError, match="cannot be written"):
        save(model, tmp_path / "loop")
    assert list(tmp_path.iterdir()) == [tmp_path / "loop"]


def test_pipe_or_device_is_not_replaced(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to(tmp_path / "pipe")
    for name in ("pipe", "link"):
        with pytest.raises(
            ModelFileError, match="cannot be written: it is a pipe or a device, not a regular file"
        ):
            save(build("squared")[0], tmp_path / name)
    assert (tmp_path / "pipe").is_fifo()


def test_write_protected_file_is_not_replaced(path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # root may write all
    with pytest.raises(ModelFileError, match="cannot be written: it is write-protected"):
        save(build("squared")[0], path)
    assert path.read_bytes() == OLD


def test_links_are_followed(path, tmp_path):
    model, _ = build("squared")
    (tmp_path / "link").symlink_to(path)
    (tmp_path / "to nothing").symlink_to(tmp_path / "new.glassnet")
    for name, target in (("link", path), ("to nothing", tmp_path / "new.glassnet")):
        save(model, tmp_path / name)
        assert (tmp_path / name).is_symlink()
        assert not target.is_symlink()
        load(target)


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o644, 0o666])
def test_permissions_of_a_replaced_file_are_kept(mode, path):
    path.chmod(mode)
    save(build("squared")[0], path)
    assert path.stat().st_mode & 0o777 == mode


def test_private_file_is_never_open_to_others(path, monkeypatch):
    """Not even while it is written."""
    path.chmod(0o600)
    seen = []
    disk = use(
        monkeypatch,
        written=lambda data: (
            seen.extend(other.stat().st_mode & 0o077 for other in path.parent.iterdir()) or data
        ),
    )
    atomic_write_bytes(path, NEW)
    assert set(seen) == {0}
    assert disk.steps


def test_new_file_follows_the_umask(tmp_path):
    for umask in (0o022, 0o077):
        old = os.umask(umask)
        try:
            atomic_write_bytes(tmp_path / f"{umask}", NEW)
        finally:
            os.umask(old)
        assert (tmp_path / f"{umask}").stat().st_mode & 0o777 == 0o666 & ~umask


@pytest.mark.parametrize("locks", [True, False], ids=["by their locks", "by their age"])
def test_leftovers_of_killed_saves_are_cleared(locks, path, monkeypatch):
    """Those that no living process writes; where there are no locks to tell, those that are old."""
    names = (
        ".m.glassnet.1-a.tmp",
        ".m.glassnet.2-b.tmp",
        ".n.glassnet.1-a.tmp",
        ".m.glassnet.notes",
        ".m.glassnet.my-own.tmp",
    )
    left = {name: path.parent / name for name in names}
    for name, other in left.items():
        other.write_bytes(b"half")
        if name != ".m.glassnet.2-b.tmp":
            os.utime(other, (time.time() - 4_000,) * 2)
    if not locks:
        monkeypatch.setattr(atomic_write, "fcntl", None)
    with atomic_write.atomic_write(path) as file:
        (living,) = path.parent.glob(f".m.glassnet.{os.getpid()}-*.tmp")
        atomic_write_bytes(path, OLD)
        assert living.exists()
        file.write(NEW)
    assert path.read_bytes() == NEW
    assert {name for name, other in left.items() if other.exists()} == {
        *names[2:],
        *(() if locks else names[1:2]),
    }


def test_a_temporary_file_that_was_cleared_before_it_was_locked_is_made_anew(path, monkeypatch):
    made = []

    def stolen(handle):
        made.append(handle)
        if len(made) == 1:
            next(path.parent.glob(".m.glassnet.*.tmp")).unlink()
        return True

    monkeypatch.setattr(atomic_write, "_lock", stolen)
    atomic_write_bytes(path, NEW)
    assert len(made) == 2
    assert path.read_bytes() == NEW


@pytest.mark.parametrize(
    "name",
    ["x" * 255, "\u8a9e" * 85, "\U0001f9e0" * 63],
    ids=["ASCII", "three bytes each", "four bytes each"],
)
def test_longest_name_is_written(name, tmp_path):
    atomic_write_bytes(tmp_path / name, NEW)
    assert [other.name for other in tmp_path.iterdir()] == [name]
