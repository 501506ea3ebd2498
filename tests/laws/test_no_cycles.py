"""No file of the package imports one that imports it, not even by way of others.

What a file imports inside functions counts. Only the calls upward that `LAZY` and `TYPING` in
`test_rooms` declare do not.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter

import pytest

from tests.laws.test_rooms import FILES, LAZY, SRC, TYPING, imports


def module(path: str) -> str:
    return f"glassnet.{path.removesuffix('.py').replace('/', '.')}".removesuffix(".__init__")


def room(path: str) -> str:
    return path.partition("/")[0].removesuffix(".py")


def imported(path: str, source: str, files: Mapping[str, str]) -> set[str]:
    """The files that a file imports; a name that a package hands on counts for the package."""
    found = set()
    for entry in imports(path, ast.parse(source)):
        target = entry.target
        while target and target not in files:
            target = target.rpartition(".")[0]
        if not target or files[target] in (path, "__init__.py"):
            continue
        upward = {"call": LAZY, "typing": TYPING}.get(entry.when, {}).get(room(path), "")
        if room(files[target]) not in upward.split():
            found.add(files[target])
    return found


def cycle(sources: Mapping[str, str]) -> list[str]:
    """The files of a cycle, or none."""
    files = {module(path): path for path in sources}
    graph = {path: imported(path, source, files) for path, source in sources.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def test_no_file_imports_one_that_imports_it() -> None:
    found = cycle({path: (SRC / path).read_text(encoding="utf-8") for path in FILES})
    assert not found, " <- ".join(found)


@pytest.mark.parametrize(
    ("sources", "files"),
    [
        ({"fitting/a.py": "import glassnet.fitting.b", "fitting/b.py": "from . import a"}, 3),
        ({"a.py": "def f():\n    from glassnet.b import g", "b.py": "from glassnet.a import f"}, 3),
        (
            {
                "a.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n"
                "    from glassnet.b import B",
                "b.py": "from glassnet.c import C",
                "c.py": "from glassnet.a import A",
            },
            4,
        ),
        (
            {
                "model.py": "def f():\n    import glassnet.storage",
                "storage.py": "import glassnet.model",
            },
            0,
        ),
        ({"a.py": "import glassnet.b", "b.py": "import numpy"}, 0),
    ],
)
def test_a_planted_cycle_is_found(sources: dict[str, str], files: int) -> None:
    assert len(cycle(sources)) == files
