"""Check the user-defined layers of a network before it is first trained.

Each layer is tested separately, on a copy of the network in float64. The tested function is the sum
of R * Y with a random R; the backward pass computes its gradients for dY = R. The input is normal,
and random numbers are added to the parameters, because initial values of 0 and 1 hide errors. If a
layer fails on such values, it is tested without the added numbers, and then on the input that it
receives in the network for some rows of X.
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

#: Number of points at which a gradient must be wrong to be rejected, and the standard deviation of
#: the random numbers that are added to the parameters there.
_POINTS, _NOISE = 3, 0.3
_BUILT_IN = frozenset(LAYERS.values())
#: Networks that passed the check.
_PASSED: WeakSet[Network] = WeakSet()


def check_own_layers(network: Network, X: Any) -> None:
    """Raise SettingError if a user-defined layer is wrong; a few rows of X are used.

    The check takes about two hundred passes of eight rows, once for each network with such a layer,
    and does not change the network.
    """
    own = any(type(layer) not in _BUILT_IN for layer in all_layers(network.layers))
    if not own or network in _PASSED:
        return
    rows = (X[:ROWS] if isinstance(X, np.ndarray) else X[:ROWS].toarray()).astype(np.float64)
    with np.errstate(all="ignore"):
        if network.dtype == np.float32:
            for trial in _trials(network.astype("float32")):
                trial.require_dtype()
        wide = network.astype("float64")
        for trial in _trials(wide):
            _check(trial, partial(_input_of, trial.p, wide.layers, wide.parameters.p.layers, rows))
    _PASSED.add(network)


def _trials(network: Network) -> Iterator[Trial]:
    """Yield a `Trial` for each user-defined layer; the layers inside belong to its trial."""

    def walk(
        layers: Sequence[Layer],
        p: Sequence[Views],
        g: Sequence[Views],
        widths: Sequence[int],
        path: str,
    ) -> Iterator[Trial]:
        for i, layer in enumerate(layers):
            if type(layer) not in _BUILT_IN:
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


def _input_of(target: Views, layers: Sequence[Layer], p: Sequence[Views], X: Array) -> Array | None:
    """Return the input that the layer with the views `target` receives for X; None if not found."""
    for layer, views in zip(layers, p, strict=True):
        if views is target:
            return X
        inside = list(zip(layer.layers, views.layers, strict=True))
        for group in [[pair] for pair in inside] if stand_side_by_side(layer) else [inside]:
            found = _input_of(target, [one for one, _ in group], [views for _, views in group], X)
            if found is not None:
                return found
        X = layer.forward(views, X, PREDICT)[0]
    return None


def _check(trial: Trial, input_in_network: Callable[[], Array | None]) -> None:
    """Raise SettingError for a broken rule, or for a gradient that is wrong at several points."""
    reason = ""
    for source in (
        lambda: np.random.default_rng(1).standard_normal((ROWS, trial.n_in)),
        input_in_network,
    ):
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
    """Return what is wrong with a gradient at each of several points, or an empty string."""
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
