"""Where two models differ on a table, and by how much: what proves a migration."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

from glassnet.errors import DataError, SettingError
from glassnet.messages import printable_lines
from glassnet.model import Model

Array = np.ndarray[Any, np.dtype[Any]]

MAX_ROWS = 20
MAX_PRINTED = 5


@dataclass(frozen=True)
class Difference:
    """One row: what the old and the new model predict for it, and the largest difference of their probabilities or numbers."""

    row: int
    old: Any
    new: Any
    difference: float | None


@dataclass(frozen=True)
class Agreement:
    """Where two models differ on a table, and by how much; printed, it is a short table with the first five rows of each kind.

    old, new : names of the classes of the two
    task : "classification" or "regression"
    rows : rows compared, counted from 0 below
    compared : what the differences are taken of: "probabilities", "predictions" (numbers), or
        "labels" where one of the two knows no probabilities
    largest, mean : absolute difference over all rows and columns; None for labels
    largest_relative, mean_relative : the same for each target over the standard deviation of the
        old predictions, the largest of the targets; None for classes, and where the old predictions
        are all the same
    different_labels : in how many rows the labels differ; None for a regression
    label_differences : the first twenty of these rows
    farthest : the twenty rows of the largest differences, the largest first; rows without any are
        left out
    classes : the classes of the old and of the new one; () for numbers
    shapes, dtypes : of what `predict` returns, of the old and of the new one; "text" for text,
        however it is kept
    """

    old: str
    new: str
    task: Literal["classification", "regression"]
    rows: int
    compared: Literal["probabilities", "predictions", "labels"]
    largest: float | None
    mean: float | None
    largest_relative: float | None
    mean_relative: float | None
    different_labels: int | None
    label_differences: tuple[Difference, ...]
    farthest: tuple[Difference, ...]
    classes: tuple[tuple[Any, ...], tuple[Any, ...]]
    shapes: tuple[tuple[int, ...], tuple[int, ...]]
    dtypes: tuple[str, str]

    @property
    def same_classes(self) -> bool:
        """Whether both know the same classes in the same order."""
        return self.classes[0] == self.classes[1]

    @property
    def same_shape(self) -> bool:
        """Whether `predict` returns arrays of the same shape."""
        return self.shapes[0] == self.shapes[1]

    @property
    def same_dtype(self) -> bool:
        """Whether `predict` returns arrays of the same dtype."""
        return self.dtypes[0] == self.dtypes[1]

    def to_plain(self) -> dict[str, Any]:
        """Return it as JSON-able values; numbers that are not finite are None."""
        agree = {name: getattr(self, name) for name in ("same_classes", "same_shape", "same_dtype")}
        plain: dict[str, Any] = _plain(asdict(self) | agree)
        return plain

    def __str__(self) -> str:
        lines = [f"{self.old} (old) and {self.new} (new) on {self.rows:,} rows", ""]
        if self.different_labels is not None:
            lines.append(
                f"labels         differ in {self.different_labels:,} of {self.rows:,} rows"
            )
        if self.largest is not None:
            lines.append(
                f"{self.compared:<14} differ by at most {self.largest:.3g}, by {self.mean:.3g} on "
                "average"
            )
        if self.largest_relative is not None:
            lines.append(
                f"{'':<14} over the spread of the old ones: {self.largest_relative:.3g} and "
                f"{self.mean_relative:.3g}"
            )
        if self.task == "classification":
            lines.append(f"classes        {_agree(self.same_classes, *map(_listed, self.classes))}")
        lines.append(f"shape          {_agree(self.same_shape, *map(str, self.shapes))}")
        lines.append(f"dtype          {_agree(self.same_dtype, *self.dtypes)}")
        for title, found in (
            ("rows whose labels differ", self.label_differences),
            ("rows farthest apart", self.farthest),
        ):
            lines += ["", f"{title}:", *_table(found[:MAX_PRINTED])] if found else []
        return printable_lines("\n".join(lines))


def compare(old: Any, new: Any, X: Any) -> Agreement:
    """Return where two models differ on a table and by how much.

    Parameters
    ----------
    old, new : whatever has `predict` and, for classes, `predict_proba`: a Model, an estimator of
        ours or of scikit-learn, a pipeline, a search
    X : the rows, in a form that both take; their target is not needed

    Returns
    -------
    Agreement
        To be printed, or read field by field. Classes in another order are matched by their labels;
        a class that only one of the two knows has probability 0 in the other.

    Raises
    ------
    SettingError
        For what has no `predict`, and for classes against numbers.
    DataError
        For a table without rows, and where the two answer with different numbers of rows or of
        columns, or know no class in common.

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
    tasks = [_task(model) for model in (old, new)]
    if tasks[0] != tasks[1]:
        raise SettingError(
            f"the old one ({_name(old)}) predicts {_WHAT[tasks[0]]} and the new one ({_name(new)}) "
            f"{_WHAT[tasks[1]]}: give two classifiers, or two regressors."
        )
    before, after = np.asarray(old.predict(X)), np.asarray(new.predict(X))
    A, B = _columns(before), _columns(after)
    if A.shape != B.shape:
        what = "rows" if len(A) != len(B) else "columns"
        n, m = (len(A), len(B)) if what == "rows" else (A.shape[1], B.shape[1])
        raise DataError(
            f"the old one ({_name(old)}) predicts {n:,} {what} and the new one ({_name(new)}) "
            f"{m:,}: they must be as many."
        )
    classes = (_classes(old, A), _classes(new, B)) if tasks[0] == "classification" else ((), ())
    if tasks[0] == "classification" and not set(classes[0]) & set(classes[1]):
        raise DataError(
            f"the two know no class in common: the old one {_listed(classes[0])}, the new one "
            f"{_listed(classes[1])}."
        )
    apart: Array | None
    relative: tuple[float | None, float | None] = (None, None)
    if tasks[0] == "regression":
        apart = _apart(A.astype(np.float64), B.astype(np.float64))
        relative = _relative(apart, A.astype(np.float64))
    else:
        apart = _probabilities_apart(old, new, X, classes)
    # As objects: text and numbers are never equal, and that is no error.
    differ = (
        (A.astype(object) != B.astype(object)).any(axis=1)
        if tasks[0] == "classification"
        else np.zeros(len(A), bool)
    )
    each = None if apart is None else apart.max(axis=1)
    far = (
        np.empty(0, np.intp)
        if each is None
        else np.argsort(-each, kind="stable")[: min(MAX_ROWS, np.count_nonzero(each))]
    )

    def shown(rows: Array) -> tuple[Difference, ...]:
        return tuple(
            Difference(
                int(i),
                _value(before[i]),
                _value(after[i]),
                None if each is None else float(each[i]),
            )
            for i in rows[:MAX_ROWS]
        )

    return Agreement(
        old=_name(old),
        new=_name(new),
        task=tasks[0],
        rows=len(A),
        compared="predictions"
        if tasks[0] == "regression"
        else "labels"
        if apart is None
        else "probabilities",
        largest=None if apart is None else float(apart.max()),
        mean=None if apart is None else float(apart.mean()),
        largest_relative=relative[0],
        mean_relative=relative[1],
        different_labels=int(differ.sum()) if tasks[0] == "classification" else None,
        label_differences=shown(np.flatnonzero(differ)),
        farthest=shown(far),
        classes=classes,
        shapes=(before.shape, after.shape),
        dtypes=(_dtype(before), _dtype(after)),
    )


def _task(model: Any) -> Literal["classification", "regression"]:
    if not callable(getattr(model, "predict", None)):
        raise SettingError(
            f"compare takes two models that predict, but a {_name(model)} came, which has no "
            "predict."
        )
    classifies = (
        model.task != "regression"
        if isinstance(model, Model)
        else hasattr(model, "predict_proba") or hasattr(model, "classes_")
    )
    return "classification" if classifies else "regression"


def _classes(model: Any, answers: Array) -> tuple[Any, ...]:
    """Return the labels of a classifier in their order; for labels that may go together (0/1 columns) the numbers of the columns."""
    if answers.shape[1] > 1:
        return tuple(range(answers.shape[1]))
    known = model.classes if isinstance(model, Model) else getattr(model, "classes_", None)
    return tuple(map(_value, np.unique(answers) if known is None else known))


def _probabilities_apart(
    old: Any, new: Any, X: Any, classes: tuple[tuple[Any, ...], tuple[Any, ...]]
) -> Array | None:
    """Return the absolute differences (n, k) of the probabilities of all classes that either knows; None without probabilities."""
    if not all(hasattr(model, "predict_proba") for model in (old, new)):
        return None
    labels = list(dict.fromkeys((*classes[0], *classes[1])))
    place = {label: i for i, label in enumerate(labels)}
    spread = []
    for model, known in zip((old, new), classes, strict=True):
        given = model.predict_proba(X)
        # scikit-learn's forests and neighbors return a list of one (n, 2) for each of several
        # labels.
        P = (
            np.column_stack([one[:, -1] for one in given])
            if isinstance(given, list)
            else np.asarray(given)
        )
        if P.shape[1:] != (len(known),):
            raise DataError(
                f"{_name(model)} knows {len(known):,} classes, but its probabilities have shape "
                f"{P.shape}."
            )
        full = np.zeros((len(P), len(labels)))
        full[:, [place[label] for label in known]] = P
        spread.append(full)
    return _apart(*spread)


def _apart(A: Array, B: Array) -> Array:
    """Return |A - B|: 0 where both are the same infinity or NaN, infinite where one alone is NaN."""
    with np.errstate(invalid="ignore"):
        D: Array = np.abs(A - B)
    D[(A == B) | (np.isnan(A) & np.isnan(B))] = 0.0
    D[np.isnan(D)] = np.inf
    return D


def _relative(apart: Array, old: Array) -> tuple[float | None, float | None]:
    with np.errstate(invalid="ignore", over="ignore"):
        spread = old.std(axis=0)
    told = np.isfinite(spread) & (spread > 0.0)
    if not told.any():
        return None, None
    shares = apart[:, told] / spread[told]
    return float(shares.max()), float(shares.mean(axis=0).max())


def _columns(answers: Array) -> Array:
    if answers.ndim == 0:
        raise DataError("predict must return one answer a row, but one answer alone came.")
    if len(answers) == 0:
        raise DataError("the table has 0 rows: there is nothing to compare.")
    return answers.reshape(len(answers), -1)


def _dtype(answers: Array) -> str:
    text = answers.dtype.kind == "U" or (
        answers.dtype == object and all(isinstance(answer, str) for answer in answers.ravel())
    )
    return "text" if text else str(answers.dtype)


def _name(model: Any) -> str:
    steps = getattr(model, "steps", None)
    return (
        f"{type(model).__name__} of {type(steps[-1][1]).__name__}"
        if isinstance(steps, list) and steps
        else type(model).__name__
    )


def _value(value: Any) -> Any:
    """Return a label or a number as Python has it, a row of several as a list."""
    return value.tolist() if isinstance(value, np.ndarray | np.generic) else value


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(entry) for name, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _agree(same: bool, old: str, new: str) -> str:
    return f"the same: {old}" if same else f"differ: {old} and {new}"


def _listed(values: Sequence[Any]) -> str:
    return ", ".join(f"{value!r:.40}" for value in values[:5]) + (
        f" and {len(values) - 5:,} more" if len(values) > 5 else ""
    )


def _table(found: Sequence[Difference]) -> list[str]:
    said = ["-" if one.difference is None else f"{one.difference:.3g}" for one in found]
    cells = [
        (f"{one.row:,}", _cell(one.old), _cell(one.new), words)
        for one, words in zip(found, said, strict=True)
    ]
    cells = [("row", "old", "new", "difference"), *cells]
    widths = [max(len(row[i]) for row in cells) for i in range(4)]
    return [
        "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        for row in cells
    ]


def _cell(value: Any) -> str:
    text = (
        ", ".join(map(_cell, value))
        if isinstance(value, list)
        else f"{value:.6g}"
        if isinstance(value, float)
        else str(value)
    )
    return text if len(text) <= 30 else f"{text[:27]}..."


_WHAT = {"classification": "classes", "regression": "numbers"}
