"""What other programs wrote is checked before anything relies on it: the buffers of Arrow tables, the names of their columns.

An Arrow array is a few buffers, some of which say where in the others a value lies. pyarrow follows
them without a look: one wrong offset ends the process, or brings what else lies in its memory into
the table. So every batch is validated in full, with the dictionaries and the children of its
columns, before any of its values is read.
"""

from __future__ import annotations

import re
from typing import Any

from glassnet.data.files.arrow import arrow
from glassnet.errors import DataError

#: What pyarrow says before the reason.
_PLACE = re.compile(
    r"(?:(?:In )?(?:column|chunk) [0-9]+: |Invalid: |Index error: )+", re.IGNORECASE
)


def validated(columns: Any, name: str = "") -> Any:
    """Return a pyarrow Table, RecordBatch, ChunkedArray or Array as it is, where its buffers hold what its type says.

    `name` is that of a single column, for the message.

    Raises
    ------
    DataError
        For offsets, indices, lengths or texts that cannot be; the message names the column.
    """
    try:
        columns.validate(full=True)
    except (arrow("pyarrow").ArrowException, ValueError, OverflowError) as error:
        reason = _PLACE.sub("", str(error).partition("\n")[0])[:200].rstrip(".")
        raise DataError(f"{_where(columns, name)} damaged: {reason}.") from None
    return columns


def refuse_damaged(*values: Any) -> None:
    """Raise the DataError of `validated` for tables and columns of pyarrow in memory; anything else passes."""
    for value in values:
        if type(value).__module__ == "pyarrow.lib" and hasattr(value, "validate"):
            validated(value)


def column_names(schema: Any) -> tuple[str, ...]:
    """Return the names of the columns of a pyarrow schema."""
    try:
        return tuple(schema.names)
    except UnicodeDecodeError:
        raise DataError("the name of a column is no UTF-8: the file is damaged.") from None


def _where(columns: Any, name: str) -> str:
    """Return in words which of the columns is the first that is damaged."""
    if not hasattr(columns, "schema"):
        return f"column {name!r} is" if name else "a column of Arrow data is"
    for one, column in zip(column_names(columns.schema), columns.columns, strict=True):
        try:
            column.validate(full=True)
        except (arrow("pyarrow").ArrowException, ValueError, OverflowError):
            return f"column {one!r} is"
    return "the table is"
