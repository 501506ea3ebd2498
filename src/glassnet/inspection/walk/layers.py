"""The layers of a walk: the operations of a graph, one group for each layer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

import numpy as np

from glassnet.graph import Graph, Operation
from glassnet.inspection.walk.records import Layer
from glassnet.layers import Members, Residual
from glassnet.layers.stack import describe_layer
from glassnet.network import Network

Array = np.ndarray[Any, np.dtype[Any]]


def shown_operations(graph: Graph, network: Network, member: int | None) -> tuple[Operation, ...]:
    """Return the operations of the network, of a last layer `Members` those of one member."""
    last = f"layers.{len(network.layers) - 1}.layers."
    return tuple(
        one
        for one in graph.operations
        if one.place.startswith("layers.")
        and (
            member is None
            or not one.place.startswith(last)
            or f"{one.place}.".startswith(f"{last}{member}.")
        )
    )


def takers_of(graph: Graph) -> Counter[str]:
    """Return how many layers of the network take each signal, those of all members too."""
    pairs = {
        (signal, one.place)
        for one in graph.operations
        if one.place.startswith("layers.")
        for signal in one.inputs
    }
    return Counter(signal for signal, _ in pairs)


def layers_of(
    network: Network,
    operations: Sequence[Operation],
    found: Mapping[str, Array],
    names: dict[str, Sequence[str]],
    score_names: tuple[str, ...],
) -> tuple[Layer, ...]:
    """Return the layers of a walk.

    Parameters
    ----------
    network, operations : what is walked through
    found : the signals of the trace
    names : of the numbers of each signal; the names of further signals are added
    score_names : of the raw scores
    """
    layers = dict(layers_by_place(network.layers))
    last = operations[-1]
    ends = {last.output, *(last.inputs if last.kind == "Mean" else ())}
    made = []
    for place, group in groupby(operations, lambda one: one.place):
        of_layer = tuple(group)
        layer = layers[place]
        if isinstance(layer, Members) and of_layer[0] is last:
            continue  # the members have a record of their own
        for one in of_layer:
            known = [names.get(signal, ()) for signal in one.inputs]
            names[one.output] = (
                score_names if one.output in ends else names_of(one, known, found[one.output])
            )
        needed = {name for one in of_layer for name in (*one.inputs, one.output)}
        title = type(layer).__name__ if isinstance(layer, Members | Residual) else ""
        made.append(
            Layer(
                place,
                title or describe_layer(layer),
                of_layer,
                {name: found[name] for name in needed},
                {name: tuple(names[name]) for name in needed},
            )
        )
    return tuple(made)


def layers_by_place(layers: Sequence[Any], path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield (place, layer) for each layer and all layers inside."""
    for i, layer in enumerate(layers):
        yield f"{path}layers.{i}", layer
        yield from layers_by_place(layer.layers, f"{path}layers.{i}.")


def names_of(
    operation: Operation, inputs: Sequence[Sequence[str]], output: Array
) -> tuple[str, ...]:
    """Return the names of the numbers of a signal, given those of the inputs."""
    arrays, names = operation.arrays, tuple(inputs[0])
    if operation.kind == "Dense":
        return tuple(f"unit {j}" for j in range(len(output)))
    if operation.kind in ("Periodic", "Piecewise"):
        k = len(output) - len(names)
        n = len(arrays["b2" if operation.kind == "Periodic" else "b"])
        embedded = [
            each
            for name in names[:n]
            for each in (name, *(f"{name} curve {i}" for i in range(1, k // n + 1)))
        ]
        return (*embedded, *names[n:])
    if operation.kind == "Embed":
        first, k = len(names) - len(operation.settings["n_codes"]), arrays["T"].shape[1]
        vectors = [f"{name} [{i}]" for name in names[first:] for i in range(k)]
        return (*names[:first], *vectors)
    return names
