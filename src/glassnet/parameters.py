"""The parameters of a network: one flat vector, its gradient, and named views into both.

Optimizers, penalties, clipping, checkpoints and files use one vector, `theta`; layers use named
arrays. These are views, which share their memory with the vector: a layer writes its gradient into
`g.W`, and the optimizer reads it from `gradient`.

    theta       the parameter vector, which the optimizer changes
    gradient    the gradient of the loss with respect to theta, in the same layout
    statistics  tensors that no optimizer changes: running means, or bin edges learned from data

Tensors with weight decay come first in theta, those without it last, so that weight decay and
penalties apply to one slice.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate, count, groupby
from typing import Any

import numpy as np

from glassnet.errors import SettingError, did_you_mean, unknown_name

Array = np.ndarray[Any, np.dtype[Any]]

DTYPES = ("float32", "float64")


@dataclass(frozen=True)
class Spec:
    """The shape of a tensor of a layer, and how it is trained.

    lr_factor    multiplies the learning rate of this tensor
    decay_factor multiplies weight decay and penalties: 1 for weights, 0 for biases and scales
    trained      False for running statistics, which are stored separately and have no gradient
    is_valid     returns whether finite values are valid, to check a file; None allows all values
    """

    shape: tuple[int, ...]
    lr_factor: float = 1.0
    decay_factor: float = 1.0
    trained: bool = True
    is_valid: Callable[[Array], bool] | None = None

    @property
    def size(self) -> int:
        """The number of elements."""
        return math.prod(map(int, self.shape))


@dataclass(frozen=True)
class Segment:
    """A slice `[start, stop)` of theta whose elements share lr_factor and decay_factor."""

    start: int
    stop: int
    lr_factor: float
    decay_factor: float


class Views:
    """Named arrays of one layer, and the views of the layers inside it: `p.W`, `p.layers[0].W`.

    number is the index of the layer in a depth-first walk of the network: the key of its random
    numbers.
    """

    layers: tuple[Views, ...]
    number: int

    def __init__(self, arrays: Mapping[str, Array], layers: tuple[Views, ...], number: int) -> None:
        self.__dict__.update(arrays, layers=layers, number=number)

    def __setattr__(self, name: str, value: Any) -> None:
        held = self.__dict__.get(name)
        if held is None:
            names = sorted(self.arrays())
            expected = f"expected one of {', '.join(names)}" if names else "it has none"
            raise SettingError(
                f"this layer has no tensor {name!r}: {expected}.{did_you_mean(name, names)}"
            )
        if value is not held:  # g.a += ... writes into the view and then assigns it to itself
            raise SettingError(
                f"{name} is a view of the network's own memory: write into it ({name}[...] = "
                f"value) instead of setting it ({name} = value)."
            )

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"this layer has no tensor {name!r}; it has {sorted(self.arrays())}")

    def arrays(self) -> dict[str, Array]:
        """The arrays of this layer by name, without those of inner layers."""
        return {
            name: value for name, value in self.__dict__.items() if isinstance(value, np.ndarray)
        }


@dataclass(frozen=True)
class Tree:
    """The tensors that a layer needs, by name, and the trees of the layers inside it."""

    tensors: Mapping[str, Spec]
    layers: tuple[Tree, ...] = ()

    def walk(self, path: str = "") -> Iterator[tuple[str, Spec]]:
        """Yield (name, spec) of every tensor, depth first: `layers.0.W`, `layers.0.b`, ..."""
        for name, spec in self.tensors.items():
            yield path + name, spec
        for i, tree in enumerate(self.layers):
            yield from tree.walk(f"{path}layers.{i}.")


class Parameters:
    """The flat vectors of a network and the views into them.

    A mapping from tensor names to views: `parameters["layers.0.W"]` is the weight matrix itself,
    not a copy.

    Attributes
    ----------
    theta, gradient : (n_parameters,) arrays of the network's dtype
    statistics : (n_statistics,) array of the same dtype
    p, g : views by layer into theta (and statistics), and into gradient
    segments : consecutive slices of theta, each with one learning-rate factor and one decay factor
    """

    def __init__(self, tree: Tree, dtype: str = "float32") -> None:
        if dtype not in DTYPES:
            raise unknown_name("dtype", dtype, DTYPES)
        self._tree = tree
        self._layout()
        n_trained = self.segments[-1].stop if self.segments else 0
        n_statistics = sum(spec.size for _, spec in tree.walk() if not spec.trained)
        self.theta = np.zeros(n_trained, dtype)
        self.gradient = np.zeros(n_trained, dtype)
        self.statistics = np.zeros(n_statistics, dtype)
        self._bind()

    def _layout(self) -> None:
        """Assign an offset to every tensor: decayed tensors first, each group depth first."""
        specs = self._specs = dict(self._tree.walk())

        def factors(name: str) -> tuple[float, float]:
            return -specs[name].decay_factor, specs[name].lr_factor

        trained = sorted((name for name, spec in specs.items() if spec.trained), key=factors)
        self._offsets: dict[str, int] = {}
        for names in (trained, [name for name, spec in specs.items() if not spec.trained]):
            starts = accumulate((specs[name].size for name in names), initial=0)
            self._offsets.update(zip(names, starts, strict=False))
        segments = []
        for (decay, lr_factor), group in groupby(trained, factors):
            *_, last = names = list(group)
            stop = self._offsets[last] + specs[last].size
            segments.append(Segment(self._offsets[names[0]], stop, lr_factor, -decay))
        self.segments = tuple(one for one in segments if one.start < one.stop)

    def _bind(self) -> None:
        """Create the views; their memory is written to, but they are never replaced."""

        def views(tree: Tree, path: str, numbers: Iterator[int], *vectors: Array) -> Views:
            number = next(numbers)
            arrays = {
                name: self._view(path + name, vectors[not spec.trained])
                for name, spec in tree.tensors.items()
                if spec.trained or len(vectors) > 1
            }
            inner = tuple(
                views(child, f"{path}layers.{i}.", numbers, *vectors)
                for i, child in enumerate(tree.layers)
            )
            return Views(arrays, inner, number)

        self.p = views(self._tree, "", count(-1), self.theta, self.statistics)
        self.g = views(self._tree, "", count(-1), self.gradient)

    def _view(self, name: str, vector: Array) -> Array:
        start, spec = self._offsets[name], self._specs[name]
        return vector[start : start + spec.size].reshape(spec.shape)

    def __getitem__(self, name: str) -> Array:
        if name not in self._specs:
            raise unknown_name("tensor", name, self._specs)
        return self._view(name, self.theta if self._specs[name].trained else self.statistics)

    def __setitem__(self, name: str, value: Any) -> None:
        view = self[name]
        value = np.asarray(value)
        if value.shape != view.shape:
            raise SettingError(f"{name} must have shape {view.shape}, got {value.shape}.")
        view[...] = value

    def __iter__(self) -> Iterator[str]:
        return iter(self._specs)

    def __len__(self) -> int:
        return len(self._specs)

    def __contains__(self, name: object) -> bool:
        return name in self._specs

    def keys(self) -> Iterator[str]:
        """Yield the name of every tensor, statistics included, depth first."""
        return iter(self._specs)

    def items(self) -> Iterator[tuple[str, Array]]:
        """Yield (name, view) of every tensor, statistics included, depth first."""
        return ((name, self[name]) for name in self._specs)

    def gradient_of(self, name: str) -> Array:
        """The view into the gradient for a tensor."""
        if name not in (trained := [n for n, spec in self._specs.items() if spec.trained]):
            raise unknown_name("trained tensor", name, trained)
        return self._view(name, self.gradient)

    def offset(self, name: str) -> int:
        """The index at which a tensor begins, in theta or in the statistics."""
        return self._offsets[name]

    def spec(self, name: str) -> Spec:
        """The shape and the factors of a tensor."""
        return self._specs[name]

    def astype(self, dtype: str) -> Parameters:
        """Return a copy in another dtype, with a zero gradient."""
        other = Parameters(self._tree, dtype)
        other.theta[...], other.statistics[...] = self.theta, self.statistics
        return other

    # The default methods would copy each view separately from its vector, and so silently break the
    # connection.
    def __getstate__(self) -> dict[str, Any]:
        return {
            "tree": self._tree,
            "theta": self.theta,
            "gradient": self.gradient,
            "statistics": self.statistics,
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._tree = state["tree"]
        self._layout()
        # Copied, because arrays from a read-only memory map (joblib) could not be written to.
        self.theta, self.gradient, self.statistics = (
            np.array(state[name], copy=True) for name in ("theta", "gradient", "statistics")
        )
        self._bind()
