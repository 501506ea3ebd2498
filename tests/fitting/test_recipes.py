"""What a recipe makes of a table: the coding of its columns, its layers, first values and steps;
and models of it as good as any other."""

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

import glassnet
from glassnet.data.coding.encoder import Encoder
from glassnet.data.coding.moments import quartiles
from glassnet.data.coding.settings import CodingSettings
from glassnet.data.coding.target import Target
from glassnet.data.rows import Rows
from glassnet.data.tables.assembly import table_of
from glassnet.errors import SettingError
from glassnet.fitting.construction import input_layers, make_layers, number_embedding
from glassnet.layers import (
    Activation,
    CategoryEmbedding,
    Dense,
    Dropout,
    PeriodicEmbedding,
    PiecewiseLinearEmbedding,
    Scale,
)
from glassnet.losses import Logistic, Quantile, Softmax
from glassnet.training.plan import Plan
from glassnet.training.recipes import RECIPES, STANDARD, Recipe, recipe_for
from glassnet.training.resolved_plan import ResolvedPlan
from tests.fitting.helpers import begin_session

RNG = np.random.default_rng(0)
N = 160
TABLE = pd.DataFrame(
    {
        "a": RNG.normal(size=N),
        "b": np.where(RNG.random(N) < 0.1, np.nan, RNG.normal(size=N)),
        "city": RNG.choice([f"city{i}" for i in range(20)], N),
        "flag": RNG.choice(["yes", "no"], N),
    }
)
YES = TABLE["a"].to_numpy() + TABLE["city"].str.len() > 5.0
TARGETS: dict[str, Any] = {
    "binary": np.where(YES, "yes", "no"),
    "multiclass": RNG.choice(["x", "y", "z"], N),
    "regression": np.sin(3.0 * TABLE["a"].to_numpy()) + 7.0,
    "several numbers": np.c_[TABLE["a"], TABLE["a"] ** 2],
    "several labels": np.c_[YES, ~YES, TABLE["a"] > 0.0].astype(int),
    "counts": RNG.poisson(np.exp(TABLE["a"].to_numpy())).astype(float),
}
QUICK: dict[str, Any] = {"max_epochs": 3, "hidden_layer_sizes": (8, 8)}
WEIGHT = RNG.integers(0, 3, N).astype(float)

#: What is predicted, by which settings, with which weights of the rows.
TASKS: dict[str, tuple[str, dict[str, Any], Any]] = {
    **{name: (name, {}, None) for name in TARGETS},
    "one quantile": ("regression", {"loss": Quantile((0.9,))}, None),
    "several quantiles": ("regression", {"loss": Quantile((0.1, 0.5, 0.9))}, None),
    "quantiles of several numbers": ("several numbers", {"loss": Quantile((0.1, 0.9))}, None),
    "counts": ("counts", {"loss": "poisson"}, None),
    "classes with weights": ("multiclass", {"class_weight": {"x": 1.0, "y": 0.0, "z": 3.0}}, None),
    "balanced classes": ("binary", {"class_weight": "balanced"}, None),
    **{f"weights, {name}": (name, {}, WEIGHT) for name in TARGETS},
}


# Robust scaling


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 8, 17, 100])
def test_quartiles_take_weights_as_repetitions_and_leave_gaps_out(n: int) -> None:
    rng = np.random.default_rng(n)
    X, weight = rng.normal(size=(n, 3)).round(1), rng.integers(1, 4, n)
    X[rng.random((n, 3)) < 0.1] = np.nan
    weighted, repeated = (
        quartiles(X, weight.astype(float)),
        quartiles(np.repeat(X, weight, axis=0), np.ones(weight.sum())),
    )
    for one, other in zip(weighted, repeated, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    ("column", "centre", "width"),
    [
        ([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0], 4.0, 4.0),
        ([0.0, 0.0, 0.0, 0.0, 0.0, 1.0], 0.0, 0.5),  # both quartiles are 0: half the range
        ([3.0, 3.0, 3.0], 3.0, 1.0),
        ([np.nan, np.nan], 0.0, 1.0),
        ([-1e308, -1e308, 1e308, 1e308], -1e308, np.finfo(float).max),
    ],
)
def test_centre_and_width(column: list[float], centre: float, width: float) -> None:
    found, wide, _ = quartiles(np.array(column)[:, None], np.ones(len(column)))
    assert (found[0], wide[0]) == (centre, width)


def test_a_scaling_that_does_not_exist_is_refused() -> None:
    with pytest.raises(
        SettingError,
        match=r"unknown scaling 'robst': .* robust, standard\. Did you mean 'robust'\?",
    ):
        glassnet.fit(TABLE, YES, Plan(recipe=Recipe(scaling="robst")))


def test_no_odd_value_moves_robust_scaling() -> None:
    x = np.arange(100.0)
    odd = np.where(x == 99.0, 1e9, x)
    settings = CodingSettings("robust", 3.0)
    plain, moved = (Encoder.fit(table_of({"x": values}), None, settings) for values in (x, odd))
    assert plain == moved
    assert np.abs(moved.encode(table_of({"x": odd}), "float64")).max() < 3.0


# Codes


def test_categories_of_many_levels_become_codes_behind_all_other_features() -> None:
    encoder = Encoder.fit(table_of(TABLE), None, CodingSettings(max_one_hot=8))
    assert encoder.feature_names == ("a", "b", "b is missing", "flag=no", "flag=yes", "city")
    (coding,) = encoder.coded
    assert coding.n_codes == len(coding.levels) + 2
    rows = TABLE.iloc[:3].assign(city=[coding.levels[4], "never seen", None])
    assert encoder.encode(table_of(rows), "float64")[:, -1].tolist() == [
        4.0,
        len(coding.levels),
        len(coding.levels) + 1.0,
    ]
    assert Encoder.from_plain(encoder.to_plain()) == encoder
    assert any("the code of one of" in words for _, _, words in encoder.describe())


# Layers


def test_the_standard_layers_stand_in_their_order() -> None:
    plan = ResolvedPlan.of(Plan(recipe="standard"), N, classes=True)
    table = table_of(TABLE)
    encoder = Encoder.fit(table, None, STANDARD.coding)
    encoded = encoder.encode(table, "float64")
    numbers = number_embedding(STANDARD, encoder, Rows(encoded, YES.astype(int)), np.arange(N))
    layers = make_layers(plan, encoder, 3, numbers)
    first = [PiecewiseLinearEmbedding, CategoryEmbedding, Scale]
    assert [type(layer) for layer in layers] == [*first, *([Dense, Activation] * 3), Dense]
    dropping = make_layers(replace(plan, dropout=0.1), encoder, 3, numbers)
    assert [type(layer) for layer in dropping] == [
        *first,
        *([Dense, Activation, Dropout] * 3),
        Dense,
    ]
    n_bins = N // STANDARD.rows_per_bin
    assert layers[0] == PiecewiseLinearEmbedding([n_bins, n_bins], STANDARD.n_lines)
    waves = replace(STANDARD, n_bins=0, n_frequencies=7, n_periodic=2, sigma=0.3)
    assert number_embedding(
        waves, encoder, Rows(encoded, YES.astype(int)), np.arange(N)
    ) == PeriodicEmbedding(2, 7, 2, 0.3)
    many = number_embedding(
        replace(STANDARD, rows_per_bin=1), encoder, Rows(encoded, YES.astype(int)), np.arange(N)
    )
    assert many == PiecewiseLinearEmbedding(
        [STANDARD.n_bins, 30], STANDARD.n_lines
    )  # the gaps of b are its median: edges coincide
    assert (
        number_embedding(
            replace(waves, max_embedded=1), encoder, Rows(encoded, YES.astype(int)), np.arange(N)
        )
        is None
    )
    assert layers[1].levels == (22,)  # type: ignore[attr-defined]
    assert all(layer.parametrization == "ntk" for layer in layers if isinstance(layer, Dense))
    assert all(layer.parametric for layer in layers if isinstance(layer, Activation))


@pytest.mark.parametrize("target", TARGETS)
def test_bins_are_learned_from_the_rows_that_a_network_learns_from(target: str) -> None:
    plan = Plan(recipe=replace(STANDARD, n_bins=5, n_lines=2, members=2))
    fits = begin_session(table_of(TABLE), TARGETS[target], plan).ensemble.members
    learned = []
    for fit in fits:
        numbers = fit.network.layers[0]
        assert isinstance(numbers, PiecewiseLinearEmbedding)
        assert numbers.n_out == 2
        edges = fit.network.parameters["layers.0.edges"]
        for j, start in enumerate(numbers.starts[:-1]):
            of_a_column = edges[start + j : start + j + numbers.n_bins[j] + 1]
            x = fit.data.X[fit.splits.learning, j]
            assert (of_a_column[0], of_a_column[-1]) == (x.min(), x.max())
            assert np.isin(of_a_column, x).all()
        learned.append(edges.tolist())
    assert learned[0] != learned[1]


def test_a_warm_start_keeps_its_bins() -> None:
    recipe = replace(STANDARD, n_bins=5, members=1)
    plan = Plan(recipe=recipe, early_stopping=False, **QUICK)
    first = begin_session(table_of(TABLE), TARGETS["regression"], plan)
    edges = first.network.parameters["layers.0.edges"].copy()
    later = table_of(TABLE.assign(a=TABLE["a"] ** 3))
    again = begin_session(later, TARGETS["regression"], plan, earlier=first)
    assert again.network is first.network
    np.testing.assert_array_equal(again.network.parameters["layers.0.edges"], edges)
    other = replace(plan, recipe=replace(recipe, n_lines=1))
    with pytest.raises(
        SettingError, match="a warm start continues with the network of the last fit"
    ):
        begin_session(later, TARGETS["regression"], other, earlier=first)


def test_what_a_table_lacks_has_no_layer() -> None:
    words = Encoder.fit(table_of(TABLE[["flag"]]), None, STANDARD.coding)
    sparse = Encoder.fit(table_of(sp.csr_matrix(np.eye(4))), None, STANDARD.coding)
    for recipe in (STANDARD, replace(STANDARD, n_bins=0, n_frequencies=4)):
        for encoder, layers in ((words, [Scale]), (sparse, [])):
            numbers = number_embedding(
                recipe,
                encoder,
                Rows(np.zeros((1, encoder.n_features)), np.zeros(1)),
                np.zeros(1, int),
            )
            assert [type(layer) for layer in input_layers(recipe, encoder, numbers)] == layers


# Fits


@pytest.mark.parametrize("name", RECIPES)
@pytest.mark.parametrize("task", TASKS)
def test_a_model_of_every_recipe_is_saved_and_loaded_with_equal_bits(
    name: str, task: str, tmp_path: Path
) -> None:
    target, settings, weight = TASKS[task]
    values, kind = TARGETS[target], "regression" if target == "counts" else None
    model, again = (
        glassnet.fit(
            TABLE, values, Plan(recipe=name, **QUICK, **settings), sample_weight=weight, task=kind
        )
        for _ in range(2)
    )
    model.save(tmp_path / "m.glassnet")
    loaded = glassnet.load(tmp_path / "m.glassnet")
    np.testing.assert_array_equal(loaded.raw_scores(TABLE), model.raw_scores(TABLE))
    np.testing.assert_array_equal(loaded.predict(TABLE), model.predict(TABLE))
    np.testing.assert_array_equal(again.raw_scores(TABLE), model.raw_scores(TABLE))
    assert len(model.training.get("members", [0])) == recipe_for(name, classes=True).members
    assert ("calibration" in model.training) == (
        name != "plain" and isinstance(model.loss, Logistic | Softmax)
    )


@pytest.mark.parametrize("target", ["multiclass", "several numbers"])
def test_every_number_of_the_default_is_that_of_standard(target: str, tmp_path: Path) -> None:
    model = glassnet.fit(TABLE, TARGETS[target])
    record = model.training["plan"]
    recipe = recipe_for("standard", classes=target == "multiclass")
    assert record["recipe"] == json.loads(json.dumps(asdict(recipe)))
    assert model.training["epochs"] == record["max_epochs"] == recipe.max_epochs
    for name in (
        "learning_rate",
        "schedule",
        "dropout",
        "dropout_schedule",
        "weight_decay",
        "decay_schedule",
        "label_smoothing",
    ):
        assert record[name] == getattr(recipe, name), name
    assert record["batch_size"] == recipe.batch_size(N)
    assert model.network.n_members == recipe.members
    model.save(tmp_path / "m.glassnet")
    np.testing.assert_array_equal(
        glassnet.load(tmp_path / "m.glassnet").predict(TABLE), model.predict(TABLE)
    )


TINY = {
    "one row": (TABLE[:1], [1.5]),
    "two rows": (TABLE[:2], [1.0, 2.5]),
    "two rows of two classes": (TABLE[:2], ["p", "q"]),
    "three rows of one class": (TABLE[:3], ["p"] * 3),
    "twenty rows": (TABLE[:20], TARGETS["multiclass"][:20]),
    "a class a row": (TABLE[:20], [f"class{i}" for i in range(20)]),
    "a constant column": (TABLE[:20].assign(a=1.0, flag="yes"), TARGETS["regression"][:20]),
    "nothing but a constant": (TABLE[["a"]].assign(a=1.0), TARGETS["regression"]),
    "nothing but gaps": (TABLE[["a"]].assign(a=np.nan), TARGETS["regression"]),
    "nothing but words": (TABLE[["city", "flag"]], TARGETS["binary"]),
    "a constant target": (TABLE, np.full(N, 2.5)),
    "a target of one odd value": (TABLE, np.where(np.arange(N) == 7, 1e12, 0.5)),
    "huge numbers": (TABLE[["a"]] * 1e300, TARGETS["regression"]),
}


@pytest.mark.filterwarnings("ignore::glassnet.errors.DataNotice")
@pytest.mark.parametrize("name", ["fast", "standard"])
@pytest.mark.parametrize("table", TINY)
def test_odd_tables_are_learned_from_and_predicted_for(name: str, table: str) -> None:
    rows, values = TINY[table]
    task = "classification" if isinstance(values[0], str) else "regression"
    kept = {"a": "number", "flag": "category"}  # a constant column would be left out
    types = {column: kind for column, kind in kept.items() if column in rows}
    model = glassnet.fit(rows, np.asarray(values), Plan(recipe=name), task=task, types=types)
    assert len(model.predict(rows)) == len(rows)
    assert np.abs(model.raw_scores(rows)).max() < 100.0
    if table == "a constant target":
        np.testing.assert_allclose(model.predict(rows), 2.5, rtol=1e-2)
    if table == "three rows of one class":
        assert set(model.predict(rows)) == {"p"}


@pytest.mark.parametrize(
    "embedding",
    [{}, {"n_bins": 0, "n_frequencies": 4}, {"n_bins": 0}, {"scale_layer": False}],
    ids=str,
)
def test_columns_themselves_weigh_more_the_more_there_are(embedding: dict[str, Any]) -> None:
    rows = np.random.default_rng(0).normal(size=(120, 9))
    recipe = replace(STANDARD, members=1, **embedding)
    for gain, factor in ((0.0, 1.0), (0.2, 1.0), (1.0, 3.0), (2.0, 6.0)):
        plan = Plan(recipe=replace(recipe, number_gain=gain))
        network = begin_session(table_of(rows), rows[:, 0] > 0.0, plan).network
        scales = [i for i, layer in enumerate(network.layers) if isinstance(layer, Scale)]
        if scales:
            s = network.parameters[f"layers.{scales[0]}.s"]
            expected = np.ones((9, len(s) // 9))
            expected[:, 0] = (
                factor if expected.shape[1] > 1 else 1.0
            )  # only where an embedding stands beside
            np.testing.assert_array_equal(s, expected.ravel())
        else:
            assert embedding == {"scale_layer": False}


def test_labels_are_smoothed_in_training_alone() -> None:
    session = begin_session(table_of(TABLE), TARGETS["binary"], Plan(recipe="fast"))
    assert session.loss == Logistic(label_smoothing=STANDARD.label_smoothing)
    (fit,) = session.ensemble.fits
    assert fit.validation is not None
    rows = fit.data.take(fit.splits.stopping)
    expected, _ = Logistic().value_and_gradient(
        session.ensemble.trainer.engine.predict(rows.X), rows.y
    )
    assert fit.validation.measure(session.ensemble.trainer.engine)[0] == expected


@pytest.mark.parametrize("task", ["binary", "regression"])
def test_sparse_rows_are_learned_from_too(task: str) -> None:
    X = sp.random_array((N, 30), density=0.2, rng=np.random.default_rng(0), format="csr")
    model = glassnet.fit(X, TARGETS[task], Plan(recipe="standard", **QUICK))
    assert isinstance(model.target, Target)
    assert len(model.predict(X)) == N
