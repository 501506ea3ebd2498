"""What each kind of layer does to a signal.

That its backward pass is right, the gradient law says.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import sparse

from glassnet.activations import activation_function
from glassnet.errors import SettingError
from glassnet.layers import (
    Activation,
    BatchNorm,
    CategoryEmbedding,
    Dense,
    Dropout,
    Layer,
    LayerNorm,
    Members,
    PeriodicEmbedding,
    PiecewiseLinearEmbedding,
    Residual,
    Run,
    Scale,
    Stack,
)
from glassnet.network import Network
from glassnet.rng import keep_mask
from tests.laws.tables import LAYER_CASES, WIDTH, Array

TRAIN = Run(training=True, seed=3, step=5)


def signal(n: int = 6, width: int = WIDTH, dtype: str = "float64") -> Array:
    return np.random.default_rng(1).normal(1.0, 2.0, (n, width)).astype(dtype)


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", LAYER_CASES)
def test_passes_keep_dtype_and_shapes_and_change_no_input(
    name: str, dtype: str, training: bool
) -> None:
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
    np.testing.assert_array_equal(
        network.predict(signal()),
        np.tanh(signal() @ network.parameters["layers.0.W"] + [1.0, 2.0, 3.0]),
    )


@pytest.mark.parametrize("name", ["relu", "tanh", "selu"])
def test_auto_is_the_initializer_of_the_activation(name: str) -> None:
    own = Network([Dense(5, name)], 4, seed=8).parameters.theta
    named = Network(
        [Dense(5, name, initializer=activation_function(name).initializer)], 4, seed=8
    ).parameters.theta
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
    block, plain = (
        Network([Residual(inside)], WIDTH, dtype="float64"),
        Network(inside, WIDTH, dtype="float64"),
    )
    np.testing.assert_array_equal(block.predict(signal()), signal() + plain.predict(signal()))


def test_a_stack_is_its_layers_one_behind_the_other() -> None:
    inside = [Dense(3, "tanh"), Dense(2)]
    stack, plain = (
        Network([Stack(inside)], WIDTH, dtype="float64"),
        Network(inside, WIDTH, dtype="float64"),
    )
    np.testing.assert_array_equal(stack.predict(signal()), plain.predict(signal()))


def test_members_that_were_trained_apart_answer_with_their_mean() -> None:
    stacks = [[Dense(5, "tanh"), Dense(2)], [Dense(3, "relu"), Dropout(0.5), Dense(2)], [Dense(2)]]
    apart = [Network(stack, WIDTH, seed=seed, dtype="float64") for seed, stack in enumerate(stacks)]
    together = Network([Members([Stack(stack) for stack in stacks])], WIDTH, dtype="float64")
    for m, network in enumerate(apart):
        for name, view in network.parameters.items():
            together.parameters[f"layers.0.layers.{m}.{name}"] = view
    mean = sum(network.predict(signal()) for network in apart) / 3
    np.testing.assert_array_equal(together.predict(signal()), mean)
    np.testing.assert_array_equal(together.predict(sparse.csr_array(signal())), mean)


def test_members_draw_masks_of_their_own_by_depth_first_numbers() -> None:
    network = Network(
        [Members([Dropout(0.5), Stack([Dense(WIDTH), Dropout(0.5)])]), Dropout(0.2)],
        WIDTH,
        dtype="float64",
    )
    _, ((first, (_, second)), last) = network.forward(signal(), TRAIN)
    for mask, number, rate in ((first, 1, 0.5), (second, 4, 0.5), (last, 5, 0.2)):
        np.testing.assert_array_equal(mask > 0.0, keep_mask(3, 5, number, (6, WIDTH), rate))


@pytest.mark.parametrize("layer", [Scale(), Activation("tanh", parametric=True)], ids=str)
def test_what_is_learned_for_a_unit_starts_at_one(layer: Layer) -> None:
    without = [Activation("tanh")] if isinstance(layer, Activation) else [Activation("identity")]
    expected = Network(without, WIDTH, dtype="float64").predict(signal())
    np.testing.assert_allclose(
        Network([layer], WIDTH, dtype="float64").predict(signal()), expected, rtol=1e-14
    )


def test_a_mix_goes_from_the_line_to_the_function_and_beyond() -> None:
    network, Z = Network([Activation("relu", parametric=True)], WIDTH, dtype="float64"), signal()
    network.parameters["layers.0.a"] = np.array([0.0, 0.5, 1.0, 1.1])
    np.testing.assert_allclose(
        network.predict(Z), np.where(Z > 0.0, Z, Z * [1.0, 0.5, 0.0, -0.1]), rtol=1e-12, atol=1e-15
    )


def test_a_periodic_embedding_is_each_column_and_mixtures_of_its_waves() -> None:
    network, X = (
        Network(
            [PeriodicEmbedding(2, n_frequencies=3, n_out=2, sigma=1.0)], WIDTH, dtype="float64"
        ),
        signal(),
    )
    w1, b1, W2, b2 = (network.parameters[f"layers.0.{name}"] for name in ("w1", "b1", "W2", "b2"))
    expected = [
        np.r_[x[j], np.cos(2 * np.pi * w1[j] * x[j] + b1[j]) @ W2[j] + b2[j]]
        if j < 2
        else x[j : j + 1]
        for x in X
        for j in range(WIDTH)
    ]
    np.testing.assert_allclose(
        network.predict(X), np.concatenate(expected).reshape(len(X), -1), rtol=1e-12
    )


def test_a_periodic_embedding_starts_as_described() -> None:
    parameters = Network([PeriodicEmbedding(2000, sigma=0.5)], 2000, dtype="float64").parameters
    w1, b1, W2, b2 = (parameters[f"layers.0.{name}"] for name in ("w1", "b1", "W2", "b2"))
    assert w1.std() == pytest.approx(0.5, rel=0.02)
    for drawn, limit in ((b1, np.pi), (W2, 0.25), (b2, 0.25)):
        assert np.abs(drawn).max() <= limit
        assert drawn.std() == pytest.approx(limit / 3**0.5, rel=0.02)
    assert [parameters.spec(f"layers.0.{name}").lr_factor for name in ("w1", "b1", "W2", "b2")] == [
        0.1
    ] * 4


def test_a_piecewise_linear_embedding_is_each_column_and_broken_lines_of_it() -> None:
    edges = [(-1.0, -0.25, 0.5, 2.0), (0.0, 0.3), (-0.6, 0.0, 0.6)]
    network, X = (
        Network([PiecewiseLinearEmbedding(edges=edges, n_out=2)], WIDTH, dtype="float64"),
        2.0 * signal(),
    )
    X[:4, 2] = edges[2][0], edges[2][1], edges[2][2], 9.0
    W, b = (network.parameters[f"layers.0.{name}"] for name in "Wb")
    expected, row = [], 0
    for j, t in enumerate(edges):
        lines = [X[:, j]]
        for o in range(2):
            rises = W[row : row + len(t) - 1, o]
            at_edges = b[j, o] + np.concatenate([[0.0], np.cumsum(rises)])
            slope = rises / np.diff(t)
            below, above = (
                np.minimum(X[:, j] - t[0], 0.0) * slope[0],
                np.maximum(X[:, j] - t[-1], 0.0) * slope[-1],
            )
            lines.append(np.interp(X[:, j], t, at_edges) + below + above)
        expected, row = [*expected, *lines], row + len(t) - 1
    np.testing.assert_allclose(
        network.predict(X), np.column_stack([*expected, X[:, 3]]), rtol=1e-12, atol=1e-14
    )


def test_a_piecewise_linear_embedding_starts_as_described() -> None:
    parameters = Network(
        [PiecewiseLinearEmbedding([16] * 500 + [4] * 2000)], 2500, dtype="float64"
    ).parameters
    W, b = (parameters[f"layers.0.{name}"] for name in "Wb")
    np.testing.assert_array_equal(
        parameters["layers.0.edges"],
        [*np.linspace(-1, 1, 17)] * 500 + [*np.linspace(-1, 1, 5)] * 2000,
    )
    for drawn, limit in ((W[:8000], 0.25), (W[8000:], 0.5), (b[:500], 0.25), (b[500:], 0.5)):
        assert np.abs(drawn).max() <= limit
        assert drawn.std() == pytest.approx(limit / 3**0.5, rel=0.05)


def test_a_category_embedding_looks_codes_up_and_takes_any_other_for_the_last_level() -> None:
    network = Network([CategoryEmbedding([3, 2], n_out=2)], 3, dtype="float64")
    T0, T1 = (network.parameters[f"layers.0.T{j}"] for j in (0, 1))
    X = np.array([[9.5, 0, 0], [8.5, 2, 1], [7.5, 1, 5], [6.5, -1, np.nan], [5.5, 1e300, -np.inf]])
    expected = [
        np.r_[x[0], T0[i], T1[j]]
        for x, i, j in zip(X, [0, 2, 1, 2, 2], [0, 1, 1, 1, 1], strict=True)
    ]
    np.testing.assert_array_equal(network.predict(X), expected)


@pytest.mark.parametrize(
    ("layer", "factors"),
    [
        (Scale(), {"s": (6.0, 0.0)}),
        (Activation("selu", parametric=True), {"a": (0.1, 0.0)}),
        (
            PeriodicEmbedding(2),
            {"w1": (0.1, 1.0), "b1": (0.1, 0.0), "W2": (0.1, 1.0), "b2": (0.1, 0.0)},
        ),
        (PiecewiseLinearEmbedding([1]), {"W": (0.1, 1.0), "b": (0.1, 0.0), "edges": (1.0, 1.0)}),
        (CategoryEmbedding([3]), {"T0": (1.0, 1.0)}),
    ],
    ids=str,
)
def test_factors_of_rate_and_decay(layer: Layer, factors: dict[str, tuple[float, float]]) -> None:
    assert {
        name: (spec.lr_factor, spec.decay_factor) for name, spec in layer.specs(WIDTH).items()
    } == factors


def test_a_pass_can_be_repeated_and_interleaved() -> None:
    """The cache is a return value.

    A second pass does not disturb the backward pass of the first.
    """
    network = Network(
        [Dense(3, "tanh"), LayerNorm(), Residual([Dense(3, "silu")]), Dense(2)],
        WIDTH,
        dtype="float64",
    )
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
        (lambda: Dense(0), "n_out of a dense layer must be a whole number of at least 1, got 0"),
        (lambda: Dense(2.5), "got 2.5"),  # type: ignore[arg-type]
        (lambda: Dense(True), "got True"),
        (lambda: Dense(2, "rleu"), "unknown activation 'rleu'.*Did you mean 'relu'"),
        (
            lambda: Dense(2, None),
            "an activation must be a name, an ActivationFunction or a function",
        ),  # type: ignore[arg-type]
        (lambda: Dense(2, initializer="he"), "unknown initializer 'he'"),
        (lambda: Activation("tanhh"), "Did you mean 'tanh'"),
        (lambda: Dropout(1.0), r"a dropout rate must be in \[0, 1\), got 1.0"),
        (lambda: Dropout("0.5"), "got '0.5'"),  # type: ignore[arg-type]
        (lambda: BatchNorm(momentum=None), "got None"),  # type: ignore[arg-type]
        (lambda: LayerNorm(eps="small"), "got 'small'"),  # type: ignore[arg-type]
        (
            lambda: BatchNorm(momentum=0.0),
            r"momentum of batch normalization must be in \(0, 1\], got 0.0",
        ),
        (lambda: BatchNorm(eps=0.0), "eps must be a positive number, got 0.0"),
        (lambda: LayerNorm(eps=-1.0), "eps must be a positive number, got -1.0"),
        (
            lambda: Activation("relu", parametric=1),
            "parametric of an activation must be True or False, got 1",
        ),  # type: ignore[arg-type]
        (
            lambda: PeriodicEmbedding(0),
            "n_numeric of a periodic embedding must be a whole number of at least 1, got 0",
        ),
        (
            lambda: PeriodicEmbedding(2, True),
            "n_frequencies of a periodic embedding .* got True",
        ),
        (lambda: PeriodicEmbedding(2, n_out=1.5), "n_out of a periodic embedding .* got 1.5"),  # type: ignore[arg-type]
        (
            lambda: PeriodicEmbedding(2, sigma=0.0),
            "sigma of a periodic embedding must be a positive number, got 0.0",
        ),
        (
            lambda: Network([PeriodicEmbedding(5)], 4),
            "a periodic embedding of 5 columns needs as many, but its input is 4 wide",
        ),
        (
            lambda: PiecewiseLinearEmbedding([]),
            r"each from 1 to 32,768, such as \[16, 3\], got \[\]",
        ),
        (lambda: PiecewiseLinearEmbedding([3, 0]), r"got \[3, 0\]"),
        (lambda: PiecewiseLinearEmbedding(3), "got 3"),  # type: ignore[arg-type]
        (
            lambda: PiecewiseLinearEmbedding([3], 0),
            "n_out of a piecewise-linear embedding must be a whole number from 1 to 32,768, got 0",
        ),
        (
            lambda: PiecewiseLinearEmbedding([3], edges=[(0.0, 1.0)]),
            r"make \[1\] bins, but n_bins says \[3\]: leave n_bins out",
        ),
        (
            lambda: PiecewiseLinearEmbedding(edges=[]),
            r"two that rise, also in float32, such as \[\(-1.0, 0.0, 2.0\)\], got \[\]",
        ),
        (
            lambda: PiecewiseLinearEmbedding(edges=[(0.0, 1.0), (2.0,)]),
            r"got \[\(0.0, 1.0\), \(2.0,\)\]",
        ),
        (
            lambda: PiecewiseLinearEmbedding(edges=[(0.0, 1.0, 1.0)]),
            r"got \[\(0.0, 1.0, 1.0\)\]",
        ),
        (lambda: PiecewiseLinearEmbedding(edges=[(1.0, 1.0 + 1e-12)]), "also in float32"),
        (lambda: PiecewiseLinearEmbedding(edges=[(0.0, np.nan)]), "got .*nan.*"),
        (lambda: PiecewiseLinearEmbedding(edges=[(-1e39, 0.0)]), "also in float32"),
        (lambda: PiecewiseLinearEmbedding(edges=(0.0, 1.0)), r"got \(0.0, 1.0\)"),  # type: ignore[arg-type]
        (lambda: PiecewiseLinearEmbedding(edges=["01"]), r"got \['01'\]"),  # type: ignore[list-item]
        (
            lambda: Network([PiecewiseLinearEmbedding([1] * 5)], 4),
            "embedding of 5 columns needs as many, but its input is 4 wide",
        ),
        (
            lambda: CategoryEmbedding([]),
            r"each from 1 to 16,777,216, such as \[30, 12\], got \[\]",
        ),
        (lambda: CategoryEmbedding(3), "got 3"),  # type: ignore[arg-type]
        (lambda: CategoryEmbedding("33"), "got 33"),  # type: ignore[arg-type]
        (lambda: CategoryEmbedding([2**24 + 1]), r"got \[16777217\]"),
        (
            lambda: CategoryEmbedding([3], n_out=0),
            "n_out of a category embedding must be a whole number from 1 to 32,768, got 0",
        ),
        (
            lambda: Network([CategoryEmbedding([3] * 5)], 4),
            "a category embedding of 5 columns needs as many, but its input is 4 wide",
        ),
        (lambda: Stack([]), "a stack needs at least one layer inside"),
        (lambda: Members([]), "a layer of members needs at least one member"),
        (lambda: Members([Dense]), "a layer is an object such as"),  # type: ignore[list-item]
        (
            lambda: Network([Members([Dense(2), Stack([Dense(3)])])], 4),
            (
                r"the same width, but layers.0 of them gives 2 and layers.1 gives 3: end both with "
                r"Dense\(2\)"
            ),
        ),
        (lambda: Residual([]), "a residual block needs at least one layer inside"),
        (lambda: Residual(Dense(3)), "layers come in a list"),  # type: ignore[arg-type]
        (lambda: Residual([Dense]), "a layer is an object such as"),  # type: ignore[list-item]
        (
            lambda: Network([Dense(3, initializer=lambda n_in, n_out, rng: np.zeros(n_out))], 4),
            r"W of shape \(4, 3\).* got shape \(3,\)",
        ),
        (
            lambda: Network([Residual([Dense(3)])], 4),
            r"both must be 4 wide, but its last layer gives 3: end it with Dense\(4\)",
        ),
    ],
)
def test_a_setting_that_does_not_fit_is_refused(
    make: Callable[[], Layer | Any], message: str
) -> None:
    with pytest.raises(SettingError, match=message):
        make()
