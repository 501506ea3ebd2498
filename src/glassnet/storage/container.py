"""Write, open and read a safetensors file with a JSON description and checksums.

Reading goes step by step, and no step relies on unchecked data: the header as JSON within limits,
the format, the positions of the tensors, the checksum of the header. The caller checks the content
of the description; only then are the tensors read.
"""

import io
import os
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import numpy as np

from glassnet.atomic_write import atomic_write_bytes
from glassnet.errors import ModelFileError, UnsupportedError, did_you_mean
from glassnet.messages import printable
from glassnet.storage.checksum import check_data, check_header, with_checksums
from glassnet.storage.header import (
    DTYPES,
    BadFileError,
    Tensor,
    damaged,
    file_order,
    read_json_header,
    read_layout,
    require_intact,
)
from glassnet.storage.history import PREFIX
from glassnet.storage.migrations import FORMAT
from glassnet.storage.strict import canonical, parse_json

Array = np.ndarray[Any, np.dtype[Any]]
Result = TypeVar("Result")

MAX_REASON = 600  # characters: names in a reason come from the file, and may be very long
DTYPE_NAMES = {"float32": "F32", "float64": "F64"}


@dataclass(frozen=True)
class Header:
    """The header of a file, with a valid checksum: tensors are checked, the description is not."""

    description: dict[str, Any]
    tensors: dict[str, Tensor]
    n_bytes: int


def serializer() -> Callable[..., bytes]:
    """Return the function that writes tensors.

    Import it before a long training: later there may be no file descriptor or memory for it.
    """
    from safetensors.numpy import save

    return save


def to_bytes(description: dict[str, Any], tensors: Mapping[str, Array]) -> bytes:
    """Return the bytes of a file with this description; the checksums are added."""
    dtypes = {name: DTYPE_NAMES[str(view.dtype)] for name, view in tensors.items()}
    little = {
        name: np.ascontiguousarray(view).astype(DTYPES[dtypes[name]][0], copy=False)
        for name, view in tensors.items()
    }
    layout = {name: (dtypes[name], view.shape) for name, view in little.items()}
    data = (little[name].data for name in file_order(dtypes))
    description = with_checksums(description, layout, data)
    return serializer()(little, metadata={"glassnet": canonical(description)})


def write_file(
    path: str | Path,
    what: str,
    describe: Callable[[], dict[str, Any]],
    tensors: Mapping[str, Array],
    read: Callable[[BinaryIO, int], object],
) -> None:
    """Write a model or network (`what`) atomically.

    The file is first read back with `read(file, size)`; if that fails, nothing is written.

    Raises
    ------
    UnsupportedError
        If the model cannot be stored in a file, or has numbers that are not finite.
    ModelFileError
        If the file cannot be written.
    """
    if not_finite := _first_not_finite(tensors):
        raise UnsupportedError(
            f"{not_finite} holds numbers that are not finite, so the {what} predicts nothing: it "
            "was not saved."
        )
    try:
        data = to_bytes(describe(), tensors)
        read(io.BytesIO(data), len(data))
    except ValueError as error:
        raise unsupported(what, error) from None
    try:
        atomic_write_bytes(path, data)
    except OSError as error:
        raise _failed(path, "written", error) from None


def read_file(path: str | Path, read: Callable[[BinaryIO, int], Result]) -> Result:
    """Return the result of `read(file, size)`.

    Raises
    ------
    ModelFileError
        If the file does not exist, cannot be read, or `read` raises BadFileError; the message
        starts with the path.
    """
    path = Path(path)
    try:
        with _open(path) as file:
            return read(file, os.fstat(file.fileno()).st_size)
    except FileNotFoundError as error:
        near = did_you_mean(path.name, _neighbours(path.parent))
        raise _error(path, f"there is no such file.{near}", error) from None
    except IsADirectoryError as error:
        raise _error(path, "is a folder: name a model file in it.", error) from None
    except BadFileError as error:
        raise _error(path, f"{shown(error)}.", error) from None
    except MemoryError as error:
        raise _error(path, "does not fit into memory.", error) from None
    except OSError as error:
        raise _failed(path, "read", error) from None


def read_header(file: BinaryIO, size: int) -> Header:
    """Read the header of a file of this size and verify its checksum.

    Afterwards the file is at the first byte of the data.

    Raises
    ------
    BadFileError
        What is wrong, as the end of a sentence.
    """
    text, entries, n_bytes = read_json_header(file, size)
    description = _description(text)
    tensors = read_layout(entries, n_bytes)
    check_header(description, tensors)
    return Header(description, tensors, n_bytes)


def check_shapes(
    tensors: Mapping[str, Tensor], shapes: Mapping[str, tuple[int, ...]], dtype: str
) -> None:
    """Compare the tensors with the dtype ("float32", "float64") and shapes that the layers imply.

    Tensors of the history are float64. No tensor has been allocated yet.

    Raises
    ------
    BadFileError
        If a tensor differs.
    """
    missing, spare = shapes.keys() - tensors.keys(), tensors.keys() - shapes.keys()
    if missing or spare:
        raise damaged(
            f"its layers {'need' if missing else 'have no'} tensor {min(missing or spare)!r}"
        )
    for name, shape in shapes.items():
        tensor = tensors[name]
        needed = "F64" if name.startswith(PREFIX) else DTYPE_NAMES[dtype]
        require_intact(
            (tensor.dtype, tensor.shape) == (needed, shape),
            f"tensor {name!r} is {tensor.dtype} {list(tensor.shape)} where its layers need "
            f"{needed} {list(shape)}",
        )


def read_tensors(file: BinaryIO, header: Header) -> dict[str, Array]:
    """Read the tensors by name; verify their checksum and that they are finite.

    Tensors of the history may contain NaN and infinity.

    Raises
    ------
    BadFileError
        What is wrong.
    """
    data = file.read(header.n_bytes)
    require_intact(len(data) == header.n_bytes, "it ended while it was read")
    whole = memoryview(data)
    check_data(header.description, header.tensors, whole)
    arrays = {
        name: np.frombuffer(whole[t.start : t.stop], DTYPES[t.dtype][0]).reshape(t.shape)
        for name, t in header.tensors.items()
    }
    not_finite = _first_not_finite(arrays)
    require_intact(not not_finite, f"{not_finite} holds numbers that are not finite")
    return arrays


def _first_not_finite(tensors: Mapping[str, Array]) -> str:
    """Return the name of the first tensor with NaN or infinity, "" if there is none.

    In the history, NaN means that nothing was recorded.
    """
    return next(
        (
            name
            for name, values in tensors.items()
            if not name.startswith(PREFIX) and not np.isfinite(values).all()
        ),
        "",
    )


def unsupported(what: str, reason: object) -> UnsupportedError:
    """Return the error for a model or network (`what`) that cannot be stored in a file."""
    return UnsupportedError(
        f"this {what} cannot be stored in a file that would load again: {shown(reason)}."
    )


def shown(reason: object) -> str:
    r"""Return a reason on one line, shortened, with control characters written as `\x1b`."""
    text = str(reason)
    if len(text) > MAX_REASON:
        text = f"{text[: MAX_REASON // 2]} ... {text[-MAX_REASON // 2 :]}"
    return printable(text)


def _description(text: str) -> dict[str, Any]:
    """Parse the description, with its checksums; its format must be one that glassnet reads."""
    try:
        description = parse_json(text)
    except ValueError as error:
        raise damaged(f"its description cannot be read: {error}") from None
    require_intact(
        isinstance(description, dict) and type(description.get("format")) is int,
        "its description names no format",
    )
    version = description["format"]
    if version > FORMAT:
        made_by = description.get("glassnet")
        is_safe = isinstance(made_by, str) and made_by.isprintable() and len(made_by) < 40
        raise BadFileError(
            f"was made by a newer glassnet ({f'{made_by}, ' if is_safe else ''}format {version}; "
            f"this one reads up to format {FORMAT}): upgrade with pip install --upgrade glassnet"
        )
    require_intact(
        version >= 1 and canonical(description) == text,
        "its description is not as glassnet writes it",
    )
    checked: dict[str, Any] = description
    return checked


def _open(path: Path) -> BinaryIO:
    try:
        mode = path.stat().st_mode  # before it is opened, which would block for a pipe
    except ValueError as error:  # an invalid path
        raise BadFileError(f"cannot be read: {error}") from None
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        raise BadFileError("is not a regular file")
    return path.open("rb")


def _failed(path: str | Path, done: str, error: OSError) -> ModelFileError:
    return _error(path, f"cannot be {done}: {shown(error.strerror or error)}.", error)


def _error(path: str | Path, message: str, error: Exception) -> ModelFileError:
    failure = ModelFileError(f"{shown(path)}: {message}")
    failure.errno = getattr(error, "errno", None)
    return failure


def _neighbours(folder: Path) -> list[str]:
    try:
        return [entry.name for entry in islice(folder.iterdir(), 1_000)]
    except OSError:
        return []
