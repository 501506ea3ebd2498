"""Predictions that stay within the range of the target: wherever raw scores become numbers, and
nowhere else."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet
from glassnet.data.coding.target import Target
from glassnet.errors import DataError, ModelFileError
from glassnet.losses import Huber, Quantile
from glassnet.training.plan import Plan
from glassnet.training.recipes import PLAIN, RECIPES, Recipe
from tests.storage.unpacked import Unpacked

RNG = np.random.default_rng(0)
X = RNG.normal(size=(80, 3))
FAR = 50.0 * RNG.normal(size=(200, 3))  # where a network answers far beyond what it has seen
Y = 1e3 * (X[:, 0] + X[:, 1]) + 7.0
CLIPPED = replace(
    PLAIN, clip_predictions=True, hidden_layer_sizes=(16,), max_epochs_few_rows=60, max_epochs=60
)
#: The rows of FAR lie far outside those of the training, on purpose.
drifted = pytest.mark.filterwarnings(
    "ignore:the table is not like the training rows:glassnet.DataNotice"
)
LOSSES: dict[str, Any] = {
    "own": None,
    "squared": "squared",
    "absolute": "absolute",
    "huber": Huber(0.5),
}


def fitted(y: Any, recipe: Recipe = CLIPPED, **settings: Any) -> glassnet.Model:
    weight = settings.pop("sample_weight", None)
    return glassnet.fit(
        X,
        y,
        Plan(recipe=recipe, early_stopping=False, **settings),
        task="regression",
        sample_weight=weight,
    )


@drifted
@pytest.mark.parametrize("members", [1, 3])
@pytest.mark.parametrize("loss", LOSSES)
def test_numbers_are_those_without_clipping_cut_to_the_range_of_training(
    loss: str, members: int
) -> None:
    model = fitted(Y, replace(CLIPPED, members=members), loss=LOSSES[loss])
    open_ended = fitted(
        Y, replace(CLIPPED, members=members, clip_predictions=False), loss=LOSSES[loss]
    )
    np.testing.assert_array_equal(model.raw_scores(FAR), open_ended.raw_scores(FAR))
    free, said = open_ended.predict(FAR), model.predict(FAR)
    assert free.min() < Y.min()
    assert free.max() > Y.max()
    np.testing.assert_array_equal(said, np.clip(free, Y.min(), Y.max()))
    np.testing.assert_array_equal(
        model.predict(FAR, members=True),
        np.clip(open_ended.predict(FAR, members=True), Y.min(), Y.max()),
    )


@drifted
def test_each_of_several_numbers_has_a_range_of_its_own() -> None:
    two = np.c_[Y, X[:, 1] - X[:, 2]]
    said = fitted(two).predict(FAR)
    np.testing.assert_array_equal(said.min(axis=0), two.min(axis=0))
    np.testing.assert_array_equal(said.max(axis=0), two.max(axis=0))


@drifted
@pytest.mark.parametrize("columns", [1, 2])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_predictor_of_rows_stays_within_the_range_too(dtype: str, columns: int) -> None:
    model = fitted(np.c_[Y, X[:, 1] - X[:, 2]][:, :columns], dtype=dtype)
    answer = model.predictor()
    said = np.array([answer(row) for row in FAR])
    bound = 1e-5 if dtype == "float32" else 1e-12
    np.testing.assert_allclose(
        said, model.predict(FAR).reshape(said.shape), rtol=bound, atol=bound * np.abs(said).max()
    )
    assert (said.max(axis=0) == model.target.high).all()
    assert (said.min(axis=0) == model.target.low).all()


@pytest.mark.parametrize("loss", ["poisson", "gamma", Quantile((0.1, 0.9)), Quantile(0.5)], ids=str)
def test_what_may_lie_beyond_the_range_is_not_cut(loss: Any) -> None:
    assert fitted(np.exp(X[:, 0] + X[:, 1]), loss=loss).target.low == ()


def test_classes_have_no_range() -> None:
    assert glassnet.fit(X, X[:, 0] > 0.0, Plan(recipe=CLIPPED, max_epochs=1)).target.low == ()


def test_a_row_of_weight_0_leaves_no_trace() -> None:
    y, weight = Y.copy(), np.ones(80)
    y[3], weight[3] = 1e9, 0.0
    model = fitted(y, sample_weight=weight)
    assert (model.target.low, model.target.high) == ((Y[weight > 0].min(),), (Y[weight > 0].max(),))


def test_truth_beyond_the_range_stays_what_it_is() -> None:
    target = Target.fit(np.arange(5.0), clip=True)
    np.testing.assert_allclose(target.decode_numbers(target.encode([-10.0, 100.0])), [-10.0, 100.0])


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
def test_a_number_that_is_none_is_no_prediction(odd: float) -> None:
    with pytest.raises(DataError, match=r"raw scores for row 1 \(counting from 0\) are not finite"):
        fitted(Y).predictions(np.array([[0.0], [odd]]))


@drifted
def test_it_is_saved_and_loaded(tmp_path: Path) -> None:
    model = fitted(Y)
    model.save(tmp_path / "m.glassnet")
    again = glassnet.load(tmp_path / "m.glassnet")
    assert again.target == model.target
    np.testing.assert_array_equal(again.predict(FAR), model.predict(FAR))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"target": {"low": [8.0], "high": [7.0]}}, "the smaller one in low"),
        ({"target": {"low": [], "high": [7.0]}}, "one entry for each number"),
        ({"target": {"low": [0.0, 0.0], "high": [1.0, 1.0]}}, "one entry for each number"),
        ({"loss": {"kind": "gamma"}}, "which its loss does not stay within"),
    ],
)
def test_a_file_with_an_odd_range_is_refused(
    change: dict[str, Any], says: str, tmp_path: Path
) -> None:
    path = tmp_path / "m.glassnet"
    fitted(Y).save(path)
    taken = Unpacked(path.read_bytes())
    for name, value in change.items():
        taken.said[name] = {**taken.said[name], **value} if name == "target" else value
    path.write_bytes(taken.pack())
    with pytest.raises(ModelFileError, match=says):
        glassnet.load(path)


@pytest.mark.parametrize("name", RECIPES)
def test_recipes_but_plain_cut_numbers(name: str) -> None:
    assert [recipe.clip_predictions for recipe in RECIPES[name]] == [False, name != "plain"]
