"""Everything that predicts tells of drift, once for a table; without a reference nothing does."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.neural_network import MLPRegressor

import glassnet
from glassnet import GlassNetClassifier, GlassNetRegressor
from glassnet.data.rows import Rows
from glassnet.data.tables.assembly import table_of
from glassnet.model_input import ModelInput
from glassnet.report import evaluate_with_baselines, held_out_scores, permutation_importances

N = 400
RNG = np.random.default_rng(0)
X = pd.DataFrame(
    {
        "x": RNG.normal(size=N),
        "z": RNG.normal(size=N),
        "island": np.array(["Dream", "Biscoe", "Torgersen"])[np.arange(N) % 3],
    }
)
Y = X["x"] - X["z"]
SORT = np.where(Y > 0, "good", "bad")
QUICK: dict[str, Any] = {"recipe": "plain", "hidden_layer_sizes": 4, "max_epochs": 2}
NUMBERS = glassnet.fit(X, Y, glassnet.Plan(**QUICK, calibrate=True))
CLASSES = glassnet.fit(X, SORT, glassnet.Plan(**QUICK))
DRIFTED = X.assign(island="Atlantis")
SAYS = (
    "the table is not like the training rows: 400 of 400 values of 'island' have a level that the "
    "model does not know, such as 'Atlantis'"
)


def told(ask: Callable[[Any], Any], table: Any) -> list[str]:
    """What is warned of, after the model was asked of a table."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        ask(table)
    assert all(warning.category is glassnet.DataNotice for warning in caught)
    return [str(warning.message) for warning in caught]


ASKED: dict[str, Callable[[Any], Any]] = {
    "predict": NUMBERS.predict,
    "predict of members": lambda table: NUMBERS.predict(table, members=True),
    "predict_interval": lambda table: NUMBERS.predict_interval(table, 0.5),
    "predict_proba": CLASSES.predict_proba,
    "raw_scores": CLASSES.raw_scores,
    "evaluate": lambda table: glassnet.evaluate(CLASSES, table, SORT),
    "classifier": GlassNetClassifier(**QUICK).fit(X, SORT).predict,
    "classifier's probabilities": GlassNetClassifier(**QUICK).fit(X, SORT).predict_proba,
    "regressor": GlassNetRegressor(**QUICK).fit(X, Y).predict,
    "regressor's intervals": lambda table: (
        GlassNetRegressor(**QUICK, calibrate=True).fit(X, Y).predict_interval(table, 0.5)
    ),
    "members side by side": glassnet.fit(
        X,
        Y,
        glassnet.Plan(recipe=glassnet.Recipe(members=2, hidden_layer_sizes=(4,)), max_epochs=2),
    ).predict,
}


@pytest.mark.parametrize("name", ASKED)
def test_drift_is_told_once_and_the_training_rows_are_not(name: str) -> None:
    assert [notice[: len(SAYS)] for notice in told(ASKED[name], DRIFTED)] == [SAYS]
    assert told(ASKED[name], X) == []


def test_a_file_is_told_of_once_by_what_all_its_stretches_hold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "t.csv"
    DRIFTED.to_csv(path, index=False)
    whole = [told(CLASSES.predict, path), CLASSES.drift(path)]
    real = ModelInput._chunks

    def short(self: Any, path: Any, dialect: Any) -> Any:
        for part in real(self, path, dialect):
            yield from (part.take(slice(i, i + 50)) for i in range(0, part.n_rows, 50))

    monkeypatch.setattr(ModelInput, "_chunks", short)
    assert [told(CLASSES.predict, path), CLASSES.drift(path)] == whole
    assert whole[0] == told(CLASSES.predict, DRIFTED)


def test_the_result_of_an_evaluation_holds_the_counts() -> None:
    with pytest.warns(glassnet.DataNotice, match=SAYS[:60]):
        found = glassnet.evaluate(CLASSES, DRIFTED, SORT)
    assert found.drift is not None
    island = found.drift[2]
    assert (island.name, island.rows, island.unseen and island.unseen.count) == ("island", N, N)
    assert found.to_dict()["drift"][2]["unseen"]["example"] == "Atlantis"


def test_a_comparison_and_importances_keep_it_to_their_record() -> None:
    part = Rows(table_of(DRIFTED), SORT)
    assert told(lambda part: held_out_scores(CLASSES, part), part) == []
    assert told(lambda part: permutation_importances(CLASSES, part, seconds=1.0), part) == []
    assert (
        told(lambda part: evaluate_with_baselines(CLASSES, Rows(table_of(X), SORT), part), part)
        == []
    )


def test_a_null_where_training_had_none_is_filled_and_told() -> None:
    rows = X[:3].assign(x=[np.nan, *X["x"][1:3]])
    assert told(NUMBERS.predict, rows) == [
        (
            "the table is not like the training rows: 1 of 3 values of 'x' are missing (by chance "
            "at most 0)."
        )
    ]
    drift = NUMBERS.drift(rows)
    assert drift is not None
    assert drift.columns[0].missing.count == 1


UNKNOWING: dict[str, Callable[[], glassnet.Model]] = {
    "a network of scikit-learn": lambda: glassnet.from_sklearn(
        MLPRegressor(max_iter=500, tol=1e-2).fit(X[["x", "z"]], Y)
    ),
    "one without a reference": lambda: replace(NUMBERS, reference=None),
}


@pytest.mark.parametrize("name", UNKNOWING)
def test_what_does_not_know_its_training_rows_tells_nothing(name: str) -> None:
    model = UNKNOWING[name]()
    far = DRIFTED.assign(x=1e6)[list(model.columns)]
    assert model.reference is None
    assert told(model.predict, far) == []
    assert model.drift(far) is None


def test_the_reference_is_saved_and_loaded(tmp_path: Path) -> None:
    CLASSES.save(tmp_path / "m.glassnet")
    again = glassnet.load(tmp_path / "m.glassnet")
    assert again.reference == CLASSES.reference
    assert told(again.predict, DRIFTED) == told(CLASSES.predict, DRIFTED)


def test_partial_fit_widens_it() -> None:
    regressor = GlassNetRegressor(**QUICK).partial_fit(X, Y)
    far = X.assign(x=X["x"] + 100.0)
    assert "400 of 400 values of 'x' lie outside" in told(regressor.predict, far)[0]
    rows = regressor.model_.reference.rows
    regressor.partial_fit(far, Y)
    assert told(regressor.predict, far) == told(regressor.predict, X) == []
    assert regressor.model_.reference.rows == rows == N


def test_a_warm_start_widens_it() -> None:
    regressor = GlassNetRegressor(**QUICK, warm_start=True).fit(X, Y)
    far = X.assign(x=X["x"] + 100.0)
    regressor.fit(far, Y)
    assert told(regressor.predict, far) == told(regressor.predict, X) == []


def test_rows_without_weight_are_no_reference() -> None:
    weight = np.arange(N) < 300
    model = glassnet.fit(
        X.assign(island=np.where(weight, X["island"], "Atlantis")),
        Y,
        glassnet.Plan(**QUICK),
        sample_weight=weight,
    )
    assert model.reference is not None
    assert model.reference.rows == 300
    assert SAYS in told(model.predict, DRIFTED)[0]
