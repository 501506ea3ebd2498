"""Text of a file does not control the terminal: each command, its JSON, errors and notices."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import re
import threading
import traceback
import warnings
from pathlib import Path

import pytest

from glassnet import errors
from glassnet.cli import main
from glassnet.data.files.read import read_table
from glassnet.data.tables.dialect import Dialect
from tests.cli.invoked import QUICK, run

#: What sets the title of a window, a colour by one byte, the direction of reading, and what ends a
#: line elsewhere.
STEERS = "\x1b]0;mine\x07", "\x9b31m", "\u202e", "\u2028", "\x08", "\u200f", "\x7f"
NAME, CELL, LABEL = (f"{word}{''.join(STEERS)}end" for word in ("name", "cell", "label"))
#: What the commands style their own words with.
STYLE = re.compile(r"\x1b\[[0-9;]*m")
#: What rich draws its bar with: styles, the cursor hidden and shown, lines cleared and gone up.
BAR = re.compile(r"\x1b\[[0-9;]*[mAK]|\x1b\[\?25[lh]")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("terminal")
    rows = "".join(
        f"{i},{CELL if i % 3 else 'plain'}{i % 2},{LABEL if i % 2 else 'other'}\n"
        for i in range(40)
    )
    (folder / "a.csv").write_text(f"x,{NAME},y\n{rows}", encoding="utf-8")
    result = run("train", folder / "a.csv", "--target", "y", "-o", folder / "m.glassnet", *QUICK)
    assert result.exit_code == 0, result.output
    return folder


def on_a_terminal(*arguments: object) -> str:
    """What a command writes to stdout and stderr where both are a terminal."""
    master, slave = pty.openpty()
    pieces: list[bytes] = []

    def listen() -> None:
        with contextlib.suppress(OSError):  # the end of a pseudo-terminal
            while piece := os.read(master, 65_536):
                pieces.append(piece)

    listener = threading.Thread(target=listen)
    listener.start()
    with os.fdopen(slave, "w", encoding="utf-8") as terminal:
        assert terminal.isatty()
        with (
            contextlib.redirect_stdout(terminal),
            contextlib.redirect_stderr(terminal),
            contextlib.suppress(SystemExit),
        ):
            main([str(a) for a in arguments], prog_name="glassnet")
    listener.join()
    os.close(master)
    return b"".join(pieces).decode()


COMMANDS = {
    "inspect": ("inspect", "a.csv", "--target", "y"),
    "inspect, a column that is not there": ("inspect", "a.csv", "--target", f"no{STEERS[0]}"),
    "inspect, a file that is not there": ("inspect", f"no{STEERS[0]}.csv"),
    "train": ("train", "a.csv", "--target", "y", *QUICK, "-o", "again.glassnet"),
    "show": ("show", "m.glassnet"),
    "predict": ("predict", "m.glassnet", "a.csv"),
    "predict, safe": ("predict", "m.glassnet", "a.csv", "--spreadsheet-safe", "--keep"),
    "predict, kept": ("predict", "m.glassnet", "a.csv", "--keep"),
    "evaluate": ("evaluate", "m.glassnet", "a.csv"),
    "explain": ("explain", "m.glassnet", "a.csv"),
    "explain, rows": ("explain", "m.glassnet", "a.csv", "--rows", "0,1"),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_no_command_lets_a_file_steer_the_terminal(
    name: str, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(files)
    shown = BAR.sub("", on_a_terminal(*COMMANDS[name]))
    left = {c for c in shown if not c.isprintable()} - {"\n", "\r"}
    assert not left, (left, shown[-500:])
    if "not there" not in name and name != "train":
        assert r"\x1b]0;mine\x07" in shown


@pytest.mark.parametrize("keep", [False, True])
def test_files_and_pipes_get_the_bytes_as_they_are(
    keep: bool, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(files)
    options = ["--keep"] if keep else []
    assert run("predict", "m.glassnet", "a.csv", "-o", "out.csv", *options).exit_code == 0
    written = (files / "out.csv").read_text(encoding="utf-8")
    assert LABEL in written
    assert (CELL in written) == keep
    assert run("predict", "m.glassnet", "a.csv", *options).stdout == written


JSON = {
    "inspect": ("inspect", "a.csv", "--target", "y"),
    "predict": ("predict", "m.glassnet", "a.csv", "-o", "out.csv"),
    "evaluate": ("evaluate", "m.glassnet", "a.csv"),
    "train": ("train", "a.csv", "--target", "y", *QUICK, "-o", "again.glassnet"),
}


@pytest.mark.parametrize("name", JSON)
def test_json_is_ascii(name: str, files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a terminal, and a reader of lines, may have it as it is; and it says the same."""
    monkeypatch.chdir(files)
    result = run(*JSON[name], "--json")
    assert result.exit_code == 0, result.output
    assert result.stdout.isascii()
    assert not {c for c in result.stdout if not c.isprintable()} - {"\n"}
    said = json.dumps(json.loads(result.stdout), ensure_ascii=False)
    assert (LABEL.encode("unicode_escape")[:5].decode() in said) or name == "predict"


ERRORS = [
    kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, (errors.GlassNetError, errors.DataNotice))
]


@pytest.mark.parametrize("kind", ERRORS)
def test_an_error_in_python_steers_no_terminal(kind: type[Exception]) -> None:
    error = kind(*([NAME] * (3 if kind is errors.MissingDependencyError else 1)))
    assert not {c for c in str(error) if not c.isprintable()}
    assert "name\\x1b]0;mine\\x07" in str(error)
    shown = "".join(traceback.format_exception(error))
    assert not {c for c in shown if not c.isprintable()} - {"\n"}
    assert (
        str(kind("two\nlines")) == "two\nlines"
        if kind is not errors.MissingDependencyError
        else True
    )


def test_a_notice_in_python_steers_no_terminal() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warnings.warn(f"column {NAME} was left out", errors.DataNotice, stacklevel=1)
    one = caught[0]
    assert "\x1b" not in warnings.formatwarning(one.message, one.category, one.filename, one.lineno)


# Encodings: what is none of text files is one sentence.

NONE = (
    "rot13",
    "rot_13",
    "hex",
    "base64",
    "zip",
    "bz2",
    "uu",
    "quopri",
    "idna",
    "punycode",
    "undefined",
    "unicode_escape",
)
NONE += ("raw_unicode_escape", "no-such", "", "utf-8\0", "x" * 1_000, "\x1b[31m")


@pytest.mark.parametrize("name", NONE)
def test_an_encoding_that_is_none_of_text_files_is_refused(name: str, files: Path) -> None:
    with pytest.raises(
        errors.SettingError, match=r"^unknown encoding .{1,100}: expected one of text files"
    ):
        Dialect(encoding=name)
    result = run("inspect", files / "a.csv", "--encoding", name)
    assert result.exit_code == 2
    assert result.output.startswith("Error: unknown encoding ")
    assert result.output.count("\n") == 1


def test_every_encoding_of_python_reads_or_is_refused_in_one_sentence(tmp_path: Path) -> None:
    import encodings
    import pkgutil

    (tmp_path / "a.csv").write_text("a,b\n1,2\n3,x\n")
    read = 0
    for module in pkgutil.iter_modules(encodings.__path__):
        with contextlib.suppress(errors.SettingError, errors.DataError):
            read += (
                read_table(tmp_path / "a.csv", dialect=Dialect(encoding=module.name)).n_rows == 2
            )
    assert read > 70
