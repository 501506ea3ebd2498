"""Every file that glassnet writes is written atomically and through no planted link."""

from __future__ import annotations

import errno
import os
import sys

import numpy as np
import pytest

from glassnet import atomic_write
from glassnet.data.files.read import read_table
from glassnet.data.files.write import write_chunks
from glassnet.errors import DataError, ModelFileError
from glassnet.report import evaluate, write_report
from glassnet.storage import load
from tests.storage.models import build

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="POSIX permissions, links and signals"
)
OLD = b"old" * 99


@pytest.fixture(scope="module")
def model():
    return build("binary")[0]


@pytest.fixture(scope="module")
def page(model):
    table = build("binary")[1]
    return evaluate(model, table, np.array(["no", "yes"] * 20))


def pieces():
    """Columns in three stretches."""
    for _ in range(3):
        yield [np.random.default_rng(0).normal(size=2_000), ["x"] * 2_000]


# What writes each of them, and the error that tells of a failure.
WRITERS = {
    "m.glassnet": (lambda path, model, page: model.save(path), ModelFileError),
    "r.html": (lambda path, model, page: write_report(path, page, model), DataError),
    "p.csv": (lambda path, model, page: write_chunks(path, ["a", "b"], pieces()), DataError),
    "p.csv.gz": (lambda path, model, page: write_chunks(path, ["a", "b"], pieces()), DataError),
    "p.parquet": (lambda path, model, page: write_chunks(path, ["a", "b"], pieces()), DataError),
}


@pytest.fixture(params=WRITERS)
def output(request, tmp_path, model, page):
    """A place with an old file, what writes a new one there, and its error."""
    write, error = WRITERS[request.param]
    path = tmp_path / request.param
    path.write_bytes(OLD)
    return path, lambda place=path: write(place, model, page), error


def is_whole(path):
    """Whether a file is not the old one and can be read to its end."""
    data = path.read_bytes()
    if path.name.endswith(".glassnet"):
        return bool(load(path))
    if path.name.endswith(".html"):
        return data.endswith(b"</html>\n")
    return read_table(path).n_rows == 6_000


def names(folder):
    return sorted(other.name for other in folder.iterdir())


@pytest.mark.parametrize(
    "error",
    [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt(), MemoryError()],
    ids=repr,
)
@pytest.mark.parametrize("step", ["write", "fsync", "replace"])
def test_what_stood_there_stands_where_a_step_fails(step, error, output, monkeypatch):
    path, write, told = output
    real, left = getattr(os, step), [int(step == "write" and path.suffix in (".csv", ".parquet"))]

    def failing(*arguments):
        left[0] -= 1
        if left[0] < 0:
            raise error
        return real(*arguments)

    with monkeypatch.context() as patched:
        patched.setattr(atomic_write.os, step, failing)
        with pytest.raises(told if isinstance(error, OSError) else type(error)) as caught:
            write()
    if isinstance(error, OSError):
        assert str(caught.value) == f"{path}: cannot be written: No space left on device."
        assert getattr(caught.value, "errno", errno.ENOSPC) == errno.ENOSPC
    assert path.read_bytes() == OLD
    assert names(path.parent) == [path.name]
    write()
    assert is_whole(path)


def test_file_is_forced_to_the_disk_before_it_takes_the_place(output, monkeypatch):
    path, write, _ = output
    steps = []
    for step, real in {"fsync": os.fsync, "replace": os.replace}.items():
        monkeypatch.setattr(
            os, step, lambda *given, step=step, real=real: steps.append(step) or real(*given)
        )
    write()
    assert steps == ["fsync", "replace", "fsync"]
    assert path.read_bytes() != OLD


def test_disk_that_keeps_something_else_is_noticed(output, monkeypatch):
    path, write, told = output
    real = os.write
    monkeypatch.setattr(
        atomic_write.os, "write", lambda handle, data: real(handle, bytes(len(data)))
    )
    with pytest.raises(told, match="reads back differently"):
        write()
    assert path.read_bytes() == OLD
    assert names(path.parent) == [path.name]


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o666])
def test_permissions_are_kept(mode, output):
    path, write, _ = output
    path.chmod(mode)
    write()
    assert path.stat().st_mode & 0o777 == mode
    assert is_whole(path)


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gives files away"
)
def test_owner_and_group_are_kept(output):
    path, write, _ = output
    os.chown(path, 1234, 2345)
    path.chmod(0o640)
    write()
    assert (path.stat().st_uid, path.stat().st_gid, path.stat().st_mode & 0o777) == (
        1234,
        2345,
        0o640,
    )


def test_links_are_followed(output, tmp_path):
    path, write, _ = output
    (tmp_path / "far").mkdir()
    for there in (True, False):
        target = tmp_path / "far" / f"{there}-{path.name}"
        if there:
            target.write_bytes(OLD)
        link = tmp_path / f"{there}-{path.name}"
        link.symlink_to(target)
        write(link)
        assert link.is_symlink()
        assert is_whole(target)
    assert names(tmp_path / "far") == sorted(f"{there}-{path.name}" for there in (True, False))


@pytest.mark.parametrize("kind", ["pipe", "device"])
def test_pipe_and_device_are_refused_and_left_alone(kind, output, tmp_path):
    path, write, told = output
    path.unlink()
    if kind == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to("/dev/null")
    with pytest.raises(
        told, match="cannot be written: it is a pipe or a device, not a regular file"
    ):
        write()
    assert path.is_fifo() if kind == "pipe" else os.path.realpath(path) == "/dev/null"
    assert names(tmp_path) == [path.name]


def test_planted_link_is_not_written_through(output, tmp_path, monkeypatch):
    """Even where the name of the temporary file was guessed."""
    path, write, told = output
    monkeypatch.setattr(atomic_write.os, "urandom", bytes)
    victim = tmp_path / "victim"
    victim.write_bytes(OLD)
    victim.chmod(0o644)
    planted = path.with_name(f".{path.name}.{os.getpid()}-{'00' * 8}.tmp")
    planted.symlink_to(victim)
    with pytest.raises(told, match="File exists"):
        write()
    assert victim.read_bytes() == path.read_bytes() == OLD
    assert planted.is_symlink()


def test_leftovers_of_a_killed_writer_are_cleared_by_the_next(output):
    path, write, _ = output
    left = path.with_name(f".{path.name}.99-{'ab' * 8}.tmp")
    left.write_bytes(b"half")
    write()
    assert names(path.parent) == [path.name]
    assert is_whole(path)


def test_path_that_no_file_can_have(output):
    _, write, told = output
    with pytest.raises(told, match="cannot be written: no file can have this name"):
        write("a\0b" + "".join(output[0].suffixes))
