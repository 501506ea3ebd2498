"""The file of a network by itself: its numbers, and its layers as far as they are glassnet's.

It is made, sealed, written and read as a model file is, and as safe: it holds numbers and names,
and nothing in it is run. Its description has these fields:

    format, glassnet   as in a model file
    kind               "network"
    layers             of each layer its kind and settings; of one's own, or one with an activation
                       of one's own, only {"own": "ITS CLASS"}
    n_features, dtype
    sha256, data_sha256   the seals

A layer of one's own is code, which no file holds: whoever loads the network brings its layers
along, and they are held to the file.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO

from glassnet import __version__
from glassnet.errors import SettingError, UnsupportedError
from glassnet.layers import Layer
from glassnet.layers.plain import layer_to_plain
from glassnet.layers.stack import checked_layers
from glassnet.network import Network
from glassnet.parameters import DTYPES
from glassnet.storage.header import BadFileError, damaged
from glassnet.storage.migrations import FORMAT, migrate
from glassnet.storage.seal import unsealed
from glassnet.storage.sealed_file import (
    DTYPE_NAMES,
    Head,
    check_finite,
    check_shapes,
    network_with,
    read_file,
    read_head,
    read_tensors,
    shown,
    to_bytes,
    unsupported,
    write_file,
)
from glassnet.storage.structure import built_layers, tensor_shapes

FIELDS = {"format", "glassnet", "kind", "layers", "n_features", "dtype"}
KIND = "network"
FIRST_FORMAT = 4  # that has files of networks
MOST_NAME = 100  # characters of the name of a class


def save_network(network: Network, path: str | Path) -> None:
    """Write a network to one file; see `Network.save`."""
    tensors = dict(network.parameters.items())
    check_finite(tensors, KIND)
    try:
        data = to_bytes(_describe(network), tensors)
        _read(
            io.BytesIO(data), len(data), network.layers
        )  # what cannot be read again is not written
    except ValueError as error:
        raise unsupported(KIND, error) from None
    write_file(path, data)


def load_network(path: str | Path, layers: Sequence[Layer] | None = None) -> Network:
    """Return the network in a file that `save_network` wrote; see `Network.load`."""
    given = None if layers is None else checked_layers(layers)
    return read_file(path, lambda file, size: _read(file, size, given))


def _describe(network: Network) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "glassnet": __version__,
        "kind": KIND,
        "layers": [_layer(layer) for layer in network.layers],
        "n_features": network.n_features,
        "dtype": str(network.dtype),
    }


def _layer(layer: Layer) -> dict[str, Any]:
    try:
        return layer_to_plain(layer)
    except UnsupportedError:
        return {"own": type(layer).__name__[:MOST_NAME]}


def _read(file: BinaryIO, size: int, given: tuple[Layer, ...] | None) -> Network:
    head = read_head(file, size)
    said = unsealed(head.description)
    if said.get("kind") != KIND and "encoder" in said:
        raise BadFileError(
            "holds a model, of which the network is a part: read it with glassnet.load, and take "
            "its `network`"
        )
    _check(said)
    layers = migrate(said)["layers"]
    if given is None:
        own = [f"layers.{i} ({layer['own']})" for i, layer in enumerate(layers) if "own" in layer]
        if own:
            raise BadFileError(
                f"has layers or activations that are not glassnet's: {', '.join(own)}. No file "
                "holds code: give all its layers, Network.load(path, layers=[...])"
            )
        try:
            built = built_layers(layers)
            shapes = tensor_shapes(built, said["n_features"])
        except ValueError as error:
            raise damaged(
                f"its description is not as glassnet writes it: {str(error).rstrip('.')}"
            ) from None
    else:
        built = given
        _compare(layers, given)
        shapes = tensor_shapes(given, said["n_features"])
        _compare_shapes(shapes, head)
    check_shapes(
        head.tensors, {name: (DTYPE_NAMES[said["dtype"]], shape) for name, shape in shapes.items()}
    )
    return network_with(built, said["n_features"], said["dtype"], read_tensors(file, head))


def _check(said: dict[str, Any]) -> None:
    """Refuse a description that is not that of a network."""
    version, n_features, dtype, layers = (
        said.get(name) for name in ("glassnet", "n_features", "dtype", "layers")
    )
    sound = said.keys() == FIELDS and said["kind"] == KIND and said["format"] >= FIRST_FORMAT
    if (
        not sound
        or not isinstance(version, str)
        or dtype not in DTYPES
        or type(n_features) is not int
        or not 1 <= n_features < 2**31
    ):
        raise damaged("its description is not that of a network")
    if (
        not isinstance(layers, list)
        or not layers
        or not all(isinstance(layer, dict) for layer in layers)
    ):
        raise damaged("its description has no list of layers")
    for layer in layers:
        name = layer.get("own", "x")
        if (
            ("own" in layer and layer.keys() != {"own"})
            or not isinstance(name, str)
            or not name.isidentifier()
            or len(name) > MOST_NAME
        ):
            raise damaged("its description names a layer of one's own that cannot be one")


def _compare(layers: list[dict[str, Any]], given: tuple[Layer, ...]) -> None:
    """Hold the layers that were given to those that the file describes."""
    if len(layers) != len(given):
        raise SettingError(f"layers must be those of the file, {len(layers)}, got {len(given)}.")
    for i, (said, layer) in enumerate(zip(layers, given, strict=True)):
        mine = _layer(layer)
        if mine != said:
            raise SettingError(
                f"layers[{i}] must be that of the file, {_in_words(said)}, got {_in_words(mine)}."
            )


def _compare_shapes(shapes: dict[str, tuple[int, ...]], head: Head) -> None:
    """Hold the tensors of layers that were given to those of the file."""
    missing, spare = shapes.keys() - head.tensors.keys(), head.tensors.keys() - shapes.keys()
    if missing or spare:
        where = (
            "is not in the file"
            if missing
            else "is in the file, but not in the layers that were given"
        )
        raise SettingError(
            f"layers must have the tensors of the file: {shown(min(missing or spare))} {where}."
        )
    for name, shape in shapes.items():
        if head.tensors[name].shape != shape:
            raise SettingError(
                f"layers must have the tensors of the file: {name} must have shape "
                f"{head.tensors[name].shape}, got {shape}."
            )


def _in_words(layer: dict[str, Any]) -> str:
    if "own" in layer:
        return f"a layer {layer['own']} that is not glassnet's"
    settings = ", ".join(f"{name} {layer[name]}" for name in sorted(layer.keys() - {"kind"}))
    return shown(f"{layer.get('kind')} ({settings})")
