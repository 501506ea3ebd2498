"""What each part of the recipe is worth: `python bench/tables/ablation.py [--data FOLDER]` leaves out one at a time and writes ABLATION.md.

Each part is left out of the recipe "fast" (one network), members and the temperature also of "standard". Every variant is a learner like
those of run.py, which fits them and appends their lines; the sets are those that the defaults were developed on, so that none that is
reported is used up.
"""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import journal
import numpy as np
from comparison import blocks, shifted_geometric_means
from sets import DEVELOPED_ON
from writing import figure, table

HERE = Path(__file__).resolve().parent
SHIFT = 0.01
MEASURES = (("error", "error"), ("log_loss", "log loss"), ("nrmse", "nRMSE"), ("fit_processor_seconds", "processor seconds"))

HEAD = """# What each part of the recipe is worth

Written by `bench/tables/ablation.py`. Each row leaves one part out; the figures are shifted geometric means (shift {shift}) over those of
the whole recipe: above 1 the part is worth something. Sets that the defaults were developed on alone: {developed}."""


@dataclass(frozen=True)
class Variant:
    """A recipe by name with some of its numbers replaced."""

    base: str
    changes: dict[str, Any]


#: The first of each base is the whole recipe; the others lack what they are called after.
VARIANTS: dict[str, Variant] = {
    "fast": Variant("fast", {}),
    "embedding of numbers": Variant("fast", {"n_bins": 0}),
    "broken lines (waves)": Variant("fast", {"n_bins": 0, "n_frequencies": 16}),
    "few bins for few rows": Variant("fast", {"rows_a_bin": 1}),
    "scaling layer": Variant("fast", {"scale_layer": False}),
    "gain of many numbers": Variant("fast", {"number_gain": 0.0}),
    "mixed activations": Variant("fast", {"mix": False}),
    "SELU and Mish (ReLU)": Variant("fast", {"activation": "relu"}),
    "robust scaling (mean and deviation)": Variant("fast", {"scaling": "standard", "clip": 4.0}),
    "embedded categories (all one-hot)": Variant("fast", {"most_one_hot": 10_000}),
    "coslog4 (one cycle)": Variant("fast", {"schedule": "one_cycle"}),
    "beta2 0.95 (0.999)": Variant("fast", {"beta2": 0.999}),
    "dropout": Variant("fast", {"dropout": 0.0}),
    "dropout's schedule": Variant("fast", {"dropout_schedule": "constant"}),
    "weight decay": Variant("fast", {"weight_decay": 0.0}),
    "weight decay's schedule": Variant("fast", {"decay_schedule": "constant"}),
    "label smoothing": Variant("fast", {"label_smoothing": 0.0}),
    "plain first values (fitted to data)": Variant("fast", {"from_data": True}),
    "temperature": Variant("fast", {"calibrate": False}),
    "standard": Variant("standard", {}),
    "members (one)": Variant("standard", {"members": 1}),
    "temperature of members": Variant("standard", {"calibrate": False}),
}


def changed(variant: Variant, *, classes: bool) -> Any:
    """The recipe of a variant."""
    from glassnet.training.recipes import recipe_for

    return replace(recipe_for(variant.base, classes=classes), **variant.changes)


def learners(ours: Any, kind: Any) -> dict[str, Any]:
    """A learner for each variant: `ours` fits, `kind` is the class of learners."""
    modules = ("glassnet", "glassnet.estimators")
    return {
        f"without {name}" if v.changes else f"whole {name}": kind(partial(_fit, ours, v), modules, "glassnet")
        for name, v in VARIANTS.items()
    }


def _fit(ours: Any, variant: Variant, X: Any, y: Any, task: str, seed: int, threads: int) -> Any:
    from sources import is_classification

    return ours(X, y, task, seed, threads, recipe=changed(variant, classes=is_classification(task)))


def main() -> None:
    """Fit what is not there yet, then write."""
    results = HERE / "ablation.jsonl"
    given = sys.argv[1:]
    names = [f"without {name}" if variant.changes else f"whole {name}" for name, variant in VARIANTS.items()]
    order = [sys.executable, str(HERE / "run.py"), "--results", str(results), "--learners", ",".join(names), "--developed", *given]
    subprocess.run(order, check=True)
    (HERE / "ABLATION.md").write_text(text(journal.read([results])), encoding="utf-8")
    print(HERE / "ABLATION.md")


def text(lines: dict[journal.Key, journal.Line]) -> str:
    """A table for each base: measures relative to the whole recipe."""
    parts = [HEAD.format(shift=SHIFT, developed=", ".join(DEVELOPED_ON))]
    for base in dict.fromkeys(variant.base for variant in VARIANTS.values()):
        names = [name for name, variant in VARIANTS.items() if variant.base == base]
        keys = [f"without {name}" if VARIANTS[name].changes else f"whole {name}" for name in names]
        columns = []
        for measure, _ in MEASURES:
            found = blocks({key: line for key, line in lines.items() if "failed" not in line and line["set"] != "mnist"}, keys, measure)
            shift = SHIFT if measure != "fit_processor_seconds" else 0.0
            means = shifted_geometric_means(found, shift) if found.sets else np.full(len(keys), np.nan)
            columns.append(((means + shift) / (means[0] + shift), len(set(found.sets)), len(found.sets)))
        counts = "; ".join(f"{called}: {n} sets, {m} fits each" for (_, called), (_, n, m) in zip(MEASURES, columns, strict=True))
        rows = [[name, *(figure(values[i]) for values, _, _ in columns)] for i, name in enumerate(names)]
        parts.append(f'## Of "{base}"\n\n{counts}.\n\n{table(["left out", *(called for _, called in MEASURES)], rows)}')
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    main()
