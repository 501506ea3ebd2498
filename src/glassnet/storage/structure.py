"""Build the layers and the network of a model file from their descriptions and tensors."""

from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray

from glassnet.layers import Layer
from glassnet.layers.plain import layer_from_plain
from glassnet.layers.stack import stack_trees
from glassnet.network import Network
from glassnet.parameters import Tree
from glassnet.storage.header import require_intact
from glassnet.storage.strict import require

MAX_LAYERS = 1_000  # including nested ones


def built_layers(layers: Any) -> tuple[Layer, ...]:
    """Build the layers from their descriptions in a file.

    Raises
    ------
    ValueError
        If the descriptions are invalid, or there are too many layers.
    """
    require(
        1 <= _n_layers(layers) <= MAX_LAYERS, f"layers must be a list of 1 to {MAX_LAYERS:,} layers"
    )
    return tuple(layer_from_plain(layer) for layer in layers)


def tensor_shapes(layers: tuple[Layer, ...], n_features: int) -> dict[str, tuple[int, ...]]:
    """Return the shapes of the tensors of a network by name."""
    if not layers:
        return {}
    return {name: spec.shape for name, spec in Tree({}, stack_trees(layers, n_features)).walk()}


def network_with(
    layers: tuple[Layer, ...],
    n_features: int,
    dtype: str,
    arrays: Mapping[str, NDArray[Any]],
    prefix: str = "",
) -> Network:
    """Build the network of these layers with the tensors of a file.

    Raises
    ------
    BadFileError
        If a tensor has values that its layer cannot have.
    """
    network = Network(layers, n_features, seed=None, dtype=dtype)
    for name in network.parameters:
        network.parameters[name] = arrays[f"{prefix}{name}"]
        is_valid = network.parameters.spec(name).is_valid
        require_intact(
            is_valid is None or is_valid(network.parameters[name]),
            f"{prefix}{name} holds numbers that no layer of its kind has",
        )
    return network


def _n_layers(layers: Any) -> int:
    """Return the number of layers in a list, including nested ones; 0 for anything else."""
    if not isinstance(layers, list):
        return 0
    inner = (layer["layers"] for layer in layers if isinstance(layer, dict) and "layers" in layer)
    return len(layers) + sum(map(_n_layers, inner))
