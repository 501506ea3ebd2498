"""The layers of a file, and the shapes of the tensors that they imply."""

from __future__ import annotations

from typing import Any

from glassnet.layers import Layer
from glassnet.layers.plain import layer_from_plain
from glassnet.layers.stack import stack_trees
from glassnet.parameters import Tree

MOST_LAYERS = 1_000  # with those inside others


def built_layers(layers: Any) -> tuple[Layer, ...]:
    """Return the layers that a file describes.

    Raises
    ------
    ValueError
        For what describes none, and too many.
    """
    if not isinstance(layers, list) or not 1 <= _n_layers(layers) <= MOST_LAYERS:
        raise ValueError(f"layers must be a list of 1 to {MOST_LAYERS:,} layers")
    return tuple(layer_from_plain(layer) for layer in layers)


def tensor_shapes(layers: tuple[Layer, ...], n_features: int) -> dict[str, tuple[int, ...]]:
    """Return the shapes of the tensors of a network by name."""
    return (
        {name: spec.shape for name, spec in Tree({}, stack_trees(layers, n_features)).walk()}
        if layers
        else {}
    )


def _n_layers(layers: Any) -> int:
    """Return how many layers a list holds, with those inside others; what is no list holds none."""
    inner = (
        [layer["layers"] for layer in layers if isinstance(layer, dict) and "layers" in layer]
        if isinstance(layers, list)
        else []
    )
    return (len(layers) if isinstance(layers, list) else 0) + sum(map(_n_layers, inner))
