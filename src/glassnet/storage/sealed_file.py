"""A safetensors file with a description under seals: how one is written, opened and read, whatever it describes.

Reading goes from step to step, and no step believes what the ones before it have not checked: the
head as JSON within limits, the format, the places of the tensors, the seal of the head. What the
description says is checked by who knows it; only then are the tensors read.
"""

from __future__ import annotations

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
from glassnet.layers import Layer
from glassnet.messages import printable
from glassnet.network import Network
from glassnet.storage.header import DTYPES, BadFileError, Tensor, damaged, read_header, read_layout
from glassnet.storage.migrations import FORMAT
from glassnet.storage.seal import check_data, check_head, sealed
from glassnet.storage.strict import canonical, parse

Array = np.ndarray[Any, np.dtype[Any]]
Read = TypeVar("Read")

LONGEST_REASON = 600  # characters: names in a reason come from the file, and may be as long as it
DTYPE_NAMES = {"float32": "F32", "float64": "F64"}


@dataclass(frozen=True)
class Head:
    """The head of a file, whole by its seal: what it says, which is not yet checked, and its tensors, whose places are."""

    description: dict[str, Any]
    tensors: dict[str, Tensor]
    n_bytes: int


def serializer() -> Callable[..., bytes]:
    """Return what lays tensors out in a file; who trains first asks for it before, for later it may not be possible to load it."""
    from safetensors.numpy import save

    return save


def to_bytes(description: dict[str, Any], tensors: Mapping[str, Array]) -> bytes:
    """Return the bytes of a file of that description, which gets its seals here."""
    dtypes = {name: DTYPE_NAMES[str(view.dtype)] for name, view in tensors.items()}
    little = {
        name: np.ascontiguousarray(view).astype(DTYPES[dtypes[name]][0], copy=False)
        for name, view in tensors.items()
    }
    description = sealed(
        description, {name: (dtypes[name], view.shape, view.data) for name, view in little.items()}
    )
    return serializer()(little, metadata={"glassnet": canonical(description)})


def write_file(path: str | Path, data: bytes) -> None:
    """Write the file whole or not at all.

    Raises
    ------
    ModelFileError
        Where that fails.
    """
    try:
        atomic_write_bytes(path, data)
    except OSError as error:
        raise _failed(path, "written", error) from None


def read_file(path: str | Path, read: Callable[[BinaryIO, int], Read]) -> Read:
    """Return what `read` makes of the file, given it and its size.

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
    """Return the head of a file of that size, held to its seal; the file then stands at the first byte of the data.

    Raises
    ------
    BadFileError
        What is wrong, as the end of a sentence.
    """
    header = read_header(file, size)
    description = _description(header.text)
    tensors = read_layout(header)
    check_head(description, tensors)
    return Head(description, tensors, header.n_bytes)


def check_shapes(
    tensors: Mapping[str, Tensor], expected: Mapping[str, tuple[str, tuple[int, ...]]]
) -> None:
    """Hold the tensors to the dtypes ("F32", "F64") and shapes that the layers imply, before anything of their size is allocated.

    Raises
    ------
    BadFileError
        Which differs.
    """
    missing, spare = expected.keys() - tensors.keys(), tensors.keys() - expected.keys()
    if missing or spare:
        raise damaged(
            f"its layers {'need' if missing else 'have no'} tensor {min(missing or spare)!r}"
        )
    for name, (dtype, shape) in expected.items():
        tensor = tensors[name]
        if tensor.shape != shape or tensor.dtype != dtype:
            raise damaged(
                f"tensor {name!r} is {tensor.dtype} {list(tensor.shape)} where its layers need "
                f"{dtype} {list(shape)}"
            )


def read_tensors(file: BinaryIO, head: Head, gaps: str | None = None) -> dict[str, Array]:
    """Return the tensors by name, held to their seal and to finite numbers; names that begin with `gaps` may hold others.

    Raises
    ------
    BadFileError
        What is wrong.
    """
    data = file.read(head.n_bytes)
    if len(data) != head.n_bytes:
        raise damaged("it ended while it was read")
    whole = memoryview(data)
    check_data(head.description, head.tensors, whole)
    arrays = {
        name: np.frombuffer(whole[t.start : t.stop], DTYPES[t.dtype][0]).reshape(t.shape)
        for name, t in head.tensors.items()
    }
    for name, array in arrays.items():
        if not (gaps and name.startswith(gaps)) and not np.isfinite(array).all():
            raise damaged(f"{name} holds numbers that are not finite")
    return arrays


def network_with(
    layers: tuple[Layer, ...],
    n_features: int,
    dtype: str,
    arrays: Mapping[str, Array],
    prefix: str = "",
) -> Network:
    """Return the network of these layers with the numbers of a file.

    Raises
    ------
    BadFileError
        For numbers that a layer cannot have.
    """
    network = Network(layers, n_features, seed=None, dtype=dtype)
    for name in network.parameters:
        network.parameters[name] = arrays[f"{prefix}{name}"]
        possible = network.parameters.spec(name).possible
        if possible and not possible(network.parameters[name]):
            raise damaged(f"{prefix}{name} holds numbers that no layer of its kind has")
    return network


def check_finite(tensors: Mapping[str, Array], what: str) -> None:
    """Raise UnsupportedError for numbers that are not finite; `what` is of them: "model"."""
    for name, view in tensors.items():
        if not np.isfinite(view).all():
            raise UnsupportedError(
                f"{name} holds numbers that are not finite, so the {what} predicts nothing: it was "
                "not saved."
            )


def unsupported(what: str, reason: object) -> UnsupportedError:
    """Return the error for what no file can hold."""
    return UnsupportedError(
        f"this {what} cannot be stored in a file that would load again: {shown(reason)}."
    )


def shown(words: object) -> str:
    r"""Return words on one line of at most a screen; what steers a terminal is written out (an
    escape as `\x1b`).
    """  # noqa: D205
    text = str(words)
    text = (
        text
        if len(text) <= LONGEST_REASON
        else f"{text[: LONGEST_REASON // 2]} ... {text[-LONGEST_REASON // 2 :]}"
    )
    return printable(text)


def _description(text: str) -> dict[str, Any]:
    """Return the description, with its seals, of a format that this glassnet reads."""
    try:
        description = parse(text)
    except ValueError as error:
        raise damaged(f"its description cannot be read: {error}") from None
    if not isinstance(description, dict) or type(description.get("format")) is not int:
        raise damaged("its description names no format")
    version = description["format"]
    if version > FORMAT:
        raise BadFileError(
            f"was made by a newer glassnet ({_version(description)}format {version}; this one "
            f"reads up to format {FORMAT}): upgrade with pip install --upgrade glassnet"
        )
    if version < 1 or canonical(description) != text:
        raise damaged("its description is not as glassnet writes it")
    return description


def _version(description: dict[str, Any]) -> str:
    version = description.get("glassnet")
    return (
        f"{version}, "
        if isinstance(version, str) and version.isprintable() and len(version) < 40
        else ""
    )


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
