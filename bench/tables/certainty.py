"""Whether intervals and probabilities mean what they say: `python bench/tables/certainty.py [--data
FOLDER]` writes CERTAINTY.md.

The default recipe is fitted to each set and split of run.py. Of a regression, the share of test
rows within the intervals of 80, 90 and 95 %; of classes, the log loss, the Brier score and the
calibration error of the test rows, as they are and without the temperature. A line is appended for
each fit; one that is there is not run again.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

import journal
import measures
import numpy as np
from sets import DEVELOPED_ON
from sources import is_classification, names, read
from splits import split
from writing import table

HERE = Path(__file__).resolve().parent
COVERAGES = (0.8, 0.9, 0.95)
SCORES = (
    ("log_loss", "log loss"),
    ("brier_score", "Brier score"),
    ("calibration_error", "calibration error"),
)
Array = np.ndarray[Any, Any]

HEAD = """# Intervals and probabilities that mean what they say

Written by `bench/tables/certainty.py`: the default recipe, on the splits of `bench/tables/run.py`.
* marks the sets that the defaults were developed on."""
OF_INTERVALS = """## Intervals

Per cent of the test rows within the intervals asked for, the mean over splits, and of the split
that is farthest off how many standard deviations that is: of the binomial of the test rows, sqrt(c
(1 - c) / n), and with the scores that calibrate, which are drawn by chance too, sqrt(c (1 - c) (1
/ n + 1 / n_scores)). Of several targets each counts. The width is that of the middle interval, in
standard deviations of the target."""
OF_PROBABILITIES = """## Probabilities

Of the test rows, without a temperature and with it; less is better."""


def main() -> None:
    """Fit what is not there yet, then write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--data",
        type=Path,
        default=os.environ.get("GLASSNET_TABLES"),
        help="folder with catalog.csv; else sets of packages",
    )
    parser.add_argument(
        "--results",
        type=Path,
        default=HERE / "certainty.jsonl",
        help="file that the lines are appended to",
    )
    parser.add_argument(
        "--seeds",
        type=lambda words: [int(word) for word in words.split(",")],
        default=[0, 1, 2],
        help="0,1,2",
    )
    parser.add_argument(
        "--sets", type=lambda words: words.split(","), help="some of the sets; else all"
    )
    parser.add_argument("--out", type=Path, default=HERE, help="folder for CERTAINTY.md")
    asked = parser.parse_args()
    there = journal.read([asked.results])
    for seed in asked.seeds:
        for name in asked.sets or names(asked.data):
            if (name, seed, "glassnet") not in there:
                journal.append(asked.results, found := result(name, seed, asked.data))
                print(found, flush=True)
    (asked.out / "CERTAINTY.md").write_text(text(journal.read([asked.results])), encoding="utf-8")
    print(asked.out / "CERTAINTY.md")


def result(name: str, seed: int, folder: Path | None) -> journal.Line:
    """The line of a fit."""
    import glassnet

    found = read(name, folder)
    classes = is_classification(found.task)
    train, test = split(len(found.y), found.y if classes else None, seed)
    kind = glassnet.GlassNetClassifier if classes else glassnet.GlassNetRegressor
    model = kind(random_state=seed).fit(found.X.iloc[train], found.y[train])
    line = {
        "set": name,
        "seed": seed,
        "learner": "glassnet",
        "task": found.task,
        "n_train": len(train),
        "n_test": len(test),
    }
    X, y = found.X.iloc[test], found.y[test]
    if not classes:
        line["n_scores"] = len(model.model_.intervals.scores)
        return line | {
            f"{c:g}": of_intervals(model.predict_interval(X, coverage=c), y) for c in COVERAGES
        }
    told = model.model_.training.get("calibration", {})
    T, P = told.get("temperature", 1.0), model.predict_proba(X)
    return line | {
        "temperature": T,
        "with": of_probabilities(P, y),
        "without": of_probabilities(warmer(P, 1.0 / T), y),
    }


def of_intervals(bounds: Array, y: Array) -> dict[str, float]:
    """The share of targets within, and the mean width in standard deviations of the target."""
    y = y.reshape(len(y), -1)
    low, high = np.moveaxis(bounds.reshape(*y.shape, 2), 2, 0)
    return {
        "within": float(((low <= y) & (y <= high)).mean()),
        "width": float(((high - low).mean(axis=0) / y.std(axis=0)).mean()),
    }


def of_probabilities(P: Array, y: Array) -> dict[str, float]:
    """Log loss, Brier score and the calibration error of the likeliest class, in ten bins of its
    probability."""
    confidence, right = P.max(axis=1), P.argmax(axis=1) == y
    bins = np.minimum((10.0 * confidence).astype(int), 9)
    gaps = np.bincount(bins, right - confidence, minlength=10) / len(y)
    return {
        "log_loss": measures.of_probabilities(y, P)["log_loss"],
        "brier_score": float(((P - np.eye(P.shape[1])[y]) ** 2).sum(axis=1).mean()),
        "calibration_error": float(np.abs(gaps).sum()),
    }


def warmer(P: Array, temperature: float) -> Array:
    """Probabilities whose raw scores are divided by a temperature."""
    with np.errstate(divide="ignore"):
        Z = np.log(P) / temperature
    E = np.exp(Z - Z.max(axis=1, keepdims=True))
    return np.asarray(E / E.sum(axis=1, keepdims=True))


def text(lines: dict[journal.Key, journal.Line]) -> str:
    """The tables of both kinds."""
    by_set: dict[str, list[journal.Line]] = {}
    for _, line in sorted(lines.items()):
        by_set.setdefault(line["set"], []).append(line)
    marked = {
        f"{name}{' *' if name in DEVELOPED_ON else ''} ({len(own)})": own
        for name, own in by_set.items()
    }
    numbers = {name: own for name, own in marked.items() if not is_classification(own[0]["task"])}
    classes = {name: own for name, own in marked.items() if is_classification(own[0]["task"])}
    parts = [HEAD]
    if numbers:
        heads = [
            "set (splits)",
            "test rows",
            "scores",
            *(f"{100 * c:g} %" for c in COVERAGES),
            "farthest",
            "with scores",
            "width",
        ]
        middle = f"{COVERAGES[1]:g}"
        rows = []
        for name, own in numbers.items():
            shares = [
                f"{100 * np.mean([line[f'{c:g}']['within'] for line in own]):.1f}"
                for c in COVERAGES
            ]
            width = np.mean([line[middle]["width"] for line in own])
            far = (
                f"{farthest(own, counted):+.1f}"
                for counted in (("n_test",), ("n_test", "n_scores"))
            )
            rows.append(
                [
                    name,
                    f"{own[0]['n_test']:,}",
                    f"{own[0]['n_scores']:,}",
                    *shares,
                    *far,
                    f"{width:.2f}",
                ]
            )
        means = [
            100
            * np.mean(
                [np.mean([line[f"{c:g}"]["within"] for line in own]) for own in numbers.values()]
            )
            for c in COVERAGES
        ]
        rows.append(["mean", "", "", *(f"{mean:.1f}" for mean in means), "", "", ""])
        parts.append(f"{OF_INTERVALS}\n\n{table(heads, rows)}")
    if classes:
        heads = [
            "set (splits)",
            "test rows",
            *(f"{called}{way}" for _, called in SCORES for way in ("", ", with")),
            "temperatures",
        ]
        rows, every = [], []
        for name, own in classes.items():
            means = [
                np.mean([line[way][score] for line in own])
                for score, _ in SCORES
                for way in ("without", "with")
            ]
            every.append(means)
            temperatures = ", ".join(f"{line['temperature']:.2f}" for line in own)
            rows.append(
                [name, f"{own[0]['n_test']:,}", *(f"{mean:.4f}" for mean in means), temperatures]
            )
        rows.append(["mean", "", *(f"{mean:.4f}" for mean in np.mean(every, axis=0)), ""])
        parts.append(f"{OF_PROBABILITIES}\n\n{table(heads, rows)}")
    return "\n\n".join(parts) + "\n"


def farthest(own: list[journal.Line], counted: tuple[str, ...]) -> float:
    """Of the splits and coverages of a set, the largest distance from the coverage in standard
    deviations.

    counted : names of the numbers of rows that are drawn by chance; the variance is the sum of c (1
        - c) / n over them
    """
    inverse = [sum(1.0 / line[n] for n in counted) for line in own]
    off = [
        (line[f"{c:g}"]["within"] - c) / np.sqrt(c * (1.0 - c) * v)
        for line, v in zip(own, inverse, strict=True)
        for c in COVERAGES
    ]
    return float(max(off, key=abs))


if __name__ == "__main__":
    main()
