"""Save a network without encoder and target to a file, and load it.

The file is written and read like a model file, with the same checks. It contains only numbers and
names, no code. Its description has these fields:

    format, glassnet   as in a model file
    kind               "network"
    layers             the kind and settings of each layer; {"own": "ITS CLASS"} for a user-defined
                       layer or activation
    n_features, dtype
    sha256, data_sha256   the checksums

A user-defined layer is code, which a file does not contain. To load such a network, pass its
layers; they are compared with the file.
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
    Header,
    check_shapes,
    read_file,
    read_header,
    read_tensors,
    shown,
    write_file,
)
from glassnet.storage.header import BadFileError, damaged, require_intact
from glassnet.storage.migrations import FORMAT, migrate
from glassnet.storage.structure import built_layers, network_with, tensor_shapes

FIELDS = {"format", "glassnet", "kind", "layers", "n_features", "dtype"}
KIND = "network"
FIRST_FORMAT = 4  # the first format with files of networks
MAX_NAME = 100  # characters of a class name


def save_network(network: Network, path: str | Path) -> None:
    """Save a network to one file; see `Network.save`."""
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
    """Load a network from a file that `save_network` wrote; see `Network.load`."""
    given = None if layers is None else checked_layers(layers)
    return read_file(path, lambda file, size: _read(file, size, given))


def _layer(layer: Layer) -> dict[str, Any]:
    try:
        return layer_to_plain(layer)
    except UnsupportedError:
        return {"own": type(layer).__name__[:MAX_NAME]}


def _read(file: BinaryIO, size: int, given: tuple[Layer, ...] | None) -> Network:
    header = read_header(file, size)
    plain = without_checksums(header.description)
    if plain.get("kind") != KIND and "encoder" in plain:
        raise BadFileError(
            "holds a model, of which the network is a part: read it with glassnet.load, and take "
            "its `network`"
        )
    _check(plain)
    layers: list[dict[str, Any]] = migrate(plain)["layers"]
    if given is None:
        own = [f"layers.{i} ({layer['own']})" for i, layer in enumerate(layers) if "own" in layer]
        if own:
            raise BadFileError(
                f"has layers or activations that are not glassnet's: {', '.join(own)}. No file "
                "holds code: give all its layers, Network.load(path, layers=[...])"
            )
        try:
            built = built_layers(layers)
            shapes = tensor_shapes(built, plain["n_features"])
        except ValueError as error:
            raise damaged(
                f"its description is not as glassnet writes it: {str(error).rstrip('.')}"
            ) from None
    else:
        built = given
        _compare(layers, given)
        shapes = tensor_shapes(given, plain["n_features"])
        _compare_shapes(shapes, header)
    check_shapes(header.tensors, shapes, plain["dtype"])
    return network_with(built, plain["n_features"], plain["dtype"], read_tensors(file, header))


def _check(plain: dict[str, Any]) -> None:
    """Validate the fields of the description of a network."""
    require_intact(
        plain.keys() == FIELDS
        and plain["kind"] == KIND
        and plain["format"] >= FIRST_FORMAT
        and isinstance(plain["glassnet"], str)
        and plain["dtype"] in DTYPES
        and type(plain["n_features"]) is int
        and 1 <= plain["n_features"] < 2**31,
        "its description is not that of a network",
    )
    layers = plain["layers"]
    is_list = isinstance(layers, list) and all(isinstance(layer, dict) for layer in layers)
    require_intact(is_list and bool(layers), "its description has no list of layers")
    for layer in layers:
        name = layer.get("own", "x")
        is_name = isinstance(name, str) and name.isidentifier() and len(name) <= MAX_NAME
        require_intact(
            is_name and ("own" not in layer or layer.keys() == {"own"}),
            "its description names a user-defined layer that cannot be one",
        )


def _compare(layers: list[dict[str, Any]], given: tuple[Layer, ...]) -> None:
    """Raise a SettingError if the given layers differ from those in the file."""
    if len(layers) != len(given):
        raise SettingError(f"layers must be those of the file, {len(layers)}, got {len(given)}.")
    for i, (plain, layer) in enumerate(zip(layers, given, strict=True)):
        mine = _layer(layer)
        if mine != plain:
            raise SettingError(
                f"layers[{i}] must be that of the file, {_text(plain)}, got {_text(mine)}."
            )


def _compare_shapes(shapes: dict[str, tuple[int, ...]], header: Header) -> None:
    """Raise a SettingError if the tensors of the given layers differ from those in the file."""
    must = "layers must have the tensors of the file"
    if missing := shapes.keys() - header.tensors.keys():
        raise SettingError(f"{must}: {shown(min(missing))} is not in the file.")
    if spare := header.tensors.keys() - shapes.keys():
        raise SettingError(f"{must}: {shown(min(spare))} is in the file, but not in the layers.")
    for name, shape in shapes.items():
        expected = header.tensors[name].shape
        if expected != shape:
            raise SettingError(f"{must}: {name} must have shape {expected}, got {shape}.")


def _text(layer: dict[str, Any]) -> str:
    if "own" in layer:
        return f"a layer {layer['own']} that is not glassnet's"
    settings = ", ".join(f"{name} {layer[name]}" for name in sorted(layer.keys() - {"kind"}))
    return shown(f"{layer.get('kind')} ({settings})")
