"""Every optimizer steps in place over one vector, honors what its segments say.

And does not care how the vector is cut.
"""

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from glassnet.errors import SettingError
from glassnet.optimizers import (
    LBFGS,
    OPTIMIZERS,
    SGD,
    Adam,
    AdamW,
    Optimizer,
    RMSprop,
    clip_norm,
    optimizer_settings,
)
from glassnet.optimizers.optimizer import BLOCK
from glassnet.parameters import Segment
from tests.laws.tables import STEPPERS, Array

EVERY = pytest.mark.parametrize("optimizer", STEPPERS.values(), ids=STEPPERS)
N = 40


def walk(
    optimizer: Optimizer,
    theta: Array,
    segments: list[Segment],
    lr: float = 0.05,
    n_steps: int = 7,
    seed: int = 0,
) -> Array:
    """Theta after a few steps along drawn gradients.

    Which depend on the seed and the place in the vector alone.
    """
    theta = theta.copy()
    state = optimizer.start(theta)
    for step in range(n_steps):
        gradient = (
            np.random.default_rng([seed, step]).standard_normal(theta.size).astype(theta.dtype)
        )
        optimizer.step(state, theta, gradient, segments, lr)
    return theta


def start(n: int = N, dtype: str = "float64") -> Array:
    return np.random.default_rng(9).standard_normal(n).astype(dtype)


def one(n: int = N, lr_factor: float = 1.0, decay_factor: float = 1.0) -> list[Segment]:
    return [Segment(0, n, lr_factor, decay_factor)]


@EVERY
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_step_is_taken_in_place_and_leaves_the_gradient(optimizer: Optimizer, dtype: str) -> None:
    theta, gradient = start(dtype=dtype), start(dtype=dtype) + 1
    before, gradient_before = theta.copy(), gradient.copy()
    state = optimizer.start(theta)
    vectors = dict(state.vectors)
    view = theta[3:5]
    for t in (1, 2, 3):
        optimizer.step(state, theta, gradient, one(), 0.05)
        assert state.t == t
    np.testing.assert_array_equal(gradient, gradient_before)
    assert np.shares_memory(view, theta)
    assert (view != before[3:5]).all()
    assert theta.dtype == dtype
    assert state.vectors.keys() == vectors.keys()
    for name, vector in vectors.items():
        assert state.vectors[name] is vector
        assert vector.shape == theta.shape
        assert vector.dtype == dtype
        assert vector.any()


@EVERY
def test_a_segments_rate_factor_multiplies_the_rate_of_that_stretch(optimizer: Optimizer) -> None:
    segments = [Segment(0, 10, 0.1, 1.0), Segment(10, 25, 1.0, 1.0), Segment(25, N, 6.0, 1.0)]
    found = walk(optimizer, start(), segments)
    for segment in segments:
        alone = walk(optimizer, start(), one(), lr=0.05 * segment.lr_factor)
        np.testing.assert_allclose(
            found[segment.start : segment.stop], alone[segment.start : segment.stop], rtol=1e-13
        )


@EVERY
def test_a_rate_factor_of_zero_freezes(optimizer: Optimizer) -> None:
    found = walk(optimizer, start(), [Segment(0, 10, 0.0, 1.0), Segment(10, N, 1.0, 1.0)])
    np.testing.assert_array_equal(found[:10], start()[:10])
    assert (found[10:] != start()[10:]).all()


@EVERY
def test_decay_acts_by_the_segments_decay_factor(optimizer: Optimizer) -> None:
    segments = [Segment(0, 10, 1.0, 1.0), Segment(10, 25, 1.0, 0.5), Segment(25, N, 1.0, 0.0)]
    found = walk(optimizer, start(), segments)
    if not isinstance(optimizer, AdamW):
        np.testing.assert_array_equal(found, walk(optimizer, start(), one(decay_factor=0.0)))
        return
    plain = Adam(optimizer.lr, optimizer.beta1, optimizer.beta2, optimizer.eps)
    np.testing.assert_array_equal(found[25:], walk(plain, start(), one())[25:])
    halved = AdamW(
        optimizer.lr,
        optimizer.beta1,
        optimizer.beta2,
        optimizer.eps,
        weight_decay=0.5 * optimizer.weight_decay,
    )
    np.testing.assert_allclose(found[10:25], walk(halved, start(), one())[10:25], rtol=1e-13)
    np.testing.assert_array_equal(found[:10], walk(optimizer, start(), one())[:10])


@EVERY
def test_without_a_gradient_only_decay_moves(optimizer: Optimizer) -> None:
    theta = start()
    state = optimizer.start(theta)
    for _ in range(5):
        optimizer.step(state, theta, np.zeros(N), one(), 0.1)
    kept = (1.0 - 0.1 * optimizer.weight_decay) ** 5 if isinstance(optimizer, AdamW) else 1.0
    np.testing.assert_allclose(theta, kept * start(), rtol=1e-13)


@EVERY
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_vector_longer_than_a_block_moves_as_its_parts_do(
    optimizer: Optimizer, dtype: str
) -> None:
    n = 2 * BLOCK + 5
    cut = BLOCK + 3
    segments = [Segment(0, cut, 1.0, 1.0), Segment(cut, n, 0.5, 0.0)]
    whole, gradient = start(n, dtype), start(n, dtype)[::-1].copy()
    state = optimizer.start(whole)
    parts = [start(n, dtype)[at : at + 1000] for at in range(0, n, 1000)]
    states = [optimizer.start(part) for part in parts]
    for _ in range(3):
        optimizer.step(state, whole, gradient, segments, 0.05)
        for i, part in enumerate(parts):
            at = 1000 * i
            inside = [
                Segment(
                    max(s.start - at, 0), min(s.stop - at, part.size), s.lr_factor, s.decay_factor
                )
                for s in segments
                if s.start < at + part.size and s.stop > at
            ]
            optimizer.step(states[i], part, gradient[at : at + 1000], inside, 0.05)
    np.testing.assert_array_equal(whole, np.concatenate(parts))


@EVERY
def test_how_a_vector_is_cut_into_segments_does_not_matter(optimizer: Optimizer) -> None:
    cut = [Segment(at, at + 8, 1.0, 1.0) for at in range(0, N, 8)]
    np.testing.assert_array_equal(walk(optimizer, start(), cut), walk(optimizer, start(), one()))


@EVERY
def test_a_copied_state_goes_on_as_the_first_would_have(optimizer: Optimizer) -> None:
    theta = start()
    state = optimizer.start(theta)
    for _ in range(3):
        optimizer.step(state, theta, start() + 1, one(), 0.05)
    theta_again, state_again = theta.copy(), copy.deepcopy(state)
    for vector, parameters in ((state, theta), (state_again, theta_again)):
        optimizer.step(vector, parameters, start(), one(), 0.05)
    np.testing.assert_array_equal(theta, theta_again)


@EVERY
def test_a_bowl_is_descended(optimizer: Optimizer) -> None:
    theta, curvature = start(), np.linspace(0.5, 2.0, N)
    state = optimizer.start(theta)
    for step in range(400):
        optimizer.step(state, theta, curvature * theta, one(), 0.05 * (1 - step / 400))
    assert np.linalg.norm(theta) <= 1e-2 * np.linalg.norm(start())


@EVERY
def test_a_network_without_parameters_is_stepped(optimizer: Optimizer) -> None:
    theta = np.zeros(0)
    optimizer.step(optimizer.start(theta), theta, np.zeros(0), [], 0.1)


def test_first_steps_are_what_the_formulas_say() -> None:
    g, lr = start(), 0.05
    expected: dict[Optimizer, Array] = {
        SGD(0.1): lr * g,
        SGD(0.1, momentum=0.9): lr * g,
        SGD(0.1, momentum=0.9, nesterov=True): lr * 1.9 * g,
        SGD(0.1, momentum=0.9, lr_in_velocity=True): lr * g,
        SGD(0.1, momentum=1.0, nesterov=True, lr_in_velocity=True): lr * 2.0 * g,
        RMSprop(rho=0.9, eps=1e-3): lr * g / (np.sqrt(0.1 * g * g) + 1e-3),
        Adam(eps=1e-3): lr * g / (np.abs(g) + 1e-3),
        Adam(eps=1e-3, uncorrected_eps=True): lr * 0.001**0.5 * g / (0.001**0.5 * np.abs(g) + 1e-3),
        AdamW(eps=1e-3, weight_decay=0.2): lr * (0.2 * start() + g / (np.abs(g) + 1e-3)),
    }
    for optimizer, move in expected.items():
        theta = start()
        optimizer.step(optimizer.start(theta), theta, g, one(), lr)
        np.testing.assert_allclose(start() - theta, move, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("nesterov", [False, True])
def test_the_rate_inside_the_velocity_differs_only_where_the_rate_changes(nesterov: bool) -> None:
    inside, outside = (
        SGD(0.1, momentum=0.9, nesterov=nesterov, lr_in_velocity=inside) for inside in (True, False)
    )
    np.testing.assert_allclose(
        walk(inside, start(), one()), walk(outside, start(), one()), rtol=1e-13
    )
    moves = []
    for optimizer in (inside, outside):
        theta, g = np.zeros(N), start()
        state = optimizer.start(theta)
        for lr in (0.05, 0.0):
            optimizer.step(state, theta, g, one(), lr)
        moves.append(-theta / g)
    np.testing.assert_allclose(moves[1], 0.05 * (1.9 if nesterov else 1.0), rtol=1e-13)
    np.testing.assert_allclose(moves[0], moves[1] + 0.05 * (0.81 if nesterov else 0.9), rtol=1e-13)


@pytest.mark.parametrize("lr_in_velocity", [False, True])
def test_a_momentum_of_one_forgets_nothing(lr_in_velocity: bool) -> None:
    theta = np.zeros(N)
    optimizer = SGD(0.1, momentum=1.0, lr_in_velocity=lr_in_velocity)
    state = optimizer.start(theta)
    for _ in range(4):
        optimizer.step(state, theta, start(), one(), 0.05)
    np.testing.assert_allclose(theta, -0.05 * (1 + 2 + 3 + 4) * start(), rtol=1e-13)


def test_a_longer_gradient_is_clipped_to_the_norm_and_a_shorter_one_is_not() -> None:
    gradient = np.array([3.0, 4.0])
    clip_norm(gradient, 5.0, 10.0)
    np.testing.assert_array_equal(gradient, [3.0, 4.0])
    clip_norm(gradient, 5.0, 1.0)
    np.testing.assert_allclose(gradient, [0.6, 0.8], rtol=1e-15)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_optimizer_is_found_by_its_name(name: str) -> None:
    assert optimizer_settings(name) is OPTIMIZERS[name]
    assert optimizer_settings(OPTIMIZERS[name]) is OPTIMIZERS[name]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: SGD(0.0), "the learning rate must be a positive number, got 0.0"),
        (
            lambda: Adam(lr=float("nan")),
            "the learning rate must be a positive number, got nan",
        ),
        (lambda: SGD("0.1"), "the learning rate must be a positive number, got '0.1'"),  # type: ignore[arg-type]
        (lambda: Adam(None), "the learning rate must be a positive number, got None"),  # type: ignore[arg-type]
        (lambda: Adam(True), "the learning rate must be a positive number, got True"),
        (
            lambda: AdamW(weight_decay="0.1"),
            "weight_decay must be zero or a positive number, got '0.1'",
        ),  # type: ignore[arg-type]
        (lambda: optimizer_settings(Adam), r"got the class Adam: write Adam\(\)"),  # type: ignore[arg-type]
        (lambda: SGD(0.1, momentum=1.1), r"momentum must be in \[0, 1\], got 1.1"),
        (lambda: SGD(0.1, momentum=-0.1), r"momentum must be in \[0, 1\], got -0.1"),
        (lambda: SGD(0.1, momentum="1"), r"momentum must be in \[0, 1\], got '1'"),  # type: ignore[arg-type]
        (lambda: SGD(0.1, lr_in_velocity="no"), "lr_in_velocity must be True or False, got 'no'"),  # type: ignore[arg-type]
        (lambda: Adam(uncorrected_eps=1), "uncorrected_eps must be True or False, got 1"),  # type: ignore[arg-type]
        (
            lambda: SGD(0.1, nesterov=True),
            "nesterov needs a momentum above 0, but momentum is 0: set momentum",
        ),
        (lambda: RMSprop(rho=-0.1), r"rho must be in \[0, 1\), got -0.1"),
        (lambda: RMSprop(eps=0.0), "eps must be a positive number, got 0.0"),
        (lambda: Adam(beta1=1.0), r"beta1 must be in \[0, 1\), got 1.0"),
        (lambda: Adam(beta2=2.0), r"beta2 must be in \[0, 1\), got 2.0"),
        (
            lambda: AdamW(weight_decay=-1.0),
            "weight_decay must be zero or a positive number, got -1.0",
        ),
        (lambda: LBFGS(history=0), "history must be a positive number, got 0"),
        (
            lambda: LBFGS(gradient_tolerance=-1.0),
            "gradient_tolerance must be zero or a positive number, got -1.0",
        ),
        (
            lambda: LBFGS(value_tolerance=-1.0),
            "value_tolerance must be zero or a positive number, got -1.0",
        ),
        (
            lambda: LBFGS(value_tolerance=float("nan")),
            "value_tolerance must be zero or a positive number, got nan",
        ),
        (
            lambda: LBFGS(gradient_tolerance="0"),
            "gradient_tolerance must be zero or a positive number, got '0'",
        ),  # type: ignore[arg-type]
        (lambda: optimizer_settings("adm"), "unknown optimizer 'adm'.*Did you mean 'adam'"),
        (
            lambda: optimizer_settings(0.1),
            r"an optimizer must be a name or an object such as Adam\(lr=1e-3\), got 0.1",
        ),  # type: ignore[arg-type]
    ],
)
def test_a_setting_that_does_not_fit_is_refused(make: Callable[[], Any], message: str) -> None:
    with pytest.raises(SettingError, match=message):
        make()
