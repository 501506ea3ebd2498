"""A network is its layers in order.

The same seed gives the same bits, in chunks or whole, from dense or sparse rows.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import sparse

from glassnet.errors import DataError, SettingError
from glassnet.layers import (
    BatchNorm,
    Dense,
    Dropout,
    Layer,
    LayerNorm,
    Members,
    Residual,
    Run,
    Stack,
)
from glassnet.network import Network
from tests.laws.tables import LAYER_CASES, WIDTH, Array

LAYERS = [Dense(6, "relu"), BatchNorm(), Dropout(0.2), Residual([Dense(6, "tanh")]), Dense(2)]


def table(n: int = 30) -> Array:
    """Rows of which two thirds are zeros."""
    rng = np.random.default_rng(0)
    return np.where(rng.random((n, WIDTH)) < 2 / 3, 0.0, rng.normal(size=(n, WIDTH)))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_same_seed_gives_the_same_bits(dtype: str) -> None:
    first, same, other = (Network(LAYERS, WIDTH, seed=seed, dtype=dtype) for seed in (5, 5, 6))
    np.testing.assert_array_equal(first.parameters.theta, same.parameters.theta)
    assert (first.parameters["layers.0.W"] != other.parameters["layers.0.W"]).all()
    other.parameters.statistics[:] = 9.0
    other.initialize(5)
    np.testing.assert_array_equal(first.parameters.theta, other.parameters.theta)
    np.testing.assert_array_equal(first.parameters.statistics, other.parameters.statistics)


def test_first_weights_do_not_depend_on_the_dtype() -> None:
    theta32, theta64 = (
        Network(LAYERS, WIDTH, seed=1, dtype=dtype).parameters.theta
        for dtype in ("float32", "float64")
    )
    np.testing.assert_array_equal(theta32, theta64.astype("float32"))


def test_a_prediction_in_chunks_is_the_prediction() -> None:
    network, X = Network(LAYERS, WIDTH, dtype="float64"), table()
    whole = network.predict(X)
    assert whole.shape == (30, 2)
    for chunk in (1, 7, 29, 30, 31):
        np.testing.assert_allclose(network.predict(X, chunk=chunk), whole, rtol=1e-13, atol=1e-15)
    assert network.predict(X[:0]).shape == (0, 2)


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize(
    "kind", [sparse.csr_matrix, sparse.csr_array, sparse.coo_array], ids=lambda kind: kind.__name__
)
@pytest.mark.parametrize("first", LAYER_CASES)
def test_a_sparse_table_gives_what_the_dense_one_gives(
    first: str, kind: Any, training: bool
) -> None:
    network = Network([LAYER_CASES[first], Dense(3)], WIDTH, dtype="float64")
    results = []
    for X in (table(), kind(table())):
        network.initialize(0)
        Z, caches = network.forward(network.check_input(X), Run(training=training))
        network.backward(caches, np.ones_like(Z))
        results.append(
            (
                Z,
                network.parameters.gradient.copy(),
                network.parameters.statistics.copy(),
                network.predict(X, chunk=7),
            )
        )
    for dense, from_sparse in zip(*results, strict=True):
        assert type(from_sparse) is np.ndarray
        np.testing.assert_allclose(from_sparse, dense, rtol=1e-12, atol=1e-13)


def test_layers_come_in_any_iterable() -> None:
    listed = Network([Dense(2, "relu"), Dense(1)], 4)
    for layers in ((Dense(2, "relu"), Dense(1)), iter([Dense(2, "relu"), Dense(1)])):
        assert Network(layers, 4, seed=0).layers == listed.layers  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "X",
    [
        [[1, 2, 3, 4]],
        np.ones((1, 4), bool),
        np.ones((1, 4), "float16"),
        np.asfortranarray(np.ones((3, 4))),
    ],
    ids=str,
)
def test_any_table_of_numbers_is_taken(X: Any) -> None:
    network = Network([Dense(2)], WIDTH)
    checked = network.check_input(X)
    assert checked.dtype == "float32"
    assert checked.flags.c_contiguous
    np.testing.assert_array_equal(checked, np.asarray(X))


def test_a_table_that_fits_is_not_copied() -> None:
    network = Network([Dense(2)], WIDTH, dtype="float64")
    X = table()
    assert np.shares_memory(network.check_input(X), X)
    X_sparse = sparse.csr_array(X)
    assert np.shares_memory(network.check_input(X_sparse).data, X_sparse.data)


def test_a_network_describes_itself() -> None:
    network = Network(LAYERS, WIDTH)
    assert network.widths == [4, 6, 6, 6, 6, 2]
    assert network.n_outputs == 2
    rows = network.summary()
    assert [(name, width, count) for name, _, width, count in rows] == [
        ("layers.0", 6, 4 * 6 + 6),
        ("layers.1", 6, 12),
        ("layers.2", 6, 0),
        ("layers.3", 6, 6 * 6 + 6),
        ("layers.4", 2, 6 * 2 + 2),
    ]
    assert sum(row[3] for row in rows) == network.parameters.theta.size
    assert rows[0][1] == "Dense 6, relu"
    assert str(network.parameters.theta.size) in repr(network)


@pytest.mark.parametrize(
    ("members", "words"),
    [
        (
            [Stack([Dense(8, "relu"), Dropout(0.5), Dense(1)])] * 5,
            "Members 5 x (Dense 8, relu; Dropout 0.5; Dense 1)",
        ),
        (
            [Dense(1), *[Stack([Dense(2), Dense(1)])] * 2, Dense(1)],
            "Members (Dense 1); 2 x (Dense 2; Dense 1); (Dense 1)",
        ),
    ],
)
def test_members_that_are_alike_are_described_once(members: list[Layer], words: str) -> None:
    network = Network([Members(members)], WIDTH)
    assert f"[{words}]" in repr(network)
    assert network.unrepeatable_layers() == (["Dropout"] if "Dropout" in words else [])


def test_the_rows_of_members_that_are_alike_are_the_layers_of_one() -> None:
    stack = Stack([Dense(8, "relu"), Residual([Dense(8)]), Dense(1)])
    network = Network([Members([stack] * 5)], WIDTH)
    place = "layers.0.layers.*.layers."
    assert network.summary() == [
        (f"{place}0", "Dense 8, relu", 8, 5 * (WIDTH * 8 + 8)),
        (f"{place}1", "Residual Dense 8", 8, 5 * (8 * 8 + 8)),
        (f"{place}2", "Dense 1", 1, 5 * (8 + 1)),
    ]
    other = Network([Members([stack, Stack([Dense(1)])])], WIDTH)
    assert other.summary() == [
        ("layers.0", repr(other)[9:].partition("]")[0], 1, other.parameters.theta.size)
    ]
    behind = Network([Dense(3), Members([stack] * 2)], WIDTH)
    assert [row[0] for row in behind.summary()] == ["layers.0", "layers.1"]


def test_a_layer_may_stand_in_many_places() -> None:
    """Settings hold no arrays, so the same object twice is two layers."""
    dense = Dense(4, "tanh")
    network = Network([dense, dense], WIDTH)
    assert not np.shares_memory(network.parameters["layers.0.W"], network.parameters["layers.1.W"])
    assert (network.parameters["layers.0.W"] != network.parameters["layers.1.W"]).all()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: Network([], 4),
            "a network needs at least one layer: for a linear model give one Dense layer",
        ),
        (
            lambda: Network(["dense"], 4),
            r"a layer is an object such as Dense\(16, 'relu'\), got 'dense'",
        ),  # type: ignore[list-item]
        (lambda: Network(Dense(1), 4), "layers come in a list"),  # type: ignore[arg-type]
        (lambda: Network([Dense], 4), "a layer is an object such as"),  # type: ignore[list-item]
        (lambda: Network(iter([]), 4), "at least one layer"),  # type: ignore[arg-type]
        (lambda: Network([Dense(1)], True), "at least 1, got True"),
        (lambda: Network([Dense(1)], "4"), "at least 1, got '4'"),  # type: ignore[arg-type]
        (
            lambda: Network([Dense(1)], 4, seed=-1),
            "seed must be a whole number of at least 0, got -1",
        ),
        (
            lambda: Network([Dense(1)], 4, seed=1.5),
            "seed must be a whole number of at least 0, got 1.5",
        ),  # type: ignore[arg-type]
        (
            lambda: Network([Dense(1)], 0),
            "n_features is the number of columns of X, at least 1, got 0",
        ),
        (lambda: Network([Dense(1)], 2.5), "at least 1, got 2.5"),  # type: ignore[arg-type]
        (lambda: Network([Dense(1)], 4, dtype="int8"), "unknown dtype 'int8'"),
        (
            lambda: Network([LayerNorm(), Residual([Dense(5)])], 4),
            "a residual block adds its input to its output, so both must be 4 wide",
        ),
    ],
)
def test_a_network_that_cannot_be_is_refused(make: Callable[[], Network], message: str) -> None:
    with pytest.raises(SettingError, match=message):
        make()


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (
            np.zeros((3, 5)),
            r"X must have shape \(n, 4\) for this network, but it has shape \(3, 5\)",
        ),
        (np.zeros(4), r"but it has shape \(4,\)"),
        (sparse.csr_array((3, 5)), r"but it has shape \(3, 5\)"),
        (
            [["a", "b", "c", "d"]],
            "X must hold numbers, but its values are of type <U1: encode categories first",
        ),
        (np.zeros((3, 4), object), "its values are of type object"),
    ],
)
def test_a_table_that_does_not_fit_is_refused(X: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        Network([Dense(1)], 4).predict(X)
