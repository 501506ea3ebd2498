"""The engine, built from this checkout where Python does not find it installed: with CMake and
nanobind as they are, and nothing from the network."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from processor import cores

ROOT = Path(__file__).parents[1]
BUILD = ROOT / "build" / "bench-engine"
FOUND = "from glassnet.engines.native import compiled; raise SystemExit(compiled() is None)"


def missing() -> bool:
    """Whether Python finds no glassnet with its native engine."""
    asked = [sys.executable, "-c", FOUND]
    return subprocess.run(asked, stderr=subprocess.DEVNULL, check=False).returncode != 0


def build() -> Path:
    """Compile, lay the modules beside the Python files, and return the folder of the package."""
    cmake, package = shutil.which("cmake"), BUILD / "package"
    try:
        import nanobind
    except ImportError:
        nanobind = None
    if not cmake or not nanobind:
        sys.exit("To build the engine cmake and nanobind are needed: pip install cmake nanobind.")
    print("building the engine", file=sys.stderr, flush=True)
    settings = {
        "CMAKE_BUILD_TYPE": "Release",
        "Python_EXECUTABLE": sys.executable,
        "nanobind_DIR": nanobind.cmake_dir(),
    }
    defined = [f"-D{name}={value}" for name, value in settings.items()]
    compiled = BUILD / f"cmake-{sys.implementation.cache_tag}"
    for command in (
        ["-S", str(ROOT), "-B", str(compiled), *defined],
        ["--build", str(compiled), "--parallel", str(cores())],
        ["--install", str(compiled), "--prefix", str(package)],
    ):
        subprocess.run([cmake, *command], stdout=sys.stderr, check=True)
    ignored = shutil.ignore_patterns("*.so", "*.pyd", "__pycache__")
    shutil.copytree(ROOT / "src", package, ignore=ignored, dirs_exist_ok=True)
    return package
