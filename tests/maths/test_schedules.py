"""Schedules turn step numbers into multipliers: known values, and what holds for all of them."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from glassnet.errors import SettingError
from glassnet.schedules import (
    SCHEDULES,
    Constant,
    Cosine,
    CosLog,
    Exponential,
    FlatCosine,
    InverseScaling,
    InverseScalingByRows,
    OneCycle,
    ReduceOnPlateau,
    Schedule,
    StepDecay,
    Warmup,
    schedule_function,
)
from tests.laws.tables import STEPWISE

EVERY = pytest.mark.parametrize("schedule", STEPWISE.values(), ids=STEPWISE)
LENGTHS = [0, 1, 2, 3, 7, 100]

KNOWN: list[tuple[Schedule, dict[int, float]]] = [  # at these steps of a hundred
    (Constant(), {0: 1.0, 99: 1.0, 500: 1.0}),
    (StepDecay(), {0: 1.0, 33: 1.0, 34: 0.1, 66: 0.1, 67: 0.01, 99: 0.01, 100: 0.01, 500: 0.01}),
    (
        StepDecay(0.5, every=0.1),
        {
            9: 1.0,
            10: 0.5,
            20: 0.25,
            30: 0.125,
            60: 2.0**-6,
            70: 2.0**-7,
            99: 2.0**-9,
            1000: 2.0**-9,
        },
    ),
    (Exponential(), {0: 1.0, 50: 0.1, 100: 0.01, 300: 0.01}),
    (Exponential(1.0), {0: 1.0, 77: 1.0}),
    (Cosine(), {0: 1.0, 25: (1 + 0.5**0.5) / 2, 50: 0.5, 100: 0.0, 300: 0.0}),
    (Cosine(0.2), {0: 1.0, 50: 0.6, 100: 0.2}),
    (CosLog(), {0: 0.0, 20: 0.0, 100: 0.0, 300: 0.0}),  # 1 + 15 / 5 is 2^2: two cycles are over
    (CosLog(1), {0: 0.0, 50: 0.930430970431205, 100: 0.0}),
    (FlatCosine(), {0: 1.0, 50: 1.0, 75: 0.5, 100: 0.0, 300: 0.0}),
    (FlatCosine(0.2), {20: 1.0, 40: (1 + 0.5**0.5) / 2, 60: 0.5, 100: 0.0}),
    (FlatCosine(0.0), {0: 1.0, 50: 0.5, 100: 0.0}),
    (
        OneCycle(),
        {0: 1 / 25, 15: (1 / 25 + 1) / 2, 30: 1.0, 65: (1.0 + 4e-6) / 2, 100: 4e-6, 300: 4e-6},
    ),
    (InverseScaling(), {0: 1.0, 3: 0.5, 99: 0.1}),
    (InverseScaling(0.0), {0: 1.0, 99: 1.0}),
    (
        InverseScalingByRows(0.5, 24, 3),
        {0: 1.0, 2: 1.0, 3: 0.2, 5: 0.2, 6: 1 / 7, 30: 241**-0.5},
    ),  # 1, 25, 49, ... rows seen, and one
    (
        InverseScalingByRows(0.5, 24, 3, rows_before=24),
        {0: 1.0, 2: 1.0, 3: 1 / 7},
    ),  # a run of its own starts with the full rate
    (InverseScalingByRows(0.5, 24, 3, rows_before=24, fresh=False), {0: 0.2, 2: 0.2, 3: 1 / 7}),
    (InverseScalingByRows(0.0, 24, 3), {0: 1.0, 99: 1.0}),
    (Warmup(Constant()), {0: 0.2, 1: 0.4, 4: 1.0, 5: 1.0, 99: 1.0}),
    (
        Warmup(Constant(), fraction=0.07),
        {0: 1 / 7, 6: 1.0, 7: 1.0},
    ),  # 0.07 * 100 is 7.000000000000001
    (Warmup(Constant(), fraction=0.0), {0: 1.0, 50: 1.0}),
    (Warmup(Cosine(), fraction=0.2), {0: 0.05, 9: 0.5, 19: 1.0, 20: 1.0, 60: 0.5, 100: 0.0}),
]


@pytest.mark.parametrize(("schedule", "known"), KNOWN, ids=[str(schedule) for schedule, _ in KNOWN])
def test_known_values(schedule: Schedule, known: dict[int, float]) -> None:
    np.testing.assert_allclose(
        schedule(np.array(list(known)), 100), list(known.values()), rtol=1e-12, atol=1e-15
    )


@EVERY
@pytest.mark.parametrize("n_steps", LENGTHS)
def test_multipliers_are_finite_and_between_zero_and_one(schedule: Schedule, n_steps: int) -> None:
    multipliers = schedule(np.arange(2 * n_steps + 3), n_steps)
    assert multipliers.shape == (2 * n_steps + 3,)
    assert multipliers.dtype == np.float64
    assert np.isfinite(multipliers).all()
    assert multipliers.min() >= 0.0
    assert multipliers.max() <= 1.0


@pytest.mark.parametrize("n_steps", LENGTHS[2:])
@pytest.mark.parametrize(
    "name", [name for name in STEPWISE if "inverse_scaling" not in name]
)  # it asks for no length and goes on falling
def test_a_longer_run_keeps_the_last_multiplier(name: str, n_steps: int) -> None:
    beyond = STEPWISE[name](np.arange(n_steps, 3 * n_steps + 5), n_steps)
    assert (beyond == beyond[0]).all()
    assert (
        beyond[0] <= STEPWISE[name](np.array([n_steps - 1]), n_steps)[0]
    )  # nothing leaps up where the run was to end


@pytest.mark.parametrize("cycles", [1, 2, 4, 7])
def test_coslog_cycles_rise_to_one_and_fall_to_zero_each_twice_as_long(cycles: int) -> None:
    length = 2**cycles - 1
    n_steps = 1000 * length
    ends = 1000 * (2 ** np.arange(cycles + 1) - 1)
    tops = np.rint(1000 * (2 ** (np.arange(cycles) + 0.5) - 1)).astype(int)
    np.testing.assert_allclose(CosLog(cycles)(ends, n_steps), 0.0, atol=1e-20)
    np.testing.assert_allclose(CosLog(cycles)(tops, n_steps), 1.0, atol=1e-5)
    whole = CosLog(cycles)(np.arange(n_steps + 1), n_steps)
    assert (np.diff(np.sign(np.diff(whole))) != 0.0).sum() == 2 * cycles - 1


@EVERY
def test_steps_may_be_asked_for_in_any_pieces(schedule: Schedule) -> None:
    whole = schedule(np.arange(100), 100)
    pieces = [schedule(np.arange(start, min(start + 7, 100)), 100) for start in range(0, 100, 7)]
    np.testing.assert_array_equal(whole, np.concatenate(pieces))
    np.testing.assert_array_equal(whole[::-1], schedule(np.arange(100)[::-1], 100))
    assert schedule(np.arange(0), 100).shape == (0,)


@pytest.mark.parametrize(
    "name",
    [
        "constant",
        "step",
        "exponential",
        "cosine",
        "flat_cosine",
        "inverse_scaling",
        "inverse_scaling_by_rows",
    ],
)
def test_a_decay_never_rises(name: str) -> None:
    assert (np.diff(STEPWISE[name](np.arange(100), 100)) <= 0.0).all()


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_schedule_is_found_by_its_name(name: str) -> None:
    assert schedule_function(name) is SCHEDULES[name]
    assert schedule_function(SCHEDULES[name]) is SCHEDULES[name]


def test_none_is_constant() -> None:
    assert schedule_function(None) == Constant()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: StepDecay(0.0), r"factor of a step schedule must be in \(0, 1\], got 0.0"),
        (lambda: StepDecay(every=1.5), r"fraction of the run, must be in \(0, 1\], got 1.5"),
        (lambda: Cosine("low"), "got 'low'"),  # type: ignore[arg-type]
        (lambda: schedule_function(Cosine), r"got the class Cosine: write Cosine\(\)"),
        (lambda: Exponential(0.0), r"exponential schedule must be in \(0, 1\], got 0.0"),
        (lambda: Cosine(-0.1), r"cosine schedule must be in \[0, 1\], got -0.1"),
        (lambda: CosLog(0), "a whole number from 1 to 64, got 0"),
        (lambda: CosLog(2.5), "a whole number from 1 to 64, got 2.5"),  # type: ignore[arg-type]
        (lambda: CosLog(True), "got True"),
        (
            lambda: FlatCosine(1.0),
            r"flat fraction of a flat-cosine schedule must be in \[0, 1\), got 1.0",
        ),
        (lambda: FlatCosine("half"), "got 'half'"),  # type: ignore[arg-type]
        (lambda: OneCycle(rise=1.0), r"schedule must be in \(0, 1\), got 1.0"),
        (
            lambda: OneCycle(start=2.0),
            r"first multiplier of a one-cycle schedule must be in \[0, 1\], got 2.0",
        ),
        (
            lambda: OneCycle(final=2.0),
            r"final multiplier of a one-cycle schedule must be in \[0, 1\], got 2.0",
        ),
        (
            lambda: InverseScaling(-1.0),
            "power of inverse scaling must be zero or a positive number, got -1.0",
        ),
        (
            lambda: Warmup(fraction=1.0),
            r"warm-up, a fraction of the run, must be in \[0, 1\), got 1.0",
        ),
        (lambda: Warmup(ReduceOnPlateau()), "a warm-up cannot stand before 'reduce_on_plateau'"),  # type: ignore[arg-type]
        (
            lambda: ReduceOnPlateau(factor=1.0),
            r"factor of reduce-on-plateau must be in \(0, 1\), got 1.0",
        ),
        (lambda: ReduceOnPlateau(patience=0), "in epochs, must be at least 1, got 0"),
        (
            lambda: ReduceOnPlateau(final=-1.0),
            r"reduce-on-plateau must be in \[0, 1\], got -1.0",
        ),
        (lambda: schedule_function("cosin"), "unknown schedule 'cosin'.*Did you mean 'cosine'"),
        (
            lambda: schedule_function(0.5),
            r"a schedule must be a function \(steps, n_steps\), got 0.5",
        ),  # type: ignore[arg-type]
    ],
)
def test_a_setting_that_does_not_fit_is_refused(make: Callable[[], Any], message: str) -> None:
    with pytest.raises(SettingError, match=message):
        make()
