"""Encode a target for training and decode predictions: classes, several labels, or numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from glassnet.cached import cached_property
from glassnet.data.coding.target_arrays import guess_task, refuse_missing, target_array
from glassnet.data.coding.target_encoding import (
    Label,
    class_indices,
    classes_of,
    label_text,
    location_and_scale,
    scaled,
    signs_of,
    to_float64,
    to_indicators,
)
from glassnet.data.rows import full_weight
from glassnet.data.serialization import Serializable
from glassnet.data.tables import cells
from glassnet.data.tables.schema import PLAIN, Column, Form, Kind
from glassnet.data.tables.values import complete_rows
from glassnet.errors import DataError, SettingError, unknown_name

Task = Literal["binary", "multiclass", "multilabel", "regression"]
Array = NDArray[Any]
Float64 = NDArray[np.float64]

#: A standard deviation of fewer float spacings (ULPs) gets a notice: predictions are floats too.
FEW_STEPS = 1_000
TASKS = ("binary", "multiclass", "multilabel", "regression")


@dataclass(frozen=True)
class Target(Serializable):
    """The task, the names of the target columns, and their classes or scales.

    `n_outputs` is the number of outputs that a network needs. `classes` are Python values in the
    order of `np.unique` (integral floats as int). For multilabel they are the names of the labels;
    for regression there are none. A target with a single class is a binary task: all indices are 0,
    and every index is decoded as that class. `mean` and `scale` standardize a regression, and are
    empty otherwise. `low` and `high` are the smallest and the largest value of each target if
    predictions are clipped to them, and empty otherwise. `forms` tells how the cells of numbers are
    written, if a column is not written plainly. `sign` is the result of `signs_of`.
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
        """Fit a target to values (n,) or (n, m): an array, list, series or data frame.

        Parameters
        ----------
        values : array
            The target of each training row. Rows of weight 0 are ignored.
        names : sequence of str
            The names of the target columns; with several the default is "y0", "y1", ...
        task : {"binary", "multiclass", "multilabel", "regression", "classification"}, optional
            "classification" is binary for at most two classes, and otherwise multiclass. By default
            the task is guessed by `RULE`.
        weight : array (n,), optional
            Row weights for the mean and the standard deviation of a regression.
        scale : bool
            False leaves regression targets unscaled (mean 0, scale 1).
        clip : bool
            Whether to clip predictions to the range of the regression targets.

        Raises
        ------
        DataError
            If values are missing or infinite (with their count and first row), or do not fit the
            task.
        SettingError
            If the task does not exist.

        Notes
        -----
        Numbers times a power of two have exactly mean and scale times that power, and the same
        scaled numbers.
        """
        if task is not None and task not in (*TASKS, "classification"):
            raise unknown_name("task", task, (*TASKS, "classification"))
        y = target_array(values)
        w = full_weight(weight, len(y))
        if not w.all():
            y, w = y[w > 0], w[w > 0]
        if len(y) == 0:
            raise DataError("the target has 0 values: nothing to learn from.")
        width = 1 if y.ndim == 1 else y.shape[1]
        numbered = width > 1 and names == ("y",)
        names = tuple(f"y{i}" for i in range(width)) if numbered else tuple(names)
        if len(names) != width:
            raise SettingError(f"there are {len(names)} target names for {width} target columns.")
        refuse_missing(y, names)
        chosen = task or guess_task(y)
        if chosen == "multilabel":
            to_indicators(y, names)
            return cls("multilabel", names, names, (), (), width)
        if chosen == "regression":
            Y = to_float64(y, names)
            center, width_of = np.zeros(width), np.ones(width)
            if scale:
                center, width_of = location_and_scale(y, Y, w)
            low, high = (tuple(end(axis=0).tolist()) if clip else () for end in (Y.min, Y.max))
            return cls(
                "regression",
                names,
                (),
                tuple(center.tolist()),
                tuple(width_of.tolist()),
                width,
                low,
                high,
                sign=signs_of(Y),
            )
        if y.ndim > 1:
            raise DataError(
                f"a {chosen} target is one column but there are {width}: {', '.join(names)}."
            )
        classes = classes_of(y)
        if chosen == "binary" and len(classes) > 2:
            raise DataError(
                f"a binary target has at most two classes but {names[0]!r} has {len(classes)}: use "
                "task='multiclass'."
            )
        if chosen == "multiclass" or len(classes) > 2:
            return cls("multiclass", names, classes, (), (), len(classes))
        return cls("binary", names, classes, (), (), 1)

    @property
    def notices(self) -> tuple[str, ...]:
        """Warnings about the numbers of a regression, a sentence each."""
        steps = np.spacing(np.abs(self.mean)).tolist()
        return tuple(
            f"target {name!r} has a standard deviation of {width:.2g} about {middle:.6g}, where "
            f"floats are {step:.2g} apart: predictions are rounded to such steps. Subtract a "
            f"constant such as {middle:.6g} from the target for finer ones."
            for name, middle, width, step in zip(
                self.names, self.mean, self.scale, steps, strict=False
            )
            if width < FEW_STEPS * step and width != 1.0  # which is the scale of a constant
        )

    @property
    def columns(self) -> tuple[Column, ...]:
        """How to read the target columns from a file: as booleans, text or numbers."""
        kind: Kind = "number"
        forms = self.forms or (PLAIN,) * len(self.names)
        if self.task != "multilabel" and any(isinstance(x, str | bool) for x in self.classes):
            kind = "boolean" if all(isinstance(x, bool) for x in self.classes) else "category"
            forms = (Form(verbatim=kind == "category"),)
        return tuple(
            Column(*column) for column in zip(self.names, [kind] * len(forms), forms, strict=True)
        )

    def known(self, values: Array) -> NDArray[np.bool_]:
        """Return which rows (n,) have no missing value; the values were read as `columns`."""
        known = complete_rows(values)
        if values.dtype == object and self.task in ("binary", "multiclass"):
            words = cells.MISSING.difference(str(label) for label in self.classes)
            known &= [value not in words for value in values.ravel().tolist()]
        return known

    def encode(self, values: Any) -> NDArray[np.int64] | Float64:
        """Return the input of a loss: class indices, 0/1 columns or scaled numbers.

        Class indices are int64 (n,), multilabel columns float64 (n, k), scaled numbers float64 (n,)
        or (n, m). Labels are matched by text, so 1, 1.0 and "1" are one label, and so are True
        and "true".

        Raises
        ------
        DataError
            If a label did not occur in training (it is named), or values are missing or infinite
            (with their count and first row).
        """
        y = target_array(values)
        width = 1 if y.ndim == 1 else y.shape[1]
        if width != len(self.names):
            raise DataError(
                f"the target must have {len(self.names)} columns ({', '.join(self.names)}), "
                f"got {width}."
            )
        refuse_missing(y, self.names)
        if self.task == "multilabel":
            return to_indicators(y, self.names)
        if self.task != "regression":
            return class_indices(y, self.names[0], self.classes, self._index_of)
        Y = to_float64(y, self.names)
        Z = scaled(y, Y, np.array(self.mean), np.array(self.scale))
        return np.ascontiguousarray(Z[:, 0]) if width == 1 else Z

    @cached_property
    def _index_of(self) -> dict[str, int]:
        # By its own text first, otherwise by the text of a table cell ("true" for "True").
        by_cell = {cells.text_of(label) or "": i for i, label in enumerate(self.classes)}
        return by_cell | {label_text(label): i for i, label in enumerate(self.classes)}

    def decode_labels(self, indices: ArrayLike) -> Array:
        """Return the class of each index, in an array of the type of all classes (object for text).

        With a single class every index is that class.
        """
        labels = np.array(self.classes, dtype=object if isinstance(self.classes[0], str) else None)
        return labels[np.minimum(np.asarray(indices, dtype=np.int64), len(labels) - 1)]

    def decode_numbers(self, scaled: ArrayLike) -> Float64:
        """Return scaled numbers in the units of the target: scale * z + mean, in float64.

        The numbers are (n,) or (n, m); the result is (n,) for a single target.
        """
        Z: Float64 = np.asarray(scaled, dtype=np.float64)
        Z = Z.reshape(-1) if self.n_outputs == 1 else Z
        return cast(Float64, Z * np.array(self.scale) + np.array(self.mean))

    def answers(self, Y: Array) -> Float64:
        """Return predictions (n, m) in the units of the targets, clipped to their range.

        With q quantiles for each target they are (n, m q).
        """
        q = Y.shape[1] // self.n_outputs
        with np.errstate(over="ignore", invalid="ignore"):
            numbers: Float64 = Y * np.repeat(self.scale, q) + np.repeat(self.mean, q)
        return np.clip(numbers, self.low, self.high) if self.low else numbers
