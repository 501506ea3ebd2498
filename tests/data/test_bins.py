"""Edges of bins: NumPy's quantiles, where a split gains most, weights as repetitions, and columns that have few values."""

import numpy as np
import pytest

from glassnet.data.coding.bins import WAYS, bin_edges
from glassnet.errors import DataError, SettingError
from glassnet.layers import PiecewiseLinearEmbedding

RNG = np.random.default_rng(3)
X = np.column_stack(
    [
        RNG.normal(size=400),
        RNG.exponential(size=400),
        RNG.integers(0, 5, 400),
        RNG.integers(0, 2, 400),
    ]
).astype(np.float32)
CLASSES = (X[:, 0] + X[:, 2] > 2.0).astype(np.int64) + (X[:, 1] > 1.0)
NUMBERS = np.sin(3.0 * X[:, :1]) + X[:, 1:3]


@pytest.mark.parametrize("n_bins", [1, 2, 7, 32])
def test_quantiles_are_those_of_the_inverted_distribution_function(n_bins: int) -> None:
    expected = np.quantile(
        X[:, :2].astype(np.float64), np.arange(n_bins + 1) / n_bins, axis=0, method="inverted_cdf"
    )
    np.testing.assert_array_equal(np.transpose(bin_edges(X[:, :2], n_bins)), expected)


@pytest.mark.parametrize("n_bins", [1, 2, 16])
@pytest.mark.parametrize(
    "y", [CLASSES, NUMBERS, NUMBERS[:, 0]], ids=["classes", "outputs", "one output"]
)
@pytest.mark.parametrize("by", WAYS)
def test_an_embedding_takes_them(by: str, y: np.ndarray, n_bins: int) -> None:
    edges = PiecewiseLinearEmbedding(edges=bin_edges(X, n_bins, by, y=y)).edges
    assert edges is not None
    for x, of_a_column in zip(X.T, edges, strict=True):
        assert len(of_a_column) <= n_bins + 1
        assert (of_a_column[0], of_a_column[-1]) == (x.min(), x.max())


def test_a_tree_splits_where_the_target_changes_and_nowhere_else() -> None:
    x = np.linspace(0.0, 1.0, 101)
    steps = np.digitize(x, [0.205, 0.705])
    for y in (
        steps,
        steps.astype(np.float64),
        np.column_stack([x > 0.205, x > 0.705]).astype(np.float64),
    ):
        (edges,) = bin_edges(x[:, None], 8, "tree", y=y)
        np.testing.assert_allclose(edges, [0.0, 0.205, 0.705, 1.0])


def test_a_leaf_of_a_tree_holds_a_quarter_of_a_bin_at_least() -> None:
    x = np.arange(1000.0)
    (edges,) = bin_edges(x[:, None], 10, "tree", y=RNG.normal(size=1000))
    assert np.histogram(x, edges)[0].min() >= 1000 / 40


@pytest.mark.parametrize("by", WAYS)
def test_a_row_of_weight_three_is_three_rows(by: str) -> None:
    weight = RNG.integers(1, 4, len(X))
    repeated, y = np.repeat(X, weight, axis=0), np.repeat(NUMBERS, weight, axis=0)
    weighted = bin_edges(X, 9, by, y=NUMBERS, weight=weight.astype(np.float64))
    assert weighted == bin_edges(repeated, 9, by, y=y)
    assert weighted != bin_edges(X, 9, by, y=NUMBERS)


@pytest.mark.parametrize("by", WAYS)
def test_values_that_coincide_have_one_edge(by: str) -> None:
    few = np.array([[0.0, 5.0, 1.0], [0.0, 5.0, 1.0 + 1e-12], [1.0, 5.0, 2.0], [1.0, 5.0, 2.0]])
    edges = bin_edges(few, 4, by, y=np.array([0, 0, 1, 1]))
    assert edges[1] == (5.0, 6.0)
    assert edges[0] == ((0.0, 1.0) if by == "quantile" else (0.0, 0.5, 1.0))
    assert len(edges[2]) == len(edges[0])
    PiecewiseLinearEmbedding(edges=edges)


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"n_bins": 0}, SettingError, "n_bins is a whole number, at least 1, but 0 came"),
        ({"n_bins": True}, SettingError, "but True came"),
        ({"by": "trees"}, SettingError, "unknown way to choose bins 'trees'.*Did you mean 'tree'"),
        ({"by": "tree"}, SettingError, "need the target: give y"),
        ({"X": X[:0]}, DataError, "there is none"),
    ],
    ids=str,
)
def test_what_is_refused(given: dict, error: type, message: str) -> None:
    with pytest.raises(error, match=message):
        bin_edges(**{"X": X, "n_bins": 4, **given})
