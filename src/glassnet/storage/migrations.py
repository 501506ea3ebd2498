"""The version of the file format, and how what an older one says becomes what the current one says.

Raise `FORMAT` whenever a description says something new or otherwise, add the step from the version
before, and keep example files of the new one: `python -m tests.storage.make_kept`. A file of any
version that was released loads for ever.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

FORMAT = 4


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


# From each version but the current one to the next.
MIGRATIONS: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {
    1: _one_to_two,
    2: _two_to_three,
    3: _three_to_four,
}
