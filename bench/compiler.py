"""C++ of this folder and of the engine, compiled with the flags that CMakeLists.txt gives the
module of an instruction set."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from processor import instruction_set

ROOT = Path(__file__).parents[1]
CMAKE = ROOT / "CMakeLists.txt"
#: Modules of CMakeLists.txt, by the instruction set that they are compiled for.
MODULES = {"AVX-512": "_native_avx512", "AVX2": "_native_avx2"}


def compiler() -> list[str] | None:
    """The C++ compiler, the one that CXX names first; None where there is none."""
    named = os.environ.get("CXX", "").split()
    found = ([name] for name in ("c++", "g++", "clang++"))
    return next((words for words in (named, *found) if words and shutil.which(words[0])), None)


def widest() -> str:
    """The module of the widest instruction set of this processor."""
    return MODULES.get(instruction_set(), "_native")


def flags(module: str) -> list[str]:
    """The options of a module, of a release build."""
    text = CMAKE.read_text(encoding="utf-8")
    shared = re.search(r"set\(options (.+) \$\{ARGN\}\)", text)
    own = re.search(rf"add_native\({module}\b *(.*)\)", text)
    if not shared or not own:
        raise RuntimeError(f"CMakeLists.txt has no options for {module} where they are looked for")
    return ["-std=c++17", "-DNDEBUG", *shared[1].split(), *own[1].split()]


def compile_library(options: Sequence[str], sources: Sequence[Path], out: Path) -> None:
    """Compile sources into a shared library; what the compiler says goes to the error stream."""
    words = compiler()
    assert words, "there is no C++ compiler"
    shared = ["-shared", "-fPIC", "-pthread", "-o", str(out)]
    subprocess.run([*words, *options, *map(str, sources), *shared], check=True)
