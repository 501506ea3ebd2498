"""What each kind of layer does to a signal; that its backward pass is right, the gradient law says."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from glassnet.activations import activation_function
from glassnet.errors import SettingError
from glassnet.layers import Activation, BatchNorm, Dense, Dropout, Layer, LayerNorm, Residual, Run
from glassnet.network import Network
from glassnet.rng import keep_mask
from tests.laws.tables import LAYER_CASES, WIDTH, Array

TRAIN = Run(training=True, seed=3, step=5)


def signal(n: int = 6, width: int = WIDTH, dtype: str = "float64") -> Array:
    return np.random.default_rng(1).normal(1.0, 2.0, (n, width)).astype(dtype)


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", LAYER_CASES)
def test_passes_keep_dtype_and_shapes_and_change_no_input(name: str, dtype: str, training: bool) -> None:
    layer = LAYER_CASES[name]
    network = Network([layer], WIDTH, dtype=dtype)
    X = signal(dtype=dtype)
    before = X.copy()
    Y, caches = network.forward(X, Run(training=training))
    dY = np.ones_like(Y)
    dX = network.backward(caches, dY, needs_dX=True)
    assert dX is not None
    assert Y.shape == (6, layer.output_width(WIDTH)) == (6, network.n_outputs)
    assert dX.shape == X.shape
    assert Y.dtype == dX.dtype == network.parameters.gradient.dtype == dtype
    np.testing.assert_array_equal(X, before)
    np.testing.assert_array_equal(dY, 1.0)
    assert network.backward(caches, dY) is None


@pytest.mark.parametrize("name", LAYER_CASES)
def test_without_the_gradient_by_x_the_gradients_are_the_same(name: str) -> None:
    network = Network([LAYER_CASES[name]], WIDTH, dtype="float64")
    Y, caches = network.forward(signal(), TRAIN)
    network.backward(caches, Y, needs_dX=True)
    gradient = network.parameters.gradient.copy()
    network.parameters.gradient[:] = np.nan
    network.backward(caches, Y, needs_dX=False)
    np.testing.assert_array_equal(network.parameters.gradient, gradient)


@pytest.mark.parametrize("name", LAYER_CASES)
def test_a_prediction_does_not_depend_on_its_company(name: str) -> None:
    network, X = Network([LAYER_CASES[name]], WIDTH, dtype="float64"), signal()
    rows = [network.predict(X[i : i + 1]) for i in range(len(X))]
    np.testing.assert_allclose(network.predict(X), np.concatenate(rows), rtol=1e-14, atol=1e-15)


def test_a_dense_layer_is_a_matrix_a_shift_and_an_activation() -> None:
    network = Network([Dense(3, "tanh")], WIDTH, dtype="float64")
    network.parameters["layers.0.b"] = np.array([1.0, 2.0, 3.0])
    np.testing.assert_array_equal(network.predict(signal()), np.tanh(signal() @ network.parameters["layers.0.W"] + [1.0, 2.0, 3.0]))


@pytest.mark.parametrize("name", ["relu", "tanh", "selu"])
def test_auto_is_the_initializer_of_the_activation(name: str) -> None:
    own = Network([Dense(5, name)], 4, seed=8).parameters.theta
    named = Network([Dense(5, name, initializer=activation_function(name).initializer)], 4, seed=8).parameters.theta
    np.testing.assert_array_equal(own, named)


def test_dropout_keeps_the_expected_value_and_lets_predictions_pass() -> None:
    network, X = Network([Dropout(0.3)], 50, dtype="float64"), np.ones((2000, 50))
    Y, _ = network.forward(X, TRAIN)
    assert set(np.unique(Y)) == {0.0, 1.0 / 0.7}
    assert abs(Y.mean() - 1.0) <= 5.0 * np.sqrt(0.3 / 0.7 / Y.size)
    np.testing.assert_array_equal(network.predict(X), X)


def test_dropout_draws_the_mask_of_its_seed_step_and_number() -> None:
    layers = [Dropout(0.5), Residual([Dense(WIDTH), Dropout(0.5)]), Dropout(0.2)]
    network = Network(layers, WIDTH, dtype="float64")
    _, (first, inner, last) = network.forward(signal(), TRAIN)
    for mask, number, rate in ((first, 0, 0.5), (inner[1], 3, 0.5), (last, 4, 0.2)):
        np.testing.assert_array_equal(mask > 0.0, keep_mask(3, 5, number, (6, WIDTH), rate))


def test_batch_normalization_gives_zero_mean_and_unit_variance() -> None:
    Y, _ = Network([BatchNorm(eps=1e-12)], WIDTH, dtype="float64").forward(signal(50), TRAIN)
    np.testing.assert_allclose(Y.mean(axis=0), 0.0, atol=1e-14)
    np.testing.assert_allclose(Y.var(axis=0), 1.0, rtol=1e-10)


def test_batch_normalization_predicts_with_running_statistics_only() -> None:
    network = Network([BatchNorm(momentum=1.0, eps=1e-3)], WIDTH, dtype="float64")
    X = signal(20)
    network.forward(X, TRAIN)
    expected = (X - X.mean(axis=0)) / np.sqrt(X.var(axis=0, ddof=1) + 1e-3)
    statistics = network.parameters.statistics.copy()
    np.testing.assert_allclose(network.predict(X), expected, rtol=1e-12)
    np.testing.assert_array_equal(network.parameters.statistics, statistics)


def test_batch_normalization_of_one_row_is_beta_and_keeps_its_statistics() -> None:
    network = Network([BatchNorm()], WIDTH, dtype="float64")
    network.parameters["layers.0.beta"] = np.arange(4.0)
    statistics = network.parameters.statistics.copy()
    Y, caches = network.forward(signal(1), TRAIN)
    np.testing.assert_array_equal(Y, [np.arange(4.0)])
    np.testing.assert_array_equal(network.parameters.statistics, statistics)
    np.testing.assert_array_equal(network.backward(caches, Y, needs_dX=True), np.zeros((1, 4)))


def test_layer_normalization_gives_every_row_zero_mean_and_unit_variance() -> None:
    Y = Network([LayerNorm(eps=1e-12)], WIDTH, dtype="float64").predict(signal())
    np.testing.assert_allclose(Y.mean(axis=1), 0.0, atol=1e-14)
    np.testing.assert_allclose(Y.var(axis=1), 1.0, rtol=1e-10)


def test_a_residual_block_adds_its_input() -> None:
    inside = [Dense(3, "tanh"), Dense(WIDTH)]
    block, plain = Network([Residual(inside)], WIDTH, dtype="float64"), Network(inside, WIDTH, dtype="float64")
    np.testing.assert_array_equal(block.predict(signal()), signal() + plain.predict(signal()))


def test_a_pass_can_be_repeated_and_interleaved() -> None:
    """The cache is a return value: a second pass does not disturb the backward pass of the first."""
    network = Network([Dense(3, "tanh"), LayerNorm(), Residual([Dense(3, "silu")]), Dense(2)], WIDTH, dtype="float64")
    Y, caches = network.forward(signal(), TRAIN)
    network.backward(caches, Y)
    gradient = network.parameters.gradient.copy()
    network.forward(-signal(), TRAIN)
    network.backward(caches, Y)
    np.testing.assert_array_equal(network.parameters.gradient, gradient)


@pytest.mark.parametrize("name", LAYER_CASES)
def test_a_layer_is_settings_alone(name: str) -> None:
    layer = LAYER_CASES[name]
    assert layer == LAYER_CASES[name]
    assert hash(layer) == hash(LAYER_CASES[name])
    assert not any(isinstance(value, np.ndarray) for value in vars(layer).values())


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Dense(0), "at least 1 unit, a whole number, but n_out=0 came"),
        (lambda: Dense(2.5), "but n_out=2.5 came"),  # type: ignore[arg-type]
        (lambda: Dense(True), "but n_out=True came"),
        (lambda: Dense(2, "rleu"), "unknown activation 'rleu'.*Did you mean 'relu'"),
        (lambda: Dense(2, None), "an activation is a name or an ActivationFunction, but NoneType None came"),  # type: ignore[arg-type]
        (lambda: Dense(2, initializer="he"), "unknown initializer 'he'"),
        (lambda: Activation("tanhh"), "Did you mean 'tanh'"),
        (lambda: Dropout(1.0), r"a dropout rate must lie in \[0, 1\), but 1.0 came"),
        (lambda: Dropout("0.5"), "but '0.5' came"),  # type: ignore[arg-type]
        (lambda: BatchNorm(momentum=None), "but None came"),  # type: ignore[arg-type]
        (lambda: LayerNorm(eps="small"), "but 'small' came"),  # type: ignore[arg-type]
        (lambda: BatchNorm(momentum=0.0), r"momentum of batch normalization must lie in \(0, 1\], but 0.0 came"),
        (lambda: BatchNorm(eps=0.0), "eps must be a positive number, but 0.0 came"),
        (lambda: LayerNorm(eps=-1.0), "eps must be a positive number, but -1.0 came"),
        (lambda: Residual([]), "a residual block needs at least one layer inside"),
        (lambda: Residual(Dense(3)), "layers come in a list"),  # type: ignore[arg-type]
        (lambda: Residual([Dense]), "a layer is an object such as"),  # type: ignore[list-item]
        (
            lambda: Network([Dense(3, initializer=lambda n_in, n_out, rng: np.zeros(n_out))], 4),
            r"W of shape \(4, 3\).* but shape \(3,\) came",
        ),
        (lambda: Network([Residual([Dense(3)])], 4), r"both must be 4 wide, but its last layer gives 3: end it with Dense\(4\)"),
    ],
)
def test_a_setting_that_does_not_fit_is_refused(make: Callable[[], Layer | Any], message: str) -> None:
    with pytest.raises(SettingError, match=message):
        make()
