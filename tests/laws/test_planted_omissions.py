"""What is forgotten in one place is noticed, and the file to edit is named.

Each row of `omissions.py`.
"""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from glassnet.engines.building import found_compiler
from tests.conftest import oracle
from tests.laws.omissions import COMPILER, OMISSIONS, Omission
from tests.laws.places import ROOT

COPIED = (
    "src",
    "tests",
    "docs",
    "native",
    "pyproject.toml",
    "CHANGELOG.md",
    "README.md",
    "LICENSE",
)


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the source tree."""
    copy = tmp_path_factory.mktemp("tree")
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(
                ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__", "*.so")
            )
        else:
            shutil.copy(ROOT / name, copy)
    return copy


def without(text: str, omission: Omission) -> str:
    assert text.count(omission.old) == 1, (
        f"tests/laws/omissions.py: {omission.file} holds {text.count(omission.old)} times "
        f"{omission.old!r}"
    )
    return text.replace(omission.old, omission.new)


def compiled(tree: Path) -> subprocess.CompletedProcess[str]:
    """Compile the module, without making code."""
    compiler = found_compiler()
    if compiler is None:
        pytest.skip("there is no C++ compiler")
    include = oracle("nanobind").include_dir()
    options = [
        "-std=c++17",
        "-fsyntax-only",
        "-DGLASSNET_MODULE=_native",
        f"-I{sysconfig.get_path('include')}",
        f"-I{include}",
    ]
    return subprocess.run(
        [compiler, *options, "native/module.cpp"],
        cwd=tree,
        capture_output=True,
        text=True,
        check=False,
    )


def checked(tree: Path, check: str) -> subprocess.CompletedProcess[str]:
    if check == COMPILER:
        return compiled(tree)
    command = [sys.executable, "-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", check]
    environment = {**os.environ, "PYTHONPATH": str(tree / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        command, cwd=tree, env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("name", [name for name in OMISSIONS if OMISSIONS[name].old])
def test_every_row_still_has_its_place(name: str) -> None:
    without((ROOT / OMISSIONS[name].file).read_text(encoding="utf-8"), OMISSIONS[name])


@pytest.mark.slow
@pytest.mark.parametrize("check", sorted({omission.check for omission in OMISSIONS.values()}))
def test_without_an_omission_nothing_is_noticed(tree: Path, check: str) -> None:
    done = checked(tree, check)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("name", OMISSIONS)
def test_an_omission_is_noticed_and_the_file_named(tree: Path, name: str) -> None:
    omission = OMISSIONS[name]
    file = tree / omission.file
    whole = file.read_text(encoding="utf-8")
    try:
        if omission.old:
            file.write_text(without(whole, omission), encoding="utf-8")
        else:
            file.unlink()
        done = checked(tree, omission.check)
    finally:
        file.write_text(whole, encoding="utf-8")
    assert done.returncode != 0, "nobody noticed"
    said = [
        line for line in (done.stdout + done.stderr).splitlines() if re.match(r"E  |native/", line)
    ]
    assert any((omission.names or omission.file) in line for line in said), (
        done.stdout + done.stderr
    )
