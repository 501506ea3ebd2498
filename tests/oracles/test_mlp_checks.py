"""scikit-learn's checks of an estimator, for configurations of the two drop-ins."""

from __future__ import annotations

from typing import Any

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from glassnet import MLPClassifier, MLPRegressor

pytestmark = (
    pytest.mark.filterwarnings(  # of so few epochs, and of the checks' tables of a few rows
        "ignore::sklearn.exceptions.ConvergenceWarning",
        "ignore:Got `batch_size` less than 1 or larger:UserWarning",
    )
)

SMALL: dict[str, Any] = {"hidden_layer_sizes": 16, "max_iter": 40, "learning_rate_init": 0.02}
FULL: dict[str, Any] = SMALL | {
    "tol": 0.0
}  # all rows to a batch where there are no more than 200: a weight is a repetition then

HELD_OUT: dict[str, Any] = {
    "early_stopping": True,
    "validation_fraction": 0.3,
}  # a tenth of a check's ten rows is refused as too few

CONFIGURATIONS: dict[str, dict[str, Any]] = {
    "sgd": FULL | {"solver": "sgd", "momentum": 0.0, "learning_rate_init": 0.05},
    "sgd, nesterov": FULL | {"solver": "sgd", "activation": "logistic"},
    "sgd, adaptive": FULL
    | {"solver": "sgd", "learning_rate": "adaptive", "nesterovs_momentum": False, "tol": 1e-4},
    "sgd, invscaling": FULL | {"solver": "sgd", "learning_rate": "invscaling", "power_t": 0.1},
    "adam": FULL | {"alpha": 1e-2, "clip_norm": 1.0},
    "adam, no hidden layer": FULL | {"hidden_layer_sizes": (), "learning_rate_init": 0.1},
    "lbfgs": FULL | {"solver": "lbfgs", "max_iter": 25, "alpha": 1e-2, "tol": 1e-4},
    "mini-batches": SMALL | {"batch_size": 24},
    "early stopping": FULL | HELD_OUT,
    "dropout": FULL | {"dropout": 0.1},
    "an activation for each layer": FULL
    | {"hidden_layer_sizes": (16, 8), "activation": ("tanh", "silu")},
    "the reference engine": FULL | {"engine": "reference"},
}
CLASSIFIERS: dict[str, dict[str, Any]] = CONFIGURATIONS | {
    "class weights": FULL | {"class_weight": "balanced"},
    "early stopping by score": FULL | HELD_OUT | {"scoring": "accuracy"},
}
REGRESSORS: dict[str, dict[str, Any]] = CONFIGURATIONS | {
    "huber": FULL | {"loss": "huber"},
    "early stopping by score": FULL | HELD_OUT | {"scoring": "neg_mean_absolute_error"},
}

EQUIVALENCE = (
    "check_sample_weight_equivalence_on_dense_data",
    "check_sample_weight_equivalence_on_sparse_data",
)
# A weight cannot be a repetition where a row's neighbors in its batch, a mask drawn for it or its
# place in a split decide the result.
NO_REPETITION = {
    "mini-batches": "a row of weight 2 stands in one batch",
    "sgd, invscaling": "the rate falls with the number of rows seen",
    "dropout": "masks belong to rows, and a row of weight 2 has one",
    "early stopping": "a split is of rows, without weights",
    "early stopping by score": "a split is of rows, without weights",
}
# Early stopping makes partial_fit an error, as it does in scikit-learn's classes.
NO_PARTIAL_FIT = (
    "check_fit_score_takes_y",
    "check_n_features_in_after_fitting",
    "check_estimators_partial_fit_n_features",
)


def estimators(
    classifiers: dict[str, dict[str, Any]], regressors: dict[str, dict[str, Any]]
) -> list[Any]:
    return [MLPClassifier(**settings) for settings in classifiers.values()] + [
        MLPRegressor(**settings) for settings in regressors.values()
    ]


def expected_failures(estimator: Any) -> dict[str, str]:
    """Which checks must fail, and why: strict, so a reason that no longer holds is found."""
    table = CLASSIFIERS if isinstance(estimator, MLPClassifier) else REGRESSORS
    name = next(
        (
            name
            for name, settings in table.items()
            if estimator.get_params() == type(estimator)(**settings).get_params()
        ),
        "default",
    )
    found = dict.fromkeys(EQUIVALENCE, NO_REPETITION[name]) if name in NO_REPETITION else {}
    return found | (
        dict.fromkeys(NO_PARTIAL_FIT, "partial_fit with early stopping is refused")
        if estimator.early_stopping
        else {}
    )


@parametrize_with_checks(
    estimators(CLASSIFIERS, REGRESSORS), expected_failed_checks=expected_failures
)
def test_configuration(estimator: Any, check: Any) -> None:
    check(estimator)


@parametrize_with_checks(
    estimators({"default": {}}, {"default": {}}), expected_failed_checks=expected_failures
)
def test_default(estimator: Any, check: Any) -> None:
    check(estimator)
