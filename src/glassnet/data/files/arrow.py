"""The only file that imports pyarrow: its modules, its types, and checks of its buffers.

An Arrow array is a few buffers, some of which say where in the others a value lies. pyarrow follows
them without a check: one wrong offset ends the process, or brings other memory into the table. So
every batch is validated in full before any of its values is read.
"""

import importlib
import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from glassnet.errors import DataError, MissingDependencyError

_releasing = threading.Lock()
if hasattr(os, "register_at_fork"):  # a thread of the parent may hold it for ever
    os.register_at_fork(after_in_child=lambda: globals().update(_releasing=threading.Lock()))
#: What pyarrow says before the reason.
_PLACE = re.compile(
    r"(?:(?:In )?(?:column|chunk) [0-9]+: |Invalid: |Index error: )+", re.IGNORECASE
)


def arrow(module: str) -> Any:
    """Return a module of pyarrow, imported at its first use."""
    try:
        return importlib.import_module(module)
    except ImportError:
        raise MissingDependencyError("pyarrow", "reading and writing tables", "cli") from None


@contextmanager
def system_pool() -> Iterator[Any]:
    """Yield the memory pool of the operating system, and release what was freed in it at the end.

    pyarrow's default pool, mimalloc, keeps what each of its threads has freed, so that the peak
    rises with the number of threads and varies by chance; see
    https://github.com/microsoft/mimalloc/issues/1111.
    """
    pa = arrow("pyarrow")
    pool = pa.system_memory_pool()
    try:
        yield pool
    finally:
        with _releasing:  # `release_unused` of any pool releases the default pool
            default = pa.default_memory_pool()
            pa.set_memory_pool(pool)
            try:
                pool.release_unused()
            finally:
                pa.set_memory_pool(default)


def is_text(kind: Any) -> bool:
    """Return whether a type of pyarrow is one of strings."""
    kinds = arrow("pyarrow").types
    return bool(kinds.is_string(kind) or kinds.is_large_string(kind) or kinds.is_string_view(kind))


def is_nested(kind: Any) -> bool:
    """Return whether a type of pyarrow is one of lists, records or unions."""
    kinds = arrow("pyarrow").types
    return bool(kinds.is_nested(kind) and not kinds.is_run_end_encoded(kind))


def column_names(schema: Any) -> tuple[str, ...]:
    """Return the names of the columns of a pyarrow schema."""
    try:
        return tuple(schema.names)
    except UnicodeDecodeError:
        raise DataError("the name of a column is no UTF-8: the file is damaged.") from None


def validated(columns: Any, name: str = "") -> Any:
    """Return a pyarrow Table, RecordBatch, ChunkedArray or Array whose buffers fit its type.

    `name` is that of a single column, for the message.

    Raises
    ------
    DataError
        For invalid offsets, indices, lengths or texts; the message names the column.
    """
    reason = _fault(columns)
    if reason is None:
        return columns
    where = f"column {name!r}" if name else "a column of Arrow data"
    if hasattr(columns, "schema"):
        names = zip(column_names(columns.schema), columns.columns, strict=True)
        damaged = (repr(one) for one, column in names if _fault(column) is not None)
        where = next((f"column {one}" for one in damaged), "the table")
    raise DataError(f"{where} is damaged: {reason}.")


def _fault(columns: Any) -> str | None:
    """Return what is wrong with buffers of pyarrow, None where nothing is."""
    try:
        columns.validate(full=True)
    except (arrow("pyarrow").ArrowException, ValueError, OverflowError) as error:
        return _PLACE.sub("", str(error).partition("\n")[0])[:200].rstrip(".")
    return None


def refuse_damaged(*values: Any) -> None:
    """Raise the DataError of `validated` for pyarrow objects in memory; anything else passes."""
    for value in values:
        if type(value).__module__ == "pyarrow.lib" and hasattr(value, "validate"):
            validated(value)
