"""Nothing is entered in one place and forgotten in another: see `census.py` for the kinds of things and their places."""

import ast

import click
import pytest

from glassnet.cli import main
from glassnet.report.metrics import METRICS
from tests.laws.census import KINDS
from tests.laws.places import ROOT, SRC, Place, assigned, left_out, tree


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
