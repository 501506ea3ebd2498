"""First weights have the variance that their paper asks for, stay within its limits.

And follow from the seed.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from glassnet.errors import SettingError
from glassnet.initializers import INITIALIZERS, Constant, Glorot, initializer_function
from tests.laws.tables import INITIALIZER_CASES, InitializerCase

EVERY = pytest.mark.parametrize("case", INITIALIZER_CASES.values(), ids=INITIALIZER_CASES)


@EVERY
@pytest.mark.parametrize("shape", [(300, 200), (40, 500), (1, 3000)])
def test_mean_and_variance(case: InitializerCase, shape: tuple[int, int]) -> None:
    W = case.initializer(*shape, np.random.default_rng(0))
    variance = case.variance(*shape)
    assert W.shape == shape
    assert W.dtype == np.float64
    assert abs(W.mean()) <= 5.0 * np.sqrt(variance / W.size)
    assert abs(W.var() - variance) <= 5.0 * variance * np.sqrt(2.0 / W.size)


@EVERY
def test_limits(case: InitializerCase) -> None:
    W = (
        np.abs(case.initializer(60, 500, np.random.default_rng(1))).max()
        / max(case.variance(60, 500), 1e-300) ** 0.5
    )
    if case.limit is None:
        assert W > 3.5  # a normal distribution, not cut off
    else:
        assert 0.999 * case.limit <= W <= case.limit


@EVERY
def test_the_same_seed_gives_the_same_bits(case: InitializerCase) -> None:
    draw = [case.initializer(5, 4, np.random.default_rng(seed)) for seed in (3, 3, 4)]
    np.testing.assert_array_equal(draw[0], draw[1])
    assert case.limit == 0.0 or (draw[0] != draw[2]).all()


def test_a_constant_is_everywhere() -> None:
    np.testing.assert_array_equal(
        Constant(0.25)(2, 3, np.random.default_rng(0)), np.full((2, 3), 0.25)
    )


@pytest.mark.parametrize("name", INITIALIZERS)
def test_an_initializer_is_found_by_its_name(name: str) -> None:
    assert initializer_function(name) is INITIALIZERS[name]
    assert initializer_function(INITIALIZERS[name]) is INITIALIZERS[name]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: initializer_function("he_norml"),
            "unknown initializer 'he_norml'.*Did you mean 'he_normal'",
        ),
        (
            lambda: initializer_function(3),
            r"an initializer must be a function \(fan_in, fan_out, rng\), got 3",
        ),  # type: ignore[arg-type]
        (
            lambda: Glorot("triangular")(2, 2, np.random.default_rng(0)),
            "unknown distribution 'triangular'",
        ),  # type: ignore[arg-type]
    ],
)
def test_what_is_no_initializer_is_refused(make: Callable[[], Any], message: str) -> None:
    with pytest.raises(SettingError, match=message):
        make()
