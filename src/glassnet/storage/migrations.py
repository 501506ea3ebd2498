"""The version of the model file format, and the conversion of older versions to it.

Whenever a description changes, increase `FORMAT`, add the step from the version before, and store
example files of the new version with `python -m tests.storage.make_kept`. Files of every released
version must stay readable.
"""

from collections.abc import Callable
from typing import Any

FORMAT = 5


def migrate(description: dict[str, Any]) -> dict[str, Any]:
    """Convert a description, without its checksums, to the current format.

    Its format must be from 1 to `FORMAT`. A step may rely on the rules of that format: if it raises
    a ValueError, TypeError, LookupError or AttributeError, the file is invalid.
    """
    for version in range(description["format"], FORMAT):
        description = {**MIGRATIONS[version](description), "format": version + 1}
    return description


def _unchanged(description: dict[str, Any]) -> dict[str, Any]:
    return description


def _four_to_five(description: dict[str, Any]) -> dict[str, Any]:
    """Rename the setting `mix` of activations (a learned mixture with Z) to `parametric`."""
    renamed = {"layers": _renamed(description.get("layers"))}
    intervals = description.get("intervals")
    if intervals:
        renamed["intervals"] = {**intervals, "layers": _renamed(intervals["layers"])}
    return description | renamed


def _renamed(layers: Any) -> Any:
    """Return layers, including nested ones, with `mix` renamed to `parametric`."""
    if isinstance(layers, list):
        return [_renamed(layer) for layer in layers]
    if not isinstance(layers, dict):
        return layers
    return {
        "parametric" if name == "mix" else name: _renamed(value) if name == "layers" else value
        for name, value in layers.items()
    }


#: The step from each version, except the current one, to the next.
MIGRATIONS: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {
    1: _unchanged,  # format 2 has other checksums (see `storage.checksum`)
    2: _unchanged,  # format 3 may mark a feature as constant; older files mark none
    3: _unchanged,  # format 4 may store the training history in tensors
    4: _four_to_five,
}
