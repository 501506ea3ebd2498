"""The learners: for each name what must be imported, and a function that fits.

A function takes X, y, the task, the seed and the number of threads, and returns what predicts: a
function from X to probabilities (n, classes), or to numbers (n,) or (n, outputs). Parameters are
the defaults of each library; what a learner needs before it takes a table at all is done in the fit
and counts into its time. Several outputs are learned one by one where a learner knows but one.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import ablation
import numpy as np
import pandas as pd
from preparation import Filled, categories, one_hot, texts
from sources import is_classification

Array = np.ndarray[Any, Any]
Predict = Callable[[pd.DataFrame], Array]
Fit = Callable[[pd.DataFrame, Array, str, int, int], Predict]


@dataclass(frozen=True)
class Learner:
    """How to fit, what is imported before the clock starts, and what version is told."""

    fit: Fit
    modules: tuple[str, ...]
    distribution: str

    def absent(self) -> str | None:
        """Why it cannot run here, if so."""
        missing = [module for module in self.modules if find_spec(module.partition(".")[0]) is None]
        return f"{', '.join(missing)} not installed" if missing else None


@dataclass(frozen=True)
class Recipe(Learner):
    """One of our own recipes, which this version of the package may not have."""

    def absent(self) -> str | None:
        """Why it cannot run here, if so."""
        missing = super().absent()
        if (
            missing
            or "recipe"
            in inspect.signature(import_module("glassnet").GlassNetClassifier).parameters
        ):
            return missing
        return "this version of glassnet has no recipes"


def answers(model: Any, task: str) -> Predict:
    """The method of a fitted model that answers."""
    return model.predict_proba if is_classification(task) else model.predict


def several(model: Any, task: str) -> Any:
    """A regressor that knows one output, for each of several."""
    from sklearn.multioutput import MultiOutputRegressor

    return MultiOutputRegressor(model) if task == "multi-output regression" else model


def ours(X: pd.DataFrame, y: Array, task: str, seed: int, threads: int, **settings: Any) -> Predict:
    import glassnet

    kind = glassnet.GlassNetClassifier if is_classification(task) else glassnet.GlassNetRegressor
    return answers(kind(random_state=seed, n_threads=threads, **settings).fit(X, y), task)


def linear(X: pd.DataFrame, y: Array, task: str, seed: int, threads: int) -> Predict:
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.pipeline import make_pipeline

    model = LogisticRegression(max_iter=1000) if is_classification(task) else Ridge()
    return answers(make_pipeline(one_hot(X, scaled=True), model).fit(X, y), task)


def sklearn_mlp(X: pd.DataFrame, y: Array, task: str, seed: int, threads: int) -> Predict:
    from sklearn.compose import TransformedTargetRegressor
    from sklearn.neural_network import MLPClassifier, MLPRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    if is_classification(task):
        model: Any = MLPClassifier(early_stopping=True, random_state=seed)
    else:
        model = TransformedTargetRegressor(
            MLPRegressor(early_stopping=True, random_state=seed), transformer=StandardScaler()
        )
    return answers(make_pipeline(one_hot(X, scaled=True), model).fit(X, y), task)


def forest(X: pd.DataFrame, y: Array, task: str, seed: int, threads: int) -> Predict:
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
    from sklearn.pipeline import make_pipeline

    kind = RandomForestClassifier if is_classification(task) else RandomForestRegressor
    return answers(
        make_pipeline(one_hot(X, scaled=False), kind(n_jobs=threads, random_state=seed)).fit(X, y),
        task,
    )


def histogram_boosting(X: pd.DataFrame, y: Array, task: str, seed: int, threads: int) -> Predict:
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    kind = (
        HistGradientBoostingClassifier if is_classification(task) else HistGradientBoostingRegressor
    )
    return answers(several(kind(random_state=seed), task).fit(X, y), task)


def lightgbm(X: pd.DataFrame, y: Array, task: str, seed: int, threads: int) -> Predict:
    from lightgbm import LGBMClassifier, LGBMRegressor

    kind = LGBMClassifier if is_classification(task) else LGBMRegressor
    return answers(
        several(kind(n_jobs=threads, random_state=seed, verbose=-1), task).fit(X, y), task
    )


def xgboost(X: pd.DataFrame, y: Array, task: str, seed: int, threads: int) -> Predict:
    from xgboost import XGBClassifier, XGBRegressor

    kind = XGBClassifier if is_classification(task) else XGBRegressor
    return answers(kind(n_jobs=threads, random_state=seed, enable_categorical=True).fit(X, y), task)


def catboost(X: pd.DataFrame, y: Array, task: str, seed: int, threads: int) -> Predict:
    from catboost import CatBoostClassifier, CatBoostRegressor

    kind = CatBoostClassifier if is_classification(task) else CatBoostRegressor
    settings = {"loss_function": "MultiRMSE"} if task == "multi-output regression" else {}
    model = kind(
        thread_count=threads,
        random_seed=seed,
        cat_features=categories(X),
        verbose=False,
        allow_writing_files=False,
        **settings,
    )
    predict = answers(model.fit(texts(X), y), task)
    return lambda X: predict(texts(X))


def pytabkit(
    X: pd.DataFrame,
    y: Array,
    task: str,
    seed: int,
    threads: int,
    *,
    name: str,
    outputs: bool = True,
) -> Predict:
    module = import_module("pytabkit")
    kind = getattr(module, f"{name}_{'Classifier' if is_classification(task) else 'Regressor'}")
    filled = Filled(X)
    model = kind(device="cpu", n_threads=threads, random_state=seed)
    predict = answers(
        (model if outputs else several(model, task)).fit(filled(X), y, cat_col_names=categories(X)),
        task,
    )
    return lambda X: predict(filled(X))


SCIKIT_LEARN = ("sklearn.compose", "sklearn.multioutput", "sklearn.pipeline")
PYTABKIT = ("pytabkit", "pytorch_lightning", *SCIKIT_LEARN)
GLASSNET = ("glassnet", "glassnet.estimators")

LEARNERS: dict[str, Learner] = {
    "glassnet": Learner(ours, GLASSNET, "glassnet"),
    **{
        f"glassnet-{recipe}": Recipe(partial(ours, recipe=recipe), GLASSNET, "glassnet")
        for recipe in ("standard", "fast", "best", "plain")
    },
    "linear": Learner(linear, ("sklearn.linear_model", *SCIKIT_LEARN), "scikit-learn"),
    "sklearn-mlp": Learner(sklearn_mlp, ("sklearn.neural_network", *SCIKIT_LEARN), "scikit-learn"),
    "random-forest": Learner(forest, ("sklearn.ensemble", *SCIKIT_LEARN), "scikit-learn"),
    "hist-gb": Learner(histogram_boosting, ("sklearn.ensemble", *SCIKIT_LEARN), "scikit-learn"),
    "lightgbm": Learner(lightgbm, ("lightgbm", *SCIKIT_LEARN), "lightgbm"),
    "xgboost": Learner(xgboost, ("xgboost",), "xgboost-cpu"),
    "catboost": Learner(catboost, ("catboost",), "catboost"),
    "realmlp-td-s": Learner(partial(pytabkit, name="RealMLP_TD_S"), PYTABKIT, "pytabkit"),
    "realmlp-td": Learner(partial(pytabkit, name="RealMLP_TD"), PYTABKIT, "pytabkit"),
    "tabm-d": Learner(partial(pytabkit, name="TabM_D", outputs=False), PYTABKIT, "pytabkit"),
}
#: Those of ablation.py, which are run by name alone.
VARIANTS: dict[str, Learner] = ablation.learners(ours, Recipe)
KNOWN = LEARNERS | VARIANTS
