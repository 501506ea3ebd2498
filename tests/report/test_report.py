"""The network beside simple models: scores that scikit-learn would give, and a sentence that does not call noise a gain."""

from __future__ import annotations

import numpy as np
import pytest

import glassnet
from glassnet.data.table import table_of
from glassnet.errors import UnsupportedError
from glassnet.report import Part, compare, held_out_scores
from glassnet.report.baselines import constant, linear
from glassnet.report.judgement import advice, paired_difference
from glassnet.report.scores import Answers, merits, scores


def draw(kind, n=600, seed=0):
    """Features and target: `steps` only a network learns, `line` a linear model learns as well, `noise` nobody."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 4))
    truth = {"steps": X[:, 0] * X[:, 1], "line": X @ [1.0, 2.0, -1.0, 0.5], "noise": rng.normal(size=n)}[kind]
    return table_of(X), truth + 0.1 * rng.normal(size=n)


def parts(kind, classes):
    table, y = draw(kind)
    values = np.where(y > 0, "high", "low").astype(object) if classes else y
    training, held_out = np.arange(400), np.arange(400, 600)
    return Part(table.take(training), values[training]), Part(table.take(held_out), values[held_out])


def report(kind, *, classes, **plan):
    training, held_out = parts(kind, classes)
    model = glassnet.fit(training.table, training.values, glassnet.Plan(**{"hidden_layer_sizes": (32,), "max_epochs": 60, **plan}))
    return model, held_out, compare(model, training, held_out)


@pytest.mark.parametrize("classes", [True, False], ids=["classes", "numbers"])
def test_network_that_is_better_is_said_to_be(classes):
    _, _, found = report("steps", classes=classes)
    assert [row.name for row in found.rows] == ["network", "linear model", found.rows[2].name]
    assert found.outcome == "better"
    assert found.judgement.endswith("The network earns its keep.")
    main = "accuracy" if classes else "R2"
    assert found.rows[0].scores[main] > found.rows[1].scores[main] + 0.1


def test_linear_model_that_does_as_well_is_recommended():
    _, _, found = report("line", classes=True, hidden_layer_sizes=(), learning_rate=0.05)
    assert found.outcome == "same"
    assert "A linear model does as well, within the noise of 200 rows: use it." in found.judgement


def test_linear_model_that_does_better_is_recommended():
    _, _, found = report("line", classes=False, max_epochs=1, learning_rate=1e-6)
    assert found.outcome == "worse"
    assert "The network does no better than always guessing the mean" in found.judgement or "A linear model does better" in found.judgement


def test_noise_is_called_noise():
    _, _, found = report("noise", classes=True, max_epochs=1)
    assert "The network does no better than always guessing" in found.judgement


def test_scores_are_those_of_scikit_learn():
    from sklearn import metrics

    model, held_out, found = report("steps", classes=True)
    predicted, P = model.predict(held_out.table), model.predict_proba(held_out.table).astype(float)
    row = found.rows[0].scores
    assert row["accuracy"] == metrics.accuracy_score(held_out.values, predicted)
    assert row["balanced accuracy"] == pytest.approx(metrics.balanced_accuracy_score(held_out.values, predicted), abs=1e-12)
    assert row["AUC"] == pytest.approx(metrics.roc_auc_score(held_out.values == "low", P[:, 1]), abs=1e-12)
    assert row["log loss"] == pytest.approx(metrics.log_loss(held_out.values, P / P.sum(axis=1, keepdims=True)), abs=1e-6)
    assert held_out_scores(model, held_out) == row


def test_constant_guess_comes_from_the_training_rows():
    training, held_out = parts("steps", classes=False)
    model = glassnet.fit(training.table, training.values, glassnet.Plan(hidden_layer_sizes=(), max_epochs=1))
    guess = constant(model.target, training, held_out.table.n_rows)
    assert guess.answers.values == pytest.approx(np.full(200, training.values.mean()))
    assert scores(guess.answers, held_out.values)["R2"] == pytest.approx(0.0, abs=0.02)


def test_linear_model_is_that_of_scikit_learn_on_the_encoders_features():
    from sklearn.linear_model import LogisticRegression

    training, held_out = parts("line", classes=True)
    model = glassnet.fit(training.table, training.values, glassnet.Plan(hidden_layer_sizes=(), max_epochs=1))
    ours = linear(model, training, held_out.table)
    theirs = LogisticRegression(max_iter=200).fit(model.encode(training.table), training.values)
    np.testing.assert_allclose(ours.answers.P, theirs.predict_proba(model.encode(held_out.table)), atol=1e-6)


def test_linear_model_learns_from_a_part_of_many_rows(monkeypatch):
    monkeypatch.setattr("glassnet.report.baselines.MOST_CELLS", 100)
    rng = np.random.default_rng(0)
    table, y = table_of(rng.normal(size=(1500, 2))), rng.normal(size=1500)
    model = glassnet.fit(table, y, glassnet.Plan(hidden_layer_sizes=(), max_epochs=1))
    assert linear(model, Part(table, y), table).n_rows == 1000


def test_one_class_has_no_linear_model():
    table = table_of(np.arange(40.0)[:, None])
    values = np.full(40, "only", dtype=object)
    model = glassnet.fit(table, values, glassnet.Plan(hidden_layer_sizes=(2,), max_epochs=1))
    found = compare(model, Part(table, values), Part(table, values))
    assert [row.name for row in found.rows] == ["network", "always 'only'"]
    assert found.rows[0].scores == {"accuracy": 1.0, "balanced accuracy": 1.0}


def test_several_outputs_are_refused():
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(30, 2)), rng.normal(size=(30, 2))
    model = glassnet.fit(X, Y, glassnet.Plan(hidden_layer_sizes=(), max_epochs=1))
    with pytest.raises(UnsupportedError):
        held_out_scores(model, Part(table_of(X), Y))


def test_class_that_the_held_out_rows_lack_is_no_trouble():
    answers = Answers(np.array([0, 1, 2]), np.eye(3))
    assert scores(answers, np.array([0, 1, 1]))["balanced accuracy"] == 0.75
    assert "AUC" not in scores(answers, np.array([0, 1, 1]))


def test_constant_truth_has_no_r2():
    assert scores(Answers(np.array([1.0, 2.0])), np.array([3.0, 3.0])) == {"RMSE": pytest.approx(2.5**0.5), "MAE": 1.5}
    assert merits(Answers(np.array([1.0, 2.0])), np.array([3.0, 3.0])).tolist() == [-4.0, -1.0]


@pytest.mark.parametrize(
    ("a", "b", "outcome"),
    [
        (np.ones(50), np.zeros(50), "better"),
        (np.zeros(50), np.ones(50), "worse"),
        (np.ones(50), np.ones(50), "same"),
        (np.r_[1, np.zeros(49)], np.zeros(50), "same"),
        (np.ones(1), np.zeros(1), "same"),
        (np.tile([0.0, 1.0], 500), np.tile([0.0, 0.0, 1.0, 0.0], 250), "better"),
    ],
)
def test_paired_difference(a, b, outcome):
    assert paired_difference(a, b).outcome == outcome


def test_chance_alone_seldom_counts():
    rng = np.random.default_rng(0)
    outcomes = [paired_difference(rng.random(200) < 0.7, rng.random(200) < 0.7).outcome for _ in range(400)]
    assert outcomes.count("same") > 0.92 * 400


@pytest.mark.parametrize(
    ("constant_", "linear_", "probabilities", "says"),
    [
        ("worse", "worse", "", "do not use it"),
        ("same", "same", "", "no better than always guessing 'a'"),
        ("same", "same", "log loss 1 against 2", "but its probabilities are: log loss 1 against 2"),
        ("better", "worse", "x", "A linear model does better: use it."),
        ("better", "same", "", "A linear model does as well, within the noise of 1,000 rows: use it."),
        ("better", "same", "log loss 1 against 2", "the network's probabilities are better: log loss 1 against 2"),
        ("better", "better", "", "The network earns its keep."),
        ("better", None, "", "The network earns its keep."),
    ],
)
def test_advice(constant_, linear_, probabilities, says):
    assert says in advice(constant_, linear_, constant="always guessing 'a'", n=1000, better_probabilities=probabilities)
