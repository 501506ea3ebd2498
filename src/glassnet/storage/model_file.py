"""The model file: `save` writes a whole one or none at all, `load` takes nothing on trust.

A `.glassnet` file is a safetensors file. Its tensors bear the names of the views ("layers.0.W", "layers.1.running_mean", ...), all of
the network's dtype. Its one metadata key, "glassnet", holds canonical JSON (see `storage.strict`) with these fields:

    format      1
    glassnet    the version that wrote the file
    encoder     the schema and how each column becomes features
    target      task, names, classes, means and scales
    layers      the kind and the settings of each layer
    n_features, dtype, loss
    training    the record of how the model was trained
    sha256      the SHA-256, in hexadecimal, of these bytes, one after the other:
                the canonical JSON of the metadata without this field, and a line feed;
                then, for each tensor in the order of its name, the canonical JSON of [name, dtype ("F32" or "F64"), shape], a line
                feed, and the bytes of the tensor (C order, little-endian)

The same model gives the same bytes, so a file that is loaded and saved again is the same file. The hash finds damage, not malice:
whoever can write the file can write its hash. Against malice there are the checks, and that a file holds numbers and names only.
"""

from __future__ import annotations

import hashlib
import io
import os
import secrets
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from glassnet.errors import ModelFileError, UnsupportedError, did_you_mean
from glassnet.model import Model
from glassnet.network import Network
from glassnet.storage.header import DTYPES, BadFileError, Header, damaged, read_header
from glassnet.storage.metadata import FORMAT, Parts, describe, understand
from glassnet.storage.strict import canonical, parse

Array = np.ndarray[Any, np.dtype[Any]]


def save(model: Model, path: str | Path) -> None:
    """Write a model to one file, which `load` reads.

    The file appears whole or not at all: it is written beside its place, forced to the disk, and then put there in one step.

    Raises
    ------
    UnsupportedError
        For layers, activations and losses of the user's own, and weights that are not finite; nothing was written.
    ModelFileError
        Where the file cannot be written; what stood there before still stands.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> import glassnet
    >>> model = glassnet.fit({"x": np.arange(40.0), "y": ["low"] * 20 + ["high"] * 20}, "y")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     model.save(f"{folder}/step.glassnet")
    ...     again = glassnet.load(f"{folder}/step.glassnet")
    >>> again.predict({"x": [3.0, 33.0]}).tolist()
    ['low', 'high']
    """
    metadata, tensors = describe(model), _finite_tensors(model.network)
    try:
        data = _to_bytes(metadata, tensors, _DTYPE_NAMES[str(model.network.dtype)])
        _read(io.BytesIO(data), len(data))  # what cannot be read again is not written
    except ValueError as error:
        raise UnsupportedError(f"this model cannot be stored in a file that would load again: {error}.") from None
    try:
        _write_whole(Path(os.path.realpath(path)), data)
    except OSError as error:
        raise ModelFileError(f"{path}: cannot be written: {error.strerror or error}.") from None


def load(path: str | Path) -> Model:
    """Return the model in a file that `save` wrote. Nothing in the file is run; what is not as it should be is refused.

    Raises
    ------
    ModelFileError
        Where there is no such file, it is something else, it is damaged, or a newer glassnet wrote it; the message starts with the path.
    """
    path = Path(path)
    try:
        with _open(path) as file:
            return _read(file, os.fstat(file.fileno()).st_size)
    except FileNotFoundError:
        near = did_you_mean(path.name, _neighbours(path.parent))
        raise ModelFileError(f"{path}: there is no such file.{near}") from None
    except IsADirectoryError:
        raise ModelFileError(f"{path}: is a folder: name a model file in it.") from None
    except OSError as error:
        raise ModelFileError(f"{path}: cannot be read: {error.strerror or error}.") from None
    except MemoryError:
        raise ModelFileError(f"{path}: does not fit into memory.") from None
    except BadFileError as error:
        raise ModelFileError(f"{path}: {error}.") from None


def _open(path: Path) -> BinaryIO:
    mode = path.stat().st_mode  # before it is opened, which for a pipe would wait
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        raise BadFileError("is no ordinary file")
    return path.open("rb")


def _finite_tensors(network: Network) -> dict[str, Array]:
    tensors = {name: np.ascontiguousarray(view) for name, view in network.parameters.items()}
    for name, view in tensors.items():
        if not np.isfinite(view).all():
            raise UnsupportedError(f"{name} holds numbers that are not finite, so the model predicts nothing: it was not saved.")
    return tensors


def _to_bytes(metadata: dict[str, Any], tensors: dict[str, Array], dtype: str) -> bytes:
    from safetensors.numpy import save as to_safetensors

    little = DTYPES[dtype][0]
    entries = ((name, dtype, view.shape, view.astype(little).data) for name, view in sorted(tensors.items()))
    metadata = metadata | {"sha256": _hash(metadata, entries)}
    return bytes(to_safetensors(tensors, metadata={"glassnet": canonical(metadata)}))


def _read(file: BinaryIO, size: int) -> Model:
    header = read_header(file, size)
    metadata = _metadata(header.text)
    claimed = metadata.pop("sha256", None)
    try:
        parts = understand(metadata)
    except RecursionError:
        raise damaged("its description is nested too deep") from None
    except ValueError as error:
        raise damaged(f"its description is not as glassnet writes it: {str(error).rstrip('.')}") from None
    _check_tensors(header, parts)
    data = file.read(header.n_bytes)
    if len(data) != header.n_bytes:
        raise damaged("it ended while it was read")
    entries = sorted(header.tensors.items())
    whole = memoryview(data)
    if claimed != _hash(metadata, ((name, t.dtype, t.shape, whole[t.start : t.stop]) for name, t in entries)):
        raise damaged("its hash is not that of its content")
    arrays = {}
    for name, t in entries:
        arrays[name] = np.frombuffer(whole[t.start : t.stop], DTYPES[t.dtype][0]).reshape(t.shape)
        if not np.isfinite(arrays[name]).all():
            raise damaged(f"{name} holds numbers that are not finite")
    network = Network(parts.layers, parts.n_features, seed=None, dtype=parts.dtype)
    for name, array in arrays.items():
        network.parameters[name] = array
    return Model(parts.encoder, parts.target, network, parts.loss, parts.training)


def _metadata(text: str) -> dict[str, Any]:
    try:
        metadata = parse(text)
    except ValueError as error:
        raise damaged(f"its description cannot be read: {error}") from None
    if not isinstance(metadata, dict) or type(metadata.get("format")) is not int:
        raise damaged("its description names no format")
    if metadata["format"] > FORMAT:
        raise BadFileError(
            f"was written by a newer glassnet ({_version(metadata)}format {metadata['format']}; this one reads format {FORMAT}): "
            "upgrade with pip install --upgrade glassnet"
        )
    if metadata["format"] != FORMAT or canonical(metadata) != text:
        raise damaged("its description is not as glassnet writes it")
    return metadata


def _version(metadata: dict[str, Any]) -> str:
    version = metadata.get("glassnet")
    return f"{version}, " if isinstance(version, str) and version.isprintable() and len(version) < 40 else ""


def _check_tensors(header: Header, parts: Parts) -> None:
    """Hold the tensors to what the layers imply, before anything of their size is allocated."""
    dtype = _DTYPE_NAMES[parts.dtype]
    missing, spare = parts.shapes.keys() - header.tensors.keys(), header.tensors.keys() - parts.shapes.keys()
    if missing or spare:
        raise damaged(f"its layers {'need' if missing else 'have no'} tensor {min(missing or spare)!r}")
    for name, shape in parts.shapes.items():
        tensor = header.tensors[name]
        if tensor.shape != shape or tensor.dtype != dtype:
            raise damaged(f"tensor {name!r} is {tensor.dtype} {list(tensor.shape)} where its layers need {dtype} {list(shape)}")


def _hash(metadata: dict[str, Any], tensors: Iterable[tuple[str, str, tuple[int, ...], memoryview]]) -> str:
    """Return the hash that the docstring of this file defines; metadata without its "sha256", tensors in the order of their names."""
    digest = hashlib.sha256(canonical(metadata).encode() + b"\n")
    for name, dtype, shape, data in tensors:
        digest.update(canonical([name, dtype, list(shape)]).encode() + b"\n")
        digest.update(data)
    return digest.hexdigest()


def _write_whole(path: Path, data: bytes) -> None:
    """Put a file in its place in one step; however that ends, no half file and no temporary one is left."""
    temporary = path.with_name(f".{path.name[:100]}.{os.getpid()}-{secrets.token_hex(4)}.tmp")
    handle = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0), 0o666)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    if os.name == "posix":  # the name too must be on the disk
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _neighbours(folder: Path) -> list[str]:
    try:
        return [entry.name for entry in folder.iterdir()]
    except OSError:
        return []


_DTYPE_NAMES = {"float32": "F32", "float64": "F64"}
