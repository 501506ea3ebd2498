"""Numbers close together far from zero, also whole ones beyond 2^53: their spread is learned."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import glassnet
from glassnet import GlassNetClassifier, GlassNetRegressor, Plan, Recipe
from glassnet.data.coding.encoder import Encoder
from glassnet.data.coding.target import Target
from glassnet.data.tables.given import as_table
from glassnet.errors import DataNotice
from glassnet.training.recipes import RECIPES
from tests.cli.invoked import run

N = 300
RNG = np.random.default_rng(0)
X = RNG.normal(size=(N, 2))
SIGNAL = X[:, 0] + 0.5 * np.sin(3.0 * X[:, 1])
NOW = 1_700_000_000_123_456_789


def whole(width: float, start: int = NOW, kind: Any = np.int64) -> Any:
    return (
        np.round(width * (SIGNAL - SIGNAL.min())).astype(np.int64).astype(object) + start
    ).astype(kind)


#: name: values, and whether their steps are coarse.
CLOSE: dict[str, tuple[Any, bool]] = {
    "100 and 1e-12": (100.0 + 1e-12 * SIGNAL, True),
    "-100 and 1e-12": (-100.0 + 1e-12 * SIGNAL, True),
    "1e9 and 1": (1e9 + SIGNAL, False),
    "1 and 1e-9": (1.0 + 1e-9 * SIGNAL, False),
    "1e300 and 1e290": (1e300 + 1e290 * SIGNAL, False),
    "1e-300 and 1e-310": (1e-300 + 1e-310 * SIGNAL, False),
    "times, milliseconds": (whole(1e6), False),
    "times, hundreds of microseconds": (whole(1e5), True),
    "times, hundreds of nanoseconds": (whole(1e3), True),
    "times, seconds as floats": (whole(1e9).astype(np.float64), False),
    "unsigned": (whole(1e5, 2**63 + 12_345, np.uint64), True),
    "at the end of int64": (whole(1e5, 2**63 - 10**6), True),
    "beyond 64 bits": (whole(1e7, 10**20, object), True),
    "negative": (whole(1e5, -NOW), True),
}
close = pytest.mark.parametrize("name", CLOSE)


def spread(values: Any) -> tuple[Any, float]:
    """What values differ from the first one by, in units of a power of two, and the unit."""
    differences = np.array([float(value - values.tolist()[0]) for value in values.tolist()])
    exponent = int(np.frexp(np.abs(differences).max())[1])
    return np.ldexp(differences, -exponent), exponent


@close
def test_a_target_is_scaled_by_its_true_spread(name: str) -> None:
    y, coarse = CLOSE[name]
    target = Target.fit(y, task="regression")
    truth, unit = spread(y)
    z = target.encode(y)
    step = np.ldexp(np.spacing(abs(float(y[0]))), -unit)
    np.testing.assert_allclose(
        z, (truth - truth.mean()) / truth.std(), atol=1e-12 + 2.0 * step / truth.std()
    )
    np.testing.assert_allclose(np.ldexp(target.scale[0], -unit), truth.std(), rtol=1e-9)
    np.testing.assert_allclose(np.diff(z), np.diff(truth) / truth.std(), rtol=1e-6, atol=1e-9)
    assert np.abs(target.decode_numbers(z) - y.astype(np.float64)).max() <= np.spacing(
        abs(float(y[0]))
    )
    assert [notice.partition(" has")[0] for notice in target.notices] == ["target 'y'"] * coarse


@close
@pytest.mark.parametrize("scaling", ["standard", "robust"])
def test_a_feature_is_scaled_by_its_true_spread(name: str, scaling: str) -> None:
    x, _ = CLOSE[name]
    recipe = Recipe(scaling=scaling)
    table = as_table({"x": x.tolist()})
    encoder = Encoder.fit(table, settings=recipe.coding)
    truth, unit = spread(x)
    width = (
        truth.std()
        if scaling == "standard"
        else np.subtract(*np.quantile(truth, [0.75, 0.25], method="inverted_cdf"))
    )
    np.testing.assert_allclose(np.ldexp(encoder.numbers.scale[0], -unit), width, rtol=1e-9)
    Z = encoder.encode(table, "float64")[:, 0]
    Z = Z / np.sqrt(1.0 - (Z / recipe.clip) ** 2)  # without the clip
    np.testing.assert_allclose(np.diff(Z), np.diff(truth) / width, rtol=1e-6, atol=1e-9)
    assert Encoder.from_plain(encoder.to_plain()) == encoder


def small(name: str, classes: bool = False) -> Plan:
    recipe = RECIPES[name][0 if classes else 1]
    quick = {"plain": {"hidden_layer_sizes": (32,)}, "fast": {}, "standard": {"members": 2}}[name]
    return Plan(recipe=Recipe(**{**vars(recipe), **quick}), max_epochs=12, seed=0)


QUICK = ("100 and 1e-12", "times, hundreds of microseconds", "1e9 and 1")


@pytest.mark.parametrize(
    ("name", "recipe"),
    [
        pytest.param(
            name, recipe, marks=[] if name in QUICK and recipe != "standard" else [pytest.mark.slow]
        )
        for name in CLOSE
        for recipe in ("plain", "fast", "standard")
    ],
)
def test_every_recipe_learns_it(name: str, recipe: str, tmp_path: Path) -> None:
    y, coarse = CLOSE[name]
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        model = glassnet.fit(X, y, small(recipe), task="regression")
    assert [
        str(one.message).startswith("target 'y' has a standard deviation of") for one in told
    ] == [True] * coarse
    (truth, unit), found = spread(y), model.predict(X)
    predicted = np.ldexp(found - np.float64(y[0]), -unit)
    assert 1.0 - ((truth - predicted) ** 2).mean() / truth.var() > 0.7
    model.save(tmp_path / "m.glassnet")
    assert np.array_equal(glassnet.load(tmp_path / "m.glassnet").predict(X), found)
    assert glassnet.evaluate(model, X, y).scores[0].value > 0.7
    if model.intervals and name != "times, hundreds of nanoseconds":  # which are a few steps wide
        low, high = model.predict_interval(X, 0.5).T
        assert 0.3 < ((low <= y.astype(np.float64)) & (y.astype(np.float64) <= high)).mean() < 0.8


@pytest.mark.parametrize("name", QUICK)
def test_an_estimator_learns_it(name: str) -> None:
    y, coarse = CLOSE[name]
    regressor = GlassNetRegressor(
        recipe="plain", hidden_layer_sizes=16, max_epochs=12, random_state=0
    )
    with (
        pytest.warns(DataNotice, match="standard deviation")
        if coarse
        else warnings.catch_warnings()
    ):
        regressor.fit(X, y)
    assert regressor.score(X, y) > 0.7


def test_the_command_line_learns_times(tmp_path: Path) -> None:
    y, _ = CLOSE["times, hundreds of microseconds"]
    pd.DataFrame({"a": X[:, 0], "b": X[:, 1], "y": y}).to_csv(tmp_path / "t.csv", index=False)
    options = (
        "--target",
        "y",
        "--recipe",
        "plain",
        "--epochs",
        "12",
        "--hidden",
        "16",
        "-o",
        tmp_path / "m.glassnet",
    )
    result = run("train", tmp_path / "t.csv", *options)
    assert result.exit_code == 0, result.output
    assert "target 'y' has a standard deviation of" in result.output
    predicted = glassnet.load(tmp_path / "m.glassnet").predict(X) - np.float64(y[0])
    assert np.corrcoef(predicted, spread(y)[0])[0, 1] > 0.8


@pytest.mark.parametrize("name", ["times, hundreds of nanoseconds", "unsigned", "100 and 1e-12"])
@pytest.mark.parametrize("recipe", ["plain", "fast"])
def test_features_are_told_apart_by_every_answer(name: str, recipe: str) -> None:
    x, _ = CLOSE[name]
    labels = SIGNAL - np.median(SIGNAL) > 0.0
    given = {"x": x.tolist(), "a": X[:, 1].tolist()}
    model = glassnet.fit(given, labels, small(recipe, classes=True))
    P = model.predict_proba(given)
    assert (model.predict(given) == labels).mean() > 0.9
    predictor = model.predictor()
    for i in range(3):
        np.testing.assert_allclose(predictor([given["x"][i], given["a"][i]]), P[i], rtol=1e-6)
    if x.dtype != np.float64:
        alone = GlassNetClassifier(
            recipe="plain", hidden_layer_sizes=16, max_epochs=12, random_state=0
        ).fit(x[:, None], labels)
        assert alone.score(x[:, None], labels) > 0.9


def test_features_are_the_same_by_every_door(tmp_path: Path) -> None:
    x = whole(1e3)
    frame = pd.DataFrame({"x": x, "a": X[:, 1]})
    model = glassnet.fit(frame, SIGNAL, small("fast"))
    expected = model.predict(frame)
    frame.to_csv(tmp_path / "t.csv", index=False)
    frame.to_parquet(tmp_path / "t.parquet")
    texts = frame.astype(str)
    for door in (
        tmp_path / "t.csv",
        tmp_path / "t.parquet",
        texts,
        texts.to_dict("list"),
        frame.to_dict("records"),
        frame.to_dict("list"),
    ):
        assert np.array_equal(model.predict(door), expected)


def test_a_row_that_is_asked_for_stays_as_it_is() -> None:
    x = whole(1e3)
    predictor = glassnet.fit({"x": x}, SIGNAL, small("plain")).predictor()
    row = np.array([float(x[0])])
    predictor(row)
    assert row[0] == float(x[0])


def test_a_constant_is_not_told_of() -> None:
    for value in (1.7e18, 2**60, 0.1, 0.0):
        assert not Target.fit(np.full(40, value), task="regression").notices
