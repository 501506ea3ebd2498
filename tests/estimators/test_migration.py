"""A scikit-learn network that is converted to a Model makes the same predictions."""

from __future__ import annotations

import warnings
from functools import cache
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from scipy.sparse import csr_matrix
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import (
    load_breast_cancer,
    load_diabetes,
    load_iris,
    load_linnerud,
    make_multilabel_classification,
)
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

import glassnet
from glassnet import Dense, from_sklearn
from glassnet.cli import main
from glassnet.errors import DataError, SettingError
from glassnet.losses import LOSSES, Quantile


@cache
def data(name):
    X, y = {
        "iris": lambda: load_iris(return_X_y=True),
        "cancer": lambda: load_breast_cancer(return_X_y=True),
        "diabetes": lambda: load_diabetes(return_X_y=True, scaled=False),
        "linnerud": lambda: load_linnerud(return_X_y=True),
        "labels": lambda: make_multilabel_classification(200, 8, n_classes=4, random_state=0),
    }[name.split()[0]]()
    kind = name.partition(" ")[2]
    if kind == "text":
        y = load_iris().target_names[y]
    elif kind == "bools":
        y = y == 1
    elif kind == "floats":
        y = 2.0 * y
    elif kind == "counts":
        y = np.random.default_rng(0).poisson(1 + X[:, 2] / 10)
    return X, y


def classifier(**settings):
    return MLPClassifier(
        **{"hidden_layer_sizes": (12,), "max_iter": 30, "random_state": 0, **settings}
    )


def regressor(**settings):
    return MLPRegressor(
        **{"hidden_layer_sizes": (12,), "max_iter": 30, "random_state": 0, **settings}
    )


def scaled(last, **settings):
    return make_pipeline(StandardScaler(**settings), last)


def in_units(inner):
    return TransformedTargetRegressor(inner, transformer=StandardScaler())


# name: what is fitted, on which data
MODELS = {
    "binary": (scaled(classifier()), "cancer"),
    "binary, bools": (scaled(classifier(activation="tanh")), "cancer bools"),
    "binary, far from scaled": (classifier(solver="lbfgs"), "cancer"),
    "binary, two layers, logistic": (
        scaled(classifier(hidden_layer_sizes=(16, 8), activation="logistic", solver="lbfgs")),
        "cancer",
    ),
    "multiclass": (scaled(classifier()), "iris"),
    "multiclass, text": (scaled(classifier(activation="tanh", solver="sgd")), "iris text"),
    "multiclass, floats": (classifier(activation="identity"), "iris floats"),
    "multiclass, linear": (scaled(classifier(hidden_layer_sizes=(), solver="lbfgs")), "iris"),
    "multiclass, three layers": (
        classifier(hidden_layer_sizes=(9, 8, 7), activation="logistic"),
        "iris text",
    ),
    "multiclass, early stopping": (scaled(classifier(early_stopping=True, max_iter=60)), "iris"),
    "multiclass, scale alone": (scaled(classifier(), with_mean=False), "iris"),
    "multiclass, mean alone": (scaled(classifier(), with_std=False), "iris"),
    "multiclass, neither": (scaled(classifier(), with_mean=False, with_std=False), "iris"),
    "labels": (classifier(), "labels"),
    "labels, scaled, tanh": (scaled(classifier(activation="tanh", solver="lbfgs")), "labels"),
    "number": (scaled(regressor(solver="lbfgs", activation="tanh")), "diabetes"),
    "number, linear": (scaled(regressor(hidden_layer_sizes=(), solver="lbfgs")), "diabetes"),
    "three numbers": (scaled(regressor(activation="logistic", solver="lbfgs")), "linnerud"),
    "counts": (
        scaled(regressor(loss="poisson", solver="lbfgs", activation="tanh")),
        "diabetes counts",
    ),
    "number in its unit": (in_units(scaled(regressor(solver="lbfgs"))), "diabetes"),
    "three numbers in their units": (scaled(in_units(regressor())), "linnerud"),
    "counts over their spread": (
        TransformedTargetRegressor(
            scaled(regressor(loss="poisson")), transformer=StandardScaler(with_mean=False)
        ),
        "diabetes counts",
    ),
}


def fit(model, X, y):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(X, y)


@cache
def fitted(name, dtype="float64"):
    model, source = MODELS[name]
    X, y = data(source)
    return fit(clone(model), X.astype(dtype), y), X.astype(dtype)


def answers(model, X):
    """Probabilities, or numbers, of either kind of model."""
    regression = (
        model.task == "regression"
        if isinstance(model, glassnet.Model)
        else not hasattr(model, "classes_")
    )
    return model.predict(X) if regression else model.predict_proba(X)


@pytest.mark.parametrize("name", MODELS)
def test_predicts_the_same(name):
    old, X = fitted(name)
    new = from_sklearn(old)
    expected = answers(old, X)
    np.testing.assert_allclose(
        answers(new, X), expected, rtol=1e-12, atol=1e-12 * max(1.0, np.abs(expected).max())
    )
    assert new.network.dtype == np.float64
    if new.task != "regression":
        labels = old.predict(X)
        assert new.predict(X).tolist() == labels.tolist()
        assert new.predict(X).dtype == labels.dtype or labels.dtype.kind == "U"


@pytest.mark.parametrize(
    "name", [name for name, (model, _) in MODELS.items() if "lbfgs" not in repr(model)]
)
def test_float32_is_kept(name):
    """L-BFGS leaves float64 weights whatever came in; the others keep float32."""
    old, X = fitted(name, "float32")
    new = from_sklearn(old)
    assert new.network.dtype == np.float32
    expected = answers(old, X)
    np.testing.assert_allclose(
        answers(new, X), expected, rtol=0, atol=1e-5 * max(1.0, np.abs(expected).max())
    )


@pytest.mark.parametrize("name", MODELS)
def test_a_file_and_a_predictor_say_the_same(name, tmp_path):
    old, X = fitted(name)
    new = from_sklearn(old)
    new.save(tmp_path / "a.glassnet")
    again = glassnet.load(tmp_path / "a.glassnet")
    assert answers(again, X).tobytes() == answers(new, X).tobytes()
    assert (again.encoder, again.target, again.loss, again.training) == (
        new.encoder,
        new.target,
        new.loss,
        new.training,
    )
    again.save(tmp_path / "b.glassnet")
    assert (tmp_path / "a.glassnet").read_bytes() == (tmp_path / "b.glassnet").read_bytes()
    predictor = again.predictor()
    expected = answers(old, X[:20]).reshape(len(X[:20]), -1)
    found = np.array([predictor(row) for row in X[:20]])
    np.testing.assert_allclose(
        found, expected, rtol=1e-12, atol=1e-12 * max(1.0, np.abs(expected).max())
    )


@pytest.mark.parametrize("factor", [1.0, 1e3, 1e9, -1e15])
def test_nothing_is_clipped(factor):
    old, X = fitted("number, linear")
    new = from_sklearn(old)
    np.testing.assert_allclose(new.predict(X * factor), old.predict(X * factor), rtol=1e-9)
    predictor = new.predictor()
    np.testing.assert_allclose(
        [predictor(row)[0] for row in X[:5] * factor], old.predict(X[:5] * factor), rtol=1e-9
    )


def test_weights_are_copied():
    old, X = fitted("binary, far from scaled")
    new = from_sklearn(old)
    before = new.predict_proba(X)
    kept = old.coefs_[0].copy()
    old.coefs_[0][...] = 0.0
    assert new.predict_proba(X).tobytes() == before.tobytes()
    old.coefs_[0][...] = kept


# Names


def frame(n=120):
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {"age": rng.normal(50, 10, n), "pay": rng.normal(1e4, 1e3, n), "new": rng.random(n) > 0.5}
    )


PIPELINES = {
    "alone": classifier,
    "scaled": lambda: scaled(classifier()),
    "data frames within": lambda: scaled(classifier()).set_output(transform="pandas"),
    "passed by": lambda: Pipeline(
        [("no", "passthrough"), ("scale", StandardScaler()), ("none", None), ("mlp", classifier())]
    ),
    "no scaler": lambda: Pipeline([("no", "passthrough"), ("mlp", classifier())]),
    "pipeline in a pipeline": lambda: make_pipeline("passthrough", scaled(classifier())),
}


@pytest.mark.parametrize("name", PIPELINES)
def test_columns_keep_their_names(name):
    X = frame()
    old = fit(PIPELINES[name](), X, X.age + X.new > 50)
    new = from_sklearn(old)
    assert new.columns == ("age", "pay", "new")
    np.testing.assert_allclose(
        new.predict_proba(X[["new", "pay", "age"]]), old.predict_proba(X), atol=1e-12
    )
    np.testing.assert_allclose(
        new.predict_proba({"age": 50.0, "pay": 1e4, "new": True}),
        old.predict_proba(frame(1).assign(age=50.0, pay=1e4, new=True)),
        atol=1e-12,
    )


def test_columns_without_names_are_numbered():
    new = from_sklearn(fitted("multiclass")[0])
    assert new.columns == ("x0", "x1", "x2", "x3")
    assert new.target.names == ("y",)
    assert from_sklearn(fitted("three numbers")[0]).target.names == ("y0", "y1", "y2")


@pytest.mark.parametrize("with_mean", [False, True])
def test_sparse_matrices_stay_sparse_where_zeros_stay_zeros(with_mean):
    X, y = data("iris")
    X = np.where(X > 1.5, X, 0.0)
    old = fit(scaled(classifier(), with_mean=with_mean), X, y)
    new = from_sklearn(old)
    assert isinstance(new.encode(csr_matrix(X)), np.ndarray) == with_mean
    np.testing.assert_allclose(new.predict_proba(csr_matrix(X)), old.predict_proba(X), atol=1e-12)


def test_a_gap_is_refused_with_its_place():
    old, X = fitted("multiclass")
    new, X = from_sklearn(old), X.copy()
    X[7, 2] = np.nan
    with pytest.raises(
        DataError, match=r"column 'x2' holds a missing value \(NaN\) in row 7 .* takes none there"
    ):
        new.predict(X)
    with pytest.raises(DataError, match=r"holds a missing value \(NaN\)"):
        new.predictor()(X[7])


# The record


def test_the_record_says_where_it_came_from():
    old, _ = fitted("multiclass, early stopping")
    mlp, record = old[-1], from_sklearn(old).training
    assert record["source"]["class"] == "MLPClassifier"
    assert record["source"]["package"] == "sklearn"
    assert record["ended"].startswith("converted from MLPClassifier of scikit-learn 1.")
    assert record["epochs"] == mlp.n_iter_
    assert record["history"]["training_loss"] == mlp.loss_curve_
    assert record["history"]["validation_score"] == mlp.validation_scores_
    assert record["best_epoch"] == mlp.validation_scores_.index(mlp.best_validation_score_)
    without = from_sklearn(fitted("number")[0]).training
    assert (without["history"], without["best_epoch"]) == ({}, None)


@pytest.mark.parametrize(
    "name", ["multiclass, text", "multiclass, early stopping", "number in its unit"]
)
def test_it_is_evaluated_like_any_other(name):
    from glassnet.report import report_page

    old, X = fitted(name)
    y = data(MODELS[name][1])[1]
    found = glassnet.evaluate(from_sklearn(old), X, y)
    score = found.values["accuracy" if found.classes else "R2"]
    assert score == pytest.approx(old.score(X, y), abs=1e-12)
    assert (
        "converted from" in report_page(found, from_sklearn(old))
        or not from_sklearn(old).training["history"]
    )


def test_the_command_line_takes_it(tmp_path):
    X = frame()
    old = fit(scaled(classifier()), X, np.where(X.age > 50, "old", "young"))
    from_sklearn(old).save(tmp_path / "m.glassnet")
    X.astype(float).to_csv(tmp_path / "rows.csv", index=False)
    run = CliRunner().invoke(
        main,
        [
            "predict",
            str(tmp_path / "m.glassnet"),
            str(tmp_path / "rows.csv"),
            "-o",
            str(tmp_path / "out.csv"),
        ],
    )
    assert run.exit_code == 0, run.output
    out = pd.read_csv(tmp_path / "out.csv")
    assert out["y"].tolist() == old.predict(X).tolist()
    np.testing.assert_allclose(
        out[["probability_old", "probability_young"]], old.predict_proba(X), atol=1e-12
    )
    shown = CliRunner().invoke(main, ["show", str(tmp_path / "m.glassnet")])
    assert shown.exit_code == 0, shown.output
    assert "epochs (converted from MLPClassifier of scikit-learn" in " ".join(shown.output.split())
    assert "clipped" not in shown.output


# What has the same fitted attributes


def alike(**changes):
    old, X = fitted("binary, two layers, logistic")
    names = (
        "activation",
        "coefs_",
        "intercepts_",
        "n_outputs_",
        "out_activation_",
        "classes_",
        "n_iter_",
    )
    return SimpleNamespace(**{name: getattr(old[-1], name) for name in names} | changes), old[
        :-1
    ].transform(X)


def test_fitted_attributes_suffice():
    old, X = fitted("binary, two layers, logistic")
    mlp, Z = alike(activation=("logistic", "sigmoid"))
    new = from_sklearn(mlp)
    assert [layer.activation for layer in new.network.layers] == ["sigmoid", "sigmoid", "identity"]
    np.testing.assert_allclose(new.predict_proba(Z), old.predict_proba(X), atol=1e-12)
    assert new.training["source"] == {
        "class": "SimpleNamespace",
        "package": "types",
        "version": None,
    }


def test_an_activation_for_each_layer():
    mlp, _ = alike(activation=["gelu", "tanh"])
    assert from_sklearn(mlp).network.layers == (Dense(16, "gelu"), Dense(8, "tanh"), Dense(1))


@pytest.mark.parametrize(
    "loss",
    [
        *(name for name in LOSSES if name not in ("logistic", "softmax")),
        "squared_error",
        Quantile((0.1, 0.9)),
    ],
)
def test_losses_of_ours(loss):
    mlp, Z = alike(
        loss=loss,
        coefs_=[np.ones((30, 2))],
        intercepts_=[np.arange(2.0)],
        n_outputs_=2,
        activation="relu",
    )
    del mlp.classes_
    new = from_sklearn(mlp)
    n = 1 if isinstance(loss, Quantile) else 2
    assert new.target.n_outputs == n
    assert new.loss.name == {"squared_error": "squared"}.get(loss, getattr(loss, "name", loss))
    assert new.predict(Z).shape == (len(Z), 2)


# Refusals

REFUSED = {
    "another estimator": (
        LogisticRegression,
        "a LogisticRegression cannot be converted: expected a fitted MLPClassifier",
    ),
    "another scaler": (
        lambda: fit(make_pipeline(MinMaxScaler(), classifier()), *data("iris")),
        "a MinMaxScaler cannot be converted",
    ),
    "another last step": (
        lambda: fit(make_pipeline(StandardScaler(), LogisticRegression()), *data("iris")),
        "a LogisticRegression cannot",
    ),
    "no last step": (lambda: make_pipeline("passthrough"), "'passthrough' cannot be converted"),
    "two scalers": (
        lambda: fit(make_pipeline(StandardScaler(), scaled(classifier())), *data("iris")),
        "only one scaler before the network can be converted, got 2",
    ),
    "a scaler derived from it": (
        lambda: fit(
            make_pipeline(type("Mine", (StandardScaler,), {})(), classifier()), *data("iris")
        ),
        "a Mine ",
    ),
    "a search": (
        lambda: fit(GridSearchCV(classifier(), {"alpha": [1e-4]}, cv=2), *data("iris")),
        "a GridSearchCV cannot .* Convert its best_estimator_",
    ),
    "another scaling of the target": (
        lambda: fit(
            TransformedTargetRegressor(regressor(), func=np.log1p, inverse_func=np.expm1),
            *data("diabetes"),
        ),
        "a FunctionTransformer cannot",
    ),
    "a Model": (lambda: from_sklearn(fitted("binary")[0]), "a Model cannot"),
    "an estimator of ours that holds one": (
        lambda: glassnet.GlassNetClassifier(max_epochs=1).fit(*data("iris")),
        "It holds a Model already: its model_",
    ),
    "a class": (lambda: MLPClassifier, "<class .*MLPClassifier'> cannot"),
    "nothing": (lambda: None, "a NoneType cannot"),
    "not fitted": (classifier, "This MLPClassifier instance is not fitted yet"),
    "a pipeline, not fitted": (
        lambda: scaled(classifier()),
        "This StandardScaler instance is not fitted yet",
    ),
    "its network, not fitted": (
        lambda: make_pipeline(regressor()),
        "This MLPRegressor instance is not fitted yet",
    ),
    "in units, not fitted": (
        lambda: in_units(regressor()),
        "This TransformedTargetRegressor instance is not fitted yet",
    ),
    "too few activations": (
        lambda: alike(activation=["tanh"])[0],
        "activation names 1 functions for 2 hidden layers",
    ),
    "an activation of nobody": (
        lambda: alike(activation="swoosh")[0],
        "unknown activation 'swoosh'",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_anything_else_is_refused_by_name(name):
    make, says = REFUSED[name]
    with pytest.raises(SettingError, match=says):
        from_sklearn(make())


def test_labels_that_a_file_cannot_hold_are_refused():
    mlp, _ = alike(classes_=[b"a", b"b"])
    with pytest.raises(DataError, match="a bytes cannot be a class label"):
        from_sklearn(mlp)
