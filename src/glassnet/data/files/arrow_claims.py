"""What an Arrow file says of its compressed buffers before they are decompressed: a small file may claim to fill the memory.

pyarrow allocates whatever a buffer says that it holds. The messages are flatbuffers, of which few
numbers are read here, see
https://arrow.apache.org/docs/format/Columnar.html#serialization-and-interprocess-communication-ipc
and `Message.fbs` in that project.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from glassnet.errors import DataError

MAGIC = b"ARROW1"
CONTINUATION = 0xFFFFFFFF
#: Bytes of the description of one message, of which there are some hundred for each column.
MOST_METADATA = 2**28
DICTIONARY_BATCH, RECORD_BATCH = 2, 3

Where = tuple[int, int]  # the offset of a message in the file, and of its body


def decompressed_bytes(path: Path) -> int:
    """Return how many bytes the buffers of an Arrow file or stream take once decompressed, as they say themselves.

    Raises
    ------
    DataError
        For messages that do not hold together.
    """
    with path.open("rb") as file:
        try:
            places = _blocks(file) if file.read(6) == MAGIC else _messages(file)
            return sum(_claimed(file, *place) for place in places)
        except (struct.error, IndexError, OverflowError, OSError):
            raise DataError("the file is damaged: its messages do not hold together.") from None


def _blocks(file: BinaryIO) -> Iterator[Where]:
    """Yield the messages that the footer of an Arrow file names."""
    end = file.seek(0, 2)
    (size,) = struct.unpack("<i", _bytes_at(file, end - 10, 4))
    footer = _bytes_at(file, end - 10 - size, size)
    root = _indirect(footer, 0)
    for index in (2, 3):  # dictionaries and record batches
        start, count = _vector(footer, root, index)
        for i in range(count):
            offset, length = struct.unpack_from("<qi", footer, start + 24 * i)
            yield offset, offset + length


def _messages(file: BinaryIO) -> Iterator[Where]:
    """Yield the messages of an Arrow stream one after the other."""
    at = 0
    while (body := _body(file, at)) is not None:
        metadata = _metadata(file, at)
        root = _indirect(metadata, 0)
        yield at, body
        at = body + _number(metadata, root, 3, "<q")
        if at < body:
            raise IndexError(at)


def _body(file: BinaryIO, at: int) -> int | None:
    """Return where the body of a message begins, None at the end of a stream."""
    start, size = _frame(file, at)
    return start + size if size else None


def _frame(file: BinaryIO, at: int) -> tuple[int, int]:
    """Return where the description of a message begins, and its bytes; older writers leave out the mark before the size."""
    file.seek(at)
    head = file.read(8)
    if len(head) < 4:
        return at, 0
    first, *second = struct.unpack(f"<{len(head) // 4}I", head[: len(head) // 4 * 4])
    if first != CONTINUATION:
        return at + 4, first
    return at + 8, second[0] if second else 0


def _metadata(file: BinaryIO, at: int) -> bytes:
    return _bytes_at(file, *_frame(file, at))


def _claimed(file: BinaryIO, at: int, body: int) -> int:
    """Return the bytes that the compressed buffers of one message claim; the others are no larger than the file."""
    metadata = _metadata(file, at)
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
    if at < 0 or not 0 <= size <= MOST_METADATA:
        raise IndexError(at)
    file.seek(at)
    found = file.read(size)
    if len(found) < size:
        raise IndexError(at)
    return found


# Flatbuffers: a table begins with the distance back to a list of where its fields lie; a field that
# is not written has no entry there.


def _indirect(data: bytes, at: int) -> int:
    (distance,) = struct.unpack_from("<I", data, at)
    return at + int(distance)


def _field(data: bytes, table: int, index: int) -> int:
    """Return where a field of a table lies, 0 where it is not written."""
    (back,) = struct.unpack_from("<i", data, table)
    fields = table - back
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
    """Return where the entries of a list begin, and how many there are."""
    at = _field(data, table, index)
    if not at:
        return 0, 0
    start = _indirect(data, at)
    (count,) = struct.unpack_from("<I", data, start)
    return start + 4, int(count)
