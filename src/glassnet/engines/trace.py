"""The trace of a network: every signal of its forward pass, as its engine computes it.

Each layer is executed alone by the same engine, on the output of the layer before it. A row has the
same bits in every network that computes the same, so the last signal has the bits of `predict`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from glassnet.activations import activation_function
from glassnet.engines.engine import Array, Engine
from glassnet.layers import Activation, Dense, Dropout, Members, Residual, Stack
from glassnet.losses import Squared
from glassnet.network import Network


def signals(
    network: Network, X: Array, engine: type[Engine], member: int | None = None
) -> dict[str, Array]:
    """Return every signal of a forward pass as in prediction, `(n, width)`, by name.

    Parameters
    ----------
    network : the network
    X : (n, n_features)
    engine : the engine that executes it
    member : of a last layer `Members`, the only one whose inside is traced; None for all

    Returns
    -------
    dict
        "features" is X, "layers.0" the output of the first layer, "layers.2.layers.1" that of a
        layer inside. "layers.0.Z" is the pre-activation of a dense layer, and "layers.0.F" the
        function value in a layer that mixes it with its input. Dropout and `Stack` have no signal
        of their own, but for a member that is not traced inside.
    """
    X = network.check_input(X)
    found: dict[str, Array] = {"features": X}
    _Pass(network, engine, found, member).sequence(network.layers, "", X)
    return found


class _Pass:
    """One forward pass, layer by layer."""

    def __init__(
        self, network: Network, engine: type[Engine], found: dict[str, Array], member: int | None
    ) -> None:
        self.network, self.engine, self.found, self.member = network, engine, found, member

    def sequence(self, layers: Any, path: str, X: Array) -> Array:
        for i, layer in enumerate(layers):
            X = self.layer(layer, f"{path}layers.{i}", X)
        return X

    def layer(self, layer: Any, place: str, X: Array) -> Array:
        """Return the output of a layer; it and the signals inside are added to those found."""
        if isinstance(layer, Dropout):
            return X
        if isinstance(layer, Stack):
            return self.sequence(layer.layers, f"{place}.", X)
        if isinstance(layer, Residual):
            self.found[place] = X + self.sequence(layer.layers, f"{place}.", X)
        elif isinstance(layer, Members):
            self.found[place] = _mean(self.members(layer, place, X))
        else:
            self.found[place] = self.leaf(layer, place, X)
        return self.found[place]

    def members(self, layer: Members, place: str, X: Array) -> list[Array]:
        """Return the outputs of the members, one after the other."""
        some = self.member if place == f"layers.{len(self.network.layers) - 1}" else None
        outputs = []
        for m, one in enumerate(layer.layers):
            inside = f"{place}.layers.{m}"
            if some in (None, m):
                outputs.append(self.layer(one, inside, X))
            else:
                outputs.append(self.execute(one, inside, X))
                self.found[inside] = outputs[-1]
        return outputs

    def leaf(self, layer: Any, place: str, X: Array) -> Array:
        """Return the output of a layer without layers inside."""
        if isinstance(layer, Dense) and activation_function(layer.activation).name != "identity":
            Z = self.execute(replace(layer, activation="identity"), place, X)
            self.found[f"{place}.Z"] = Z
            return self.execute(Activation(layer.activation), place, Z)
        if isinstance(layer, Activation) and layer.parametric:
            self.found[f"{place}.F"] = self.execute(Activation(layer.activation), place, X)
        return self.execute(layer, place, X)

    def execute(self, layer: Any, place: str, X: Array) -> Array:
        """Return the output of one layer, executed alone by the engine."""
        alone = Network([layer], X.shape[1], seed=None, dtype=str(self.network.dtype))
        assign(alone, "layers.0", self.network, place)
        return self.engine(alone, Squared(), n_threads=1).predict(X)


def assign(alone: Network, inside: str, network: Network, place: str) -> None:
    """Copy the tensors of a layer of a network, those inside it too, into another network."""
    for name in alone.parameters:
        if name.startswith(f"{inside}."):
            source = f"{place}{name.removeprefix(inside)}"
            alone.parameters[name] = network.parameters[source]


def _mean(outputs: list[Array]) -> Array:
    """Return the mean of the members, added in their order, like `Members`."""
    total = outputs[0]
    for Y in outputs[1:]:
        total = total + Y
    return np.asarray(total / len(outputs))
