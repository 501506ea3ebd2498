"""Activations and losses keep their digits: held against sixty digits of mpmath, in units of the
last place of the true value."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np
import pytest

from glassnet.activations import ACTIVATIONS, SELU_ALPHA, SELU_SCALE
from glassnet.engines import make_engine
from glassnet.engines.native import compiled
from glassnet.layers import PeriodicEmbedding
from glassnet.losses import Absolute, Logistic, Softmax
from glassnet.network import Network
from tests.conftest import oracle
from tests.laws.tables import Array

mpmath = oracle("mpmath")
DTYPES = ["float32", "float64"]

# The true function, and the units of the last place that ours may be off. GELU's far tail is
# erfc's, whose argument is rounded before it is squared.

TRUE: dict[str, tuple[Callable[[Any], Any], float]] = {
    "identity": (lambda z: z, 0.0),
    "sigmoid": (lambda z: 1 / (1 + mpmath.exp(-z)), 3.0),
    "tanh": (mpmath.tanh, 4.0),
    "relu": (lambda z: max(z, 0), 0.0),
    "leaky_relu": (lambda z: max(z, z / 100), 2.0),
    "elu": (lambda z: z if z > 0 else mpmath.expm1(z), 3.0),
    "selu": (lambda z: SELU_SCALE * (z if z > 0 else SELU_ALPHA * mpmath.expm1(z)), 4.0),
    "gelu": (lambda z: z * mpmath.erfc(-z / mpmath.sqrt(2)) / 2, 24.0),
    "silu": (lambda z: z / (1 + mpmath.exp(-z)), 4.0),
    "mish": (lambda z: z * mpmath.tanh(mpmath.log1p(mpmath.exp(z))), 8.0),
    "softplus": (lambda z: mpmath.log1p(mpmath.exp(z)), 4.0),
}


def ulps(ours: Array, true: list[Any], scale: float = 0.0) -> float:
    """The largest error in units of the last place of max(|true|, scale, the smallest normal
    number)."""
    info = np.finfo(ours.dtype)
    sizes = [max(abs(t), mpmath.mpf(scale), mpmath.mpf(float(info.tiny))) for t in true]
    return max(
        float(abs(mpmath.mpf(float(a)) - t) / s) / float(info.eps)
        for a, t, s in zip(ours, true, sizes, strict=True)
    )


def test_every_activation_has_its_true_value() -> None:
    assert set(TRUE) == set(ACTIVATIONS)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_are_right_to_a_few_units_in_the_last_place(
    name: str, dtype: str, record_property: Callable[[str, object], None]
) -> None:
    true, bound = TRUE[name]
    low = -5.0 if name == "gelu" else -80.0
    Z = np.concatenate([np.linspace(low, 80.0, 241), np.linspace(-1.0, 1.0, 61), [1e4]]).astype(
        dtype
    )
    with mpmath.workdps(60):
        worst = ulps(ACTIVATIONS[name].forward(Z), [true(mpmath.mpf(float(z))) for z in Z])
    record_property("ulps", worst)
    assert worst <= bound


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("y", [0.0, 1.0])
def test_logistic_keeps_its_tails(
    y: float, dtype: str, record_property: Callable[[str, object], None]
) -> None:
    """A sure and right answer costs exp(-|z|), to the last digits, and not 0."""
    Z = np.concatenate([np.linspace(-80.0, 80.0, 101), [1e4, -1e4]]).astype(dtype)
    with mpmath.workdps(60):
        true = [mpmath.log1p(mpmath.exp(-z if y else z)) for z in map(mpmath.mpf, map(float, Z))]
        values = [
            Logistic().value_and_gradient(np.array([[z]]), np.array([[y]], dtype))[0] for z in Z
        ]
        worst = ulps(np.array(values).astype(dtype), true)
    record_property("ulps", worst)
    assert worst <= 4.0


def engines() -> list[str]:
    plain: Any = compiled() and import_module("glassnet._native")
    return (
        [
            "reference",
            *(f"_native{name and '_' + name}" for name in ["", *plain.instruction_sets()]),
        ]
        if plain
        else ["reference"]
    )


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("engine", engines())
def test_waves_are_right_whatever_the_number_of_turns(
    engine: str,
    dtype: str,
    monkeypatch: pytest.MonkeyPatch,
    record_property: Callable[[str, object], None],
) -> None:
    """The cosine of u turns is what an embedding of one wave makes of u; the sine is the gradient
    of its shift."""
    if engine != "reference":
        monkeypatch.setattr(
            "glassnet.engines.native.compiled", lambda: import_module(f"glassnet.{engine}")
        )
    network = Network([PeriodicEmbedding(1, n_frequencies=1, n_out=1)], 1, dtype=dtype)
    for name, value in {"w1": 1.0, "b1": 0.0, "W2": 1.0, "b2": 0.0}.items():
        network.parameters[f"layers.0.{name}"][...] = value
    bound = make_engine(
        "reference" if engine == "reference" else "native", network, Absolute(), None
    )
    last = 2.0 ** np.finfo(dtype).nmant  # beyond it there are whole turns alone
    quarters = np.arange(-8, 9) / 4
    near = np.concatenate(
        [quarters, np.nextafter(quarters.astype(dtype), np.array(9, dtype)), quarters + 1e-3]
    )
    far = np.array(
        [
            1e3 + 1 / 3,
            -12345.678,
            last / 8 + 0.25,
            -last / 4 - 0.5,
            last / 2 - 0.5,
            last / 2 + 0.5,
            last + 1.0,
            -1e30,
        ]
    )
    U = np.concatenate([np.linspace(-2.0, 2.0, 301), near, far]).astype(dtype)
    sines = []
    for u in U:  # the slope of |z + 9| is 1, half of it for each of two outputs
        bound.loss_and_gradient(np.array([[u]]), np.full((1, 2), -9.0, dtype))
        sines.append(-2.0 * network.parameters.gradient_of("layers.0.b1")[0, 0])
    with mpmath.workdps(60):
        turns = [
            2 * mpmath.pi * (mpmath.mpf(float(u)) - mpmath.nint(mpmath.mpf(float(u)))) for u in U
        ]
        worst = ulps(
            bound.predict(U[:, None])[:, 1], [mpmath.cos(turn) for turn in turns], scale=1.0
        )
        worst_sine = ulps(np.array(sines, dtype), [mpmath.sin(turn) for turn in turns], scale=1.0)
    record_property("ulps", max(worst, worst_sine))
    assert worst <= (3.0 if engine == "reference" else 2.0)
    assert worst_sine <= (3.0 if engine == "reference" else 2.0)


@pytest.mark.parametrize("size", [1.0, 80.0, 1e4])
@pytest.mark.parametrize("dtype", DTYPES)
def test_softmax_is_right_to_a_few_units_of_its_logits(
    dtype: str, size: float, record_property: Callable[[str, object], None]
) -> None:
    rng = np.random.default_rng(1)
    Z = (rng.uniform(-1.0, 1.0, (40, 5)) * size).astype(dtype)
    y = rng.integers(0, 5, 40)
    P = Softmax().predict(Z)
    with mpmath.workdps(60):
        exact = [[mpmath.mpf(float(z)) for z in row] for row in Z]
        totals = [mpmath.log(sum(mpmath.exp(z) for z in row)) for row in exact]
        losses = [total - row[label] for row, total, label in zip(exact, totals, y, strict=True)]
        values = [Softmax().value_and_gradient(Z[i : i + 1], y[i : i + 1])[0] for i in range(40)]
        worst = ulps(np.array(values).astype(dtype), losses, scale=size)
        true_P = [
            mpmath.exp(z - total) for row, total in zip(exact, totals, strict=True) for z in row
        ]
        worst_P = ulps(P.ravel(), true_P, scale=1.0)
    record_property("ulps", max(worst, worst_P))
    assert worst <= 4.0
    assert worst_P <= 4.0 * max(1.0, size / 80.0)
