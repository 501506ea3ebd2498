"""The version of the file format, and how what an older one says becomes what the current one says.

Raise `FORMAT` whenever a description says something new or otherwise, add the step from the version
before, and keep example files of the new one: `python -m tests.storage.make_kept`. A file of any
version that was released loads for ever.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

FORMAT = 5


def migrate(description: dict[str, Any]) -> dict[str, Any]:
    """Return a description, without its seals, as the current format says it; its format is known to be from 1 to `FORMAT`.

    A step may take for granted that it gets what that format says: a ValueError, TypeError,
    LookupError or AttributeError in it means that the file does not.
    """
    for version in range(description["format"], FORMAT):
        description = {**MIGRATIONS[version](description), "format": version + 1}
    return description


def _one_to_two(description: dict[str, Any]) -> dict[str, Any]:
    """Format 2 has other seals (see `storage.seal`) and says the same."""
    return description


def _two_to_three(description: dict[str, Any]) -> dict[str, Any]:
    """Format 3 may say of a column, or of a part of a date-time, that it never varied; what an older file codes is all taken to vary."""
    return description


def _three_to_four(description: dict[str, Any]) -> dict[str, Any]:
    """Format 4 has the history of the training in tensors, which it names (see `storage.history`); an older description holds it itself."""
    return description


def _four_to_five(description: dict[str, Any]) -> dict[str, Any]:
    """Format 5 calls an activation `parametric` that learns its own mixture, before `mix`."""
    renamed = {"layers": _renamed(description.get("layers"))}
    intervals = description.get("intervals")
    if intervals:
        renamed["intervals"] = {**intervals, "layers": _renamed(intervals["layers"])}
    return description | renamed


def _renamed(layers: Any) -> Any:
    """Return layers, and those inside them, with `parametric` in the place of `mix`."""
    if not isinstance(layers, list):
        return layers
    return [
        {
            "parametric" if name == "mix" else name: _renamed(value) if name == "layers" else value
            for name, value in layer.items()
        }
        if isinstance(layer, dict)
        else layer
        for layer in layers
    ]


# From each version but the current one to the next.
MIGRATIONS: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {
    1: _one_to_two,
    2: _two_to_three,
    3: _three_to_four,
    4: _four_to_five,
}
