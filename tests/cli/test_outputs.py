"""Outputs that cannot be written are refused before any work; failed ones leave nothing."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import click
import pytest

from glassnet import atomic_write
from glassnet.cli.output_files import MODEL, PAGE, check_output, output_files
from tests.cli.invoked import PENGUINS, QUICK, run

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="POSIX permissions, links and signals"
)

# What each command calls its output, and the command itself.
COMMANDS = {
    "train, model": (".glassnet", ("train", PENGUINS, "--target", "species", *QUICK)),
    "train, page": (".html", ("train", PENGUINS, "--target", "species", *QUICK)),
    "predict, CSV": (".csv", ("predict", "m.glassnet", PENGUINS)),
    "predict, gzip": (".csv.gz", ("predict", "m.glassnet", PENGUINS)),
    "predict, Parquet": (".parquet", ("predict", "m.glassnet", PENGUINS)),
    "evaluate": (".html", ("evaluate", "m.glassnet", PENGUINS)),
    "explain": (".csv", ("explain", "m.glassnet", PENGUINS, "--rows", "3")),
}


def pipe(path):
    os.mkfifo(path)


def link_to(target):
    return lambda path: path.symlink_to(target)


def links_in_a_circle(path):
    path.symlink_to("round")
    Path("round").symlink_to(path)


def link_to_a_pipe(path):
    os.mkfifo("pipe")
    path.symlink_to("pipe")


def folder(path):
    path.mkdir()


# name: (how the place is made, what the refusal says)
PLACES = {
    "pipe": (pipe, "is a pipe or a device, not a regular file"),
    "link to a pipe": (link_to_a_pipe, "is a pipe or a device, not a regular file"),
    "link to a device": (link_to("/dev/null"), "is a pipe or a device, not a regular file"),
    "folder": (folder, "is a folder: name a file in it"),
    "link to a folder": (link_to("."), "is a folder: name a file in it"),
    "links in a circle": (
        links_in_a_circle,
        "cannot be written: Too many levels of symbolic links",
    ),
    "link into no folder": (link_to("gone/far"), "cannot be written: No such file or directory"),
    "link to where no file can be": (
        link_to("/proc/far"),
        "(it is a link to /proc/far): cannot be written: ",
    ),
}


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder to run in; its model file is invalid, so an error about it means work was begun."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "m.glassnet").write_text("not read")
    return tmp_path


def listing(folder):
    return sorted(
        (path.name, path.lstat().st_mode, path.lstat().st_mtime_ns) for path in folder.iterdir()
    )


def refused(command, output, here):
    before = listing(here)
    result = run(*command, "-o", output)
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert result.stderr.count("Error: ") == 1
    assert listing(here) == before
    return " ".join(result.stderr.split())


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("command", COMMANDS)
def test_place_that_cannot_be_written_is_refused_at_once(command, place, here):
    suffix, words = COMMANDS[command]
    make, says = PLACES[place]
    output = Path(f"out{suffix}")
    make(output)
    assert says in refused(words, output, here)


@pytest.mark.parametrize("command", COMMANDS)
def test_name_that_is_too_long(command, here):
    suffix, words = COMMANDS[command]
    said = refused(words, f"{'x' * 300}{suffix}", here)
    assert "cannot be written: File name too long. Choose another folder or name." in said


@pytest.mark.parametrize(
    ("number", "says"),
    [(errno.EROFS, "Read-only file system"), (errno.ENOSPC, "No space left on device")],
)
@pytest.mark.parametrize("command", COMMANDS)
def test_folder_that_takes_no_files(command, number, says, here, monkeypatch):
    suffix, words = COMMANDS[command]

    class Full:
        def __getattr__(self, name):
            return getattr(os, name)

        def open(self, path, flags, *mode):
            if flags & os.O_CREAT:
                raise OSError(number, os.strerror(number), str(path))
            return os.open(path, flags, *mode)

    monkeypatch.setattr(atomic_write, "os", Full())
    assert f"out{suffix}: cannot be written: {says}." in refused(words, f"out{suffix}", here)


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can become another user"
)
def test_what_belongs_to_another_user(tmp_path):
    """The folder, the file, and what a link in an open folder leads to."""
    tmp_path.chmod(0o755)
    for outer in tmp_path.parents:
        if not outer.stat().st_mode & 0o077:  # those that pytest made for root alone
            outer.chmod(0o755)
    shut, open_ = tmp_path / "shut", tmp_path / "open"
    shut.mkdir(0o755)
    open_.mkdir()
    open_.chmod(0o777)
    (shut / "old.csv").write_text("old")
    (open_ / "kept.csv").write_text("old")
    (open_ / "old.csv").symlink_to(shut / "old.csv")
    (open_ / "new.csv").symlink_to(shut / "new.csv")
    said = {}
    os.seteuid(65534)
    os.access, real = lambda path, mode: real(path, mode, effective_ids=True), os.access
    try:
        for path in (
            shut / "new.csv",
            shut / "old.csv",
            open_ / "kept.csv",
            open_ / "old.csv",
            open_ / "new.csv",
            open_ / "fine.csv",
        ):
            try:
                check_output(path)
            except click.BadParameter as error:
                said[path.relative_to(tmp_path).as_posix()] = error.message
    finally:
        os.access = real
        os.seteuid(0)
    assert {
        name: words.partition("cannot be written: ")[2].partition(".")[0]
        for name, words in said.items()
    } == {
        "shut/new.csv": "Permission denied",
        "shut/old.csv": "it is write-protected",
        "open/kept.csv": "it is write-protected",
        "open/old.csv": "it is write-protected",
        "open/new.csv": "Permission denied",
    }
    assert [path.name for path in shut.iterdir()] == ["old.csv"]


@pytest.mark.parametrize("given", ["/dev/stdout", "/dev/null", "/dev/fd/PIPE"])
@pytest.mark.parametrize("command", ["predict, CSV", "train, model"])
def test_streams_and_devices_by_their_names(command, given, here):
    """Also what `-o >(gzip)` of a shell gives; predictions have `-o -` for that."""
    reading, writing = os.pipe()
    try:
        said = refused(COMMANDS[command][1], given.replace("PIPE", str(writing)), here)
    finally:
        os.close(reading)
        os.close(writing)
    if given != "/dev/stdout":  # of these tests it may be a file
        assert "is a pipe or a device, not a regular file: " in said
        assert ("write CSV to stdout, with -o -, and send that there" in said) == (
            command == "predict, CSV"
        )


def test_predictions_keep_permissions_and_links(tmp_path):
    assert (
        run(
            "train", PENGUINS, "--target", "species", *QUICK, "-o", tmp_path / "m.glassnet"
        ).exit_code
        == 0
    )
    (tmp_path / "far").mkdir()
    for name in ("p.csv", "p.csv.gz", "p.parquet"):
        link, target = tmp_path / name, tmp_path / "far" / name
        target.write_bytes(b"old")
        target.chmod(0o600)
        link.symlink_to(target)
        assert run("predict", tmp_path / "m.glassnet", PENGUINS, "-o", link).exit_code == 0
        assert link.is_symlink()
        assert target.stat().st_mode & 0o777 == 0o600
        assert target.read_bytes() != b"old"


@pytest.mark.parametrize("command", ["predict, CSV", "predict, Parquet", "evaluate"])
@pytest.mark.parametrize("how", ["link", "hard link", "link to a link"])
def test_what_is_read_is_not_overwritten_through_a_link(command, how, here):
    suffix, words = COMMANDS[command]
    (here / "t.csv").write_bytes(PENGUINS.read_bytes())
    output = Path(f"out{suffix}")
    if how == "hard link":
        os.link("t.csv", output)
    else:
        Path("between").symlink_to("t.csv")
        output.symlink_to("between" if how == "link to a link" else "t.csv")
    assert "would overwrite what is read from it" in refused([*words[:2], "t.csv"], output, here)


def test_folder_that_is_read_gets_no_file_through_a_link(here):
    (here / "tables").mkdir()
    (here / "out.parquet").symlink_to("tables/new.parquet")
    assert "would become part of the folder that is read" in refused(
        ["predict", "m.glassnet", "tables"], "out.parquet", here
    )


def test_inputs_are_safe_from_every_kind_of_output(here):
    (here / "t.csv").write_text("x")
    (here / "out.glassnet").symlink_to("t.csv")
    with pytest.raises(click.BadParameter, match="would overwrite what is read"):
        output_files([Path("out.glassnet")], {MODEL: "a model file"}, [Path("t.csv")])


def test_two_outputs_are_two_files(here):
    (here / "out.glassnet").symlink_to("out.html")
    with pytest.raises(
        click.BadParameter,
        match=r"out\.glassnet and out\.html are links to the same file: name two",
    ):
        output_files(
            [Path("out.glassnet"), Path("out.html")], {MODEL: "a model file", PAGE: "a report"}
        )


def test_links_to_files_that_can_be_are_followed(here):
    """To a file, to none yet, and from one link to the next."""
    (here / "far").mkdir()
    (here / "far" / "old.html").write_text("old")
    for name, target in (("old", "far/old.html"), ("new", "far/new.html"), ("next", "new.html")):
        (here / f"{name}.html").symlink_to(target)
        check_output(Path(f"{name}.html"))
    assert sorted(path.name for path in (here / "far").iterdir()) == ["old.html"]


SLOW = [pytest.param(number, marks=pytest.mark.slow) for number in (signal.SIGHUP, signal.SIGTERM)]


@pytest.mark.parametrize("number", [signal.SIGINT, *SLOW], ids=lambda number: number.name)
def test_prediction_that_is_ended_leaves_nothing(number, tmp_path):
    """The signal comes while predictions are written."""
    assert (
        run(
            "train", PENGUINS, "--target", "species", *QUICK, "-o", tmp_path / "m.glassnet"
        ).exit_code
        == 0
    )
    (tmp_path / "p.csv").write_text("old")
    lines = PENGUINS.read_text().splitlines()
    (tmp_path / "t.csv").write_text("\n".join([lines[0], *lines[1:] * 3_000]))
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    command = [sys.executable, "-m", "glassnet", "predict", "m.glassnet", "t.csv", "-o", "p.csv"]
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True
    ) as running:
        waited = time.monotonic() + 60.0
        while (
            not list(tmp_path.glob(".p.csv.*.tmp"))
            and running.poll() is None
            and time.monotonic() < waited
        ):
            time.sleep(0.002)
        running.send_signal(number)
        said = running.stderr.read()
    assert running.returncode == 128 + number, said
    assert "Traceback" not in said
    assert sorted(path.name for path in tmp_path.iterdir()) == ["m.glassnet", "p.csv", "t.csv"]
    assert (tmp_path / "p.csv").read_text() == "old"


def test_what_a_model_is_saved_with_is_loaded_before_it_is_trained():
    code = (
        "import sys; from pathlib import Path; from glassnet.cli.model_output import ModelOutput; "
        "ModelOutput(Path('m.glassnet')); "
        "needed = ('glassnet.storage.model_file', 'safetensors._safetensors_rust'); "
        "print([name for name in needed if name not in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
