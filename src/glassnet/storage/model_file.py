"""The model file: `save` writes a whole one or none at all, `load` takes nothing on trust.

A `.glassnet` file is a safetensors file. Its tensors bear the names of the views ("layers.0.W",
"layers.1.running_mean", ...), all of the network's dtype; those of the history
("training.history.lr", ...) are of float64. Its one metadata key, "glassnet", holds canonical JSON
(see `storage.strict`), the description, with these fields:

    format      5 (see `storage.migrations`)
    glassnet    the version that wrote the file
    encoder     the schema and how each column becomes features
    target      task, names, classes, means and scales, and the range of numbers where predictions
                stay within it
    layers      the kind and the settings of each layer
    n_features, dtype, loss
    training    the record of how the model was trained, but for the columns of its history
    history     only where the record has one: the columns of it that are tensors, see
                `storage.history`
    intervals   only where the model has some: the layers of the network of its misses, or null, and
                how many scores there are; the tensors are "intervals.scores", "intervals.least" and
                those of the network ("intervals.layers.0.W", ...)
    dialect     only where it is known: how the training table was written
    reference   only where the model has one: what its training rows were like, see
                `glassnet.data.review.reference`
    sha256, data_sha256   the seals of head and data (see `storage.seal`)

Loading goes from step to step, and no step believes what the ones before it have not checked: the
head (see `storage.sealed_file`); then each word of the description by closed tables, and the shapes
that the layers imply against those in the head; only then are the tensors read, held to their seal,
and to finite numbers that a model can have.

The same model gives the same bytes, so a file that is loaded and saved again is the same file. The
seals find damage, not malice: whoever can write the file can write them. Against malice there are
the checks, and that a file holds numbers and names only.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from glassnet.intervals import Intervals
from glassnet.model import Model
from glassnet.storage.header import LONGEST_HEADER, BadFileError, damaged
from glassnet.storage.history import PREFIX, joined, parted
from glassnet.storage.metadata import describe, understand
from glassnet.storage.migrations import migrate
from glassnet.storage.seal import unsealed
from glassnet.storage.sealed_file import (
    DTYPE_NAMES,
    check_finite,
    check_shapes,
    network_with,
    read_file,
    read_head,
    read_tensors,
    to_bytes,
    unsupported,
    write_file,
)
from glassnet.storage.strict import canonical, parse

Array = np.ndarray[Any, np.dtype[Any]]

ROOM_FOR_TRAINING = 2**20  # bytes of a head, for what the record says after training and not before


def save(model: Model, path: str | Path) -> None:
    """Write a model to one file, which `load` reads.

    The file appears whole or not at all: it is written beside its place, forced to the disk, read
    again, and then put there in one step. A link is followed, and a file that is replaced hands on
    its permissions.

    Raises
    ------
    UnsupportedError
        For layers, activations and losses of the user's own, and weights that are not finite;
        nothing was written.
    ModelFileError
        Where the file cannot be written; what stood there before still stands. `errno` is that of
        the operating system.

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
    tensors = _tensors(model)
    check_finite(tensors, "model")
    try:
        data = to_bytes(describe(model), tensors | parted(model.training)[2])
        _read(io.BytesIO(data), len(data))  # what cannot be read again is not written
    except ValueError as error:
        raise unsupported("model", error) from None
    write_file(path, data)


def check(model: Model) -> None:
    """Refuse a model that no file can hold, whatever training makes of its numbers: call it before training.

    Raises
    ------
    UnsupportedError
        For layers, activations and losses of the user's own, and more columns, levels or classes
        than a file has room for.
    """
    try:
        text = canonical(describe(model))
        understand(parse(text))
    except ValueError as error:
        raise unsupported("model", error) from None
    if len(canonical(text)) > LONGEST_HEADER - ROOM_FOR_TRAINING:
        raise unsupported(
            "model",
            f"its columns, levels and classes take {len(text):,} bytes, more than a file has room "
            "for",
        )


def load(path: str | Path) -> Model:
    """Return the model in a file that `save` wrote. Nothing in the file is run; what is not as it should be is refused.

    Raises
    ------
    ModelFileError
        Where there is no such file, it is something else, it is damaged, or a newer glassnet wrote
        it; the message starts with the path.
    """
    return read_file(path, _read)


def _tensors(model: Model) -> dict[str, Array]:
    tensors: dict[str, Array] = dict(model.network.parameters.items())
    if model.intervals:
        network = model.intervals.network
        tensors |= {
            f"intervals.{name}": view
            for name, view in (network.parameters.items() if network else ())
        }
        tensors |= {
            "intervals.scores": model.intervals.scores,
            "intervals.least": model.intervals.least,
        }
    return tensors


def _read(file: BinaryIO, size: int) -> Model:
    head = read_head(file, size)
    if head.description.get("kind") == "network":
        raise BadFileError("holds a network and no model: read it with glassnet.Network.load")
    try:
        current = migrate(unsealed(head.description))
    except (ValueError, TypeError, LookupError, AttributeError):
        raise damaged(
            f"its description is not as format {head.description['format']} has it"
        ) from None
    try:
        parts = understand(current)
    except ValueError as error:
        raise damaged(
            f"its description is not as glassnet writes it: {str(error).rstrip('.')}"
        ) from None
    dtype = DTYPE_NAMES[parts.dtype]
    check_shapes(
        head.tensors,
        {
            name: ("F64" if name.startswith(PREFIX) else dtype, shape)
            for name, shape in parts.shapes.items()
        },
    )
    arrays = read_tensors(file, head, gaps=PREFIX)
    try:
        training = joined(parts.training, parts.history, arrays)
    except ValueError as error:
        raise damaged(str(error)) from None
    network = network_with(parts.layers, parts.n_features, parts.dtype, arrays)
    intervals = None
    if parts.has_intervals:
        layers = parts.layers_of_misses
        of_misses = (
            network_with(layers, parts.n_features, parts.dtype, arrays, "intervals.")
            if layers
            else None
        )
        scores, least = (
            arrays[f"intervals.{name}"].astype(parts.dtype) for name in ("scores", "least")
        )
        if not ((np.diff(scores, axis=0) >= 0.0).all() and (least > 0.0).all()):
            raise damaged("its intervals hold numbers that no intervals have")
        intervals = Intervals(of_misses, scores, least)
    return Model(
        parts.encoder,
        parts.target,
        network,
        parts.loss,
        training,
        intervals,
        parts.dialect,
        parts.reference,
    )
