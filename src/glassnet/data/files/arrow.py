"""Access to pyarrow (no other file imports it), and validation of Arrow data before it is read.

An Arrow array consists of buffers; some hold offsets into others. pyarrow does not check offsets
when it reads values: a wrong one crashes the process, or reads unrelated memory. So every batch is
fully validated before a value is read.

pyarrow allocates the size that a compressed buffer declares, so a small file may fill the memory.
So the declared sizes in an Arrow file are added up before it is decompressed. The messages of a
file are flatbuffers, and only a few numbers of them are read here, see
https://arrow.apache.org/docs/format/Columnar.html#serialization-and-interprocess-communication-ipc
and `Message.fbs` in that project.
"""

import importlib
import os
import re
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from glassnet.errors import DataError, MissingDependencyError

MAGIC = b"ARROW1"
CONTINUATION = 0xFFFFFFFF
#: The maximum size in bytes of a message's metadata, which takes about a hundred for each column.
MAX_METADATA = 2**28
DICTIONARY_BATCH, RECORD_BATCH = 2, 3
#: The metadata of a message, empty at the end of a stream, and the position of its body.
Message = tuple[bytes, int]

_releasing = threading.Lock()
if hasattr(os, "register_at_fork"):  # a thread of the parent process may never release it
    os.register_at_fork(after_in_child=lambda: globals().update(_releasing=threading.Lock()))
#: How pyarrow's messages begin before the reason.
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
    """Yield pyarrow's system memory pool; at the end, return its freed memory to the system.

    pyarrow's default pool, mimalloc, keeps memory that each thread has freed, so that the peak
    grows with the number of threads and varies at random; see
    https://github.com/microsoft/mimalloc/issues/1111.
    """
    pa = arrow("pyarrow")
    pool = pa.system_memory_pool()
    try:
        yield pool
    finally:
        with _releasing:  # on any pool, `release_unused` releases the default pool
            default = pa.default_memory_pool()
            pa.set_memory_pool(pool)
            try:
                pool.release_unused()
            finally:
                pa.set_memory_pool(default)


def is_text(kind: Any) -> bool:
    """Return whether a pyarrow type is a string type."""
    kinds = arrow("pyarrow").types
    return bool(kinds.is_string(kind) or kinds.is_large_string(kind) or kinds.is_string_view(kind))


def is_nested(kind: Any) -> bool:
    """Return whether a pyarrow type is a list, struct or union type."""
    kinds = arrow("pyarrow").types
    return bool(kinds.is_nested(kind) and not kinds.is_run_end_encoded(kind))


def column_names(schema: Any) -> tuple[str, ...]:
    """Return the names of the columns of a pyarrow schema."""
    try:
        return tuple(schema.names)
    except UnicodeDecodeError:
        raise DataError("the name of a column is not UTF-8: the file is damaged.") from None


def validated(columns: Any, name: str = "") -> Any:
    """Return a pyarrow Table, RecordBatch, ChunkedArray or Array after validating its buffers.

    `name` is the name of a single column, for the message.

    Raises
    ------
    DataError
        If offsets, indices, lengths or strings are invalid; the message names the column.
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
    """Return what is wrong with pyarrow buffers, or None."""
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


def decompressed_bytes(path: Path) -> int:
    """Return the decompressed size in bytes that the buffers of an Arrow file or stream declare.

    Raises
    ------
    DataError
        If the messages are inconsistent.
    """
    with path.open("rb") as file:
        try:
            messages = _blocks(file) if file.read(6) == MAGIC else _messages(file)
            return sum(_claimed(file, metadata, body) for metadata, body in messages)
        except (struct.error, IndexError, OverflowError, OSError):
            raise DataError("the file is damaged: its messages do not fit together.") from None


def _blocks(file: BinaryIO) -> Iterator[Message]:
    """Yield the messages that the footer of an Arrow file lists."""
    end = file.seek(0, 2)
    (size,) = struct.unpack("<i", _bytes_at(file, end - 10, 4))
    footer = _bytes_at(file, end - 10 - size, size)
    for field in (2, 3):  # dictionaries and record batches
        start, count = _vector(footer, _indirect(footer, 0), field)
        for i in range(count):
            offset, length = struct.unpack_from("<qi", footer, start + 24 * i)
            yield _message(file, offset)[0], offset + length


def _messages(file: BinaryIO) -> Iterator[Message]:
    """Yield the messages of an Arrow stream, one after the other."""
    metadata, body = _message(file, 0)
    while metadata:
        yield metadata, body
        end = body + _number(metadata, _indirect(metadata, 0), 3, "<q")
        if end < body:
            raise IndexError(end)
        metadata, body = _message(file, end)


def _message(file: BinaryIO, at: int) -> Message:
    """Return the message at a position; old writers omit the marker before the metadata size."""
    file.seek(at)
    head = file.read(8)
    words = struct.unpack(f"<{len(head) // 4}I", head[: len(head) // 4 * 4])
    n_marks = int(words[:1] == (CONTINUATION,))
    size, start = [*words[n_marks:], 0][0], at + 4 + 4 * n_marks
    return _bytes_at(file, start, size), start + size


def _claimed(file: BinaryIO, metadata: bytes, body: int) -> int:
    """Return the decompressed size that the compressed buffers of one message declare.

    Uncompressed buffers are not larger than the file.
    """
    root = _indirect(metadata, 0)
    kind = _number(metadata, root, 1, "<B")
    if kind not in (DICTIONARY_BATCH, RECORD_BATCH):
        return 0
    batch = _table(metadata, root, 2)
    if kind == DICTIONARY_BATCH:
        batch = _table(metadata, batch, 1)
    if not _field(metadata, batch, 3):  # no compression
        return 0
    start, count = _vector(metadata, batch, 2)
    claimed = 0
    for i in range(count):
        offset, length = struct.unpack_from("<qq", metadata, start + 16 * i)
        if length >= 8:
            (n_bytes,) = struct.unpack("<q", _bytes_at(file, body + offset, 8))
            claimed += max(n_bytes, 0)  # -1: this one is not compressed
    return claimed


def _bytes_at(file: BinaryIO, at: int, size: int) -> bytes:
    if at < 0 or not 0 <= size <= MAX_METADATA:
        raise IndexError(at)
    file.seek(at)
    found = file.read(size)
    if len(found) < size:
        raise IndexError(at)
    return found


# Flatbuffers: a table begins with the distance back to a list of the positions of its fields. A
# field that is not written has no entry in the list.


def _indirect(data: bytes, at: int) -> int:
    return at + int(struct.unpack_from("<I", data, at)[0])


def _field(data: bytes, table: int, index: int) -> int:
    """Return the position of a field of a table, 0 if it is not written."""
    fields = table - struct.unpack_from("<i", data, table)[0]
    if table < 0 or fields < 0:
        raise IndexError(fields)
    (size,) = struct.unpack_from("<H", data, fields)
    if 4 + 2 * index >= size:
        return 0
    (distance,) = struct.unpack_from("<H", data, fields + 4 + 2 * index)
    return table + int(distance) if distance else 0


def _number(data: bytes, table: int, index: int, form: str) -> int:
    at = _field(data, table, index)
    return int(struct.unpack_from(form, data, at)[0]) if at else 0


def _table(data: bytes, table: int, index: int) -> int:
    at = _field(data, table, index)
    if not at:
        raise IndexError(index)
    return _indirect(data, at)


def _vector(data: bytes, table: int, index: int) -> tuple[int, int]:
    """Return the position of the first entry of a list, and the number of entries."""
    at = _field(data, table, index)
    if not at:
        return 0, 0
    start = _indirect(data, at)
    return start + 4, int(struct.unpack_from("<I", data, start)[0])
