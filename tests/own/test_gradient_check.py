"""`check_gradients` finds a wrong gradient anywhere and calls none wrong that is right.

The check on first use leaves no trace.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from scipy import sparse

from glassnet import (
    Activation,
    BatchNorm,
    Dense,
    Dropout,
    Members,
    Network,
    Residual,
    Stack,
    check_gradients,
    train,
)
from glassnet.differences import TOLERANCE, gradient_error
from glassnet.errors import DataError, SettingError
from glassnet.layers import LAYERS, Layer
from glassnet.losses import Squared
from glassnet.parameters import Spec
from glassnet.training import validation
from tests.laws.tables import KINKS, LAYER_CASES, LOSS_CASES, WIDTH
from tests.own import wrong
from tests.training.helpers import sha

Array = np.ndarray[Any, np.dtype[Any]]

pytestmark = pytest.mark.filterwarnings("ignore:the reference engine runs:RuntimeWarning")


def rows(seed: int = 0, n: int = 40, width: int = WIDTH) -> Array:
    return np.random.default_rng(seed).standard_normal((n, width))


# No false alarm


@pytest.mark.parametrize("name", LAYER_CASES)
def test_every_layer_of_the_house_is_right(name: str) -> None:
    network = Network([LAYER_CASES[name], Dense(1)], WIDTH)
    X = rows()
    assert check_gradients(network, X, X[:, :1], loss="squared").largest <= TOLERANCE


@pytest.mark.parametrize("name", LOSS_CASES)
def test_every_loss_of_the_house_is_right(name: str) -> None:
    case = LOSS_CASES[name]
    network = Network([Dense(3, "tanh"), Dense(case.n_outputs)], WIDTH)
    y = case.target(np.random.default_rng(0), 40)
    assert check_gradients(network, rows(), y, loss=case.loss).largest <= TOLERANCE


@pytest.mark.parametrize("activation", [name for name, kinks in KINKS.items() if kinks])
@pytest.mark.parametrize("data", ["normal", "zeros", "whole numbers", "large"])
def test_kinks_are_no_fault(activation: str, data: str) -> None:
    """Of ReLU and of the absolute loss, on rows that lie exactly at them.

    In networks with thousands of units and rows.
    """
    for seed in range(3):
        X = rows(seed)
        X = {"normal": X, "zeros": 0.0 * X, "whole numbers": np.round(X), "large": 1e5 * X}[data]
        layers = [
            Activation(activation),
            Dense(64, activation),
            Residual([Dense(64, activation)]),
            Dense(1),
        ]
        check = check_gradients(
            Network(layers, WIDTH, seed=seed), X, np.round(X[:, 0]), loss="absolute"
        )
        assert check.largest <= TOLERANCE


def test_a_sparse_table_is_looked_at_too() -> None:
    X = sparse.csr_array(np.where(rows() > 0.5, rows(), 0.0))
    assert (
        check_gradients(
            Network([Dense(3, "relu"), Dense(1)], WIDTH), X, np.ones(40), loss="squared"
        ).largest
        <= TOLERANCE
    )


# What is wrong is found, and named


def test_one_wrong_element_is_named_with_both_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    right = Dense.backward

    def spoiled(self: Any, p: Any, g: Any, cache: Any, dA: Array, needs_dX: bool = True) -> Any:
        dX = right(self, p, g, cache, dA, needs_dX)
        if g.W.shape[1] > 2:
            g.W[1, 2] *= 1.01
        return dX

    monkeypatch.setattr(Dense, "backward", spoiled)
    network = Network([Stack([Dense(4, "tanh")]), Dense(1)], WIDTH)
    said = (
        r"the gradient of layers.0.layers.0.W \(Dense 4, tanh\) is not the derivative of the loss: "
        r"at \[1, 2\] it is \S+, but central"
    )
    with pytest.raises(SettingError, match=said):
        check_gradients(network, rows(), rows()[:, 0], loss="squared")


def test_a_wrong_layer_is_named_by_its_place() -> None:
    network = Network([Dense(3), Members([Stack([wrong.WrongOfInput()])]), Dense(1)], WIDTH)
    with pytest.raises(
        SettingError,
        match=r"the layer WrongOfInput \(layers.1.layers.0.layers.0\) is wrong: the gradient of "
        "its input",
    ):
        check_gradients(network, rows(), rows()[:, 0], loss="squared")


@pytest.mark.parametrize(
    ("X", "y", "error", "says"),
    [
        (rows()[:0], np.ones(0), DataError, "as many rows, at least 1, got 0 and 0"),
        (rows(), np.ones(3), DataError, "as many rows, at least 1, got 40 and 3"),
    ],
)
def test_rows_that_do_not_fit_are_refused(
    X: Array, y: Array, error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        check_gradients(Network([Dense(1)], WIDTH), X, y, loss="squared")


def test_what_is_no_network_is_refused() -> None:
    with pytest.raises(SettingError, match=r"network must be a glassnet\.Network, got \[Dense"):
        check_gradients([Dense(1)], rows(), np.ones(40), loss="squared")  # type: ignore[arg-type]


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
@pytest.mark.parametrize("factor", [1.0, 1.001, -1.0, 0.0])
def test_a_gradient_is_told_right_from_wrong_at_any_scale(scale: float, factor: float) -> None:
    at = rows(width=7)

    def value(point: Array) -> tuple[float, float]:
        terms = scale * np.sin(point)
        return float(terms.sum()), float(np.abs(terms).sum())

    error = gradient_error(value, at, factor * scale * np.cos(at), np.random.default_rng(0))
    assert (error <= TOLERANCE) == (factor == 1.0)


# Right layers of one's own: what they can do with


@dataclass(frozen=True)
class Logarithm(wrong.Gain):
    """Takes positive numbers alone."""

    def forward(self, p: Any, X: Array, run: Any) -> tuple[Array, Any]:
        return np.log(X) * p.a, X

    def backward(self, p: Any, g: Any, X: Any, dY: Array, needs_dX: bool = True) -> Array | None:
        g.a[...] = (dY * np.log(X)).sum(axis=0)
        return dY * p.a / X


@dataclass(frozen=True)
class Lookup(wrong.Gain):
    """Takes whole numbers from 0 to 4 alone."""

    def specs(self, n_in: int) -> dict[str, Any]:
        return {"T": Spec((5,))}

    def initialize(self, p: Any, rng: np.random.Generator) -> None:
        p.T[...] = rng.normal(size=5)

    def forward(self, p: Any, X: Array, run: Any) -> tuple[Array, Any]:
        codes = X.astype(int)
        if (codes != X).any() or codes.min() < 0:
            raise ValueError("no codes")
        return p.T[codes], codes

    def backward(
        self, p: Any, g: Any, codes: Any, dY: Array, needs_dX: bool = True
    ) -> Array | None:
        g.T[...] = np.bincount(codes.ravel(), dY.ravel(), 5)
        return np.zeros_like(dY)


@dataclass(frozen=True)
class Variances(wrong.Gain):
    """Parameters that must be positive: noise makes them negative."""

    def forward(self, p: Any, X: Array, run: Any) -> tuple[Array, Any]:
        return X * np.log(p.a - 0.9), X

    def backward(self, p: Any, g: Any, X: Any, dY: Array, needs_dX: bool = True) -> Array | None:
        g.a[...] = (dY * X).sum(axis=0) / (p.a - 0.9)
        return dY * np.log(p.a - 0.9)


class Block(wrong.Gain):
    """Has layers inside: their tensors are its own to answer for."""

    layers = (Dense(5, "tanh"), Dense(WIDTH))

    def forward(self, p: Any, X: Array, run: Any) -> tuple[Array, Any]:
        H, first = self.layers[0].forward(p.layers[0], X, run)
        Y, second = self.layers[1].forward(p.layers[1], H, run)
        return Y * p.a, (first, second, Y)

    def backward(
        self, p: Any, g: Any, cache: Any, dY: Array, needs_dX: bool = True
    ) -> Array | None:
        first, second, Y = cache
        g.a[...] = (dY * Y).sum(axis=0)
        dH = self.layers[1].backward(p.layers[1], g.layers[1], second, dY * p.a)
        assert dH is not None
        return self.layers[0].backward(p.layers[0], g.layers[0], first, dH, needs_dX)


class OwnNorm(BatchNorm):
    """Statistics that are kept in training."""


class OwnDropout(Dropout):
    """Random numbers by the key of the run."""


class Running(wrong.Gain):
    """Divides by a running scale that holds the batch already; backward meets what forward left."""

    def specs(self, n_in: int) -> dict[str, Any]:
        return {"a": Spec((n_in,)), "scale": Spec((n_in,), trained=False)}

    def initialize(self, p: Any, rng: np.random.Generator) -> None:
        p.a[...], p.scale[...] = 1.0, 1.0

    def forward(self, p: Any, X: Array, run: Any) -> tuple[Array, Any]:
        if run.training:
            p.scale += 0.5
        return X * p.a / p.scale, X

    def backward(self, p: Any, g: Any, X: Any, dY: Array, needs_dX: bool = True) -> Array | None:
        g.a[...] = (dY * X / p.scale).sum(axis=0)
        return dY * p.a / p.scale


class InDoublePrecision(wrong.Gain):
    """Gives float64 whatever comes, as its network does."""

    def forward(self, p: Any, X: Array, run: Any) -> tuple[Array, Any]:
        return np.asarray(X * p.a, np.float64), X


class Halved(Block):
    def backward(
        self, p: Any, g: Any, cache: Any, dY: Array, needs_dX: bool = True
    ) -> Array | None:
        dX = super().backward(p, g, cache, dY, needs_dX)
        g.layers[0].W[...] *= 0.5
        return dX


OWN: dict[str, tuple[Layer, Array]] = {
    "right in every way": (wrong.Gain(), rows()),
    "of positive numbers": (Logarithm(), np.exp(rows())),
    "of codes": (Lookup(), np.random.default_rng(0).integers(0, 5, (40, WIDTH)).astype(float)),
    "of positive parameters": (Variances(), rows()),
    "of layers": (Block(), rows()),
    "of statistics that backward meets": (Running(), rows()),
    "of float64 in a network of it": (InDoublePrecision(), rows()),
    "of statistics": (OwnNorm(), rows()),
    "of chance": (OwnDropout(0.4), rows()),
    "of a table of five rows": (wrong.Gain(), rows(n=5)),
}


def trained(layer: Layer, X: Array, place: Callable[[Layer], list[Layer]]) -> Network:
    network = Network(place(layer), WIDTH, dtype="float64")
    list(
        train(
            network,
            X,
            X[:, 0],
            loss="squared",
            optimizer="adam",
            batch_size=8,
            epochs=3,
            validation=0.2,
        )
    )
    return network


@pytest.mark.parametrize("name", OWN)
def test_a_right_layer_of_ones_own_trains_to_the_bit_as_without_the_check(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    layer, X = OWN[name]
    place: Callable[[Layer], list[Layer]] = lambda own: [  # noqa: E731
        own,
        Dense(WIDTH, "tanh"),
        OwnDropout(0.2),
        Dense(1),
    ]
    checked = trained(layer, X, place)
    monkeypatch.setattr(validation, "check_own_layers", lambda network, X: None)
    assert sha(trained(layer, X, place)) == sha(checked)


def test_what_lies_inside_a_layer_of_ones_own_is_checked_with_it() -> None:
    with pytest.raises(
        SettingError,
        match=r"the layer Halved \(layers.0\) is wrong: the gradient of 'layers.0.W' is not",
    ):
        trained(Halved(), rows(), lambda own: [own, Dense(1)])


def test_nothing_of_a_network_changes() -> None:
    network = Network([OwnNorm(), Block(), OwnDropout(0.3), Dense(1)], WIDTH)
    network.parameters.statistics += 0.25
    before, gradient = sha(network), network.parameters.gradient.copy()
    for _ in range(2):
        check_gradients(network, rows(), rows()[:, 0], loss="squared")
        assert sha(network) == before
        assert np.array_equal(network.parameters.gradient, gradient)


def test_a_network_is_checked_once_and_one_of_the_house_not_at_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    passes: list[int] = []

    class Counted(wrong.Gain):
        def forward(self, p: Any, X: Array, run: Any) -> tuple[Array, Any]:
            passes.append(len(X))
            return super().forward(p, X, run)

    network, X = Network([Counted(), Dense(1)], WIDTH), rows(n=100)
    settings: Any = {"loss": "squared", "optimizer": "sgd", "batch_size": 100, "epochs": 1}
    train(network, X, X[:, 0], **settings)
    assert 0 < len(passes) < 300
    assert max(passes) <= 8
    once = len(passes)
    train(network, X, X[:, 0], **settings)
    assert len(passes) == once
    monkeypatch.setattr(
        Network, "astype", lambda self, dtype: pytest.fail("a network of the house is copied")
    )
    train(
        Network([Dense(3, "relu"), Residual([Dense(3)]), Dense(1)], WIDTH), X, X[:, 0], **settings
    )


def test_a_loss_object_of_ones_own_that_is_right_trains() -> None:
    class Mine(Squared):
        pass

    network, X = Network([Dense(1)], WIDTH), rows()
    (epoch,) = train(network, X, X[:, 0], loss=Mine(), optimizer="sgd", batch_size=8, epochs=1)
    assert epoch.engine == "reference"
    assert check_gradients(network, X, X[:, 0], loss=Mine()).largest <= TOLERANCE


def test_no_layer_of_the_house_is_forgotten() -> None:
    def kinds(layers: Any) -> set[type]:
        return {kind for layer in layers for kind in {type(layer), *kinds(layer.layers)}}

    assert kinds(LAYER_CASES.values()) == set(LAYERS.values())
