"""Layers as plain data and back: what the model file holds of them. Names are looked up in closed tables, never imported.

    Dense(16, "relu")  <->  {"kind": "dense", "n_out": 16, "activation": "relu", "initializer":
                       "auto"}

`parametrization` says how fast weights learn and `edges` are the first values of a tensor: no
prediction depends on them, so they are left out, and a layer that comes back has their defaults.
Reading is strict, for a file may come from anywhere: an unknown kind, an unknown or missing field
and a value of another type are refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from glassnet.activations import ACTIVATIONS, ActivationFunction
from glassnet.errors import SettingError, UnsupportedError, unknown_name
from glassnet.initializers import INITIALIZERS
from glassnet.layers import LAYERS
from glassnet.layers.categories import MOST_LEVELS
from glassnet.layers.layer import Layer

#: More units than any machine holds; a number beyond it in a file is a lie.
MOST_UNITS = 2**31 - 1
#: Frequencies or outputs of one embedded column, members, units of each: with them the size of no
#: tensor leaves 64 bits.
MOST_OF_A_COLUMN = 2**15
#: Stands for no default.
REQUIRED: Any = object()


@dataclass(frozen=True)
class Field:
    """How one setting is written and read.

    write : the setting -> a JSON-able value, or UnsupportedError
    read : a JSON value -> the setting, or SettingError
    default : left out of the file where the setting is this, as files from before there was the
        setting leave it out
    """

    write: Callable[[Any], Any]
    read: Callable[[Any], Any]
    default: Any = REQUIRED


def layer_to_plain(layer: Layer) -> dict[str, Any]:
    """Return a layer's kind and settings as JSON-able values.

    Raises
    ------
    UnsupportedError
        For a layer or an activation of the user's own: a file holds numbers and names, not code.

    Examples
    --------
    >>> from glassnet import Dense
    >>> layer_to_plain(Dense(16, "relu", "he_normal"))
    {'kind': 'dense', 'n_out': 16, 'activation': 'relu', 'initializer': 'he_normal'}
    """
    kind = next((name for name, made in LAYERS.items() if type(layer) is made), None)
    if kind is None:
        raise UnsupportedError(
            f"a model file cannot hold the layer {type(layer).__name__}, which is not one of "
            "glassnet's: it holds numbers and names, not code. Build the network of "
            f"{', '.join(sorted(made.__name__ for made in LAYERS.values()))}, or keep your code "
            "beside `dict(network.parameters.items())`."
        )
    said = {
        name: field
        for name, field in FIELDS[kind].items()
        if field.default is REQUIRED or getattr(layer, name) != field.default
    }
    return {
        "kind": kind,
        **{name: field.write(getattr(layer, name)) for name, field in said.items()},
    }


def layer_from_plain(plain: Any) -> Layer:
    """Return the layer that `layer_to_plain` wrote.

    Raises
    ------
    SettingError
        For anything that `layer_to_plain` does not write.
    """
    if not isinstance(plain, Mapping) or not isinstance(plain.get("kind"), str):
        raise SettingError("a layer must be an object with a kind.")
    kind = plain["kind"]
    if kind in REMOVED:
        raise SettingError(
            f"the layer kind {kind!r} was removed from glassnet: train the model again without it. "
            "Networks whose answer is their mean are the layer Members."
        )
    if kind not in FIELDS:
        raise unknown_name("kind of layer", kind, FIELDS)
    fields = FIELDS[kind]
    needed = {name for name, field in fields.items() if field.default is REQUIRED}
    if not {"kind", *needed} <= plain.keys() <= {"kind", *fields}:
        raise SettingError(
            f"a layer of kind {kind!r} has the fields {['kind', *fields]}, but {list(plain)} came."
        )
    settings = {}
    for name in plain.keys() - {"kind"}:
        try:
            settings[name] = fields[name].read(plain[name])
        except TypeError as error:
            raise SettingError(f"{name} of a layer of kind {kind!r} must be {error}.") from None
    made: Layer = LAYERS[kind](**settings)
    return made


def _write_activation(activation: str | ActivationFunction) -> str:
    name = activation if isinstance(activation, str) else activation.name
    if name not in ACTIVATIONS or (
        not isinstance(activation, str) and activation != ACTIVATIONS[name]
    ):
        raise UnsupportedError(
            f"a model file cannot hold the activation {name!r}, which is your own: it holds "
            f"numbers and names, not code. Use one of {', '.join(ACTIVATIONS)}."
        )
    return name


def _read_activation(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("the name of an activation")
    if value not in ACTIVATIONS:
        raise unknown_name("activation", value, ACTIVATIONS)
    return value


def _write_initializer(initializer: Any) -> str:
    """Return the initializer's name; one that no table names becomes "auto", for the trained weights no longer need it."""
    if isinstance(initializer, str):
        return initializer
    named = (
        name
        for name, made in INITIALIZERS.items()
        if type(made) is type(initializer) and made == initializer
    )
    return next(named, "auto")


def _read_initializer(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("the name of an initializer")
    if value != "auto" and value not in INITIALIZERS:
        raise unknown_name("initializer", value, ["auto", *INITIALIZERS])
    return value


def _read_units(value: Any) -> int:
    return _read_count(value, MOST_UNITS, "a whole number of units")


def _read_of_a_column(value: Any) -> int:
    return _read_count(value, MOST_OF_A_COLUMN, f"a whole number up to {MOST_OF_A_COLUMN:,}")


def _read_levels(value: Any) -> list[int]:
    if not isinstance(value, list):
        raise TypeError("a list of numbers of levels")
    return [_read_count(n, MOST_LEVELS, "a list of numbers of levels") for n in value]


def _read_bins(value: Any) -> list[int]:
    if not isinstance(value, list):
        raise TypeError("a list of numbers of bins")
    return [
        _read_count(n, MOST_OF_A_COLUMN, f"a list of numbers of bins up to {MOST_OF_A_COLUMN:,}")
        for n in value
    ]


def _read_count(value: Any, most: int, what: str) -> int:
    if type(value) is not int or not 1 <= value <= most:
        raise TypeError(what)
    return value


def _read_switch(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError("true or false")
    return value


def _read_number(value: Any) -> float:
    if type(value) not in (int, float):
        raise TypeError("a number")
    return float(value)


def _read_layers(value: Any) -> list[Layer]:
    if not isinstance(value, list):
        raise TypeError("a list of layers")
    return [layer_from_plain(inner) for inner in value]


ACTIVATION = Field(_write_activation, _read_activation)
NUMBER = Field(float, _read_number)
OF_A_COLUMN = Field(int, _read_of_a_column)
INSIDE = Field(lambda layers: [layer_to_plain(layer) for layer in layers], _read_layers)

# One row for each of LAYERS, one entry for each of its settings but for TRAINING_ALONE.
TRAINING_ALONE = {"parametrization", "edges"}
#: Kinds that older files may name.
REMOVED = {"shared_dense", "member_dense", "member_mean"}
FIELDS: dict[str, dict[str, Field]] = {
    "dense": {
        "n_out": Field(int, _read_units),
        "activation": ACTIVATION,
        "initializer": Field(_write_initializer, _read_initializer),
    },
    "activation": {"activation": ACTIVATION, "mix": Field(bool, _read_switch, default=False)},
    "dropout": {"rate": NUMBER},
    "batch_norm": {"momentum": NUMBER, "eps": NUMBER},
    "layer_norm": {"eps": NUMBER},
    "residual": {"layers": INSIDE},
    "stack": {"layers": INSIDE},
    "members": {"layers": INSIDE},
    "scale": {},
    "periodic_embedding": {
        "n_numeric": Field(int, _read_units),
        "n_frequencies": OF_A_COLUMN,
        "n_out": OF_A_COLUMN,
        "sigma": NUMBER,
    },
    "piecewise_linear_embedding": {"n_bins": Field(list, _read_bins), "n_out": OF_A_COLUMN},
    "category_embedding": {"levels": Field(list, _read_levels), "n_out": OF_A_COLUMN},
}
