"""How long an explanation of a row takes: ours, and two explainers of the package shap.

All explain the same numbers of the same network. The contributions of few columns are first held to
each other; those of many columns to the exact ones, within their standard errors.
"""

from __future__ import annotations

import statistics
import sys
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from report import figure, table
from workers import PAUSE

import glassnet

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import shap

Array = np.ndarray[Any, np.dtype[Any]]

#: Eight members of width 128, with the embeddings of the recipe "standard" and without.
NETWORKS = {
    "8 x 128, plain": glassnet.Recipe(members=8, hidden_layer_sizes=(128,)),
    "8 x 128-128, embedded": "standard",
}
COLUMNS = 20
FEW = 6
BACKGROUND, PAIRS = 13, 2  # 2 x 2 x 19 x 13 predictions of a row
ROWS = 20
TURNS = 7
AIM = 20.0  # milliseconds for a thousand predictions


def main() -> None:
    """Check, then time, then print."""
    rows = []
    for name, recipe in NETWORKS.items():
        check(recipe)
        model, X, background = fitted(recipe, COLUMNS)
        for contender, values in measure(model, X[:ROWS], background).items():
            rows.append([name, contender, *values])
        print(f"  {name}", file=sys.stderr, flush=True)
    head = ["network", "", "predictions a row", "ms a row", "ms a thousand"]
    print(
        f"{COLUMNS} columns, {BACKGROUND} background rows, {ROWS} rows at once, medians of {TURNS} "
        f"turns; float32.\nAim for ours: at most {AIM:g} ms for a thousand predictions.\n\n"
        f"{table(head, rows)}"
    )


def fitted(recipe: Any, n_columns: int) -> tuple[glassnet.Model, Array, Array]:
    """A model of numbers, rows, and a background."""
    X = np.random.default_rng(0).normal(size=(2_000, n_columns))
    y = X[:, 0] * X[:, 1] + np.sin(2.0 * X[:, 2]) + X[:, 3] * X[:, 4] * X[:, 5]
    model = glassnet.fit(X, y, glassnet.Plan(recipe=recipe, max_epochs=8, seed=0))
    return model, X[:100], X[100 : 100 + BACKGROUND]


def contenders(model: glassnet.Model, background: Array) -> dict[str, Callable[[Array], Any]]:
    """The ways to explain rows, all of about as many predictions a row."""
    masker = shap.maskers.Independent(background, max_samples=len(background))
    permutation = shap.explainers.Permutation(model.predict, masker, seed=0)
    n = len(model.columns)
    ours = {
        "glassnet, `explain`": lambda X: model.explain(X, background, pairs=PAIRS).contributions,
        "shap, `Permutation`": lambda X: (
            permutation(X, max_evals=PAIRS * (2 * n + 1), silent=True).values
        ),
    }
    if n > FEW:
        return ours
    exact = shap.explainers.Exact(model.predict, masker)
    return ours | {
        "glassnet, exact": lambda X: model.explain(X, background, max_error=0).contributions,
        "shap, `Exact`": lambda X: exact(X, silent=True).values,
    }


def check(recipe: Any) -> None:
    """End the benchmark where the contributions of few columns disagree."""
    model, X, background = fitted(recipe, FEW)
    found = {name: explain(X[:5]) for name, explain in contenders(model, background).items()}
    exact = found["shap, `Exact`"]
    scale = np.abs(exact).max()
    if not np.allclose(found["glassnet, exact"], exact, rtol=0.0, atol=1e-5 * scale):
        sys.exit("glassnet and shap differ in exact contributions. Nothing is timed.")
    for name, values in found.items():
        if np.abs(values - exact).max() > 0.5 * scale:
            sys.exit(f"{name} is far from the exact contributions. Nothing is timed.")
    errors = model.explain(X[:5], background, pairs=10)
    z = (errors.contributions - exact) / errors.standard_errors
    if not 0.5 < (z**2).mean() < 2.0:
        sys.exit("glassnet's standard errors are wrong. Nothing is timed.")


def measure(model: glassnet.Model, X: Array, background: Array) -> dict[str, list[str]]:
    """Predictions a row, and milliseconds a row and a thousand predictions, taken in turn."""
    calls = contenders(model, background)
    predictions = dict.fromkeys(
        calls, float(model.explain(X, background, pairs=PAIRS).n_evaluations)
    )
    predictions["shap, `Permutation`"] = float(PAIRS * (2 * COLUMNS + 1) * len(background))
    times: dict[str, list[float]] = {name: [] for name in calls}
    for turn in range(TURNS + 1):
        for name, call in calls.items():
            time.sleep(PAUSE)
            start = time.perf_counter()
            call(X)
            if turn:  # the first warms up
                times[name].append(1e3 * (time.perf_counter() - start) / len(X))
    found = {}
    for name, values in times.items():
        median = statistics.median(values)
        thousand = 1e3 * median / predictions[name]
        found[name] = [f"{predictions[name]:,.0f}", figure(median), figure(thousand)]
    return found


if __name__ == "__main__":
    main()
