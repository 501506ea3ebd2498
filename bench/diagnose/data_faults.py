"""Faults of the data, each planted in a healthy run, which is then diagnosed."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
from runs import Setup, apart, diagnosed

from glassnet import MLPClassifier, MLPRegressor
from glassnet.inspection.diagnosis import Diagnosis, diagnose


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
    run, test_rows = apart(run)
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
    run, test = apart(run)
    test = test.copy()
    names = run.data.numbers[: 1 + int(run.rng.integers(2))]
    for name in names:
        test[name] = test[name] + size * run.data.frame[name].std()
    return diagnosed(replace(run, test=test))


def imbalance(run: Setup, share: float) -> Diagnosis:
    """A class of which few rows are left, among others that look like it."""
    run, test = apart(run)
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
    run, test_rows = apart(run)
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

    run, test = apart(run)
    test = noisy(test)
    frame = run.data.frame.groupby(run.data.frame["target"].astype(str)).head(
        int(n) if not run.data.classes else max(3, int(n) // run.data.frame["target"].nunique())
    )
    return diagnosed(replace(run.with_rows(noisy(frame.iloc[: int(n)])), test=test))
