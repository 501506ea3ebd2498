"""Sequences of layers: forward and backward passes, widths, tensors and descriptions."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from numbers import Integral
from typing import Any, ClassVar

import numpy as np

from glassnet.errors import SettingError
from glassnet.layers.layer import ATTRIBUTES, METHODS, Array, Base, Layer, Run
from glassnet.parameters import Spec, Tree, Views
from glassnet.protocols import require_members


class Container(Base):
    """Base class of layers that contain layers and have no tensors of their own.

    what : the error message if there are no layers inside
    """

    layers: Sequence[Layer]
    what: ClassVar[str]

    def __post_init__(self) -> None:
        object.__setattr__(self, "layers", checked_layers(self.layers))
        if not self.layers:
            raise SettingError(f"{self.what}.")


def checked_layers(layers: Any) -> tuple[Layer, ...]:
    """Return the layers of an iterable as a checked tuple; SettingError for anything else."""
    if not isinstance(layers, Iterable):
        raise SettingError(
            f"layers come in a list, such as [Dense(16, 'relu'), Dense(1)], got {layers!r}."
        )
    checked: tuple[Layer, ...] = tuple(layers)
    for layer in checked:
        if isinstance(layer, type):
            raise SettingError(
                "a layer is an object such as Dense(16, 'relu'), got the class: write "
                f"{layer.__name__}()."
            )
        if not any(hasattr(layer, name) for name in METHODS):
            raise SettingError(f"a layer is an object such as Dense(16, 'relu'), got {layer!r}.")
        require_members("layer", layer, METHODS, ATTRIBUTES)
    return checked


def all_layers(layers: Sequence[Layer]) -> Iterator[Layer]:
    """Yield each layer, followed by all layers inside it."""
    for layer in layers:
        yield layer
        yield from all_layers(layer.layers)


def stack_widths(layers: Sequence[Layer], n_in: int) -> list[int]:
    """Return the number of columns before the first layer and after each one."""
    widths = [n_in]
    for layer in layers:
        width = layer.output_width(widths[-1])
        if isinstance(width, bool) or not isinstance(width, Integral) or width < 1:
            raise SettingError(
                f"output_width of the layer {type(layer).__name__} must return a whole number of "
                f"at least 1, got {width!r}."
            )
        widths.append(int(width))
    return widths


def stack_trees(layers: Sequence[Layer], n_in: int) -> tuple[Tree, ...]:
    """Return the specs of the tensors of each layer, and of the layers inside it."""
    return _trees(layers, stack_widths(layers, n_in))


def _trees(layers: Sequence[Layer], widths: Sequence[int]) -> tuple[Tree, ...]:
    """Return the tree of each layer, given its input width."""
    return tuple(
        Tree(layer_specs(layer, n), _trees(layer.layers, inner_widths(layer, n)))
        for layer, n in zip(layers, widths, strict=False)
    )


def layer_specs(layer: Layer, n_in: int) -> dict[str, Spec]:
    """Return the specs of a layer itself; SettingError if `specs` returns something wrong."""
    specs: Any = layer.specs(n_in)
    if not isinstance(specs, Mapping) or not all(isinstance(spec, Spec) for spec in specs.values()):
        raise SettingError(
            f"specs of the layer {type(layer).__name__} must return a dict of Spec by name, such "
            f'as {{"a": Spec((n_in,))}}, got {specs!r}.'
        )
    for name in specs:
        if (
            not isinstance(name, str)
            or not name.isidentifier()
            or hasattr(Views, name)
            or name in Views.__annotations__
        ):
            raise SettingError(
                f"a tensor must not be named {name!r} (layer {type(layer).__name__}): the views "
                "p and g use that name themselves."
            )
    return dict(specs)


def inner_widths(layer: Layer, n_in: int) -> list[int]:
    """Return the input width of each layer inside, in sequence or side by side."""
    return (
        [n_in] * len(layer.layers)
        if stand_side_by_side(layer)
        else stack_widths(layer.layers, n_in)
    )


def stand_side_by_side(layer: Layer) -> bool:
    """Return whether all layers inside take the same input, as in `Members`."""
    return bool(getattr(layer, "side_by_side", False))


def stack_initialize(
    layers: Sequence[Layer], views: Sequence[Views], rng: np.random.Generator
) -> None:
    """Write the initial values of all layers, depth first."""
    for layer, p in zip(layers, views, strict=True):
        layer.initialize(p, rng)
        stack_initialize(layer.layers, p.layers, rng)


def stack_forward(
    layers: Sequence[Layer], views: Sequence[Views], X: Any, run: Run
) -> tuple[Any, list[Any]]:
    """Run the forward pass of all layers; return the last output and the cache of each layer."""
    caches = []
    for layer, p in zip(layers, views, strict=True):
        X, cache = layer.forward(p, X, run)
        caches.append(cache)
    return X, caches


def stack_backward(
    layers: Sequence[Layer],
    p: Sequence[Views],
    g: Sequence[Views],
    caches: Sequence[Any],
    dY: Array,
    needs_dX: bool = True,
) -> Array | None:
    """Run the backward pass of all layers; return dX, or None unless needs_dX."""
    gradient: Array | None = dY
    for i in range(len(layers) - 1, -1, -1):
        assert gradient is not None
        gradient = layers[i].backward(p[i], g[i], caches[i], gradient, needs_dX or i > 0)
    return gradient


#: Settings that descriptions leave out to be short.
LEFT_OUT = {
    "layers", "initializer", "parametrization", "sigma", "n_bins", "edges", "eps", "momentum",
}  # fmt: skip


def describe_layer(layer: Layer) -> str:
    """Return a short description of a layer, such as `Dense 64, relu`.

    Equal members are counted: `Members 5 x (Dense 64, relu; Dense 1)`.
    """
    settings = [
        name if value is True else str(getattr(value, "name", value))
        for name, value in vars(layer).items()
        if name not in LEFT_OUT and value is not False
    ]
    words = ", ".join(word for word in settings if word != "identity")
    inside = [describe_layer(child) for child in layer.layers]
    if stand_side_by_side(layer):
        alike = [(word, len(list(group))) for word, group in groupby(inside)]
        inside = [
            f"{f'{n} x ' if n > 1 else ''}({word.removeprefix('Stack ')})" for word, n in alike
        ]
    inner = "; ".join(inside)
    return f"{type(layer).__name__} {words or inner}".strip()
