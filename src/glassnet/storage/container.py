"""A safetensors file with a description and checksums: how it is written, opened and read.

Reading goes step by step, and no step relies on anything unchecked: the head as JSON within limits,
the format, the places of the tensors, the checksum of the head. The caller checks what the
description says; only then are the tensors read.
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
from glassnet.storage.checksum import check_data, check_head, with_checksums
from glassnet.storage.header import (
    DTYPES,
    BadFileError,
    Tensor,
    damaged,
    file_order,
    read_header,
    read_layout,
    require_intact,
)
from glassnet.storage.history import PREFIX
from glassnet.storage.migrations import FORMAT
from glassnet.storage.strict import canonical, parse_json

Array = np.ndarray[Any, np.dtype[Any]]
Result = TypeVar("Result")

MAX_REASON = 600  # characters: names in a reason come from the file, and may be as long as it
DTYPE_NAMES = {"float32": "F32", "float64": "F64"}


@dataclass(frozen=True)
class Head:
    """The head of a file whose checksum fits: the unchecked description and the checked tensors."""

    description: dict[str, Any]
    tensors: dict[str, Tensor]
    n_bytes: int


def serializer() -> Callable[..., bytes]:
    """Return the function that writes tensors.

    Load it before a long training: afterwards it may no longer be possible.
    """
    from safetensors.numpy import save

    return save


def to_bytes(description: dict[str, Any], tensors: Mapping[str, Array]) -> bytes:
    """Return the bytes of a file with this description, to which the checksums are added."""
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
    """Write a model or network (`what`) in one step: the whole file or nothing.

    What `read(file, size)` cannot read again is not written.

    Raises
    ------
    UnsupportedError
        For what no file can hold, and numbers that are not finite.
    ModelFileError
        Where the file cannot be written.
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
        Where there is no such file, it cannot be read, or `read` raises BadFileError; the message
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


def read_head(file: BinaryIO, size: int) -> Head:
    """Return the head of a file of this size and check its checksum.

    The file then stands at the first byte of the data.

    Raises
    ------
    BadFileError
        What is wrong, as the end of a sentence.
    """
    text, entries, n_bytes = read_header(file, size)
    description = _description(text)
    tensors = read_layout(entries, n_bytes)
    check_head(description, tensors)
    return Head(description, tensors, n_bytes)


def check_shapes(
    tensors: Mapping[str, Tensor], shapes: Mapping[str, tuple[int, ...]], dtype: str
) -> None:
    """Compare the tensors with the dtype ("float32", "float64") and shapes that the layers imply.

    Those of the history are float64. Nothing of their size has been allocated yet.

    Raises
    ------
    BadFileError
        For the first tensor that differs.
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


def read_tensors(file: BinaryIO, head: Head) -> dict[str, Array]:
    """Return the tensors by name, after a check of their checksum and for finite numbers.

    Those of the history may hold other numbers.

    Raises
    ------
    BadFileError
        What is wrong.
    """
    data = file.read(head.n_bytes)
    require_intact(len(data) == head.n_bytes, "it ended while it was read")
    whole = memoryview(data)
    check_data(head.description, head.tensors, whole)
    arrays = {
        name: np.frombuffer(whole[t.start : t.stop], DTYPES[t.dtype][0]).reshape(t.shape)
        for name, t in head.tensors.items()
    }
    not_finite = _first_not_finite(arrays)
    require_intact(not not_finite, f"{not_finite} holds numbers that are not finite")
    return arrays


def _first_not_finite(tensors: Mapping[str, Array]) -> str:
    """Return the name of the first tensor with NaN or infinity, "" for none.

    The history has NaN where nothing was recorded.
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
    """Return the error for a model or network (`what`) that no file can hold."""
    return UnsupportedError(
        f"this {what} cannot be stored in a file that would load again: {shown(reason)}."
    )


def shown(reason: object) -> str:
    r"""Return a reason on one line, cut to a screen, with control characters written as `\x1b`."""
    text = str(reason)
    if len(text) > MAX_REASON:
        text = f"{text[: MAX_REASON // 2]} ... {text[-MAX_REASON // 2 :]}"
    return printable(text)


def _description(text: str) -> dict[str, Any]:
    """Return the description, with its checksums, of a format that this glassnet reads."""
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
        plain = isinstance(made_by, str) and made_by.isprintable() and len(made_by) < 40
        raise BadFileError(
            f"was made by a newer glassnet ({f'{made_by}, ' if plain else ''}format {version}; "
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
        mode = path.stat().st_mode  # before it is opened, which for a pipe would wait
    except ValueError as error:  # a path that no file can have
        raise BadFileError(f"cannot be read: {error}") from None
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        raise BadFileError("is not a regular file")
    return path.open("rb")


def _failed(path: str | Path, done: str, error: OSError) -> ModelFileError:
    return _error(path, f"cannot be {done}: {shown(error.strerror or error)}.", error)


def _error(path: str | Path, said: str, error: Exception) -> ModelFileError:
    failure = ModelFileError(f"{shown(path)}: {said}")
    failure.errno = getattr(error, "errno", None)
    return failure


def _neighbours(folder: Path) -> list[str]:
    try:
        return [entry.name for entry in islice(folder.iterdir(), 1_000)]
    except OSError:
        return []
