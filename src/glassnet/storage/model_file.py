"""The model file: how `save` writes it, and how `load` reads and checks it.

A `.glassnet` file is a safetensors file. Its tensors have the names of the views ("layers.0.W",
"layers.1.running_mean", ...), all of the network's dtype; those of the history
("training.history.lr", ...) are float64. Its one metadata key, "glassnet", holds canonical JSON
(see `storage.strict`), the description, with these fields:

    format      5 (see `storage.migrations`)
    glassnet    the version that wrote the file
    encoder     the schema and how each column becomes features
    target      task, names, classes, means and scales, and the range of numbers where predictions
                stay within it
    layers      the kind and the settings of each layer
    n_features, dtype, loss
    training    the record of the training, except the columns of its history
    history     only where the record has one: the columns that are tensors, see `storage.history`
    intervals   only where the model has some: the layers of the network of the residuals, or null,
                and the number of scores; the tensors are "intervals.scores", "intervals.least" and
                those of the network ("intervals.layers.0.W", ...)
    dialect     only where it is known: how the training table was written
    reference   only where the model has one: statistics of the training rows, see
                `glassnet.data.review.reference`
    sha256, data_sha256   the checksums of head and data (see `storage.checksum`)

Loading goes step by step, and no step relies on anything unchecked: the head (see
`storage.container`); then each word of the description by closed tables, and the shapes that the
layers imply against those in the head; only then are the tensors read, and checked for their
checksum and for finite numbers that a model can have.

The same model gives the same bytes, so a file that is loaded and saved again is the same file. The
checksums find damage, not malice: whoever can write the file can write them. Against malice there
are the checks, and the rule that a file holds numbers and names only.
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
    read_head,
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

ROOM_FOR_TRAINING = 2**20  # bytes of a head, for what the record says after training and not before


def save(model: Model, path: str | Path) -> None:
    """Write a model to one file, which `load` reads.

    It is written in one step: under another name, forced to the disk, read again, and then renamed.
    A link is followed, and a file that is replaced hands on its permissions.

    Raises
    ------
    UnsupportedError
        For layers, activations and losses of the user's own, and weights that are not finite;
        nothing was written.
    ModelFileError
        If the file cannot be written; a file that was there before is unchanged. `errno` is that of
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
    write_file(path, "model", lambda: describe(model), _tensors(model), _read)


def check(model: Model) -> None:
    """Refuse a model that no file can hold, before it is trained.

    Raises
    ------
    UnsupportedError
        For layers, activations and losses of the user's own, and more columns, levels or classes
        than a file has room for.
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
    """Return the model in a file that `save` wrote. Nothing in the file is run.

    Raises
    ------
    ModelFileError
        If there is no such file, it is no model file, it is damaged, or a newer glassnet wrote it;
        the message starts with the path.
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
    head = read_head(file, size)
    if head.description.get("kind") == "network":
        raise BadFileError("holds a network and no model: read it with glassnet.Network.load")
    try:
        current = migrate(without_checksums(head.description))
    except (ValueError, TypeError, LookupError, AttributeError):
        raise damaged(
            f"its description is not as format {head.description['format']} has it"
        ) from None
    try:
        parts = parse_description(current)
    except ValueError as error:
        raise damaged(
            f"its description is not as glassnet writes it: {str(error).rstrip('.')}"
        ) from None
    check_shapes(head.tensors, parts.shapes, parts.dtype)
    arrays = read_tensors(file, head)
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
