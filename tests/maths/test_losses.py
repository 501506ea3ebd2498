"""What a loss promises.

Weights count rows, the baseline is the best constant, a perfect prediction costs nothing.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from glassnet.errors import DataError, SettingError
from glassnet.losses import (
    LOSSES,
    Absolute,
    CustomLoss,
    Gamma,
    Huber,
    Logistic,
    Poisson,
    Quantile,
    Softmax,
    Squared,
    Tweedie,
    loss_function,
)
from tests.laws.tables import LOSS_CASES, Array, LossCase, half_distance, log_cosh

EVERY_LOSS = pytest.mark.parametrize("case", LOSS_CASES.values(), ids=LOSS_CASES)
N = 12


def drawn(case: LossCase, dtype: str = "float64") -> tuple[Array, Array, np.random.Generator]:
    rng = np.random.default_rng(11)
    return rng.normal(0.0, 2.0, (N, case.n_outputs)).astype(dtype), case.draw(rng, N, dtype), rng


# Weights


@EVERY_LOSS
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_an_integer_weight_is_the_row_so_many_times(case: LossCase, dtype: str) -> None:
    Z, y, rng = drawn(case, dtype)
    times = np.append(rng.integers(0, 4, N - 2), [0, 2])
    rows = np.repeat(np.arange(N), times)
    value, dZ = case.loss.value_and_gradient(Z, y, times.astype(dtype))
    value_again, dZ_again = case.loss.value_and_gradient(Z[rows], y[rows])
    gathered = np.zeros_like(dZ)
    np.add.at(gathered, rows, dZ_again)
    tolerance = 100 * np.finfo(dtype).eps
    np.testing.assert_allclose(value, value_again, rtol=tolerance)
    np.testing.assert_allclose(dZ, gathered, rtol=tolerance, atol=tolerance)
    assert not dZ[times == 0].any()


@pytest.mark.parametrize("loss", [Poisson(), Gamma(), Tweedie()], ids=str)
def test_a_row_of_no_weight_is_absent_even_where_its_loss_is_infinite(loss: Any) -> None:
    Z, y, weight = np.array([[0.5], [1e4], [-1e4]]), np.ones((3, 1)), np.array([2.0, 0.0, 0.0])
    value, dZ = loss.value_and_gradient(Z, y, weight)
    value_alone, dZ_alone = loss.value_and_gradient(Z[:1], y[:1])
    assert value == value_alone
    np.testing.assert_array_equal(dZ, [dZ_alone[0], [0.0], [0.0]])


@EVERY_LOSS
def test_weights_of_one_are_no_weights(case: LossCase) -> None:
    Z, y, _ = drawn(case)
    value, dZ = case.loss.value_and_gradient(Z, y)
    value_weighted, dZ_weighted = case.loss.value_and_gradient(Z, y, np.ones(N))
    assert value_weighted == pytest.approx(value, rel=1e-14)
    np.testing.assert_allclose(dZ_weighted, dZ, rtol=1e-14)


@EVERY_LOSS
def test_zero_weights_give_zero_value_and_gradient(case: LossCase) -> None:
    Z, y, _ = drawn(case)
    value, dZ = case.loss.value_and_gradient(Z, y, np.zeros(N))
    assert value == 0.0
    assert not dZ.any()


@EVERY_LOSS
@pytest.mark.parametrize("scale", [1e-30, 1 / 3, 1e20])
def test_scaling_all_weights_changes_nothing(case: LossCase, scale: float) -> None:
    Z, y, rng = drawn(case)
    weight = rng.random(N)
    value, dZ = case.loss.value_and_gradient(Z, y, weight)
    scaled, dZ_scaled = case.loss.value_and_gradient(Z, y, scale * weight)
    assert scaled == pytest.approx(value, rel=1e-13)
    np.testing.assert_allclose(dZ_scaled, dZ, rtol=1e-13)


@EVERY_LOSS
def test_scores_targets_and_weights_are_left_as_they_are(case: LossCase) -> None:
    Z, y, rng = drawn(case)
    weight = rng.random(N)
    before = Z.copy(), y.copy(), weight.copy()
    _, dZ = case.loss.value_and_gradient(Z, y, weight)
    case.loss.predict(Z)
    assert not np.shares_memory(dZ, Z)
    for now, then in zip((Z, y, weight), before, strict=True):
        np.testing.assert_array_equal(now, then)


@EVERY_LOSS
def test_an_empty_batch_costs_nothing(case: LossCase) -> None:
    Z, y, _ = drawn(case)
    value, dZ = case.loss.value_and_gradient(Z[:0], y[:0])
    assert value == 0.0
    assert dZ.shape == (0, case.n_outputs)


# Baselines

SMOOTH_MINIMUM = [
    "squared, three outputs",
    "logistic, three outputs",
    "softmax",
    "softmax, probabilities",
    "poisson",
    "gamma, two outputs",
    "tweedie",
]

NEARLY_BEST = ("custom", "huber", "smoothed", "floored")
BEST_CONSTANT = [name for name in LOSS_CASES if not any(word in name for word in NEARLY_BEST)]


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("name", SMOOTH_MINIMUM)
def test_the_gradient_of_a_constant_model_vanishes_at_the_baseline(
    name: str, weighted: bool
) -> None:
    case = LOSS_CASES[name]
    rng = np.random.default_rng(0)
    y = case.draw(rng, 200)
    weight = rng.random(200) if weighted else None
    Z = np.tile(case.loss.baseline(y, case.n_outputs, weight), (200, 1))
    _, dZ = case.loss.value_and_gradient(Z, y, weight)
    np.testing.assert_allclose(dZ.sum(axis=0), 0.0, atol=1e-14)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("name", BEST_CONSTANT)
def test_no_constant_nearby_is_better_than_the_baseline(name: str, weighted: bool) -> None:
    case = LOSS_CASES[name]
    rng = np.random.default_rng(1)
    y = case.draw(rng, 201)
    weight = rng.random(201) if weighted else None
    best = case.loss.baseline(y, case.n_outputs, weight)
    assert best.shape == (case.n_outputs,)

    def value(constant: Array) -> float:
        return float(case.loss.value_and_gradient(np.tile(constant, (201, 1)), y, weight)[0])

    for size in (1e-3, 0.1, 1.0):
        for _ in range(5):
            assert value(best) <= value(best + size * rng.standard_normal(case.n_outputs)) + 1e-12


@pytest.mark.parametrize("loss", [Softmax(), Logistic(), Poisson()], ids=str)
def test_a_baseline_stays_finite_where_one_answer_never_comes(loss: Any) -> None:
    n_outputs = 3 if isinstance(loss, Softmax) else 1
    y = loss.prepare(np.zeros(5), n_outputs, "float64")
    assert np.isfinite(loss.baseline(y, n_outputs)).all()


@pytest.mark.parametrize("q", [0.05, 0.25, 0.5, 0.9])
def test_a_quantile_is_the_smallest_value_that_reaches_its_share(q: float) -> None:
    y = np.random.default_rng(2).normal(size=(101, 1))
    loss = Quantile(q)
    found = loss.baseline(y, 1)
    values = [loss.value_and_gradient(np.full((101, 1), z), y)[0] for z in np.sort(y[:, 0])]
    assert found[0] == np.sort(y[:, 0])[np.argmin(values)]
    assert np.mean(y <= found[0]) >= q > np.mean(y < found[0])


def test_weighted_quantiles_count_weights() -> None:
    y = np.array([[1.0], [2.0], [3.0]])
    assert Quantile(0.5).baseline(y, 1, np.array([1.0, 1.0, 5.0]))[0] == 3.0
    assert Absolute().baseline(y, 1, np.array([0.0, 1.0, 0.0]))[0] == 2.0


# Perfect predictions

YES = np.array([[1.0], [0.0]])
PERFECT: dict[str, tuple[Any, Array, Array]] = {
    "squared": (Squared(), YES, YES),
    "absolute": (Absolute(), YES, YES),
    "huber": (Huber(), YES, YES),
    "quantiles": (Quantile((0.2, 0.7)), np.repeat(YES, 2, axis=1), YES),
    "poisson": (Poisson(), np.log([[3.0], [0.5]]), np.array([[3.0], [0.5]])),
    "poisson, a count of 0": (Poisson(), np.array([[-1e4]]), np.array([[0.0]])),
    "gamma": (Gamma(), np.log([[3.0], [0.5]]), np.array([[3.0], [0.5]])),
    "tweedie, an amount of 0": (Tweedie(), np.array([[-1e4]]), np.array([[0.0]])),
    "logistic": (Logistic(), np.array([[1e4], [-1e4]]), YES),
    "softmax": (Softmax(), 1e4 * np.eye(3), np.arange(3)),
    "softmax, probabilities": (Softmax(), 1e4 * np.eye(3), np.eye(3)),
}


@pytest.mark.parametrize("name", PERFECT)
def test_a_perfect_prediction_costs_nothing(name: str) -> None:
    loss, Z, y = PERFECT[name]
    value, dZ = loss.value_and_gradient(Z, y)
    assert abs(value) <= 1e-15
    np.testing.assert_allclose(dZ, 0.0, atol=1e-15)


@EVERY_LOSS
def test_a_loss_is_never_negative(case: LossCase) -> None:
    Z, y, _ = drawn(case)
    assert case.loss.value_and_gradient(Z, y)[0] >= 0.0


# Several outputs


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("kind", [Squared, Logistic, Poisson])
def test_a_sum_over_outputs_is_their_mean_so_many_times_and_the_mean_of_a_sum_is_both(
    kind: Any, weighted: bool
) -> None:
    rng = np.random.default_rng(6)
    Z, y, weight = (
        rng.normal(size=(N, 3)),
        rng.integers(0, 2, (N, 3)).astype(float),
        rng.random(N) if weighted else None,
    )
    (mean, dZ_mean), (total, dZ_sum), (mixed, dZ_mixed) = (
        kind(reduction=outputs).value_and_gradient(Z, y, weight)
        for outputs in ("mean", "sum", "mean_of_sum")
    )
    assert total == pytest.approx(3.0 * mean, rel=1e-14)
    np.testing.assert_allclose(dZ_sum, 3.0 * dZ_mean, rtol=1e-14)
    assert mixed == mean
    np.testing.assert_array_equal(dZ_mixed, dZ_sum)


# Clipped probabilities

FLOORED = {name: case for name, case in LOSS_CASES.items() if "floored" in name}


def by_the_definition(case: LossCase, Z: Array, y: Array) -> Array:
    """The loss of each row (n,), or of each row and output (n, n_outputs).

    From probabilities that are clipped as they are.
    """
    loss, k = case.loss, case.n_outputs
    P = np.clip(loss.predict(Z), loss.clip_eps, 1.0 - loss.clip_eps)
    if isinstance(loss, Logistic):
        y = (1.0 - loss.label_smoothing) * y + 0.5 * loss.label_smoothing
        return -y * np.log(P) - (1.0 - y) * np.log(1.0 - P)
    Y = np.eye(k)[y] if y.ndim == 1 else y
    return -(((1.0 - loss.label_smoothing) * Y + loss.label_smoothing / k) * np.log(P)).sum(axis=1)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("case", FLOORED.values(), ids=FLOORED)
def test_a_floor_clips_probabilities_in_the_value_and_leaves_the_gradient(
    case: LossCase, weighted: bool
) -> None:
    Z, y, rng = drawn(case)
    weight = rng.random(N) if weighted else None
    value, dZ = case.loss.value_and_gradient(Z, y, weight)
    free, dZ_free = case.descends.value_and_gradient(Z, y, weight)
    np.testing.assert_array_equal(dZ, dZ_free)
    L = by_the_definition(case, Z, y)
    if L.ndim == 2:
        L = L.sum(axis=1) if case.loss.reduction == "sum" else L.mean(axis=1)
    assert value == pytest.approx(np.average(L, weights=weight), rel=1e-13)
    assert value != pytest.approx(free, rel=1e-3)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_floor_of_softmax_costs_no_digit_where_nothing_is_clipped(dtype: str) -> None:
    rng = np.random.default_rng(8)
    Z, y = rng.normal(size=(N, 3)).astype(dtype), rng.integers(0, 3, N)
    eps = 2.0 * float(np.finfo(dtype).eps)
    assert Softmax(clip_eps=1e-9).value_and_gradient(Z, y)[0] == pytest.approx(
        Softmax().value_and_gradient(Z, y)[0], rel=eps
    )


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("loss", [Logistic(clip_eps=0.01), Softmax(clip_eps=0.01)], ids=str)
def test_sure_answers_cost_the_ends_of_the_clip(loss: Any, dtype: str) -> None:
    Z = np.array(
        [[-1e4], [1e4]] if isinstance(loss, Logistic) else [[1e4, -1e4], [-1e4, 1e4]], dtype
    )
    low = np.asarray(0.01, dtype)
    high = (
        1 - low if isinstance(loss, Logistic) else 0.99
    )  # it takes the number as the dtype holds it
    for y, cost in (([0, 1], -np.log(high)), ([1, 0], -np.log(low))):
        value, _ = loss.value_and_gradient(Z, loss.prepare(np.array(y), Z.shape[1], dtype))
        assert value == pytest.approx(cost, rel=4 * float(np.finfo(dtype).eps))


# Links, classes and quantiles


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_softmax_of_labels_is_softmax_of_one_hot_probabilities(smoothing: float) -> None:
    rng = np.random.default_rng(3)
    Z, y, weight, loss = (
        rng.normal(size=(9, 4)),
        rng.integers(0, 4, 9),
        rng.random(9),
        Softmax(smoothing),
    )
    value, dZ = loss.value_and_gradient(Z, y, weight)
    value_hot, dZ_hot = loss.value_and_gradient(Z, np.eye(4)[y], weight)
    assert value == pytest.approx(value_hot, rel=1e-14)
    np.testing.assert_allclose(dZ, dZ_hot, atol=1e-16)


def test_softmax_smoothing_moves_the_target_to_the_uniform_one() -> None:
    rng = np.random.default_rng(3)
    Z, Y = rng.normal(size=(9, 4)), rng.dirichlet(np.ones(4), 9)
    value, dZ = Softmax(0.2).value_and_gradient(Z, Y)
    moved, dZ_moved = Softmax().value_and_gradient(Z, 0.8 * Y + 0.05)
    assert value == pytest.approx(moved, rel=1e-14)
    np.testing.assert_allclose(dZ, dZ_moved, atol=1e-16)


def test_logistic_smoothing_moves_the_target_to_a_half() -> None:
    Z, y = np.random.default_rng(3).normal(size=(9, 1)), np.arange(9)[:, None] % 2
    value, dZ = Logistic(0.2).value_and_gradient(Z, y)
    moved, dZ_moved = Logistic().value_and_gradient(Z, 0.8 * y + 0.1)
    assert value == pytest.approx(moved, rel=1e-14)
    np.testing.assert_allclose(dZ, dZ_moved, atol=1e-16)


def test_softmax_of_two_classes_is_logistic_of_their_difference() -> None:
    Z, y = np.random.default_rng(3).normal(size=(9, 2)), np.arange(9) % 2
    difference = Z[:, 1:] - Z[:, :1]
    assert Softmax().value_and_gradient(Z, y)[0] == pytest.approx(
        Logistic().value_and_gradient(difference, y[:, None])[0], rel=1e-14
    )
    np.testing.assert_allclose(
        Softmax().predict(Z)[:, 1:], Logistic().predict(difference), rtol=1e-14
    )


@EVERY_LOSS
def test_predictions_have_the_shape_of_the_scores(case: LossCase) -> None:
    Z, _, _ = drawn(case)
    assert case.loss.predict(Z).shape == Z.shape


def test_links_lead_from_scores_to_predictions() -> None:
    Z = np.random.default_rng(4).normal(0.0, 3.0, (50, 6))
    np.testing.assert_allclose(Softmax().predict(Z).sum(axis=1), 1.0, rtol=1e-14)
    np.testing.assert_allclose(Logistic().predict(Z), 1.0 / (1.0 + np.exp(-Z)), rtol=1e-14)
    np.testing.assert_array_equal(Poisson().predict(Z), np.exp(Z))
    np.testing.assert_array_equal(Gamma().predict(Z), np.exp(Z))
    Q = Quantile((0.1, 0.5, 0.9)).predict(Z)
    np.testing.assert_array_equal(Q, np.concatenate([np.sort(Z[:, :3]), np.sort(Z[:, 3:])], axis=1))
    doubled = CustomLoss(log_cosh, link=lambda Z: 2.0 * Z)
    np.testing.assert_array_equal(doubled.predict(Z), 2.0 * Z)


def test_huber_is_squared_near_and_absolute_far() -> None:
    y = np.zeros((1, 1))
    assert (
        Huber(2.0).value_and_gradient(np.array([[1.5]]), y)[0]
        == Squared().value_and_gradient(np.array([[1.5]]), y)[0]
    )
    assert Huber(2.0).value_and_gradient(np.array([[-9.0]]), y)[0] == 2.0 * (9.0 - 1.0)


# Targets that are refused, at the door


def raises(error: type[Exception], message: str) -> Any:
    return pytest.raises(error, match=message)


@pytest.mark.parametrize(
    ("loss", "y", "n_outputs", "message"),
    [
        (Squared(), ["a", "b"], 1, "must hold numbers, but its values are of type <U1"),
        (Squared(), [1.0, np.nan], 1, r"must be finite in float32, but row 1 holds \[nan\]"),
        (Squared(), [1.0, 1e300], 1, r"must be finite in float32, but row 1 holds \[1e\+300\]"),
        (
            Squared(),
            [[1.0, 2.0]],
            1,
            r"shape \(n,\) or \(n, 1\) for this network and loss, but it has shape \(1, 2\)",
        ),
        (
            Squared(),
            [1.0, 2.0],
            2,
            r"shape \(n, 2\) for this network and loss, but it has shape \(2, 1\)",
        ),
        (Huber(), np.zeros((2, 1, 1)), 1, r"shape \(n,\) or \(n, 1\).*\(2, 1, 1\)"),
        (Absolute(), 3.0, 1, r"it has shape \(\)"),
        (
            Logistic(),
            [0, 2],
            1,
            "labels 0 and 1 or probabilities between, but the target runs from 0 to 2",
        ),
        (Logistic(), [-1, 1], 1, "runs from -1 to 1"),
        (Poisson(), [1, -2], 1, "takes a target >= 0, but its smallest value is -2"),
        (Tweedie(), [1, -1], 1, "takes a target >= 0, but its smallest value is -1"),
        (Gamma(), [1, 0], 1, "takes a target > 0, but its smallest value is 0"),
        (
            Softmax(),
            [0.5, 1.0],
            2,
            "takes integer labels 0, 1, ..., k - 1, but the target holds other values",
        ),
        (Softmax(), [0.0, np.nan], 2, "takes integer labels"),
        (Softmax(), [0.0, np.inf], 2, "takes integer labels"),
        (Softmax(), [0.0, 1e300], 2, "takes integer labels"),
        (Softmax(), ["a", "b"], 2, "takes integer labels"),
        (
            Softmax(),
            [0, 3],
            3,
            "labels must run from 0 to 2, the network's outputs less one, got 0 to 3",
        ),
        (Softmax(), [-1, 1], 3, "got -1 to 1"),
        (Softmax(), [[0.5, 0.6]], 2, "whose rows are not negative and sum to 1"),
        (Softmax(), [[-0.5, 1.5]], 2, "whose rows are not negative and sum to 1"),
        (
            Softmax(),
            [[0.5, 0.5]],
            3,
            r"labels \(n,\) or probabilities \(n, 3\), but the target has shape \(1, 2\)",
        ),
    ],
)
def test_a_target_that_does_not_fit_is_refused(
    loss: Any, y: Any, n_outputs: int, message: str
) -> None:
    with raises(DataError, message):
        loss.prepare(np.asarray(y), n_outputs, "float32")


def test_quantiles_need_a_multiple_of_scores() -> None:
    with raises(SettingError, "3 quantiles need a multiple of 3 raw scores, but the network has 4"):
        Quantile((0.1, 0.5, 0.9)).prepare(np.zeros(2), 4, "float64")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Huber(0.0), "delta must be a positive number, got 0.0"),
        (lambda: Huber("1"), "delta must be a positive number, got '1'"),  # type: ignore[arg-type]
        (lambda: Softmax(None), "got None"),  # type: ignore[arg-type]
        (lambda: loss_function(Huber), r"got the class Huber: write Huber\(\)"),
        (
            lambda: CustomLoss(lambda Z, y: None, name="none").prepare(np.zeros(3), 1, "float64"),
            "must return two arrays.*got NoneType",
        ),  # type: ignore[arg-type]
        (lambda: Quantile((0.0,)), "strictly between 0 and 1"),
        (lambda: Quantile(()), "strictly between 0 and 1"),
        (lambda: Quantile((0.5, 0.1)), "in rising order, each once"),
        (lambda: Logistic(1.0), r"label_smoothing must be in \[0, 1\), got 1.0"),
        (lambda: Softmax(clip_eps=0.5), r"clip_eps must be in \[0, 0.5\), got 0.5"),
        (lambda: Logistic(clip_eps=-0.1), r"clip_eps must be in \[0, 0.5\), got -0.1"),
        (lambda: Logistic(clip_eps=None), r"clip_eps must be in \[0, 0.5\), got None"),  # type: ignore[arg-type]
        (
            lambda: Logistic(reduction="all"),
            "unknown reduction 'all': expected one of mean, mean_of_sum, sum",
        ),
        (lambda: Squared("summ"), "unknown reduction 'summ'.*Did you mean 'sum'"),
        (lambda: Poisson(3), "unknown reduction 3: expected one of"),  # type: ignore[arg-type]
        (lambda: Softmax(-0.1), r"label_smoothing must be in \[0, 1\), got -0.1"),
        (lambda: loss_function("sqared"), "unknown loss 'sqared'.*Did you mean 'squared'"),
        (lambda: loss_function(3), "a loss must be a name, a loss object or a function"),
    ],
)
def test_a_setting_that_does_not_fit_is_refused(make: Callable[[], Any], message: str) -> None:
    with raises(SettingError, message):
        make()


@pytest.mark.parametrize("y", [[0, 1, 1], [True, False, True], [[0.0], [1.0], [1.0]]], ids=str)
def test_softmax_takes_labels_in_any_type_that_holds_them(y: Any) -> None:
    prepared = Softmax().prepare(y, 2, "float32")
    assert prepared.dtype == np.int64
    assert prepared.shape == (3,)


# Names and users' own losses


@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_is_found_by_its_name(name: str) -> None:
    assert loss_function(name).name == name
    assert loss_function(loss_function(name)) == loss_function(name)


def test_a_plain_function_becomes_a_loss() -> None:
    assert loss_function(log_cosh) == CustomLoss(log_cosh, name="log_cosh")


@pytest.mark.parametrize("scale", [1.0, 1e3, 1e6])
@pytest.mark.parametrize("function", [log_cosh, half_distance])
def test_a_right_gradient_is_accepted_at_any_scale_of_the_target(
    function: Any, scale: float
) -> None:
    y = scale * (1.0 + np.random.default_rng(0).random(50))
    if function is log_cosh:
        y /= scale  # cosh ends at 710
    assert CustomLoss(function).prepare(y, 1, "float64").shape == (50, 1)


@pytest.mark.parametrize("scale", [1.0, 1e6])
@pytest.mark.parametrize("factor", [-1.0, 0.0, 2.0, 1.01])
def test_a_wrong_gradient_is_refused_with_both_numbers(factor: float, scale: float) -> None:
    wrong = CustomLoss(lambda Z, y: (0.5 * (Z - y) ** 2, factor * (Z - y)), name="mine")
    with raises(
        SettingError,
        "gradient of loss 'mine' is not the derivative of its value.*it says .* but central "
        "differences .* say",
    ):
        wrong.prepare(scale * np.arange(1.0, 9.0), 1, "float64")


def test_a_users_loss_of_the_wrong_shape_is_refused() -> None:
    flat = CustomLoss(lambda Z, y: (np.zeros((len(Z), 1)), np.zeros(len(Z))), name="flat")
    with raises(
        SettingError,
        r"loss 'flat' must return losses \(4,\) or \(4, 2\) and derivatives \(4, 2\), got \(4, 1\) "
        r"and \(4,\)",
    ):
        flat.prepare(np.zeros(4), 2, "float64")
