"""What a network has to beat: always the same guess, a linear model, boosted trees. They are scikit-learn's.

The linear model and the trees learn from the network's own features of the training rows. What they
cost is bounded twice:

- by size: they learn from as many rows as make MAX_CELLS numbers (rows x features), and
  MAX_TREE_CELLS with those for each class or target (rows x features x classes), always the same
  ones;
- by the clock: all together may take as long as the fit of the network did, but always MIN_SECONDS and
  never more than MAX_SECONDS seconds. They learn in steps, LINEAR_STEPS and ROUNDS. One that would be
  over time after its next step keeps what it has learned, one that would begin late is left out,
  and the report says so. Only the first step is taken in any case.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from glassnet.data.coding.target import Target
from glassnet.model import Model
from glassnet.report.predictions import Part, Predictions
from glassnet.report.threads import one_thread

Array = np.ndarray[Any, np.dtype[Any]]

MAX_CELLS, MAX_TREE_CELLS = 10_000_000, 100_000_000
MIN_ROWS = 1_000
#: Trees look at each feature for each class in each round: beyond so many pairs one round takes too
#: long.
MAX_PAIRS = 50_000
#: Trees take no sparse matrices; one that becomes larger than so many numbers is left to the linear
#: model.
MAX_DENSE = 50_000_000
MIN_SECONDS, MAX_SECONDS = 10.0, 30.0

LINEAR_STEPS = (50, 100, 200)
ROUNDS = (10, 30, 60, 100)
CUT_SHORT = "time was over"


@dataclass(frozen=True, eq=False)
class Baseline:
    """A simple model's work.

    name : "always 'Adelie'", "linear model", "gradient boosting"
    predictions : for the rows that all are scored on; None where there are none, and `note` says
        why
    n_rows : how many rows it learned from
    seconds : of learning and predicting
    note : what is to be known of it, in words; "" for nothing
    """

    name: str
    predictions: Predictions | None
    n_rows: int
    seconds: float
    note: str = ""

    @property
    def cut_short(self) -> bool:
        """Whether it could have learned more in more time."""
        return CUT_SHORT in self.note


@dataclass(frozen=True, eq=False)
class Lesson:
    """What the simple models learn from, X (n, n_features) and y (n,) or (n, m), and what they are scored on."""

    X: Any
    y: Array
    weight: Array | None
    X_held: Any
    held: Predictions
    target: Target
    deadline: float

    def suffices(self, started: float, share: float) -> bool:
        """Return whether time suffices for so many times what was done since the start."""
        now = time.perf_counter()
        return now + share * (now - started) <= self.deadline


def baselines(model: Model, training: Part, held: Predictions, held_part: Part) -> list[Baseline]:
    """Return the constant guess, the linear model and the trees, each scored on the same rows; what fails is noted, and is no error."""
    import sklearn.ensemble
    import sklearn.linear_model  # noqa: F401  before the clock starts

    found = [constant(model.target, training, held)]
    seconds = model.training.get("seconds")
    allowed = min(
        max(seconds if isinstance(seconds, int | float) else 0.0, MIN_SECONDS), MAX_SECONDS
    )
    deadline = time.perf_counter() + allowed
    lesson: Lesson | None = None
    for name, learn in (("linear model", linear), ("gradient boosting", boosting)):
        started = time.perf_counter()
        if started > deadline:
            found.append(
                Baseline(
                    name,
                    None,
                    0,
                    0.0,
                    f"left out: the simpler models may take {allowed:.0f} s in all",
                )
            )
            continue
        try:
            lesson = lesson or _lesson(model, training, held, held_part, deadline)
            one = _learned(name, learn, lesson, training.table.n_rows)
        except Exception as error:  # noqa: BLE001  a comparison that fails must not cost a trained network
            one = Baseline(name, None, 0, 0.0, f"failed: {_first_line(error)}")
        found.append(replace(one, seconds=time.perf_counter() - started))
    return found


def constant(target: Target, training: Part, held: Predictions) -> Baseline:
    """Return the same answer for all rows: the most frequent class with the shares of all classes, or the mean of each target."""
    started = time.perf_counter()
    y = target.encode(training.values)
    n = held.n_rows
    if target.task == "regression":
        mean = np.average(
            target.decode_numbers(y).reshape(len(y), -1), axis=0, weights=training.weight
        )
        guess, name = (
            Predictions.of_numbers(held.truth, np.tile(mean, (n, 1)), held.weight),
            "always the mean",
        )
    else:
        counts = np.bincount(y, training.weight, minlength=len(target.classes))
        guess = Predictions.of_classes(
            held.truth, np.tile(counts / counts.sum(), (n, 1)), held.weight
        )
        name = f"always {target.classes[int(counts.argmax())]!r}"
    return Baseline(name, guess, len(y), time.perf_counter() - started)


def linear(lesson: Lesson) -> tuple[Array, str]:
    """Return the predictions of logistic regression (C = 1) or ridge regression (alpha = 1), and what is to be known of it."""
    if lesson.target.task == "regression":
        from sklearn.linear_model import Ridge

        return np.asarray(
            Ridge(alpha=1.0).fit(lesson.X, lesson.y, lesson.weight).predict(lesson.X_held)
        ), ""
    from sklearn.linear_model import LogisticRegression

    model, done, started = LogisticRegression(warm_start=True), 0, time.perf_counter()
    for steps in LINEAR_STEPS:  # it goes on from where it stood
        if done and not lesson.suffices(started, steps / done - 1.0):
            return _spread(
                model, lesson
            ), f"stopped after {done} of {LINEAR_STEPS[-1]} iterations: {CUT_SHORT}"
        model.set_params(max_iter=steps - done).fit(lesson.X, lesson.y, lesson.weight)
        done = steps
        if int(np.max(model.n_iter_)) < model.max_iter:
            break
    return _spread(model, lesson), ""


def boosting(lesson: Lesson) -> tuple[Array, str]:
    """Return the predictions of scikit-learn's histogram gradient boosting as it comes, of 100 rounds, and what is to be known of it."""
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    outputs = max(1, lesson.target.n_outputs)
    if lesson.X.shape[1] * outputs > MAX_PAIRS:
        raise ValueError(f"{lesson.X.shape[1]:,} features are too many for it")
    X, X_held = _dense(lesson.X), _dense(lesson.X_held)

    def grown(model: Any, y: Array, n_left: int = 1) -> tuple[Any, int]:
        done, started = 0, time.perf_counter()
        own = replace(
            lesson, deadline=started + (lesson.deadline - started) / n_left
        )  # each target has its share of the time
        for rounds in ROUNDS:
            if done and not own.suffices(started, rounds / done - 1.0):
                break
            model.set_params(max_iter=rounds).fit(X, y, lesson.weight)
            done = rounds
        return model, done

    if lesson.target.task == "regression":
        columns, rounds = [], []
        Y = lesson.y.reshape(len(lesson.y), -1)
        for j, y in enumerate(Y.T):
            model, n = grown(
                HistGradientBoostingRegressor(
                    warm_start=True, early_stopping=False, random_state=0
                ),
                y,
                Y.shape[1] - j,
            )
            columns.append(model.predict(X_held))
            rounds.append(n)
        least, answers = min(rounds), np.column_stack(columns)
    else:
        model, least = grown(
            HistGradientBoostingClassifier(warm_start=True, early_stopping=False, random_state=0),
            lesson.y,
        )
        answers = _spread(model, lesson, X_held)
    return answers, f"stopped after {least} of {ROUNDS[-1]} rounds: {CUT_SHORT}" if least < ROUNDS[
        -1
    ] else ""


def _lesson(
    model: Model, training: Part, held: Predictions, held_part: Part, deadline: float
) -> Lesson:
    """Return the features of some of the training rows and of all that are scored."""
    y = model.target.encode(training.values)
    weight = training.weight
    if model.task != "regression" and len(np.unique(y if weight is None else y[weight > 0.0])) < 2:
        raise ValueError("all rows to learn from are of one class")
    rows = some_rows(
        training.table.n_rows, model.encoder.n_features, max(1, model.target.n_outputs)
    )
    X, X_held = model.encode(training.table.take(rows)), model.encode(held_part.table)
    return Lesson(
        X,
        y[rows],
        None if weight is None else as_counts(weight[rows]),
        X_held,
        held,
        model.target,
        deadline,
    )


def as_counts(weight: Array) -> Array:
    """Return weights, some above 0, as numbers of rows: the smallest is 1, but the mean at most 1,000.

    The penalties of simple models stand beside a sum over rows, so the size of weights would count
    and not only their ratios.
    """
    return np.asarray(weight / max(weight[weight > 0.0].min(), 1e-3 * weight.mean()))


def some_rows(n: int, n_features: int, n_outputs: int) -> Array:
    """Return the rows to learn from: all of them, or as many as are allowed, drawn at random, the same ones each time."""
    most = max(MIN_ROWS, min(MAX_CELLS // n_features, MAX_TREE_CELLS // (n_features * n_outputs)))
    return (
        np.arange(n)
        if n <= most
        else np.sort(np.random.Generator(np.random.Philox(0)).permutation(n)[:most])
    )


def _learned(
    name: str, learn: Callable[[Lesson], tuple[Array, str]], lesson: Lesson, n_training: int
) -> Baseline:
    with warnings.catch_warnings(), one_thread():
        warnings.simplefilter(
            "ignore"
        )  # that 200 steps were too few, for one: near enough for a comparison
        answers, note = learn(lesson)
    n, held = len(lesson.y), lesson.held
    if not np.isfinite(answers).all():
        raise ValueError("it predicts numbers that are not finite")
    if held.P is None:
        predictions = Predictions.of_numbers(
            held.truth, lesson.target.decode_numbers(answers), held.weight
        )
    else:
        predictions = Predictions.of_classes(held.truth, answers, held.weight)
    few = f"learned from {n:,} of the {n_training:,} rows" if n < n_training else ""
    return Baseline(name, predictions, n, 0.0, "; ".join(filter(None, (few, note))))


def _spread(model: Any, lesson: Lesson, X_held: Any = None) -> Array:
    """Return the probabilities (n, k) of all classes; one that the training rows lack is given none."""
    P = np.zeros((lesson.held.n_rows, len(lesson.target.classes)))
    P[:, model.classes_] = model.predict_proba(lesson.X_held if X_held is None else X_held)
    return P


def _dense(X: Any) -> Any:
    if isinstance(X, np.ndarray):
        return X
    if X.shape[0] * X.shape[1] > MAX_DENSE:
        raise ValueError(
            f"a sparse table of {X.shape[0]:,} rows and {X.shape[1]:,} features is too large for it"
        )
    return X.toarray()


def _first_line(error: Exception) -> str:
    text = str(error).strip() or type(error).__name__
    return text.splitlines()[0][:200]
