"""First values that follow the data: a network's weights and biases are fitted to the signals of a sample of rows.

An initializer knows the widths of a layer only and hopes for inputs of variance 1. Here each dense
layer is looked at with the signals that really reach it, one layer behind the other:

    W_j  <-  W_j / std_i(z_ij)            every unit's pre-activation varies by 1 over the sample
    b_j  <-  -sum_k c_kj z_(r_kj) j       the unit's hyperplane goes through a random point among
         the rows

with z = x W without a bias, z of the new weights in the second line, five rows r_kj drawn for each
unit, and c_kj >= 0 with sum_k c_kj = 1: exponential numbers over their sum, uniform on the simplex.
A unit whose kink lies far from all rows is linear or dead on all of them; these bend where rows
are. Steinwart 2019, "A sober look at neural network initializations" ("he+5"); with the scaling as
in RealMLP (Holzmüller, Grinsztajn and Steinwart 2024).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from glassnet.errors import DataError
from glassnet.layers import Dense, Layer, MemberDense, Members, Residual, Run, SharedDense, Stack
from glassnet.network import Network
from glassnet.parameters import Views

Array = np.ndarray[Any, np.dtype[Any]]

#: Rows whose pre-activations a bias lies between.
N_CORNERS = 5
# As in training, where batch normalization takes the batch's own statistics; but nothing is
# dropped.
_RUN = Run(training=True, dropout=0.0)


def initialize_from_data(network: Network, X: Any, rng: np.random.Generator) -> None:
    """Fit the first values of every dense layer to a sample of rows, in place; all else stays.

    A unit whose pre-activation does not vary over the sample (constant columns, dead units before
    it) keeps its weights.

    Parameters
    ----------
    network : with the first values that its initializers drew; the directions of its weights are
        kept
    X : (n, n_features) array or CSR matrix, some of the rows to learn from: a few thousand are
        enough
    rng : of the biases

    Raises
    ------
    DataError
        X has no rows, or other columns than the network.

    Examples
    --------
    >>> import numpy as np
    >>> from glassnet import Dense, Network
    >>> X = 1000.0 * np.random.default_rng(0).random((500, 3))
    >>> network = Network([Dense(4)], n_features=3, dtype="float64")
    >>> initialize_from_data(network, X, np.random.default_rng(1))
    >>> network.predict(X).std(axis=0).round(6)
    array([1., 1., 1., 1.])
    """
    X = network.check_input(X)
    if X.shape[0] == 0:
        raise DataError(
            "the sample that first values are fitted to has no rows: give at least one."
        )
    if not isinstance(X, np.ndarray) and not isinstance(network.layers[0], Dense):
        X = X.toarray()
    parameters = network.parameters
    statistics = parameters.statistics.copy()
    _walk(network.layers, parameters.p.layers, X, rng)
    np.copyto(parameters.statistics, statistics)


def _walk(
    layers: Sequence[Layer], views: Sequence[Views], X: Any, rng: np.random.Generator
) -> None:
    """Fit the layers in order, each to the signal that those before it give."""
    for layer, p in zip(layers, views, strict=True):
        varies = None
        if isinstance(layer, Dense):
            varies = _fit_dense(p.W, p.b, X, rng)
        elif isinstance(layer, SharedDense):
            # One matrix for the rows of all members, who start with the same biases.
            apart = X[:, None, :] if layer.first else X.reshape(X.shape[0], layer.n_members, -1)
            _fit_dense(p.W, p.b[0], (apart * p.r).reshape(-1, len(p.W)), rng)
            p.b[1:] = p.b[0]
        elif isinstance(layer, MemberDense):
            for W, b, own in zip(p.W, p.b, np.split(X, layer.n_members, axis=1), strict=True):
                _fit_dense(W, b, own, rng)
        elif isinstance(layer, Members):
            for member, inner in zip(layer.layers, p.layers, strict=True):
                _walk([member], [inner], X, rng)
        elif isinstance(layer, Residual | Stack):
            _walk(layer.layers, p.layers, X, rng)
        X, _ = layer.forward(p, X, _RUN)
        if (
            varies is not None
        ):  # a constant less itself is rounding, which the next layer must not take for a signal
            X = np.where(varies, X, X[0])


def _fit_dense(first: Array, b: Array, X: Any, rng: np.random.Generator) -> Array:
    """Fit one layer; return which of its units vary over the sample."""
    n_in, n_out = first.shape
    W, wide = first.astype(np.float64), X.astype(np.float64)
    Z = wide @ W
    largest = abs(wide).max(axis=0)
    reach = (largest if isinstance(largest, np.ndarray) else largest.toarray()).ravel() @ np.abs(W)
    std = Z.std(axis=0)
    # What varies by no more than the rounding of the signal is constant.
    varies: Array = std > n_in * np.finfo(first.dtype).eps * reach
    std = np.where(varies, std, 1.0)
    first[...] = W / std
    rows, units = rng.integers(X.shape[0], size=(N_CORNERS, n_out)), np.arange(n_out)
    share = rng.standard_exponential((N_CORNERS, n_out))
    b[...] = -(share * Z[rows, units]).sum(axis=0) / (share.sum(axis=0) * std)
    return varies
