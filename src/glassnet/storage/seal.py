"""The seals of a model file: hashes that say whether it is still what was written. They find damage, not malice.

Since format 2 a file has two, each the SHA-256 in hexadecimal, so that its head is known to be
whole before a word of it is followed, and before anything of the size of its tensors is read:

    data_sha256   of the bytes of all tensors, in the order of the file (C order, little-endian)
    sha256        of the canonical JSON of [description, tensors]: the description without this
                  field, and {name: [dtype, shape], ...}

Format 1 had one, of head and data together:

    sha256        of the canonical JSON of the description without this field, and a line feed;
                  then, for each tensor in the order of its name, of the canonical JSON of [name,
                  dtype, shape], a line feed, and the bytes of the tensor
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from glassnet.storage.header import Tensor, damaged, file_order
from glassnet.storage.strict import canonical

SEALS = ("sha256", "data_sha256")


def sealed(
    description: Mapping[str, Any], tensors: Mapping[str, tuple[str, tuple[int, ...], memoryview]]
) -> dict[str, Any]:
    """Return a description with both its seals, given dtype ("F32" or "F64"), shape and bytes of each tensor."""
    data = _digest(
        tensors[name][2]
        for name in file_order({name: dtype for name, (dtype, _, _) in tensors.items()})
    )
    whole = {**description, "data_sha256": data}
    return {
        **whole,
        "sha256": _head_seal(
            whole, {name: (dtype, shape) for name, (dtype, shape, _) in tensors.items()}
        ),
    }


def unsealed(description: Mapping[str, Any]) -> dict[str, Any]:
    """Return a description without its seals."""
    seals = SEALS[:1] if description["format"] == 1 else SEALS
    return {name: value for name, value in description.items() if name not in seals}


def check_head(description: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> None:
    """Raise BadFileError for a head that is not what was sealed. Format 1 cannot tell before it has the data."""
    if description["format"] == 1:
        return
    without = {name: value for name, value in description.items() if name != "sha256"}
    if description.get("sha256") != _head_seal(
        without, {name: (t.dtype, t.shape) for name, t in tensors.items()}
    ):
        raise damaged("the hash of its head is not that of its content")


def check_data(
    description: Mapping[str, Any], tensors: Mapping[str, Tensor], data: memoryview
) -> None:
    """Raise BadFileError for tensors that are not what was sealed."""
    if description["format"] == 1:
        same = description.get("sha256") == _format_1_seal(unsealed(description), tensors, data)
    else:
        same = description.get("data_sha256") == _digest([data])
    if not same:
        raise damaged("its hash is not that of its content")


def _head_seal(
    description: Mapping[str, Any], tensors: Mapping[str, tuple[str, tuple[int, ...]]]
) -> str:
    plain = {name: [dtype, list(shape)] for name, (dtype, shape) in tensors.items()}
    return _digest([canonical([description, plain]).encode()])


def _format_1_seal(
    description: Mapping[str, Any], tensors: Mapping[str, Tensor], data: memoryview
) -> str:
    pieces: list[bytes | memoryview] = [canonical(description).encode() + b"\n"]
    for name, tensor in sorted(tensors.items()):
        entry = canonical([name, tensor.dtype, list(tensor.shape)]).encode() + b"\n"
        pieces += [entry, data[tensor.start : tensor.stop]]
    return _digest(pieces)


def _digest(pieces: Iterable[bytes | memoryview]) -> str:
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece)
    return digest.hexdigest()
