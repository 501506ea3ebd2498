"""Index columns of pandas frames, which are left out of a table: they say nothing about new rows.

An index column stays where a caller names it, and where no other feature is left.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

from glassnet.data.tables.cells import option
from glassnet.errors import listed


def index_names(metadata: Mapping[bytes, bytes] | None) -> tuple[str, ...]:
    """Return the index columns that pandas names in the metadata of an Arrow schema."""
    try:
        found = json.loads((metadata or {}).get(b"pandas", b"{}"))
        return tuple(name for name in found.get("index_columns", ()) if isinstance(name, str))
    except (ValueError, AttributeError, TypeError, RecursionError):  # by another program
        return ()


def index_of(frame: Any) -> tuple[str, ...]:
    """Return the index columns of an Arrow table in memory; none for any other table."""
    metadata = getattr(getattr(frame, "schema", None), "metadata", None)
    return index_names(metadata) if isinstance(metadata, Mapping) else ()


def dropped_index(
    names: Collection[str], index: Collection[str], kept: Collection[str], targets: Collection[str]
) -> list[str]:
    """Return the index columns to leave out."""
    found = [name for name in names if name in index and name not in {*kept, *targets}]
    return found if set(names).difference(found, targets) else []


def index_notice(names: Collection[str]) -> str:
    """Return that index columns are left out, and how to keep them."""
    s, are = ("s", "are") if len(names) > 1 else ("", "is")
    keep = option("types", "number", next(iter(names)))
    return (
        f"column{s} {listed(names)}, the index of a pandas frame, {are} left out; {keep} keeps it."
    )
