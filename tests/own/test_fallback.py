"""What falls back to the reference engine says so once, with the reason.

The record of an epoch names the engine.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from glassnet import (
    Adam,
    Dense,
    EarlyStopping,
    GlassNetRegressor,
    MLPRegressor,
    Network,
    Plan,
    fit,
    train,
)
from glassnet.activations import ActivationFunction
from glassnet.engines.native import compiled, warn_reference_fallback
from glassnet.losses import CustomLoss
from tests.own import wrong

Array = np.ndarray[Any, np.dtype[Any]]

needs_native = pytest.mark.skipif(compiled() is None, reason="the native engine is not built")

RNG = np.random.default_rng(0)
X = RNG.standard_normal((60, 3))
Y = X[:, 0] + 0.1 * RNG.standard_normal(60)
CUBE = ActivationFunction("cube", wrong.cube, wrong.cube_backward, keeps="input")
LOG_COSH = CustomLoss(lambda Z, y: (np.log(np.cosh(Z - y)), np.tanh(Z - y)), name="log_cosh")


@pytest.fixture(autouse=True)
def _as_in_a_new_process() -> Iterator[None]:
    warn_reference_fallback.cache_clear()
    yield
    warn_reference_fallback.cache_clear()


def trained(layers: Any, **settings: Any) -> None:
    list(
        train(
            Network(layers, 3),
            X,
            Y,
            **{"loss": "squared", "optimizer": "adam", "batch_size": 20, "epochs": 2, **settings},
        )
    )


def planned(**settings: Any) -> None:
    fit(X, Y, Plan(max_epochs=2, hidden_layer_sizes=(4,), **settings))


def estimated(**settings: Any) -> None:
    GlassNetRegressor(max_epochs=2, hidden_layer_sizes=(4,), random_state=0, **settings).fit(
        X, Y
    ).predict(X)


def perceived(**settings: Any) -> None:
    MLPRegressor(hidden_layer_sizes=(4,), solver="lbfgs", random_state=0, **settings).fit(
        X, Y
    ).predict(X)


TOLD: dict[str, tuple[Callable[..., None], str]] = {
    "layer": (lambda **s: trained([wrong.Gain(), Dense(1)], **s), "the user-defined layer Gain"),
    "subclass": (
        lambda **s: trained([type("Mine", (Dense,), {})(2), Dense(1)], **s),
        "the user-defined layer Mine",
    ),
    "activation": (
        lambda **s: trained([Dense(2, CUBE), Dense(1)], **s),
        "the user-defined activation 'cube'",
    ),
    "activation, fit": (
        lambda **s: planned(activation=CUBE, **s),
        "the user-defined activation 'cube'",
    ),
    "activation, GlassNetRegressor": (
        lambda **s: estimated(activation=CUBE, **s),
        "the user-defined activation 'cube'",
    ),
    "activation, MLPRegressor": (
        lambda **s: perceived(activation=CUBE, **s),
        "the user-defined activation 'cube'",
    ),
    "loss": (
        lambda **s: trained([Dense(1)], loss=LOG_COSH, **s),
        "the user-defined loss 'log_cosh'",
    ),
    "loss, fit": (lambda **s: planned(loss=LOG_COSH, **s), "the user-defined loss 'log_cosh'"),
    "loss, MLPRegressor": (
        lambda **s: perceived(loss=LOG_COSH, **s),
        "the user-defined loss 'log_cosh'",
    ),
    "optimizer": (
        lambda **s: trained([Dense(1)], optimizer=wrong.Descent(), **s),
        "the user-defined optimizer Descent(lr=0.1)",
    ),
}


@needs_native
@pytest.mark.filterwarnings("ignore:.*Maximum|lbfgs failed")
@pytest.mark.parametrize("name", TOLD)
def test_the_reason_is_told_once(name: str) -> None:
    run, reason = TOLD[name]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        run()
        run()
    told = [str(one.message) for one in caught if issubclass(one.category, RuntimeWarning)]
    start = (
        "the reference engine runs, several times slower than the native one: the native engine "
        "cannot run"
    )
    assert told == [f"{start} {reason}: use engine='reference'."]


@pytest.mark.filterwarnings("ignore:.*Maximum|lbfgs failed")
@pytest.mark.parametrize("name", TOLD)
def test_who_chooses_the_reference_engine_is_told_nothing(name: str) -> None:
    with warnings.catch_warnings():
        warnings.filterwarnings("error", category=RuntimeWarning)
        TOLD[name][0](engine="reference")


@needs_native
def test_another_reason_is_told_again() -> None:
    with pytest.warns(RuntimeWarning, match="the user-defined activation 'cube'"):
        trained([Dense(2, CUBE), Dense(1)])
    with pytest.warns(RuntimeWarning, match="the user-defined layer Gain"):
        trained([wrong.Gain(), Dense(1)])


# The record of an epoch


def records(**settings: Any) -> list[Any]:
    settings = {
        "loss": "squared",
        "optimizer": Adam(0.01),
        "batch_size": 20,
        "epochs": 2,
        **settings,
    }
    return list(train(Network([Dense(3, "tanh"), Dense(1)], 3), X, Y, **settings))


@pytest.mark.parametrize("engine", ["reference", pytest.param("native", marks=needs_native)])
@pytest.mark.parametrize(
    "settings",
    [{}, {"optimizer": "lbfgs"}, {"every": 2}],
    ids=["adam", "lbfgs", "two epochs a record"],
)
def test_the_record_of_an_epoch_names_the_engine(engine: str, settings: dict[str, Any]) -> None:
    made = records(engine=engine, **settings)
    assert made
    assert {record.engine for record in made} == {engine}


@pytest.mark.parametrize("engine", ["reference", pytest.param("native", marks=needs_native)])
@pytest.mark.parametrize("recipe", ["fast", "standard"])
def test_a_fit_and_the_mean_of_its_members_name_the_engine(engine: str, recipe: str) -> None:
    seen = []
    model = fit(
        X,
        Y,
        Plan(recipe, max_epochs=2, engine=engine),
        on_epoch=lambda epoch: seen.append(epoch.engine),
    )
    assert seen == [engine] * 2
    assert model.training["engine"] == engine
    assert "engine" not in model.training["history"]


@pytest.mark.parametrize("engine", ["reference", pytest.param("native", marks=needs_native)])
def test_an_epoch_that_was_lost_names_the_engine(engine: str) -> None:
    *_, lost = records(
        engine=engine, optimizer=Adam(1e300), epochs=5, stop=EarlyStopping(on_divergence="stop")
    )
    assert math.isnan(lost.training_loss)
    assert lost.engine == engine
