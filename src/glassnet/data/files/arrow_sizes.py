"""The size of an Arrow file after decompression, as it claims itself, before it is decompressed.

pyarrow allocates whatever a buffer says that it holds, so a small file may fill the memory. The
messages of a file are flatbuffers, of which few numbers are read here, see
https://arrow.apache.org/docs/format/Columnar.html#serialization-and-interprocess-communication-ipc
and `Message.fbs` in that project.
"""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from glassnet.errors import DataError

MAGIC = b"ARROW1"
CONTINUATION = 0xFFFFFFFF
#: Bytes of the description of one message, of which there are some hundred for each column.
MAX_METADATA = 2**28
DICTIONARY_BATCH, RECORD_BATCH = 2, 3
#: The description of a message, empty at the end of a stream, and the start of its body.
Message = tuple[bytes, int]


def decompressed_bytes(path: Path) -> int:
    """Return how many bytes the buffers of an Arrow file or stream claim to be decompressed.

    Raises
    ------
    DataError
        For messages that do not fit together.
    """
    with path.open("rb") as file:
        try:
            messages = _blocks(file) if file.read(6) == MAGIC else _messages(file)
            return sum(_claimed(file, metadata, body) for metadata, body in messages)
        except (struct.error, IndexError, OverflowError, OSError):
            raise DataError("the file is damaged: its messages do not fit together.") from None


def _blocks(file: BinaryIO) -> Iterator[Message]:
    """Yield the messages that the footer of an Arrow file names."""
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
    """Return a message; older writers leave out the mark before the size of its description."""
    file.seek(at)
    head = file.read(8)
    words = struct.unpack(f"<{len(head) // 4}I", head[: len(head) // 4 * 4])
    n_marks = int(words[:1] == (CONTINUATION,))
    size, start = [*words[n_marks:], 0][0], at + 4 + 4 * n_marks
    return _bytes_at(file, start, size), start + size


def _claimed(file: BinaryIO, metadata: bytes, body: int) -> int:
    """Return the bytes that the compressed buffers of one message claim.

    The other buffers are no larger than the file.
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


# Flatbuffers: a table begins with the distance back to a list of where its fields lie; a field that
# is not written has no entry there.


def _indirect(data: bytes, at: int) -> int:
    return at + int(struct.unpack_from("<I", data, at)[0])


def _field(data: bytes, table: int, index: int) -> int:
    """Return where a field of a table lies, 0 where it is not written."""
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
    """Return where the entries of a list begin, and how many there are."""
    at = _field(data, table, index)
    if not at:
        return 0, 0
    start = _indirect(data, at)
    return start + 4, int(struct.unpack_from("<I", data, start)[0])
