"""Describe a network and its settings to the native engine by names and numbers.

Raises UnsupportedError, with the name, for anything that the engine cannot run.

The names are those of the tables in native/: layers.hpp, activations.hpp, losses.hpp and
optimizers.hpp.
"""

from collections.abc import Iterator, Sequence
from dataclasses import fields
from itertools import count
from typing import Any

import numpy as np

from glassnet.activations import ACTIVATIONS, GivenActivation, activation_function
from glassnet.errors import UnsupportedError
from glassnet.layers import LAYERS, Layer
from glassnet.losses import LOSSES, Loss
from glassnet.losses.plain import saved_settings
from glassnet.network import Network
from glassnet.optimizers import Optimizer, optimizer_name

#: Settings that have another name in the native engine.
NATIVE_NAMES = {"rho": "beta2"}
#: Fields of layers that only set initial values, which the parameters already hold.
NOT_EXECUTED = {"initializer", "parametrization", "sigma", "edges"}


def operations(network: Network) -> list[dict[str, Any]]:
    """Return the arguments of each operation, in order.

    A residual block or a `Members` layer becomes several operations: one at its beginning, those of
    the layers inside, and one at the end of the block or of each member.
    """
    made: list[dict[str, Any]] = []

    def walk(
        layers: Sequence[Layer], path: str, n_in: int, numbers: Iterator[int], first: int = 0
    ) -> None:
        for i, layer in enumerate(layers, first):
            n_out = layer.output_width(n_in)
            name, number, kind = f"{path}layers.{i}.", next(numbers), _kind(layer)
            if not layer.layers:
                offsets = [network.parameters.offset(name + tensor) for tensor in layer.specs(n_in)]
                shape = {"n_in": n_in, "n_out": n_out}
                made.append({**_leaf(kind, layer), **shape, "number": number, "tensors": offsets})
            elif kind == "stack":
                walk(layer.layers, name, n_in, numbers)
            elif kind == "members":
                made.append({"kind": "members_begin", "n_in": n_in, "n_out": n_in})
                for m, member in enumerate(layer.layers):
                    walk([member], name, n_in, numbers, first=m)
                    made.append({"kind": "member_end", "n_in": n_out, "n_out": n_in})
                made[-1] = {"kind": "members_end", "n_in": n_out, "n_out": n_out}
            else:
                made.append({"kind": "residual_begin", "n_in": n_in, "n_out": n_in})
                walk(layer.layers, name, n_in, numbers)
                made.append({"kind": "residual_end", "n_in": n_in, "n_out": n_out})
            n_in = n_out

    walk(network.layers, "", network.n_features, count())
    return made


def _kind(layer: Layer) -> str:
    """Return the name of a layer's class in `LAYERS`; a subclass may differ, so it has none."""
    kind = next((name for name, made in LAYERS.items() if type(layer) is made), None)
    if kind is None:
        raise _unsupported(f"the user-defined layer {type(layer).__name__}")
    return kind


def _leaf(kind: str, layer: Any) -> dict[str, Any]:
    """Return the kind and the settings of a layer that contains no layers."""
    values = {f.name: getattr(layer, f.name) for f in fields(layer) if f.name not in NOT_EXECUTED}
    activation = values.pop("activation", None)
    return {
        "kind": kind,
        "numbers": {name: np.atleast_1d(value).tolist() for name, value in values.items()},
        "names": {} if activation is None else {"activation": _activation(activation)},
    }


def settings(loss: Loss, optimizer: Optimizer | None) -> dict[str, Any]:
    """Return the arguments for the loss and the optimizer: their names and settings.

    Settings of a loss that affect predictions form one list of numbers, in the order of its
    fields; every other setting is an argument of the same name.
    """
    if type(loss) not in LOSSES.values():
        raise _unsupported(f"the user-defined loss {loss.name!r}")
    named = "none" if optimizer is None else optimizer_name(optimizer)
    if named is None:
        raise _unsupported(f"the user-defined optimizer {optimizer!r}")
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
        raise _unsupported(f"the user-defined activation {function.name!r}")
    return function.name


def _unsupported(what: str) -> UnsupportedError:
    return UnsupportedError(f"the native engine cannot run {what}: use engine='reference'.")
