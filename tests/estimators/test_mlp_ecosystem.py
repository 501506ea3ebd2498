"""scikit-learn's other tools give the same results with its perceptrons and with the drop-ins."""

from __future__ import annotations

import inspect
import pickle
import warnings
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
import sklearn
import sklearn.neural_network as theirs
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor, make_column_transformer
from sklearn.datasets import load_diabetes, load_iris, load_linnerud
from sklearn.ensemble import BaggingClassifier, StackingClassifier, VotingRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV, cross_val_predict, cross_validate, learning_curve
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import MultiOutputRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler, scale

import glassnet

Array = np.ndarray[Any, np.dtype[Any]]
SETTINGS: dict[str, Any] = {
    "hidden_layer_sizes": (8,),
    "max_iter": 15,
    "learning_rate_init": 0.01,
    "random_state": 0,
}
X, Y = scale(load_iris().data), load_iris().target
NAMES = load_iris().target_names[Y]
RX, RY = scale(load_diabetes().data), scale(load_diabetes().target)
TX, TY = scale(load_linnerud().data), scale(load_linnerud().target)
FRAME = pd.DataFrame(load_iris().data, columns=["a", "b", "c", "d"])
WEIGHT = np.where(Y == 0, 0.25, 1.0 + Y)


@pytest.fixture(autouse=True)
def so_few_epochs(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No word about convergence, in the processes of joblib neither."""
    monkeypatch.setenv("PYTHONWARNINGS", "ignore")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        yield


def classifier(home: Any, **settings: Any) -> Any:
    return home.MLPClassifier(**SETTINGS | settings)


def regressor(home: Any, **settings: Any) -> Any:
    return home.MLPRegressor(**SETTINGS | settings)


def through_pickle(estimator: Any) -> Any:
    return pickle.loads(pickle.dumps(estimator))  # noqa: S301 - our own


def through_a_file(estimator: Any) -> Any:
    file = BytesIO()
    joblib.dump(estimator, file)
    file.seek(0)
    return joblib.load(file)


# What a tool gives, as arrays.


def cloned(home: Any) -> Any:
    fitted = classifier(home).fit(X, Y)
    return [
        clone(fitted).fit(X, Y).predict_proba(X),
        clone(fitted).set_params(alpha=1.0).fit(X, Y).predict_proba(X),
    ]


def pickled(home: Any) -> Any:
    fitted = classifier(home).fit(X, Y)
    return [load(fitted).predict_proba(X) for load in (through_pickle, through_a_file)]


def trained_on_after_loading(home: Any) -> Any:
    """`partial_fit` after loading continues with the optimizer's state."""
    fitted = classifier(home).fit(X, Y)
    loaded = through_a_file(fitted)
    before = loaded.predict_proba(X)
    after = loaded.partial_fit(X, Y).partial_fit(X, Y).predict_proba(X)
    assert np.abs(after - before).max() > 1e-3
    assert np.array_equal(fitted.predict_proba(X), before)
    return [before, after, *loaded.coefs_]


def grid_search(home: Any) -> Any:
    grid = {"alpha": [1e-4, 1.0], "solver": ["adam", "lbfgs"], "hidden_layer_sizes": [(4,), (6, 4)]}
    search = GridSearchCV(classifier(home), grid, cv=2, n_jobs=2).fit(X, NAMES)
    return [search.cv_results_["mean_test_score"], search.best_index_, search.predict_proba(X)]


def pipeline(home: Any) -> Any:
    fitted = make_pipeline(StandardScaler(), classifier(home)).fit(FRAME.to_numpy(), NAMES)
    return [fitted.predict_proba(FRAME.to_numpy()), fitted.score(FRAME.to_numpy(), NAMES)]


def calibrated(home: Any) -> Any:
    return [
        CalibratedClassifierCV(classifier(home), cv=3)
        .fit(X, NAMES, sample_weight=WEIGHT)
        .predict_proba(X)
    ]


def bagged(home: Any) -> Any:
    return [
        BaggingClassifier(classifier(home), n_estimators=3, max_features=0.8, random_state=0)
        .fit(X, NAMES)
        .predict_proba(X)
    ]


def cross_predicted(home: Any) -> Any:
    return [
        cross_val_predict(classifier(home), X, NAMES, cv=3, method=name)
        for name in ("predict_proba", "predict_log_proba")
    ]


def cross_validated(home: Any) -> Any:
    found = cross_validate(
        regressor(home),
        RX,
        RY,
        cv=3,
        scoring=["r2", "neg_mean_absolute_error"],
        return_train_score=True,
    )
    return [found[name] for name in sorted(found) if not name.endswith("_time")]


def importances(home: Any) -> Any:
    return [
        permutation_importance(
            regressor(home).fit(RX, RY), RX, RY, n_repeats=2, random_state=0
        ).importances
    ]


def stacked(home: Any) -> Any:
    members = [
        ("adam", classifier(home)),
        ("lbfgs", classifier(home, solver="lbfgs", alpha=1.0)),
        ("linear", LogisticRegression()),
    ]
    return [StackingClassifier(members, LogisticRegression(), cv=2).fit(X, NAMES).predict_proba(X)]


def voted(home: Any) -> Any:
    return [VotingRegressor([("net", regressor(home)), ("ridge", Ridge())]).fit(RX, RY).predict(RX)]


def one_against_the_rest(home: Any) -> Any:
    fitted = OneVsRestClassifier(classifier(home)).fit(X, NAMES)
    return [
        fitted.predict_proba(X),
        OneVsRestClassifier(classifier(home)).partial_fit(X, Y, classes=[0, 1, 2]).predict_proba(X),
    ]


def several_targets(home: Any) -> Any:
    return [
        MultiOutputRegressor(regressor(home)).fit(TX, TY).predict(TX),
        regressor(home).fit(TX, TY).predict(TX),
    ]


def transformed_target(home: Any) -> Any:
    return [
        TransformedTargetRegressor(regressor(home), transformer=StandardScaler())
        .fit(RX, load_diabetes().target)
        .predict(RX)
    ]


def curve_of_learning(home: Any) -> Any:
    sizes, *found = learning_curve(
        classifier(home),
        X,
        Y,
        cv=3,
        train_sizes=[0.3, 0.6, 1.0],
        exploit_incremental_learning=True,
        shuffle=True,
        random_state=0,
    )
    return [sizes, *found]


def frames(home: Any) -> Any:
    """Names of columns come in, are kept, and are asked for again."""
    first = make_column_transformer(
        (StandardScaler(), ["a", "b"]), remainder="passthrough", verbose_feature_names_out=False
    )
    fitted = make_pipeline(first, classifier(home)).set_output(transform="pandas").fit(FRAME, NAMES)
    last = fitted[-1]
    assert last.feature_names_in_.tolist() == ["a", "b", "c", "d"]
    with pytest.raises(ValueError, match="feature names should match"):
        last.predict(FRAME[["b", "a", "c", "d"]])
    with pytest.warns(UserWarning, match="does not have valid feature names"):
        last.predict(FRAME.to_numpy())
    return [fitted.predict_proba(FRAME)]


def early_stopping_on_a_frame(home: Any) -> Any:
    fitted = regressor(home, early_stopping=True, max_iter=5).fit(
        load_diabetes(as_frame=True).data * 20.0, RY
    )
    return [fitted.validation_scores_, fitted.predict(load_diabetes(as_frame=True).data * 20.0)]


def routed_weights(home: Any) -> Any:
    with sklearn.config_context(enable_metadata_routing=True):
        inner = (
            classifier(home)
            .set_fit_request(sample_weight=True)
            .set_score_request(sample_weight=True)
        )
        search = GridSearchCV(
            make_pipeline(StandardScaler().set_fit_request(sample_weight=False), inner),
            {"mlpclassifier__alpha": [1e-4, 10.0]},
            cv=2,
        )
        search.fit(X, Y, sample_weight=WEIGHT)
        step = classifier(home).set_partial_fit_request(classes=True, sample_weight=True)
        requests = step.get_metadata_routing().partial_fit.requests
        assert requests["sample_weight"] is requests["classes"] is True
    return [search.cv_results_["mean_test_score"], search.predict_proba(X)]


TOOLS: list[Callable[[Any], Any]] = [
    cloned,
    pickled,
    trained_on_after_loading,
    grid_search,
    pipeline,
    calibrated,
    bagged,
    cross_predicted,
    cross_validated,
    importances,
    stacked,
    voted,
    one_against_the_rest,
    several_targets,
    transformed_target,
    curve_of_learning,
    frames,
    early_stopping_on_a_frame,
    routed_weights,
]


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.__name__)
def test_a_tool_answers_the_same_with_ours(tool: Callable[[Any], Any]) -> None:
    found, expected = (tool(home) for home in (glassnet, theirs))
    for ours, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(ours, other, rtol=1e-6, atol=1e-8)


def test_joblib_writes_to_a_file_that_another_process_reads(tmp_path: Path) -> None:
    fitted = classifier(glassnet).fit(X, Y)
    joblib.dump(fitted, tmp_path / "model.joblib")
    load = joblib.delayed(lambda path: joblib.load(path).partial_fit(X, Y).predict_proba(X))
    (there,) = joblib.Parallel(n_jobs=2)([load(tmp_path / "model.joblib")])
    np.testing.assert_allclose(there, fitted.partial_fit(X, Y).predict_proba(X), rtol=1e-12)


def test_parameters_are_theirs_in_their_order_and_ours_behind() -> None:
    for name in ("MLPClassifier", "MLPRegressor"):
        ours, other = (
            list(inspect.signature(getattr(home, name)).parameters.values())
            for home in (glassnet, theirs)
        )
        assert [(p.name, p.kind, p.default) for p in ours[: len(other)]] == [
            (p.name, p.kind, p.default) for p in other
        ]
        assert all(p.kind is p.KEYWORD_ONLY for p in ours[len(other) :])
        for method in ("fit", "partial_fit", "predict", "score"):
            a, b = (
                list(inspect.signature(getattr(getattr(home, name), method)).parameters)
                for home in (glassnet, theirs)
            )
            assert a[: len(b)] == b, (name, method)
