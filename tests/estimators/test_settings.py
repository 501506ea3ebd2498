"""Parameters of the estimators: names, resolved values, and errors for invalid ones."""

from __future__ import annotations

import inspect
import pickle
import re
from copy import deepcopy
from dataclasses import fields
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone

from glassnet import GlassNetClassifier, GlassNetRegressor, Plan
from glassnet.data.toys import moons
from glassnet.errors import DataError, SettingError

QUICK: dict[str, Any] = {
    "recipe": "plain",
    "hidden_layer_sizes": 8,
    "max_epochs": 3,
    "random_state": 0,
}
X, Y = moons(60)
OWN = {
    "random_state",
    "warm_start",
    "verbose",
}  # what an estimator has beside the settings of a plan
CLASSES_ONLY = {"label_smoothing", "class_weight"}


@pytest.mark.parametrize(
    ("estimator", "without"), [(GlassNetClassifier, set()), (GlassNetRegressor, CLASSES_ONLY)]
)
def test_parameters_are_the_settings_of_a_plan(estimator: Any, without: set[str]) -> None:
    settings = {field.name: field.default for field in fields(Plan) if field.name != "seed"}
    parameters = inspect.signature(estimator).parameters
    assert set(parameters) == set(settings) - without | OWN
    assert all(parameter.kind is parameter.KEYWORD_ONLY for parameter in parameters.values())
    for name in set(parameters) - OWN:
        assert parameters[name].default == settings[name], name


@pytest.mark.parametrize("estimator", [GlassNetClassifier, GlassNetRegressor])
def test_every_parameter_and_attribute_is_documented(estimator: Any) -> None:
    text = inspect.getdoc(estimator) or ""
    documented = {
        name
        for line in re.findall(r"^([a-z0-9_, ]+) : ", text, re.MULTILINE)
        for name in line.split(", ")
    }
    fitted = {
        name
        for name in vars(estimator(**QUICK).fit(X, Y))
        if name.endswith("_") and not name.startswith("_")
    }
    assert documented >= set(inspect.signature(estimator).parameters) | fitted


BAD = [
    # settings, and what is said
    ({"optimizer": "adan"}, "unknown optimizer 'adan'.*Did you mean 'adam'"),
    ({"activation": "rleu"}, "unknown activation 'rleu'.*Did you mean 'relu'"),
    ({"activation": ["relu", "relu"]}, "activation names 2 functions for 1 hidden layers"),
    ({"normalization": "bach"}, "unknown normalization 'bach'.*Did you mean 'batch'"),
    ({"loss": "logstic"}, "unknown loss 'logstic'.*Did you mean 'logistic'"),
    ({"loss": "squared"}, "does not fit a binary target: use 'logistic' or 'softmax'"),
    ({"schedule": "cosin"}, "unknown schedule 'cosin'.*Did you mean 'cosine'"),
    (
        {"scoring": "acuracy", "early_stopping": True},
        "unknown scorer 'acuracy'.*Did you mean 'accuracy'",
    ),
    ({"engine": "referense"}, "Did you mean 'reference'"),
    ({"dtype": "float16"}, "unknown dtype 'float16'"),
    ({"dropout": 1.5}, "1.5"),
    ({"learning_rate": -1.0}, "the learning rate must be a positive number, got -1.0"),
    ({"validation_fraction": 1.5, "early_stopping": True}, "must lie between 0 and 1, got 1.5"),
    ({"patience": 0, "early_stopping": True}, "patience must be a number of epochs"),
    ({"l1": -1.0}, "-1.0"),
    ({"label_smoothing": 1.5}, "label_smoothing must be in"),
    ({"clip_norm": 0.0}, "clip_norm must be a positive number"),
    ({"class_weight": "balansed"}, "class_weight must be None, 'balanced' or a mapping"),
    ({"class_weight": {0: 1.0, 7: 2.0}}, "class_weight names 7, which is not a class"),
    ({"class_weight": {0: -1.0}}, "must be a number >= 0"),
    ({"optimizer": "lbfgs", "dropout": 0.5}, "lbfgs.*Dropout"),
    ({"optimizer": "lbfgs", "schedule": "cosine"}, "chooses its own steps"),
    ({"random_state": -1}, "2\\*\\*32"),
]


@pytest.mark.parametrize(("settings", "says"), BAD, ids=[str(settings) for settings, _ in BAD])
def test_bad_settings_are_refused_in_fit(settings: dict[str, Any], says: str) -> None:
    estimator = GlassNetClassifier(
        **QUICK | settings
    )  # not here: scikit-learn sets parameters before it looks at them
    with pytest.raises(ValueError, match=says):
        estimator.fit(X, Y)


def test_choices_from_the_data_are_recorded_and_shown(capsys: pytest.CaptureFixture[str]) -> None:
    classifier = GlassNetClassifier(
        recipe="plain", hidden_layer_sizes=8, max_epochs=40, verbose=True
    ).fit(X, Y)
    plan = classifier.model_.training["plan"]
    assert plan["batch_size"] == 32
    assert plan["loss"] == "logistic"
    assert plan["hidden_layer_sizes"] == [8]
    assert isinstance(plan["seed"], int)
    shown = capsys.readouterr().out.splitlines()
    assert shown[0].startswith("GlassNetClassifier: 60 rows, 2 features, 33 parameters")
    assert "batch_size=32" in shown[1]
    assert "max_epochs" not in shown[1]
    assert len(shown) == 23
    assert re.fullmatch(r"epoch +40 of 40  training loss [0-9.e-]+", shown[-2])
    assert shown[-1] == "all epochs done after 40 of 40 epochs"


def test_silent_by_default(capsys: pytest.CaptureFixture[str]) -> None:
    GlassNetRegressor(**QUICK).fit(X, Y)
    assert capsys.readouterr() == ("", "")


def bits(estimator: Any) -> bytes:
    return estimator.network_.parameters.theta.tobytes()


@pytest.mark.parametrize("kind", [GlassNetClassifier, GlassNetRegressor])
def test_same_seed_same_bits(kind: Any) -> None:
    estimator = kind(**QUICK | {"dropout": 0.2})
    first = bits(estimator.fit(X, Y))
    assert bits(estimator.fit(X, Y)) == first
    assert bits(clone(estimator).fit(X, Y)) == first
    assert bits(clone(estimator).set_params(random_state=1).fit(X, Y)) != first


def test_random_state_kinds() -> None:
    free = GlassNetClassifier(**QUICK | {"random_state": None})
    assert bits(free.fit(X, Y)) != bits(free.fit(X, Y))
    drawn = [
        bits(GlassNetClassifier(**QUICK | {"random_state": np.random.RandomState(5)}).fit(X, Y))
        for _ in range(2)
    ]
    assert drawn[0] == drawn[1]
    assert (
        GlassNetClassifier(**QUICK | {"random_state": 7}).fit(X, Y).model_.training["plan"]["seed"]
        == 7
    )


def test_the_seed_of_fresh_entropy_repeats_the_fit() -> None:
    free = GlassNetClassifier(**QUICK | {"random_state": None}).fit(X, Y)
    again = GlassNetClassifier(
        **QUICK | {"random_state": free.model_.training["plan"]["seed"]}
    ).fit(X, Y)
    assert bits(free) == bits(again)


def test_warm_start_goes_on() -> None:
    estimator = GlassNetClassifier(**QUICK | {"warm_start": True, "learning_rate": 1e-2}).fit(X, Y)
    network, loss = estimator.network_, estimator.history_["training_loss"][-1]
    estimator.fit(X[:40], Y[:40])
    assert estimator.network_ is network
    assert estimator.history_["training_loss"][0] < loss * 1.2
    assert estimator.n_iter_ == 3


def test_warm_start_keeps_the_scaling_of_columns() -> None:
    estimator = GlassNetRegressor(**QUICK | {"warm_start": True}).fit(X, Y)
    encoder, target = estimator.model_.encoder, estimator.model_.target
    estimator.fit(100 * X, 100.0 * Y)
    assert estimator.model_.encoder is encoder
    assert estimator.model_.target is target


@pytest.mark.parametrize(
    ("change", "y", "says"),
    [
        ({}, Y + 1, "the classes must be those of the earlier fit"),
        ({"hidden_layer_sizes": 9}, Y, "a warm start continues with the network"),
    ],
)
def test_warm_start_refuses_what_does_not_fit(change: dict[str, Any], y: Any, says: str) -> None:
    estimator = GlassNetClassifier(**QUICK | {"warm_start": True}).fit(X, Y)
    before = bits(estimator)
    with pytest.raises((SettingError, DataError), match=says):
        estimator.set_params(**change).fit(X, y)
    assert bits(estimator) == before
    assert estimator.predict(X).shape == (60,)


@pytest.mark.parametrize(
    "copied",
    [deepcopy, lambda estimator: pickle.loads(pickle.dumps(estimator))],  # noqa: S301
    ids=["deepcopy", "pickle"],
)
def test_copies_predict_the_same_and_stand_alone(copied: Any) -> None:
    estimator = GlassNetClassifier(**QUICK).fit(X, Y)
    before = estimator.predict_proba(X)
    other = copied(estimator)
    assert np.array_equal(other.predict_proba(X), before)
    assert other.network_ is other.model_.network
    other.partial_fit(X, Y)
    assert np.array_equal(estimator.predict_proba(X), before)


def test_training_data_are_not_pickled() -> None:
    rng = np.random.default_rng(0)
    big = rng.standard_normal((5_000, 20))
    regressor = GlassNetRegressor(**QUICK | {"early_stopping": True, "scoring": "r2"}).fit(
        big, big[:, 0]
    )
    assert len(pickle.dumps(regressor)) < 21_000  # with both ends of each column
    (fit,) = regressor._session.ensemble.fits
    assert fit.rows is fit.validation is None


def test_a_network_in_another_dtype_shares_nothing() -> None:
    network = GlassNetClassifier(**QUICK | {"normalization": "batch"}).fit(X, Y).network_
    wide = network.astype("float64")
    assert wide.dtype == np.float64
    for name, view in network.parameters.items():
        assert np.array_equal(view, wide.parameters[name])
        assert not np.shares_memory(view, wide.parameters[name])
    np.testing.assert_allclose(wide.predict(X), network.predict(X), rtol=1e-4, atol=1e-5)
    wide.parameters.p.layers[0].W[...] = 0.0
    assert not wide.parameters["layers.0.W"].any()
    assert network.parameters["layers.0.W"].any()
