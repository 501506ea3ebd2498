"""Save a model to a file and load it, with all checks.

A `.glassnet` file is a safetensors file. Its tensors are the parameters and statistics of the
layers ("layers.0.W", "layers.1.running_mean", ...), all of the network's dtype; those of the
history ("training.history.lr", ...) are float64. Its one metadata key, "glassnet", holds the
description as canonical JSON (see `storage.strict`) with these fields:

    format      5 (see `storage.migrations`)
    glassnet    the version that wrote the file
    encoder     the schema and the encoding of each column
    target      task, names, classes, means and scales, and the range of numbers if predictions are
                clipped to it
    layers      the kind and the settings of each layer
    n_features, dtype, loss
    training    the record of the training, except the columns of its history
    history     optional: the columns that are tensors, see `storage.history`
    intervals   optional: the layers of the network of the residuals, or null, and the number of
                scores; the tensors are "intervals.scores", "intervals.least" and those of the
                network ("intervals.layers.0.W", ...)
    dialect     optional: how the training table was written
    reference   optional: statistics of the training rows, see `glassnet.data.review.reference`
    sha256, data_sha256   the checksums of header and data (see `storage.checksum`)

Loading goes step by step, and no step relies on unchecked data: first the header (see
`storage.container`), then every name in the description against the known ones, and the shapes of
the tensors against the layers. Only then are the tensors read, and checked for their checksum and
for valid, finite numbers.

The same model gives the same bytes, so a file that is loaded and saved again is identical. The
checksums detect corruption, not tampering: whoever can write the file can write them too. The other
checks protect against tampering, and a file contains only numbers and names, no code.
"""

from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from glassnet.intervals import Intervals
from glassnet.model import Model
from glassnet.storage.checksum import without_checksums
from glassnet.storage.container import (
    check_shapes,
    read_file,
    read_header,
    read_tensors,
    unsupported,
    write_file,
)
from glassnet.storage.description import Parts, describe, parse_description
from glassnet.storage.header import MAX_HEADER, BadFileError, damaged, require_intact
from glassnet.storage.history import join_history, split_history
from glassnet.storage.migrations import migrate
from glassnet.storage.strict import canonical, parse_json
from glassnet.storage.structure import network_with

Array = np.ndarray[Any, np.dtype[Any]]

ROOM_FOR_TRAINING = 2**20  # bytes of a header, for entries of the record that training adds


def save(model: Model, path: str | Path) -> None:
    """Save a model to one file, which `load` reads.

    The file is replaced atomically: it is written under a temporary name, synced to disk, read back
    and renamed. A link is followed, and a file that is replaced keeps its permissions.

    Raises
    ------
    UnsupportedError
        If the model has user-defined layers, activations or losses, or weights that are not finite;
        nothing is written.
    ModelFileError
        If the file cannot be written; an existing file stays unchanged. `errno` is that of the
        operating system.

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
    write_file(path, "model", lambda: describe(model), _tensors(model), _read)


def check(model: Model) -> None:
    """Check, before training, that a model can be saved to a file.

    Raises
    ------
    UnsupportedError
        If the model has user-defined layers, activations or losses, or more columns, levels or
        classes than fit into a file.
    """
    try:
        text = canonical(describe(model))
        parse_description(parse_json(text))
    except ValueError as error:
        raise unsupported("model", error) from None
    if len(canonical(text)) > MAX_HEADER - ROOM_FOR_TRAINING:
        raise unsupported(
            "model",
            f"its columns, levels and classes take {len(text):,} bytes, more than a file has room "
            "for",
        )


def load(path: str | Path) -> Model:
    """Load a model from a file that `save` wrote. No code in the file is executed.

    Raises
    ------
    ModelFileError
        If the file does not exist, is not a model file, is corrupt, or was written by a newer
        glassnet; the message starts with the path.
    """
    return read_file(path, _read)


def _tensors(model: Model) -> dict[str, Array]:
    tensors: dict[str, Array] = dict(model.network.parameters.items())
    if intervals := model.intervals:
        inner = intervals.network.parameters.items() if intervals.network else ()
        tensors |= {f"intervals.{name}": view for name, view in inner}
        tensors |= {"intervals.scores": intervals.scores, "intervals.least": intervals.least}
    return tensors | split_history(model.training)[2]


def _read(file: BinaryIO, size: int) -> Model:
    header = read_header(file, size)
    if header.description.get("kind") == "network":
        raise BadFileError("holds a network and no model: read it with glassnet.Network.load")
    try:
        current = migrate(without_checksums(header.description))
    except (ValueError, TypeError, LookupError, AttributeError):
        raise damaged(
            f"its description is not as format {header.description['format']} has it"
        ) from None
    try:
        parts = parse_description(current)
    except ValueError as error:
        raise damaged(
            f"its description is not as glassnet writes it: {str(error).rstrip('.')}"
        ) from None
    check_shapes(header.tensors, parts.shapes, parts.dtype)
    arrays = read_tensors(file, header)
    try:
        training = join_history(parts.training, parts.history, arrays)
    except ValueError as error:
        raise damaged(str(error)) from None
    return Model(
        parts.encoder,
        parts.target,
        network_with(parts.layers, parts.n_features, parts.dtype, arrays),
        parts.loss,
        training,
        _intervals(parts, arrays),
        parts.dialect,
        parts.reference,
    )


def _intervals(parts: Parts, arrays: dict[str, Array]) -> Intervals | None:
    layers, n_features, dtype = parts.residual_layers, parts.n_features, parts.dtype
    if layers is None:
        return None
    network = network_with(layers, n_features, dtype, arrays, "intervals.") if layers else None
    scores, least = (arrays[f"intervals.{name}"].astype(dtype) for name in ("scores", "least"))
    require_intact(
        bool((np.diff(scores, axis=0) >= 0.0).all() and (least > 0.0).all()),
        "its intervals hold numbers that no intervals have",
    )
    return Intervals(network, scores, least)
