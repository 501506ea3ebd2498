"""scikit-learn's callbacks on our fit: its own, and one that records its calls."""

from __future__ import annotations

import _thread
import signal
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.callback import ProgressBar, ScoringMonitor
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from glassnet import GlassNetClassifier, GlassNetRegressor
from glassnet.data.toys import moons

X, Y = moons(80)
QUICK: dict[str, Any] = {
    "recipe": "plain",
    "hidden_layer_sizes": 8,
    "max_epochs": 6,
    "random_state": 0,
}
CASES = [
    (GlassNetClassifier, {}),
    (GlassNetRegressor, {}),
    (GlassNetClassifier, {"optimizer": "lbfgs"}),
    (GlassNetClassifier, {"early_stopping": True, "patience": 1, "learning_rate": 1e-9}),
]
IDS = ["classifier", "regressor", "lbfgs", "early stopping"]


class Diary:
    """Writes down every call; may stop a fit after some epochs, or fail somewhere."""

    def __init__(
        self,
        stop_after: int | None = None,
        fail_at: str = "",
        error: type[BaseException] = RuntimeError,
    ) -> None:
        self.lines: list[tuple[str, str]] = []
        self.predictions: list[Any] = []
        self.stop_after, self.fail_at, self.error = stop_after, fail_at, error

    def write(self, hook: str, context: Any) -> None:
        self.lines.append((hook, context.task_name))
        if f"{hook} {context.task_name}" == self.fail_at:
            raise self.error("planted")

    def count(self, hook: str, task: str) -> int:
        return self.lines.count((hook, task))

    def setup(self, estimator: Any, context: Any) -> None:
        self.write("setup", context)

    def teardown(self, estimator: Any, context: Any) -> None:
        self.write("teardown", context)

    def on_fit_task_begin(self, estimator: Any, context: Any) -> None:
        self.write("begin", context)

    def on_fit_task_end(
        self,
        estimator: Any,
        context: Any,
        *,
        X: Any = None,
        fitted_estimator: Any = None,
        metadata: Any = None,
    ) -> bool:
        if fitted_estimator is not None:
            self.predictions.append((fitted_estimator, fitted_estimator.predict(X)))
        self.write("end", context)
        return context.task_name == "epoch" and self.count("end", "epoch") == self.stop_after


@pytest.mark.parametrize(("kind", "settings"), CASES, ids=IDS)
def test_one_task_an_epoch(kind: Any, settings: dict[str, Any]) -> None:
    diary = Diary()
    estimator = kind(**QUICK | settings).set_callbacks(diary).fit(X, Y)
    spare = 1 if settings.get("optimizer") == "lbfgs" and estimator.n_iter_ < 6 else 0
    assert diary.lines[:2] == [("setup", "fit"), ("begin", "fit")]
    assert diary.lines[-2:] == [("end", "fit"), ("teardown", "fit")]
    assert diary.lines[2:-2] == [("begin", "epoch"), ("end", "epoch")] * (estimator.n_iter_ + spare)
    if "patience" in settings:
        assert estimator.n_iter_ == 2
    # Each epoch's estimator keeps the network of its moment, whatever training did later.
    epochs = diary.predictions[: estimator.n_iter_]
    assert all(np.array_equal(fitted.predict(X), seen) for fitted, seen in epochs)
    if settings == {}:
        assert not np.array_equal(
            epochs[0][0].network_.parameters.theta, epochs[-1][0].network_.parameters.theta
        )
        assert np.array_equal(epochs[-1][1], estimator.predict(X))


@pytest.mark.parametrize(("kind", "settings"), CASES, ids=IDS)
def test_callbacks_change_nothing(kind: Any, settings: dict[str, Any]) -> None:
    plain = kind(**QUICK | settings).fit(X, Y)
    watched = (
        kind(**QUICK | settings).set_callbacks(Diary(), ScoringMonitor(scoring="r2")).fit(X, Y)
    )
    assert np.array_equal(plain.network_.parameters.theta, watched.network_.parameters.theta)
    assert plain.n_iter_ == watched.n_iter_


@pytest.mark.parametrize("optimizer", [None, "lbfgs"])
def test_true_stops_the_training_and_the_best_weights_come_back(optimizer: str | None) -> None:
    settings = QUICK | {
        "optimizer": optimizer,
        "max_epochs": 50,
        "early_stopping": True,
        "patience": 40,
        "activation": "tanh",
    }
    noisy = np.random.default_rng(0).permutation(
        Y
    )  # nothing to learn, so the best epoch is not the last one
    diary = Diary(stop_after=30)
    estimator = (
        GlassNetClassifier(**settings, learning_rate=None if optimizer else 0.05)
        .set_callbacks(diary)
        .fit(X, noisy)
    )
    assert estimator.n_iter_ == diary.count("end", "epoch") == 30
    assert estimator.model_.training["ended"] == "stopped by the caller"
    best = estimator.model_.training["best_epoch"]
    assert best < 29
    np.testing.assert_array_equal(
        diary.predictions[best][0].network_.parameters.theta, estimator.network_.parameters.theta
    )
    assert diary.lines[-1] == ("teardown", "fit")


@pytest.mark.parametrize("optimizer", [None, "lbfgs"])
def test_early_stopping_restores_the_best_weights(optimizer: str | None) -> None:
    noisy = np.random.default_rng(0).permutation(Y)
    diary = Diary()
    settings = QUICK | {
        "optimizer": optimizer,
        "max_epochs": 50,
        "early_stopping": True,
        "patience": 5,
        "activation": "tanh",
    }
    estimator = (
        GlassNetClassifier(**settings, learning_rate=None if optimizer else 0.05)
        .set_callbacks(diary)
        .fit(X, noisy)
    )
    assert estimator.model_.training["ended"] == "no further gain"
    best = estimator.model_.training["best_epoch"]
    assert best == estimator.n_iter_ - 6
    np.testing.assert_array_equal(
        diary.predictions[best][0].network_.parameters.theta, estimator.network_.parameters.theta
    )


PLACES = ["setup fit", "begin fit", "begin epoch", "end epoch", "end fit", "teardown fit"]


@pytest.mark.parametrize("optimizer", [None, "lbfgs"])
@pytest.mark.parametrize("place", PLACES)
def test_setup_and_teardown_are_paired_when_a_callback_fails(
    place: str, optimizer: str | None
) -> None:
    failing, other = Diary(fail_at=place), Diary()
    estimator = GlassNetClassifier(**QUICK, optimizer=optimizer).set_callbacks(other, failing)
    with pytest.raises(RuntimeError, match="planted"):
        estimator.fit(X, Y)
    for diary in (failing, other):
        assert diary.count("setup", "fit") == diary.count("teardown", "fit") == 1
    assert not hasattr(estimator, "_callback_fit_ctx")
    assert hasattr(estimator.set_callbacks().fit(X, Y), "model_")


def test_setup_and_teardown_are_paired_when_training_diverges() -> None:
    diary = Diary()
    with pytest.raises(ArithmeticError, match="training diverged"):
        GlassNetRegressor(**QUICK, optimizer="sgd", learning_rate=1e30).set_callbacks(diary).fit(
            X, Y
        )
    assert diary.count("setup", "fit") == diary.count("teardown", "fit") == 1


class Interrupter(Diary):
    """Presses Ctrl-C while an epoch runs, or in a hook."""

    def __init__(self, inside: bool) -> None:
        super().__init__()
        self.inside = inside

    def on_fit_task_begin(self, estimator: Any, context: Any) -> None:
        super().on_fit_task_begin(estimator, context)
        if self.count("begin", "epoch") == 4 and context.task_name == "epoch":
            if self.inside:
                _thread.interrupt_main()
            else:
                raise KeyboardInterrupt


@pytest.fixture
def default_sigint() -> Iterator[None]:
    """Where the tests run in the background of a shell, SIGINT is ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("inside", [True, False])
def test_ctrl_c_keeps_the_best_weights(inside: bool, default_sigint: None) -> None:
    diary = Interrupter(inside)
    noisy = np.random.default_rng(0).permutation(Y)
    settings = QUICK | {
        "max_epochs": 1_000,
        "early_stopping": True,
        "patience": 500,
        "learning_rate": 0.3,
        "schedule": "constant",
    }
    with pytest.warns(
        RuntimeWarning, match="training interrupted: the best weights so far are kept"
    ):
        estimator = GlassNetClassifier(**settings).set_callbacks(diary).fit(X, noisy)
    assert estimator.n_iter_ == 3
    assert estimator.model_.training["ended"] == "interrupted"
    best = estimator.model_.training["best_epoch"]
    np.testing.assert_array_equal(
        diary.predictions[best][0].network_.parameters.theta, estimator.network_.parameters.theta
    )
    assert diary.count("setup", "fit") == diary.count("teardown", "fit") == 1


def test_scoring_monitor() -> None:
    monitor = ScoringMonitor(scoring="accuracy")
    estimator = (
        GlassNetClassifier(**QUICK | {"max_epochs": 20, "learning_rate": 0.02})
        .set_callbacks(monitor)
        .fit(X, Y)
    )
    log = [row for row in monitor.get_logs().data if row["task_name"] == "epoch"]
    assert len(log) == estimator.n_iter_ == 20
    assert log[-1]["accuracy"] == estimator.score(X, Y) > 0.8


def test_scoring_monitor_weighs_rows() -> None:
    monitor = ScoringMonitor(scoring="neg_log_loss")
    weight = np.linspace(0.1, 1.0, len(Y))
    GlassNetClassifier(**QUICK).set_callbacks(monitor).fit(X, Y, sample_weight=weight)
    assert len(monitor.get_logs().data) == 7  # six epochs and the fit


def test_progress_bar(capsys: pytest.CaptureFixture[str]) -> None:
    GlassNetClassifier(**QUICK).set_callbacks(ProgressBar()).fit(X, Y)
    shown = capsys.readouterr().out
    assert "GlassNetClassifier" in shown
    assert "100%" in shown


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_callbacks_of_a_search_and_a_pipeline_reach_us(
    n_jobs: int, capsys: pytest.CaptureFixture[str]
) -> None:
    pipeline = make_pipeline(StandardScaler(), GlassNetClassifier(**QUICK))
    search = GridSearchCV(
        pipeline, {"glassnetclassifier__hidden_layer_sizes": [4, 8]}, cv=2, n_jobs=n_jobs
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        search.set_callbacks(ProgressBar(max_propagation_depth=None)).fit(X, Y)
    assert "GlassNetClassifier" in capsys.readouterr().out
    assert search.best_score_ > 0.4


def test_a_clone_takes_its_callbacks_along_as_scikit_learn_says() -> None:
    diary = Diary()
    estimator = GlassNetClassifier(**QUICK).set_callbacks(diary)
    assert getattr(clone(estimator), "_skl_callbacks", None) == getattr(
        clone(StandardScaler().set_callbacks(diary)), "_skl_callbacks", None
    )
