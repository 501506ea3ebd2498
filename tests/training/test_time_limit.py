"""A limit of time: a clock that is moved by hand, schedules that end in time, and the same bits
where time is long enough."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import glassnet
from glassnet import Plan
from glassnet.data.tables.assembly import table_of
from glassnet.errors import SettingError
from glassnet.fitting import Session
from glassnet.fitting.ensemble import n_worthwhile
from glassnet.training.recipes import PLAIN, STANDARD
from glassnet.training.stopping import Epoch
from glassnet.training.time_limit import ScheduleClock, TimeLimit
from tests.fitting.helpers import begin_session

RNG = np.random.default_rng(0)
X = RNG.normal(size=(160, 4))
Y = np.sin(2.0 * X[:, 0]) + X[:, 1]
ONE = replace(
    PLAIN,
    hidden_layer_sizes=(4,),
    max_epochs=40,
    min_epochs=40,
    max_epochs_few_rows=40,
    patience=1.0,
)
RECIPES = {
    "one": ONE,
    "members": replace(ONE, members=6),
    "standard": replace(
        STANDARD, hidden_layer_sizes=(4, 4), max_epochs=40, min_epochs=40, members=6
    ),
}


class Clock:
    """Time that passes only where a test says so."""

    def __init__(self) -> None:
        self.now = 1e6

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr("glassnet.training.time_limit.monotonic", made)
    return made


def begun(recipe: str, **settings: Any) -> Session:
    return begin_session(table_of(X), Y, Plan(recipe=RECIPES[recipe], n_threads=2, **settings))


def trained(session: Session, clock: Clock, seconds: Any) -> tuple[glassnet.Model, float]:
    """Train where the epoch of index i takes `seconds(i)`; return the model and how long all
    took."""
    began = clock.now

    def on_epoch(epoch: Epoch) -> None:
        clock.now += seconds(epoch.index)

    return session.finish(on_epoch), clock.now - began


# What of the plan is left


@pytest.mark.parametrize("steps_per_epoch", [1, 7])
def test_a_course_that_is_not_shortened_is_the_plan(steps_per_epoch: int) -> None:
    course = ScheduleClock(100, 5, steps_per_epoch)
    for done in range(5):
        assert not course.fit_into(math.inf, 100 + done * steps_per_epoch)
        course.epochs_left -= 1
    steps = np.arange(5 * steps_per_epoch)
    np.testing.assert_array_equal(course.planned(steps + 100), steps)


@pytest.mark.parametrize("fitting", [1, 2, 3, 7])
def test_a_shortened_course_goes_on_evenly_to_the_end_of_the_plan(fitting: int) -> None:
    course = ScheduleClock(0, 10, 12)
    course.epochs_left -= 2
    assert course.fit_into(fitting, 24)
    assert course.epochs_left == fitting
    planned = course.planned(24 + np.arange(12 * fitting))
    assert planned[0] == 24
    strides = np.diff(planned)
    assert strides.max() - strides.min() <= 1
    assert 120 - (96 / (12 * fitting)) - 1 <= planned[-1] < 120


def test_a_course_takes_its_epochs_back_when_there_is_time_again() -> None:
    course = ScheduleClock(0, 10, 4)
    course.epochs_left -= 1
    assert course.fit_into(3, 4)
    course.epochs_left -= 1
    assert course.fit_into(math.inf, 8)
    assert course.epochs_left == 6  # a third of what was left is gone
    assert course.planned(np.array([8]))[0] == 16
    assert not course.fit_into(6, 8)


def test_what_is_left_follows_from_the_epochs_so_far(clock: Clock) -> None:
    limit = TimeLimit(10.0)
    clock.now += 1.0  # before training begins
    seen = []
    for _ in limit.watch((record for record in range(100)), 100):  # type: ignore[arg-type, misc]
        seen.append(limit.epochs_left)
        clock.now += 2.0
    assert seen == [math.inf, 3.0, 2.0, 1.0]
    assert limit.shortened
    assert TimeLimit(None).after(3) == math.inf


# Fits


@pytest.mark.parametrize("recipe", RECIPES)
def test_time_enough_changes_no_bit(recipe: str, clock: Clock) -> None:
    free, long = begun(recipe), begun(recipe, time_limit=40.0)
    without, within = trained(free, clock, lambda i: 0.0)[0], trained(long, clock, lambda i: 1.0)[0]
    np.testing.assert_array_equal(within.network.parameters.theta, without.network.parameters.theta)
    for name in ("training_loss", "validation_loss", "lr"):
        assert within.training["history"][name] == without.training["history"][name]
    assert within.training["ended"] == without.training["ended"] == "all epochs done"


@pytest.mark.parametrize("recipe", RECIPES)
@pytest.mark.parametrize("limit", [13.0, 20.0, 39.0])
def test_schedules_run_to_their_end_within_the_limit(
    recipe: str, limit: float, clock: Clock
) -> None:
    plan = {"schedule": "cosine", "time_limit": limit}
    model, seconds = trained(begun(recipe, **plan), clock, lambda i: 1.0)
    assert limit - 1.0 <= seconds <= limit
    record = model.training
    assert (record["ended"], record["epochs"], record["plan"]["max_epochs"]) == (
        "time limit",
        int(limit),
        40,
    )
    rates = np.array(record["history"]["lr"]) / record["history"]["lr"][0]
    assert (np.diff(rates) < 0.0).all()
    assert rates[-1] < 0.02
    assert np.abs(np.diff(rates)).max() < 2.0 / limit * np.pi / 2.0


@pytest.mark.parametrize("recipe", RECIPES)
def test_an_epoch_that_takes_long_ends_a_fit_at_once(recipe: str, clock: Clock) -> None:
    model, seconds = trained(begun(recipe, time_limit=5.0), clock, lambda i: 30.0)
    assert (model.training["epochs"], model.training["ended"], seconds) == (1, "time limit", 30.0)
    assert np.isfinite(model.predict(X)).all()


def test_a_slow_beginning_costs_little_where_time_is_enough(clock: Clock) -> None:
    model, seconds = trained(begun("one", time_limit=60.0), clock, lambda i: 5.0 if i == 0 else 1.0)
    assert model.training["epochs"] >= 36
    assert seconds <= 60.0


def test_what_gets_slower_still_ends_in_time(clock: Clock) -> None:
    model, seconds = trained(
        begun("one", time_limit=40.0, schedule="cosine"), clock, lambda i: 1.0 if i < 10 else 3.0
    )
    assert seconds <= 43.0
    assert model.training["history"]["lr"][-1] < 0.2 * model.training["history"]["lr"][0]


def test_no_time_at_all_still_trains_for_an_epoch(clock: Clock) -> None:
    session = begun("members", time_limit=1.0)
    clock.now += 10.0
    model, _ = trained(session, clock, lambda i: 0.0)
    assert model.training["epochs"] == 1
    assert len(model.training["members"]) == 2  # as many as there are threads


def test_stopping_for_want_of_gain_is_no_want_of_time(clock: Clock) -> None:
    model, _ = trained(
        begun("one", time_limit=1e3, patience=1, learning_rate=0.5), clock, lambda i: 1.0
    )
    assert model.training["ended"] == "no further gain"


def test_a_minimizer_of_all_rows_ends_by_the_clock_too(clock: Clock) -> None:
    model, seconds = trained(begun("one", optimizer="lbfgs", time_limit=4.0), clock, lambda i: 1.0)
    assert (model.training["epochs"], model.training["ended"], seconds) == (4, "time limit", 4.0)


# Fewer members


@pytest.mark.parametrize(
    ("turns_left", "kept"),
    [
        (math.inf, 8),
        (127.0, 8),
        (126.0, 6),
        (95.0, 6),
        (63.0, 4),
        (62.0, 2),
        (31.0, 2),
        (3.0, 2),
        (0.0, 2),
    ],
)
def test_members_are_as_many_as_have_time_for_half_of_the_epochs(
    turns_left: float, kept: int
) -> None:
    assert n_worthwhile(8, 2, turns_left, planned=64) == kept


def test_members_without_time_are_left_out_before_they_begin(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = begun("members", time_limit=25.0)
    monkeypatch.setattr(TimeLimit, "after", lambda self, epochs: 45.0)  # as the first two end
    model, _ = trained(session, clock, lambda i: 0.0)
    monkeypatch.undo()
    assert [member["updates"] > 0 for member in model.training["members"]] == [True] * 4
    assert len(session.ensemble.members) == len(model.network.members()) == 4
    assert model.training["ended"] == "time limit"
    assert session.ensemble.trainer.engine.network is session.network is model.network
    np.testing.assert_array_equal(
        model.member_scores(X)[3],
        replace(model, network=session.ensemble.members[3].network).raw_scores(X),
    )


def test_no_more_members_are_prepared_than_there_is_time_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ticks = iter(range(10_000))
    monkeypatch.setattr("glassnet.training.time_limit.monotonic", lambda: float(next(ticks)))
    assert len(begun("members", time_limit=7.0).ensemble.members) == 6
    session = begun("members", time_limit=4.0)
    assert len(session.ensemble.members) == 2
    assert session.finish().training["ended"] == "time limit"


def test_a_warm_start_goes_on_with_the_members_that_are_left(clock: Clock) -> None:
    regressor = glassnet.GlassNetRegressor(
        recipe=RECIPES["members"], random_state=0, warm_start=True, time_limit=30.0, n_threads=2
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TimeLimit, "after", lambda self, epochs: 45.0)
        regressor.fit(X, Y)
    assert regressor.predict(X, members=True).shape == (4, 160)
    regressor.fit(X, Y)
    assert regressor.predict(X, members=True).shape == (4, 160)


# What is asked for and what is said


@pytest.mark.parametrize("seconds", [0, -1.0, math.inf, math.nan, "5", True])
def test_what_is_no_limit_is_refused(seconds: Any) -> None:
    with pytest.raises(
        SettingError,
        match="time_limit must be a positive number of seconds, or None for no limit, got",
    ):
        glassnet.fit(X, Y, Plan(time_limit=seconds))


def test_the_estimators_tell(
    clock: Clock, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ticks = iter(range(10_000))
    monkeypatch.setattr("glassnet.training.time_limit.monotonic", lambda: float(next(ticks)))
    regressor = glassnet.GlassNetRegressor(
        recipe=RECIPES["members"], time_limit=30.0, verbose=True, random_state=0
    ).fit(X, Y)
    assert regressor.model_.training["ended"] == "time limit"
    assert regressor.n_iter_ < 40
    said = capsys.readouterr().out
    assert "6 members" in said
    assert f"time limit after {regressor.n_iter_} of 40 epochs" in said
