"""Tables of a folder for the two perceptrons with scikit-learn's interface, ours and theirs: made
ready, trained, and read out."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import sklearn.neural_network
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import glassnet

Array = np.ndarray[Any, np.dtype[Any]]
MARK = "__y__"  # of the columns of targets


def read(folder: Path, name: str) -> tuple[Array, Array, bool]:
    """X float64 (n, columns): numbers standardized, their gaps filled with the median, categories
    one-hot; y; whether it is regression."""
    schema = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    kinds = {
        column: str if kind == "category" else kind for column, (kind, _) in schema["cols"].items()
    }
    regression = "regression" in schema["task"]
    kinds |= {MARK + target: float if regression else str for target in schema["targets"]}
    frame = pd.read_csv(
        folder / f"{name}.csv.gz", dtype=kinds, keep_default_na=False, na_values=[""]
    )
    categories = [column for column, (kind, _) in schema["cols"].items() if kind == "category"]
    numbers = [column for column in schema["cols"] if column not in categories]
    encoder = make_column_transformer(
        (make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), numbers),
        (OneHotEncoder(sparse_output=False), categories),
    )
    X = np.ascontiguousarray(encoder.fit_transform(frame), dtype=np.float64)
    y = frame[[MARK + target for target in schema["targets"]]].to_numpy()
    return X, StandardScaler().fit_transform(y)[:, 0] if regression else y[:, 0], regression


class Theirs:
    """scikit-learn's; default parameters but for the end: so many epochs, no sooner."""

    home: Any = sklearn.neural_network

    def __init__(self, threads: int | None) -> None:
        """One thread is asked for by the environment before NumPy starts."""

    def prepare(self, folder: Path, name: str) -> tuple[int, int]:
        """Read a table and return its shape."""
        self.X, self.y, self.regression = read(folder, name)
        return self.X.shape

    def train(self, epochs: int) -> float:
        """Fit anew, and return the seconds it took."""
        kind = "MLPRegressor" if self.regression else "MLPClassifier"
        self.model = getattr(self.home, kind)(
            max_iter=epochs, tol=0.0, n_iter_no_change=epochs + 1, random_state=0, **self.settings()
        )
        start = time.perf_counter()
        self.model.fit(self.X, self.y)
        return time.perf_counter() - start

    def settings(self) -> dict[str, Any]:
        """What is said beside."""
        return {}

    def learned(self) -> tuple[list[Array], list[float]]:
        """Weights and biases, and the losses of the epochs."""
        return [*self.model.coefs_, *self.model.intercepts_], list(self.model.loss_curve_)


class Ours(Theirs):
    """glassnet's; threads None is what a user gets who says nothing."""

    home = glassnet

    def __init__(self, threads: int | None) -> None:
        self.threads = threads

    def settings(self) -> dict[str, Any]:
        """One thread, or nothing."""
        return {"n_threads": self.threads} if self.threads else {}
