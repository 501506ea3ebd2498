"""The operations of a network: those of each of its layers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from glassnet.activations import ACTIVATIONS, GivenActivation, activation_function
from glassnet.errors import UnsupportedError
from glassnet.graph.building import Builder
from glassnet.graph.curves import CURVES
from glassnet.graph.embeddings import Embed, Periodic, Piecewise
from glassnet.graph.normalizations import BatchNorm, LayerNorm, RMSNorm
from glassnet.graph.signals import (
    Activation,
    Add,
    Dense,
    Factor,
    Mean,
    Mix,
)
from glassnet.layers import LAYERS
from glassnet.network import Network
from glassnet.parameters import Views


def add_network(to: Builder, network: Network, X: str) -> str:
    """Add the operations of a network, in its dtype, and return its raw scores."""
    to.dtype = str(network.dtype)
    return _sequence(to, network.layers, network.parameters.p, "", X)


def add_layer(to: Builder, layer: Any, p: Views, place: str, X: str) -> str:
    """Add the operations of one layer and return its output.

    Raises
    ------
    UnsupportedError
        For a user-defined layer or activation, because a graph holds numbers and names, not code.
    """
    kind = next((name for name, made in LAYERS.items() if type(layer) is made), None)
    if kind is None:
        raise _unsupported(f"the user-defined layer {type(layer).__name__}")
    return LAYER_OPERATIONS[kind](to, layer, p, place, X)


def _sequence(to: Builder, layers: Any, p: Views, path: str, X: str) -> str:
    for i, (layer, views) in enumerate(zip(layers, p.layers, strict=True)):
        X = add_layer(to, layer, views, f"{path}layers.{i}", X)
    return X


def _dense(to: Builder, layer: Any, p: Views, place: str, X: str) -> str:
    name = _activation(layer.activation)
    output = place if name == "identity" else f"{place}.Z"
    Z = to.add(Dense, output, X, place=place, W=p.W.copy(), b=p.b.copy())
    return Z if name == "identity" else to.add(Activation, place, Z, place=place, function=name)


def _activate(to: Builder, layer: Any, p: Views, place: str, Z: str) -> str:
    name = _activation(layer.activation)
    output = f"{place}.F" if layer.parametric else place
    F = to.add(Activation, output, Z, place=place, function=name)
    return to.add(Mix, place, Z, F, place=place, a=p.a.copy()) if layer.parametric else F


def _dropout(to: Builder, layer: Any, p: Views, place: str, X: str) -> str:
    """Nothing: predictions drop no units."""
    return X


def _batch_norm(to: Builder, layer: Any, p: Views, place: str, X: str) -> str:
    arrays = {"gamma": p.gamma, "beta": p.beta, "mean": p.running_mean, "var": p.running_var}
    own = {name: array.copy() for name, array in arrays.items()}
    return to.add(BatchNorm, place, X, added=float(layer.eps), **own)


def _layer_norm(to: Builder, layer: Any, p: Views, place: str, X: str) -> str:
    gamma, beta = p.gamma.copy(), p.beta.copy()
    return to.add(LayerNorm, place, X, gamma=gamma, beta=beta, added=float(layer.eps))


def _rms_norm(to: Builder, layer: Any, p: Views, place: str, X: str) -> str:
    return to.add(RMSNorm, place, X, gamma=p.gamma.copy(), added=float(layer.eps))


def _residual(to: Builder, layer: Any, p: Views, place: str, X: str) -> str:
    F = _sequence(to, layer.layers, p, f"{place}.", X)
    return to.add(Add, place, X, F)


def _stack(to: Builder, layer: Any, p: Views, place: str, X: str) -> str:
    return _sequence(to, layer.layers, p, f"{place}.", X)


def _members(to: Builder, layer: Any, p: Views, place: str, X: str) -> str:
    made = [
        add_layer(to, member, views, f"{place}.layers.{m}", X)
        for m, (member, views) in enumerate(zip(layer.layers, p.layers, strict=True))
    ]
    return to.add(Mean, place, *made)


def _scale(to: Builder, layer: Any, p: Views, place: str, X: str) -> str:
    return to.add(Factor, place, X, s=p.s.copy())


def _periodic(to: Builder, layer: Any, p: Views, place: str, X: str) -> str:
    own = {name: getattr(p, name).copy() for name in ("w1", "b1", "W2", "b2")}
    return to.add(Periodic, place, X, **own)


def _piecewise(to: Builder, layer: Any, p: Views, place: str, X: str) -> str:
    own = {name: getattr(p, name).copy() for name in ("edges", "W", "b")}
    return to.add(Piecewise, place, X, n_bins=layer.n_bins, **own)


def _categories(to: Builder, layer: Any, p: Views, place: str, X: str) -> str:
    T = np.concatenate([getattr(p, f"T{j}") for j in range(len(layer.levels))])
    return to.add(Embed, place, X, n_codes=layer.levels, T=T)


def _activation(activation: GivenActivation) -> str:
    function = activation_function(activation)
    if ACTIVATIONS.get(function.name) is not function or function.name not in CURVES:
        raise _unsupported(f"the user-defined activation {function.name!r}")
    return function.name


def _unsupported(what: str) -> UnsupportedError:
    return UnsupportedError(
        f"a graph cannot hold {what}: it holds numbers and names, not code. Use one of glassnet's "
        "own."
    )


#: What each layer of `glassnet.layers.LAYERS` becomes: (builder, layer, tensors, place, input) ->
#: output.
LAYER_OPERATIONS: dict[str, Callable[[Builder, Any, Views, str, str], str]] = {
    "dense": _dense,
    "activation": _activate,
    "dropout": _dropout,
    "batch_norm": _batch_norm,
    "layer_norm": _layer_norm,
    "rms_norm": _rms_norm,
    "residual": _residual,
    "stack": _stack,
    "members": _members,
    "scale": _scale,
    "periodic_embedding": _periodic,
    "piecewise_linear_embedding": _piecewise,
    "category_embedding": _categories,
}
