"""The faults: each plants one in a healthy run, in the magnitudes of its half, and diagnoses it."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from runs import Setup, diagnosed, fitted

from glassnet import MLPClassifier, MLPRegressor
from glassnet.inspection.diagnosis import Diagnosis, diagnose

#: Tables with classes, with numbers as target, or both.
ANY, CLASSES, NUMBERS = "any", "classes", "numbers"


@dataclass(frozen=True)
class Fault:
    """A fault: its code, the tables it fits, whether it is fatal, and how it is planted.

    A planter receives a healthy run, and a magnitude: one of the two tuples, for each half.
    """

    code: str
    target: str
    fatal: bool
    setting: tuple[float, ...]
    reporting: tuple[float, ...]
    plant: Callable[[Setup, float], Diagnosis]


def leak(run: Setup, noise: float) -> Diagnosis:
    """A column that was written after the target: a code of it, sometimes wrong or inexact."""

    def leaky(frame: pd.DataFrame) -> pd.DataFrame:
        y = frame["target"]
        if run.data.classes:
            codes = y.map({c: i for i, c in enumerate(sorted(run.data.frame["target"].unique()))})
            wrong = run.rng.uniform(size=len(y)) < noise
            codes = np.where(wrong, run.rng.permutation(codes.to_numpy()), codes)
            return frame.assign(late=codes + 0.01 * run.rng.normal(size=len(y)))
        sd = float(run.data.frame["target"].std())
        return frame.assign(late=3.0 * y + 3.0 * noise * sd * run.rng.normal(size=len(y)) + 7.0)

    run = run.with_rows(leaky(run.data.frame))
    return diagnosed(run if run.test is None else replace(run, test=leaky(run.test)))


def with_constant(run: Setup, n: float) -> Setup:
    """Columns that hold one value."""

    def added(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(**{f"same {i}": float(i) for i in range(int(n))})

    run = run.with_rows(added(run.data.frame))
    return run if run.test is None else replace(run, test=added(run.test))


def with_repeated(run: Setup, factor: float) -> Setup:
    """Columns that hold another one in other units."""
    names = run.data.numbers[: 1 + int(run.rng.integers(2))]

    def added(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(**{f"{name} again": frame[name] * factor + 1.0 for name in names})

    run = run.with_rows(added(run.data.frame))
    return run if run.test is None else replace(run, test=added(run.test))


def constant(run: Setup, n: float) -> Diagnosis:
    """See `with_constant`."""
    return diagnosed(with_constant(run, n))


def repeated(run: Setup, factor: float) -> Diagnosis:
    """See `with_repeated`."""
    return diagnosed(with_repeated(run, factor))


def unscaled(run: Setup, factor: float) -> Diagnosis:
    """A network in the manner of scikit-learn, which scales nothing, on columns of mixed units."""
    run, test_rows = _apart(run)
    names = run.data.numbers
    train, test = (f[names].fillna(0.0) for f in (run.data.frame, test_rows))
    units = factor ** run.rng.uniform(-1.0, 1.0, size=len(names))
    units[int(run.rng.integers(len(names)))] = factor
    sd = train.std().to_numpy() + 1e-9
    train, test = (f / sd * units for f in (train, test))
    y, y_test = run.data.frame["target"], test_rows["target"]
    made = MLPClassifier if run.data.classes else MLPRegressor
    if not run.data.classes:
        middle, width = y.mean(), y.std()
        y, y_test = (y - middle) / width, (y_test - middle) / width
    sizes = run.plan.hidden_layer_sizes
    return _dropin(
        made(hidden_layer_sizes=sizes, max_iter=60, random_state=0), train, y, test, y_test
    )


def _apart(run: Setup) -> tuple[Setup, pd.DataFrame]:
    """Return the run with test rows, taken from its own if it has none, and these."""
    if run.test is None:
        train, test = run.data.split(int(0.65 * len(run.data.frame)))
        return replace(run, data=train, test=test), test
    return run, run.test


def _dropin(mlp, train, y, test, y_test) -> Diagnosis:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        mlp.fit(train, y)
        return diagnose(mlp.model_, train, target=y, test=test, test_target=y_test)


def extreme(run: Setup, code: float) -> Diagnosis:
    """A code for missing values among the numbers of a column."""
    names = run.data.numbers[: 1 + int(run.rng.integers(2))]

    def coded(frame: pd.DataFrame) -> pd.DataFrame:
        frame = frame.copy()
        for name in names:
            width = float(run.data.frame[name].std())
            frame.loc[run.rng.uniform(size=len(frame)) < 0.02, name] = code * width
        return frame

    run = run.with_rows(coded(run.data.frame)).with_plan(recipe="plain", learning_rate=5e-3)
    return diagnosed(run if run.test is None else replace(run, test=coded(run.test)))


def shared(run: Setup, share: float) -> Diagnosis:
    """Rows that the table holds twice, so that held-out rows were learned from."""
    frame = run.data.frame
    again = frame.sample(frac=share, random_state=int(run.rng.integers(1000)))
    both = pd.concat([frame, again]).sample(frac=1.0, random_state=1, ignore_index=True)
    return diagnosed(replace(run.with_rows(both), test=None))


def labels(run: Setup, share: float) -> Diagnosis:
    """Wrong labels, or numbers that were measured far off."""
    frame = run.data.frame.copy()
    wrong = run.rng.uniform(size=len(frame)) < share
    y = frame["target"].to_numpy().copy()
    if run.data.classes:
        names = np.unique(y)
        place = np.searchsorted(names, y)
        other = (place + 1 + run.rng.integers(len(names) - 1, size=len(y))) % len(names)
        y[wrong] = names[other[wrong]]
    else:
        wrong = run.rng.uniform(size=len(frame)) < share / 4.0
        y[wrong] += run.rng.choice([-1, 1], wrong.sum()) * 10.0 * y.std()
    frame["target"] = y
    few = run.with_rows(frame).with_plan(recipe="fast", learning_rate=None, activation=None)
    recipe = _members(few)
    return diagnosed(replace(few.with_plan(recipe=recipe), test=None))


def _members(run: Setup):
    """The recipe "standard" with four small members."""
    from glassnet.training.recipes import STANDARD, STANDARD_FOR_NUMBERS

    recipe = STANDARD if run.data.classes else STANDARD_FOR_NUMBERS
    return replace(recipe, members=4, max_epochs=24)


def shift(run: Setup, size: float) -> Diagnosis:
    """Test rows from elsewhere: other values of some columns."""
    run, test = _apart(run)
    test = test.copy()
    names = run.data.numbers[: 1 + int(run.rng.integers(2))]
    for name in names:
        test[name] = test[name] + size * run.data.frame[name].std()
    return diagnosed(replace(run, test=test))


def imbalance(run: Setup, share: float) -> Diagnosis:
    """A class of which few rows are left, among others that look like it."""
    run, test = _apart(run)
    rng, frame = run.rng, run.data.frame
    whole = pd.concat([frame, test])
    rare = min(whole["target"].unique())

    def thinned(part: pd.DataFrame) -> pd.DataFrame:
        others, own = part[part["target"] != rare], part[part["target"] == rare]
        n = max(4, int(share * len(others)))
        return pd.concat([others, own.iloc[:n]]).sample(frac=1.0, random_state=2, ignore_index=True)

    def blurred(part: pd.DataFrame) -> pd.DataFrame:
        part = part.copy()
        for name in run.data.numbers:
            part[name] += 2.0 * whole[name].std() * rng.normal(size=len(part))
        return part

    train, test = blurred(thinned(frame)), blurred(thinned(test))
    return diagnosed(replace(run.with_rows(train), test=test))


def units(run: Setup, size: float) -> Diagnosis:
    """A target of many orders of magnitude, or one in units that nothing scales."""
    if run.rng.uniform() < 0.5:
        middle, width = run.data.frame["target"].mean(), run.data.frame["target"].std()

        def grown(frame: pd.DataFrame) -> pd.DataFrame:
            return frame.assign(target=np.exp(size * (frame["target"] - middle) / width))

        run = run.with_rows(grown(run.data.frame))
        return diagnosed(run if run.test is None else replace(run, test=grown(run.test)))
    run, test_rows = _apart(run)
    names = run.data.numbers
    train, test = (f[names].fillna(0.0) for f in (run.data.frame, test_rows))
    middle, width = train.mean(), train.std()
    train, test = (train - middle) / width, (test - middle) / width
    y, y_test = (
        f["target"] / run.data.frame["target"].std() * 10.0 ** (2 * size)
        for f in (run.data.frame, test_rows)
    )
    sizes = run.plan.hidden_layer_sizes
    return _dropin(
        MLPRegressor(hidden_layer_sizes=sizes, max_iter=60, random_state=0), train, y, test, y_test
    )


def few_rows(run: Setup, n: float) -> Diagnosis:
    """So few rows, with columns of noise beside the others, that a network learns them by heart."""

    def noisy(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(**{f"noise {i}": run.rng.normal(size=len(frame)) for i in range(10)})

    run, test = _apart(run)
    test = noisy(test)
    frame = run.data.frame.groupby(run.data.frame["target"].astype(str)).head(
        int(n) if not run.data.classes else max(3, int(n) // run.data.frame["target"].nunique())
    )
    return diagnosed(replace(run.with_rows(noisy(frame.iloc[: int(n)])), test=test))


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
    run, test = _apart(run)
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
    run, _ = _apart(run)
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


FAULTS: dict[str, Fault] = {
    "leak": Fault("GN101", ANY, True, (0.0, 0.01, 0.03), (0.0, 0.005, 0.02), leak),
    "constant": Fault("GN102", ANY, False, (1, 2), (1, 3), constant),
    "repeated": Fault("GN103", ANY, False, (1.0, 2.54), (0.001, 12.0), repeated),
    "unscaled": Fault("GN104", ANY, False, (100.0, 1e4), (50.0, 3e3), unscaled),
    "extreme": Fault("GN105", ANY, False, (1e3, 1e5), (5e3, 1e6), extreme),
    "shared": Fault("GN106", ANY, False, (0.2, 0.5), (0.3, 1.0), shared),
    "labels": Fault("GN107", ANY, False, (0.12, 0.2), (0.1, 0.15), labels),
    "shift": Fault("GN108", ANY, False, (1.0, 2.0), (0.8, 1.5), shift),
    "imbalance": Fault("GN109", CLASSES, False, (0.03, 0.04), (0.025, 0.035), imbalance),
    "units": Fault("GN110", NUMBERS, False, (2.0, 3.0), (2.5, 3.5), units),
    "few rows": Fault("GN111", ANY, False, (25, 40), (30, 45), few_rows),
    "rate too high": Fault("GN201", ANY, False, (60.0, 400.0), (100.0, 1000.0), rate),
    "rate too low": Fault("GN202", ANY, False, (3e-4, 3e-3), (1e-4, 1e-3), rate),
    "stopped": Fault("GN203", ANY, False, (10, 25), (15, 30), stopped),
    "overfit": Fault("GN204", ANY, False, (150, 300), (200, 250), overfit),
    "restrained": Fault("GN205", ANY, False, (10.0, 30.0), (20.0, 50.0), restrained),
    "dead": Fault("GN301", ANY, True, (8.0, 15.0), (10.0, 20.0), dead),
    "saturated": Fault("GN302", ANY, False, (30.0, 100.0), (40.0, 80.0), saturated),
    "vanishing": Fault("GN303", ANY, False, (7, 10), (8, 9), vanishing),
    "exploding": Fault("GN304", ANY, False, (4.0, 6.0), (4.5, 8.0), exploding),
    "not finite": Fault("GN305", ANY, True, (1e6, 1e20), (1e8, 1e30), not_finite),
}

#: Two faults in one run: one of columns, and one planted after it.
COLUMNS = {"constant": with_constant, "repeated": with_repeated}
COMBINED = {
    "setting": [("constant", "rate too low"), ("repeated", "dead"), ("constant", "stopped")],
    "reporting": [
        ("repeated", "rate too low"),
        ("constant", "rate too high"),
        ("repeated", "stopped"),
        ("constant", "vanishing"),
        ("repeated", "saturated"),
    ],
}
