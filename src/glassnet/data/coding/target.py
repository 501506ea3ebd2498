"""What is to be predicted: class labels become indices, labels that may go together become 0/1 columns, numbers are scaled; and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from glassnet.cached import cached_property
from glassnet.data.coding.columns import row_weights
from glassnet.data.coding.target_arrays import guess_task, present, refuse_gaps, target_array
from glassnet.data.coding.target_numbers import (
    location_and_scale,
    numbers_of,
    scaled,
    steps_in_words,
)
from glassnet.data.tables import cells
from glassnet.data.tables.forms import PLAIN, Form
from glassnet.data.tables.schema import Column
from glassnet.errors import DataError, SettingError, unknown_name

Task = Literal["binary", "multiclass", "multilabel", "regression"]
Label = str | int | float | bool

TASKS = ("binary", "multiclass", "multilabel", "regression")


@dataclass(frozen=True)
class Target:
    """The task, the names of the target columns, their classes or scales, and how many outputs a network needs for them.

    `classes` are Python values in the order of `np.unique` (whole floats as int); for multilabel
    they are the names of the labels; for regression there are none. A single class is a binary task
    with one class: all its indices are 0, and any index is read back as it. `mean` and `scale` are
    those of a regression, else empty. `low` and `high` are the smallest and the largest value of
    each target, where predictions are to stay between them, else empty. `forms` say how the cells
    of numbers are written, where one of them is not plain, and `sign` is what `signs_of` says of
    them.
    """

    task: Task
    names: tuple[str, ...]
    classes: tuple[Label, ...]
    mean: tuple[float, ...]
    scale: tuple[float, ...]
    n_outputs: int
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()
    forms: tuple[Form, ...] = ()
    sign: tuple[int, ...] = ()

    @classmethod
    def fit(
        cls,
        values: Any,
        *,
        names: Sequence[str] = ("y",),
        task: str | None = None,
        weight: ArrayLike | None = None,
        scale: bool = True,
        clip: bool = False,
    ) -> Target:
        """Return the target that these values (n,) or (n, m) are, an array, list, series or frame.

        Parameters
        ----------
        values : array
            The target of each training row. Rows of weight 0 count as absent.
        names : sequence of str
            The names of the target columns; the default "y" becomes "y0", "y1", ... for several.
        task : {"binary", "multiclass", "multilabel", "regression", "classification"}, optional
            "classification" is binary for at most two classes and multiclass beyond. Without it the
            task is guessed by `RULE`.
        weight : array (n,), optional
            Row weights: for the mean and the standard deviation of a regression.
        scale : bool
            False leaves regression numbers as they are (mean 0, scale 1).
        clip : bool
            Remember the range of regression numbers, so that predictions stay within it.

        Raises
        ------
        DataError
            For missing or infinite values (their count and first row), and values that do not fit
            the task.
        SettingError
            For a task that does not exist.

        Notes
        -----
        Numbers times a power of two have mean and scale times that power, to the bit, and the same
        scaled numbers.
        """
        if task is not None and task not in (*TASKS, "classification"):
            raise unknown_name("task", task, (*TASKS, "classification"))
        y = target_array(values)
        w = row_weights(weight, len(y))
        if w is not None and not w.all():
            y, w = y[w > 0], w[w > 0]
        if len(y) == 0:
            raise DataError("the target has 0 values: nothing to learn from.")
        names = _names(tuple(names), 1 if y.ndim == 1 else y.shape[1])
        refuse_gaps(y, names)
        chosen = task or guess_task(y)
        if chosen == "regression":
            return cls._regression(y, names, np.ones(len(y)) if w is None else w, scale, clip)
        if chosen == "multilabel":
            _zero_one(y, names)
            return cls("multilabel", names, names, (), (), len(names))
        if y.ndim > 1:
            raise DataError(
                f"a {chosen} target is one column but there are {y.shape[1]}: {', '.join(names)}."
            )
        classes = _classes(y)
        if chosen == "binary" and len(classes) > 2:
            raise DataError(
                f"a binary target has at most two classes but {names[0]!r} has {len(classes)}: use "
                "task='multiclass'."
            )
        if chosen != "multiclass":
            chosen = "binary" if len(classes) <= 2 else "multiclass"
        return cls(
            cast(Task, chosen), names, classes, (), (), 1 if chosen == "binary" else len(classes)
        )

    @classmethod
    def _regression(
        cls,
        y: NDArray[Any],
        names: tuple[str, ...],
        weight: NDArray[np.float64],
        scaling: bool,
        clip: bool,
    ) -> Target:
        Y = numbers_of(y, names).reshape(len(y), -1)
        m = Y.shape[1]
        mean, scale = location_and_scale(y, Y, weight) if scaling else (np.zeros(m), np.ones(m))
        low, high = (
            (tuple(ends.tolist()) for ends in (Y.min(axis=0), Y.max(axis=0))) if clip else ((), ())
        )
        return cls(
            "regression",
            names,
            (),
            tuple(mean.tolist()),
            tuple(scale.tolist()),
            m,
            low,
            high,
            sign=signs_of(Y),
        )

    @property
    def notices(self) -> tuple[str, ...]:
        """What there is to say of the numbers of a regression, in sentences."""
        return (
            steps_in_words(self.names, self.mean, self.scale) if self.task == "regression" else ()
        )

    @property
    def columns(self) -> tuple[Column, ...]:
        """The target columns as a reader should take them from a file: true and false, text with all its words, or numbers."""
        kind, forms = "number", self.forms or (PLAIN,) * len(self.names)
        if self.task != "multilabel" and any(
            isinstance(label, (str, bool)) for label in self.classes
        ):
            kind = (
                "boolean" if all(isinstance(label, bool) for label in self.classes) else "category"
            )
            forms = (Form(verbatim=kind == "category"),)
        return tuple(
            Column(name, cast(Any, kind), form)
            for name, form in zip(self.names, forms, strict=True)
        )

    def known(self, values: NDArray[Any]) -> NDArray[np.bool_]:
        """Return which of the values (n,) or (n, m) that were read as `columns` say are no missing ones, rows (n,)."""
        known = present(values)
        if values.dtype == object and self.task in ("binary", "multiclass"):
            words = cells.MISSING.difference(str(label) for label in self.classes)
            known &= np.array([value not in words for value in values.ravel()], dtype=bool).reshape(
                values.shape
            )
        return known if known.ndim == 1 else np.asarray(known.all(axis=1))

    def encode(self, values: Any) -> NDArray[np.int64] | NDArray[np.float64]:
        """Return what a loss takes: class indices, 0/1 columns or scaled numbers.

        Class indices are int64 (n,), multilabel columns float64 (n, k), scaled numbers float64 (n,)
        or (n, m). A label is found by its text, so 1, 1.0 and "1" are one label, and True and
        "true".

        Raises
        ------
        DataError
            For a label that training did not have (named), and missing or infinite values (their
            count and first row).
        """
        y = target_array(values)
        width = 1 if y.ndim == 1 else y.shape[1]
        if width != len(self.names):
            raise DataError(
                f"the target has {width} columns but {len(self.names)} are needed: "
                f"{', '.join(self.names)}."
            )
        refuse_gaps(y, self.names)
        if self.task == "regression":
            Y = scaled(
                y,
                numbers_of(y, self.names).reshape(len(y), -1),
                np.array(self.mean),
                np.array(self.scale),
            )
            return np.ascontiguousarray(Y[:, 0]) if width == 1 else Y
        if self.task == "multilabel":
            return _zero_one(y, self.names)
        return self._indices(y)

    def _indices(self, y: NDArray[Any]) -> NDArray[np.int64]:
        if y.dtype != object:
            found, inverse = np.unique(y, return_inverse=True)
        else:
            place: dict[object, int] = {}
            inverse = np.fromiter(
                (place.setdefault(label, len(place)) for label in y), dtype=np.int64, count=len(y)
            )
            found = np.fromiter(place, dtype=object, count=len(place))
        index = np.empty(len(found), dtype=np.int64)
        for i, label in enumerate(found):
            known = self._places.get(_exact(label), self._places.get(cells.text_of(label) or ""))
            if known is None:
                row = int(np.flatnonzero(inverse == i)[0])
                shown = ", ".join(repr(name) for name in self.classes[:10]) + (
                    ", ..." if len(self.classes) > 10 else ""
                )
                raise DataError(
                    f"target {self.names[0]!r} holds the label {_plain(label)!r} in row {row} "
                    f"(counting from 0), which training did not have: it had {shown}."
                )
            index[i] = known
        return index[inverse]

    @cached_property
    def _places(self) -> dict[str, int]:
        """Class indices by the texts of the classes: as a cell of a table reads ("true" for "True"), and, before that, as they are."""
        loose = {cells.text_of(label) or "": i for i, label in enumerate(self.classes)}
        return loose | {_exact(label): i for i, label in enumerate(self.classes)}

    def decode_labels(self, indices: ArrayLike) -> NDArray[Any]:
        """Return the class of each index, in an array of the type that all classes share (object for text).

        With a single class every index is that class.
        """
        labels = np.array(self.classes, dtype=object if isinstance(self.classes[0], str) else None)
        return labels[np.minimum(np.asarray(indices, dtype=np.int64), len(labels) - 1)]

    def decode_numbers(self, scaled: ArrayLike) -> NDArray[np.float64]:
        """Return scaled numbers (n,) or (n, m) in the units of the target: scale * z + mean, in float64; (n,) for a single target."""
        Z: NDArray[np.float64] = np.asarray(scaled, dtype=np.float64)
        if self.n_outputs == 1:
            return Z.reshape(-1) * self.scale[0] + self.mean[0]
        return cast(NDArray[np.float64], Z * np.array(self.scale) + np.array(self.mean))

    def answers(self, Y: NDArray[Any]) -> NDArray[np.float64]:
        """Return predictions (n, m) or (n, m q), of q quantiles for each target, in the units of the targets and within their range."""
        q = Y.shape[1] // self.n_outputs
        with np.errstate(over="ignore", invalid="ignore"):
            numbers: NDArray[np.float64] = Y * np.repeat(self.scale, q) + np.repeat(self.mean, q)
        return np.clip(numbers, self.low, self.high) if self.low else numbers

    def to_plain(self) -> dict[str, Any]:
        """Return the target as JSON-able Python values; `from_plain` gives an equal one back."""
        return {
            "task": self.task,
            "names": list(self.names),
            "classes": list(self.classes),
            "mean": list(self.mean),
            "scale": list(self.scale),
            "n_outputs": self.n_outputs,
            **({"low": list(self.low), "high": list(self.high)} if self.low else {}),
            **({"sign": list(self.sign)} if self.sign else {}),
            **({"forms": [form.to_plain() for form in self.forms]} if self.forms else {}),
        }

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Target:
        """Return the target that `to_plain` wrote."""
        if plain["task"] not in TASKS:
            raise unknown_name("task", plain["task"], TASKS)
        names, classes, mean, scale = (
            tuple(plain[key]) for key in ("names", "classes", "mean", "scale")
        )
        low, high = (tuple(plain.get(key, ())) for key in ("low", "high"))
        forms = tuple(map(Form.from_plain, plain.get("forms", ())))
        return cls(
            plain["task"],
            names,
            classes,
            mean,
            scale,
            plain["n_outputs"],
            low,
            high,
            forms,
            tuple(plain.get("sign", ())),
        )


def signs_of(Y: NDArray[np.float64]) -> tuple[int, ...]:
    """Return for each column of numbers 1 where none is below 0, -1 where none is above 0, else 0; empty where all columns have both."""
    signs = np.where(Y.min(axis=0) >= 0.0, 1, np.where(Y.max(axis=0) <= 0.0, -1, 0)).tolist()
    return tuple(signs) if any(signs) else ()


def _names(names: tuple[str, ...], width: int) -> tuple[str, ...]:
    if names == ("y",) and width > 1:
        return tuple(f"y{i}" for i in range(width))
    if len(names) != width:
        raise SettingError(f"there are {len(names)} target names for {width} target columns.")
    return names


def _zero_one(y: NDArray[Any], names: Sequence[str]) -> NDArray[np.float64]:
    Y = numbers_of(y, names).reshape(len(y), -1)
    odd = np.argwhere((Y != 0) & (Y != 1))
    if odd.size:
        row, column = (int(i) for i in odd[0])
        raise DataError(
            f"a multilabel target is 0 or 1 but {names[column]!r} holds {Y[row, column]:g} in row "
            f"{row} (counting from 0)."
        )
    return Y


def _classes(y: NDArray[Any]) -> tuple[Label, ...]:
    try:
        labels = [_plain(label) for label in np.unique(y)]
    except TypeError:
        kinds = ", ".join(sorted({type(value).__name__ for value in y}))
        raise DataError(
            f"the labels of a target must be of one type, text or numbers, but there are: {kinds}."
        ) from None
    odd = next((label for label in labels if not isinstance(label, (str, int, float, bool))), None)
    if odd is not None:
        raise DataError(
            f"a {type(odd).__name__} cannot be a class label: expected text, numbers or booleans."
        )
    if any(isinstance(label, int) and not -(2**63) <= label < 2**63 for label in labels):
        return tuple(map(str, labels))  # no array of integers holds them
    if all(
        isinstance(label, float) and label.is_integer() and abs(label) < 2**53 for label in labels
    ):
        return tuple(
            int(cast(float, label)) for label in labels
        )  # a table keeps all its numbers as floats: 0.0 and 1.0 were 0 and 1
    return tuple(cast(list[Label], labels))


def _plain(label: Any) -> object:
    return label.item() if isinstance(label, np.generic) else label


def _exact(label: Any) -> str:
    """Return a label's text, untouched where it is text."""
    return str(label) if isinstance(label, str) else cells.text_of(label) or ""
