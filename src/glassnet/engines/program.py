"""A network and its settings as the names and numbers that the native engine is built from; what it cannot run is refused by name.

The names are those of the enumerations in native/: layers.hpp, activations.hpp, losses.hpp and
optimizers.hpp.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any

from glassnet.activations import ACTIVATIONS, GivenActivation, activation_function
from glassnet.errors import UnsupportedError
from glassnet.layers import (
    Activation,
    BatchNorm,
    CategoryEmbedding,
    Dense,
    Dropout,
    Layer,
    LayerNorm,
    Members,
    PeriodicEmbedding,
    PiecewiseLinearEmbedding,
    Residual,
    Scale,
    Stack,
)
from glassnet.losses import (
    Absolute,
    Gamma,
    Huber,
    Logistic,
    Loss,
    Poisson,
    Quantile,
    Softmax,
    Squared,
)
from glassnet.network import Network
from glassnet.optimizers import SGD, Adam, AdamW, Optimizer, RMSprop

NATIVE_ACTIVATIONS = (
    "identity", "sigmoid", "tanh", "relu", "leaky_relu", "elu", "selu", "gelu", "silu", "mish", "softplus",
)  # fmt: skip
NATIVE_LOSSES: dict[type, str] = {
    Squared: "squared",
    Absolute: "absolute",
    Huber: "huber",
    Quantile: "quantile",
    Logistic: "logistic",
    Softmax: "softmax",
    Poisson: "poisson",
    Gamma: "gamma",
}
NATIVE_OPTIMIZERS: dict[type, str] = {
    type(None): "none",
    SGD: "sgd",
    RMSprop: "rmsprop",
    Adam: "adam",
    AdamW: "adamw",
}


def operations(network: Network) -> list[dict[str, Any]]:
    """Return the arguments of each operation, in order; residual blocks and members are marks around the operations inside them."""
    made: list[dict[str, Any]] = []

    def walk(
        layers: Sequence[Layer], path: str, n_in: int, numbers: Iterator[int], first: int = 0
    ) -> None:
        for i, layer in enumerate(layers, first):
            n_out = layer.output_width(n_in)
            name, number = f"{path}layers.{i}.", next(numbers)
            at = {tensor: network.parameters.offset(name + tensor) for tensor in layer.specs(n_in)}
            kind: type = type(layer)  # exactly: a subclass may do something else
            common = {"n_in": n_in, "n_out": n_out, "number": number}
            if isinstance(layer, Residual) and kind is Residual:
                begin = len(made)
                made.append({"kind": "residual_begin", **common})
                walk(layer.layers, name, n_in, numbers)
                made.append({"kind": "residual_end", "partner": begin, **common})
            elif isinstance(layer, Stack) and kind is Stack:
                walk(layer.layers, name, n_in, numbers)
            elif isinstance(layer, Members) and kind is Members:
                begin, last = len(made), len(layer.layers) - 1
                made.append({"kind": "members_begin", **common, "n_out": n_in})
                for m, member in enumerate(layer.layers):
                    walk([member], name, n_in, numbers, first=m)
                    end = (
                        {"kind": "members_end"}
                        if m == last
                        else {"kind": "member_end", "n_out": n_in}
                    )
                    made.append({**common, "n_in": n_out, "partner": begin, **end})
            elif isinstance(layer, Dense) and kind is Dense:
                made.append(
                    {
                        "kind": "dense",
                        "activation": _activation(layer.activation),
                        "first": at["W"],
                        "second": at["b"],
                        **common,
                    }
                )
            elif isinstance(layer, Activation) and kind is Activation:
                mixed = (
                    {"kind": "mixed_activation", "first": at["a"]}
                    if layer.mix
                    else {"kind": "activation"}
                )
                made.append({**mixed, "activation": _activation(layer.activation), **common})
            elif isinstance(layer, Dropout) and kind is Dropout:
                made.append({"kind": "dropout", "rate": float(layer.rate), **common})
            elif isinstance(layer, BatchNorm) and kind is BatchNorm:
                running = {"mean": at["running_mean"], "variance": at["running_var"]}
                settings = {"eps": float(layer.eps), "momentum": float(layer.momentum)}
                made.append(
                    {
                        "kind": "batch_norm",
                        "first": at["gamma"],
                        "second": at["beta"],
                        **running,
                        **settings,
                        **common,
                    }
                )
            elif isinstance(layer, LayerNorm) and kind is LayerNorm:
                made.append(
                    {
                        "kind": "layer_norm",
                        "first": at["gamma"],
                        "second": at["beta"],
                        "eps": float(layer.eps),
                        **common,
                    }
                )
            elif isinstance(layer, Scale) and kind is Scale:
                made.append({"kind": "scale", "first": at["s"], **common})
            elif isinstance(layer, PeriodicEmbedding) and kind is PeriodicEmbedding:
                tensors = {
                    "first": at["w1"],
                    "second": at["b1"],
                    "third": at["W2"],
                    "fourth": at["b2"],
                }
                sizes = {
                    "n_numeric": int(layer.n_numeric),
                    "n_frequencies": int(layer.n_frequencies),
                    "n_embedded": int(layer.n_out),
                }
                made.append({"kind": "periodic_embedding", **tensors, **sizes, **common})
            elif isinstance(layer, PiecewiseLinearEmbedding) and kind is PiecewiseLinearEmbedding:
                tensors = {"first": at["W"], "second": at["b"], "mean": at["edges"]}
                bins = {"levels": list(layer.n_bins), "tables": list(layer.starts[:-1])}
                sizes = {"n_numeric": len(layer.n_bins), "n_embedded": int(layer.n_out)}
                made.append({"kind": "piecewise_embedding", **tensors, **bins, **sizes, **common})
            elif isinstance(layer, CategoryEmbedding) and kind is CategoryEmbedding:
                tables = {
                    "levels": list(layer.levels),
                    "tables": [at[f"T{j}"] for j in range(len(layer.levels))],
                }
                made.append(
                    {
                        "kind": "category_embedding",
                        "n_embedded": int(layer.n_out),
                        **tables,
                        **common,
                    }
                )
            else:
                raise _of_ones_own(f"a layer of one's own, {type(layer).__name__}")
            n_in = n_out

    walk(network.layers, "", network.n_features, count())
    return made


def settings(loss: Loss, optimizer: Optimizer | None) -> dict[str, Any]:
    """Return the arguments that say which loss and which optimizer."""
    if type(loss) not in NATIVE_LOSSES:
        raise _of_ones_own(f"a loss of one's own, {loss.name!r}")
    if type(optimizer) not in NATIVE_OPTIMIZERS:
        raise _of_ones_own(f"an optimizer of one's own, {optimizer!r}")
    chosen: dict[str, Any] = {
        "loss": NATIVE_LOSSES[type(loss)],
        "optimizer": NATIVE_OPTIMIZERS[type(optimizer)],
    }
    match loss:
        case Huber():
            chosen["loss_settings"] = [float(loss.delta)]
        case Quantile():
            chosen["loss_settings"] = list(loss.quantiles)
        case Logistic() | Softmax():
            chosen["loss_settings"] = [float(loss.label_smoothing)]
        case _:
            chosen["loss_settings"] = []
    if isinstance(loss, Squared | Logistic | Poisson):
        chosen["outputs"] = loss.outputs
    if isinstance(loss, Logistic | Softmax):
        chosen["floor"] = float(loss.floor)
    match optimizer:
        case SGD():
            chosen |= {"momentum": float(optimizer.momentum), "nesterov": bool(optimizer.nesterov)}
            chosen["rate_inside"] = bool(optimizer.rate_inside)
        case RMSprop():
            chosen |= {"beta2": float(optimizer.rho), "eps": float(optimizer.eps)}
        case Adam() | AdamW():
            chosen |= {name: float(getattr(optimizer, name)) for name in ("beta1", "beta2", "eps")}
    if isinstance(optimizer, Adam):
        chosen["uncorrected_eps"] = bool(optimizer.uncorrected_eps)
    if isinstance(optimizer, AdamW):
        chosen["weight_decay"] = float(optimizer.weight_decay)
    return chosen


def _activation(activation: GivenActivation) -> str:
    function = activation_function(activation)
    if ACTIVATIONS.get(function.name) is not function or function.name not in NATIVE_ACTIVATIONS:
        raise _of_ones_own(f"an activation of one's own, {function.name!r}")
    return function.name


def _of_ones_own(what: str) -> UnsupportedError:
    return UnsupportedError(f"the native engine cannot run {what}: use engine='reference'.")
