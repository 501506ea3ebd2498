"""Evaluations of a network beside baselines, and their published schema."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

import glassnet
from glassnet.data.rows import Rows
from glassnet.data.tables.assembly import table_of
from glassnet.errors import DataError, SettingError, UnsupportedError
from glassnet.report import (
    baselines,
    evaluate,
    evaluate_with_baselines,
    evaluation_schema,
    held_out_scores,
)
from glassnet.report.predictions import predictions_of
from tests.report.drawn import parts, trained

VALIDATOR = Draft202012Validator(evaluation_schema())


def report(kind, *, classes, **plan):
    training, held_out = parts(kind, classes=classes)
    return evaluate_with_baselines(trained(training, **plan), training, held_out, name="drawn")


@pytest.fixture(scope="module", params=[True, False], ids=["classes", "numbers"])
def steps(request):
    return report("steps", classes=request.param)


def test_network_that_is_better_is_said_to_be(steps):
    assert [rival.name for rival in steps.rivals][1:] == ["linear model", "gradient boosting"]
    assert steps.rivals[0].name.startswith("always")
    outcomes = {rival.name: rival.outcome for rival in steps.rivals}
    assert outcomes["linear model"] == "better"
    assert "better than always guessing" in steps.judgement
    main = steps.scores[0]
    assert main.value > steps.rivals[1].scores[main.name] + 0.1
    assert steps.rivals[1].low <= steps.rivals[1].difference <= steps.rivals[1].high


def test_evaluation_fits_its_schema(steps):
    found = steps.to_dict()
    VALIDATOR.validate(found)
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert found["format"] == evaluation_schema()["$id"]


def test_schema_is_one_and_refuses_what_is_not_an_evaluation(steps):
    Draft202012Validator.check_schema(evaluation_schema())
    found = steps.to_dict()
    for wrong in (
        found | {"n_rows": "200"},
        found | {"extra": 1},
        {k: v for k, v in found.items() if k != "judgement"},
    ):
        with pytest.raises(ValidationError):
            VALIDATOR.validate(wrong)


def test_numbers_that_are_not_finite_are_none(steps):
    odd = replace(
        steps, rivals=(replace(steps.rivals[0], difference=float("nan"), low=float("-inf")),)
    )
    assert (odd.to_dict()["rivals"][0]["difference"], odd.to_dict()["rivals"][0]["low"]) == (
        None,
        None,
    )


def test_evaluation_is_frozen(steps):
    with pytest.raises(FrozenInstanceError):
        steps.judgement = "excellent"


def test_same_rows_same_evaluation():
    training, held_out = parts("line", classes=True)
    model = trained(training, max_epochs=2)

    def timeless(found):
        return replace(found, rivals=tuple(replace(rival, seconds=0.0) for rival in found.rivals))

    assert timeless(evaluate_with_baselines(model, training, held_out)) == timeless(
        evaluate_with_baselines(model, training, held_out)
    )


def test_linear_model_that_does_as_well_is_recommended():
    found = report("line", classes=True, hidden_layer_sizes=(), learning_rate=0.05)
    assert found.rivals[1].outcome == "same"
    assert found.outcome in ("same", "worse")


def test_model_that_did_not_learn_is_worse():
    found = report("line", classes=False, max_epochs=1, learning_rate=1e-6)
    assert found.outcome == "worse"
    assert "consider" in found.judgement or "do not use it" in found.judgement


def test_noise_is_called_noise():
    found = report("noise", classes=True, max_epochs=1)
    assert "no clear difference from always guessing" in found.judgement


def test_linear_model_and_trees_are_those_of_scikit_learn():
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import log_loss

    training, held_out = parts("line", classes=True)
    model = trained(training, hidden_layer_sizes=(), max_epochs=1)
    found = {
        rival.name: rival for rival in evaluate_with_baselines(model, training, held_out).rivals
    }
    X, X_held = model.encode(training.X), model.encode(held_out.X)
    for name, theirs in (
        ("linear model", LogisticRegression(max_iter=200)),
        ("gradient boosting", HistGradientBoostingClassifier(early_stopping=False, random_state=0)),
    ):
        P = theirs.fit(X, training.y).predict_proba(X_held)
        assert found[name].scores["log loss"] == pytest.approx(log_loss(held_out.y, P), rel=1e-5), (
            name
        )
        assert found[name].n_rows == 400
        assert found[name].seconds > 0.0


def test_constant_guess_comes_from_the_training_rows():
    training, held_out = parts("steps", classes=False)
    model = trained(training, hidden_layer_sizes=(), max_epochs=1)
    found = evaluate_with_baselines(model, training, held_out).rivals[0]
    assert found.scores["RMSE"] == pytest.approx(
        np.sqrt(np.mean((held_out.y - training.y.mean()) ** 2))
    )


def test_simple_models_learn_from_a_part_of_many_rows(monkeypatch):
    monkeypatch.setattr(baselines, "MAX_CELLS", 100)
    monkeypatch.setattr(baselines, "MIN_ROWS", 150)
    training, held_out = parts("line", classes=True)
    found = evaluate_with_baselines(trained(training, max_epochs=1), training, held_out)
    assert [rival.n_rows for rival in found.rivals] == [400, 150, 150]
    assert found.rivals[1].note == "learned from 150 of the 400 rows"


def test_baseline_that_fails_is_noted(monkeypatch):
    def broken(lesson):
        raise ValueError("no convergence today\nsecond line")

    monkeypatch.setattr(baselines, "linear_model", broken)
    training, held_out = parts("line", classes=True)
    found = evaluate_with_baselines(trained(training, max_epochs=1), training, held_out)
    VALIDATOR.validate(found.to_dict())
    assert found.rivals[1].note == "failed: no convergence today"
    assert (found.rivals[1].scores, found.rivals[1].outcome) == ({}, None)
    assert found.rivals[2].outcome is not None
    assert "linear_model" not in found.judgement


def test_time_that_is_over_leaves_out_what_has_not_begun(monkeypatch):
    training, held_out = parts("steps", classes=True)
    model = trained(training, max_epochs=1)
    monkeypatch.setattr(baselines, "MIN_SECONDS", 0.0)
    monkeypatch.setattr(baselines, "MAX_SECONDS", 0.0)
    left_out = evaluate_with_baselines(model, training, held_out).rivals
    assert [rival.name for rival in left_out if "left out" in rival.note] == [
        "linear model",
        "gradient boosting",
    ]


@pytest.fixture
def late():
    """What to learn from when time is over already."""
    training, held_out = parts("steps", classes=True)
    model = trained(training, max_epochs=1)
    return baselines._baseline_data(
        model, training, predictions_of(model, held_out), held_out, deadline=0.0
    )


def test_trees_that_run_late_keep_what_they_learned(late):
    from sklearn.ensemble import HistGradientBoostingClassifier

    P, note = baselines.boosted_trees(late)
    assert note == "stopped after 10 of 100 rounds: time was over"
    theirs = HistGradientBoostingClassifier(max_iter=10, early_stopping=False, random_state=0).fit(
        late.rows.X, late.rows.y
    )
    np.testing.assert_allclose(P, theirs.predict_proba(late.X_held), rtol=1e-9)


def test_linear_model_that_runs_late_keeps_what_it_learned(late, monkeypatch):
    monkeypatch.setattr(baselines, "LINEAR_STEPS", (2, 200))
    with pytest.warns(Warning, match="failed to converge"):
        P, note = baselines.linear_model(late)
    assert note == "stopped after 2 of 200 iterations: time was over"
    assert P.shape == (200, 2)


def test_each_target_has_its_share_of_the_time(monkeypatch):
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(60, 2)), rng.normal(size=(60, 3))
    table = table_of(X)
    model = glassnet.fit(table, Y, glassnet.Plan(hidden_layer_sizes=(), max_epochs=1))
    part = Rows(table, Y)
    lesson = baselines._baseline_data(model, part, predictions_of(model, part), part, deadline=9.0)
    deadlines = []
    monkeypatch.setattr(baselines.time, "perf_counter", lambda: 0.0)
    monkeypatch.setattr(
        baselines.BaselineData,
        "allows",
        lambda self, started, share: deadlines.append(self.deadline),
    )
    _, note = baselines.boosted_trees(lesson)
    assert deadlines == [3.0, 4.5, 9.0]
    assert baselines.Baseline("gradient boosting", None, 60, 0.0, note).cut_short


@pytest.mark.parametrize(
    ("now", "deadline", "enough"), [(2.0, 8.0, True), (2.0, 7.9, False), (9.0, 8.0, False)]
)
def test_step_is_begun_only_where_time_suffices_for_it(late, monkeypatch, now, deadline, enough):
    monkeypatch.setattr(baselines.time, "perf_counter", lambda: now)
    assert replace(late, deadline=deadline).allows(started=0.0, factor=3.0) == enough


def test_one_class_has_no_models_to_compare():
    table = table_of(np.arange(40.0)[:, None])
    values = np.full(40, "only", dtype=object)
    model = glassnet.fit(table, values, glassnet.Plan(hidden_layer_sizes=(2,), max_epochs=1))
    found = evaluate_with_baselines(model, Rows(table, values), Rows(table, values))
    VALIDATOR.validate(found.to_dict())
    assert [rival.note for rival in found.rivals[1:]] == [
        "failed: all rows to learn from are of one class"
    ] * 2
    assert found.values == {"accuracy": 1.0, "balanced accuracy": 1.0}


def test_several_targets_have_each_their_residuals():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(90, 3))
    Y = X @ rng.normal(size=(3, 2)) * [1.0, 1_000.0]
    table = table_of(X)
    training, held_out = (
        Rows(table.take(rows), Y[rows]) for rows in (np.arange(60), np.arange(60, 90))
    )
    model = glassnet.fit(
        training.X, training.y, glassnet.Plan(hidden_layer_sizes=(8,), max_epochs=5)
    )
    found = evaluate_with_baselines(model, training, held_out)
    VALIDATOR.validate(found.to_dict())
    assert [one.target for one in found.residuals] == ["y0", "y1"]
    for name, value in found.values.items():
        assert value == pytest.approx(
            np.mean([one.scores[name] for one in found.residuals]), rel=1e-9
        )
    assert found.rivals[2].outcome is not None


def test_of_quantiles_the_median_is_judged():
    training, held_out = parts("line", classes=False)
    model = trained(training, loss=glassnet.losses.Quantile((0.1, 0.5, 0.9)), max_epochs=5)
    predicted = model.predict(held_out.X)
    assert held_out_scores(model, held_out)["MAE"] == pytest.approx(
        np.mean(np.abs(predicted[:, 1] - held_out.y))
    )


def test_labels_that_go_together_are_refused():
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(30, 2)), rng.integers(0, 2, (30, 2))
    model = glassnet.fit(X, Y, glassnet.Plan(hidden_layer_sizes=(), max_epochs=1))
    with pytest.raises(UnsupportedError):
        held_out_scores(model, Rows(table_of(X), Y))


@pytest.mark.parametrize("classes", [True, False])
def test_weights_count_rows(classes):
    training, held_out = parts("steps", classes=classes)
    model = trained(training, max_epochs=3)
    weight = np.arange(200) % 3.0
    found = evaluate_with_baselines(model, training, replace(held_out, weight=weight))
    rows = np.repeat(np.arange(200), weight.astype(int))
    repeated = evaluate_with_baselines(model, training, held_out.take(rows))
    assert found.weighted
    assert (found.n_rows, found.left_out) == (int((weight > 0).sum()), 67)
    assert found.values == pytest.approx(repeated.values, rel=1e-12)
    for ours, theirs in zip(found.rivals, repeated.rivals, strict=True):
        assert ours.scores == pytest.approx(theirs.scores, rel=1e-9, abs=1e-12), ours.name


@pytest.mark.parametrize("classes", [True, False])
def test_simple_models_learn_by_the_weights_of_their_rows(classes):
    training, held_out = parts("line", classes=classes)
    model = trained(training, max_epochs=1)
    weight = 1.0 + np.arange(400) % 3
    weighted = evaluate_with_baselines(model, replace(training, weight=weight), held_out)
    repeated = evaluate_with_baselines(
        model, training.take(np.repeat(np.arange(400), weight.astype(int))), held_out
    )
    for ours, theirs in zip(weighted.rivals[:2], repeated.rivals[:2], strict=True):
        assert ours.scores == pytest.approx(theirs.scores, rel=1e-3), ours.name
    assert (
        weighted.rivals[0].scores
        != evaluate_with_baselines(model, training, held_out).rivals[0].scores
    )


@pytest.mark.parametrize(
    ("n", "features", "outputs", "expected"),
    [(500, 10**6, 10, 500), (10**6, 100, 1, 10**5), (10**6, 100, 100, 10**4)],
)
def test_rows_to_learn_from_are_bounded(n, features, outputs, expected):
    rows = baselines.sampled_rows(n, features, outputs)
    assert len(set(rows.tolist())) == len(rows) == expected
    assert (np.diff(rows) > 0).all()


@pytest.mark.parametrize(
    "weight",
    [np.zeros(200), np.ones(3), -np.ones(200), np.full(200, np.nan)],
    ids=["zeros", "few", "minus", "nan"],
)
def test_weights_that_rows_cannot_have_are_refused(weight):
    training, held_out = parts("line", classes=True)
    with pytest.raises(DataError, match="weights must be one finite number"):
        evaluate_with_baselines(
            trained(training, max_epochs=1), training, replace(held_out, weight=weight)
        )


# evaluate: a model on a labelled table

FRAME = {
    "a": np.arange(60.0),
    "b": np.cos(np.arange(60.0)),
    "kind": np.array(["low"] * 30 + ["high"] * 30, dtype=object),
}


@pytest.fixture(scope="module")
def small():
    return glassnet.fit(FRAME, "kind", glassnet.Plan(hidden_layer_sizes=(4,), max_epochs=30))


def test_saved_model_is_evaluated_on_a_file(small, tmp_path):
    small.save(tmp_path / "small.glassnet")
    path = tmp_path / "labelled <rows>.csv"
    lines = [f"{k},{b},{a}" for a, b, k in zip(*FRAME.values(), strict=True)]
    path.write_text("\n".join(["kind,b,a", *lines, ",0.5,3"]) + "\n", encoding="utf-8")
    found = evaluate(glassnet.load(tmp_path / "small.glassnet"), path)
    VALIDATOR.validate(found.to_dict())
    assert (found.name, found.n_rows, found.left_out, found.n_training) == (path.name, 60, 1, 60)
    assert found.values == evaluate(small, FRAME).values
    assert [rival.note for rival in found.rivals] == ["the best guess for these very rows"]


def test_rows_are_found_by_name_whatever_the_table(small):
    import pandas as pd

    by_dict = evaluate(small, FRAME)
    by_frame = evaluate(small, pd.DataFrame(FRAME)[["kind", "b", "a"]])
    by_values = evaluate(small, {"b": FRAME["b"], "a": FRAME["a"]}, FRAME["kind"])
    assert by_dict.values == by_frame.values == by_values.values


def test_training_rows_bring_the_rivals(small):
    features = table_of({"a": FRAME["a"], "b": FRAME["b"]})
    found = evaluate(small, FRAME, training=Rows(features, FRAME["kind"]))
    assert [rival.name for rival in found.rivals] == [
        "always 'high'",
        "linear model",
        "gradient boosting",
    ]


@pytest.mark.parametrize(
    ("table", "target", "says"),
    [
        ({"a": [1.0], "b": [1.0]}, None, "missing 'kind'"),
        ({"a": [1.0], "kind": ["low"]}, None, "'b'"),
        ({"a": [1.0], "b": [1.0], "kind": [None]}, None, "missing in every row"),
        ({"a": [1.0], "b": [1.0], "kind": ["middling"]}, None, "'middling'"),
        ("there_is_none.csv", ["low"], "leave `target` out"),
        ("there_is_none.csv", None, "there_is_none.csv"),
    ],
)
def test_bad_tables_get_one_clear_error(small, table, target, says):
    with pytest.raises(DataError, match=says):
        evaluate(small, table, target)


def test_no_model_is_refused():
    with pytest.raises(SettingError, match="takes a Model"):
        evaluate("small.glassnet", FRAME)


def test_scikit_learn_waits_until_it_is_needed():
    code = (
        "import sys, glassnet.report\nheavy = ('sklearn', 'scipy', 'threadpoolctl')\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


def test_evaluate_is_a_public_name():
    assert glassnet.evaluate is evaluate
    assert glassnet.Evaluation is type(
        evaluate(
            glassnet.fit(FRAME, "kind", glassnet.Plan(hidden_layer_sizes=(), max_epochs=1)), FRAME
        )
    )
