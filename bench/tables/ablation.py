"""What each part of the recipe is worth: `python bench/tables/ablation.py [--data FOLDER]` leaves
out one at a time and writes ABLATION.md.

Every variant of the recipe "standard" is a learner like those of run.py, which fits them and
appends their lines; the sets are those that the defaults were developed on, so that none that is
reported is used up.
"""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import journal
import numpy as np
from comparison import Blocks, blocks, log_ratios
from writing import figure, table

HERE = Path(__file__).resolve().parent
WHOLE = "whole standard"
#: A row more or less of fewer says nothing of a part.
FEWEST_TEST_ROWS = 100
MEASURES = (
    ("error", "error", 0.01),
    ("log_loss", "log loss", 0.01),
    ("nrmse", "nRMSE", 0.01),
    ("fit_processor_seconds", "time", 0.0),
)

HEAD = """# What each part of the recipe is worth

Written by `bench/tables/ablation.py`. Each row leaves one part out of "standard", or puts what
stands in brackets in its place. The figures are ratios to the whole recipe, exp of the mean over
sets of log((m + 0.01) / (whole + 0.01)), m the mean over seeds (of processor time without the
0.01), ± their standard error over sets: above 1 the part is worth something. In brackets: the sets
that were better without it, of those that differ. Sets that the defaults were developed on alone,
of at least {fewest} test rows: {sets}."""

#: What the recipe is without each part.
VARIANTS: dict[str, dict[str, Any]] = {
    "members (one)": {"members": 1},
    "temperature": {"calibrate": False},
    "embedding of numbers": {"n_bins": 0},
    "broken lines (waves)": {"n_bins": 0, "n_frequencies": 16},
    "few bins for few rows": {"rows_per_bin": 1},
    "gain of many numbers": {"number_gain": 0.0},
    "scaling layer": {"scale_layer": False},
    "robust scaling (mean and deviation)": {"scaling": "standard", "clip": 4.0},
    "embedded categories (all one-hot)": {"max_one_hot": 10_000},
    "SELU and Mish (ReLU)": {"activation": "relu"},
    "mixed activations": {"parametric": False},
    "coslog4 (one cycle)": {"schedule": "one_cycle"},
    "beta2 0.95 (0.999)": {"beta2": 0.999},
    "no dropout (0.15 to 0)": {"dropout": 0.15, "dropout_schedule": "flat_cosine"},
    "weight decay": {"weight_decay": 0.0},
    "weight decay's schedule": {"decay_schedule": "constant"},
    "label smoothing": {"label_smoothing": 0.0},
}


def called(part: str) -> str:
    """What a variant is called in the lines."""
    return f"without {part}"


def changed(part: str | None, *, classes: bool) -> Any:
    """The recipe without a part; None: the whole one."""
    from glassnet.training.recipes import recipe_for

    return replace(recipe_for("standard", classes=classes), **(VARIANTS[part] if part else {}))


def learners(ours: Any, kind: Any) -> dict[str, Any]:
    """A learner for each variant: `ours` fits, `kind` is the class of learners."""
    modules = ("glassnet", "glassnet.estimators")
    parts = {WHOLE: None, **{called(part): part for part in VARIANTS}}
    return {
        name: kind(partial(_fit, ours, part), modules, "glassnet") for name, part in parts.items()
    }


def _fit(ours: Any, part: str | None, X: Any, y: Any, task: str, seed: int, threads: int) -> Any:
    from sources import is_classification

    return ours(X, y, task, seed, threads, recipe=changed(part, classes=is_classification(task)))


def main() -> None:
    """Fit what is not there yet, then write."""
    results = HERE / "ablation.jsonl"
    names = [WHOLE, *map(called, VARIANTS)]
    order = [
        sys.executable,
        str(HERE / "run.py"),
        "--results",
        str(results),
        "--learners",
        ",".join(names),
        "--developed",
        *sys.argv[1:],
    ]
    subprocess.run(order, check=True)
    (HERE / "ABLATION.md").write_text(text(journal.read([results])), encoding="utf-8")
    print(HERE / "ABLATION.md")


def text(lines: dict[journal.Key, journal.Line]) -> str:
    """A row for each part: measures relative to the whole recipe."""
    enough = {
        key: line
        for key, line in lines.items()
        if "failed" not in line and line["n_test"] >= FEWEST_TEST_ROWS
    }
    found = [
        (blocks(enough, [WHOLE, *map(called, VARIANTS)], measure), shift)
        for measure, _, shift in MEASURES
    ]
    ratios = [log_ratios(of, shift) for of, shift in found]
    rows = [[part, *(_cell(of[:, i + 1]) for of in ratios)] for i, part in enumerate(VARIANTS)]
    heads = [
        "left out",
        *(f"{name} ({_counts(of)})" for (_, name, _), (of, _) in zip(MEASURES, found, strict=True)),
    ]
    sets = sorted({name for of, _ in found for name in of.sets})
    return f"{HEAD.format(fewest=FEWEST_TEST_ROWS, sets=', '.join(sets))}\n\n{table(heads, rows)}\n"


def _counts(found: Blocks) -> str:
    return f"{len(set(found.sets))} sets, {len(found.sets)} fits"


def _cell(logs: np.ndarray[Any, np.dtype[np.float64]]) -> str:
    """A ratio, its standard error, and how often it is below 1 where it is another than 1; nothing
    where none differs."""
    differ = np.count_nonzero(logs)
    if not differ:
        return ""
    ratio = np.exp(logs.mean())
    error = ratio * logs.std(ddof=1) / np.sqrt(len(logs)) if len(logs) > 1 else np.nan
    return f"{figure(ratio)} ± {error:.3f} ({np.count_nonzero(logs < 0.0)}/{differ})"


if __name__ == "__main__":
    main()
