"""Nothing is entered in one place and forgotten in another.

See `census.py` for the kinds of things and their places.
"""

import ast

import pytest

from tests.laws.census import KINDS
from tests.laws.places import ROOT, SRC, Place, assigned, left_out, text


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


def test_the_version_stands_in_one_place() -> None:
    """The package's metadata takes it from there."""
    version = ast.literal_eval(assigned(f"{SRC}/__init__.py", "__version__"))
    assert f"\n## [{version}]" in text("CHANGELOG.md"), f"CHANGELOG.md: {version} has no section"
    assert 'dynamic = ["version"]' in text("pyproject.toml")


def test_every_header_is_included() -> None:
    files = [path for path in (ROOT / "native").iterdir() if path.suffix in (".hpp", ".cpp")]
    included = "".join(path.read_text(encoding="utf-8") for path in files)
    missing = [path.name for path in files if f'#include "{path.name}"' not in included]
    assert missing == ["module.cpp"], f"no file of native/ includes {missing}"
