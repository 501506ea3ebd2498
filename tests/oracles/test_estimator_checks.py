"""scikit-learn's own checks of an estimator, over a table of configurations."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sklearn.utils.estimator_checks import parametrize_with_checks

from glassnet import SGD, GlassNetClassifier, GlassNetRegressor
from glassnet.training.recipes import RECIPES, STANDARD

SMALL: dict[str, Any] = {"recipe": "plain", "hidden_layer_sizes": 32, "max_epochs": 60}
FULL: dict[str, Any] = SMALL | {
    "batch_size": 10_000,
    "dtype": "float64",
    "learning_rate": 0.02,
}  # where a weight is a repetition to the last digits

CONFIGURATIONS: dict[str, dict[str, Any]] = {
    "sgd": FULL
    | {
        "optimizer": SGD(0.05, momentum=0.9),
        "learning_rate": 0.05,
        "schedule": "constant",
        "max_epochs": 100,
    },
    "rmsprop": FULL | {"optimizer": "rmsprop"},
    "adam": FULL | {"optimizer": "adam", "l1": 1e-4},
    "adamw": FULL
    | {"optimizer": "adamw", "weight_decay": 0.01, "schedule": "cosine", "clip_norm": 1.0},
    "lbfgs": FULL | {"optimizer": "lbfgs", "learning_rate": None, "l2": 1e-2, "max_epochs": 25},
    "layer normalization": FULL | {"normalization": "layer", "activation": "silu"},
    "float32": SMALL | {"batch_size": 8},
    "dropout": SMALL | {"dropout": 0.1},
    "batch normalization": SMALL | {"normalization": "batch"},
    "early stopping": FULL | {"early_stopping": True},
    "members": FULL | {"recipe": replace(STANDARD, members=2), "dropout": 0.0},
}
CLASSIFIERS: dict[str, dict[str, Any]] = CONFIGURATIONS | {
    "class weights": FULL | {"class_weight": "balanced"},
    "label smoothing": FULL | {"label_smoothing": 0.1, "learning_rate": 5e-3},
    "softmax": FULL | {"loss": "softmax"},
    "early stopping by score": FULL
    | {"early_stopping": True, "patience": 30, "scoring": "accuracy"},
}
REGRESSORS: dict[str, dict[str, Any]] = CONFIGURATIONS | {
    "huber": FULL | {"loss": "huber"},
    "early stopping by score": FULL
    | {"early_stopping": True, "patience": 30, "scoring": "neg_mean_absolute_error"},
}

# A weight cannot be a repetition where a row's neighbors in its batch, a mask drawn for it or its
# place in a split decide the result.
NO_REPETITION = {
    "float32": "mini-batches, and seven digits",
    "dropout": "masks belong to rows, and a row of weight 2 has one",
    "batch normalization": "batch statistics are of rows, without weights",
    "early stopping": "a split is of rows, without weights",
    "first values from rows": "each bias lies between rows that are drawn, without weights",
    "early stopping by score": "a split is of rows, without weights",
}
EQUIVALENCE = (
    "check_sample_weight_equivalence_on_dense_data",
    "check_sample_weight_equivalence_on_sparse_data",
)


def estimators(
    classifiers: dict[str, dict[str, Any]], regressors: dict[str, dict[str, Any]]
) -> list[Any]:
    return [GlassNetClassifier(**settings) for settings in classifiers.values()] + [
        GlassNetRegressor(**settings) for settings in regressors.values()
    ]


def expected_failures(estimator: Any) -> dict[str, str]:
    """Which checks must fail, and why: strict, so a reason that no longer holds is found."""
    table = CLASSIFIERS if isinstance(estimator, GlassNetClassifier) else REGRESSORS
    name = next(
        (
            name
            for name, settings in table.items()
            if estimator.get_params() == type(estimator)(**settings).get_params()
        ),
        None,
    )
    if name is None:  # a recipe as it is
        return dict.fromkeys(EQUIVALENCE, "mini-batches, and seven digits")
    return dict.fromkeys(EQUIVALENCE, NO_REPETITION[name]) if name in NO_REPETITION else {}


@parametrize_with_checks(
    estimators(CLASSIFIERS, REGRESSORS), expected_failed_checks=expected_failures
)
def test_configuration(estimator: Any, check: Any) -> None:
    check(estimator)


def of_recipes(i: int) -> dict[str, dict[str, Any]]:
    """Return the recipes for classes (0) or numbers (1), but the default; "best" is shortened."""
    less = replace(RECIPES["best"][i], members=2, min_epochs=48, max_epochs=48)
    return {
        "default": {},
        "plain": {"recipe": "plain"},
        "fast": {"recipe": "fast"},
        "best": {"recipe": less},
    }


@parametrize_with_checks(
    estimators(of_recipes(0), of_recipes(1)), expected_failed_checks=expected_failures
)
def test_recipe(estimator: Any, check: Any) -> None:
    check(estimator)
