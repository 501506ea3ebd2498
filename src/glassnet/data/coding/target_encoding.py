"""Values of a target as a loss takes them: class indices, zeros and ones, or scaled numbers.

A mean is one float64, and the difference to this float is exact wherever the values lie close to it
(Sterbenz 1974). Whole numbers beyond 2^53 are no floats; their differences are taken as integers
first.
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

#: The largest target, 1.07e301: predictions of larger ones may pass the largest float64, 1.8e308.
MAX_TARGET = 2.0**1000


def numbers_of(y: NDArray[Any], names: Sequence[str]) -> Float64:
    """Return regression values as float64 (n, m); text must spell numbers.

    Raises
    ------
    DataError
        For a value that is no number, and for a number beyond MAX_TARGET, with its column and row.
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


def zero_one(y: NDArray[Any], names: Sequence[str]) -> Float64:
    """Return multilabel values as float64 columns (n, k) of zeros and ones.

    Raises
    ------
    DataError
        For another value, with its column and row.
    """
    Y = numbers_of(y, names)
    if (odd := np.argwhere((Y != 0) & (Y != 1))).size:
        row, column = odd[0].tolist()
        raise DataError(
            f"a multilabel target must be 0 or 1, but {names[column]!r} holds {Y[row, column]:g} "
            f"in row {row} (counting from 0)."
        )
    return Y


def location_and_scale(y: NDArray[Any], Y: Float64, weight: Float64) -> tuple[Float64, Float64]:
    """Return mean and scale (m,) of target values y, given as floats Y (n, m), with row weights."""
    whole = _whole(y)
    if whole is None:
        mean, scale, _ = moments(Y, weight)
        return mean, scale
    first = whole.min(axis=0)
    rest, scale, _ = moments((whole - first).astype(np.float64), weight)
    pairs = zip(first, rest.tolist(), strict=True)
    return np.array([float(start + round(more)) for start, more in pairs]), scale


def scaled(y: NDArray[Any], Y: Float64, mean: Float64, scale: Float64) -> Float64:
    """Return (y - mean) / scale of target values y, given as floats Y (n, m)."""
    whole = _whole(y)
    if whole is None:
        return standardize(Y, mean, scale)
    start = np.array([math.floor(value) for value in mean.tolist()], dtype=object)
    return standardize((whole - start).astype(np.float64), mean - np.floor(mean), scale)


def signs_of(Y: Float64) -> tuple[int, ...]:
    """Return for each column 1 if no number is below 0, -1 if none is above 0, else 0.

    The tuple is empty if all columns have both signs.
    """
    signs = np.where(Y.min(axis=0) >= 0.0, 1, np.where(Y.max(axis=0) <= 0.0, -1, 0)).tolist()
    return tuple(signs) if any(signs) else ()


def _whole(y: NDArray[Any]) -> NDArray[Any] | None:
    """Return integers as Python's (n, m) if some are beyond 2^53; None for other values."""
    if y.dtype == object:
        are_whole = all(type(value) is int for value in y.ravel())
    else:
        are_whole = y.dtype.kind in "iu" and exceeds_floats(y)
    return y.astype(object).reshape(len(y), -1) if are_whole else None


def classes_of(y: NDArray[Any]) -> tuple[Label, ...]:
    """Return the classes that labels (n,) name, in the order of `np.unique`, as Python values.

    Whole floats become integers, because a table keeps all its numbers as floats: 0.0 and 1.0 were
    0 and 1. Integers beyond 64 bits become text.

    Raises
    ------
    DataError
        For labels of types that cannot be compared, or that are no text, numbers or booleans.
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
    whole = [isinstance(x, float) and x.is_integer() and abs(x) < cells.EXACT for x in labels]
    return tuple(map(int, labels) if all(whole) else labels)


def class_indices(
    y: NDArray[Any], name: str, classes: Sequence[Label], places: Mapping[str, int]
) -> NDArray[np.int64]:
    """Return the class index of each label (n,) of the target `name`.

    Raises
    ------
    DataError
        For a label that is no class, with its row.
    """
    codes: dict[object, int] = {}
    inverse = np.fromiter(
        (codes.setdefault(label, len(codes)) for label in y.tolist()), np.int64, len(y)
    )
    found = [places.get(label_text(x), places.get(cells.text_of(x) or "", -1)) for x in codes]
    index = np.array(found, np.int64)[inverse]
    if (index < 0).any():
        row = int(np.argmax(index < 0))
        raise DataError(
            f"target {name!r} holds the label {y.tolist()[row]!r} in row {row} "
            f"(counting from 0), which training did not have: it had {listed(classes)}."
        )
    return index


def label_text(label: Any) -> str:
    """Return a label's text, unchanged where it is text."""
    return str(label) if isinstance(label, str) else cells.text_of(label) or ""
