"""The model file: `save` writes a whole one or none at all, `load` takes nothing on trust.

A `.glassnet` file is a safetensors file. Its tensors bear the names of the views ("layers.0.W", "layers.1.running_mean", ...), all of
the network's dtype; those of the history ("training.history.lr", ...) are of float64. Its one metadata key, "glassnet", holds canonical
JSON (see `storage.strict`), the description, with these fields:

    format      4 (see `storage.migrations`)
    glassnet    the version that wrote the file
    encoder     the schema and how each column becomes features
    target      task, names, classes, means and scales, and the range of numbers where predictions stay within it
    layers      the kind and the settings of each layer
    n_features, dtype, loss
    training    the record of how the model was trained, but for the columns of its history
    history     only where the record has one: the columns of it that are tensors, see `storage.history`
    intervals   only where the model has some: the layers of the network of its misses, or null, and how many scores there are; the
                tensors are "intervals.scores", "intervals.least" and those of the network ("intervals.layers.0.W", ...)
    dialect     only where it is known: how the training table was written
    reference   only where the model has one: what its training rows were like, see `glassnet.data.reference`
    sha256, data_sha256   the seals of head and data (see `storage.seal`)

Loading goes from step to step, and no step believes what the ones before it have not checked: the head as JSON within limits, the
format, the places of the tensors, the seal of the head; then each word of the description by closed tables, and the shapes that the
layers imply against those in the head; only then are the tensors read, held to their seal, and to finite numbers that a model can have.

The same model gives the same bytes, so a file that is loaded and saved again is the same file. The seals find damage, not malice:
whoever can write the file can write them. Against malice there are the checks, and that a file holds numbers and names only.
"""

from __future__ import annotations

import io
import os
import stat
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from glassnet.errors import ModelFileError, UnsupportedError, did_you_mean
from glassnet.intervals import Intervals
from glassnet.layers import Layer
from glassnet.model import Model
from glassnet.network import Network
from glassnet.storage.header import DTYPES, LONGEST_HEADER, BadFileError, Tensor, damaged, read_header, read_layout
from glassnet.storage.history import PREFIX, joined, parted
from glassnet.storage.metadata import Parts, describe, understand
from glassnet.storage.migrations import FORMAT, migrate
from glassnet.storage.seal import check_data, check_head, sealed, unsealed
from glassnet.storage.strict import canonical, parse
from glassnet.whole_file import write_whole

Array = np.ndarray[Any, np.dtype[Any]]

ROOM_FOR_TRAINING = 2**20  # bytes of a head, for what the record says after training and not before
LONGEST_REASON = 600  # characters: names in a reason come from the file, and may be as long as it


def save(model: Model, path: str | Path) -> None:
    """Write a model to one file, which `load` reads.

    The file appears whole or not at all: it is written beside its place, forced to the disk, read again, and then put there in one
    step. A link is followed, and a file that is replaced hands on its permissions.

    Raises
    ------
    UnsupportedError
        For layers, activations and losses of the user's own, and weights that are not finite; nothing was written.
    ModelFileError
        Where the file cannot be written; what stood there before still stands. `errno` is that of the operating system.

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
    tensors = _finite_tensors(model)
    try:
        data = _to_bytes(describe(model), tensors | parted(model.training)[2])
        _read(io.BytesIO(data), len(data))  # what cannot be read again is not written
    except ValueError as error:
        raise _unsupported(error) from None
    try:
        write_whole(Path(path), data)
    except OSError as error:
        raise _failed(path, "written", error) from None


def check(model: Model) -> None:
    """Refuse a model that no file can hold, whatever training makes of its numbers: call it before training.

    Raises
    ------
    UnsupportedError
        For layers, activations and losses of the user's own, and more columns, levels or classes than a file has room for.
    """
    try:
        text = canonical(describe(model))
        understand(parse(text))
    except ValueError as error:
        raise _unsupported(error) from None
    if len(canonical(text)) > LONGEST_HEADER - ROOM_FOR_TRAINING:
        raise _unsupported(f"its columns, levels and classes take {len(text):,} bytes, more than a file has room for")


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
        raise ModelFileError(f"{_shown(path)}: there is no such file.{near}") from None
    except IsADirectoryError:
        raise ModelFileError(f"{_shown(path)}: is a folder: name a model file in it.") from None
    except BadFileError as error:
        raise ModelFileError(f"{_shown(path)}: {_shown(error)}.") from None
    except MemoryError:
        raise ModelFileError(f"{_shown(path)}: does not fit into memory.") from None
    except OSError as error:
        raise _failed(path, "read", error) from None


def _open(path: Path) -> BinaryIO:
    try:
        mode = path.stat().st_mode  # before it is opened, which for a pipe would wait
    except ValueError as error:  # a path that no file can have
        raise BadFileError(f"cannot be read: {error}") from None
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        raise BadFileError("is no ordinary file")
    return path.open("rb")


def _unsupported(reason: object) -> UnsupportedError:
    return UnsupportedError(f"this model cannot be stored in a file that would load again: {_shown(reason)}.")


def _failed(path: str | Path, done: str, error: Exception) -> ModelFileError:
    reason = getattr(error, "strerror", None) or error
    failure = ModelFileError(f"{_shown(path)}: cannot be {done}: {_shown(reason)}.")
    failure.errno = getattr(error, "errno", None)
    return failure


def _shown(words: object) -> str:
    r"""Return words on one line of at most a screen; what steers a terminal is written out (an escape as `\x1b`)."""
    text = str(words)
    text = text if len(text) <= LONGEST_REASON else f"{text[: LONGEST_REASON // 2]} ... {text[-LONGEST_REASON // 2 :]}"
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _finite_tensors(model: Model) -> dict[str, Array]:
    tensors = {name: np.ascontiguousarray(view) for name, view in _tensors(model).items()}
    for name, view in tensors.items():
        if not np.isfinite(view).all():
            raise UnsupportedError(f"{name} holds numbers that are not finite, so the model predicts nothing: it was not saved.")
    return tensors


def _tensors(model: Model) -> dict[str, Array]:
    tensors: dict[str, Array] = dict(model.network.parameters.items())
    if model.intervals:
        network = model.intervals.network
        tensors |= {f"intervals.{name}": view for name, view in (network.parameters.items() if network else ())}
        tensors |= {"intervals.scores": model.intervals.scores, "intervals.least": model.intervals.least}
    return tensors


def _to_bytes(description: dict[str, Any], tensors: dict[str, Array]) -> bytes:
    from safetensors.numpy import save as to_safetensors

    dtypes = {name: _DTYPE_NAMES[str(view.dtype)] for name, view in tensors.items()}
    little = {name: view.astype(DTYPES[dtypes[name]][0], copy=False) for name, view in tensors.items()}
    description = sealed(description, {name: (dtypes[name], view.shape, view.data) for name, view in little.items()})
    return bytes(to_safetensors(tensors, metadata={"glassnet": canonical(description)}))


def _read(file: BinaryIO, size: int) -> Model:
    header = read_header(file, size)
    description = _description(header.text)
    tensors = read_layout(header)
    check_head(description, tensors)
    try:
        current = migrate(unsealed(description))
    except (ValueError, TypeError, LookupError, AttributeError):
        raise damaged(f"its description is not as format {description['format']} has it") from None
    try:
        parts = understand(current)
    except ValueError as error:
        raise damaged(f"its description is not as glassnet writes it: {str(error).rstrip('.')}") from None
    _check_shapes(tensors, parts)
    data = file.read(header.n_bytes)
    if len(data) != header.n_bytes:
        raise damaged("it ended while it was read")
    whole = memoryview(data)
    check_data(description, tensors, whole)
    arrays = {name: np.frombuffer(whole[t.start : t.stop], DTYPES[t.dtype][0]).reshape(t.shape) for name, t in tensors.items()}
    for name, array in arrays.items():
        if not name.startswith(PREFIX) and not np.isfinite(array).all():
            raise damaged(f"{name} holds numbers that are not finite")
    try:
        training = joined(parts.training, parts.history, arrays)
    except ValueError as error:
        raise damaged(str(error)) from None
    network = _network(parts.layers, parts, arrays, "")
    intervals = None
    if parts.has_intervals:
        of_misses = _network(parts.layers_of_misses, parts, arrays, "intervals.") if parts.layers_of_misses else None
        scores, least = (arrays[f"intervals.{name}"].astype(parts.dtype) for name in ("scores", "least"))
        if not ((np.diff(scores, axis=0) >= 0.0).all() and (least > 0.0).all()):
            raise damaged("its intervals hold numbers that no intervals have")
        intervals = Intervals(of_misses, scores, least)
    return Model(parts.encoder, parts.target, network, parts.loss, training, intervals, parts.dialect, parts.reference)


def _network(layers: tuple[Layer, ...], parts: Parts, arrays: dict[str, Array], prefix: str) -> Network:
    network = Network(layers, parts.n_features, seed=None, dtype=parts.dtype)
    for name in network.parameters:
        network.parameters[name] = arrays[f"{prefix}{name}"]
        possible = network.parameters.spec(name).possible
        if possible and not possible(network.parameters[name]):
            raise damaged(f"{prefix}{name} holds numbers that no layer of its kind has")
    return network


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
            f"was made by a newer glassnet ({_version(description)}format {version}; this one reads up to format {FORMAT}): "
            "upgrade with pip install --upgrade glassnet"
        )
    if version < 1 or canonical(description) != text:
        raise damaged("its description is not as glassnet writes it")
    return description


def _version(description: dict[str, Any]) -> str:
    version = description.get("glassnet")
    return f"{version}, " if isinstance(version, str) and version.isprintable() and len(version) < 40 else ""


def _check_shapes(tensors: dict[str, Tensor], parts: Parts) -> None:
    """Hold the tensors to what the layers imply, before anything of their size is allocated."""
    missing, spare = parts.shapes.keys() - tensors.keys(), tensors.keys() - parts.shapes.keys()
    if missing or spare:
        raise damaged(f"its layers {'need' if missing else 'have no'} tensor {min(missing or spare)!r}")
    for name, shape in parts.shapes.items():
        tensor, dtype = tensors[name], "F64" if name.startswith(PREFIX) else _DTYPE_NAMES[parts.dtype]
        if tensor.shape != shape or tensor.dtype != dtype:
            raise damaged(f"tensor {name!r} is {tensor.dtype} {list(tensor.shape)} where its layers need {dtype} {list(shape)}")


def _neighbours(folder: Path) -> list[str]:
    try:
        return [entry.name for entry in islice(folder.iterdir(), 1_000)]
    except OSError:
        return []


_DTYPE_NAMES = {"float32": "F32", "float64": "F64"}
