"""How a model answers on rows that it did not learn from, beside a constant and a linear model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassnet.inspection.diagnosis.parts import Known, Parts
from glassnet.losses import unsmoothed
from glassnet.model import Model

Array = NDArray[Any]

MAX_ROWS = 20_000
#: The linear model is left out beyond so many inputs.
MAX_INPUTS = 1_000
RIDGE = 1.0
#: The surest answers are this share of the rows, those of the widest margin.
SUREST = 0.3
#: A number is far off from so many widths of the middle half of all errors, and of all targets.
FAR_OFF, FAR_OFF_TARGETS = 6.0, 2.0
SHOWN = 5


@dataclass(frozen=True)
class Answers:
    """Errors on rows outside of training.

    Attributes
    ----------
    n_rows : the number of rows
    error : mean error of the network: share of wrong classes, or mean squared error over variance
    constant, linear : the errors of the best constant and of a linear model; linear may be None
    behind_constant, behind_linear : by how many standard errors the network is worse
    loss, learned_loss, baseline_loss : mean loss outside, on the rows learned from, and of the
        constant
    recall : of the rarest class; None for a regression
    """

    n_rows: int
    error: float
    constant: float
    linear: float | None
    behind_constant: float
    behind_linear: float
    loss: float
    learned_loss: float
    baseline_loss: float
    recall: float | None


@dataclass(frozen=True)
class Labels:
    """Labels that contradict the members that did not learn from them.

    Attributes
    ----------
    n_rows : the number of rows that some member did not learn from
    error : share of wrong classes; for numbers the share that is far off
    chance : the error of the most frequent class; for numbers 1
    surest_error : the share of wrong classes among the surest answers; for numbers that far off
    disputed : the number of rows whose label all these members dispute
    rows : numbers of the most disputed rows
    """

    n_rows: int
    error: float
    chance: float
    surest_error: float
    at_least: float
    disputed: int
    rows: tuple[int, ...]


def answers_of(model: Model, first: Model, parts: Parts, X: Array) -> Answers | None:
    """Return the errors outside of training; None without such rows.

    Parameters
    ----------
    model : answers on test rows
    first : the first member as a model, which answers on rows that it held out
    parts : of the table
    X : the network's input for `parts.rows`
    """
    outside, loss = parts.outside, unsmoothed(model.loss)
    if outside is None or model.task == "multilabel":
        return None
    outside = _sample(outside)
    answering = first if parts.test is None else model
    learning = parts.learning[:MAX_ROWS]
    y = parts.rows.y[learning]
    U = model.encoder.encode(outside.table, "float64")
    Z = answering.engine.predict(U.astype(answering.network.dtype)).astype(np.float64)
    V = first.engine.predict(X[learning].astype(first.network.dtype)).astype(np.float64)
    prepared, learned = (loss.prepare(t, Z.shape[1], np.dtype("float64")) for t in (outside.y, y))
    constant = np.tile(loss.baseline(learned, Z.shape[1]), (len(Z), 1))
    found = _errors(model, Z, outside.y)
    best = _errors(model, constant, outside.y)
    straight = _linear(model, X[learning], y, U)
    lines = None if straight is None else _errors(model, straight, outside.y, raw=False)
    scale = 1.0
    if model.task == "regression":
        scale = max(float(np.var(outside.y, axis=0).mean()), 1e-12)
    return Answers(
        len(Z),
        float(found.mean()) / scale,
        float(best.mean()) / scale,
        None if lines is None else float(lines.mean()) / scale,
        _behind(found, best),
        0.0 if lines is None else _behind(found, lines),
        loss.value_and_gradient(Z, prepared)[0],
        loss.value_and_gradient(V, learned)[0],
        loss.value_and_gradient(constant, prepared)[0],
        _rarest_recall(model, Z, outside.y, y),
    )


def labels_of(model: Model, members: Array | None, parts: Parts) -> Labels | None:
    """Return the labels that contradict the members, given their raw scores `(M, n, k)`.

    The rows are those that some members did not learn from.
    """
    if members is None or parts.unseen is None or model.task == "multilabel":
        return None
    unseen = parts.unseen
    some = np.flatnonzero(unseen.any(axis=0))
    weight = unseen[:, some, None] / unseen[:, some].sum(axis=0)[:, None]
    Z = np.asarray((members[: len(unseen)][:, some] * weight).sum(axis=0))
    y, numbers = parts.rows.y[some], parts.rows.index[some]
    if model.task == "regression":
        return _numbers(model, Z, y, numbers)
    P = _probabilities(model, Z)
    own = P[np.arange(len(y)), y]
    wrong = P.argmax(axis=1) != y
    top = np.sort(P, axis=1)
    order = np.argsort(-(top[:, -1] - top[:, -2]), kind="stable")
    surest = order[: max(1, int(SUREST * len(y)))]
    each = np.stack([_probabilities(model, Zm[some]) for Zm in members[: len(unseen)]])
    doubts = (each.argmax(axis=2) != y) | ~unseen[:, some]
    disputed = doubts.all(axis=0) & wrong
    worst = np.flatnonzero(disputed)[np.argsort(own[disputed], kind="stable")]
    return Labels(
        len(y),
        float(wrong.mean()),
        1.0 - float(np.bincount(y).max()) / len(y),
        float(wrong[surest].mean()),
        _at_least(wrong[surest]),
        int(disputed.sum()),
        tuple(numbers[worst[:SHOWN]].tolist()),
    )


def _numbers(model: Model, Z: Array, y: Array, numbers: Array) -> Labels:
    error = (_numbers_of(model, Z) - y.reshape(len(y), -1))[:, 0]
    low, middle, high = np.quantile(error, [0.25, 0.5, 0.75])
    width = float(np.subtract(*np.quantile(y, [0.75, 0.25])))
    off = np.abs(error - middle)
    far = off > max(FAR_OFF * float(high - low), FAR_OFF_TARGETS * width)
    worst = np.argsort(-off, kind="stable")
    shown = tuple(numbers[worst[: min(SHOWN, int(far.sum()))]].tolist())
    return Labels(
        len(y), float(far.mean()), 1.0, float(far.mean()), _at_least(far), int(far.sum()), shown
    )


def _at_least(found: Array) -> float:
    """Return the lower end of the 95 % interval of a share (Wilson 1927)."""
    n, p, z = len(found), float(found.mean()), 1.96
    spread = z * (p * (1.0 - p) / n + z * z / (4.0 * n * n)) ** 0.5
    return float(max(0.0, (p + z * z / (2.0 * n) - spread) / (1.0 + z * z / n)))


def _sample(rows: Known) -> Known:
    return rows if rows.n <= MAX_ROWS else rows.take(np.arange(MAX_ROWS))


def _probabilities(model: Model, Z: Array) -> Array:
    return np.asarray(model.probabilities(Z), np.float64)


def _numbers_of(model: Model, Z: Array) -> Array:
    """Return predictions in the units of the encoded target; of quantiles the middle one."""
    m = model.target.n_outputs
    predicted = np.asarray(model.loss.predict(Z), np.float64).reshape(len(Z), m, -1)
    return np.asarray(predicted[:, :, predicted.shape[2] // 2])


def _errors(model: Model, Z: Array, y: Array, *, raw: bool = True) -> Array:
    """Return the error of each row: 0 or 1 for classes, squared for numbers."""
    if model.task == "regression":
        predicted = _numbers_of(model, Z) if raw else Z
        return np.asarray(((predicted - y.reshape(len(y), -1)) ** 2).mean(axis=1))
    guess = _probabilities(model, Z).argmax(axis=1) if raw else Z.argmax(axis=1)
    return np.asarray(guess != y, np.float64)


def _behind(ours: Array, theirs: Array) -> float:
    """Return by how many standard errors our mean error is larger, in pairs."""
    difference = ours - theirs
    error = float(difference.std()) / max(1.0, len(difference)) ** 0.5
    return float(difference.mean()) / error if error > 0.0 else 0.0


def _linear(model: Model, X: Array, y: Array, U: Array) -> Array | None:
    """Return the answers of ridge regression on standardized inputs, on the classes' indicators."""
    if X.shape[1] > MAX_INPUTS or len(X) < 2:
        return None
    Y = y.reshape(len(y), -1) if model.task == "regression" else np.eye(len(model.classes))[y]
    middle, width = X.mean(axis=0), X.std(axis=0)
    width = np.where(width > 0.0, width, 1.0)
    A = (X - middle) / width
    offset = Y.mean(axis=0)
    gram = A.T @ A + RIDGE * np.eye(A.shape[1])
    W = np.linalg.solve(gram, A.T @ (Y - offset))
    return np.asarray(np.clip((U - middle) / width, -10.0, 10.0) @ W + offset)


def _rarest_recall(model: Model, Z: Array, y: Array, learned: Array) -> float | None:
    if model.task == "regression":
        return None
    counts = np.bincount(learned, minlength=len(model.classes))
    rarest = int(np.where(counts > 0, counts, counts.max() + 1).argmin())
    is_rare = y == rarest
    if not is_rare.any():
        return None
    return float((_probabilities(model, Z).argmax(axis=1)[is_rare] == rarest).mean())
