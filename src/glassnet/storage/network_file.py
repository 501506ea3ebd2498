"""The file of a network alone: its numbers, and its layers unless they are the user's own.

It is written and read like a model file, with the same checks: it holds numbers and names, and
nothing in it is run. Its description has these fields:

    format, glassnet   as in a model file
    kind               "network"
    layers             the kind and settings of each layer; {"own": "ITS CLASS"} for a layer or an
                       activation of the user's own
    n_features, dtype
    sha256, data_sha256   the checksums

A layer of the user's own is code, which no file holds: to load the network, give its layers. They
are compared with the file.
"""

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
from glassnet.storage.checksum import without_checksums
from glassnet.storage.container import (
    Head,
    check_shapes,
    read_file,
    read_head,
    read_tensors,
    shown,
    write_file,
)
from glassnet.storage.header import BadFileError, damaged, require_intact
from glassnet.storage.migrations import FORMAT, migrate
from glassnet.storage.structure import built_layers, network_with, tensor_shapes

FIELDS = {"format", "glassnet", "kind", "layers", "n_features", "dtype"}
KIND = "network"
FIRST_FORMAT = 4  # that has files of networks
MAX_NAME = 100  # characters of the name of a class


def save_network(network: Network, path: str | Path) -> None:
    """Write a network to one file; see `Network.save`."""
    write_file(
        path,
        KIND,
        lambda: {
            "format": FORMAT,
            "glassnet": __version__,
            "kind": KIND,
            "layers": [_layer(layer) for layer in network.layers],
            "n_features": network.n_features,
            "dtype": str(network.dtype),
        },
        dict(network.parameters.items()),
        lambda file, size: _read(file, size, network.layers),
    )


def load_network(path: str | Path, layers: Sequence[Layer] | None = None) -> Network:
    """Return the network in a file that `save_network` wrote; see `Network.load`."""
    given = None if layers is None else checked_layers(layers)
    return read_file(path, lambda file, size: _read(file, size, given))


def _layer(layer: Layer) -> dict[str, Any]:
    try:
        return layer_to_plain(layer)
    except UnsupportedError:
        return {"own": type(layer).__name__[:MAX_NAME]}


def _read(file: BinaryIO, size: int, given: tuple[Layer, ...] | None) -> Network:
    head = read_head(file, size)
    said = without_checksums(head.description)
    if said.get("kind") != KIND and "encoder" in said:
        raise BadFileError(
            "holds a model, of which the network is a part: read it with glassnet.load, and take "
            "its `network`"
        )
    _check(said)
    layers: list[dict[str, Any]] = migrate(said)["layers"]
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
    check_shapes(head.tensors, shapes, said["dtype"])
    return network_with(built, said["n_features"], said["dtype"], read_tensors(file, head))


def _check(said: dict[str, Any]) -> None:
    """Check the fields of the description of a network."""
    require_intact(
        said.keys() == FIELDS
        and said["kind"] == KIND
        and said["format"] >= FIRST_FORMAT
        and isinstance(said["glassnet"], str)
        and said["dtype"] in DTYPES
        and type(said["n_features"]) is int
        and 1 <= said["n_features"] < 2**31,
        "its description is not that of a network",
    )
    layers = said["layers"]
    is_list = isinstance(layers, list) and all(isinstance(layer, dict) for layer in layers)
    require_intact(is_list and bool(layers), "its description has no list of layers")
    for layer in layers:
        name = layer.get("own", "x")
        is_name = isinstance(name, str) and name.isidentifier() and len(name) <= MAX_NAME
        require_intact(
            is_name and ("own" not in layer or layer.keys() == {"own"}),
            "its description names a layer of the user's own that cannot be one",
        )


def _compare(layers: list[dict[str, Any]], given: tuple[Layer, ...]) -> None:
    """Raise the SettingError for given layers that are not those of the file."""
    if len(layers) != len(given):
        raise SettingError(f"layers must be those of the file, {len(layers)}, got {len(given)}.")
    for i, (said, layer) in enumerate(zip(layers, given, strict=True)):
        mine = _layer(layer)
        if mine != said:
            raise SettingError(
                f"layers[{i}] must be that of the file, {_text(said)}, got {_text(mine)}."
            )


def _compare_shapes(shapes: dict[str, tuple[int, ...]], head: Head) -> None:
    """Raise the SettingError for given layers whose tensors are not those of the file."""
    must = "layers must have the tensors of the file"
    if missing := shapes.keys() - head.tensors.keys():
        raise SettingError(f"{must}: {shown(min(missing))} is not in the file.")
    if spare := head.tensors.keys() - shapes.keys():
        raise SettingError(f"{must}: {shown(min(spare))} is in the file, but not in the layers.")
    for name, shape in shapes.items():
        expected = head.tensors[name].shape
        if expected != shape:
            raise SettingError(f"{must}: {name} must have shape {expected}, got {shape}.")


def _text(layer: dict[str, Any]) -> str:
    if "own" in layer:
        return f"a layer {layer['own']} that is not glassnet's"
    settings = ", ".join(f"{name} {layer[name]}" for name in sorted(layer.keys() - {"kind"}))
    return shown(f"{layer.get('kind')} ({settings})")
