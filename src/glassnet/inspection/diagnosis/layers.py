"""What each layer does with some rows: units that are dead or saturated, gradients, steps."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassnet.activations import activation_function
from glassnet.layers import Activation, Dense, Stack
from glassnet.layers.layer import Layer, Run
from glassnet.losses import Loss
from glassnet.network import Network
from glassnet.optimizers import Optimizer, started
from glassnet.parameters import Views

Array = NDArray[Any]

#: As in training, but without dropout.
PASS = Run(training=True, dropout=0.0)
#: A slope below this share of the largest slope is flat.
FLAT = 0.05
EPS = 1e-30


@dataclass(frozen=True)
class LayerFacts:
    """One hidden layer on some rows.

    Attributes
    ----------
    name : of the layer in the network, such as "layers.2"
    activation : its name
    units : the number of units
    dead : share of units whose slope is 0 in every row
    saturated : share of the slopes, over rows and units, that are flat; 0 for functions that do not
        saturate
    usual_dead, usual_saturated : the same at new first weights
    gradient : root mean square of the gradient of the loss by the outputs, times the rows
    usual_gradient : the same at new first weights
    step : size of an optimizer's first step relative to the weights, root mean squares; None if
        the layer has no weights of its own, or the optimizer is unknown
    usual_step : the same at new first weights
    """

    name: str
    activation: str
    units: int
    dead: float
    saturated: float
    usual_dead: float
    usual_saturated: float
    gradient: float
    usual_gradient: float
    step: float | None
    usual_step: float | None


@dataclass(frozen=True)
class _Measured:
    """The same for one network: see `LayerFacts`."""

    name: str
    activation: str
    units: int
    dead: float
    saturated: float
    gradient: float
    step: float | None


def layer_facts(
    network: Network, fresh: Network, loss: Loss, X: Array, y: Array, optimizer: Optimizer | None
) -> tuple[LayerFacts, ...]:
    """Return the facts of the hidden layers of a network, beside one with new first weights.

    Parameters
    ----------
    network : the trained network; of several members, one
    fresh : the same layers with first weights
    loss : of the training
    X, y : some rows `(n, n_features)` and their prepared target
    optimizer : with its learning rate
    """
    ours, usual = (_measured(one, loss, X, y, optimizer) for one in (network, fresh))
    return tuple(
        LayerFacts(
            name=now.name,
            activation=now.activation,
            units=now.units,
            dead=now.dead,
            saturated=now.saturated,
            usual_dead=new.dead,
            usual_saturated=new.saturated,
            gradient=now.gradient,
            usual_gradient=new.gradient,
            step=now.step,
            usual_step=new.step,
        )
        for now, new in zip(ours, usual, strict=True)
    )


def _measured(
    network: Network, loss: Loss, X: Array, y: Array, optimizer: Optimizer | None
) -> tuple[_Measured, ...]:
    network = network.astype("float64")
    parameters = network.parameters
    flat = list(_flat(network.layers, parameters.p.layers, parameters.g.layers, "layers."))
    with np.errstate(all="ignore"):
        outputs: list[Array] = [np.asarray(X, np.float64)]
        caches = []
        for _, layer, p, _ in flat:
            Y, cache = layer.forward(p, outputs[-1], PASS)
            outputs.append(Y)
            caches.append(cache)
        _, dY = loss.value_and_gradient(outputs[-1], y)
        gradients: list[Array] = [dY]
        for (_, layer, p, g), cache in zip(reversed(flat), reversed(caches), strict=True):
            dX = layer.backward(p, g, cache, gradients[-1], needs_dX=True)
            gradients.append(np.zeros_like(outputs[0]) if dX is None else dX)
        gradients.reverse()
        steps = _steps(network, optimizer)
        found, weights = [], ""
        for i, (name, layer, _, _) in enumerate(flat[:-1]):
            weights = name if isinstance(layer, Dense) else weights
            if (shape := _slopes(layer, outputs[i], outputs[i + 1])) is None:
                continue
            activation, dead, saturated = shape
            gradient = float(np.sqrt(np.mean(gradients[i + 1] ** 2))) * len(X)
            units = outputs[i + 1].shape[1]
            step = steps.get(f"{weights}.W")
            found.append(_Measured(name, activation, units, dead, saturated, gradient, step))
    return tuple(found)


def _flat(
    layers: Sequence[Layer], p: Sequence[Views], g: Sequence[Views], path: str
) -> Iterator[tuple[str, Layer, Views, Views]]:
    """Yield each layer with its views; those of a `Stack` one by one."""
    for i, layer in enumerate(layers):
        if isinstance(layer, Stack):
            yield from _flat(layer.layers, p[i].layers, g[i].layers, f"{path}{i}.layers.")
        else:
            yield f"{path}{i}", layer, p[i], g[i]


def _slopes(layer: Layer, X: Array, A: Array) -> tuple[str, float, float] | None:
    """Return the activation of a layer, and the shares of its dead units and flat slopes."""
    if not isinstance(layer, Dense | Activation):
        return None
    f = activation_function(layer.activation)
    if f.name == "identity":
        return None
    if isinstance(layer, Activation) and layer.parametric:  # a part of it is the identity
        return f.name, 0.0, 0.0
    if f.keeps == "output":
        kept = A
    elif isinstance(layer, Activation):
        kept = X
    else:
        return (f.name, float((np.ptp(A, axis=0) <= 1e-12).mean()), 0.0)
    slope = np.abs(f.backward(kept, np.ones_like(kept)))
    largest = max(float(slope.max(initial=0.0)), 0.25 if f.name == "sigmoid" else 1.0)
    dead = float((slope <= 1e-12).all(axis=0).mean())
    is_bounded = f.name in ("sigmoid", "tanh")
    return f.name, dead, float((slope < FLAT * largest).mean()) if is_bounded else 0.0


def _steps(network: Network, optimizer: Optimizer | None) -> dict[str, float]:
    """Return the size of an optimizer's first step in each tensor, relative to the tensor."""
    if optimizer is None:
        return {}
    parameters = network.parameters
    before = {name: np.array(value) for name, value in parameters.items()}
    theta = parameters.theta.copy()
    segments = tuple(replace(segment, decay_factor=0.0) for segment in parameters.segments)
    if not np.isfinite(parameters.gradient).all():
        return {}
    optimizer.step(
        started(optimizer, theta), parameters.theta, parameters.gradient, segments, optimizer.lr
    )
    sizes = {
        name: math.sqrt(float(np.mean((value - before[name]) ** 2)))
        / (math.sqrt(float(np.mean(before[name] ** 2))) + EPS)
        for name, value in parameters.items()
        if value.size
    }
    parameters.theta[...] = theta
    return sizes
