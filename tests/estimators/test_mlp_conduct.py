"""Warnings, printed lines and errors of the drop-ins, which are those of scikit-learn."""

from __future__ import annotations

import _thread
import contextlib
import copy
import io
import pickle
import signal
import threading
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
import sklearn
import sklearn.neural_network as theirs
from sklearn.callback import ScoringMonitor
from sklearn.exceptions import ConvergenceWarning, NotFittedError

import glassnet as ours
from glassnet import MLPClassifier, MLPRegressor
from glassnet.data.toys import moons
from tests.estimators.test_callbacks import Diary

X, Y = moons(60)
T = X[:, 0] - X[:, 1]
QUICK: dict[str, Any] = {"hidden_layer_sizes": (5,), "random_state": 0, "max_iter": 6}
QUIET = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def classifier(**changed: Any) -> MLPClassifier:
    return MLPClassifier(**QUICK | changed)


# Warnings and lines


def warned(run: Callable[[], Any]) -> list[tuple[type, str, str]]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        run()
    return [(w.category, str(w.message), w.filename) for w in caught]


@pytest.mark.parametrize(
    ("run", "category", "message"),
    [
        (
            lambda: classifier().fit(X, Y),
            ConvergenceWarning,
            "Stochastic Optimizer: Maximum iterations (6) reached",
        ),
        (
            lambda: classifier(batch_size=99, max_iter=1, tol=1e9).fit(X, Y),
            UserWarning,
            "Got `batch_size` less than 1 or larger",
        ),
        (
            lambda: classifier(batch_size=99).partial_fit(X, Y, classes=[0, 1]),
            UserWarning,
            "Got `batch_size` less than 1 or larger",
        ),
        (
            lambda: MLPRegressor(batch_size=99).partial_fit(X, T),
            UserWarning,
            "Got `batch_size` less than 1 or larger",
        ),
    ],
)
def test_a_warning_points_at_the_line_that_called(
    run: Callable[[], Any], category: type, message: str
) -> None:
    heard = warned(run)
    assert heard
    assert all(where == __file__ for *_, where in heard)
    assert (heard[0][0], heard[0][1][: len(message)]) == (category, message)


VERBOSE: list[tuple[str, dict[str, Any]]] = [
    ("MLPClassifier", {}),
    ("MLPClassifier", {"tol": 0.5, "n_iter_no_change": 2}),
    ("MLPClassifier", {"early_stopping": True, "n_iter_no_change": 2, "max_iter": 40}),
    ("MLPRegressor", {"early_stopping": True, "n_iter_no_change": 2, "max_iter": 40}),
    (
        "MLPClassifier",
        {
            "solver": "sgd",
            "learning_rate": "adaptive",
            "tol": 0.5,
            "n_iter_no_change": 2,
            "max_iter": 60,
        },
    ),
    (
        "MLPClassifier",
        {
            "solver": "sgd",
            "learning_rate": "adaptive",
            "early_stopping": True,
            "n_iter_no_change": 2,
            "max_iter": 60,
        },
    ),
    (
        "MLPRegressor",
        {"solver": "sgd", "learning_rate": "invscaling", "tol": 0.5, "n_iter_no_change": 2},
    ),
    (
        "MLPClassifier",
        {"tol": 1e9, "n_iter_no_change": 5},
    ),  # patience and the epochs run out at once
]


@QUIET
@pytest.mark.parametrize(("name", "changed"), VERBOSE)
@pytest.mark.parametrize("way", ["fit", "partial_fit"])
def test_the_lines_are_those_of_scikit_learn(name: str, changed: dict[str, Any], way: str) -> None:
    def lines(package: Any) -> list[str]:
        estimator = getattr(package, name)(**QUICK | changed, verbose=True)
        told = io.StringIO()
        with contextlib.redirect_stdout(told):
            if way == "fit":
                estimator.fit(X, Y)
            else:
                for _ in range(12):
                    estimator.set_params(early_stopping=False)
                    estimator.partial_fit(
                        X, Y, **{"classes": [0, 1]} if name == "MLPClassifier" else {}
                    )
        return told.getvalue().splitlines()

    expected = lines(theirs)
    assert expected
    assert lines(ours) == expected


# What goes wrong


@pytest.mark.parametrize("method", ["predict", "predict_proba", "predict_log_proba", "model_"])
def test_an_estimator_that_is_not_fitted_says_so(method: str) -> None:
    with pytest.raises(NotFittedError, match="This MLPClassifier instance is not fitted yet"):
        getattr(classifier(), method)(X)


@QUIET
def test_parameters_are_checked_first_and_not_at_all_where_scikit_learn_is_told_so() -> None:
    estimator = classifier(alpha=-1.0)
    with pytest.raises(ValueError, match="The 'alpha' parameter of MLPClassifier must be"):
        estimator.partial_fit(X, Y, classes=[0, 1])
    assert not hasattr(estimator, "classes_")
    with sklearn.config_context(skip_parameter_validation=True):
        classifier(shuffle=1).fit(X, Y)
    with pytest.raises(ValueError, match="batch_size must be a whole number of at least 1, got 0"):
        classifier().partial_fit(X, Y, classes=[0, 1]).set_params(batch_size=0).partial_fit(X, Y)


@QUIET
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_an_error_in_a_callback_leaves_the_epochs_done(solver: str) -> None:
    def fail(epoch: Any) -> None:
        if epoch.index == 2:
            raise ZeroDivisionError

    estimator = classifier(solver=solver, callbacks=fail)
    with pytest.raises(ZeroDivisionError):
        estimator.fit(X, Y)
    assert estimator.n_iter_ == 3
    expected = classifier(solver=solver, max_iter=3).fit(X, Y)
    np.testing.assert_array_equal(estimator.predict_proba(X), expected.predict_proba(X))
    again = estimator.set_params(callbacks=None).fit(X, Y)
    np.testing.assert_array_equal(
        again.predict_proba(X), classifier(solver=solver).fit(X, Y).predict_proba(X)
    )


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
def test_divergence_is_a_value_error_with_the_last_finite_weights(solver: str) -> None:
    estimator = MLPRegressor(**QUICK | {"solver": solver, "learning_rate_init": 1e300})
    with pytest.raises(ValueError, match="Solver produced non-finite parameter weights"):
        estimator.fit(
            X * (1e200 if solver == "lbfgs" else 1.0), T * (1e200 if solver == "lbfgs" else 1.0)
        )
    assert all(np.isfinite(W).all() for W in estimator.coefs_)


@pytest.fixture
def default_sigint() -> Iterator[None]:
    """Where the tests run in the background of a shell, SIGINT is ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("early_stopping", [False, True])
def test_ctrl_c_ends_training_with_a_warning(early_stopping: bool, default_sigint: None) -> None:
    def press(epoch: Any) -> None:
        if epoch.index == 3:
            _thread.interrupt_main()

    estimator = classifier(
        max_iter=100_000, n_iter_no_change=np.inf, early_stopping=early_stopping, callbacks=press
    )
    heard = warned(lambda: estimator.fit(X, Y))
    assert heard == [(UserWarning, "Training interrupted by user.", __file__)]
    assert 4 <= estimator.n_iter_ < 100_000
    if early_stopping:
        assert estimator.best_validation_score_ == max(estimator.validation_scores_)
    assert estimator.predict(X).shape == (60,)


# Changed by hand


@QUIET
@pytest.mark.parametrize("solver", ["adam", "sgd"])
@pytest.mark.parametrize(
    "changed",
    [
        {"activation": "tanh"},
        {"alpha": 1.0},
        {"momentum": 0.1},
        {"batch_size": 7},
        {"shuffle": False},
        {"max_iter": 99},
    ],
    ids=str,
)
def test_settings_changed_between_calls_are_followed(changed: dict[str, Any], solver: str) -> None:
    answers = []
    for package in (theirs, ours):
        estimator = package.MLPClassifier(**QUICK | {"solver": solver})
        for _ in range(3):
            estimator.partial_fit(X, Y, classes=[0, 1])
        if solver == "sgd" and "momentum" in changed:
            continue  # scikit-learn's optimizer keeps the settings that it was made with
        estimator.set_params(**changed)
        answers += [
            estimator.predict_proba(X),
            estimator.partial_fit(X, Y).predict_proba(X),
            estimator.partial_fit(X, Y).predict_proba(X),
        ]
    for expected, came in zip(
        answers[: len(answers) // 2], answers[len(answers) // 2 :], strict=True
    ):
        np.testing.assert_allclose(came, expected, rtol=1e-9)


@QUIET
def test_the_model_is_what_the_settings_say() -> None:
    estimator = classifier().fit(X, Y).set_params(activation="tanh")
    np.testing.assert_allclose(
        estimator.model_.predict_proba(X), estimator.predict_proba(X), rtol=1e-12
    )


def halved(arrays: list[Any]) -> list[Any]:
    return [array * 0.5 for array in arrays]


def in_place(arrays: list[Any]) -> list[Any]:
    for array in arrays:
        np.multiply(array, 0.5, out=array)
    return arrays


@QUIET
@pytest.mark.parametrize("change", [halved, in_place])
@pytest.mark.parametrize(
    "copied",
    [lambda e: e, copy.deepcopy, lambda e: pickle.loads(pickle.dumps(e))],  # noqa: S301
)
def test_weights_put_in_by_hand_predict_and_are_trained_on(change: Any, copied: Any) -> None:
    answers = []
    for package in (theirs, ours):
        estimator = package.MLPClassifier(**QUICK).fit(X, Y)
        estimator.coefs_ = change(estimator.coefs_)
        estimator = copied(estimator)
        by_hand = estimator.predict_proba(X)
        if package is ours:  # scikit-learn's optimizer goes on with the arrays that were replaced
            before = [W.copy() for W in estimator.coefs_]
            estimator.partial_fit(X, Y)
            assert not np.array_equal(estimator.coefs_[0], before[0])
            assert np.abs(estimator.coefs_[0] - before[0]).max() < 0.01
        answers.append(by_hand)
    np.testing.assert_allclose(answers[1], answers[0], rtol=1e-9)


@QUIET
def test_weights_that_do_not_fit_together_are_refused() -> None:
    estimator = classifier().fit(X, Y)
    estimator.intercepts_ = [b[:1] for b in estimator.intercepts_]
    with pytest.raises(ValueError, match="coefs_ and intercepts_ must be arrays of the shapes"):
        estimator.predict(X)


# Copies, files, threads, input


@QUIET
@pytest.mark.parametrize("mode", [None, "r", "c"])
@pytest.mark.parametrize(
    "changed",
    [{}, {"solver": "sgd"}, {"solver": "lbfgs"}, {"early_stopping": True, "max_iter": 1}],
    ids=str,
)
def test_a_file_goes_on_where_the_estimator_stood(
    mode: Any, changed: dict[str, Any], tmp_path: Path
) -> None:
    estimator = classifier(**changed).fit(X, Y)
    joblib.dump(estimator, tmp_path / "estimator")
    read = joblib.load(tmp_path / "estimator", mmap_mode=mode)
    np.testing.assert_array_equal(read.predict_proba(X), estimator.predict_proba(X))
    for one in (read, estimator):
        if changed in ({}, {"solver": "sgd"}):
            one.partial_fit(X, Y).partial_fit(X, Y)
        else:
            one.set_params(warm_start=True, max_iter=60, learning_rate_init=0.05).fit(X, Y)
    np.testing.assert_array_equal(read.predict_proba(X), estimator.predict_proba(X))


@QUIET
@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
def test_pickles_are_of_the_size_of_scikit_learns_and_do_not_grow(solver: str) -> None:
    settings = QUICK | {"solver": solver, "hidden_layer_sizes": (300,)}
    mine, other = (
        len(pickle.dumps(package.MLPClassifier(**settings).fit(X, Y))) for package in (ours, theirs)
    )
    assert mine < 1.5 * other
    if solver != "lbfgs":
        steps = MLPClassifier(**settings)
        sizes = [len(pickle.dumps(steps.partial_fit(X, Y, classes=[0, 1]))) for _ in range(4)]
        assert sizes[-1] - sizes[0] < 200


@QUIET
def test_threads_that_fit_at_once_do_not_meet() -> None:
    found: dict[int, Any] = {}

    def fit(i: int) -> None:
        found[i] = (
            classifier(solver=["adam", "lbfgs"][i % 2], max_iter=30).fit(X, Y).predict_proba(X)
        )

    threads = [threading.Thread(target=fit, args=(i,)) for i in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for i in range(2, 6):
        np.testing.assert_array_equal(found[i], found[i % 2])


@QUIET
@pytest.mark.parametrize(
    "dtype", ["float16", "float32", "float64", "longdouble", ">f8", "int64", "bool"]
)
def test_any_numbers_are_predicted_for(dtype: str) -> None:
    rows = (X * 3.0).astype(dtype)
    expected = theirs.MLPClassifier(**QUICK).fit(X, Y).predict_proba(rows)
    np.testing.assert_allclose(
        classifier().fit(X, Y).predict_proba(rows), expected.astype(np.float64), rtol=1e-6
    )


# scikit-learn's callbacks


@QUIET
@pytest.mark.parametrize(
    "changed",
    [{}, {"solver": "lbfgs"}, {"early_stopping": True, "tol": 1.0, "n_iter_no_change": 1}],
    ids=str,
)
def test_one_task_an_epoch_which_changes_nothing(changed: dict[str, Any]) -> None:
    diary = Diary()
    estimator = (
        classifier(**changed).set_callbacks(diary, ScoringMonitor(scoring="accuracy")).fit(X, Y)
    )
    assert diary.lines[:2] == [("setup", "fit"), ("begin", "fit")]
    assert diary.lines[-2:] == [("end", "fit"), ("teardown", "fit")]
    assert diary.lines[2:-2] == [("begin", "epoch"), ("end", "epoch")] * estimator.n_iter_
    np.testing.assert_array_equal(
        estimator.predict_proba(X), classifier(**changed).fit(X, Y).predict_proba(X)
    )
    epochs = diary.predictions[: estimator.n_iter_]
    assert all(
        np.array_equal(fitted.predict(X), seen) for fitted, seen in epochs
    )  # each keeps the weights of its moment


@QUIET
@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
def test_true_from_scikit_learns_callback_ends_training(solver: str) -> None:
    diary = Diary(stop_after=2)
    assert classifier(solver=solver).set_callbacks(diary).fit(X, Y).n_iter_ == 2
    assert diary.lines[-1] == ("teardown", "fit")


@QUIET
@pytest.mark.parametrize(
    "place", ["setup fit", "begin fit", "begin epoch", "end epoch", "end fit", "teardown fit"]
)
def test_setup_and_teardown_are_paired_when_a_callback_fails(place: str) -> None:
    failing, other = Diary(fail_at=place), Diary()
    estimator = classifier().set_callbacks(other, failing)
    with pytest.raises(RuntimeError, match="planted"):
        estimator.fit(X, Y)
    for diary in (failing, other):
        assert diary.count("setup", "fit") == diary.count("teardown", "fit") == 1
    assert hasattr(estimator.set_callbacks().fit(X, Y), "coefs_")


def test_ctrl_c_ends_minimizing_with_a_warning(default_sigint: None) -> None:
    def press(epoch: Any) -> None:
        if epoch.index == 3:
            _thread.interrupt_main()

    estimator = classifier(solver="lbfgs", max_iter=100_000, tol=0.0, callbacks=press)
    assert warned(lambda: estimator.fit(X, Y)) == [
        (UserWarning, "Training interrupted by user.", __file__)
    ]
    assert estimator.n_iter_ in (4, 5)
    assert estimator.predict(X).shape == (60,)
