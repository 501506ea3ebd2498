"""The estimators in scikit-learn's other tools, and on problems with a known solution."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import load_diabetes, load_iris, make_circles, make_moons
from sklearn.ensemble import BaggingRegressor, StackingClassifier, VotingClassifier
from sklearn.inspection import permutation_importance
from sklearn.model_selection import (
    GridSearchCV,
    cross_val_predict,
    cross_val_score,
    train_test_split,
)
from sklearn.multioutput import MultiOutputClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from glassnet import GlassNetClassifier, GlassNetRegressor
from glassnet.data.toys import spirals, xor
from glassnet.errors import DataNotice

QUICK: dict[str, Any] = {
    "hidden_layer_sizes": 16,
    "max_epochs": 30,
    "learning_rate": 0.02,
    "random_state": 0,
}
X, Y = load_iris(return_X_y=True)
NAMES = load_iris().target_names[Y]


def test_grid_search_in_two_processes_is_that_in_one() -> None:
    grid = {"hidden_layer_sizes": [4, (8, 8)], "optimizer": ["adam", "lbfgs"]}
    found = [
        GridSearchCV(
            GlassNetClassifier(**QUICK | {"learning_rate": None}), grid, cv=2, n_jobs=n_jobs
        )
        .fit(X, NAMES)
        .cv_results_["mean_test_score"]
        for n_jobs in (1, 2)
    ]
    assert np.array_equal(*found)
    assert found[0].max() > 0.9


@pytest.mark.parametrize("method", ["predict", "predict_proba", "predict_log_proba"])
def test_cross_val_predict(method: str) -> None:
    out = cross_val_predict(
        make_pipeline(StandardScaler(), GlassNetClassifier(**QUICK)), X, NAMES, cv=3, method=method
    )
    labels = out if method == "predict" else np.unique(NAMES)[out.argmax(axis=1)]
    assert np.mean(labels == NAMES) > 0.9


@pytest.mark.parametrize(
    "around",
    [
        lambda inner: CalibratedClassifierCV(inner, cv=2),
        lambda inner: VotingClassifier([("net", inner), ("linear", GaussianNB())], voting="soft"),
        lambda inner: StackingClassifier([("net", inner)], GaussianNB(), cv=2),
    ],
    ids=["calibrated", "voting", "stacking"],
)
def test_ensembles(around: Any) -> None:
    assert around(GlassNetClassifier(**QUICK)).fit(X, NAMES).score(X, NAMES) > 0.9


def test_regressors_in_other_tools() -> None:
    X, y = load_diabetes(return_X_y=True, as_frame=True)
    regressor = GlassNetRegressor(**QUICK)
    assert cross_val_score(regressor, X, y, cv=3).mean() > 0.35
    assert BaggingRegressor(regressor, n_estimators=3, random_state=0).fit(X, y).score(X, y) > 0.4
    logged = TransformedTargetRegressor(regressor, func=np.log, inverse_func=np.exp).fit(X, y)
    assert logged.score(X, y) > 0.4
    importance = permutation_importance(
        regressor.fit(X, y), X, y, n_repeats=2, random_state=0
    ).importances_mean
    assert X.columns[importance.argmax()] in {"bmi", "s5", "s1"}


def test_multi_output_classifier() -> None:
    several = MultiOutputClassifier(GlassNetClassifier(**QUICK)).fit(
        X, np.column_stack([Y, (Y + 1) % 3])
    )
    assert np.mean(several.predict(X)[:, 0] == Y) > 0.9


def test_weights_are_routed() -> None:
    weight = np.where(Y == 0, 0.0, 1.0)
    with sklearn.config_context(enable_metadata_routing=True):
        inner = (
            GlassNetClassifier(**QUICK)
            .set_fit_request(sample_weight=True)
            .set_score_request(sample_weight=True)
        )
        search = GridSearchCV(make_pipeline(inner), {"glassnetclassifier__l2": [0.0]}, cv=2).fit(
            X, Y, sample_weight=weight
        )
    with pytest.warns(DataNotice, match="lie outside"):  # of the rows that weigh something
        assert search.predict_proba(X)[:, 0].max() < 0.5


def test_a_pipeline_of_frames() -> None:
    frame = pd.DataFrame(X, columns=["a", "b", "c", "d"])
    pipeline = make_pipeline(
        StandardScaler().set_output(transform="pandas"), GlassNetClassifier(**QUICK)
    ).fit(frame, NAMES)
    assert pipeline[-1].feature_names_in_.tolist() == ["a", "b", "c", "d"]


# Problems whose answer is known, with default settings


def solves_xor(seed: int) -> bool:
    X, y = xor()
    return bool(GlassNetClassifier(random_state=seed).fit(X, y).score(X, y) == 1.0)


def test_xor_for_a_hundred_seeds() -> None:
    assert [seed for seed in range(100) if not solves_xor(seed)] == []


TOYS = {
    "moons": (make_moons(1_000, noise=0.1, random_state=0), 0.99),
    "circles": (make_circles(1_000, noise=0.05, factor=0.5, random_state=0), 0.99),
    "spirals": (spirals(1_000, noise=0.02), 0.98),
}


@pytest.mark.parametrize("name", TOYS)
def test_toys(name: str) -> None:
    (X, y), least = TOYS[name]
    X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.5, random_state=0)
    assert GlassNetClassifier(random_state=0).fit(X_train, y_train).score(X_test, y_test) >= least
