"""Nothing is entered in one place and forgotten in another: see `census.py` for the kinds of things and their places."""

import ast

import click
import pytest

from glassnet.cli import main
from glassnet.report.metrics import METRICS
from tests.laws.census import KINDS, PROGRAM
from tests.laws.places import ROOT, SRC, Place, assigned, enum, left_out, names_in, tree


@pytest.mark.parametrize("kind", KINDS)
def test_what_stands_in_one_place_stands_in_all(kind: str) -> None:
    places = KINDS[kind]()
    assert all(place.names for place in places)
    found = left_out(places)
    assert not found, "\n".join(found)


def test_an_omission_names_the_file_to_edit() -> None:
    places = [
        Place("a.py", "ONE", ["BatchNorm", "Dense"]),
        Place("b.py", "TWO", ["dense"]),
        Place("c.py", "THREE", []).sparing("batch_norm"),
    ]
    assert left_out(places) == [
        "b.py: TWO lacks BatchNorm, which stands in a.py (ONE)",
        "c.py: THREE lacks Dense, which stands in a.py (ONE)",
    ]


def constants(file: str) -> list[str]:
    """The names that `A, B = range(...)` gives numbers to, in order."""
    ranges = [node for node in tree(file).body if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)]
    return [
        name.id
        for node in ranges
        if ast.unparse(node.value).startswith("range(")
        for name in ast.walk(node.targets[0])
        if isinstance(name, ast.Name)
    ]


def test_the_native_engine_numbers_things_as_python_does() -> None:
    native = {
        "native/layers.hpp": (constants(PROGRAM), enum("native/layers.hpp", "Kind")),
        "native/activations.hpp": (names_in(PROGRAM, "NATIVE_ACTIVATIONS").names, enum("native/activations.hpp", "Activation")),
        "native/losses.hpp": (names_in(PROGRAM, "NATIVE_LOSSES").names, enum("native/losses.hpp", "LossKind")),
        "native/optimizers.hpp": (["none", *names_in(PROGRAM, "NATIVE_OPTIMIZERS").names], enum("native/optimizers.hpp", "OptimizerKind")),
    }
    for file, (ours, theirs) in native.items():
        assert [name.replace("_", "").lower() for name in ours] == [name.replace("_", "") for name in theirs.names], (
            f"{file} ({theirs.what}) and {PROGRAM} must have the same entries in the same order"
        )


def test_every_command_is_in_the_help() -> None:
    with click.Context(main) as context:
        shown = main.get_help(context)
    assert all(f"\n  {name} " in shown for name in main.commands)


def test_the_scores_that_the_command_line_knows_are_metrics() -> None:
    words = next(node for node in tree(f"{SRC}/cli/words.py").body if isinstance(node, ast.FunctionDef) and node.name == "score")
    named = [name for node in ast.walk(words) if isinstance(node, ast.Tuple) for name in ast.literal_eval(node)]
    assert set(named) <= set(METRICS), f"{SRC}/cli/words.py"


def test_the_version_stands_in_one_place() -> None:
    """The package's metadata takes it from there."""
    version = ast.literal_eval(assigned(f"{SRC}/__init__.py", "__version__"))
    assert f"\n## [{version}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert 'dynamic = ["version"]' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")
