"""C++ that does not compile: an error if the native engine is required, else a package without."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from glassnet.engines.building import REQUIRE, found_compiler
from tests.conftest import oracle

ROOT = Path(__file__).parents[2]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(found_compiler() is None, reason="there is no C++ compiler"),
]


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The source tree with an error in the C++."""
    for package in ("scikit_build_core", "nanobind"):
        oracle(package)
    tree = tmp_path_factory.mktemp("tree")
    for name in ("src", "native"):
        shutil.copytree(
            ROOT / name, tree / name, ignore=shutil.ignore_patterns("*.so", "__pycache__")
        )
    for name in ("pyproject.toml", "CMakeLists.txt", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tree)
    module = tree / "native" / "module.cpp"
    module.write_text(
        f"#error planted here\n{module.read_text(encoding='utf-8')}", encoding="utf-8"
    )
    return tree


def build(tree: Path, *, required: bool) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--no-build-isolation",
        "--no-deps",
        "--no-cache-dir",
        "-w",
        tree / "dist",
        tree,
    ]
    environment = {name: value for name, value in os.environ.items() if name != REQUIRE} | (
        {REQUIRE: "1"} if required else {}
    )
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


def test_where_it_is_required_the_compiler_is_heard(broken: Path) -> None:
    done = build(broken, required=True)
    assert done.returncode != 0
    assert "native/module.cpp:1:2: error: #error planted here" in done.stdout + done.stderr
    assert not list((broken / "dist").glob("*.whl"))


def test_elsewhere_the_package_is_made_without_it(broken: Path) -> None:
    done = build(broken, required=False)
    assert done.returncode == 0, done.stderr
    assert [
        path.name.rpartition("-py3-none-any")[1] for path in (broken / "dist").glob("*.whl")
    ] == ["-py3-none-any"]
