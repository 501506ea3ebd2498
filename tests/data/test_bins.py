"""Edges of bins: NumPy's quantiles, weights as repetitions, and columns that have few values."""

import numpy as np
import pytest

from glassnet.data.coding.bins import bin_edges
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


@pytest.mark.parametrize("n_bins", [1, 2, 7, 32])
def test_quantiles_are_those_of_the_inverted_distribution_function(n_bins: int) -> None:
    expected = np.quantile(
        X[:, :2].astype(np.float64), np.arange(n_bins + 1) / n_bins, axis=0, method="inverted_cdf"
    )
    np.testing.assert_array_equal(np.transpose(bin_edges(X[:, :2], n_bins)), expected)


@pytest.mark.parametrize("n_bins", [1, 2, 16])
def test_an_embedding_takes_them(n_bins: int) -> None:
    edges = PiecewiseLinearEmbedding(edges=bin_edges(X, n_bins)).edges
    assert edges is not None
    for x, of_a_column in zip(X.T, edges, strict=True):
        assert len(of_a_column) <= n_bins + 1
        assert (of_a_column[0], of_a_column[-1]) == (x.min(), x.max())


def test_a_row_of_weight_three_is_three_rows() -> None:
    weight = RNG.integers(1, 4, len(X))
    weighted = bin_edges(X, 9, weight=weight.astype(np.float64))
    assert weighted == bin_edges(np.repeat(X, weight, axis=0), 9)
    assert weighted != bin_edges(X, 9)


def test_values_that_coincide_have_one_edge() -> None:
    few = np.array([[0.0, 5.0, 1.0], [0.0, 5.0, 1.0 + 1e-12], [1.0, 5.0, 2.0], [1.0, 5.0, 2.0]])
    edges = bin_edges(few, 4)
    assert edges[1] == (5.0, 6.0)
    assert edges[0] == (0.0, 1.0)
    assert len(edges[2]) == len(edges[0])
    PiecewiseLinearEmbedding(edges=edges)


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"n_bins": 0}, SettingError, "n_bins must be a whole number of at least 1, got 0"),
        ({"n_bins": True}, SettingError, "got True"),
        ({"X": X[:0]}, DataError, "there is none"),
    ],
    ids=str,
)
def test_what_is_refused(given: dict, error: type, message: str) -> None:
    with pytest.raises(error, match=message):
        bin_edges(**{"X": X, "n_bins": 4, **given})
