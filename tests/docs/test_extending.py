"""The page on extending: its diffs fit the source, and what they add passes the laws."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pytest

from glassnet.engines.building import found_compiler
from tests.laws.places import ROOT
from tests.laws.places_of_maths import DOOR
from tests.laws.test_planted_omissions import COPIED, compiled

PAGE = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
CENSUS = "tests/laws/test_census.py"
CAN_COMPILE = found_compiler() is not None and find_spec("nanobind") is not None
#: The name of what each section adds.
ADDED = {"An activation": "hardswish", "A loss": "log_cosh", "A layer": "shift"}


@dataclass(frozen=True)
class Diff:
    """A file, and for each hunk the text before and after."""

    file: str
    hunks: list[tuple[str, str]]


def diffs(section: str) -> list[Diff]:
    (text,) = re.findall(rf"^## {section}$(.*?)(?=^## |\Z)", PAGE, re.DOTALL | re.MULTILINE)
    found = []
    for block in re.findall(r"```diff\n(.*?)```", text, re.DOTALL):
        head, _, rest = block.partition("\n")
        hunks = []
        for hunk in re.split(r"^@@\n", rest, flags=re.MULTILINE):
            lines = hunk.splitlines()
            assert all(line[0] in " +-" for line in lines), hunk
            before, after = (
                "".join(f"{line[1:]}\n" for line in lines if line[0] != left_out)
                for left_out in "+-"
            )
            hunks.append((before, after))
        found.append(Diff(head.removeprefix("--- a/"), hunks))
    return found


def apply(diff: Diff, tree: Path) -> None:
    file = tree / diff.file
    text = file.read_text(encoding="utf-8") if file.exists() else ""
    for before, after in diff.hunks:
        if before:
            assert text.count(before) == 1, (
                f"docs/extending.md: {diff.file} has {text.count(before)} times\n{before}"
            )
            text = text.replace(before, after)
        else:
            text += after
    file.write_text(text, encoding="utf-8")


def copied(tree: Path) -> Path:
    for name in COPIED:
        if (ROOT / name).is_dir():
            ignored = shutil.ignore_patterns("__pycache__", "*.so", "kept")
            shutil.copytree(ROOT / name, tree / name, ignore=ignored)
        else:
            shutil.copy(ROOT / name, tree)
    shutil.copytree(ROOT / "tests/storage/kept", tree / "tests/storage/kept", symlinks=True)
    return tree


def make_names(tree: Path) -> None:
    done = run(tree, "tests.laws.enter")
    assert done.returncode == 0, done.stderr


def pytest_in(tree: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return run(tree, "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", *arguments)


def run(tree: Path, *module: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", *module]
    environment = {**os.environ, "PYTHONPATH": str(tree / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        command, cwd=tree, env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("section", ADDED)
def test_what_the_page_adds_passes_the_laws(section: str, tmp_path: Path) -> None:
    tree = copied(tmp_path)
    for diff in diffs(section):
        apply(diff, tree)
    make_names(tree)
    names = (
        "laws/test_tables",
        "laws/test_gradients",
        "storage/test_plain",
        "graph/test_graph",
        "inspection/test_walk",
    )
    laws = [f"tests/{name}.py" for name in names]
    added = f"({ADDED[section]} or census or tables) and not native"  # which is not compiled here
    done = pytest_in(tree, CENSUS, *laws, "-k", added)
    assert done.returncode == 0, done.stdout + done.stderr
    if CAN_COMPILE:
        built = compiled(tree)
        assert built.returncode == 0, built.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("section", "left_out"),
    [
        pytest.param(section, i, id=f"{section}, {diff.file}")
        for section in ADDED
        for i, diff in enumerate(diffs(section))
    ],
)
def test_a_diff_that_is_left_out_is_named(section: str, left_out: int, tmp_path: Path) -> None:
    tree = copied(tmp_path)
    whole = diffs(section)
    for diff in whole[:left_out] + whole[left_out + 1 :]:
        apply(diff, tree)
    make_names(tree)
    done = pytest_in(tree, CENSUS)
    said = done.stdout + done.stderr
    if done.returncode == 0 and whole[left_out].file.startswith("native/"):
        if not CAN_COMPILE:
            pytest.skip("only the compiler notices, and there is none")
        said = compiled(tree).stderr
    folder, _, name = whole[left_out].file.rpartition("/")
    named = [whole[left_out].file, f"{folder}/*.py", f"glassnet.{Path(folder).name}.{name[:-3]}"]
    # The compiler names a class of C++ that is missing, and the row of the table that asks for it.
    said = said.replace("‘", "'").replace("’", "'")
    for missing in re.findall(r"class (\w+)", str(whole[left_out])):
        named += [f"'{missing}' was not declared", f"undeclared identifier '{missing}'"]
    assert any(one in said for one in named), said


ROOMS = "src/glassnet/{}/__init__.py"
LISTED = {
    "A loss": [ROOMS.format("losses")],
    "A layer": [ROOMS.format("layers"), DOOR, "docs/names.md", "native/layers.hpp"],
}


@pytest.mark.slow
@pytest.mark.parametrize("section", LISTED)
def test_without_make_names_every_listing_is_named(section: str, tmp_path: Path) -> None:
    tree = copied(tmp_path)
    for diff in diffs(section):
        apply(diff, tree)
    done = pytest_in(tree, CENSUS)
    assert [file for file in LISTED[section] if f"{file}: " not in done.stdout] == []


def test_make_names_changes_nothing_that_is_listed(tmp_path: Path) -> None:
    tree = copied(tmp_path)
    make_names(tree)
    for file in (file for files in LISTED.values() for file in files):
        assert (tree / file).read_text(encoding="utf-8") == (ROOT / file).read_text(
            encoding="utf-8"
        )
