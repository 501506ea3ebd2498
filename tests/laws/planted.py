"""Faults to plant in backward passes.

Each is one that somebody has really made, and the gradient law must see every one.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from glassnet.activations import ACTIVATIONS, SELU_ALPHA, SELU_SCALE, gelu
from glassnet.layers import (
    Activation,
    BatchNorm,
    CategoryEmbedding,
    Dense,
    Dropout,
    LayerNorm,
    Members,
    PeriodicEmbedding,
    PiecewiseLinearEmbedding,
    Residual,
    RMSNorm,
    Scale,
    Stack,
)
from glassnet.layers.stack import stack_backward
from glassnet.losses import (
    Gamma,
    Huber,
    Logistic,
    Poisson,
    Quantile,
    Softmax,
    Squared,
    Tweedie,
    classification,
    regression,
)
from glassnet.penalties import Penalty
from tests.laws.tables import Array

Fault = Callable[[pytest.MonkeyPatch], None]


def activation(name: str, backward: Callable[[Array, Array], Array]) -> Fault:
    return lambda patch: patch.setitem(
        ACTIVATIONS, name, replace(ACTIVATIONS[name], backward=backward)
    )


def after(kind: type, spoil: Callable[..., Any]) -> Fault:
    """Run the true backward pass of a layer, then `spoil(p, g, cache, dY, dX)`.

    Which may write into g, and return its dX.
    """
    true: Callable[..., Any] = kind.backward  # type: ignore[attr-defined]

    def backward(self: Any, p: Any, g: Any, cache: Any, dY: Array, needs_dX: bool = True) -> Any:
        dX = true(self, p, g, cache, dY, needs_dX)
        return spoil(p, g, cache, dY, dX)

    return lambda patch: patch.setattr(kind, "backward", backward)


def write(tensor: str, wrong: Callable[..., Any]) -> Callable[..., Any]:
    """Spoil one tensor's gradient and leave dX as it is."""

    def spoil(p: Any, g: Any, cache: Any, dY: Array, dX: Any) -> Any:
        getattr(g, tensor)[...] = wrong(p, g, cache, dY)
        return dX

    return spoil


def one_percent(p: Any, g: Any, cache: Any, dY: Array) -> Array:
    dW: Array = g.W.copy()
    dW.flat[np.argmax(np.abs(dW))] *= 1.01
    return dW


def loss_gradient(kind: type, wrong: Callable[[Array, Array, Any, Array], Array]) -> Fault:
    """Pass (Z, y, weight, dZ) of a loss through `wrong`."""
    true: Callable[..., Any] = kind.value_and_gradient  # type: ignore[attr-defined]

    def value_and_gradient(
        self: Any, Z: Array, y: Array, weight: Any = None
    ) -> tuple[float, Array]:
        value, dZ = true(self, Z, y, weight)
        return value, wrong(Z, y, weight, dZ.copy())

    return lambda patch: patch.setattr(kind, "value_and_gradient", value_and_gradient)


def mean_of(wrong: Callable[[Array, Any, int], Array]) -> Fault:
    """Replace the gradient of the weighted mean that the losses share by `wrong(dZ, weight.

    N_outputs)`.
    """
    true = regression.weighted_mean

    def weighted_mean(
        L: Array, dZ: Array, weight: Any, outputs: str = "mean"
    ) -> tuple[float, Array]:
        n_outputs = L.shape[1] if L.ndim == 2 and outputs == "mean" else 1
        return true(L, dZ.copy(), weight, outputs)[0], wrong(dZ, weight, n_outputs)

    return in_every_loss(weighted_mean)


def in_every_loss(weighted_mean: Callable[..., tuple[float, Array]]) -> Fault:
    def plant(patch: pytest.MonkeyPatch) -> None:
        patch.setattr(regression, "weighted_mean", weighted_mean)
        patch.setattr(classification, "weighted_mean", weighted_mean)

    return plant


def sum_as_mean(L: Array, dZ: Array, weight: Any, outputs: str = "mean") -> tuple[float, Array]:
    return true_mean(L, dZ.copy(), weight, outputs)[0], true_mean(L, dZ, weight)[1]


true_mean = regression.weighted_mean


def missing_class(Z: Array, y: Array, weight: Any, dZ: Array) -> Array:
    dZ[:, -1] = 0.0
    return dZ


def penalty_without_factor(
    self: Penalty, theta: Array, gradient: Array, segments: Any, total_weight: float
) -> float:
    value = true_penalty(self, theta, gradient.copy(), segments, total_weight)
    gradient += (self.l1 * np.sign(theta) + self.l2 * theta) / (
        total_weight if self.per_batch else 1.0
    )
    return value


def penalty_of_one_row(
    self: Penalty, theta: Array, gradient: Array, segments: Any, total_weight: float
) -> float:
    true_penalty(self, theta, gradient, segments, 1.0)
    return true_penalty(self, theta, np.zeros_like(gradient), segments, total_weight)


true_penalty = Penalty.add_gradient


def no_shortcut(self: Any, p: Any, g: Any, caches: Any, dY: Array, needs_dX: bool = True) -> Any:
    return stack_backward(self.layers, p.layers, g.layers, caches, dY, needs_dX)


def first_inside_lost(
    self: Any, p: Any, g: Any, caches: Any, dY: Array, needs_dX: bool = True
) -> Any:
    dX = stack_backward(self.layers, p.layers, g.layers, caches, dY, needs_dX)
    for gradient in g.layers[0].arrays().values():
        gradient[...] = 0.0
    return dX


def whole_gradient_to_each(
    self: Any, p: Any, g: Any, caches: Any, dY: Array, needs_dX: bool = True
) -> Any:
    return true_members_backward(self, p, g, caches, dY * len(self.layers), needs_dX)


def first_member_alone(
    self: Any, p: Any, g: Any, caches: Any, dY: Array, needs_dX: bool = True
) -> Any:
    true_members_backward(self, p, g, caches, dY, needs_dX)
    return self.layers[0].backward(
        p.layers[0], g.layers[0], caches[0], dY / len(self.layers), needs_dX
    )


true_members_backward = Members.backward


def straight_part_forgotten(p: Any, g: Any, cache: Any, dY: Array, dX: Any) -> Any:
    return dX - (1.0 - p.a) * dY if "a" in p.arrays() else dX


def mix_by_the_output(p: Any, g: Any, cache: Any, dY: Array, dX: Any) -> Any:
    if "a" in p.arrays():
        g.a[...] = (dY * cache[0]).sum(axis=0)
    return dX


def last_row_of_a_level(p: Any, g: Any, codes: Any, dY: Array, dX: Any) -> Any:
    k = g.T0.shape[1]
    first = dY.shape[1] - k * len(codes)
    g.T0[codes[0]] = dY[:, first : first + k]
    return dX


def codes_pass_gradients(p: Any, g: Any, codes: Any, dY: Array, dX: Any) -> Any:
    dX[:, -1] = dY[:, -1]
    return dX


def own_bin_alone(p: Any, g: Any, cache: Any, dY: Array) -> Array:
    k = g.W.shape[1]
    gradients = [dY[:, j * (1 + k) + 1 : (j + 1) * (1 + k)] for j in range(len(cache))]
    return np.concatenate(
        [np.where(E == 1.0, 0.0, E).T @ dE for (_, _, E), dE in zip(cache, gradients, strict=True)]
    )


FAULTS: dict[str, Fault] = {
    "dense: wrong sign of dW": after(Dense, write("W", lambda p, g, cache, dY: -g.W)),
    "dense: forgotten db": after(Dense, write("b", lambda p, g, cache, dY: 0.0)),
    "dense: db is a mean, not a sum": after(
        Dense, write("b", lambda p, g, cache, dY: g.b / len(dY))
    ),
    "dense: one entry of dW too large by one percent": after(Dense, write("W", one_percent)),
    "dense: W used where W^T belongs": after(
        Dense, lambda p, g, cache, dY, dX: dY @ p.W if dX.shape == dY.shape else dX
    ),
    "dense: the activation's slope left out of db": after(
        Dense, write("b", lambda p, g, cache, dY: dY.sum(axis=0))
    ),
    "dense: dW added to what stood there": after(
        Dense, write("W", lambda p, g, cache, dY: 2.0 * g.W)
    ),
    "sigmoid: slope A instead of A (1 - A)": activation("sigmoid", lambda A, dA: dA * A),
    "tanh: 1 - A instead of 1 - A^2": activation("tanh", lambda A, dA: dA * (1.0 - A)),
    "relu: lets everything pass": activation("relu", lambda A, dA: dA),
    "leaky relu: slope 0.01 everywhere": activation("leaky_relu", lambda A, dA: 0.01 * dA),
    "selu: the scale forgotten": activation(
        "selu", lambda A, dA: dA * np.where(A > 0.0, 1.0, A + SELU_SCALE * SELU_ALPHA)
    ),
    "gelu: density term forgotten": activation("gelu", lambda Z, dA: dA * gelu(Z) / Z),
    "silu: the factor Z forgotten": activation("silu", lambda Z, dA: dA / (1.0 + np.exp(-Z))),
    "batch norm: the term of the mean missing": after(
        BatchNorm,
        lambda p, g, cache, dY, dX: dX + p.gamma * cache[1] * g.beta / len(dY) if cache[2] else dX,
    ),
    "batch norm: the term of the variance missing": after(
        BatchNorm,
        lambda p, g, cache, dY, dX: (
            dX + p.gamma * cache[1] * cache[0] * g.gamma / len(dY) if cache[2] else dX
        ),
    ),
    "batch norm: in prediction differentiated as in training": after(
        BatchNorm, lambda p, g, cache, dY, dX: dX if cache[2] else dX - dX.mean(axis=0)
    ),
    "batch norm: dgamma without the normalized signal": after(
        BatchNorm, write("gamma", lambda p, g, cache, dY: g.beta)
    ),
    "layer norm: the term of the mean missing": after(
        LayerNorm,
        lambda p, g, cache, dY, dX: dX + cache[1] * (dY * p.gamma).mean(axis=1, keepdims=True),
    ),
    "layer norm: gamma forgotten": after(LayerNorm, lambda p, g, cache, dY, dX: dX / p.gamma),
    "rms norm: the term of the mean square missing": after(
        RMSNorm, lambda p, g, cache, dY, dX: cache[1] * dY * p.gamma
    ),
    "dropout: a stale mask": after(
        Dropout, lambda p, g, M, dY, dX: dX if M is None else dY * np.roll(M, 1, axis=1)
    ),
    "dropout: the mask without its scale": after(
        Dropout, lambda p, g, M, dY, dX: dX if M is None else dY * (M > 0.0)
    ),
    "scale: ds without the signal": after(Scale, write("s", lambda p, g, X, dY: dY.sum(axis=0))),
    "scale: the factor forgotten": after(Scale, lambda p, g, X, dY, dX: dY),
    "parametric: the straight part forgotten": after(Activation, straight_part_forgotten),
    "parametric: da without the input": after(Activation, mix_by_the_output),
    "periodic: a turn is not 2 pi": after(
        PeriodicEmbedding, write("w1", lambda p, g, cache, dY: g.w1 / (2.0 * np.pi))
    ),
    "periodic: wrong sign of the slope": after(
        PeriodicEmbedding, write("b1", lambda p, g, cache, dY: -g.b1)
    ),
    "periodic: one entry of dW2 lost": after(
        PeriodicEmbedding,
        write("W2", lambda p, g, cache, dY: np.where(g.W2.max() > g.W2, g.W2, 0.0)),
    ),
    "periodic: the waves forgotten in dX": after(
        PeriodicEmbedding, lambda p, g, cache, dY, dX: dY[:, -dX.shape[1] :]
    ),
    "piecewise: the bins below forgotten": after(
        PiecewiseLinearEmbedding, write("W", own_bin_alone)
    ),
    "piecewise: db of the first line alone": after(
        PiecewiseLinearEmbedding,
        write("b", lambda p, g, cache, dY: g.b * (np.arange(g.b.shape[1]) == 0)),
    ),
    "piecewise: the lines forgotten in dX": after(
        PiecewiseLinearEmbedding, lambda p, g, cache, dY, dX: dY[:, -dX.shape[1] :]
    ),
    "categories: the last row of a level alone": after(CategoryEmbedding, last_row_of_a_level),
    "categories: a code has a gradient": after(CategoryEmbedding, codes_pass_gradients),
    "residual: the shortcut forgotten": lambda patch: patch.setattr(
        Residual, "backward", no_shortcut
    ),
    "stack: the gradients of the first layer inside lost": lambda patch: patch.setattr(
        Stack, "backward", first_inside_lost
    ),
    "members: each given all of dY": lambda patch: patch.setattr(
        Members, "backward", whole_gradient_to_each
    ),
    "members: dX of the first alone": lambda patch: patch.setattr(
        Members, "backward", first_member_alone
    ),
    "softmax: a class missing": loss_gradient(Softmax, missing_class),
    "logistic: wrong sign": loss_gradient(Logistic, lambda Z, y, weight, dZ: -dZ),
    "squared: the half forgotten": loss_gradient(Squared, lambda Z, y, weight, dZ: 2.0 * dZ),
    "huber: not cut off": loss_gradient(
        Huber, lambda Z, y, weight, dZ: dZ if weight is not None else (Z - y) / Z.size
    ),
    "quantile: q and 1 - q exchanged": loss_gradient(
        Quantile, lambda Z, y, weight, dZ: -np.flip(dZ, axis=1)
    ),
    "poisson: the link forgotten": loss_gradient(
        Poisson, lambda Z, y, weight, dZ: dZ if weight is not None else (Z - y) / Z.size
    ),
    "gamma: constant gradient": loss_gradient(
        Gamma, lambda Z, y, weight, dZ: np.full_like(dZ, 1.0 / dZ.size)
    ),
    "tweedie: the power of the mean alone": loss_gradient(
        Tweedie, lambda Z, y, weight, dZ: dZ * np.exp(0.5 * Z)
    ),
    "losses: not divided by the weights": mean_of(
        lambda dZ, weight, k: dZ * (1.0 if weight is None else weight[:, None]) / (len(dZ) * k),
    ),
    "losses: weights left out of the gradient": mean_of(lambda dZ, weight, k: dZ / (len(dZ) * k)),
    "losses: not divided by the outputs": mean_of(
        lambda dZ, weight, k: (
            dZ / len(dZ) if weight is None else dZ * (weight / weight.sum())[:, None]
        ),
    ),
    "losses: the gradient of a sum over outputs taken as that of their mean": in_every_loss(
        sum_as_mean
    ),
    "penalty: per batch in the value only": lambda patch: patch.setattr(
        Penalty, "add_gradient", penalty_of_one_row
    ),
    "penalty: biases penalized in the gradient only": lambda patch: patch.setattr(
        Penalty, "add_gradient", penalty_without_factor
    ),
}
