"""A network and its settings as the names and numbers that the native engine is built from; what it cannot run is refused by name.

The names are those of the enumerations in native/: layers.hpp, activations.hpp, losses.hpp and
optimizers.hpp.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields
from itertools import count
from typing import Any

import numpy as np

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
from glassnet.losses import LOSSES, Loss
from glassnet.losses.plain import saved_settings
from glassnet.network import Network
from glassnet.optimizers import Optimizer, optimizer_name

#: What the native engine calls otherwise.
NATIVE_NAMES = {"rho": "beta2"}


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
    """Return the arguments that say which loss and which optimizer: their names and settings.

    The settings of a loss that predictions depend on are one list of numbers, in the order of its
    fields; all others are arguments of the same name.
    """
    if type(loss) not in LOSSES.values():
        raise _of_ones_own(f"a loss of one's own, {loss.name!r}")
    named = "none" if optimizer is None else optimizer_name(optimizer)
    if named is None:
        raise _of_ones_own(f"an optimizer of one's own, {optimizer!r}")
    saved = [np.atleast_1d(value).tolist() for value in saved_settings(loss).values()]
    rest = _settings_of(loss, {*saved_settings(loss)}) | _settings_of(optimizer, {"lr"})
    return {
        "loss": loss.name,
        "optimizer": named,
        "loss_settings": [float(value) for values in saved for value in values],
        **{NATIVE_NAMES.get(name, name): value for name, value in rest.items()},
    }


def _settings_of(thing: Any, without: set[str]) -> dict[str, Any]:
    """Return the fields of a dataclass as plain values; None has no fields."""
    values = {} if thing is None else {f.name: getattr(thing, f.name) for f in fields(thing)}
    return {
        name: value if isinstance(value, bool | str) else float(value)
        for name, value in values.items()
        if name not in without
    }


def _activation(activation: GivenActivation) -> str:
    function = activation_function(activation)
    if ACTIVATIONS.get(function.name) is not function:
        raise _of_ones_own(f"an activation of one's own, {function.name!r}")
    return function.name


def _of_ones_own(what: str) -> UnsupportedError:
    return UnsupportedError(f"the native engine cannot run {what}: use engine='reference'.")
