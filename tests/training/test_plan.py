"""A plan chooses by the number of rows what is left open, keeps what is given, and writes down
both."""

import json
import math
from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest

from glassnet.activations import ACTIVATIONS
from glassnet.errors import SettingError
from glassnet.losses import Huber, Quantile
from glassnet.optimizers import LBFGS, SGD, Adam, AdamW, RMSprop
from glassnet.penalties import Penalty
from glassnet.schedules import Cosine
from glassnet.training.plan import Plan
from glassnet.training.recipes import PLAIN, RECIPES, STANDARD, Recipe, recipe_for
from glassnet.training.resolved_plan import MIN_ROWS_TO_HOLD_OUT, PATIENCE, ResolvedPlan


@pytest.mark.parametrize(
    ("n_rows", "batch_size", "max_epochs"),
    [
        (1_999, 32, 50),
        (2_000, 64, 63),
        (9_999, 64, 50),
        (10_000, 128, 50),
        (49_999, 128, 50),
        (50_000, 256, 50),
        (150_000, 256, 34),
        (10**7, 256, 10),
    ],
)
def test_batches_and_epochs_follow_from_the_rows(
    n_rows: int, batch_size: int, max_epochs: int
) -> None:
    plan = ResolvedPlan.of(Plan(recipe="plain"), n_rows, classes=True)
    assert (plan.batch_size, plan.max_epochs, plan.early_stopping) == (batch_size, max_epochs, True)


@pytest.mark.parametrize("n_rows", [1, 4, 33, 99, 100, 150, 499, 500, 1_999, 2_000, 12_345, 10**6])
def test_few_rows_get_their_updates_and_many_no_more_than_they_need(n_rows: int) -> None:
    plan = ResolvedPlan.of(Plan(recipe="plain"), n_rows, classes=True)
    assert plan.max_epochs is not None
    steps = -(-n_rows // (plan.batch_size or 1))
    assert (
        plan.max_epochs * steps >= PLAIN.min_updates or plan.max_epochs == PLAIN.max_epochs_few_rows
    )
    assert plan.max_epochs * steps <= max(PLAIN.max_updates, PLAIN.min_epochs * steps)
    assert PLAIN.min_epochs <= plan.max_epochs <= PLAIN.max_epochs_few_rows
    assert plan.early_stopping == (n_rows >= MIN_ROWS_TO_HOLD_OUT)
    assert plan.patience == max(1, plan.max_epochs // 2)


def test_nothing_is_left_open_but_the_tasks_own() -> None:
    plan = ResolvedPlan.of(Plan(recipe="plain"), 1000, classes=True)
    open_still = {field.name for field in fields(plan) if getattr(plan, field.name) is None}
    assert open_still == {"scoring", "class_weight", "clip_norm", "n_threads", "time_limit"}
    assert ResolvedPlan.of(plan, 10, classes=True) == plan
    assert plan.hidden_activations() == [(size, "relu") for size in plan.hidden_layer_sizes or ()]  # type: ignore[union-attr]


GIVEN: dict[str, Any] = {
    "hidden_layer_sizes": (3, 2),
    "activation": "tanh",
    "dropout": 0.1,
    "normalization": "layer",
    "loss": "softmax",
    "optimizer": "sgd",
    "learning_rate": 0.7,
    "schedule": "cosine",
    "batch_size": 5,
    "max_epochs": 7,
    "early_stopping": False,
    "patience": 3,
    "weight_decay": 0.2,
    "label_smoothing": 0.3,
    "dropout_schedule": "flat_cosine",
    "decay_schedule": "cosine",
}


@pytest.mark.parametrize("name", GIVEN)
@pytest.mark.parametrize("n_rows", [4, 100_000])
def test_what_is_given_stays(name: str, n_rows: int) -> None:
    assert (
        getattr(
            ResolvedPlan.of(Plan(recipe="plain", **{name: GIVEN[name]}), n_rows, classes=True), name
        )
        == GIVEN[name]
    )


def test_patience_is_long_along_the_chosen_cycle_and_short_beside_a_schedule_of_ones_own() -> None:
    assert ResolvedPlan.of(Plan(recipe="plain", max_epochs=80), 4, classes=True).patience == 40
    assert (
        ResolvedPlan.of(
            Plan(recipe="plain", max_epochs=80, schedule="cosine"), 4, classes=True
        ).patience
        == PATIENCE
    )
    assert ResolvedPlan.of(Plan(recipe="plain", max_epochs=1), 4, classes=True).patience == 1


def test_a_validation_set_is_there_to_stop_by() -> None:
    assert (
        ResolvedPlan.of(Plan(recipe="plain"), 4, classes=True, has_validation=True).early_stopping
        is True
    )
    assert (
        ResolvedPlan.of(
            Plan(recipe="plain", early_stopping=False), 4, classes=True, has_validation=True
        ).early_stopping
        is False
    )


@pytest.mark.parametrize("optimizer", ["lbfgs", LBFGS(history=3)])
def test_lbfgs_has_no_schedule_and_its_own_number_of_iterations(optimizer: Any) -> None:
    plan = ResolvedPlan.of(Plan(recipe="plain", optimizer=optimizer), 100_000, classes=True)
    assert (plan.schedule, plan.max_epochs, plan.learning_rate, plan.weight_decay) == (
        "constant",
        200,
        None,
        None,
    )
    assert isinstance(plan.bound_optimizer(), LBFGS)


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [(7, (7,)), ((), ()), ([5, 4], (5, 4)), (np.array([5, 4]), (5, 4)), (np.int64(3), (3,))],
)
def test_hidden_layers_come_as_a_number_or_a_sequence(
    sizes: Any, expected: tuple[int, ...]
) -> None:
    plan = ResolvedPlan.of(Plan(recipe="plain", hidden_layer_sizes=sizes), 100, classes=True)
    assert plan.hidden_layer_sizes == expected
    assert all(type(size) is int for size in plan.hidden_layer_sizes)


def test_activations_may_differ_by_layer() -> None:
    named = ResolvedPlan.of(
        Plan(recipe="plain", hidden_layer_sizes=(3, 2), activation=["tanh", ACTIVATIONS["relu"]]),
        10,
        classes=True,
    )
    assert named.hidden_activations() == [(3, "tanh"), (2, ACTIVATIONS["relu"])]
    with pytest.raises(
        SettingError,
        match="activation names 1 functions for 2 hidden layers: give one, or one for each",
    ):
        replace(named, activation=["tanh"]).hidden_activations()


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, AdamW(lr=PLAIN.learning_rate, weight_decay=PLAIN.weight_decay)),
        ({"learning_rate": 0.01, "weight_decay": 0.0}, AdamW(lr=0.01, weight_decay=0.0)),
        ({"optimizer": "adamw"}, AdamW()),
        ({"optimizer": "adam"}, Adam()),
        ({"optimizer": "adam", "weight_decay": 0.3}, AdamW(weight_decay=0.3)),
        ({"optimizer": AdamW(lr=0.5, weight_decay=0.2)}, AdamW(lr=0.5, weight_decay=0.2)),
        (
            {"optimizer": AdamW(lr=0.5), "weight_decay": 0.4, "learning_rate": 0.1},
            AdamW(lr=0.1, weight_decay=0.4),
        ),
        ({"optimizer": RMSprop(rho=0.5), "learning_rate": 0.1}, RMSprop(0.1, rho=0.5)),
        ({"optimizer": "sgd", "learning_rate": 0.1}, SGD(0.1, momentum=0.9, nesterov=True)),
    ],
    ids=str,
)
def test_the_optimizer_gets_rate_and_decay(settings: dict[str, Any], expected: Any) -> None:
    assert (
        ResolvedPlan.of(Plan(recipe="plain", **settings), 100, classes=True).bound_optimizer()
        == expected
    )


def test_the_penalty_is_there_when_one_of_both_is() -> None:
    assert Plan().penalty() is None
    assert Plan(l1=0.1).penalty() == Penalty(l1=0.1)
    assert Plan(l2=0.1).penalty() == Penalty(l2=0.1)


class Own:
    """An optimizer of somebody's own."""

    lr = 0.1

    def __repr__(self) -> str:
        return "Own()"

    def start(self, theta: Any) -> Any:
        raise NotImplementedError

    def step(self, *arguments: Any) -> None:
        raise NotImplementedError


@pytest.mark.parametrize(
    ("settings", "match"),
    [
        ({"normalization": "bath"}, r"unknown normalization 'bath'.*Did you mean 'batch'"),
        *[
            ({name: value}, f"{name} must be a whole number of at least 1, got {value!r}")
            for name in ("batch_size", "max_epochs")
            for value in (0, -1, 2.5, "4", True)
        ],
        *[
            (
                {"hidden_layer_sizes": value},
                "hidden_layer_sizes must hold one whole number for each hidden layer",
            )
            for value in ("abc", 2.5, (4.5,), ("4",), None.__class__)
        ],
        (
            {"optimizer": "sgd", "weight_decay": 0.1},
            "weight_decay is a setting of 'adamw', but the optimizer is 'sgd'",
        ),
        ({"optimizer": "lbfgs", "weight_decay": 0.1}, "weight_decay is a setting of 'adamw'"),
        (
            {"optimizer": "lbfgs", "learning_rate": 0.1},
            "'lbfgs' chooses its own steps: leave learning_rate out",
        ),
        (
            {"optimizer": Own(), "learning_rate": 0.1},
            "learning_rate sets the rate of glassnet's own optimizers",
        ),
        ({"optimizer": "adma"}, "Did you mean 'adam'"),
        ({"learning_rate": -1.0}, "the learning rate must be a positive number"),
        ({"l1": -1.0}, "l1 must be zero or a positive number"),
        ({"weight_decay": math.nan}, "weight_decay must be zero or a positive number"),
    ],
    ids=str,
)
def test_settings_that_do_not_fit_are_refused(settings: dict[str, Any], match: str) -> None:
    def use(plan: Plan) -> None:
        plan.bound_optimizer()
        plan.penalty()

    with pytest.raises(SettingError, match=match):
        use(ResolvedPlan.of(Plan(recipe="plain", **settings), 100, classes=True))


def my_loss(Z: Any, y: Any) -> Any:
    raise NotImplementedError


@pytest.mark.parametrize(
    "plan",
    [
        Plan(),
        Plan(
            loss=Quantile((0.1, 0.9)),
            optimizer=LBFGS(),
            schedule=Cosine(),
            activation=["tanh", ACTIVATIONS["gelu"]],
        ),
        Plan(
            class_weight={"a": 1.0, True: np.float64(2.0), 3: np.float32(0.5)},
            scoring=len,
            patience=math.inf,
        ),  # type: ignore[arg-type]
        Plan(
            hidden_layer_sizes=np.array([3, 4]),
            batch_size=np.int64(3),
            l2=np.float32(0.5),
            seed=np.uint32(7),
        ),  # type: ignore[arg-type]
        Plan(loss=my_loss, optimizer=Own()),
        Plan(loss=Huber(0.5), learning_rate=np.float64(0.1)),
    ],
    ids=range(6),
)
def test_a_plan_can_be_written_as_json(plan: Plan) -> None:
    for each in (plan, ResolvedPlan.of(plan, 100, classes=True)):
        plain = each.to_plain()
        assert set(plain) == {field.name for field in fields(Plan)}
        assert json.loads(json.dumps(plain, allow_nan=False)) == plain


def test_what_was_chosen_is_written_by_its_name() -> None:
    plain = Plan(
        loss=Huber(0.5),
        scoring=my_loss,
        batch_size=np.int64(3),
        class_weight={1: 0.5},
        patience=math.inf,
    ).to_plain()  # type: ignore[arg-type]
    assert plain["loss"] == "Huber(delta=0.5)"
    assert plain["scoring"] == "my_loss"
    assert (plain["batch_size"], plain["class_weight"], plain["patience"]) == (3, {"1": 0.5}, "inf")


# Recipes


@pytest.mark.parametrize("classes", [True, False])
@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_fills_what_the_plan_leaves_open_and_nothing_else(
    name: str, classes: bool
) -> None:
    recipe = recipe_for(name, classes=classes)
    plan = ResolvedPlan.of(Plan(recipe=name), 3_000, classes=classes)
    assert plan.recipe == recipe
    for setting in (
        "activation",
        "dropout",
        "learning_rate",
        "schedule",
        "weight_decay",
        "label_smoothing",
        "dropout_schedule",
    ):
        assert getattr(plan, setting) == getattr(recipe, setting)
    assert (
        ResolvedPlan.of(
            Plan(recipe=name, learning_rate=0.123, dropout=0.5), 3_000, classes=classes
        ).learning_rate
        == 0.123
    )
    assert ResolvedPlan.of(plan, 10, classes=not classes).recipe == recipe  # once chosen it stays
    assert (
        json.loads(json.dumps(plan.to_plain()))["recipe"]["learning_rate"] == recipe.learning_rate
    )


def test_a_recipe_of_ones_own_is_taken_as_it_is() -> None:
    own = replace(PLAIN, hidden_layer_sizes=(5,), batch_sizes=((10, 2), (0, 4)))
    assert recipe_for(own, classes=False) is own
    assert ResolvedPlan.of(Plan(recipe=own), 9, classes=True).batch_size == 2
    assert ResolvedPlan.of(Plan(recipe=own), 10, classes=True).batch_size == 4
    assert ResolvedPlan.of(Plan(recipe=own), 10, classes=True).hidden_layer_sizes == (5,)


@pytest.mark.parametrize(
    ("recipe", "match"),
    [
        ("standart", "Did you mean 'standard'"),
        (7, "a recipe must be a name or a glassnet.Recipe"),
        (Recipe, "a recipe must be a name"),
    ],
)
def test_a_recipe_that_is_none_is_refused(recipe: Any, match: str) -> None:
    with pytest.raises(SettingError, match=match):
        ResolvedPlan.of(Plan(recipe=recipe), 10, classes=True)


def test_layers_are_twice_as_wide_with_many_rows() -> None:
    for n_rows, factor in (
        (100, 1),
        (STANDARD.twice_as_wide_from - 1, 1),
        (STANDARD.twice_as_wide_from, 2),
    ):
        plan = ResolvedPlan.of(Plan(recipe="standard"), n_rows, classes=True)
        assert plan.hidden_layer_sizes == tuple(
            factor * size for size in STANDARD.hidden_layer_sizes
        )
        assert ResolvedPlan.of(
            Plan(recipe="standard", hidden_layer_sizes=5), n_rows, classes=True
        ).hidden_layer_sizes == (5,)
        assert (
            ResolvedPlan.of(Plan(recipe="plain"), n_rows, classes=True).hidden_layer_sizes
            == PLAIN.hidden_layer_sizes
        )


@pytest.mark.parametrize(
    ("n_rows", "share"), [(100, 0.2), (640, 0.2), (1_000, 0.128), (1_280, 0.1), (100_000, 0.1)]
)
def test_of_few_rows_more_are_held_out(n_rows: int, share: float) -> None:
    assert ResolvedPlan.of(
        Plan(recipe="standard"), n_rows, classes=True
    ).validation_fraction == pytest.approx(share)
    assert ResolvedPlan.of(Plan(recipe="plain"), n_rows, classes=True).validation_fraction == 0.1
    assert (
        ResolvedPlan.of(
            Plan(recipe="standard", validation_fraction=0.3), n_rows, classes=True
        ).validation_fraction
        == 0.3
    )
