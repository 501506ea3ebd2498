"""The bounds of an interval stay on the side of 0 where all values of the training lie, of each
target by itself, by every door."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

import glassnet
from glassnet.cli import main
from glassnet.data.coding.target import Target
from glassnet.errors import ModelFileError
from glassnet.losses import CustomLoss, Huber, Quantile
from glassnet.training.plan import Plan
from glassnet.training.recipes import STANDARD_FOR_NUMBERS
from tests.storage.unpacked import Unpacked

SMALL = replace(
    STANDARD_FOR_NUMBERS, members=2, hidden_layer_sizes=(8,), max_epochs=8, min_epochs=8
)
RNG = np.random.default_rng(0)
X = RNG.uniform(-1.0, 1.0, (360, 2))
AMOUNTS = RNG.gamma(0.7, np.exp(1.5 * X[:, 0]))  # skewed, most of them near 0
COUNTS = RNG.poisson(np.exp(X[:, 0] - 0.5)).astype(float)
BOTH = X[:, 0] + RNG.normal(size=360)


def half_the_squared_error(Z: Any, y: Any) -> tuple[Any, Any]:
    return 0.5 * (Z - y) ** 2, Z - y


# name: (target values, settings, the sign of each target, whether bounds lie beyond 0 where nothing
# holds them)
CASES: dict[str, tuple[Any, dict[str, Any], tuple[int, ...], bool]] = {
    "amounts, squared": (AMOUNTS, {}, (1,), True),
    "amounts, absolute": (AMOUNTS, {"loss": "absolute"}, (1,), True),
    "amounts, huber": (AMOUNTS, {"loss": Huber(0.5)}, (1,), True),
    "amounts, quantiles": (AMOUNTS, {"loss": Quantile((0.1, 0.5, 0.9))}, (1,), True),
    "amounts, gamma": (AMOUNTS, {"loss": "gamma"}, (1,), True),
    "amounts, a loss of the user's own": (
        AMOUNTS,
        {"loss": CustomLoss(half_the_squared_error, name="mine")},
        (1,),
        True,
    ),
    "counts with zeros, squared": (COUNTS, {}, (1,), True),
    "counts with zeros, poisson": (COUNTS, {"loss": "poisson"}, (1,), True),
    "debts, never above 0": (-AMOUNTS, {}, (-1,), True),
    "amounts far from 0": (AMOUNTS + 100.0, {}, (1,), False),
    "numbers on both sides": (BOTH, {}, (), False),
    "an amount, a number and a debt": (np.c_[AMOUNTS, BOTH, -COUNTS], {}, (1, 0, -1), True),
}


def free_bounds(model: glassnet.Model, coverage: float) -> Any:
    """The bounds where nothing holds them `(n, m, 2)`: those of a target that is far from 0."""
    far = replace(model.target, mean=tuple(mean + 1e6 for mean in model.target.mean), sign=())
    return replace(model, target=far).predict_interval(X, coverage).reshape(len(X), -1, 2) - 1e6


@pytest.fixture(scope="module")
def models() -> dict[str, glassnet.Model]:
    return {
        name: glassnet.fit(X, y, Plan(recipe=SMALL, calibrate=True, **settings), task="regression")
        for name, (y, settings, _, _) in CASES.items()
    }


@pytest.mark.parametrize("coverage", [0.8, 0.9])
@pytest.mark.parametrize("name", CASES)
def test_bounds_stay_on_their_side_of_0(name: str, coverage: float, models: Any) -> None:
    _, _, sign, beyond = CASES[name]
    model = models[name]
    free = free_bounds(model, coverage)
    found = model.predict_interval(X, coverage).reshape(free.shape)
    side = np.array(sign or [0])[:, np.newaxis]
    assert bool((free * side < 0.0).any()) == beyond
    expected = np.where(
        side > 0, np.maximum(free, 0.0), np.where(side < 0, np.minimum(free, 0.0), free)
    )
    np.testing.assert_allclose(found, expected, rtol=0.0, atol=1e-8)
    assert model.target.sign == sign


@pytest.mark.parametrize("name", [name for name in CASES if "own" not in name])
def test_the_side_comes_back_from_a_file(name: str, models: Any, tmp_path: Path) -> None:
    models[name].save(tmp_path / "m.glassnet")
    again = glassnet.load(tmp_path / "m.glassnet")
    assert again.target == models[name].target
    np.testing.assert_array_equal(
        again.predict_interval(X, 0.8), models[name].predict_interval(X, 0.8)
    )


def test_a_file_without_the_side_is_read(models: Any, tmp_path: Path) -> None:
    """So are those of before: counts and amounts by their loss keep it, others have none."""
    for name, least in {
        "counts with zeros, poisson": 0.0,
        "counts with zeros, squared": -np.inf,
    }.items():
        models[name].save(tmp_path / "m.glassnet")
        taken = Unpacked((tmp_path / "m.glassnet").read_bytes())
        del taken.said["target"]["sign"]
        (tmp_path / "m.glassnet").write_bytes(taken.pack())
        low = glassnet.load(tmp_path / "m.glassnet").predict_interval(X)[:, 0]
        assert (low.min() < 0.0) == (least < 0.0)


@pytest.mark.parametrize("sign", [[2], [1, 1], [1, 0, -1], [-2], [True], [1.0], ["1"], 1, None])
def test_a_file_with_an_odd_side_is_refused(sign: Any, models: Any, tmp_path: Path) -> None:
    models["amounts, squared"].save(tmp_path / "m.glassnet")
    taken = Unpacked((tmp_path / "m.glassnet").read_bytes())
    taken.said["target"]["sign"] = sign
    (tmp_path / "m.glassnet").write_bytes(taken.pack())
    with pytest.raises(ModelFileError, match="sign must be"):
        glassnet.load(tmp_path / "m.glassnet")


def test_rows_of_weight_0_do_not_count() -> None:
    assert Target.fit([1.5, 2.0, -3.0], weight=[1, 1, 0]).sign == (1,)
    assert Target.fit([1.5, 2.0, -3.0]).sign == ()
    assert Target.fit([0.0, 0.0], task="regression").sign == (1,)


def test_classes_have_no_side() -> None:
    assert (
        Target.fit(["a", "b"]).sign == Target.fit([0, 1]).sign == Target.fit(np.eye(2)).sign == ()
    )


def test_the_estimator_follows_the_values_of_its_last_fit() -> None:
    regressor = glassnet.GlassNetRegressor(
        recipe=SMALL, calibrate=True, warm_start=True, random_state=0
    ).fit(X, AMOUNTS)
    assert regressor.predict_interval(X).min() == 0.0
    assert regressor.fit(X, AMOUNTS - 5.0).predict_interval(X).min() < -1.0
    assert regressor.fit(X, AMOUNTS).predict_interval(X).min() == 0.0


def test_the_command_line_writes_bounds_of_one_side(models: Any, tmp_path: Path) -> None:
    models["amounts, squared"].save(tmp_path / "m.glassnet")
    np.savetxt(tmp_path / "t.csv", X, delimiter=",", header="x0,x1", comments="")
    arguments = [
        "predict",
        str(tmp_path / "m.glassnet"),
        str(tmp_path / "t.csv"),
        "--coverage",
        "0.9",
    ]
    done = CliRunner().invoke(main, arguments, prog_name="glassnet")
    assert done.exit_code == 0, done.output
    values = np.array(
        [[float(cell) for cell in line.split(",")] for line in done.stdout.splitlines()[1:]]
    )
    assert values[:, 1].min() == 0.0
    assert (values[:, 1] <= values[:, 2]).all()
