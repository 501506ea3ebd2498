"""Layers as plain data and back, for the model file. Names come from closed tables, never imports.

    Dense(16, "relu")  <->  {"kind": "dense", "n_out": 16, "activation": "relu", "initializer":
                       "auto"}

The settings are the fields of the layer's dataclass, written and read by their type (CODECS).
`parametrization` and `edges` are left out, for no prediction depends on them: a layer that is read
has their defaults. Reading is strict, for a file may come from anywhere: an unknown kind, an
unknown or missing field and a value of another type are refused.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import Field, fields
from typing import Any, NamedTuple, cast

from glassnet.activations import ACTIVATIONS, ActivationFunction, GivenActivation
from glassnet.checks import is_whole
from glassnet.errors import SettingError, UnsupportedError, look_up
from glassnet.initializers import INITIALIZERS, Initializer
from glassnet.layers import LAYERS
from glassnet.layers.layer import Layer

#: More units than any machine holds; a file with a larger number is refused.
MAX_UNITS = 2**31 - 1
#: Kinds that older files may name.
REMOVED = {"shared_dense", "member_dense", "member_mean"}
#: Settings that only training uses.
TRAINING_ONLY = {"parametrization", "edges"}


#: What a file may name; "auto" stands for one that trained weights no longer need.
NAMES_OF_INITIALIZERS = {name: name for name in ("auto", *INITIALIZERS)}


class Codec(NamedTuple):
    """How the settings of one type are written and read.

    write : the setting -> a JSON value, or UnsupportedError
    read : a JSON value -> the setting; SettingError, or TypeError with what it must be
    """

    write: Callable[[Any], Any]
    read: Callable[[Any], Any]


def saved_fields(kind: str) -> dict[str, Field[Any]]:
    """Return the fields of a kind of layer that a file holds, by name."""
    return {field.name: field for field in fields(LAYERS[kind]) if field.name not in TRAINING_ONLY}


def is_optional(field: Field[Any]) -> bool:
    """Return whether a field is left out at its default; older files do not have it."""
    return isinstance(field.default, bool)


def layer_to_plain(layer: Layer) -> dict[str, Any]:
    """Return a layer's kind and settings as JSON values.

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
            f"a model file cannot hold the activation {name!r}, which is your own: it holds "
            f"numbers and names, not code. Use one of {', '.join(ACTIVATIONS)}."
        )
    return name


def _write_initializer(initializer: Any) -> str:
    """Return the initializer's name, or "auto" without one: trained weights no longer need it."""
    if isinstance(initializer, str):
        return initializer
    named = (
        name
        for name, made in INITIALIZERS.items()
        if type(made) is type(initializer) and made == initializer
    )
    return next(named, "auto")


def _typed(what: str, read: Callable[[Any], Any], *types: type) -> Callable[[Any], Any]:
    """Return a reader of values of these types; TypeError says that another must be `what`."""

    def read_checked(value: Any) -> Any:
        if type(value) not in types:
            raise TypeError(what)
        return read(value)

    return read_checked


def _read_count(value: Any) -> int:
    if type(value) is not int or not is_whole(value, 1, MAX_UNITS):
        raise TypeError(f"a whole number from 1 to {MAX_UNITS:,}")
    return value


#: By the type of the field.
CODECS: dict[Any, Codec] = {
    int: Codec(int, _read_count),
    float: Codec(float, _typed("a number", float, int, float)),
    bool: Codec(bool, _typed("true or false", bool, bool)),
    Sequence[int]: Codec(
        list, _typed("a list of whole numbers", lambda counts: [*map(_read_count, counts)], list)
    ),
    GivenActivation: Codec(
        _write_activation,
        _typed(
            "the name of an activation",
            lambda name: look_up("activation", name, ACTIVATIONS).name,
            str,
        ),
    ),
    str | Initializer: Codec(
        _write_initializer,
        _typed(
            "the name of an initializer",
            lambda name: look_up("initializer", name, NAMES_OF_INITIALIZERS),
            str,
        ),
    ),
    Sequence[Layer]: Codec(
        lambda layers: [layer_to_plain(one) for one in layers],
        _typed("a list of layers", lambda plain: [*map(layer_from_plain, plain)], list),
    ),
}
