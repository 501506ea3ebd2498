"""The fields of `EarlyStopping`, and how the loss of an epoch is counted, each against a rule
written out by hand."""

import math
from typing import Any

import numpy as np
import pytest

from glassnet.engines import Steps, make_engine
from glassnet.errors import DivergenceError, SettingError
from glassnet.losses import Squared
from glassnet.optimizers import SGD
from glassnet.schedules import InverseScalingByRows, RunSchedules
from glassnet.training.batch_plan import BatchPlan
from glassnet.training.state import TrainingState, stop_and_restore
from glassnet.training.stopping import EarlyStopping, Epoch
from glassnet.training.trainer import minibatch_epochs
from glassnet.training.validation import make_rows
from tests.training.helpers import (
    Array,
    Script,
    assert_has,
    linear,
    numbers_of,
    problem,
    small_network,
    start,
)

NAN = math.nan


def epoch(
    index: int,
    loss: float,
    validation_loss: float | None = None,
    score: float | None = None,
    lr: float = 0.1,
) -> Epoch:
    return Epoch(index, loss, validation_loss, score, lr, 1.0, 1.0, 1.0)


def by_hand(losses: list[float], patience: float, tol: float) -> int:
    """The epoch after which scikit-learn ends, counting from 1, as its documentation has it: more
    than so many without a gain."""
    best, waited = math.inf, 0
    for i, loss in enumerate(losses):
        waited = waited + 1 if loss > best - tol else 0
        best = min(best, loss)
        if waited > patience:
            return i + 1
    return len(losses)


def followed(losses: list[float], stop: EarlyStopping) -> tuple[int, TrainingState]:
    state, network = TrainingState(), small_network()
    for i, loss in enumerate(losses):
        if not state.watch(epoch(i, loss), stop, network) and state.exhausts(epoch(i, loss), stop):
            return i + 1, state
    return len(losses), state


@pytest.mark.parametrize("tol", [0.0, 0.25, 1.0])
@pytest.mark.parametrize("patience", [1, 2, 5, math.inf])
def test_sklearn_patience_patience_is_the_rule_of_scikit_learn(patience: float, tol: float) -> None:
    rng, ends = np.random.default_rng(0), set()
    for _ in range(60):
        losses = list(rng.integers(0, 12, 12) / 4.0)  # ties are frequent
        ended, state = followed(
            losses, EarlyStopping(patience, min_delta=tol, sklearn_patience=True)
        )
        assert ended == by_hand(losses, patience, tol)
        assert state.best_value == min(losses[:ended])  # by however little
        ends.add(ended)
    assert len(ends) > 1 or patience == math.inf


@pytest.mark.parametrize(
    ("losses", "strict", "sklearn_patience"),
    [
        (
            [1.0, 0.5, 0.5, 0.5, 0.5, 0.5],
            3,
            5,
        ),  # a gain of exactly 0.5 is one to the sklearn_patience
        ([1.0, 1.0, 1.0, 1.0, 1.0], 3, 4),  # more than 2 must have passed
        ([1.0, NAN, NAN, NAN, NAN], 3, 5),  # what is no number is no worse to the sklearn_patience
    ],
)
def test_strict_and_sklearn_patience_differ_where_they_say(
    losses: list[float], strict: int, sklearn_patience: int
) -> None:
    assert followed(losses, EarlyStopping(2, min_delta=0.5))[0] == strict
    assert (
        followed(losses, EarlyStopping(2, min_delta=0.5, sklearn_patience=True))[0]
        == sklearn_patience
    )


RECORD = epoch(0, 3.0, 2.0, 0.75)


@pytest.mark.parametrize(
    ("settings", "record", "value"),
    [
        ({}, RECORD, 2.0),
        ({}, epoch(0, 3.0), 3.0),
        ({"scoring": "roc_auc"}, RECORD, -0.75),
        ({"watch": "training_loss"}, RECORD, 3.0),
        ({"watch": "validation_loss"}, RECORD, 2.0),
        ({"watch": "validation_score"}, RECORD, -0.75),
        ({"watch": "training_loss", "scoring": "roc_auc"}, RECORD, 3.0),
        ({"watch": "validation_score"}, epoch(0, 3.0), NAN),
    ],
)
def test_watch_names_the_value(settings: dict[str, Any], record: Epoch, value: float) -> None:
    np.testing.assert_equal(EarlyStopping(3, **settings).value(record), value)


@pytest.mark.parametrize("restore", [True, False])
def test_restore_decides_whose_weights_stay(restore: bool) -> None:
    X, y = problem()
    network = small_network()
    stop = EarlyStopping(9, Script(1.0, 3.0, 2.0, 0.0), restore=restore)
    kept = [
        numbers_of(network) for _ in start(network, X, y, epochs=4, validation=(X, y), stop=stop)
    ]
    assert_has(network, kept[1 if restore else -1])


def test_sklearn_patience_without_any_number_keeps_the_first_weights() -> None:
    X, y = problem()
    network = small_network()
    first = numbers_of(network)
    list(
        start(
            network,
            X,
            y,
            validation=(X, y),
            stop=EarlyStopping(9, Script(NAN, NAN, NAN), sklearn_patience=True),
        )
    )
    assert_has(network, first)


@pytest.mark.parametrize("patience", [1, 2])
def test_the_rate_is_divided_until_it_is_least_and_then_training_ends(patience: int) -> None:
    X, y = problem()
    stop = EarlyStopping(
        patience, min_delta=1e9, watch="training_loss", rate_divisor=10.0, least_rate=1e-3
    )
    rates = [
        record.lr
        for record in start(small_network(), X, y, optimizer=SGD(0.1), epochs=50, stop=stop)
    ]
    # The first epoch is a gain; then each rate lasts for the patience. 0.001 is at most the least
    # rate: there it ends.
    expected = [0.1] * (patience + 1) + [0.01] * patience + [0.001] * patience
    np.testing.assert_allclose(rates, expected, rtol=1e-12)


@pytest.mark.parametrize("restore", [True, False])
def test_divergence_may_end_training_without_an_error(restore: bool) -> None:
    X, y = problem()
    settings: dict[str, Any] = {
        "loss": Squared(),
        "optimizer": SGD(0.1),
        "epochs": 9,
        "schedule": lambda s, n: np.where(s == 10, 1e300, 1.0),
    }
    network, kept, records = small_network(), [], []
    for record in start(
        network, X, y, **settings, stop=EarlyStopping(9, restore=restore, on_divergence="stop")
    ):
        kept.append(numbers_of(network))
        records.append(record)
    assert [r.index for r in records] == list(range(len(records)))
    assert 3 <= len(records) < 9
    assert math.isnan(records[-1].training_loss)
    assert all(math.isfinite(r.training_loss) for r in records[:-1])
    best = int(np.argmin([r.training_loss for r in records[:-1]]))
    if restore:
        assert_has(network, kept[best])
    assert np.isfinite(network.parameters.theta).all()
    with pytest.raises(DivergenceError):
        list(start(small_network(), X, y, **settings, stop=EarlyStopping(9)))


# The loss of an epoch, and a rate by rows


@pytest.mark.parametrize(("n", "batch_size"), [(22, 8), (24, 8), (5, 5), (7, 1)])
@pytest.mark.parametrize("by_rows", [True, False])
def test_the_loss_of_an_epoch_is_the_mean_of_its_batches_by_rows_or_by_weight(
    n: int, batch_size: int, by_rows: bool
) -> None:
    X, y = problem(n)
    weight = np.random.default_rng(1).uniform(0.1, 3.0, n)
    order = np.random.default_rng(2).permutation(n)
    network = linear()
    rows = make_rows(network, Squared(), X, y, weight)
    engine = make_engine("reference", network, Squared(), SGD(1e-300))
    batch_plan = BatchPlan(n, batch_size, lambda epoch: order, mean_over_rows=by_rows)
    Z = network.predict(X)[:, 0]
    errors = 0.5 * (Z - y) ** 2
    batches = [order[start : start + batch_size] for start in range(0, n, batch_size)]
    means = [np.average(errors[batch], weights=weight[batch]) for batch in batches]
    expected = np.average(
        means, weights=[len(batch) if by_rows else weight[batch].sum() for batch in batches]
    )
    (record,) = minibatch_epochs(engine, 1e-300, rows, TrainingState(), batch_plan, epochs=1)
    assert record.training_loss == pytest.approx(expected, rel=1e-12)


def test_only_the_last_epoch_of_many_steps_is_counted() -> None:
    batch_plan = BatchPlan(5, 2, lambda epoch: np.arange(5), mean_over_rows=True)
    losses = np.array([9.0, 9.0, 9.0, 1.0, 2.0, 4.0])
    steps = Steps(losses=losses, weights=np.ones(6), done=6, gradient_norm=0.0, status="done")
    assert batch_plan.last_epoch_loss(steps) == pytest.approx((2 * 1.0 + 2 * 2.0 + 1 * 4.0) / 5)


def rates_of(schedule: InverseScalingByRows, n: int, batch_size: int, epochs: int) -> Array:
    network = linear()
    X, y = problem(n)
    engine = make_engine("reference", network, Squared(), SGD(0.1))
    batch_plan = BatchPlan.seeded(n, batch_size, 0)
    records = minibatch_epochs(
        engine,
        0.1,
        make_rows(network, Squared(), X, y),
        TrainingState(),
        batch_plan,
        epochs=epochs,
        schedules=RunSchedules.of(schedule),
    )
    return np.array(
        [record.lr for record in stop_and_restore(records, network, TrainingState(), None)]
    )


@pytest.mark.parametrize(("rows_before", "fresh"), [(0, True), (44, True), (44, False)])
def test_the_rate_falls_with_the_rows_seen_epoch_by_epoch(rows_before: int, fresh: bool) -> None:
    rates = rates_of(InverseScalingByRows(0.5, 22, 3, rows_before, fresh), 22, 8, 4)
    expected = 0.1 / np.sqrt(rows_before + 22 * np.arange(4) + 1.0)
    if fresh:
        expected[0] = 0.1
    np.testing.assert_allclose(rates, expected, rtol=1e-12)


# Refusals


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"watch": "train_loss"},
            "unknown value to watch 'train_loss': .* Did you mean 'training_loss'",
        ),
        ({"rate_divisor": 1.0}, "rate_divisor must be a number above 1, got 1.0"),
        ({"rate_divisor": math.inf}, "rate_divisor must be a number above 1, got inf"),
        ({"rate_divisor": "5"}, "rate_divisor must be a number above 1, got '5'"),
        ({"least_rate": 0.0}, "least_rate must be a positive number, got 0.0"),
        ({"least_rate": NAN}, "least_rate must be a positive number, got nan"),
        (
            {"on_divergence": "ignore"},
            "unknown answer to divergence 'ignore': expected one of raise, stop",
        ),
    ],
)
def test_a_field_that_cannot_be_is_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingError, match=message):
        EarlyStopping(3, **settings)


@pytest.mark.parametrize("power", [-0.5, math.inf, NAN, "1"])
def test_a_power_that_is_none_is_refused(power: Any) -> None:
    with pytest.raises(
        SettingError, match="the power of inverse scaling must be zero or a positive number"
    ):
        InverseScalingByRows(power, 22, 3)
