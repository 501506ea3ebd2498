"""FORMAT is raised when the description of a model file can say something new."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pytest

from glassnet.storage.migrations import FORMAT
from tests.storage import schema as told
from tests.storage.make_kept import KEPT

HELP = f"""
What a model file can say differs from tests/storage/kept/format-{FORMAT}/schema:
    %s
If format {FORMAT} was released: raise FORMAT in src/glassnet/storage/migrations.py, add the step
from {FORMAT} to {FORMAT + 1} there, and run python -m tests.storage.make_kept.
If it was not: remove tests/storage/kept/format-{FORMAT} and run the same."""


def check():
    kept = json.loads((KEPT / f"format-{FORMAT}" / "schema").read_text())
    found = told.differences(kept, json.loads(json.dumps(told.schema())))
    assert not found, HELP % "\n    ".join(line[:300] for line in found)


def test_format_says_what_it_said():
    check()


@dataclass(frozen=True)
class Fuller(told.Reference):
    code: int = 0


# Planted: what is added to a table of the house, and where the failure says it is.
PLANTED = {
    "an activation": (told, "ACTIVATIONS", {**told.ACTIVATIONS, "swoosh": None}, "/activations"),
    "an initializer": (told, "INITIALIZERS", {"zeros": None}, "/initializers"),
    "a dtype": (told, "DTYPES", ("float16", "float32", "float64"), "/dtypes"),
    "a layer": (
        told.LAYERS,
        "convolution",
        told.LAYERS["scale"],
        "/layers/convolution",
    ),
    "a field of a layer": (
        told.LAYERS["dropout"].__dataclass_fields__["rate"],
        "type",
        int,
        "/layers/dropout/rate: was ['read_number'], is ['read_count']",
    ),
    "a loss": (
        told,
        "LOSSES",
        {**told.LOSSES, "hinge": told.LOSSES["squared"]},
        "/losses/hinge",
    ),
    "a field": (
        told.description,
        "OPTIONAL",
        {*told.description.OPTIONAL, "code"},
        "/optional fields",
    ),
    "a field of a record": (told, "Reference", Fuller, "/records/Fuller"),
    "a type of tensors": (
        told.header,
        "DTYPES",
        {**told.header.DTYPES, "BF16": ("<f2", 2)},
        "/types of tensors",
    ),
    "what is written": (
        told,
        "describe",
        lambda model, real=told.describe: {**real(model), "code": 1},
        "/descriptions: was [], is ['code: int']",
    ),
}


@pytest.mark.parametrize("name", PLANTED)
def test_planted_change_without_another_format_is_found(name, monkeypatch):
    where, table, value, says = PLANTED[name]
    change = monkeypatch.setitem if isinstance(where, dict) else monkeypatch.setattr
    change(where, table, value)
    with pytest.raises(AssertionError) as caught:
        check()
    assert says in str(caught.value)
    assert "raise FORMAT in src/glassnet/storage/migrations.py" in str(caught.value)
