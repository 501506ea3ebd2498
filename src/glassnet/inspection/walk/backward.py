"""The way back: the loss, the gradients at each layer, and the step that they lead to."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from glassnet.engines import Engine
from glassnet.engines.gradients import Gradients, gradients
from glassnet.errors import SettingError
from glassnet.inspection.walk.answering import answer_of
from glassnet.inspection.walk.formulas import FORMULAS, LOSS_FORMULAS
from glassnet.inspection.walk.layers import layers_by_place
from glassnet.inspection.walk.records import Backward, Layer, LayerGradients, Step
from glassnet.layers import LAYERS, Activation
from glassnet.model import Model
from glassnet.network import Network
from glassnet.parameters import Parameters

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True, eq=False)
class Way:
    """What the way back needs.

    model, network : the network in the dtype in which the model computes
    X, y : the row and its target, as the engine takes them
    target : as text
    learning_rate : of the step
    shown : the member whose layers the walk has; None for a single network
    takers : how many layers of the network take each signal
    live : the engine of a running fit, whose optimizer takes the step; None for a plain step
    """

    model: Model
    network: Network
    X: Array
    y: Array
    target: str
    learning_rate: float
    shown: int | None
    takers: Mapping[str, int]
    live: Engine | None


def backward_of(way: Way, layers: tuple[Layer, ...]) -> tuple[Backward, tuple[Layer, ...]]:
    """Return where the gradients begin, and the layers with their gradients."""
    loss, engine = way.model.loss, type(way.model.engine)
    found = gradients(way.network, loss, way.X, way.y, engine, way.shown)
    last = f"layers.{len(way.network.layers) - 1}"
    scores = [name for name in found.signals if name.startswith(last)][-1]
    made = Backward(
        way.target,
        loss.name,
        found.loss,
        float(getattr(loss, "label_smoothing", 0.0)),
        LOSS_FORMULAS[loss.name],
        found.signals[scores],
        _step(way, found),
    )
    settings = dict(layers_by_place(way.network.layers))
    return made, tuple(
        _with_gradients(layer, settings[layer.place], way.takers, found) for layer in layers
    )


def _with_gradients(
    layer: Layer, settings: Any, takers: Mapping[str, int], found: Gradients
) -> Layer:
    """Return a layer with its gradients; `takers` says how many layers take each signal."""
    first, output = layer.operations[0], layer.operations[-1].output
    shared = takers[first.inputs[0]] > 1
    prefix = f"{layer.place}."
    tensors = {
        name.removeprefix(prefix): gradient
        for name, gradient in found.tensors.items()
        if name.startswith(prefix) and "." not in name.removeprefix(prefix)
    }
    kind = next(name for name, made in LAYERS.items() if type(settings) is made)
    backward = LayerGradients(
        _formulas(kind, settings),
        found.signals[output],
        found.signals.get(f"{layer.place}.Z") if first.kind == "Dense" else None,
        None if shared else found.signals.get(first.inputs[0]),
        tensors,
    )
    return replace(layer, backward=backward)


def _formulas(kind: str, settings: Any) -> tuple[str, ...]:
    if isinstance(settings, Activation):  # the first is without a mixture, the others are with it
        return FORMULAS[kind][1:] if settings.parametric else FORMULAS[kind][:1]
    return FORMULAS[kind]


def _step(way: Way, found: Gradients) -> Step:
    """Return the step, and what the model would answer after it."""
    network = way.network.astype(str(way.network.dtype))
    parameters = network.parameters
    for name, gradient in found.tensors.items():
        start = parameters.offset(name)
        parameters.gradient[start : start + gradient.size] = gradient.ravel()
    rule = _take(way, parameters)
    engine = type(way.model.engine)(network, way.model.loss, n_threads=1)
    scores = engine.predict(way.X)
    loss, _ = way.model.loss.value_and_gradient(scores, way.y)
    return Step(rule, way.learning_rate, loss, answer_of(way.model, scores, None))


def _take(way: Way, parameters: Parameters) -> str:
    """Take the step that follows from the gradient, and return the name of its rule."""
    if way.live is None:
        parameters.theta -= way.learning_rate * parameters.gradient
        return "gradient descent"
    optimizer, state = way.live.optimizer, deepcopy(way.live.state)
    theta = way.live.network.parameters.theta
    if optimizer is None or state is None:
        raise SettingError("the live engine has no optimizer: make it with one.")
    if (theta.shape, theta.dtype) != (parameters.theta.shape, parameters.theta.dtype):
        raise SettingError(
            f"the live engine trains {theta.size:,} parameters in {theta.dtype}, but the network "
            f"of the walk has {parameters.theta.size:,} in {parameters.theta.dtype}: give the "
            "engine of this network, and no member."
        )
    segments = parameters.segments
    optimizer.step(state, parameters.theta, parameters.gradient, segments, way.learning_rate)
    return type(optimizer).__name__
