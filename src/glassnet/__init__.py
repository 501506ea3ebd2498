"""Neural networks for tabular data, written from scratch so that every step can be read.

The public names are loaded when they are first used: `import glassnet` alone imports nothing heavy.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from glassnet.data.review.inspection import inspect_table
    from glassnet.data.tables.dialect import Dialect, Limits
    from glassnet.errors import DataNotice
    from glassnet.estimators import (
        GlassNetClassifier,
        GlassNetRegressor,
        MLPClassifier,
        MLPRegressor,
    )
    from glassnet.estimators.migration import from_sklearn
    from glassnet.fitting import fit
    from glassnet.gradient_check import check_gradients
    from glassnet.layers import (
        Activation,
        BatchNorm,
        CategoryEmbedding,
        Dense,
        Dropout,
        LayerNorm,
        Members,
        PeriodicEmbedding,
        PiecewiseLinearEmbedding,
        Residual,
        RMSNorm,
        Scale,
        Stack,
    )
    from glassnet.model import Model
    from glassnet.network import Network
    from glassnet.optimizers import LBFGS, SGD, Adam, AdamW, RMSprop
    from glassnet.penalties import Penalty
    from glassnet.report import Evaluation, evaluate
    from glassnet.report.agreement import Agreement
    from glassnet.report.compare_models import compare
    from glassnet.storage import load
    from glassnet.training.learning_rate_search import LearningRateSearch, find_learning_rate
    from glassnet.training.plan import Plan
    from glassnet.training.recipes import Recipe
    from glassnet.training.stopping import EarlyStopping, Epoch
    from glassnet.training.train import train

__version__ = "0.1.0"

__all__ = [
    "Activation",
    "Adam",
    "AdamW",
    "Agreement",
    "BatchNorm",
    "CategoryEmbedding",
    "DataNotice",
    "Dense",
    "Dialect",
    "Dropout",
    "EarlyStopping",
    "Epoch",
    "Evaluation",
    "GlassNetClassifier",
    "GlassNetRegressor",
    "LBFGS",
    "LayerNorm",
    "LearningRateSearch",
    "Limits",
    "MLPClassifier",
    "MLPRegressor",
    "Members",
    "Model",
    "Network",
    "Penalty",
    "PeriodicEmbedding",
    "PiecewiseLinearEmbedding",
    "Plan",
    "RMSNorm",
    "RMSprop",
    "Recipe",
    "Residual",
    "SGD",
    "Scale",
    "Stack",
    "check_gradients",
    "compare",
    "evaluate",
    "find_learning_rate",
    "fit",
    "from_sklearn",
    "inspect_table",
    "load",
    "train",
]

_HOMES = {
    "glassnet.data.review.inspection": ("inspect_table",),
    "glassnet.data.tables.dialect": ("Dialect", "Limits"),
    "glassnet.errors": ("DataNotice",),
    "glassnet.estimators": (
        "GlassNetClassifier",
        "GlassNetRegressor",
        "MLPClassifier",
        "MLPRegressor",
    ),
    "glassnet.estimators.migration": ("from_sklearn",),
    "glassnet.fitting": ("fit",),
    "glassnet.gradient_check": ("check_gradients",),
    "glassnet.layers": (
        "Activation",
        "BatchNorm",
        "CategoryEmbedding",
        "Dense",
        "Dropout",
        "LayerNorm",
        "Members",
        "PeriodicEmbedding",
        "PiecewiseLinearEmbedding",
        "RMSNorm",
        "Residual",
        "Scale",
        "Stack",
    ),
    "glassnet.model": ("Model",),
    "glassnet.network": ("Network",),
    "glassnet.optimizers": ("LBFGS", "SGD", "Adam", "AdamW", "RMSprop"),
    "glassnet.penalties": ("Penalty",),
    "glassnet.report": ("Evaluation", "evaluate"),
    "glassnet.report.agreement": ("Agreement",),
    "glassnet.report.compare_models": ("compare",),
    "glassnet.storage": ("load",),
    "glassnet.training.train": ("train",),
    "glassnet.training.learning_rate_search": ("LearningRateSearch", "find_learning_rate"),
    "glassnet.training.plan": ("Plan",),
    "glassnet.training.recipes": ("Recipe",),
    "glassnet.training.stopping": ("EarlyStopping", "Epoch"),
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module 'glassnet' has no attribute {name!r}")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
