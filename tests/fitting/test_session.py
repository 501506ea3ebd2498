"""A session: trained to the end or on from where it stands, stopped by its caller or by Ctrl-C, and
always with the best that it had."""

import signal
import subprocess
import sys
import warnings
from typing import Any

import numpy as np
import pytest

from glassnet.data.split import split_rows
from glassnet.data.tables.assembly import table_of
from glassnet.errors import DivergenceError, SettingError
from glassnet.fitting import Session, fit
from glassnet.losses import CustomLoss, Quantile
from glassnet.optimizers import SGD
from tests.fitting.helpers import Array, begin, columns, quick, score

TABLE = columns()
YES = np.where(score(TABLE) > 0.0, "yes", "no")
HELD = columns(40, seed=1)
HELD_YES = np.where(score(HELD) > 0.0, "yes", "no")


def rough() -> dict[str, Any]:
    """Settings of a training whose validation score goes up and down as it is told: the second
    epoch is good, the fifth the best."""
    scores = iter([0.0, 3.0, 1.0, 2.0, 5.0, 4.0, *[1.0] * 9])
    return {
        "early_stopping": True,
        "max_epochs": 12,
        "patience": 100,
        "scoring": lambda estimator, X, y: next(scores),
    }


def theta(session: Session) -> Array:
    return session.network.parameters.theta.copy()


def watched(
    session: Session, stop_at: int | None = None, raising: type[BaseException] | None = None
) -> tuple[list[Array], list[float], Any]:
    """Finish a session; return weights and what is watched after each epoch, and the model."""
    kept: list[Array] = []
    losses: list[float] = []

    def on_epoch(epoch: Any) -> bool | None:
        kept.append(theta(session))
        losses.append(
            epoch.validation_loss if epoch.validation_score is None else -epoch.validation_score
        )
        if epoch.index != stop_at:
            return None
        if raising:
            raise raising
        return True

    return kept, losses, session.finish(on_epoch)


# Stopping


def test_on_epoch_may_end_training_with_the_best_weights() -> None:
    session = begin(TABLE, YES, quick(**rough()), validation=(HELD, HELD_YES))
    kept, losses, model = watched(session, stop_at=7)
    best = int(np.argmin(losses))
    assert len(kept) == 8
    assert best == 4
    np.testing.assert_array_equal(theta(session), kept[best])
    assert (model.training["ended"], model.training["best_epoch"], model.training["epochs"]) == (
        "stopped by the caller",
        best,
        8,
    )


def test_without_early_stopping_the_last_weights_stay() -> None:
    session = begin(
        TABLE, YES, quick(**{**rough(), "early_stopping": False}), validation=(HELD, HELD_YES)
    )
    kept, _, model = watched(session, stop_at=7)
    np.testing.assert_array_equal(theta(session), kept[-1])
    assert model.training["history"]["validation_loss"][0] is not None


def test_a_fit_to_the_end_has_the_best_weights() -> None:
    for patience, ended in ((100, "all epochs done"), (1, "no further gain")):
        session = begin(
            TABLE, YES, quick(**{**rough(), "patience": patience}), validation=(HELD, HELD_YES)
        )
        kept, losses, model = watched(session)
        np.testing.assert_array_equal(theta(session), kept[int(np.argmin(losses))])
        assert model.training["ended"] == ended


def test_a_keyboard_interrupt_keeps_the_model_and_warns() -> None:
    session = begin(TABLE, YES, quick(**rough()), validation=(HELD, HELD_YES))
    with pytest.warns(
        RuntimeWarning, match="training interrupted: the best weights so far are kept"
    ):
        kept, losses, model = watched(session, stop_at=7, raising=KeyboardInterrupt)
    np.testing.assert_array_equal(theta(session), kept[int(np.argmin(losses))])
    assert model.training["ended"] == "interrupted"
    assert model.predict(TABLE).shape == (120,)
    session = begin(TABLE, YES, quick())
    with pytest.warns(
        RuntimeWarning, match="training interrupted: the last weights so far are kept"
    ):
        kept, _, _ = watched(session, stop_at=3, raising=KeyboardInterrupt)
    np.testing.assert_array_equal(theta(session), kept[-1])


def test_another_exception_of_the_caller_comes_through() -> None:
    session = begin(TABLE, YES, quick(**rough()), validation=(HELD, HELD_YES))
    with pytest.raises(ZeroDivisionError):
        watched(session, stop_at=2, raising=ZeroDivisionError)


def test_a_divergence_comes_through() -> None:
    with pytest.raises(DivergenceError, match=r"training diverged in epoch \d+, batch \d+"):
        fit(TABLE, score(TABLE), quick(optimizer=SGD(1e30), learning_rate=None))


CHILD = """
import signal, warnings
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have us ignore it
import numpy as np
import glassnet

X = np.random.default_rng(0).normal(size=(400, 4))
started = []
plan = glassnet.Plan(recipe="plain", max_epochs=1_000_000, patience=1_000_000, early_stopping=True)

def on_epoch(epoch):
    if not started:
        started.append(print("started", flush=True))

with warnings.catch_warnings(record=True) as came:
    warnings.simplefilter("always")
    warnings.filterwarnings("ignore", "the native engine is not built")
    model = glassnet.fit(X, X[:, 0] > 0, plan, on_epoch=on_epoch)
right = (model.predict(X) == (X[:, 0] > 0)).mean() > 0.7
print(model.training["ended"], [str(w.message) for w in came], bool(right))
"""


def test_a_real_ctrl_c_at_any_moment_ends_a_fit_with_its_model() -> None:
    process = subprocess.Popen([sys.executable, "-c", CHILD], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "started\n"
    process.send_signal(signal.SIGINT)
    rest, _ = process.communicate(timeout=60)
    assert (
        rest.strip()
        == "interrupted ['training interrupted: the best weights so far are kept.'] True"
    )


# Validation


def test_a_validation_set_is_not_learned_from_and_is_measured() -> None:
    model = fit(TABLE, YES, quick(early_stopping=False), validation=(HELD, HELD_YES))
    alone = fit(TABLE, YES, quick())
    np.testing.assert_array_equal(model.raw_scores(TABLE), alone.raw_scores(TABLE))
    P = model.predict_proba(HELD)[:, 1].astype(float)
    by_hand = -np.mean(np.log(np.where(HELD_YES == "yes", P, 1.0 - P)))
    assert model.training["history"]["validation_loss"][-1] == pytest.approx(by_hand, rel=1e-5)
    assert model.training["history"]["validation_score"] == [None] * 20


def test_weights_of_the_validation_rows_count() -> None:
    weight = np.arange(40) % 3
    rows = np.repeat(np.arange(40), weight)
    repeated = {name: [column[i] for i in rows] for name, column in HELD.items()}
    losses = [
        fit(TABLE, YES, quick(max_epochs=4), validation=held).training["history"]["validation_loss"]
        for held in ((HELD, HELD_YES, weight), (repeated, HELD_YES[rows]))
    ]
    np.testing.assert_allclose(losses[0], losses[1], rtol=1e-6)


@pytest.mark.parametrize("values", [YES, score(TABLE)], ids=["classes", "numbers"])
def test_rows_held_out_are_those_of_split_rows_and_teach_the_encoder_nothing(values: Array) -> None:
    plan = quick(early_stopping=True, validation_fraction=0.25, seed=3)
    session = begin(TABLE, values, plan)
    classes = session.target.encode(values) if values.dtype.kind == "U" else None
    kept, held = split_rows(120, 0.25, seed=3, stratify=classes)

    def part(rows: Array) -> dict[str, Any]:
        return {name: [column[i] for i in rows] for name, column in TABLE.items()}

    by_hand = begin(
        part(kept), values[kept], plan, target=session.target, validation=(part(held), values[held])
    )
    assert session.n_rows == len(kept)
    assert session.encoder == by_hand.encoder
    one, two = session.finish(), by_hand.finish()
    np.testing.assert_array_equal(one.raw_scores(TABLE), two.raw_scores(TABLE))
    assert one.training["history"]["validation_loss"] == two.training["history"]["validation_loss"]


@pytest.mark.parametrize(
    ("values", "scoring", "by_hand"),
    [
        (YES, "accuracy", lambda model: (model.predict(HELD) == HELD_YES).mean()),
        (
            score(TABLE) * 1e4 + 5e6,
            "neg_mean_absolute_error",
            lambda model: -np.abs(model.predict(HELD) - score(HELD) * 1e4 - 5e6).mean(),
        ),
        (
            YES,
            lambda estimator, X, y: float((estimator.predict(X) == y).mean()),
            lambda model: (model.predict(HELD) == HELD_YES).mean(),
        ),
    ],
    ids=["accuracy", "error in units", "own"],
)
def test_scores_speak_in_the_targets_terms(values: Any, scoring: Any, by_hand: Any) -> None:
    held = HELD_YES if values is YES else score(HELD) * 1e4 + 5e6
    model = fit(
        TABLE,
        values,
        quick(scoring=scoring, early_stopping=False, max_epochs=5),
        validation=(HELD, held),
    )
    assert model.training["history"]["validation_score"][-1] == pytest.approx(
        by_hand(model), rel=1e-5
    )


def test_two_labels_have_a_roc_auc() -> None:
    truth = np.column_stack([YES == "yes", YES == "no"]).astype(int)
    held = np.column_stack([HELD_YES == "yes", HELD_YES == "no"]).astype(int)
    model = fit(
        TABLE, truth, quick(scoring="roc_auc", early_stopping=True), validation=(HELD, held)
    )
    assert max(model.training["history"]["validation_score"]) > 0.9


# Going on


def test_a_warm_start_goes_on_with_encoder_target_and_network() -> None:
    first = begin(TABLE, YES, quick())
    first.finish()
    before = theta(first)
    second = begin(HELD, HELD_YES, quick(max_epochs=1), earlier=first)
    assert second.network is first.network
    assert second.encoder is first.encoder
    assert second.target is first.target
    np.testing.assert_array_equal(theta(second), before)
    record = second.finish().training
    assert (record["rows"], record["epochs"], record["history"]["index"]) == (40, 1, [0])
    assert not np.array_equal(theta(second), before)
    cold = fit(HELD, HELD_YES, quick(max_epochs=1)).training
    assert record["history"]["training_loss"][0] < cold["history"]["training_loss"][0]


@pytest.mark.parametrize(
    "changed",
    [
        {"hidden_layer_sizes": (9,)},
        {"activation": "tanh"},
        {"dropout": 0.1},
        {"normalization": "batch"},
        {"dtype": "float64"},
    ],
    ids=str,
)
def test_a_warm_start_with_another_network_is_refused(changed: dict[str, Any]) -> None:
    first = begin(TABLE, YES, quick(max_epochs=1))
    with pytest.raises(
        SettingError,
        match=r"a warm start continues with the network of the last fit, .*require another one",
    ):
        begin(TABLE, YES, quick(**changed), earlier=first)


def test_epochs_one_by_one_are_the_epochs_of_a_fit() -> None:
    plan = quick(max_epochs=3, schedule="constant", dropout=0.2)
    whole, steps = begin(TABLE, YES, plan), begin(TABLE, YES, plan)
    whole.finish()
    records = [steps.advance(table_of(TABLE), YES) for _ in range(3)]
    np.testing.assert_array_equal(theta(whole), theta(steps))
    assert [r.index for r in records] == [0, 1, 2]
    assert (
        whole.history["training_loss"]
        == steps.history["training_loss"]
        == [r.training_loss for r in records]
    )
    optimizer_state = steps.ensemble.trainer.engine.state
    assert optimizer_state is not None
    assert (steps.state.epoch, steps.state.step, optimizer_state.t) == (3, 24, 24)
    assert steps.model().training["ended"] == "epoch by epoch"


def test_an_epoch_more_changes_weights_and_keeps_the_optimizers_memory() -> None:
    session = begin(TABLE, YES, quick(**rough()), validation=(HELD, HELD_YES))
    session.finish()
    for released in (False, True):
        if released:
            session.release()
            (fit,) = session.ensemble.fits
            assert fit.rows is fit.validation is session.state.best is session.state.finite is None
        before, t = theta(session), session.ensemble.trainer.engine.state.t  # type: ignore[union-attr]
        record = session.advance(table_of(HELD), HELD_YES)
        assert not np.array_equal(theta(session), before)
        assert session.ensemble.trainer.engine.state.t == t + 3  # type: ignore[union-attr]
        assert session.n_rows == 40
        assert record.index == session.state.epoch - 1
        assert (record.validation_loss is None) == released


def test_advance_counts_weights_and_classes() -> None:
    by_weight, by_row = (
        begin(
            TABLE,
            YES,
            quick(batch_size=1000, dtype="float64", class_weight={"yes": 3.0, "no": 1.0}),
        )
        for _ in range(2)
    )
    weight = np.arange(40) % 3
    rows = np.repeat(np.arange(40), weight)
    for _ in range(3):
        by_weight.advance(table_of(HELD), HELD_YES, weight)
        by_row.advance(table_of(HELD).take(rows), HELD_YES[rows])
    np.testing.assert_allclose(theta(by_weight), theta(by_row), rtol=1e-9, atol=1e-12)


def test_lbfgs_does_not_go_on_epoch_by_epoch() -> None:
    session = begin(TABLE, YES, quick(optimizer="lbfgs", learning_rate=None))
    with pytest.raises(
        SettingError,
        match="'lbfgs' works on all rows at once and cannot go on epoch by epoch: use 'adam'",
    ):
        session.advance(table_of(TABLE), YES)


def test_lbfgs_fits() -> None:
    model = fit(TABLE, YES, quick(optimizer="lbfgs", learning_rate=None, max_epochs=30, l2=1e-3))
    assert (model.predict(TABLE) == YES).mean() > 0.9
    assert model.training["plan"]["schedule"] == "constant"


# Weights of rows


TARGETS: dict[str, tuple[Any, Any]] = {
    "squared": ("squared", score(TABLE)),
    "squared, two targets": ("squared", np.column_stack([score(TABLE), np.exp(score(TABLE))])),
    "absolute": ("absolute", score(TABLE)),
    "huber": ("huber", score(TABLE)),
    "quantiles": (Quantile((0.2, 0.8)), score(TABLE)),
    "poisson": ("poisson", np.floor(np.exp(score(TABLE)))),
    "gamma": ("gamma", np.exp(score(TABLE))),
    "logistic": ("logistic", YES),
    "multilabel": ("logistic", np.column_stack([YES == "yes", score(TABLE) > 1.0])),
    "softmax": ("softmax", np.digitize(score(TABLE), [-1.0, 1.0])),
    "custom": (CustomLoss(lambda Z, y: (np.log(np.cosh(Z - y)), np.tanh(Z - y))), score(TABLE)),
}


@pytest.mark.parametrize("optimizer", [SGD(0.1, momentum=0.9), "lbfgs"], ids=["sgd", "lbfgs"])
@pytest.mark.parametrize("name", TARGETS)
def test_weights_of_rows_are_repetitions_in_encoder_target_baseline_and_training(
    name: str, optimizer: Any
) -> None:
    loss, values = TARGETS[name]
    values = np.asarray(values)
    weight = np.array([2.0, 1.0, 0.0])[np.arange(120) % 3]
    rows = np.repeat(np.arange(120), weight.astype(int))
    repeated = {column: [cells[i] for i in rows] for column, cells in TABLE.items()}
    n_epochs = 3 if optimizer == "lbfgs" else 20
    plan = quick(
        loss=loss,
        optimizer=optimizer,
        learning_rate=None,
        schedule="constant",
        batch_size=1000,
        dtype="float64",
        max_epochs=n_epochs,
        l2=0.01,
    )
    weighted, by_row = (
        begin(TABLE, values, plan, sample_weight=weight),
        begin(repeated, values[rows], plan),
    )
    assert weighted.encoder.schema == by_row.encoder.schema
    for key in ("mean", "scale"):
        np.testing.assert_allclose(
            getattr(weighted.encoder.numbers, key), getattr(by_row.encoder.numbers, key), rtol=1e-12
        )
        np.testing.assert_allclose(
            getattr(weighted.target, key), getattr(by_row.target, key), rtol=1e-12
        )
    assert weighted.encoder.categories == by_row.encoder.categories
    np.testing.assert_allclose(theta(weighted), theta(by_row), rtol=1e-10, atol=1e-12)
    one, two = weighted.finish(), by_row.finish()
    np.testing.assert_allclose(
        one.raw_scores(TABLE),
        two.raw_scores(TABLE),
        rtol=1e-6 if optimizer == "lbfgs" else 1e-9,
        atol=1e-10,
    )


def test_training_begins_at_the_baseline() -> None:
    numbers = score(TABLE) * 10.0 + 300.0
    weight = np.random.default_rng(0).random(120)
    session = begin(TABLE, numbers, quick(), sample_weight=weight)
    session.network.parameters["layers.1.W"] = np.zeros((8, 1))
    np.testing.assert_allclose(
        session.model().predict(TABLE), np.full(120, np.average(numbers, weights=weight)), rtol=1e-6
    )
    session = begin(TABLE, YES, quick())
    session.network.parameters["layers.1.W"] = np.zeros((8, 1))
    np.testing.assert_allclose(
        session.model().predict_proba(TABLE)[:, 1], np.full(120, (YES == "yes").mean()), rtol=1e-5
    )


def test_a_fit_warns_of_nothing() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fit(TABLE, YES, quick(max_epochs=None, hidden_layer_sizes=(2,)))
