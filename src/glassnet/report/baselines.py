"""Baselines to compare a network with: a constant, a linear model and gradient boosting.

The linear model and the trees of scikit-learn use the same features and training rows as the
network. Their cost is bounded in two ways:

- by size: they train on at most MAX_CELLS numbers (rows x features), and MAX_TREE_CELLS including
  the classes or targets (rows x features x classes); the sample of rows is always the same;
- by time: together they may take as long as the fit of the network, but at least MIN_SECONDS and
  at most MAX_SECONDS. They train in steps, LINEAR_STEPS and ROUNDS. A model stops if its next step
  would exceed the time, and is skipped if no time is left; the report tells so. The first step of a
  model is always finished.
"""

import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from glassnet.data.coding.target import Target
from glassnet.data.rows import Rows
from glassnet.messages import shorten
from glassnet.model import Model
from glassnet.report.predictions import Array, Predictions
from glassnet.report.threads import one_thread

MAX_CELLS, MAX_TREE_CELLS = 10_000_000, 100_000_000
MIN_ROWS = 1_000
#: Trees use each feature for each class in each round: with more pairs a round takes too long.
MAX_PAIRS = 50_000
#: Trees need a dense matrix; a sparse one with more cells is used by the linear model only.
MAX_DENSE = 50_000_000
MIN_SECONDS, MAX_SECONDS = 10.0, 30.0

LINEAR_STEPS = (50, 100, 200)
ROUNDS = (10, 30, 60, 100)
CUT_SHORT = "time was over"


@dataclass(frozen=True, eq=False)
class Baseline:
    """A simple model and its predictions.

    name : "always 'Adelie'", "linear model", "gradient boosting"
    predictions : for the scored rows; None if there are none, and `note` tells why
    n_rows : the number of rows it was trained on
    seconds : the time of training and prediction
    note : a remark, such as why there are no predictions; "" for none
    """

    name: str
    predictions: Predictions | None
    n_rows: int
    seconds: float
    note: str = ""

    @property
    def cut_short(self) -> bool:
        """Whether training was stopped by the time limit."""
        return CUT_SHORT in self.note


@dataclass(frozen=True, eq=False)
class BaselineData:
    """The training data of the baselines, with features as an array, and the rows to score."""

    rows: Rows
    X_held: Any
    held: Predictions
    target: Target
    deadline: float

    def allows(self, started: float, factor: float) -> bool:
        """Return whether there is time for `factor` times the work done since `started`."""
        now = time.perf_counter()
        return now + factor * (now - started) <= self.deadline


def fit_baselines(
    model: Model, training: Rows, held: Predictions, held_rows: Rows
) -> list[Baseline]:
    """Fit the constant, the linear model and the trees, and predict the same rows.

    A baseline that fails gets a note; no error is raised.
    """
    import sklearn.ensemble
    import sklearn.linear_model  # noqa: F401  before the clock starts

    found = [constant_baseline(model.target, training, held)]
    seconds = model.training.get("seconds")
    allowed = min(
        max(seconds if isinstance(seconds, int | float) else 0.0, MIN_SECONDS), MAX_SECONDS
    )
    deadline = time.perf_counter() + allowed
    data: BaselineData | None = None
    for name, learn in (("linear model", linear_model), ("gradient boosting", boosted_trees)):
        started = time.perf_counter()
        if started > deadline:
            note = f"left out: the simpler models may take {allowed:.0f} s in all"
            found.append(Baseline(name, None, 0, 0.0, note))
            continue
        try:
            data = data or _baseline_data(model, training, held, held_rows, deadline)
            one = _baseline(name, learn, data, training.n)
        except Exception as error:  # noqa: BLE001  a failed baseline must not cost the network
            reason = (str(error).strip() or type(error).__name__).splitlines()[0]
            one = Baseline(name, None, 0, 0.0, f"failed: {shorten(reason, 200)}")
        found.append(replace(one, seconds=time.perf_counter() - started))
    return found


def constant_baseline(target: Target, training: Rows, held: Predictions) -> Baseline:
    """Return a constant prediction for all rows: the class shares, or the mean of each target."""
    started = time.perf_counter()
    y = target.encode(training.y)
    if target.task == "regression":
        Y = target.decode_numbers(y).reshape(len(y), -1)
        answer, name = np.average(Y, axis=0, weights=training.weight), "always the mean"
    else:
        counts = np.bincount(y, training.weight, minlength=len(target.classes))
        answer, name = counts / counts.sum(), f"always {target.classes[int(counts.argmax())]!r}"
    guess = held.other(np.tile(answer, (held.n_rows, 1)))
    return Baseline(name, guess, len(y), time.perf_counter() - started)


def linear_model(data: BaselineData) -> tuple[Array, str]:
    """Return the predictions of logistic (C = 1) or ridge regression (alpha = 1), and a note."""
    from sklearn.linear_model import LogisticRegression, Ridge

    rows = data.rows
    if data.target.task == "regression":
        ridge = Ridge(alpha=1.0).fit(rows.X, rows.y, rows.weight)
        return np.asarray(ridge.predict(data.X_held)), ""
    model, done, last = LogisticRegression(warm_start=True), 0, LINEAR_STEPS[-1]
    for steps in _affordable(LINEAR_STEPS, data):  # each step continues from the previous one
        model.set_params(max_iter=steps - done).fit(rows.X, rows.y, rows.weight)
        converged = int(np.max(model.n_iter_)) < model.max_iter
        done = last if converged else steps
        if converged:
            break
    note = "" if done == last else f"stopped after {done} of {last} iterations: {CUT_SHORT}"
    return _probabilities(model, data, data.X_held), note


def boosted_trees(data: BaselineData) -> tuple[Array, str]:
    """Return the predictions of histogram gradient boosting of up to 100 rounds, and a note."""
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    if data.rows.X.shape[1] * max(1, data.target.n_outputs) > MAX_PAIRS:
        raise ValueError(f"{data.rows.X.shape[1]:,} features are too many for it")
    X, X_held = _to_dense(data.rows.X), _to_dense(data.X_held)
    classify = data.target.task != "regression"
    Learner = HistGradientBoostingClassifier if classify else HistGradientBoostingRegressor
    Y = data.rows.y.reshape(data.rows.n, -1).T
    answers, n_rounds = [], ROUNDS[-1]
    for j, y in enumerate(Y):
        model = Learner(warm_start=True, early_stopping=False, random_state=0)
        now = time.perf_counter()
        # each target gets its share of the time
        own = replace(data, deadline=now + (data.deadline - now) / (len(Y) - j))
        for rounds in _affordable(ROUNDS, own):
            model.set_params(max_iter=rounds).fit(X, y, data.rows.weight)
        n_rounds = min(n_rounds, model.max_iter)
        answers.append(_probabilities(model, data, X_held) if classify else model.predict(X_held))
    note = f"stopped after {n_rounds} of {ROUNDS[-1]} rounds: {CUT_SHORT}"
    answer = answers[0] if classify else np.column_stack(answers)
    return answer, note if n_rounds < ROUNDS[-1] else ""


def _affordable(steps: Sequence[int], data: BaselineData) -> Iterator[int]:
    """Yield the first number of steps, and further ones while there is time."""
    done, started = 0, time.perf_counter()
    for n_steps in steps:
        if done and not data.allows(started, n_steps / done - 1.0):
            return
        yield n_steps
        done = n_steps


def _baseline_data(
    model: Model, training: Rows, held: Predictions, held_rows: Rows, deadline: float
) -> BaselineData:
    """Return the features of a sample of training rows and of all scored rows."""
    y, weight = model.target.encode(training.y), training.weight
    if model.task != "regression" and len(np.unique(y if weight is None else y[weight > 0.0])) < 2:
        raise ValueError("all rows to learn from are of one class")
    n_outputs = max(1, model.target.n_outputs)
    rows = sampled_rows(training.n, model.encoder.n_features, n_outputs)
    chosen = Rows(
        model.encode(training.X.take(rows)),
        y[rows],
        None if weight is None else scale_weights(weight[rows]),
    )
    return BaselineData(chosen, model.encode(held_rows.X), held, model.target, deadline)


def scale_weights(weight: Array) -> Array:
    """Scale weights to numbers of rows: the smallest positive one is 1, the mean at most 1,000.

    The penalties of the baselines are added to a sum over rows, so otherwise the size of the
    weights would matter and not only their ratios.
    """
    return np.asarray(weight / max(weight[weight > 0.0].min(), 1e-3 * weight.mean()))


def sampled_rows(n: int, n_features: int, n_outputs: int) -> Array:
    """Return the training rows: all, or a fixed random sample of the allowed size."""
    cells = min(MAX_CELLS // n_features, MAX_TREE_CELLS // (n_features * n_outputs))
    size = max(MIN_ROWS, cells)
    if n <= size:
        return np.arange(n)
    return np.sort(np.random.Generator(np.random.Philox(0)).permutation(n)[:size])


def _baseline(
    name: str,
    learn: Callable[[BaselineData], tuple[Array, str]],
    data: BaselineData,
    n_training: int,
) -> Baseline:
    with warnings.catch_warnings(), one_thread():
        warnings.simplefilter("ignore")  # about too few iterations: good enough for a comparison
        answers, note = learn(data)
    n = data.rows.n
    if not np.isfinite(answers).all():
        raise ValueError("it predicts numbers that are not finite")
    if data.target.task == "regression":
        answers = data.target.decode_numbers(answers)
    few = f"learned from {n:,} of the {n_training:,} rows" if n < n_training else ""
    return Baseline(name, data.held.other(answers), n, 0.0, "; ".join(filter(None, (few, note))))


def _probabilities(model: Any, data: BaselineData, X: Any) -> Array:
    """Return the probabilities (n, k) of all classes, 0 for one that the training rows lack."""
    P = np.zeros((data.held.n_rows, len(data.target.classes)))
    P[:, model.classes_] = model.predict_proba(X)
    return P


def _to_dense(X: Any) -> Any:
    if isinstance(X, np.ndarray):
        return X
    n, m = X.shape
    if n * m > MAX_DENSE:
        raise ValueError(f"a sparse table of {n:,} rows and {m:,} features is too large for it")
    return X.toarray()
