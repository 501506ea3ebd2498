"""Checksums of a model file, which detect corruption but not tampering.

Since format 2 a file has two, each a SHA-256 in hexadecimal. So the header is verified before
anything in it is used, and before anything of the size of its tensors is read:

    data_sha256   of the bytes of all tensors, in the order of the file (C order, little-endian)
    sha256        of the canonical JSON of [description, tensors]: the description without this
                  field, and {name: [dtype, shape], ...}

Format 1 had one checksum for header and data together:

    sha256        of the canonical JSON of the description without this field, and a line feed;
                  then, for each tensor in the order of its name, of the canonical JSON of [name,
                  dtype, shape], a line feed, and the bytes of the tensor
"""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from glassnet.storage.header import Tensor, require_intact
from glassnet.storage.strict import canonical

CHECKSUMS = ("sha256", "data_sha256")


def with_checksums(
    description: Mapping[str, Any],
    tensors: Mapping[str, tuple[str, tuple[int, ...]]],
    data: Iterable[memoryview],
) -> dict[str, Any]:
    """Add both checksums to a description.

    `tensors` are dtype ("F32" or "F64") and shape of each tensor, `data` their bytes in file order.
    """
    whole = {**description, "data_sha256": _digest(data)}
    return {**whole, "sha256": _header_checksum(whole, tensors)}


def without_checksums(description: Mapping[str, Any]) -> dict[str, Any]:
    """Return a description without its checksums."""
    names = CHECKSUMS[:1] if description["format"] == 1 else CHECKSUMS
    return {name: value for name, value in description.items() if name not in names}


def check_header(description: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> None:
    """Raise BadFileError if the checksum of the header differs; format 1 has no such checksum."""
    if description["format"] == 1:
        return
    whole = {name: value for name, value in description.items() if name != "sha256"}
    layout = {name: (tensor.dtype, tensor.shape) for name, tensor in tensors.items()}
    require_intact(
        description.get("sha256") == _header_checksum(whole, layout),
        "the hash of its header is not that of its content",
    )


def check_data(
    description: Mapping[str, Any], tensors: Mapping[str, Tensor], data: memoryview
) -> None:
    """Raise BadFileError if the checksum of the tensors differs."""
    if description["format"] == 1:
        expected = description.get("sha256")
        found = _digest(_format_1_pieces(description, tensors, data))
    else:
        expected, found = description.get("data_sha256"), _digest([data])
    require_intact(expected == found, "its hash is not that of its content")


def _header_checksum(
    description: Mapping[str, Any], tensors: Mapping[str, tuple[str, tuple[int, ...]]]
) -> str:
    return _digest([canonical([description, tensors]).encode()])


def _format_1_pieces(
    description: Mapping[str, Any], tensors: Mapping[str, Tensor], data: memoryview
) -> list[bytes | memoryview]:
    pieces: list[bytes | memoryview] = [canonical(without_checksums(description)).encode() + b"\n"]
    for name, tensor in sorted(tensors.items()):
        entry = canonical([name, tensor.dtype, tensor.shape]).encode() + b"\n"
        pieces += [entry, data[tensor.start : tensor.stop]]
    return pieces


def _digest(pieces: Iterable[bytes | memoryview]) -> str:
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece)
    return digest.hexdigest()
