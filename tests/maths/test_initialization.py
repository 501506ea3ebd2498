"""First values fitted to data: variance 1 before every activation, biases among the rows, and nothing that breaks on odd columns."""

from collections.abc import Iterator, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from scipy import sparse

from glassnet.errors import DataError
from glassnet.initialization import N_CORNERS, initialize_from_data
from glassnet.layers import (
    Activation,
    BatchNorm,
    Dense,
    Dropout,
    Layer,
    LayerNorm,
    MemberDense,
    Members,
    Residual,
    Run,
    SharedDense,
)
from glassnet.network import Network
from tests.laws.tables import LAYER_CASES, WIDTH, Array

N = 300
TRAINING = Run(training=True, dropout=0.0)
STACKS: dict[str, list[Layer]] = {
    "one": [Dense(5)],
    "deep": [Dense(20, "relu"), Dense(20, "selu"), Dense(6, "mish"), Dense(2)],
    "ntk": [Dense(9, "tanh", parametrization="ntk"), Dense(3, parametrization="ntk")],
    **{f"behind {name}": [layer, Dense(3)] for name, layer in LAYER_CASES.items()},
    **{
        f"between: {name}": [Dense(WIDTH, "tanh"), layer, Dense(3)]
        for name, layer in LAYER_CASES.items()
    },
    "residual": [
        Residual(
            [
                Dense(7, "tanh"),
                BatchNorm(),
                Residual([Dense(3, "silu"), Dropout(0.5), Dense(7)]),
                Dense(WIDTH),
            ]
        ),
        Dense(2),
    ],
    "normed": [Dense(8), LayerNorm(), Activation("relu"), Dropout(0.9), Dense(1)],
}


def rows(dtype: str = "float64", n: int = N) -> Array:
    """Columns of very different sizes and places."""
    return (
        np.random.default_rng(0).standard_normal((n, WIDTH)) * [1.0, 1e3, 1e-3, 5.0]
        + [0.0, 50.0, 1.0, -20.0]
    ).astype(dtype)


def inputs(layers: Sequence[Layer], views: Any, X: Any) -> Iterator[tuple[Any, Any]]:
    """Each dense layer's tensors and the signal that comes in, as a training pass without dropout sees them."""
    for layer, p in zip(layers, views, strict=True):
        if isinstance(layer, Dense):
            yield p, X
        if isinstance(layer, SharedDense):
            yield (
                p,
                (
                    (X[:, None, :] if layer.first else X.reshape(len(X), layer.n_members, -1)) * p.r
                ).reshape(-1, len(p.W)),
            )
        if isinstance(layer, MemberDense):
            yield from (
                (SimpleNamespace(W=W, b=b), own)
                for W, b, own in zip(p.W, p.b, np.split(X, layer.n_members, axis=1), strict=True)
            )
        if isinstance(layer, Members):
            for member, inner in zip(layer.layers, p.layers, strict=True):
                yield from inputs([member], [inner], X)
        else:
            yield from inputs(layer.layers, p.layers, X)
        X, _ = layer.forward(p, X, TRAINING)


def fitted(layers: Sequence[Layer], X: Any, dtype: str = "float64", seed: int = 1) -> Network:
    network = Network(layers, X.shape[1], seed=2, dtype=dtype)
    initialize_from_data(network, X, np.random.default_rng(seed))
    return network


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", STACKS)
def test_every_pre_activation_varies_by_one(name: str, dtype: str) -> None:
    X = rows(dtype)
    network = fitted(STACKS[name], X, dtype)
    seen = 0
    for p, signal in inputs(network.layers, network.parameters.p.layers, X):
        np.testing.assert_allclose(
            (signal @ p.W).std(axis=0), 1.0, rtol=1e-3 if dtype == "float32" else 1e-12
        )
        seen += 1
    assert seen >= 1
    assert np.isfinite(network.parameters.theta).all()


@pytest.mark.parametrize("name", STACKS)
def test_all_but_dense_layers_keep_what_they_had(name: str) -> None:
    X = rows()
    before, network = Network(STACKS[name], WIDTH, seed=2, dtype="float64"), fitted(STACKS[name], X)
    np.testing.assert_array_equal(network.parameters.statistics, before.parameters.statistics)
    for key, view in network.parameters.items():
        if key.rpartition(".")[2] not in ("W", "b"):
            np.testing.assert_array_equal(view, before.parameters[key])
        elif key.endswith("W"):  # the directions stay
            was = before.parameters[key]
            scale = np.linalg.norm(view, axis=-2, keepdims=True) / np.linalg.norm(
                was, axis=-2, keepdims=True
            )
            np.testing.assert_allclose(view, was * scale, rtol=1e-12)


def test_a_bias_is_minus_a_convex_combination_of_few_pre_activations() -> None:
    """On one column z is x but for its sign, so -b / w is a point among the rows; its law is that of exponential weights."""
    n_units = 4_000
    X = np.random.default_rng(3).standard_normal((1000, 1))
    X /= X.std()
    network = fitted([Dense(n_units)], X)
    W, b = network.parameters["layers.0.W"][0], network.parameters["layers.0.b"]
    np.testing.assert_allclose(np.abs(W), 1.0, rtol=1e-12)
    points = -b / W
    assert X.min() < points.min() < points.max() < X.max()
    assert abs(points.mean() - X.mean()) <= 5.0 * points.std() / np.sqrt(n_units)
    # Five weights uniform on the simplex: sum_k E c_k^2 = 5 * 2 / (5 * 6) = 1/3 is the variance of
    # the combination of unit-variance rows.
    assert abs(points.var() - 2.0 / (N_CORNERS + 1)) <= 5.0 * np.sqrt(3.0 / n_units) * points.var()
    assert np.unique(points).size == n_units


def test_units_draw_rows_of_their_own_and_hit_every_one() -> None:
    X = np.eye(3)
    b = fitted(
        [
            Dense(
                500,
                initializer=lambda fan_in, fan_out, rng: np.tile([[1.0], [2.0], [4.0]], fan_out),
            )
        ],
        X,
    ).parameters["layers.0.b"]
    scale = np.array([1.0, 2.0, 4.0]).std()
    assert (-b * scale).min() >= 1.0
    assert (-b * scale).max() <= 4.0
    assert (-b * scale).min() < 1.3
    assert (-b * scale).max() > 3.7


def test_the_same_generator_gives_the_same_bits() -> None:
    layers = STACKS["residual"]
    one, same, other = (fitted(layers, rows(), seed=seed).parameters.theta for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert (one != other).any()


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_constant_columns_and_dead_units_are_harmless(dtype: str) -> None:
    """A hidden unit that is 0 everywhere, one that is constant but for rounding, and a unit that looks at them alone."""
    rng = np.random.default_rng(0)
    X = np.column_stack(
        [np.full(N, 1e6), np.zeros(N), np.full(N, 0.1), rng.standard_normal(N)]
    ).astype(dtype)

    def only(column: int) -> Any:
        return lambda fan_in, fan_out, rng: np.eye(fan_in)[:, [column] * fan_out] * 0.3

    for column in range(3):
        network = fitted([Dense(3, "relu", only(column)), Dense(2)], X, dtype)
        np.testing.assert_array_equal(
            network.parameters["layers.0.W"],
            Network(network.layers, 4, seed=2, dtype=dtype).parameters["layers.0.W"],
        )
        Z = X @ network.parameters["layers.0.W"] + network.parameters["layers.0.b"]
        assert np.abs(Z).max() <= 1e-6 * max(1.0, float(np.abs(X[:, column]).max()))
        assert np.isfinite(network.parameters.theta).all()
    mixed = fitted([Dense(6, "tanh"), Dense(2)], X, dtype)
    assert np.isfinite(mixed.parameters.theta).all()
    assert np.abs(mixed.parameters.theta).max() < 1e8
    dead = fitted([Dense(3, "relu", "zeros"), Dense(2)], X, dtype)
    assert not dead.parameters["layers.0.W"].any()
    assert np.isfinite(dead.parameters.theta).all()


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_what_is_constant_stays_so_in_all_layers_behind(dtype: str) -> None:
    layers: list[Layer] = [
        Dense(60),
        Activation("mish"),
        Dense(60),
        Activation("mish"),
        Dense(60),
        Activation("mish"),
        Dense(1),
    ]
    network = fitted(layers, np.full((N, 17), 0.3, dtype), dtype)
    for name, kept in Network(layers, 17, seed=2, dtype=dtype).parameters.items():
        if name.endswith("W"):
            np.testing.assert_array_equal(network.parameters[name], kept)


def test_rounding_alone_is_no_variation() -> None:
    """Ten inputs that differ by the last bit in float32: their sum varies by rounding and must not be blown up to variance 1."""
    rng = np.random.default_rng(5)
    X = (1.0 + rng.choice([0.0, 2.0**-23], (N, 10))).astype(np.float32)
    network = fitted([Dense(4)], X, "float32")
    np.testing.assert_array_equal(
        network.parameters["layers.0.W"], Network([Dense(4)], 10, seed=2).parameters["layers.0.W"]
    )


@pytest.mark.parametrize(
    "layers",
    [STACKS["deep"], STACKS["normed"], [LayerNorm(), Dense(3)]],
    ids=["deep", "normed", "behind a norm"],
)
def test_a_sparse_sample_is_the_dense_one(layers: list[Layer]) -> None:
    X = rows()
    X[np.random.default_rng(1).random(X.shape) < 0.5] = 0.0
    dense, from_sparse = fitted(layers, X), fitted(layers, sparse.csr_array(X))
    np.testing.assert_allclose(
        from_sparse.parameters.theta, dense.parameters.theta, rtol=1e-9, atol=1e-12
    )


def test_one_row_is_a_sample() -> None:
    X = rows(n=1)
    network = fitted([Dense(3), Dense(2)], X)
    np.testing.assert_allclose(
        X @ network.parameters["layers.0.W"], -network.parameters["layers.0.b"][None], rtol=1e-12
    )
    np.testing.assert_array_equal(
        network.parameters["layers.0.W"],
        Network([Dense(3), Dense(2)], WIDTH, seed=2, dtype="float64").parameters["layers.0.W"],
    )


def test_a_sample_that_does_not_fit_is_refused() -> None:
    network = Network([Dense(2)], WIDTH)
    with pytest.raises(
        DataError, match="the sample that first values are fitted to has no rows: give at least one"
    ):
        initialize_from_data(network, np.zeros((0, WIDTH)), np.random.default_rng(0))
    with pytest.raises(DataError, match=r"X must have shape \(n, 4\)"):
        initialize_from_data(network, np.zeros((3, 5)), np.random.default_rng(0))
