"""The index of a pandas frame that was kept among the columns of a table: it says nothing of new rows, and is left out.

It stays where it is asked for by name, and where nothing else is left to learn from.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

from glassnet.data.tables.cells import option
from glassnet.messages import listed


def index_names(metadata: Mapping[bytes, bytes] | None) -> tuple[str, ...]:
    """Return the columns that hold the index of a pandas frame, which pandas names in the metadata of an Arrow schema."""
    try:
        said = json.loads((metadata or {}).get(b"pandas", b"{}"))
        return tuple(name for name in said.get("index_columns", ()) if isinstance(name, str))
    except (ValueError, AttributeError, TypeError, RecursionError):  # whatever else wrote there
        return ()


def index_of(frame: Any) -> tuple[str, ...]:
    """Return the columns of an Arrow table in memory that hold the index of a pandas frame; none for any other table."""
    metadata = getattr(getattr(frame, "schema", None), "metadata", None)
    return index_names(metadata) if isinstance(metadata, Mapping) else ()


def index_left_out(
    names: Collection[str], index: Collection[str], asked: Collection[str], targets: Collection[str]
) -> list[str]:
    """Return the columns of an index that are to be left out."""
    found = [name for name in names if name in index and name not in {*asked, *targets}]
    return found if set(names).difference(found, targets) else []


def index_said(names: Collection[str]) -> str:
    """Return that the columns of an index are left out, and how to keep them."""
    what = f"columns {listed(list(names))}" if len(names) > 1 else f"column {listed(list(names))}"
    keep = option("types", "number", next(iter(names)))
    return f"{what}, the index of a pandas frame, {'are' if len(names) > 1 else 'is'} left out; {keep} keeps it."
