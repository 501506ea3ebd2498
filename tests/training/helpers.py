"""What the tests of training share: small problems, small networks, and scores that follow a
script."""

import hashlib
from collections.abc import Iterable
from typing import Any

import numpy as np

from glassnet.layers import Dense, Layer
from glassnet.network import Network
from glassnet.optimizers import SGD
from glassnet.training.train import train

Array = np.ndarray[Any, np.dtype[Any]]

N, N_FEATURES = 22, 3


def problem(n: int = N, seed: int = 0) -> tuple[Array, Array]:
    """Rows and a yes-or-no target that a line nearly separates."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, N_FEATURES))
    return X, (X @ [1.0, -2.0, 0.5] + 0.3 * rng.normal(size=n) > 0.0).astype(np.int64)


def small_network(
    n_outputs: int = 1, layers: Iterable[Layer] | None = None, dtype: str = "float64", seed: int = 0
) -> Network:
    return Network(
        [*(layers or [Dense(4, "tanh")]), Dense(n_outputs)], N_FEATURES, seed=seed, dtype=dtype
    )


def linear(n_outputs: int = 1, dtype: str = "float64") -> Network:
    return Network([Dense(n_outputs)], N_FEATURES, dtype=dtype)


def sha(network: Network) -> str:
    parameters = network.parameters
    return hashlib.sha256(parameters.theta.tobytes() + parameters.statistics.tobytes()).hexdigest()


def numbers_of(network: Network) -> tuple[Array, Array]:
    """A copy of all that training changes."""
    return network.parameters.theta.copy(), network.parameters.statistics.copy()


def assert_has(network: Network, kept: tuple[Array, Array]) -> None:
    np.testing.assert_array_equal(network.parameters.theta, kept[0])
    np.testing.assert_array_equal(network.parameters.statistics, kept[1])


def start(network: Network, X: Any, y: Any, **changed: Any) -> Any:
    """`train` with settings that most tests do not care about."""
    settings: dict[str, Any] = {
        "loss": "logistic",
        "optimizer": SGD(0.5),
        "batch_size": 8,
        "epochs": 3,
    }
    return train(network, X, y, **{**settings, **changed})


class Script:
    """A scorer that says what it was told to, one value an epoch."""

    def __init__(self, *values: float) -> None:
        self.values = list(values)

    def __call__(self, estimator: Any, X: Any, y: Any) -> float:
        return self.values.pop(0)
