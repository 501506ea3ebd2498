"""Penalties add their value and their gradient, by the decay factor of each stretch.

The gradient law checks their derivative.
"""

from typing import Any

import numpy as np
import pytest

from glassnet.errors import SettingError
from glassnet.parameters import Segment
from glassnet.penalties import Penalty

SEGMENTS = [Segment(0, 4, 1.0, 1.0), Segment(4, 6, 0.1, 0.5), Segment(6, 9, 1.0, 0.0)]
FACTORS = np.repeat([1.0, 0.5, 0.0], [4, 2, 3])


@pytest.mark.parametrize("per_batch", [False, True])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("l1", "l2"), [(0.0, 0.0), (0.3, 0.0), (0.0, 0.7), (0.3, 0.7)])
def test_value_and_gradient_are_what_the_formula_says(
    l1: float, l2: float, dtype: str, per_batch: bool
) -> None:
    rng = np.random.default_rng(0)
    theta, gradient = rng.normal(size=(2, 9)).astype(dtype)
    theta[1] = 0.0
    before = gradient.copy()
    value = Penalty(l1, l2, per_batch).add_gradient(theta, gradient, SEGMENTS, 2.5)
    share = 0.4 if per_batch else 1.0
    tolerance = 20 * float(np.finfo(dtype).eps)
    assert value == pytest.approx(
        float((share * FACTORS * (l1 * np.abs(theta) + l2 / 2 * theta**2)).sum()), rel=tolerance
    )
    np.testing.assert_allclose(
        gradient,
        before + share * FACTORS * (l1 * np.sign(theta) + l2 * theta),
        rtol=tolerance,
        atol=tolerance,
    )
    np.testing.assert_array_equal(gradient[6:], before[6:])
    assert gradient.dtype == dtype


@pytest.mark.parametrize("per_batch", [False, True])
def test_only_a_penalty_per_batch_adds_nothing_to_a_batch_that_weighs_nothing(
    per_batch: bool,
) -> None:
    gradient = np.zeros(9)
    value = Penalty(0.3, 0.7, per_batch).add_gradient(np.ones(9), gradient, SEGMENTS, 0.0)
    assert (value == 0.0) == per_batch
    assert (not gradient.any()) == per_batch


def test_per_batch_is_yes_or_no() -> None:
    with pytest.raises(SettingError, match="per_batch must be True or False, got 'no'"):
        Penalty(l2=0.1, per_batch="no")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "settings", [{"l1": -0.1}, {"l2": -1.0}, {"l2": float("inf")}, {"l1": float("nan")}]
)
def test_a_strength_that_is_no_strength_is_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(
        SettingError, match=f"{next(iter(settings))} must be zero or a positive number, got"
    ):
        Penalty(**settings)
