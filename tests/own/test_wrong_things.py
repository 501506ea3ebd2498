"""A wrong thing of one's own gets one sentence, through every door that takes it.

Before a weight has changed.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.utils._param_validation import InvalidParameterError

from glassnet import (
    Activation,
    Dense,
    EarlyStopping,
    GlassNetClassifier,
    GlassNetRegressor,
    Members,
    MLPRegressor,
    Network,
    Plan,
    Stack,
    fit,
    train,
)
from glassnet.errors import SettingError
from tests.own import wrong

Array = np.ndarray[Any, np.dtype[Any]]
Door = Callable[[Any], Any]

pytestmark = pytest.mark.filterwarnings("ignore:the reference engine runs:RuntimeWarning")

RNG = np.random.default_rng(0)
X = RNG.standard_normal((40, 3)).astype(np.float32)
Y = X[:, 0] + 0.1 * RNG.standard_normal(40).astype(np.float32)
LABELS = (Y > 0).astype(int)


def trained(layers: Any, **settings: Any) -> None:
    network = Network(layers, 3)
    before = network.parameters.theta.copy()
    settings = {"loss": "squared", "optimizer": "sgd", "batch_size": 20, "epochs": 2, **settings}
    try:
        list(train(network, X, Y, **settings))
    finally:
        unchanged = np.array_equal(network.parameters.theta, before)
    assert unchanged, "a weight has changed before the refusal"


def planned(**settings: Any) -> None:
    fit(X, Y, Plan(recipe="plain", max_epochs=2, hidden_layer_sizes=(4,), **settings))


def estimated(**settings: Any) -> None:
    GlassNetRegressor(
        **{
            "recipe": "plain",
            "max_epochs": 2,
            "hidden_layer_sizes": (4,),
            "random_state": 0,
            **settings,
        }
    ).fit(X, Y)


def classified(**settings: Any) -> None:
    GlassNetClassifier(
        **{
            "recipe": "plain",
            "max_epochs": 2,
            "hidden_layer_sizes": (4,),
            "random_state": 0,
            **settings,
        }
    ).fit(X, LABELS)


def perceived(**settings: Any) -> None:
    MLPRegressor(**{"hidden_layer_sizes": (4,), "max_iter": 2, "random_state": 0, **settings}).fit(
        X, Y
    )


DOORS: dict[str, tuple[dict[str, tuple[Callable[[], Any], str]], dict[str, Door]]] = {
    "activation": (
        wrong.ACTIVATIONS,
        {
            "Dense": lambda own: trained([Dense(4, own), Dense(1)]),
            "Activation": lambda own: trained(
                [Dense(4), Activation(own, parametric=True), Dense(1)]
            ),
            "fit": lambda own: planned(activation=own),
            "GlassNetRegressor": lambda own: estimated(activation=own),
            "GlassNetClassifier": lambda own: classified(activation=[own]),
            "MLPRegressor": lambda own: perceived(activation=own),
        },
    ),
    "layer": (
        wrong.LAYERS,
        {
            "first": lambda own: trained([own, Dense(1)]),
            "inside": lambda own: trained([Dense(3, "tanh"), Stack([own]), Dense(1)]),
            "member": lambda own: trained([Members([Stack([Dense(3), own, Dense(1)]), Dense(1)])]),
        },
    ),
    "loss": (
        wrong.LOSSES,
        {
            "train": lambda own: trained([Dense(1)], loss=own),
            "fit": lambda own: planned(loss=own),
            "GlassNetRegressor": lambda own: estimated(loss=own),
            "MLPRegressor": lambda own: perceived(loss=own),
        },
    ),
    "schedule": (
        wrong.SCHEDULES,
        {
            "train": lambda own: trained([Dense(1)], schedule=own),
            "train, dropout": lambda own: trained([Dense(1)], dropout_schedule=own),
            "train, decay": lambda own: trained([Dense(1)], decay_schedule=own),
            "fit": lambda own: planned(schedule=own),
            "GlassNetRegressor": lambda own: estimated(schedule=own),
        },
    ),
    "metric": (
        wrong.METRICS,
        {
            "train": lambda own: trained(
                [Dense(1)], stop=EarlyStopping(scoring=own), validation=0.2
            ),
            "fit": lambda own: planned(scoring=own),
            "GlassNetRegressor": lambda own: estimated(scoring=own),
            "MLPRegressor": lambda own: perceived(scoring=own, early_stopping=True),
        },
    ),
    "initializer": (
        wrong.INITIALIZERS,
        {"Dense": lambda own: trained([Dense(4, initializer=own), Dense(1)])},
    ),
    "callback": (
        wrong.CALLBACKS,
        {
            "fit": lambda own: fit(X, Y, Plan(recipe="plain", max_epochs=2), on_epoch=own),
            "MLPRegressor": lambda own: perceived(callbacks=[own]),
        },
    ),
    "optimizer": (
        wrong.OPTIMIZERS,
        {
            "train": lambda own: trained([Dense(1)], optimizer=own),
            "fit": lambda own: planned(optimizer=own),
            "GlassNetRegressor": lambda own: estimated(optimizer=own),
        },
    ),
}
CASES = [
    pytest.param(make, says, through, id=f"{kind}: {name}, {door}")
    for kind, (things, doors) in DOORS.items()
    for name, (make, says) in things.items()
    for door, through in doors.items()
]


def test_infinite_decay_is_refused_where_an_infinite_rate_is_a_divergence() -> None:
    with pytest.raises(SettingError, match="none negative, got inf to inf"):
        trained([Dense(1)], decay_schedule=lambda steps, n_steps: np.full(len(steps), np.inf))


@pytest.mark.parametrize(("make", "says", "through"), CASES)
def test_a_wrong_thing_gets_one_sentence(make: Callable[[], Any], says: str, through: Door) -> None:
    with pytest.raises((SettingError, InvalidParameterError)) as caught:
        through(make())
    said = str(caught.value)
    assert says in said or isinstance(
        caught.value, InvalidParameterError
    )  # scikit-learn's own sentence names the parameter
    assert "\n" not in said
    assert len(said) < 600


@pytest.mark.parametrize(
    "changed",
    [{"activation": wrong.one(keeps="output")}, {"loss": wrong.WrongObject()}],
    ids=["activation", "loss"],
)
def test_what_is_refused_leaves_an_earlier_fit_of_an_estimator_as_it_was(changed: Any) -> None:
    for estimator in (
        MLPRegressor(hidden_layer_sizes=(4,), solver="lbfgs", tol=1e-2, random_state=0),
        GlassNetRegressor(
            recipe="plain",
            max_epochs=2,
            hidden_layer_sizes=(4,),
            activation="relu",
            loss="squared",
            random_state=0,
        ),
    ):
        before = {
            name: copy.deepcopy(value)
            for name, value in vars(estimator.fit(X, Y)).items()
            if name in ("n_iter_", "loss_", "t_")
        }
        predicted = estimator.predict(X)
        with pytest.raises(SettingError):
            clone(estimator).set_params(**changed).fit(X, Y)
        with pytest.raises(SettingError):
            estimator.set_params(**changed).fit(X, Y)
        estimator.set_params(activation="relu", loss="squared")
        np.testing.assert_array_equal(estimator.predict(X), predicted)
        assert {name: getattr(estimator, name) for name in before} == before


def test_an_activation_whose_functions_cannot_be_hashed_is_checked_each_time() -> None:
    class Unhashable:
        __hash__ = None  # type: ignore[assignment]

        def __eq__(self, other: object) -> bool:
            return self is other

        def __call__(self, Z: Array) -> Any:
            return Z, 2.0 * np.ones_like(Z)

    function = Unhashable()
    for _ in range(2):
        with pytest.raises(
            SettingError,
            match="the second array of the activation 'Unhashable' is not the derivative of its "
            "value",
        ):
            Dense(3, function)
