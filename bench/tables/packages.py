"""The sets that packages carry, for whoever has no folder of tables."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np
import pandas as pd
import sklearn.datasets

Read = Callable[[], tuple[pd.DataFrame, np.ndarray[Any, Any], str]]


@dataclass(frozen=True)
class Package:
    """A module that must be there, and how the set is read from it: columns, targets, task."""

    module: str
    read: Read

    def is_there(self) -> bool:
        """Whether the module is installed."""
        return find_spec(self.module) is not None


def bundled(name: str, task: str) -> Package:
    """A set that scikit-learn carries."""

    def read() -> tuple[pd.DataFrame, np.ndarray[Any, Any], str]:
        data = getattr(sklearn.datasets, f"load_{name}")()
        return pd.DataFrame(data.data), data.target, task

    return Package("sklearn", read)


PACKAGES = {
    "breast_cancer": bundled("breast_cancer", "binary"),
    "digits": bundled("digits", "multiclass"),
    "iris": bundled("iris", "multiclass"),
    "wine": bundled("wine", "multiclass"),
    "diabetes": bundled("diabetes", "regression"),
}
