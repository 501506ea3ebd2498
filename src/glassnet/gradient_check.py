"""Check all gradients of a network against central differences of its loss."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from glassnet.differences import TOLERANCE, Array, Value, gradient_error, worst_element
from glassnet.errors import DataError, SettingError
from glassnet.layer_check import check_own_layers
from glassnet.layers import Run
from glassnet.layers.stack import describe_layer
from glassnet.losses import Loss, check_own_loss, loss_function
from glassnet.network import Network

_ROWS = 32
_RUN = Run(training=True)


@dataclass(frozen=True)
class GradientCheck:
    """The result of a check that found nothing wrong.

    Attributes
    ----------
    errors : the largest relative error of the gradient of each parameter, by its name, and of the
        input, "X"
    """

    errors: Mapping[str, float]

    @property
    def largest(self) -> float:
        """The largest of the errors."""
        return max(self.errors.values())


def check_gradients(
    network: Network, X: Any, y: Any, *, loss: str | Loss | Callable[[Array, Array], Any]
) -> GradientCheck:
    """Check the gradients of all parameters and of X against central differences of the loss.

    Everything is computed in float64 on a copy; the network is not changed.

    The first 32 rows are used, in training mode. Random numbers are added to the parameters,
    because initial values of 0 and 1 hide errors. Kinks, as of ReLU, are not reported.

    Parameters
    ----------
    network : a network of any layers
    X : (n, n_features) array or CSR matrix
    y : the target in the form that the loss expects
    loss : name, object or function (Z, y) -> (L, dZ)

    Raises
    ------
    SettingError
        For a wrong gradient, with the layer, the parameter, the element, its value and the expected
        value; for a user-defined layer or loss that breaks another rule, such as a gradient that is
        not written.

    Examples
    --------
    >>> import numpy as np
    >>> from glassnet import Dense, Network, check_gradients
    >>> rng = np.random.default_rng(0)
    >>> X, y = rng.standard_normal((20, 3)), rng.standard_normal(20)
    >>> network = Network([Dense(4, "relu"), Dense(1)], n_features=3)
    >>> check = check_gradients(network, X, y, loss="squared")
    >>> sorted(check.errors), check.largest < 1e-5
    (['X', 'layers.0.W', 'layers.0.b', 'layers.1.W', 'layers.1.b'], True)
    """
    if not isinstance(network, Network):
        raise SettingError(f"network must be a glassnet.Network, got {network!r}.")
    made = loss_function(loss)
    copy = network.astype("float64")
    X, y = copy.check_input(X), np.asarray(y)
    if not X.shape[0] or len(y) != X.shape[0]:
        raise DataError(
            f"X and y must have as many rows, at least 1, got {X.shape[0]} and {len(y)}."
        )
    X = X[:_ROWS]
    X = X if isinstance(X, np.ndarray) else X.toarray()
    y = made.prepare(y[:_ROWS], copy.n_outputs, copy.dtype)
    check_own_loss(made, y, copy.n_outputs)
    check_own_layers(network, X)
    rng = np.random.default_rng(0)
    copy.parameters.theta += rng.normal(0.0, 0.1, copy.parameters.theta.size)
    # Move rows away from kinks, such as rows of zeros before ReLU, or numbers at the edge of a bin.
    X = X + 1e-3 * np.maximum(X.std(axis=0), 1.0) * rng.standard_normal(X.shape)
    with np.errstate(all="ignore"):
        return GradientCheck(_errors(copy, X, y, made, rng))


def _errors(
    network: Network, X: Array, y: Array, loss: Loss, rng: np.random.Generator
) -> dict[str, float]:
    parameters, errors = network.parameters, {}
    for name, at, gradient in _gradients(network, X, y, loss):
        value = _objective(network, X, y, loss, None if name == "X" else name)
        errors[name] = gradient_error(value, at, gradient, rng)
        if not errors[name] <= TOLERANCE:
            index, given, expected = worst_element(value, at, gradient)
            which = "the input X" if name == "X" else f"{name} ({_layer_of(network, name)})"
            raise SettingError(
                f"the gradient of {which} is not the derivative of the loss: at {list(index)} it "
                f"is {given:.6g}, but central differences say {expected:.6g}."
            )
    parameters.gradient[...] = 0.0
    return errors


def _gradients(network: Network, X: Array, y: Array, loss: Loss) -> list[tuple[str, Array, Array]]:
    """Return (name, values, gradient) of each trained tensor and of X."""
    parameters = network.parameters
    statistics = parameters.statistics.copy()
    Z, caches = network.forward(X, _RUN)
    parameters.statistics[...] = statistics
    _, dZ = loss.value_and_gradient(Z, y)
    dX = network.backward(caches, dZ, needs_dX=True)
    assert dX is not None
    trained = [name for name in parameters if network.spec(name).trained]
    return [
        *((name, parameters[name].copy(), parameters.gradient_of(name).copy()) for name in trained),
        ("X", X, dX),
    ]


def _objective(network: Network, X: Array, y: Array, loss: Loss, name: str | None) -> Value:
    """Return the mean loss as a function of one tensor, or of X if the name is None."""
    parameters = network.parameters
    statistics = parameters.statistics.copy()
    differentiated = _differentiated_loss(loss)
    view = None if name is None else parameters[name]

    def value(at: Array) -> tuple[float, float]:
        before = None if view is None else view.copy()
        if view is not None:
            view[...] = at
        Z, _ = network.forward(at if view is None else X, _RUN)
        parameters.statistics[...] = statistics
        if view is not None:
            view[...] = before
        mean, _ = differentiated.value_and_gradient(Z, y)
        return mean, abs(mean)

    return value


def _differentiated_loss(loss: Any) -> Any:
    """Return the loss whose derivative the gradient is.

    With two settings, taken from scikit-learn, the gradient is not that of the value.
    """
    if getattr(loss, "reduction", None) == "mean_of_sum":
        loss = replace(loss, reduction="sum")
    return replace(loss, clip_eps=0.0) if getattr(loss, "clip_eps", 0.0) else loss


def _layer_of(network: Network, name: str) -> str:
    """Return a description of the layer that a tensor belongs to."""
    layers: Sequence[Any] = network.layers
    *path, _ = name.split(".")
    layer = None
    for index in path[1::2]:
        layer = layers[int(index)]
        layers = layer.layers
    return describe_layer(layer) if layer is not None else name
