"""Target values as an array of numbers, labels or objects, and the task that they show."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassnet.data.files.arrow import refuse_damaged
from glassnet.data.missing import is_missing
from glassnet.data.tables import cells
from glassnet.errors import DataError

MAX_WHOLE_CLASSES = 20

RULE = (
    "Text, booleans and categories are classes. Numbers with any fraction are a regression. Whole "
    f"numbers are classes when there are at most {MAX_WHOLE_CLASSES} different ones and at most a "
    "fifth as many as rows (two always are classes), else a regression. Several columns are labels "
    "that may go together (multilabel) when every value is 0 or 1, else a regression."
)


def refuse_missing(y: NDArray[Any], names: Sequence[str]) -> None:
    """Raise the DataError for missing or infinite target values: how many, and the first row.

    Blank text is missing, too; other text is a label.
    """
    odd, kind = is_missing(y), "missing"
    if y.dtype.kind in "OU":
        blank = [isinstance(value, str) and not value.strip() for value in y.ravel().tolist()]
        odd = odd | np.array(blank, dtype=bool).reshape(y.shape)
    elif y.dtype.kind == "f":
        infinite = np.isinf(y)
        kinds = {"missing (NaN)": odd.any(), "infinite": infinite.any()}
        kind = " or ".join(what for what, found in kinds.items() if found)
        odd = odd | infinite
    if odd.any():
        row, column = (int(i) for i in np.argwhere(odd.reshape(len(y), -1))[0])
        raise DataError(
            f"target {names[column]!r}: {int(odd.sum())} of {odd.size} values are {kind}, the "
            f"first in row {row} (counting from 0): leave such rows out."
        )


def target_array(values: Any) -> NDArray[Any]:
    """Return target values as an array (n,) or (n, m > 1).

    It holds floats, integers, booleans, text, or objects.

    Raises
    ------
    DataError
        For values of another shape, and for complex numbers, dates and durations.
    """
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
            f"the target must be 1-D, or 2-D with one column for each target, got shape {y.shape}."
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
    """Return objects as booleans, integers or floats where all of them are.

    Integers beyond 64 bits stay Python's. None and pandas.NA beside numbers become NaN.
    """
    types = set(map(type, y.ravel()))
    missing = {kind for kind in types if kind.__name__ in ("NoneType", "NAType")}
    known = types - missing
    booleans = {kind for kind in known if issubclass(kind, cells.BOOLS)}
    if booleans or not known:
        return y.astype(bool) if types and booleans == types else y
    if not missing and all(issubclass(kind, (int, np.integer)) for kind in known):
        whole = [int(value) for value in y.ravel()]
        fits = all(-(2**63) <= value < 2**63 for value in whole)
        return np.array(whole, dtype=np.int64 if fits else object).reshape(y.shape)
    if all(issubclass(kind, cells.NUMBERS) for kind in known):
        numbers = [np.nan if type(value) in missing else float(value) for value in y.ravel()]
        return np.array(numbers, dtype=np.float64).reshape(y.shape)
    return y


def exact_labels(values: Any) -> Any:
    """Return Python's integers as an array that keeps their digits; other values as they are.

    The array holds text where 64 bits are not enough.
    """
    is_sequence = isinstance(values, (list, tuple))
    if not is_sequence and getattr(getattr(values, "dtype", None), "kind", "") != "O":
        return values
    objects = np.asarray(values, dtype=object)
    whole = [isinstance(v, (int, np.integer)) and not isinstance(v, bool) for v in objects.ravel()]
    if objects.ndim != 1 or not whole or not all(whole):
        return values
    smallest, largest = min(objects), max(objects)
    if smallest >= -(2**63) and largest < 2**63:
        return objects.astype(np.int64)
    if smallest >= 0 and largest < 2**64:
        return objects.astype(np.uint64)
    return np.array([*map(str, objects)], dtype=object)


def guess_task(y: NDArray[Any]) -> str:
    """Return the task that `RULE` finds."""
    if y.ndim == 2:
        labels = y.dtype.kind in "fiub" and bool(np.isin(y, (0, 1)).all())
        return "multilabel" if labels else "regression"
    beyond_int64 = y.dtype == object and all(type(value) is int for value in y)
    if y.dtype.kind not in "fiu" and not beyond_int64:
        return "classification"
    if y.dtype.kind == "f" and not bool((y == np.floor(y)).all()):
        return "regression"
    distinct = len(np.unique(y))
    few = distinct <= 2 or distinct <= min(MAX_WHOLE_CLASSES, len(y) / 5)
    return "classification" if few else "regression"
