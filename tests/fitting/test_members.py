"""Members trained side by side: each is the network that it would be alone, and together they
answer with the mean of their raw scores."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet
from glassnet.data.tables.assembly import table_of
from glassnet.engines.native import NativeEngine
from glassnet.errors import SettingError
from glassnet.fitting import Session
from glassnet.fitting.ensemble import member_seed
from glassnet.layers import BatchNorm, Dense, Members, Stack
from glassnet.network import Network
from glassnet.training.plan import Plan
from glassnet.training.recipes import PLAIN, STANDARD
from tests.fitting.helpers import begin_session

RNG = np.random.default_rng(0)
N = 200
X = RNG.normal(size=(N, 4))
TARGETS: dict[str, Any] = {
    "binary": (X[:, 0] + 0.5 * RNG.normal(size=N) > 0.0).astype(int),
    "multiclass": RNG.integers(0, 3, N),
    "regression": np.sin(2.0 * X[:, 0]) + 5.0,
    "several numbers": np.c_[X[:, 0] ** 2, np.cos(X[:, 1])],
}
RECIPES = {
    "plain": replace(
        PLAIN, members=3, hidden_layer_sizes=(8,), max_epochs=6, min_epochs=6, max_epochs_few_rows=6
    ),
    "standard": replace(STANDARD, members=3, hidden_layer_sizes=(8, 8), max_epochs=6, min_epochs=6),
}


@pytest.mark.parametrize("recipe", RECIPES)
@pytest.mark.parametrize("target", TARGETS)
def test_the_whole_answers_with_the_mean_of_its_members(recipe: str, target: str) -> None:
    session = begin_session(
        table_of(X), TARGETS[target], Plan(recipe=RECIPES[recipe], dtype="float64")
    )
    model = session.finish()
    scores = [
        member.network.predict(session.encoder.encode(table_of(X), "float64"))
        for member in session.ensemble.members
    ]
    assert len(scores) == 3
    assert not np.allclose(scores[0], scores[1])
    temperature = model.training.get("calibration", {"temperature": 1.0})["temperature"]
    np.testing.assert_allclose(
        model.raw_scores(X), np.mean(scores, axis=0) / temperature, rtol=1e-12, atol=1e-12
    )


def test_each_member_is_what_it_would_be_alone() -> None:
    plan = Plan(recipe=RECIPES["standard"], seed=5, dtype="float64", n_threads=1)
    together = begin_session(table_of(X), TARGETS["binary"], plan)
    together.finish()
    for i, member in enumerate(together.ensemble.members):
        alone = begin_session(
            table_of(X), TARGETS["binary"], replace(plan, seed=member_seed(5, i)), single=True
        )
        alone.encoder = (
            together.encoder
        )  # of all rows, where one alone looks at those that it learns from
        (own,) = alone.ensemble.fits
        assert own.splits.record is not None
        assert member.splits.record is not None
        np.testing.assert_array_equal(own.splits.record.rows, member.splits.record.rows)
    seeds = {member_seed(5, i) for i in range(50)}
    assert len(seeds) == 50
    assert member_seed(5, 0) == 5


@pytest.mark.parametrize(
    ("n_threads", "expected"),
    [(1, [1, 1, 1, 1, 1]), (2, [1, 1, 1, 1, 2]), (3, [1, 1, 1, 1, 1]), (11, [2, 2, 2, 2, 2])],
)
def test_members_share_all_threads(
    n_threads: int, expected: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    used: dict[int, list[int]] = {}

    def use_threads(engine: NativeEngine, n: int) -> None:
        used.setdefault(id(engine), []).append(n)

    monkeypatch.setattr(NativeEngine, "use_threads", use_threads)
    recipe = replace(RECIPES["plain"], members=5)
    glassnet.fit(X, TARGETS["binary"], Plan(recipe=recipe, engine="native", n_threads=n_threads))
    assert [n[-1] for n in used.values()] == expected


@pytest.mark.parametrize("n_threads", [1, 2, 5])
def test_the_number_of_threads_changes_no_bit(n_threads: int) -> None:
    plan = Plan(recipe=RECIPES["standard"], n_threads=n_threads)
    first, again = (
        glassnet.fit(X, TARGETS["regression"], replace(plan, n_threads=n)) for n in (3, n_threads)
    )
    np.testing.assert_array_equal(first.network.parameters.theta, again.network.parameters.theta)


@pytest.mark.parametrize("target", TARGETS)
def test_it_is_saved_and_loaded_with_equal_bits(target: str, tmp_path: Path) -> None:
    model = glassnet.fit(X, TARGETS[target], Plan(recipe=RECIPES["standard"]))
    model.save(tmp_path / "m.glassnet")
    np.testing.assert_array_equal(
        glassnet.load(tmp_path / "m.glassnet").predict(X), model.predict(X)
    )
    assert len(model.training["members"]) == 3


def test_records_are_means_and_a_caller_ends_all_members() -> None:
    session = begin_session(table_of(X), TARGETS["binary"], Plan(recipe=RECIPES["standard"]))
    seen = []
    model = session.finish(lambda epoch: seen.append(epoch) or len(seen) == 2)
    assert [epoch.index for epoch in seen] == [0, 1]
    assert model.training["ended"] == "stopped by the caller"
    assert [member.state.epoch for member in session.ensemble.members] == [2, 2, 2]
    losses = [member.state.best_value for member in session.ensemble.members]
    assert min(losses) <= seen[0].validation_loss <= max(3.0, *losses)


def test_estimators_go_on_with_all_members() -> None:
    estimator = glassnet.GlassNetClassifier(
        recipe=RECIPES["standard"], random_state=0, warm_start=True
    ).fit(X, TARGETS["multiclass"])
    before = estimator.predict_proba(X)
    estimator.fit(X, TARGETS["multiclass"])
    assert not np.allclose(estimator.predict_proba(X), before)
    assert estimator.n_iter_ == 6
    fresh = glassnet.GlassNetClassifier(recipe=RECIPES["standard"], random_state=0)
    fresh.partial_fit(X, TARGETS["multiclass"], classes=[0, 1, 2])
    assert not fresh._session.ensemble.members


def test_a_warm_start_goes_on_from_where_partial_fit_left_the_members() -> None:
    estimator = glassnet.GlassNetClassifier(
        recipe=RECIPES["standard"], random_state=0, warm_start=True
    ).fit(X, TARGETS["binary"])
    trained = [
        member.network.parameters.theta.copy() for member in estimator._session.ensemble.members
    ]
    estimator.partial_fit(X, TARGETS["binary"])
    says = estimator.model_.predict_proba(X, members=True)
    for member, before, own in zip(estimator._session.ensemble.members, trained, says, strict=True):
        assert not np.array_equal(member.network.parameters.theta, before)
        np.testing.assert_array_equal(
            replace(estimator.model_, network=member.network).predict_proba(X), own
        )
    assert estimator.fit(X, TARGETS["binary"]).n_iter_ == 6


def test_another_number_of_members_is_no_warm_start() -> None:
    estimator = glassnet.GlassNetClassifier(
        recipe=RECIPES["standard"], random_state=0, warm_start=True
    ).fit(X, TARGETS["binary"])
    with pytest.raises(SettingError, match="3 members"):
        estimator.set_params(recipe=replace(RECIPES["standard"], members=2)).fit(
            X, TARGETS["binary"]
        )


# What each says by itself


def of_three(target: str, dtype: str = "float32") -> tuple[Session, glassnet.Model]:
    session = begin_session(
        table_of(X), TARGETS[target], Plan(recipe=RECIPES["standard"], dtype=dtype, calibrate=False)
    )
    return session, session.finish()


@pytest.mark.parametrize("target", TARGETS)
def test_each_member_answers_as_the_network_of_it_alone(target: str) -> None:
    session, model = of_three(target)
    alone = [replace(model, network=member.network) for member in session.ensemble.members]
    np.testing.assert_array_equal(model.predict(X, members=True), [one.predict(X) for one in alone])
    np.testing.assert_array_equal(model.member_scores(X), [one.raw_scores(X) for one in alone])
    if model.task != "regression":
        np.testing.assert_array_equal(
            model.predict_proba(X, members=True), [one.predict_proba(X) for one in alone]
        )
        assert model.predict_proba(X, members=True).shape == (3, *model.predict_proba(X).shape)
    assert model.predict(X, members=True).shape == (3, *model.predict(X).shape)


@pytest.mark.parametrize("target", TARGETS)
def test_the_mean_of_what_the_members_score_is_what_the_network_scores(target: str) -> None:
    _, model = of_three(target, "float64")
    np.testing.assert_allclose(
        model.member_scores(X).mean(axis=0), model.raw_scores(X), rtol=1e-12, atol=1e-12
    )
    if target == "regression":
        answers = model.predict(X, members=True)
        np.testing.assert_allclose(answers.mean(axis=0), model.predict(X), rtol=1e-12)
        assert (answers.std(axis=0) > 0.0).all()


def test_members_are_saved_and_answer_a_row_alone_with_equal_bits(tmp_path: Path) -> None:
    _, model = of_three("multiclass")
    model.save(tmp_path / "m.glassnet")
    answers = model.predict_proba(X, members=True)
    np.testing.assert_array_equal(
        glassnet.load(tmp_path / "m.glassnet").predict_proba(X, members=True), answers
    )
    if model.engine.name == "native":
        np.testing.assert_array_equal(
            np.concatenate([model.predict_proba(row[None], members=True) for row in X], axis=1),
            answers,
        )


def test_members_answer_for_a_file(tmp_path: Path) -> None:
    _, model = of_three("regression")
    names = model.columns
    np.savetxt(
        tmp_path / "t.csv", X, delimiter=",", header=",".join(names), comments="", fmt="%.17g"
    )
    np.testing.assert_array_equal(
        model.predict(tmp_path / "t.csv", members=True), model.predict(X, members=True)
    )


def test_a_network_without_members_is_the_only_one() -> None:
    model = glassnet.fit(
        X, TARGETS["several numbers"], Plan(recipe="plain", hidden_layer_sizes=(8,), max_epochs=2)
    )
    np.testing.assert_array_equal(model.predict(X, members=True), model.predict(X)[None])


def test_members_behind_layers_that_they_share() -> None:
    members = Members(
        [Stack([Dense(3, "tanh"), Dense(2)]), Dense(2), Stack([Stack([BatchNorm(), Dense(2)])])]
    )
    network = Network(
        [Dense(5, "tanh"), BatchNorm(), members], n_features=4, seed=3, dtype="float64"
    )
    network.parameters.statistics[...] = RNG.uniform(0.5, 2.0, network.parameters.statistics.shape)
    alone = network.members()
    np.testing.assert_allclose(
        np.mean([one.predict(X) for one in alone], axis=0),
        network.predict(X),
        rtol=1e-12,
        atol=1e-12,
    )
    before = network.predict(X)
    alone[0].parameters.theta[...] = 0.0
    np.testing.assert_array_equal(network.predict(X), before)


@pytest.mark.parametrize("engine", ["native", "reference"])
def test_estimators_say_what_each_member_says(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if engine == "reference":
        monkeypatch.setattr("glassnet.engines.compiled", lambda: None)
    letters = np.array(["a", "b", "c"])[TARGETS["multiclass"]]
    classifier = glassnet.GlassNetClassifier(recipe=RECIPES["standard"], random_state=0).fit(
        X, letters
    )
    P = classifier.predict_proba(X, members=True)
    assert P.shape == (3, N, 3)
    np.testing.assert_allclose(P.sum(axis=2), 1.0, rtol=1e-12)
    np.testing.assert_array_equal(
        classifier.predict(X, members=True), classifier.classes_[P.argmax(axis=2)]
    )
    several = glassnet.GlassNetClassifier(recipe=RECIPES["plain"], random_state=0).fit(
        X, (X > 0.0).astype(int)
    )
    assert several.predict(X, members=True).shape == (3, N, 4)
    regressor = glassnet.GlassNetRegressor(recipe=RECIPES["plain"], random_state=0).fit(
        X, TARGETS["regression"][:, None]
    )
    np.testing.assert_allclose(
        regressor.predict(X, members=True).mean(axis=0), regressor.predict(X), rtol=1e-6
    )
    assert regressor.predict(X, members=True).shape == (3, N, 1)
