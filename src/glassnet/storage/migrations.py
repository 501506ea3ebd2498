"""The version of the file format, and the steps from each older version to the next.

Raise `FORMAT` whenever a description changes, add the step from the version before, and keep
example files of the new one: `python -m tests.storage.make_kept`. A file of any released version
loads forever.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

FORMAT = 4


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


#: The step from each version but the current one to the next.
MIGRATIONS: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {
    1: _unchanged,  # format 2 has other checksums (see `storage.checksum`)
    2: _unchanged,  # format 3 may say that a feature never varied; older files say it of none
    3: _unchanged,  # format 4 may hold the history of the training in tensors, and names them
}
