"""A run of the bench: a table, a plan, a fault planted in one of them, and what is diagnosed."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from tables import Data

from glassnet import Plan
from glassnet.fitting import Roles, begin, prepare
from glassnet.inspection.diagnosis import Diagnosis, diagnose, diagnose_fit
from glassnet.model import Model

WIDTHS = {
    "setting": [(16,), (32, 16), (32, 32)],
    "reporting": [(24,), (48,), (24, 24), (20, 20, 20)],
}
ACTIVATIONS = {
    "setting": ["relu", "tanh", "selu"],
    "reporting": ["relu", "gelu", "elu", "leaky_relu", "tanh"],
}
BATCHES = {"setting": [32, 64], "reporting": [24, 48, 100]}


@dataclass(frozen=True)
class Setup:
    """What a run is made from.

    Attributes
    ----------
    half : "setting" or "reporting"
    data : the rows to train on
    test : rows to test on; None to use those that training holds out
    plan : the settings
    rng : draws what is planted
    """

    half: str
    data: Data
    test: pd.DataFrame | None
    plan: Plan
    rng: np.random.Generator

    def with_plan(self, **settings: Any) -> Setup:
        """Return the same with other settings."""
        return replace(self, plan=replace(self.plan, **settings))

    def with_rows(self, frame: pd.DataFrame) -> Setup:
        """Return the same with another table to train on."""
        return replace(self, data=self.data.with_frame(frame))


def healthy(half: str, data: Data, rng: np.random.Generator, number: int) -> Setup:
    """Return a run that nothing is wrong with: usual settings on enough rows."""
    n = len(data.frame)
    train, test = data.split(int(0.6 * n) if n > 800 else int(0.7 * n))
    plan = Plan(
        recipe="plain",
        hidden_layer_sizes=WIDTHS[half][int(rng.integers(len(WIDTHS[half])))],
        activation=ACTIVATIONS[half][int(rng.integers(len(ACTIVATIONS[half])))],
        batch_size=int(rng.choice(BATCHES[half])),
        learning_rate=float(rng.choice([2e-3, 5e-3, 8e-3])),
        seed=int(rng.integers(1000)),
        n_threads=1,
    )
    kind = number % 5
    if kind == 3:
        plan = replace(plan, recipe="fast", learning_rate=None, activation=None, batch_size=None)
    if kind == 4:
        plan = replace(plan, normalization="layer", schedule="cosine")
    return Setup(half, train, test if number % 2 else None, plan, rng)


def fitted(setup: Setup, *, gain: float = 1.0, bias: float = 0.0) -> Model:
    """Fit; multiply the first hidden weights by a gain, and add a bias to the hidden units."""
    data = prepare(setup.data.frame, Roles("target"))
    session = begin(data, setup.plan)
    for fit in session.ensemble.fits:
        names = [name for name in fit.network.parameters if name.endswith(".W")][:-1]
        for name in names:
            fit.network.parameters[name][...] *= gain
            fit.network.parameters[f"{name[:-1]}b"][...] += bias
    return data.remembered(session.finish())


def diagnosed(setup: Setup, model: Model | None = None) -> Diagnosis:
    """Fit the run unless a model is given, and return its diagnosis."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if model is None:
            found = diagnose_fit(setup.data.frame, "target", setup.plan)
            if found.model is None:
                return found.diagnosis
            model = found.model
        return diagnose(model, setup.data.frame, test=setup.test)


def apart(run: Setup) -> tuple[Setup, pd.DataFrame]:
    """Return the run with test rows, taken from its own if it has none, and these."""
    if run.test is None:
        train, test = run.data.split(int(0.65 * len(run.data.frame)))
        return replace(run, data=train, test=test), test
    return run, run.test
