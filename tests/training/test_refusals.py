"""What `train` cannot use it refuses when it is called, before the first record is asked for, and
says what came."""

from typing import Any

import numpy as np
import pytest
from scipy import sparse

from glassnet.errors import DataError, SettingError
from glassnet.optimizers import Adam
from tests.training.helpers import N_FEATURES, N, problem, sha, small_network, start

X, Y = problem()
WEIGHT = np.ones(N)


def with_cell(row: int, column: int, value: float) -> Any:
    changed = X.copy()
    changed[row, column] = value
    return changed


SETTINGS: list[tuple[dict[str, Any], str]] = [
    *[
        ({name: value}, rf"{name} must be a whole number of at least 1, got {value!r}")
        for name in ("epochs", "batch_size", "every")
        for value in (0, -3, 2.5, 8.0, True, "8", None, float("inf"))
    ],
    ({"loss": "squard"}, r"unknown loss 'squard'.*Did you mean 'squared'"),
    ({"loss": 3}, "a loss must be a name, a loss object or a function"),
    ({"optimizer": "adma"}, r"unknown optimizer 'adma'.*Did you mean 'adam'"),
    ({"optimizer": 0.1}, "an optimizer must be a name or an object such as Adam"),
    ({"schedule": "cosin"}, r"unknown schedule 'cosin'.*Did you mean 'cosine'"),
    ({"schedule": 0.5}, "a schedule must be a function"),
    ({"stop": 3}, r"stop must be an EarlyStopping\(...\) or None, got 3"),
    ({"penalty": 0.1}, r"penalty must be a Penalty\(l1=..., l2=...\) or None, got 0.1"),
    ({"clip_norm": 0.0}, "clip_norm must be a positive number or None, got 0.0"),
    ({"clip_norm": -1.0}, "clip_norm must be a positive number or None, got -1.0"),
    ({"clip_norm": "tight"}, "clip_norm must be a positive number or None, got 'tight'"),
    ({"optimizer": Adam}, r"an optimizer must be an object, got the class Adam: write Adam\(\)"),
    *[
        ({"seed": value}, f"seed must be a whole number, 0 or more, got {value!r}")
        for value in (None, -1, 1.5, "1", True)
    ],
    ({"engine": "refrence"}, r"unknown engine 'refrence'.*Did you mean 'reference'"),
    *[
        ({"n_threads": value}, "n_threads must be a whole number of at least 1, or None, got")
        for value in (0, -1, 1.5, "2", True)
    ],
    ({"validation": "half"}, "validation must be None, a fraction"),
    ({"validation": X}, f"got a ndarray of {N}"),
]
DATA: list[tuple[dict[str, Any], str]] = [
    (
        {"X": with_cell(3, 1, np.nan)},
        (
            "X must be finite, but row 3, column 1 holds nan: fill missing values first, or use "
            "glassnet.fit"
        ),
    ),
    ({"X": with_cell(21, 2, -np.inf)}, "row 21, column 2 holds -inf"),
    ({"X": sparse.csr_array(with_cell(5, 0, np.nan))}, "row 5, column 0 holds nan"),
    (
        {"X": X[:, :2]},
        rf"X must have shape \(n, {N_FEATURES}\) for this network, but it has shape \({N}, 2\)",
    ),
    ({"X": X[:, 0]}, rf"X must have shape \(n, {N_FEATURES}\)"),
    ({"X": X.astype(str)}, "X must hold numbers"),
    ({"X": X[:0], "y": Y[:0]}, "X has no rows: training needs at least one"),
    ({"y": Y[:5]}, f"X and y must have as many rows, but X has {N} and y has 5"),
    (
        {"y": Y + 1},
        (
            "loss 'logistic' takes labels 0 and 1 or probabilities between, but the target runs "
            "from 1 to 2"
        ),
    ),
    ({"y": Y.astype(str)}, "the target must hold numbers"),
    ({"y": np.column_stack([Y, Y])}, r"the target must have shape \(n,\) or \(n, 1\)"),
    (
        {"y": np.where(np.arange(N) == 4, np.nan, Y)},
        "the target must be finite in float64, but row 4 holds",
    ),
    (
        {"sample_weight": WEIGHT[:4]},
        rf"sample_weight must have shape \({N},\), one number for each row, got \(4,\)",
    ),
    ({"sample_weight": WEIGHT[:, None]}, rf"one number for each row, got \({N}, 1\)"),
    ({"sample_weight": 1.0}, r"one number for each row, got \(\)"),
    ({"sample_weight": -WEIGHT}, "sample_weight must hold finite numbers >= 0"),
    (
        {"sample_weight": np.where(np.arange(N) == 4, np.nan, 1.0)},
        "sample_weight must hold finite numbers >= 0",
    ),
    (
        {"sample_weight": np.where(np.arange(N) == 4, np.inf, 1.0)},
        "sample_weight must hold finite numbers >= 0",
    ),
    (
        {"sample_weight": 0.0 * WEIGHT},
        "sample_weight is zero in every row: nothing is left to learn from",
    ),
    ({"sample_weight": ["heavy"] * N}, "sample_weight must hold numbers, one for each row"),
]


@pytest.mark.parametrize(
    ("changed", "match", "kind"),
    [(changed, match, SettingError) for changed, match in SETTINGS]
    + [(changed, match, DataError) for changed, match in DATA],
    ids=str,
)
def test_bad_arguments_are_refused_at_the_call(
    changed: dict[str, Any], match: str, kind: type[Exception]
) -> None:
    network = small_network()
    before = sha(network)
    with pytest.raises(kind, match=match):
        start(network, **{"X": X, "y": Y, **changed})
    assert sha(network) == before


def test_what_is_no_network_is_refused() -> None:
    with pytest.raises(SettingError, match=r"network must be a glassnet.Network, got 'mine'"):
        start("mine", X, Y)  # type: ignore[arg-type]


def test_labels_beyond_the_outputs_are_refused() -> None:
    with pytest.raises(
        DataError,
        match="labels must run from 0 to 1, the network's outputs less one, got 0 to 2",
    ):
        start(small_network(2), X, np.arange(N) % 3, loss="softmax")


def test_a_custom_loss_whose_gradient_is_wrong_is_refused_before_training() -> None:
    with pytest.raises(SettingError, match="is not the derivative of its value"):
        start(small_network(), X, Y, loss=lambda Z, y: (0.5 * (Z - y) ** 2, y - Z))


@pytest.mark.parametrize(
    ("schedule", "came"),
    [
        (lambda steps, n_steps: 1.0, r"shape \(\)"),
        (lambda steps, n_steps: np.ones(1), r"shape \(1,\)"),
        (lambda steps, n_steps: -np.ones(len(steps)), "-1 to -1"),
        (lambda steps, n_steps: np.full(len(steps), np.nan), "nan to nan"),
    ],
    ids=["scalar", "short", "negative", "nan"],
)
def test_a_schedule_of_ones_own_is_checked(schedule: Any, came: str) -> None:
    with pytest.raises(
        SettingError,
        match=f"one multiplier for each of the . steps, none negative, got {came} from",
    ):
        list(start(small_network(), X, Y, schedule=schedule, batch_size=8))


def test_numbers_of_numpy_are_numbers() -> None:
    numbers = {
        "epochs": np.int64(2),
        "batch_size": np.int32(4),
        "every": np.uint8(1),
        "n_threads": np.int64(1),
        "seed": np.int64(3),
    }
    first, same = small_network(), small_network()
    assert len(list(start(first, X, Y, **numbers))) == 2
    list(start(same, X, Y, **{name: int(number) for name, number in numbers.items()}))
    assert sha(first) == sha(same)
