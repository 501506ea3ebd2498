"""Faults of the training, each planted in a healthy run, which is then diagnosed."""

from __future__ import annotations

import warnings
from dataclasses import replace

from runs import Setup, apart, diagnosed, fitted

from glassnet.inspection.diagnosis import Diagnosis


def rate(run: Setup, factor: float) -> Diagnosis:
    """The learning rate of the recipe times a factor, constant as in many programs."""
    return diagnosed(
        run.with_plan(
            recipe="plain",
            learning_rate=5e-3 * factor,
            schedule="constant",
            normalization="none",
            max_epochs=40,
        )
    )


def stopped(run: Setup, updates: float) -> Diagnosis:
    """So few epochs that there are about so many updates."""
    steps = -(-len(run.data.frame) // (run.plan.batch_size or 64))
    epochs = max(1, round(updates / steps))
    return diagnosed(run.with_plan(recipe="plain", learning_rate=2e-3, max_epochs=epochs))


def overfit(run: Setup, epochs: float) -> Diagnosis:
    """A large network that learns noisy rows by heart, with nothing held out."""
    run, test = apart(run)
    test = test.copy()
    frame, rng = run.data.frame.iloc[:300].copy(), run.rng
    y = frame["target"].to_numpy().copy()
    if run.data.classes:
        for name in run.data.numbers:
            frame[name] += 1.0 * frame[name].std() * rng.normal(size=len(frame))
    else:
        noise = y.std()
        y = y + noise * rng.normal(size=len(frame))
        test["target"] += noise * rng.normal(size=len(test))
    frame["target"] = y
    if run.data.classes:
        for name in run.data.numbers:
            test[name] += 1.0 * test[name].std() * rng.normal(size=len(test))
    run = run.with_plan(
        recipe="plain",
        hidden_layer_sizes=(128, 128),
        early_stopping=False,
        weight_decay=0.0,
        learning_rate=3e-3,
        max_epochs=int(epochs),
    )
    return diagnosed(replace(run.with_rows(frame), test=test))


def restrained(run: Setup, strength: float) -> Diagnosis:
    """A network held back by a penalty on its weights, or by dropout."""
    plan = (
        {"l2": strength}
        if run.rng.uniform() < 0.5
        else {"dropout": 0.9, "hidden_layer_sizes": (8, 8)}
    )
    run, _ = apart(run)
    return diagnosed(run.with_plan(recipe="plain", learning_rate=5e-3, **plan))


def dead(run: Setup, bias: float) -> Diagnosis:
    """First biases so low that ReLUs are silent."""
    run = run.with_plan(recipe="plain", activation="relu", learning_rate=5e-3, normalization="none")
    return diagnosed(run, _quiet(run, bias=-bias))


def saturated(run: Setup, gain: float) -> Diagnosis:
    """First weights so large that tanh and sigmoid are flat."""
    name = str(run.rng.choice(["tanh", "sigmoid"]))
    run = run.with_plan(recipe="plain", activation=name, learning_rate=2e-3, normalization="none")
    return diagnosed(run, _quiet(run, gain=gain))


def vanishing(run: Setup, depth: float) -> Diagnosis:
    """Sigmoids, one behind the other."""
    sizes = (16,) * int(depth)
    return diagnosed(
        run.with_plan(
            recipe="plain",
            hidden_layer_sizes=sizes,
            activation="sigmoid",
            normalization="none",
            learning_rate=2e-3,
        )
    )


def exploding(run: Setup, gain: float) -> Diagnosis:
    """Deep networks with first weights that are too large."""
    run = run.with_plan(
        recipe="plain",
        hidden_layer_sizes=(24,) * 7,
        activation="relu",
        normalization="none",
        learning_rate=1e-3,
    )
    return diagnosed(run, _quiet(run, gain=gain))


def not_finite(run: Setup, rate: float) -> Diagnosis:
    """Steps that grow until they leave the finite numbers."""
    return diagnosed(
        run.with_plan(
            recipe="plain",
            optimizer="sgd",
            learning_rate=rate,
            activation="relu",
            normalization="none",
        )
    )


def _quiet(run: Setup, **planted: float):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return fitted(run, **planted)
