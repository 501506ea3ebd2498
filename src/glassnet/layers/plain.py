"""Convert layers to and from JSON values, for the model file.

    Dense(16, "relu")
    {"kind": "dense", "n_out": 16, "activation": "relu", "initializer": "auto"}

Names are looked up in fixed tables and never imported. The settings are the fields of the layer's
dataclass, written and read according to their type (CODECS). `parametrization` and `edges` are left
out, because predictions do not depend on them: a layer that is read has their defaults. Reading is
strict, because files may be untrusted: an unknown kind, an unknown or missing field, or a value of
another type is an error.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import Field, fields
from typing import Any, NamedTuple, cast

from glassnet.activations import ACTIVATIONS, ActivationFunction, GivenActivation
from glassnet.checks import is_integer
from glassnet.errors import SettingError, UnsupportedError, look_up
from glassnet.initializers import INITIALIZERS, Initializer
from glassnet.layers import LAYERS
from glassnet.layers.layer import Layer

#: Maximum number of units in a file; a larger number is an error.
MAX_UNITS = 2**31 - 1
#: Kinds of layers in files of older versions.
REMOVED = {"shared_dense", "member_dense", "member_mean"}
#: Settings that only training uses.
TRAINING_ONLY = {"parametrization", "edges"}


class Codec(NamedTuple):
    """How the settings of one type are written and read.

    write : the setting -> a JSON value, or UnsupportedError
    read : a JSON value -> the setting; SettingError, or TypeError with what it must be
    """

    write: Callable[[Any], Any]
    read: Callable[[Any], Any]


def saved_fields(kind: str) -> dict[str, Field[Any]]:
    """Return the fields of a kind of layer that are saved, by name."""
    return {field.name: field for field in fields(LAYERS[kind]) if field.name not in TRAINING_ONLY}


def is_optional(field: Field[Any]) -> bool:
    """Return whether a field is saved only if it differs from its default (older files lack it)."""
    return isinstance(field.default, bool)


def layer_to_plain(layer: Layer) -> dict[str, Any]:
    """Return a layer's kind and settings as JSON values.

    Raises
    ------
    UnsupportedError
        For a user-defined layer or activation, because files contain numbers and names, not code.

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
    plain: dict[str, Any] = {"kind": kind}
    for name, field in saved_fields(kind).items():
        value = getattr(layer, name)
        if not is_optional(field) or value != field.default:
            plain[name] = CODECS[field.type].write(value)
    return plain


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
    made = look_up("kind of layer", kind, LAYERS)
    known = saved_fields(kind)
    required = {name for name, field in known.items() if not is_optional(field)}
    if not {"kind", *required} <= plain.keys() <= {"kind", *known}:
        raise SettingError(
            f"a layer of kind {kind!r} has the fields {['kind', *known]}, got {list(plain)}."
        )
    settings = {}
    for name in plain.keys() - {"kind"}:
        try:
            settings[name] = CODECS[known[name].type].read(plain[name])
        except TypeError as error:
            raise SettingError(f"{name} of a layer of kind {kind!r} must be {error}.") from None
    return cast(Layer, made(**settings))


def _write_activation(activation: str | ActivationFunction) -> str:
    name = activation if isinstance(activation, str) else activation.name
    if name not in ACTIVATIONS or (
        not isinstance(activation, str) and activation != ACTIVATIONS[name]
    ):
        raise UnsupportedError(
            f"a model file cannot hold the activation {name!r}, which is user-defined: it holds "
            f"numbers and names, not code. Use one of {', '.join(ACTIVATIONS)}."
        )
    return name


def _read_activation(value: Any) -> str:
    return _read_name("activation", value, {name: name for name in ACTIVATIONS})


def _write_initializer(initializer: Any) -> str:
    """Return the name of an initializer, or "auto" for others: it is not needed again."""
    if isinstance(initializer, str):
        return initializer
    named = (
        name
        for name, made in INITIALIZERS.items()
        if type(made) is type(initializer) and made == initializer
    )
    return next(named, "auto")


def _read_initializer(value: Any) -> str:
    return _read_name("initializer", value, {name: name for name in ("auto", *INITIALIZERS)})


def _read_name(what: str, value: Any, known: Mapping[str, str]) -> str:
    if not isinstance(value, str):
        raise TypeError(f"the name of an {what}")
    return look_up(what, value, known)


def _read_count(value: Any) -> int:
    if type(value) is not int or not is_integer(value, 1, MAX_UNITS):
        raise TypeError(f"a whole number from 1 to {MAX_UNITS:,}")
    return value


def _read_switch(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError("true or false")
    return value


def _read_number(value: Any) -> float:
    if type(value) not in (int, float):
        raise TypeError("a number")
    return float(value)


def _read_counts(value: Any) -> list[int]:
    if not isinstance(value, list):
        raise TypeError("a list of whole numbers")
    return [_read_count(entry) for entry in value]


def _read_layers(value: Any) -> list[Layer]:
    if not isinstance(value, list):
        raise TypeError("a list of layers")
    return [layer_from_plain(inner) for inner in value]


#: Type of the field -> codec.
CODECS: dict[Any, Codec] = {
    int: Codec(int, _read_count),
    float: Codec(float, _read_number),
    bool: Codec(bool, _read_switch),
    Sequence[int]: Codec(list, _read_counts),
    GivenActivation: Codec(_write_activation, _read_activation),
    str | Initializer: Codec(_write_initializer, _read_initializer),
    Sequence[Layer]: Codec(lambda layers: [layer_to_plain(one) for one in layers], _read_layers),
}
