"""Encode target values for a loss: class indices, 0/1 indicators or standardized numbers.

The difference of two floats that lie close together is exact (Sterbenz 1974), so subtracting the
mean loses no digits there. Integers beyond 2^53 cannot all be represented as floats; they are
subtracted as integers.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassnet.data.coding.moments import Float64, moments, standardize
from glassnet.data.tables import cells
from glassnet.data.tables.column_data import exceeds_floats
from glassnet.data.tables.numerals import number_of
from glassnet.errors import DataError
from glassnet.messages import listed

Label = str | int | float | bool

#: The largest target, 1.07e301: predictions of larger ones may exceed the largest float64, 1.8e308.
MAX_TARGET = 2.0**1000


def to_float64(y: NDArray[Any], names: Sequence[str]) -> Float64:
    """Return regression targets as float64 (n, m); text is parsed as numbers.

    Raises
    ------
    DataError
        If a value is not a number or is beyond MAX_TARGET, with its column and row.
    """
    y = y.reshape(len(y), -1)
    if y.dtype.kind in "fiub":
        out = y.astype(np.float64)
    else:
        out = np.empty(y.shape)
        for (row, column), value in np.ndenumerate(y):
            number = number_of(str(value).strip())
            if number is None:
                raise DataError(
                    f"a regression target must hold numbers but {names[column]!r} holds "
                    f"{str(value)!r} in row {row} (counting from 0)."
                )
            out[row, column] = number
    if out.size and max(float(out.max()), -float(out.min())) > MAX_TARGET:
        row, column = np.argwhere(np.abs(out) > MAX_TARGET)[0].tolist()
        raise DataError(
            f"target {names[column]!r} holds {out[row, column]:g} in row {row} (counting from 0), "
            f"but predictions of numbers beyond {MAX_TARGET:.3g} may be too large for a float: "
            "divide the target by a constant such as 1e10."
        )
    return out


def to_indicators(y: NDArray[Any], names: Sequence[str]) -> Float64:
    """Return multilabel targets as float64 indicators (n, k) of 0 and 1.

    Raises
    ------
    DataError
        If a value is neither 0 nor 1, with its column and row.
    """
    Y = to_float64(y, names)
    if (invalid := np.argwhere((Y != 0) & (Y != 1))).size:
        row, column = invalid[0].tolist()
        raise DataError(
            f"a multilabel target must be 0 or 1, but {names[column]!r} holds {Y[row, column]:g} "
            f"in row {row} (counting from 0)."
        )
    return Y


def location_and_scale(y: NDArray[Any], Y: Float64, weight: Float64) -> tuple[Float64, Float64]:
    """Return mean and scale (m,) of target values y, given as floats Y (n, m), with row weights."""
    integers = _exact_integers(y)
    if integers is None:
        mean, scale, _ = moments(Y, weight)
        return mean, scale
    first = integers.min(axis=0)
    rest, scale, _ = moments((integers - first).astype(np.float64), weight)
    pairs = zip(first, rest.tolist(), strict=True)
    return np.array([float(start + round(more)) for start, more in pairs]), scale


def scaled(y: NDArray[Any], Y: Float64, mean: Float64, scale: Float64) -> Float64:
    """Return (y - mean) / scale of target values y, given as floats Y (n, m)."""
    integers = _exact_integers(y)
    if integers is None:
        return standardize(Y, mean, scale)
    start = np.array([math.floor(value) for value in mean.tolist()], dtype=object)
    return standardize((integers - start).astype(np.float64), mean - np.floor(mean), scale)


def signs_of(Y: Float64) -> tuple[int, ...]:
    """Return for each column 1 if no number is below 0, -1 if none is above 0, otherwise 0.

    The tuple is empty if all columns have both signs.
    """
    signs = np.where(Y.min(axis=0) >= 0.0, 1, np.where(Y.max(axis=0) <= 0.0, -1, 0)).tolist()
    return tuple(signs) if any(signs) else ()


def _exact_integers(y: NDArray[Any]) -> NDArray[Any] | None:
    """Return Python integers (n, m) if some are beyond 2^53; None for other values."""
    if y.dtype == object:
        are_whole = all(type(value) is int for value in y.ravel())
    else:
        are_whole = y.dtype.kind in "iu" and exceeds_floats(y)
    return y.astype(object).reshape(len(y), -1) if are_whole else None


def classes_of(y: NDArray[Any]) -> tuple[Label, ...]:
    """Return the distinct labels (n,), in the order of `np.unique`, as Python values.

    Integral floats become integers, because a table stores integers as floats too. Integers beyond
    64 bits become text.

    Raises
    ------
    DataError
        If the labels cannot be compared, or are not text, numbers or booleans.
    """
    try:
        labels = np.unique(y).tolist()
    except TypeError:
        kinds = ", ".join(sorted({type(value).__name__ for value in y}))
        raise DataError(
            f"the labels of a target must be of one type, text or numbers, got {kinds}."
        ) from None
    labels = [label.item() if isinstance(label, np.generic) else label for label in labels]
    for label in labels:
        if not isinstance(label, Label):
            raise DataError(
                f"a class label must be text, a number or a boolean, got a {type(label).__name__}."
            )
    if any(isinstance(label, int) and not -(2**63) <= label < 2**63 for label in labels):
        return tuple(map(str, labels))
    integral = [isinstance(x, float) and x.is_integer() and abs(x) < cells.EXACT for x in labels]
    return tuple(map(int, labels) if all(integral) else labels)


def class_indices(
    y: NDArray[Any], name: str, classes: Sequence[Label], index_of: Mapping[str, int]
) -> NDArray[np.int64]:
    """Return the class index of each label (n,) of the target `name`.

    Raises
    ------
    DataError
        If a label is not one of the classes, with its row.
    """
    codes: dict[object, int] = {}
    inverse = np.fromiter(
        (codes.setdefault(label, len(codes)) for label in y.tolist()), np.int64, len(y)
    )
    found = [index_of.get(label_text(x), index_of.get(cells.text_of(x) or "", -1)) for x in codes]
    index = np.array(found, np.int64)[inverse]
    if (index < 0).any():
        row = int(np.argmax(index < 0))
        raise DataError(
            f"target {name!r} holds the label {y.tolist()[row]!r} in row {row} "
            f"(counting from 0), which training did not have: it had {listed(classes)}."
        )
    return index


def label_text(label: Any) -> str:
    """Return a label as text."""
    return str(label) if isinstance(label, str) else cells.text_of(label) or ""
