"""The single-row predictor answers as the model does, for every loss, layer and coding of numbers
that exists; what has no row here fails.

A loss is told to the predictor in native/losses.hpp, a layer in native/layers.hpp, a coding in
native/output_transform.hpp and in src/glassnet/predictor.py.
"""

from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp

import glassnet
from glassnet import Plan, Recipe
from glassnet.data.coding.number_coding import NumberCoding
from glassnet.engines import NativeEngine
from glassnet.errors import DataError, UnsupportedError
from glassnet.layers import LAYERS
from glassnet.losses import LOSSES, Huber, Quantile
from glassnet.model import Model
from glassnet.network import Network
from tests.engines.test_native_parity import needs_native
from tests.laws.tables import LAYER_CASES, WIDTH, all_layers

pytestmark = needs_native

N = 60
RNG = np.random.default_rng(0)
X = RNG.standard_normal((N, WIDTH)) * 2.0
GAPS = np.where(RNG.random((N, WIDTH)) < 0.1, np.nan, X)
SCORE = X[:, 0] - X[:, 1]
PLAIN = Plan(hidden_layer_sizes=(9,), activation="tanh", max_epochs=2, recipe="plain")

#: loss -> its targets, one row or more for each entry of glassnet.losses.LOSSES
TARGETS: dict[str, list[tuple[Any, dict[str, Any]]]] = {
    "squared": [(None, {"y": 1e3 * SCORE + 7.0}), (None, {"y": SCORE, "z": 3.0 - 100.0 * SCORE})],
    "absolute": [(None, {"y": SCORE}), (None, {"y": SCORE, "z": 5.0 * SCORE})],
    "huber": [(Huber(0.5), {"y": SCORE}), (Huber(0.5), {"y": SCORE, "z": -SCORE})],
    "quantile": [
        (Quantile((0.5,)), {"y": SCORE}),
        (Quantile((0.1, 0.5, 0.9)), {"y": SCORE}),
        (Quantile((0.1, 0.5, 0.9)), {"y": SCORE, "z": 1e3 * SCORE}),
    ],
    "logistic": [(None, {"y": SCORE > 0}), (None, {"y": SCORE > 0, "z": X[:, 2] > 0})],
    "softmax": [
        (None, {"y": SCORE > 0}),
        (None, {"y": np.digitize(SCORE, [-1.0, 1.0]).astype(str)}),
    ],
    "poisson": [(None, {"y": np.floor(np.exp(np.clip(SCORE, -2, 2)))})],
    "gamma": [(None, {"y": np.exp(np.clip(SCORE, -2, 2))})],
    "tweedie": [(None, {"y": np.maximum(SCORE, 0.0)})],
}

BASE = Recipe(hidden_layer_sizes=(9,), activation="tanh", max_epochs=2)

#: What a recipe may say of the coding of numbers, of members and of the answers; every field of
#: NumberCoding is met by one of them.
RECIPES: dict[str, Recipe] = {
    "standard scaling, clipped": replace(BASE, scaling="standard", clip=4.0),
    "robust scaling, clipped": replace(BASE, scaling="robust", clip=2.0),
    "robust scaling, not clipped": replace(BASE, scaling="robust", clip=None),
    "members": replace(BASE, members=3),
    "members, calibrated": replace(BASE, members=2, calibrate=True, validation_fraction=0.4),
    "calibrated": replace(BASE, calibrate=True, validation_fraction=0.4),
    "predictions within the range of training": replace(BASE, clip_predictions=True),
    "embedded in waves": replace(BASE, n_frequencies=4, n_periodic=2, sigma=0.3),
    "embedded in bins": replace(BASE, n_bins=4, n_lines=3),
}
#: What one row of the coding's fields is met by.
FIELDS = {
    "names": "all",
    "mean": "all",
    "scale": "all",
    "has_missing": "the columns with missing values",
    "centered": "a sparse matrix, refused",
    "limit": "clip",
    "constant": "the columns that do not vary",
}


def agrees(model: Model, table: dict[str, Any]) -> None:
    """Row by row the predictor gives what the model gives for the whole table."""
    names = model.predictor().names
    answers = model.predict(table) if model.task == "regression" else model.predict_proba(table)
    predictor, rows = (
        model.predictor(),
        np.stack([np.asarray(table[name], np.float64) for name in names], axis=1),
    )
    found = np.array([predictor(row) for row in rows])
    bound = 1e-5 if model.network.dtype == np.float32 else 1e-12
    np.testing.assert_allclose(
        found, answers.reshape(len(rows), -1), rtol=bound, atol=bound * np.abs(answers).max()
    )


def columns(values: Any) -> dict[str, Any]:
    return {f"x{j}": values[:, j] for j in range(values.shape[1])}


@pytest.mark.parametrize("loss", TARGETS)
def test_every_loss(loss: str) -> None:
    for given, target in TARGETS[loss]:
        model = glassnet.fit(
            {**columns(GAPS), **target}, [*target], replace(PLAIN, loss=given or loss)
        )
        assert model.loss.name == loss
        assert isinstance(model.engine, NativeEngine)
        agrees(model, columns(GAPS))


def test_every_loss_has_a_row() -> None:
    missing = LOSSES.keys() - TARGETS.keys()
    assert not missing, (
        f"{missing}: add targets to TARGETS in {__file__}, and `answer` to the loss in "
        "native/losses.hpp"
    )


@pytest.mark.parametrize("name", [name for name in LAYER_CASES if "own" not in name])
def test_every_layer(name: str) -> None:
    model = glassnet.fit({**columns(X), "y": SCORE}, "y", PLAIN)
    codes = X.copy()
    codes[:, -1] = RNG.integers(
        0, 2, N
    )  # of the last column embeddings of categories take the code
    network = Network([LAYER_CASES[name], LAYERS["dense"](1)], WIDTH, dtype="float64", seed=3)
    network.parameters.theta += 0.1 * RNG.standard_normal(network.parameters.theta.size)
    coding = replace(model.encoder.numbers, mean=np.zeros(WIDTH), scale=np.ones(WIDTH))
    made = Model(replace(model.encoder, numbers=coding), model.target, network, model.loss)
    assert isinstance(made.engine, NativeEngine)
    agrees(made, columns(codes))


def test_every_layer_has_a_row() -> None:
    missing = set(LAYERS.values()) - {type(layer) for layer in all_layers(LAYER_CASES.values())}
    assert not missing, (
        f"{missing}: add rows to LAYER_CASES in tests/laws/tables.py, and the layer to "
        "native/layers.hpp"
    )


@pytest.mark.filterwarnings("ignore::glassnet.errors.DataNotice")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", RECIPES)
def test_every_coding(name: str, dtype: str) -> None:
    still = {
        "same": np.full(N, 7.5),
        "nothing": np.full(N, np.nan),
        "nearly": 1e9 + 1e-3 * X[:, 0],
        "wide": 1e200 * X[:, 1],
    }
    table = {**columns(GAPS), **still}
    later = {
        **table,
        "same": np.where(X[:, 0] > 0, 7.5, -1e3),
        "nothing": np.where(X[:, 1] > 0, np.nan, 3.0),
        "x2": 1e6 * GAPS[:, 2],
    }
    for target in (
        {"y": SCORE},
        {"y": SCORE > 0},
        {"y": np.digitize(SCORE, [-1.0, 1.0]).astype(str)},
    ):
        model = glassnet.fit({**table, **target}, "y", Plan(recipe=RECIPES[name], dtype=dtype))
        agrees(model, table)
        agrees(model, later)


def test_every_field_of_a_coding_has_a_row() -> None:
    missing = {field.name for field in fields(NumberCoding)} ^ FIELDS.keys()
    assert not missing, (
        f"{missing}: add a recipe to RECIPES in {__file__}, and the step to Coding in "
        "native/output_transform.hpp and to predictor.py"
    )


def test_what_is_no_table_of_dense_numbers_is_refused() -> None:
    sparse = sp.csr_matrix(np.where(X > 0.5, X, 0.0))
    for table in ({"x": X[:, 0], "text": np.where(X[:, 1] > 0, "u", "v")}, sparse):
        with pytest.raises(UnsupportedError, match="a predictor takes rows of numbers"):
            (
                glassnet.fit({**table, "y": SCORE}, "y", PLAIN)
                if isinstance(table, dict)
                else fitted(table)
            ).predictor()


def fitted(matrix: Any) -> Model:
    return (
        glassnet.GlassNetRegressor(recipe="plain", hidden_layer_sizes=(4,), max_epochs=1)
        .fit(matrix, SCORE)
        .model_
    )


@pytest.mark.parametrize("weight", [3e38, np.inf, np.nan])
def test_scores_that_are_not_finite_are_no_answer(weight: float) -> None:
    for target in (
        {"y": SCORE},
        {"y": SCORE > 0},
        {"y": np.digitize(SCORE, [-1.0, 1.0]).astype(str)},
    ):
        model = glassnet.fit({**columns(X), **target}, "y", PLAIN)
        model.network.parameters.theta[...] = weight
        predictor = model.predictor()
        with pytest.raises(DataError, match=r"^the model's raw scores for row 0 are not finite: "):
            predictor(np.full(WIDTH, 2.0))
