"""Parse and validate the header of a safetensors file, which gives the layout of the tensors.

8 bytes  length of the header, little-endian
header   {"__metadata__": {"glassnet": "..."}, "layers.0.W": {"dtype": "F32", "shape": [4, 16],
         "data_offsets": [0, 256]}, ...}
data     the tensors, F64 before F32, each group sorted by name, in C order, little-endian, without
         gaps or overlap
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import Any, BinaryIO

from glassnet.storage.strict import parse_json

MAX_HEADER = 64 * 2**20
MAX_TENSORS = 10_000
MAX_DATA = 2**32  # bytes: a billion numbers in float32
DTYPES = {"F32": ("<f4", 4), "F64": ("<f8", 8)}

_PICKLE = "it is a pickle, which runs code when it is opened"
#: Formats of other files that may be mistaken for a model, by their first bytes.
OTHER_FORMATS = {
    b"PK\x03\x04": "it is a zip archive, as Keras, PyTorch and NumPy (.npz) write them",
    b"\x89HDF": "it is an HDF5 file, as Keras writes them",
    b"\x80\x02": _PICKLE,
    b"\x80\x03": _PICKLE,
    b"\x80\x04": _PICKLE,
    b"\x80\x05": _PICKLE,
    b"\x93NUMPY": "it is a NumPy array",
    b"PAR1": "it is a Parquet table",
    b"GGUF": "it is a GGUF file",
}


class BadFileError(ValueError):
    """A file is invalid; the message is the end of a sentence that begins with the path."""


def wrong_format(reason: str) -> BadFileError:
    """Return the error for a file that is not a glassnet model."""
    return BadFileError(f"is not a glassnet model file: {reason}")


def damaged(reason: str) -> BadFileError:
    """Return the error for a glassnet model that is corrupt."""
    return BadFileError(f"is damaged: {reason}")


def require_intact(holds: bool, reason: str) -> None:
    """Raise the error for a corrupt file unless a condition holds."""
    if not holds:
        raise damaged(reason)


@dataclass(frozen=True)
class Tensor:
    """The dtype and shape of a tensor, and its position (start to stop) in the data."""

    dtype: str
    shape: tuple[int, ...]
    start: int
    stop: int


def read_json_header(file: BinaryIO, size: int) -> tuple[str, dict[str, Any], int]:
    """Read the JSON header of a file of this size.

    Returns
    -------
    The text of the metadata, the unchecked entries of the tensors, and the size of the data. The
    file is then at the first byte of the data.

    Raises
    ------
    BadFileError
        What is wrong, as the end of a sentence.
    """
    start = file.read(8)
    hint = next((reason for magic, reason in OTHER_FORMATS.items() if start.startswith(magic)), "")
    length = int.from_bytes(start, "little")
    if size == 0:
        raise wrong_format("the file is empty")
    require_intact(
        not MAX_HEADER < length < size or bool(hint),
        f"its header takes {length:,} bytes, more than {MAX_HEADER:,}",
    )
    if len(start) < 8 or length < 2 or length > MAX_HEADER:
        raise wrong_format(hint or "it does not begin as one")
    header = file.read(min(length, size))
    require_intact(
        8 + length <= size or not header.startswith(b"{"),
        f"it ends after {size:,} bytes, within its header",
    )
    if len(header) != length or not header.startswith(b"{"):
        raise wrong_format(hint or "it does not begin as one")
    require_intact(
        header.rstrip(b" ").endswith(b"}"), "its header is followed by something else than spaces"
    )
    try:
        parsed = parse_json(header.decode())
    except UnicodeDecodeError:
        raise damaged("its header is not UTF-8") from None
    except ValueError as error:
        raise damaged(f"its header cannot be read: {error}") from None
    metadata = parsed.pop("__metadata__", None)
    if not isinstance(metadata, dict) or not isinstance(metadata.get("glassnet"), str):
        raise wrong_format("it is a safetensors file that another program wrote")
    require_intact(len(metadata) == 1, "its metadata has more keys than one")
    n_bytes = size - 8 - length
    require_intact(
        n_bytes <= MAX_DATA, f"its tensors take {n_bytes:,} bytes, more than {MAX_DATA:,}"
    )
    return metadata["glassnet"], parsed, n_bytes


def read_layout(entries: Mapping[str, Any], n_bytes: int) -> dict[str, Tensor]:
    """Parse the tensors by name, in file order; they must fill all `n_bytes` of the data.

    Raises
    ------
    BadFileError
        If a field, dtype, shape or position is invalid.
    """
    require_intact(
        len(entries) <= MAX_TENSORS, f"it has {len(entries)} tensors, more than {MAX_TENSORS}"
    )
    found = {name: _tensor(name, entry) for name, entry in entries.items()}
    order = file_order({name: tensor.dtype for name, tensor in found.items()})
    tensors = {name: found[name] for name in order}
    at = 0
    for name, tensor in tensors.items():  # no gap and no overlap
        start, at = at, at + prod(tensor.shape) * DTYPES[tensor.dtype][1]
        require_intact(
            (tensor.start, tensor.stop) == (start, at),
            f"tensor {name!r} does not lie where its shape says",
        )
    require_intact(
        at == n_bytes, f"it has {n_bytes:,} bytes of tensors where its header names {at:,}"
    )
    return tensors


def file_order(dtypes: Mapping[str, str]) -> list[str]:
    """Return the names of tensors in the order of their data, as in the safetensors library."""
    return sorted(dtypes, key=lambda name: (-DTYPES[dtypes[name]][1], name))


def _tensor(name: str, entry: Any) -> Tensor:
    require_intact(
        isinstance(entry, dict) and entry.keys() == {"dtype", "shape", "data_offsets"},
        f"the entry of tensor {name!r} must have the fields dtype, shape and data_offsets",
    )
    dtype, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    require_intact(
        isinstance(dtype, str) and dtype in DTYPES,
        f"tensor {name!r} is of type {dtype!r}, not F32 or F64",
    )
    whole = _whole_numbers(shape) and _whole_numbers(offsets)
    require_intact(
        whole and len(offsets) == 2 and len(shape) <= 8,
        f"shape and offsets of tensor {name!r} are not whole numbers",
    )
    return Tensor(dtype, tuple(shape), *offsets)


def _whole_numbers(values: Any) -> bool:
    return isinstance(values, list) and all(
        type(value) is int and 0 <= value < 2**48 for value in values
    )
