"""The gradients of one row: by every tensor and by every signal, as the engine computes them.

The engine computes the gradient by the tensors. To learn the gradient dA of a signal A, the network
gets a dense layer after it with the unit matrix as W and b = 0. Its output is A, to the bit, and
its db, the sum of dA over the rows, is dA where there is one row. The features, which may be many,
are a row of an embedding instead, whose gradient is theirs.

The network is differentiated as it predicts: without dropout, and with the running statistics of
batch normalization, as the affine functions that they make it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from glassnet.engines.engine import Array, Engine
from glassnet.errors import DataError
from glassnet.layers import (
    BatchNorm,
    CategoryEmbedding,
    Dense,
    Dropout,
    Layer,
    Members,
    Residual,
    Scale,
    Stack,
)
from glassnet.layers.layer import MAX_PER_COLUMN
from glassnet.losses import Loss
from glassnet.network import Network
from glassnet.parameters import Views


@dataclass(frozen=True, eq=False)
class Gradients:
    """The loss of one row and its gradients.

    Attributes
    ----------
    loss : of the row
    tensors : by the tensors, named as in `network.parameters`
    signals : by the signals `(width,)`, named as in `glassnet.engines.trace`; more features than
        MAX_PER_COLUMN have none
    """

    loss: float
    tensors: Mapping[str, Array]
    signals: Mapping[str, Array]


def gradients(
    network: Network,
    loss: Loss,
    X: Array,
    y: Array,
    engine: type[Engine],
    member: int | None = None,
) -> Gradients:
    """Return the gradients of the loss of one row.

    Parameters
    ----------
    network, loss : the network, and the loss to differentiate
    X : (1, n_features)
    y : the target of the row, prepared by the loss
    engine : the engine that executes the network
    member : of a last layer `Members`, the only one whose signals have gradients; None for all

    Raises
    ------
    DataError
        For more rows than one.
    """
    if len(X) != 1:
        raise DataError(f"gradients are those of one row, got {len(X)}.")
    given, n = network.check_input(X), network.n_features
    parts = _Parts(network, member).sequence(network.layers, "", n)
    if n <= MAX_PER_COLUMN:
        parts, given = [_features(given), *parts], np.zeros((1, 1), network.dtype)
    layers, dtype = [part.layer for part in parts], str(network.dtype)
    probed = Network(layers, given.shape[1], seed=None, dtype=dtype)
    for part, p in _paired(parts, probed.parameters.p):
        for name, values in part.tensors.items():
            getattr(p, name)[...] = values
    value = engine(probed, loss, n_threads=1).loss_and_gradient(given, y)
    tensors, signals = dict[str, Array](), dict[str, Array]()
    for part, g in _paired(parts, probed.parameters.g):
        for name, own in part.tensor_names.items():
            tensors[own] = getattr(g, name).copy()
        for name, signal in part.signal_names.items():
            signals[signal] = getattr(g, name).ravel().copy()
    return Gradients(value, tensors, signals)


@dataclass(frozen=True)
class _Part:
    """A layer of the network that is differentiated.

    layer : the layer
    tensors : their values
    tensor_names : tensor of the layer -> tensor of the original network
    signal_names : tensor of the layer -> the signal whose gradient its gradient is
    inside : the parts inside
    """

    layer: Layer
    tensors: Mapping[str, Array] = field(default_factory=dict)
    tensor_names: Mapping[str, str] = field(default_factory=dict)
    signal_names: Mapping[str, str] = field(default_factory=dict)
    inside: Sequence[_Part] = ()


def _paired(parts: Sequence[_Part], views: Views) -> Iterator[tuple[_Part, Views]]:
    """Yield each part with its views, also those inside."""
    for part, own in zip(parts, views.layers, strict=True):
        yield part, own
        yield from _paired(part.inside, own)


def _features(X: Array) -> _Part:
    """Return an embedding whose output is X `(1, n)` and whose gradient is that of X."""
    return _Part(CategoryEmbedding([1], X.shape[1]), {"T0": X}, signal_names={"T0": "features"})


def _probe(signal: str, width: int) -> _Part:
    """Return a layer that changes nothing and whose db is the gradient of the signal."""
    return _Part(Dense(width), {"W": np.eye(width)}, signal_names={"b": signal})


class _Parts:
    """Makes the parts of a network, with the probes between them."""

    def __init__(self, network: Network, member: int | None) -> None:
        self.network, self.member = network, member

    def sequence(self, layers: Any, path: str, width: int, probes: bool = True) -> list[_Part]:
        parts: list[_Part] = []
        for i, layer in enumerate(layers):
            parts += self.layer(layer, f"{path}layers.{i}", width, probes)
            width = layer.output_width(width)
        return parts

    def layer(self, layer: Any, place: str, n_in: int, probes: bool) -> list[_Part]:
        """Return the parts of a layer and, with `probes`, the probe of its output."""
        if isinstance(layer, Dropout):
            return []
        if isinstance(layer, Stack):
            return self.sequence(layer.layers, f"{place}.", n_in, probes)
        probe = [_probe(place, layer.output_width(n_in))] if probes else []
        if isinstance(layer, BatchNorm):
            return [*_affine(self.network, layer, place, n_in), *probe]
        if isinstance(layer, Residual):
            inside = self.sequence(layer.layers, f"{place}.", n_in, probes) or [_nothing(n_in)]
            return [_around(Residual, inside), *probe]
        if isinstance(layer, Members):
            last = place == f"layers.{len(self.network.layers) - 1}"
            members = []
            for m, member in enumerate(layer.layers):
                own = probes and not (last and self.member not in (None, m))
                inside = self.layer(member, f"{place}.layers.{m}", n_in, own)
                members.append(_around(Stack, inside or [_nothing(n_in)]))
            return [_around(Members, members), *probe]
        specs = layer.specs(n_in)
        tensors = {name: self.network.parameters[f"{place}.{name}"] for name in specs}
        names = {name: f"{place}.{name}" for name, spec in specs.items() if spec.trained}
        sums = {"b": f"{place}.Z"} if isinstance(layer, Dense) and probes else {}
        return [_Part(layer, tensors, names, sums), *probe]


def _around(container: Any, inside: list[_Part]) -> _Part:
    return _Part(container([part.layer for part in inside]), inside=inside)


def _nothing(width: int) -> _Part:
    return _Part(Dense(width), {"W": np.eye(width)})


def _affine(network: Network, layer: BatchNorm, place: str, width: int) -> list[_Part]:
    """Return batch normalization by its running statistics: shift, scale, gamma, and beta."""
    p = {name: network.parameters[f"{place}.{name}"] for name in layer.specs(width)}
    inverse_std = 1.0 / np.sqrt(p["running_var"] + np.asarray(layer.eps, network.dtype))
    one = np.eye(width)
    return [
        _Part(Dense(width), {"W": one, "b": -p["running_mean"]}),
        _Part(Scale(), {"s": inverse_std}),
        _Part(Scale(), {"s": p["gamma"]}, {"s": f"{place}.gamma"}),
        _Part(Dense(width), {"W": one, "b": p["beta"]}, {"b": f"{place}.beta"}),
    ]
