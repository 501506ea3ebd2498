"""The version of the file format, and the steps from each older version to the next.

Raise `FORMAT` whenever a description changes, add the step from the version before, and keep
example files of the new one: `python -m tests.storage.make_kept`. A file of any released version
loads forever.
"""

from collections.abc import Callable
from typing import Any

FORMAT = 5


def migrate(description: dict[str, Any]) -> dict[str, Any]:
    """Return a description, without its checksums, in the current format.

    Its own format is known to be from 1 to `FORMAT`. A step may rely on the rules of that format: a
    ValueError, TypeError, LookupError or AttributeError in it means that the file breaks them.
    """
    for version in range(description["format"], FORMAT):
        description = {**MIGRATIONS[version](description), "format": version + 1}
    return description


def _unchanged(description: dict[str, Any]) -> dict[str, Any]:
    return description


def _four_to_five(description: dict[str, Any]) -> dict[str, Any]:
    """Format 5 has `parametric` for the `mix` of an activation, the learned mixture with Z."""
    renamed = {"layers": _renamed(description.get("layers"))}
    intervals = description.get("intervals")
    if intervals:
        renamed["intervals"] = {**intervals, "layers": _renamed(intervals["layers"])}
    return description | renamed


def _renamed(layers: Any) -> Any:
    """Return layers, and those inside them, with `parametric` in the place of `mix`."""
    if isinstance(layers, list):
        return [_renamed(layer) for layer in layers]
    if not isinstance(layers, dict):
        return layers
    return {
        "parametric" if name == "mix" else name: _renamed(value) if name == "layers" else value
        for name, value in layers.items()
    }


#: The step from each version but the current one to the next.
MIGRATIONS: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {
    1: _unchanged,  # format 2 has other checksums (see `storage.checksum`)
    2: _unchanged,  # format 3 may say that a feature never varied; older files say it of none
    3: _unchanged,  # format 4 may hold the history of the training in tensors, and names them
    4: _four_to_five,
}
