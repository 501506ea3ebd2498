"""Target values as an array: numbers, labels or objects; which of them are missing; and the task that they show."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassnet.data.files.arrow import refuse_damaged
from glassnet.data.tables import cells
from glassnet.errors import DataError

MOST_WHOLE_CLASSES = 20

RULE = (
    "Text, booleans and categories are classes. Numbers with any fraction are a regression. Whole "
    f"numbers are classes when there are at most {MOST_WHOLE_CLASSES} different ones and at most a "
    "fifth as many as rows (two always are classes), else a regression. Several columns are labels "
    "that may go together (multilabel) when every value is 0 or 1, else a regression."
)


def refuse_gaps(y: NDArray[Any], names: Sequence[str]) -> None:
    """Raise the DataError for missing or infinite target values: how many, and the first row."""
    if y.dtype == object or y.dtype.kind == "U":
        # Labels keep their text as it is; only what cannot be a label is a gap here, and the empty
        # text.
        odd = np.array([_is_gap(value) for value in y.ravel()], dtype=bool).reshape(y.shape)
        kind = "missing"
    elif y.dtype.kind == "f":
        odd = ~np.isfinite(y)
        kind = (
            "missing (NaN)"
            if np.isnan(y[odd]).all()
            else "infinite"
            if not np.isnan(y[odd]).any()
            else "missing (NaN) or infinite"
        )
    else:
        return
    if odd.any():
        row, column = (int(i) for i in np.argwhere(odd.reshape(len(y), -1))[0])
        raise DataError(
            f"target {names[column]!r}: {int(odd.sum())} of {odd.size} values are {kind}, the "
            f"first in row {row} (counting from 0): leave such rows out."
        )


def present(values: NDArray[Any]) -> NDArray[np.bool_]:
    """Return which values are no missing ones: neither None nor NaN nor NaT."""
    if values.dtype == object:
        cells_of = values.ravel()
        known = [type(v).__name__ not in cells.GAPS and v == v for v in cells_of]  # noqa: PLR0124
        return np.array(known, dtype=bool).reshape(values.shape)
    if values.dtype.kind in "fM":
        return np.asarray(~(np.isnat(values) if values.dtype.kind == "M" else np.isnan(values)))
    return np.ones(values.shape, dtype=bool)


def complete(values: NDArray[Any]) -> NDArray[np.bool_]:
    """Return which rows (n,) of values (n,) or (n, m) have no missing one."""
    known = present(values)
    return known if known.ndim == 1 else np.asarray(known.all(axis=1))


def _is_gap(value: object) -> bool:
    if isinstance(value, str):
        return not value.strip()
    return (
        value is None
        or type(value).__name__ in ("NAType", "NaTType")
        or (isinstance(value, (float, np.floating)) and math.isnan(value))
    )


def target_array(values: Any) -> NDArray[Any]:
    """Return target values as an array (n,) or (n, m > 1): floats, integers, booleans, text, or objects."""
    refuse_damaged(values)
    try:
        y = np.asarray(values)
    except ValueError:
        raise DataError(
            "the target must be one value a row, or the same number of values in every row."
        ) from None
    if y.ndim == 2 and y.shape[1] == 1:
        y = y[:, 0]
    if y.ndim not in (1, 2) or (y.ndim == 2 and y.shape[1] == 0):
        raise DataError(
            f"the target must be 1-D, or 2-D with one column each, but has shape {y.shape}."
        )
    if y.dtype.kind == "c":
        raise DataError("Complex data not supported: the target holds complex numbers.")
    if y.dtype.kind in "mM":
        raise DataError(
            "the target holds dates, times or durations: convert it to numbers first (days since a "
            "date, the hour)."
        )
    if y.dtype.kind == "U" and isinstance(values, (list, tuple)):
        objects = np.asarray(values, dtype=object)
        if not all(isinstance(value, str) for value in objects.ravel()):
            y = objects  # NumPy made text of numbers or None that stood beside text
    return y if y.dtype != object else _narrow(y)


def _narrow(y: NDArray[Any]) -> NDArray[Any]:
    """Return an object array as floats, integers or booleans where all its values are; whole numbers beyond 2^63 stay Python integers."""
    kinds = set(map(type, y.ravel()))
    if kinds and all(issubclass(kind, cells.BOOLS) for kind in kinds):
        return y.astype(bool)
    if kinds and all(issubclass(kind, (int, np.integer)) and kind is not bool for kind in kinds):
        whole = [int(value) for value in y.ravel()]
        fits = all(-(2**63) <= value < 2**63 for value in whole)
        return np.array(whole, dtype=np.int64 if fits else object).reshape(y.shape)
    gap = [kind for kind in kinds if kind.__name__ in ("NoneType", "NAType")]
    if kinds - set(gap) and all(
        issubclass(kind, cells.NUMBERS) and not issubclass(kind, cells.BOOLS)
        for kind in kinds - set(gap)
    ):
        return np.array(
            [np.nan if type(value) in gap else float(value) for value in y.ravel()],
            dtype=np.float64,
        ).reshape(y.shape)
    return y


def exact_labels(values: Any) -> Any:
    """Return Python's whole numbers as an array that keeps their digits, text where no 64 bits hold them; other values as they are."""
    if (
        not isinstance(values, (list, tuple))
        and getattr(getattr(values, "dtype", None), "kind", "") != "O"
    ):
        return values
    objects = np.asarray(values, dtype=object)
    if (
        objects.ndim != 1
        or not len(objects)
        or not all(isinstance(v, (int, np.integer)) and not isinstance(v, bool) for v in objects)
    ):
        return values
    least, most = min(objects), max(objects)
    if least >= -(2**63) and most < 2**63:
        return objects.astype(np.int64)
    return (
        objects.astype(np.uint64)
        if least >= 0 and most < 2**64
        else np.array([*map(str, objects)], dtype=object)
    )


def guess_task(y: NDArray[Any]) -> str:
    """Return the task that `RULE` finds."""
    if y.ndim == 2:
        return (
            "multilabel"
            if y.dtype.kind in "fiub" and bool(np.isin(y, (0, 1)).all())
            else "regression"
        )
    long = y.dtype == object and all(type(value) is int for value in y)  # whole numbers beyond 2^63
    if y.dtype.kind not in "fiu" and not long:
        return "classification"
    if y.dtype.kind == "f" and not bool((y == np.floor(y)).all()):
        return "regression"
    distinct = len(np.unique(y))
    return (
        "classification"
        if distinct <= 2 or distinct <= min(MOST_WHOLE_CLASSES, len(y) / 5)
        else "regression"
    )
