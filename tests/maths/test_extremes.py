"""Far out, nothing overflows and nothing warns: inputs to 1e4 in both dtypes."""

from typing import Any

import numpy as np
import pytest

from glassnet.activations import ACTIVATIONS
from glassnet.losses import Gamma, Poisson, Tweedie, loss_traits
from tests.laws.tables import LOSS_CASES, Array

DTYPES = ["float32", "float64"]


def edges(dtype: str) -> Array:
    """Both zeros, the smallest numbers, where exp leaves the dtype, and far beyond."""
    info = np.finfo(dtype)
    sizes = [
        0.0,
        info.smallest_subnormal,
        info.tiny,
        info.eps,
        0.5,
        1.0,
        20.0,
        30.0,
        40.0,
        88.0,
        104.0,
        709.0,
        746.0,
        1e3,
        1e4,
    ]
    return np.array([sign * size for size in sizes for sign in (1.0, -1.0)], dtype)[:, None]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_are_finite_without_a_warning(name: str, dtype: str) -> None:
    f, Z = ACTIVATIONS[name], edges(dtype)
    with np.errstate(all="raise", under="ignore"):
        A = f.forward(Z)
        dZ = f.backward(A if f.keeps == "output" else Z, np.ones_like(Z))
    assert np.isfinite(A).all()
    assert np.isfinite(dZ).all()
    assert A.dtype == dZ.dtype == Z.dtype


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    "name", [name for name in LOSS_CASES if not name.startswith("custom")]
)  # a user's own function is the user's
def test_losses_are_finite_without_a_warning(name: str, dtype: str, weighted: bool) -> None:
    case = LOSS_CASES[name]
    Z = np.repeat(edges(dtype), case.n_outputs, axis=1)
    Z[:, ::2] *= -1.0
    if loss_traits(case.loss).link == "exp":
        Z = np.clip(Z, -80.0, 80.0)  # beyond, exp itself leaves float32
    y = case.draw(np.random.default_rng(0), len(Z), dtype)
    weight = np.ones(len(Z), dtype) if weighted else None
    with np.errstate(all="raise", under="ignore"):
        value, dZ = case.loss.value_and_gradient(Z, y, weight)
        prediction = case.loss.predict(Z)
    assert np.isfinite(value)
    assert isinstance(value, float)
    assert np.isfinite(dZ).all()
    assert np.isfinite(prediction).all()
    assert dZ.dtype == prediction.dtype == Z.dtype


@pytest.mark.parametrize("loss", [Poisson(), Gamma(), Tweedie()], ids=str)
def test_exponential_links_become_infinite_without_a_warning(loss: Any) -> None:
    Z = np.array([[1e4], [-1e4]])
    value, dZ = loss.value_and_gradient(Z, np.ones((2, 1)))
    assert value == np.inf
    assert not np.isnan(dZ).any()
