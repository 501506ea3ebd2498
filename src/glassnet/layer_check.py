"""Check the user-defined layers of a network before it is first trained.

It is tried by itself, on a copy of the network in float64. The value is the sum of R * Y, R random,
whose gradients the backward pass gives for dY = R. The input is normal, and random numbers are
added to those of the layer, for first values of 0 and 1 hide faults. Where a layer cannot do with
these, it meets what reaches it of the data, and then its own numbers.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any
from weakref import WeakSet

import numpy as np

from glassnet.differences import Array
from glassnet.layer_trial import ROWS, Trial, UnusableError
from glassnet.layers import LAYERS, PREDICT, Layer
from glassnet.layers.stack import all_layers, inner_widths, stand_side_by_side
from glassnet.network import Network
from glassnet.parameters import Views

#: Points at all of which a gradient must be wrong to be refused, and the size of the random numbers
#: that are added there.
_POINTS, _NOISE = 3, 0.3
_HOUSE = frozenset(LAYERS.values())
#: Networks whose layers were found right.
_FOUND_RIGHT: WeakSet[Network] = WeakSet()


def check_own_layers(network: Network, X: Any) -> None:
    """Raise SettingError where a layer of your own is wrong; a few rows of X are used.

    It costs about two hundred passes of eight rows, once for each network that has such a layer,
    and changes nothing of the network.
    """
    own = any(type(layer) not in _HOUSE for layer in all_layers(network.layers))
    if not own or network in _FOUND_RIGHT:
        return
    rows = (X[:ROWS] if isinstance(X, np.ndarray) else X[:ROWS].toarray()).astype(np.float64)
    with np.errstate(all="ignore"):
        if network.dtype == np.float32:
            for trial in _trials(network.astype("float32")):
                trial.require_dtype()
        wide = network.astype("float64")
        for trial in _trials(wide):
            _check(trial, partial(_reaching, trial.p, wide.layers, wide.parameters.p.layers, rows))
    _FOUND_RIGHT.add(network)


def _trials(network: Network) -> Iterator[Trial]:
    """Yield each layer of one's own with its views; what lies inside such a layer is part of it."""

    def walk(
        layers: Sequence[Layer],
        p: Sequence[Views],
        g: Sequence[Views],
        widths: Sequence[int],
        path: str,
    ) -> Iterator[Trial]:
        for i, layer in enumerate(layers):
            if type(layer) not in _HOUSE:
                yield Trial(layer, f"{path}layers.{i}", p[i], g[i], widths[i])
            else:
                yield from walk(
                    layer.layers,
                    p[i].layers,
                    g[i].layers,
                    inner_widths(layer, widths[i]),
                    f"{path}layers.{i}.",
                )

    return walk(
        network.layers, network.parameters.p.layers, network.parameters.g.layers, network.widths, ""
    )


def _reaching(target: Views, layers: Sequence[Layer], p: Sequence[Views], X: Array) -> Array | None:
    """Return the input of the layer of these views for X; None where it is not in these layers."""
    for layer, views in zip(layers, p, strict=True):
        if views is target:
            return X
        inside = list(zip(layer.layers, views.layers, strict=True))
        for group in [[pair] for pair in inside] if stand_side_by_side(layer) else [inside]:
            found = _reaching(target, [one for one, _ in group], [views for _, views in group], X)
            if found is not None:
                return found
        X = layer.forward(views, X, PREDICT)[0]
    return None


def _check(trial: Trial, reaching: Callable[[], Array | None]) -> None:
    """Raise SettingError for a broken rule, or a gradient that is wrong at all of a few points."""
    reason = ""
    for source in (lambda: np.random.default_rng(1).standard_normal((ROWS, trial.n_in)), reaching):
        for noise in (_NOISE, 0.0):
            try:
                X = source()
                assert X is not None
                fault = _lasting_fault(trial, X, noise)
            except UnusableError as error:
                reason = str(error)
                continue
            if fault:
                raise trial.error(fault)
            return
    raise trial.error(reason)


def _lasting_fault(trial: Trial, X: Array, noise: float) -> str:
    """Return what is wrong with a gradient at all of a few noisy points, or an empty text."""
    before = [view.copy() for view, _ in trial.tensors.values()]
    fault = ""
    for point in range(_POINTS if noise else 1):
        rng = np.random.default_rng(point)
        try:
            for view, _ in trial.tensors.values():
                view[...] += rng.normal(0.0, noise, view.shape)
            fault = trial.fault(X, rng)
        finally:
            for (view, _), values in zip(trial.tensors.values(), before, strict=True):
                view[...] = values
        if not fault:
            return ""
    return fault
