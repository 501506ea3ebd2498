"""`glassnet.compare`: compare the predictions of two models on the same table."""

from typing import Any, Literal

import numpy as np

from glassnet.errors import DataError, SettingError
from glassnet.messages import listed
from glassnet.model import Model
from glassnet.report.agreement import Agreement, RowDifference
from glassnet.report.predictions import Array

MAX_ROWS = 20
_PREDICTS = {"classification": "classes", "regression": "numbers"}


def compare(old: Any, new: Any, X: Any) -> Agreement:
    """Compare the predictions of two models on the same table.

    Parameters
    ----------
    old, new : any object with `predict` and, for classes, `predict_proba`: a Model, an estimator of
        glassnet or scikit-learn, a pipeline, a search
    X : the rows, in a form that both accept; no target is needed

    Returns
    -------
    Agreement
        The differences, to print or to read field by field. Classes are matched by their labels; a
        class that only one of the models has gets probability 0 in the other.

    Raises
    ------
    SettingError
        If a model has no `predict`, or one predicts classes and the other numbers.
    DataError
        If the table has no rows, or the models return different numbers of rows or columns, or
        have no class in common.

    Examples
    --------
    >>> import glassnet
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.neural_network import MLPClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> old = MLPClassifier((8,), solver="lbfgs", max_iter=1000, random_state=0).fit(X, y)
    >>> agreement = glassnet.compare(old, glassnet.from_sklearn(old), X)
    >>> agreement.different_labels, agreement.largest < 1e-12
    (0, True)
    """
    task, new_task = _task(old), _task(new)
    if task != new_task:
        raise SettingError(
            f"the old model ({_name(old)}) predicts {_PREDICTS[task]} and the new one "
            f"({_name(new)}) {_PREDICTS[new_task]}: give two classifiers, or two regressors."
        )
    before, after = np.asarray(old.predict(X)), np.asarray(new.predict(X))
    A, B = _as_columns(before), _as_columns(after)
    for what, n, m in zip(("rows", "columns"), A.shape, B.shape, strict=True):
        if n != m:
            raise DataError(
                f"the old model ({_name(old)}) predicts {n:,} {what} and the new one "
                f"({_name(new)}) {m:,}: they must be as many."
            )
    classes: tuple[tuple[Any, ...], tuple[Any, ...]] = ((), ())
    differ = np.zeros(len(A), bool)
    compared: Literal["probabilities", "predictions"] = "predictions"
    relative: tuple[float | None, float | None] = (None, None)
    if task == "classification":
        classes = (_classes(old, A), _classes(new, B))
        if not set(classes[0]) & set(classes[1]):
            raise DataError(
                "the two know no class in common: the old one "
                f"{listed(classes[0], 5)}, the new one {listed(classes[1], 5)}."
            )
        # As objects: text and numbers compare as unequal, without an error.
        differ = (A.astype(object) != B.astype(object)).any(axis=1)
        compared, distances = "probabilities", _probability_distances(old, new, X, classes)
    else:
        A = A.astype(np.float64)
        distances = _distances(A, B.astype(np.float64))
        relative = _relative_distances(distances, A)
    row_distances = None if distances is None else distances.max(axis=1)

    def rows_of(indices: Array) -> tuple[RowDifference, ...]:
        return tuple(
            RowDifference(
                int(i),
                _plain_value(before[i]),
                _plain_value(after[i]),
                None if row_distances is None else float(row_distances[i]),
            )
            for i in indices[:MAX_ROWS]
        )

    apart = np.empty(0, np.int64)
    if row_distances is not None:
        apart = np.argsort(-row_distances, kind="stable")[: np.count_nonzero(row_distances)]
    return Agreement(
        old=_name(old),
        new=_name(new),
        task=task,
        rows=len(A),
        compared="labels" if distances is None else compared,
        largest=None if distances is None else float(distances.max()),
        mean=None if distances is None else float(distances.mean()),
        largest_relative=relative[0],
        mean_relative=relative[1],
        different_labels=int(differ.sum()) if task == "classification" else None,
        label_differences=rows_of(np.flatnonzero(differ)),
        farthest=rows_of(apart),
        classes=classes,
        shapes=(before.shape, after.shape),
        dtypes=(_dtype(before), _dtype(after)),
    )


def _task(model: Any) -> Literal["classification", "regression"]:
    if not callable(getattr(model, "predict", None)):
        raise SettingError(
            f"compare takes two models with a method `predict`, got {_name(model)}, which has no "
            "predict."
        )
    if isinstance(model, Model):
        return "regression" if model.task == "regression" else "classification"
    classifies = hasattr(model, "predict_proba") or hasattr(model, "classes_")
    return "classification" if classifies else "regression"


def _classes(model: Any, predicted: Array) -> tuple[Any, ...]:
    """Return the labels of a classifier in their order; for multilabel the column numbers."""
    if predicted.shape[1] > 1:
        return tuple(range(predicted.shape[1]))
    known = model.classes if isinstance(model, Model) else getattr(model, "classes_", None)
    return tuple(map(_plain_value, np.unique(predicted) if known is None else known))


def _probability_distances(
    old: Any, new: Any, X: Any, classes: tuple[tuple[Any, ...], tuple[Any, ...]]
) -> Array | None:
    """Return the differences (n, k) of the probabilities of all classes of either model.

    None if one of the two has no probabilities.
    """
    if not all(hasattr(model, "predict_proba") for model in (old, new)):
        return None
    place = {label: i for i, label in enumerate(dict.fromkeys((*classes[0], *classes[1])))}
    aligned = []
    for model, known in zip((old, new), classes, strict=True):
        P = model.predict_proba(X)
        if isinstance(P, list):  # scikit-learn's forests: one (n, 2) for each of several labels
            P = np.column_stack([one[:, -1] for one in P])
        P = np.asarray(P)
        if P.shape[1:] != (len(known),):
            raise DataError(
                f"{_name(model)} knows {len(known):,} classes, but its probabilities have shape "
                f"{P.shape}."
            )
        full = np.zeros((len(P), len(place)))
        full[:, [place[label] for label in known]] = P
        aligned.append(full)
    return _distances(*aligned)


def _distances(A: Array, B: Array) -> Array:
    """Return |A - B|: 0 for two equal infinities or two NaN, infinity for a single NaN."""
    with np.errstate(invalid="ignore"):
        D: Array = np.abs(A - B)
    D[(A == B) | (np.isnan(A) & np.isnan(B))] = 0.0
    D[np.isnan(D)] = np.inf
    return D


def _relative_distances(distances: Array, old: Array) -> tuple[float | None, float | None]:
    """Return the largest and the mean difference over the standard deviation of `old`."""
    with np.errstate(invalid="ignore", over="ignore"):
        spread = old.std(axis=0)
    usable = np.isfinite(spread) & (spread > 0.0)
    if not usable.any():
        return None, None
    ratios = distances[:, usable] / spread[usable]
    return float(ratios.max()), float(ratios.mean(axis=0).max())


def _as_columns(predicted: Array) -> Array:
    """Return predictions as (n, columns)."""
    if predicted.ndim == 0:
        raise DataError("predict must return one answer a row, got a single answer.")
    if len(predicted) == 0:
        raise DataError("the table has 0 rows: there is nothing to compare.")
    return predicted.reshape(len(predicted), -1)


def _dtype(predicted: Array) -> str:
    is_text = predicted.dtype.kind == "U" or (
        predicted.dtype == object and all(isinstance(value, str) for value in predicted.ravel())
    )
    return "text" if is_text else str(predicted.dtype)


def _name(model: Any) -> str:
    steps, name = getattr(model, "steps", None), type(model).__name__
    return f"{name} of {type(steps[-1][1]).__name__}" if isinstance(steps, list) and steps else name


def _plain_value(value: Any) -> Any:
    """Return a NumPy label or number as a Python value, a row of several as a list."""
    return value.tolist() if isinstance(value, np.ndarray | np.generic) else value
