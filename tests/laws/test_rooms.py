"""The house as data: who may import whom, and by which door an outside library enters.

To change the architecture is to change the tables here, visibly.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

import pytest

SRC = Path(__file__).parents[2] / "src" / "glassnet"

MATHS = (
    "errors messages checks protocols rng parameters activations initializers losses penalties "
    "schedules optimizers layers network"
)
HOUSE = f"{MATHS} interrupts engines data answers training model fitting"

# A room is a file or a folder of src/glassnet. It imports only from rooms above its own;
# `room.Name` allows that one name.
ROOMS = {
    # room          may import
    "messages": "",
    "json_values": "",
    "errors": "messages",
    "checks": "errors",
    "cached": "",
    "protocols": "errors",
    "differences": "",
    "quantiles": "",
    "rng": "",
    "interrupts": "",
    "atomic_write": "interrupts",
    "parameters": "errors",
    "activations": "errors protocols",
    "activation_check": "errors differences activations",
    "initializers": "errors protocols activations",
    "losses": "errors checks protocols differences quantiles activations",
    "penalties": "errors checks parameters.Segment",
    "schedules": "errors checks protocols",
    "optimizers": "errors checks protocols parameters.Segment",
    "layers": "errors checks protocols rng parameters activations activation_check initializers",
    "network": "errors checks rng parameters activations initializers layers",
    "layer_trial": "errors differences parameters layers",
    "layer_check": "differences parameters layers network layer_trial",
    "gradient_check": "errors differences losses layers network layer_check",
    "engines": f"{MATHS} interrupts",
    "data": "errors messages checks cached quantiles rng atomic_write",
    "answers": "errors losses data",
    "training": "errors checks interrupts protocols rng parameters activations layer_check losses "
    "penalties schedules optimizers "
    "network engines data answers",
    "intervals": "errors losses network",
    "model_input": "errors messages data",
    "explainable": "",
    "inspectable": "explainable",
    "model": "errors messages cached losses network engines data answers intervals model_input "
    "inspectable",
    "graph": "errors activations losses parameters layers network data model_input model",
    "predictor": "errors losses engines data model",
    "fitting": f"{MATHS} cached interrupts layer_check engines data answers training intervals "
    "model",
    "inspection": f"{HOUSE} json_values graph",
    "storage": "errors json_values messages atomic_write parameters losses layers network data "
    "intervals model",
    "report": "errors messages json_values cached atomic_write network data training model fitting",
    "estimators": HOUSE,
    "cli": f"{HOUSE} json_values atomic_write storage inspection report estimators",
    "__init__": f"{HOUSE} gradient_check storage report estimators",
    "__main__": "cli",  # python -m glassnet
}
LAZY = {
    "explainable": "inspection",
    "inspectable": "graph inspection",
    "model": "storage predictor",
    "network": "storage inspection",
}  # upward, inside a function only: Model.save, Network.save, ...
TYPING = {
    "explainable": "inspection model",
    "inspectable": "data engines model graph inspection",
    "model": "predictor",
    "network": "inspection",
}  # upward, under `if TYPE_CHECKING` only
ANYWHERE = {"__init__.__version__"}  # a fact, not a room

# An outside library enters by these files only. The longest name that fits counts: `scipy` alone
# has no door.
DOORS = {
    # library         files
    "numpy": "*",
    "scipy.special": "activations.py data/review/tally.py",
    "scipy.optimize": "training/lbfgs.py",
    "shap": "inspection/explanation.py",
    "sklearn": "training/scorers.py report/* estimators/*",
    "narwhals": "data/tables/frames.py",
    "pyarrow": "data/files/arrow.py",
    "safetensors": "storage/*",
    "threadpoolctl": "engines/blas.py report/threads.py",
    "glassnet._native": "engines/native.py",  # the compiled module
    "click": "cli/*",
    "rich": "cli/*",
}
# What is slow to import is imported inside functions, but for these files. NumPy is quick enough
# everywhere but at the front door.
LATE = {
    # library     files that may import it at module level
    "scipy": "",
    "sklearn": "estimators/*",
    "pyarrow": "",
    "narwhals": "",
    "rich": "",
    "shap": "",
}
NUMPY_FREE = {"__init__.py", "errors.py", "messages.py", "interrupts.py", "cli/__init__.py"}
# These import by a name that is not written out; it lies in this package.
DYNAMIC = {
    "__init__.py": "glassnet",
    "cli/__init__.py": "glassnet.cli",
    "data/files/arrow.py": "pyarrow",
    "engines/native.py": "glassnet._native",
}

UNSAFE_MODULES = {
    "pickle",
    "_pickle",
    "cPickle",
    "cloudpickle",
    "dill",
    "joblib",
    "shelve",
    "marshal",
}
UNSAFE_CALLS = {"eval", "exec", "compile"}
LONGEST = 300
WIDEST = 100  # ruff holds the Python to it


@dataclass(frozen=True)
class Import:
    """One imported name.

    `from glassnet.parameters import Segment` is the target `glassnet.parameters.Segment`.
    """

    target: str
    line: int
    when: str  # "load", "call" or "typing"


def is_type_checking(test: ast.expr) -> bool:
    return ast.unparse(test) in {"TYPE_CHECKING", "typing.TYPE_CHECKING"}


def walk(node: ast.AST, when: str = "load") -> Iterator[tuple[ast.AST, str]]:
    """Every node with the moment at which it runs."""
    for field, value in ast.iter_fields(node):
        moment = when
        if (
            isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            and field == "body"
        ):
            moment = "call" if when == "load" else when
        elif isinstance(node, ast.If) and field == "body" and is_type_checking(node.test):
            moment = "typing"
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield child, moment
                yield from walk(child, moment)


def called(node: ast.AST) -> str:
    return ast.unparse(node.func) if isinstance(node, ast.Call) else ""


def imports(path: str, tree: ast.Module) -> Iterator[Import]:
    package = ["glassnet", *path.split("/")[:-1]]
    for node, when in walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(alias.name, node.lineno, when)
        elif isinstance(node, ast.ImportFrom):
            base = (
                [*package[: len(package) - node.level + 1], *filter(None, [node.module])]
                if node.level
                else [node.module or ""]
            )
            for alias in node.names:
                yield Import(".".join([*base, alias.name]), node.lineno, when)
        elif isinstance(node, ast.Call) and called(node).rpartition(".")[2] in {
            "import_module",
            "__import__",
        }:
            name = node.args[0] if node.args else None
            if isinstance(name, ast.Constant) and isinstance(name.value, str):
                yield Import(name.value, node.lineno, when)
            else:
                yield Import(DYNAMIC.get(path, "?"), node.lineno, when)


def matches(path: str, patterns: str) -> bool:
    return any(fnmatch(path, pattern) for pattern in patterns.split())


def allowed_room(room: str, target: str, when: str) -> bool:
    """Whether a room may import `other` or `other.name` at that moment."""
    other = target.partition(".")[0]
    allowed = set(ROOMS[room].split()) | {room}
    if when == "call":
        allowed |= set(LAZY.get(room, "").split())
    if when == "typing":
        allowed |= set(TYPING.get(room, "").split())
    return other in allowed or target in allowed or target in ANYWHERE


def door(target: str) -> str:
    """The longest name in DOORS that the target lies in, or nothing."""
    return max((name for name in DOORS if f"{target}.".startswith(f"{name}.")), key=len, default="")


def import_fault(path: str, found: Import) -> str:
    """What is wrong with one import, or nothing."""
    top, _, rest = found.target.partition(".")
    room = path.partition("/")[0].removesuffix(".py")
    if found.target == "?":
        return "imports a name that is not written out"
    if top == "glassnet" and not door(found.target):
        target = rest if rest.partition(".")[0] in ROOMS else f"__init__.{rest}"
        return (
            ""
            if allowed_room(room, target, found.when)
            else f"{room} must not import {found.target} ({found.when} time)"
        )
    if top in UNSAFE_MODULES:
        return f"imports {top}: no pickle anywhere"
    if top in sys.stdlib_module_names:
        return ""
    if not matches(path, DOORS.get(door(found.target), "")):
        return f"is no door for {found.target}"
    early = path in NUMPY_FREE if top == "numpy" else top in LATE and not matches(path, LATE[top])
    if early and found.when == "load":
        return f"imports {top} when it is loaded: import it inside the function that needs it"
    return ""


def call_fault(node: ast.AST) -> str:
    """What is wrong with one call, or nothing."""
    name = called(node)
    if name.removeprefix("builtins.") in UNSAFE_CALLS:
        return f"calls {name}"
    if isinstance(node, ast.Call):
        for keyword in node.keywords:
            if keyword.arg == "allow_pickle" and ast.unparse(keyword.value) != "False":
                return "allows pickle"
    return ""


def faults(path: str, source: str) -> list[str]:
    """Everything in one file (its path within src/glassnet) that breaks a law.

    Each with its place.
    """
    tree = ast.parse(source)
    found = [(entry.line, import_fault(path, entry)) for entry in imports(path, tree)]
    found += [(getattr(node, "lineno", 0), call_fault(node)) for node in ast.walk(tree)]
    n_lines = len(source.splitlines())
    if path.partition("/")[0].removesuffix(".py") not in ROOMS:
        found = [(1, "lies in no room of the table")]
    if n_lines > LONGEST:
        found.append((LONGEST + 1, f"has {n_lines} lines, at most {LONGEST} are allowed"))
    if not ast.get_docstring(tree):
        found.append((1, "has no module docstring"))
    if Path(path).stem == "utils":
        found.append((1, "is named utils: name it for what it holds"))
    return [f"src/glassnet/{path}:{line}: {fault}" for line, fault in sorted(found) if fault]


FILES = sorted(path.relative_to(SRC).as_posix() for path in SRC.rglob("*.py"))


@pytest.mark.parametrize("path", FILES)
def test_file_keeps_the_laws(path: str) -> None:
    found = faults(path, (SRC / path).read_text(encoding="utf-8"))
    assert not found, "\n".join(found)


def test_rooms_import_from_above_only() -> None:
    above: set[str] = set()
    for room, allowed in ROOMS.items():
        assert {entry.partition(".")[0] for entry in allowed.split()} <= above, room
        above.add(room)


def test_doors_out_of_the_house_never_meet() -> None:
    ways_out = {"storage", "report", "estimators"}
    assert all(not ways_out & set(ROOMS[room].split()) for room in ways_out)
    assert [room for room, allowed in ROOMS.items() if "cli" in allowed.split()] == ["__main__"]


@pytest.mark.parametrize("room", ROOMS)
def test_every_row_has_a_room(room: str) -> None:
    assert any((SRC / file).is_file() for file in (f"{room}.py", f"{room}/__init__.py")), (
        f"no file for the room {room}"
    )


@cache
def doors_used(path: str) -> set[str]:
    tree = ast.parse((SRC / path).read_text(encoding="utf-8"))
    return {door(entry.target) for entry in imports(path, tree)}


@pytest.mark.parametrize("library", DOORS)
def test_every_door_is_used(library: str) -> None:
    """A door that nothing enters by any more is walled up."""
    used = {path for path in FILES if library in doors_used(path)}
    unused = [
        pattern
        for pattern in DOORS[library].split()
        if not any(fnmatch(path, pattern) for path in used)
    ]
    assert not unused, f"nothing imports {library} there: {unused}"


# Planted faults: each must be found, in a file that would otherwise be in order.

FAULTS = [
    # path               source                                                              what
    # the fault says
    (
        "losses.py",
        "from glassnet.network import Network",
        "losses must not import glassnet.network.Network",
    ),
    ("losses.py", "import glassnet.network", "losses must not import glassnet.network"),
    ("losses.py", "from glassnet import network", "losses must not import glassnet.network"),
    ("losses.py", "from . import network", "losses must not import glassnet.network"),
    (
        "losses.py",
        "from .network import Network",
        "losses must not import glassnet.network.Network",
    ),
    (
        "layers/dense.py",
        "from ..losses import LOSSES",
        "layers must not import glassnet.losses.LOSSES",
    ),
    ("layers/dense.py", "from .. import optimizers", "layers must not import glassnet.optimizers"),
    (
        "training/epochs.py",
        "def f():\n    from glassnet.layers.dense import Dense",
        "training must not import glassnet.layers",
    ),
    (
        "training/epochs.py",
        (
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from glassnet.layers import "
            "Dense"
        ),
        "(typing time)",
    ),
    (
        "training/epochs.py",
        "import importlib\nimportlib.import_module('glassnet.layers')",
        "training must not import glassnet.layers",
    ),
    ("training/epochs.py", "import importlib\nimportlib.import_module(name)", "not written out"),
    (
        "training/epochs.py",
        "from glassnet import Network",
        "training must not import glassnet.Network",
    ),
    (
        "optimizers/adam.py",
        "from glassnet.parameters import Parameters",
        "optimizers must not import glassnet.parameters.Parameters",
    ),
    (
        "optimizers/adam.py",
        "import glassnet.parameters",
        "optimizers must not import glassnet.parameters",
    ),
    (
        "model.py",
        "from glassnet.storage import save",
        "model must not import glassnet.storage.save (load time)",
    ),
    (
        "storage/file.py",
        "from glassnet.report import report",
        "storage must not import glassnet.report",
    ),
    (
        "report/page.py",
        "from glassnet.estimators import MLPClassifier",
        "report must not import glassnet.estimators",
    ),
    ("fitting.py", "def f():\n    import glassnet.cli", "fitting must not import glassnet.cli"),
    (
        "__init__.py",
        "def __getattr__(name):\n    from glassnet.cli import main",
        "__init__ must not import glassnet.cli.main",
    ),
    ("helpers/text.py", "", "lies in no room"),
    ("losses.py", "import pandas", "is no door for pandas"),
    (
        "losses.py",
        "def f():\n    from scipy.special import erf",
        "is no door for scipy.special.erf",
    ),
    ("activations.py", "def f():\n    import scipy", "is no door for scipy"),
    ("activations.py", "from scipy.special import erf", "imports scipy when it is loaded"),
    (
        "training/scorers.py",
        "class A:\n    from sklearn import metrics",
        "imports sklearn when it is loaded",
    ),
    (
        "training/scorers.py",
        "try:\n    import sklearn\nexcept ImportError:\n    pass",
        "imports sklearn when it is loaded",
    ),
    ("data/files/arrow.py", "import pyarrow.csv", "imports pyarrow when it is loaded"),
    (
        "data/files/arrow.py",
        "import importlib\ncsv = importlib.import_module(name)",
        "imports pyarrow when it is loaded",
    ),
    ("data/coding/moments.py", "def f():\n    import pyarrow", "is no door for pyarrow"),
    ("data/files/read.py", "def f():\n    import pyarrow", "is no door for pyarrow"),
    ("cli/__init__.py", "import numpy as np", "imports numpy when it is loaded"),
    ("errors.py", "import numpy", "imports numpy when it is loaded"),
    ("storage/file.py", "def f():\n    import pickle", "no pickle"),
    ("storage/file.py", "from joblib import load", "no pickle"),
    ("storage/file.py", "import numpy as np\nnp.load('x', allow_pickle=True)", "allows pickle"),
    ("storage/file.py", "eval('1')", "calls eval"),
    ("storage/file.py", "import builtins\nbuiltins.exec('1')", "calls builtins.exec"),
    ("data/utils.py", "", "is named utils"),
    ("losses.py", "x = 1\n" * LONGEST, "has 301 lines"),
]


@pytest.mark.parametrize(("path", "source", "says"), FAULTS, ids=range(len(FAULTS)))
def test_planted_fault_is_found(path: str, source: str, says: str) -> None:
    found = faults(path, f'"""Planted."""\n{source}')
    assert len(found) == 1, found
    assert says in found[0]


def test_files_of_the_native_engine_are_short_and_narrow() -> None:
    for path in sorted((SRC.parents[1] / "native").glob("*.?pp")):
        lines = path.read_text(encoding="utf-8").splitlines()
        assert len(lines) <= LONGEST, path.name
        assert max(map(len, lines)) <= WIDEST, path.name


def test_missing_docstring_is_found() -> None:
    assert faults("losses.py", "x = 1") == ["src/glassnet/losses.py:1: has no module docstring"]


ALLOWED = [
    ("optimizers/adam.py", "from glassnet.parameters import Segment"),
    ("model.py", "class Model:\n    def save(self):\n        from glassnet.storage import save"),
    (
        "layers/dense.py",
        (
            "import numpy as np\nfrom glassnet.layers.layer import Layer\nfrom .layer import "
            "Run\nfrom . import layer"
        ),
    ),
    ("activations.py", "def gelu(Z):\n    from scipy.special import erf"),
    ("estimators/classifier.py", "from sklearn.base import BaseEstimator"),
    ("storage/file.py", "from glassnet import __version__\nfrom safetensors.numpy import save"),
    (
        "cli/train.py",
        (
            "import click\ndef f():\n    from rich.table import Table\n    from glassnet.storage "
            "import save"
        ),
    ),
    (
        "cli/__init__.py",
        (
            "import importlib\ndef f(name):\n    return "
            "importlib.import_module(f'glassnet.cli.{name}')"
        ),
    ),
    (
        "data/files/arrow.py",
        (
            "def f(name):\n    import pyarrow.csv\n    from importlib import import_module\n    "
            "import_module(name)"
        ),
    ),
    ("data/coding/moments.py", "import re\ndef f(table):\n    return table.eval(re.compile('x'))"),
]


@pytest.mark.parametrize(("path", "source"), ALLOWED, ids=range(len(ALLOWED)))
def test_what_is_in_order_passes(path: str, source: str) -> None:
    assert not faults(path, f'"""In order."""\n{source}')
