"""Schedules reach the steps: dropout and decay follow theirs from `train`, from a plan and from an
estimator."""

from typing import Any

import numpy as np
import pytest

from glassnet import AdamW, Dense, Dropout, GlassNetClassifier, Penalty, Plan, fit
from glassnet.data.tables.assembly import table_of
from glassnet.engines import make_engine, step_rates
from glassnet.errors import SettingError
from glassnet.losses import Logistic
from glassnet.network import Network
from glassnet.schedules import SCHEDULES, FlatCosine, ReduceOnPlateau
from glassnet.training.batch_plan import BatchPlan
from tests.training.helpers import Array, problem, small_network, start


class Watched(Dropout):
    """Dropout that notes which share of its units each step keeps."""

    kept: dict[int, float]

    def forward(self, p: Any, X: Array, run: Any) -> tuple[Array, Any]:
        Y, M = super().forward(p, X, run)
        if run.training:
            self.kept[run.step] = 1.0 if M is None else float((M > 0.0).mean())
        return Y, M


@pytest.mark.parametrize("name", ["constant", "flat_cosine", "coslog4", "cosine"])
def test_the_share_of_units_that_are_kept_follows_the_schedule(name: str) -> None:
    X, y = problem()
    rate, width, epochs = 0.6, 400, 12
    layer = Watched(rate)
    object.__setattr__(layer, "kept", {})
    list(
        start(
            Network([Dense(width), layer, Dense(1)], X.shape[1]),
            X,
            y,
            dropout_schedule=name,
            epochs=epochs,
            batch_size=len(X),
        )
    )
    multiplier = SCHEDULES[name](np.arange(epochs), epochs)  # type: ignore[operator]
    share = 1.0 - rate * multiplier
    away = np.abs(np.array([layer.kept[step] for step in range(epochs)]) - share)
    assert (away <= 5.0 * np.sqrt(share * (1.0 - share) / (len(X) * width)) + 1e-12).all()
    assert np.ptp(list(layer.kept.values())) > 0.3 or name == "constant"


@pytest.mark.parametrize("engine", ["auto", "reference"])
def test_training_is_the_run_with_the_rates_of_its_schedules(engine: str) -> None:
    X, y = problem()
    epochs, size, layers = 6, 8, [Dense(6, "tanh"), Dropout(0.5), Dense(1)]
    settings = {
        "optimizer": AdamW(0.05, weight_decay=0.5),
        "penalty": Penalty(0.01, 0.1),
        "engine": engine,
    }
    network, by_hand = (small_network(layers=layers) for _ in range(2))
    schedules = {
        "schedule": "coslog4",
        "dropout_schedule": FlatCosine(0.2),
        "decay_schedule": "cosine",
    }
    records = list(
        start(
            network, X, y, epochs=epochs, batch_size=size, every=4, seed=3, **settings, **schedules
        )
    )
    n_steps = epochs * -(-len(X) // size)
    at = np.arange(n_steps)
    rates = step_rates(
        *(SCHEDULES[name](at, n_steps) for name in ("coslog4", "flat_cosine", "cosine"))
    )  # type: ignore[operator]
    rates[:, 1] = FlatCosine(0.2)(at, n_steps)
    rates[:, 0] *= 0.05
    loss: Any = Logistic()
    bound = make_engine(
        engine, by_hand, loss, settings["optimizer"], penalty=settings["penalty"], seed=3
    )  # type: ignore[arg-type]
    order, offsets = BatchPlan.seeded(len(X), size, 3).batches(0, epochs)
    bound.run(
        by_hand.check_input(X),
        loss.prepare(y, 1, by_hand.dtype.name),
        None,
        order,
        offsets,
        0,
        rates,
    )
    np.testing.assert_array_equal(network.parameters.theta, by_hand.parameters.theta)
    assert records[-1].lr == rates[-1, 0]


def nothing(steps: Array, n_steps: int) -> Array:
    return np.zeros(len(steps))


def bits(**settings: Any) -> bytes:
    X, y = problem()
    made = GlassNetClassifier(
        recipe="plain", hidden_layer_sizes=8, max_epochs=3, random_state=0, **settings
    ).fit(X, y)
    return made.network_.parameters.theta.tobytes()


def test_an_estimators_dropout_and_decay_follow_their_schedules() -> None:
    plain = bits(dropout=0.0, weight_decay=0.0)
    assert (
        bits(dropout=0.4, dropout_schedule=nothing, weight_decay=0.0)
        == plain
        != bits(dropout=0.4, weight_decay=0.0)
    )
    assert bits(weight_decay=0.4, decay_schedule=nothing) == plain != bits(weight_decay=0.4)
    assert (
        bits(weight_decay=0.0, l2=0.4, decay_schedule=nothing)
        == plain
        != bits(weight_decay=0.0, l2=0.4)
    )


def test_a_plan_records_its_schedules() -> None:
    X, y = problem()
    table = table_of(X)
    record = fit(
        table,
        y,
        Plan(recipe="plain", hidden_layer_sizes=4, max_epochs=2, dropout_schedule="flat_cosine"),
    ).training["plan"]
    assert (record["dropout_schedule"], record["decay_schedule"]) == ("flat_cosine", "constant")


def too_much(steps: Array, n_steps: int) -> Array:
    return np.full(len(steps), 1.25)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        (
            {"dropout_schedule": "flat_cosin"},
            "unknown schedule 'flat_cosin'.*Did you mean 'flat_cosine'",
        ),
        ({"decay_schedule": 0.5}, "a schedule must be a function"),
        (
            {"dropout_schedule": "reduce_on_plateau"},
            "follows losses and is for the learning rate alone: give dropout another schedule",
        ),
        (
            {"decay_schedule": ReduceOnPlateau()},
            "is for the learning rate alone: give weight decay another schedule",
        ),
        (
            {"dropout_schedule": too_much},
            "one multiplier for each of the 3 steps, from 0 to 1, got 1.25 to 1.25 from too_much",
        ),
        ({"optimizer": "lbfgs", "dropout_schedule": "cosine"}, "leave schedules and clip_norm out"),
        ({"optimizer": "lbfgs", "decay_schedule": "cosine"}, "leave schedules and clip_norm out"),
    ],
    ids=range(7),
)
def test_a_schedule_that_does_not_fit_is_refused(settings: dict[str, Any], says: str) -> None:
    X, y = problem()
    with pytest.raises(SettingError, match=says):
        list(start(small_network(), X, y, **settings))


def test_decay_may_grow() -> None:
    X, y = problem()
    network, doubled = small_network(), small_network()
    optimizer = AdamW(0.05, weight_decay=0.25)
    list(
        start(
            network,
            X,
            y,
            optimizer=optimizer,
            decay_schedule=lambda steps, n_steps: np.full(len(steps), 2.0),
        )
    )
    list(start(doubled, X, y, optimizer=AdamW(0.05, weight_decay=0.5)))
    np.testing.assert_array_equal(network.parameters.theta, doubled.parameters.theta)
