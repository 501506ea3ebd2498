"""Where a table comes from: a folder that was named, or the packages that carry it.

A folder holds `catalog.csv` (columns `name` and `task`, one row a set) and, beside it or in
`files/`, NAME.csv.gz with NAME.json: the task, the targets, and for each column its dtype,
"category" with its levels.
"""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from packages import PACKAGES
from sets import APART, LOG_TARGETS

MARK = "__y__"  # of the columns of targets


@dataclass(frozen=True)
class Table:
    """X: columns of numbers (gaps are NaN) and of dtype category; y: codes of classes (n,), or
    numbers (n,) or (n, outputs).

    task is "binary", "multiclass", "regression" or "multi-output regression".
    """

    X: pd.DataFrame
    y: np.ndarray[Any, Any]
    task: str


def names(folder: Path | None) -> list[str]:
    """The sets of a folder, or of the packages that are installed."""
    if folder is None:
        return sorted(name for name, package in PACKAGES.items() if package.is_there())
    with (folder / "catalog.csv").open(encoding="utf-8", newline="") as file:
        return [row["name"] for row in csv.DictReader(file) if row["name"] not in APART]


def read(name: str, folder: Path | None) -> Table:
    """A set, its columns named c0, c1, ... since some learners refuse signs in names."""
    X, y, task = PACKAGES[name].read() if folder is None else from_folder(folder, name)
    X = X.set_axis([f"c{i}" for i in range(X.shape[1])], axis=1)
    if is_classification(task):
        return Table(X, np.unique(y, return_inverse=True)[1].reshape(-1), task)
    y = np.asarray(y, dtype=np.float64)
    return Table(X, np.log1p(y) if name in LOG_TARGETS else y, task)


def is_classification(task: str) -> bool:
    """Whether classes are to be told, not numbers."""
    return "regression" not in task


def from_folder(folder: Path, name: str) -> tuple[pd.DataFrame, np.ndarray[Any, Any], str]:
    """The columns, the targets and the task of a set of a folder."""
    files = folder / "files" if (folder / "files").is_dir() else folder
    schema = json.loads((files / f"{name}.json").read_text(encoding="utf-8"))
    kinds = {
        column: str if kind == "category" else kind for column, (kind, _) in schema["cols"].items()
    }
    target = float if "regression" in schema["task"] else str
    kinds |= {MARK + column: target for column in schema["targets"]}
    # Only an empty cell is a gap: "NA" may be a level.
    data = pd.read_csv(files / f"{name}.csv.gz", dtype=kinds, keep_default_na=False, na_values=[""])
    for column, (kind, levels) in schema["cols"].items():
        if kind == "category":
            data[column] = pd.Categorical(data[column], categories=levels)
    y = data[[MARK + column for column in schema["targets"]]].to_numpy()
    return data[list(schema["cols"])], y if schema["multi"] else y[:, 0], schema["task"]
