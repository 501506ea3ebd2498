"""Numbers of a regression target: read, checked and scaled without losing a digit.

A mean is one float64, and the difference to this float is exact wherever the values lie close to it
(Sterbenz 1974). Whole numbers beyond 2^53 are no floats; their differences are taken as integers
first.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassnet.data.coding.moments import Float64, moments, standardize
from glassnet.data.tables.cells import EXACT
from glassnet.data.tables.numerals import number_of
from glassnet.errors import DataError

#: The largest target, 1.07e301: predictions of larger ones may pass the largest float64, 1.8e308.
MAX_TARGET = 2.0**1000
#: A deviation of fewer steps between neighboring floats is notified: predictions are floats too.
FEW_STEPS = 1_000


def numbers_of(y: NDArray[Any], names: Sequence[str]) -> Float64:
    """Return regression values as float64; text must spell numbers.

    Raises
    ------
    DataError
        For a value that is no number, and for a number beyond MAX_TARGET, with its column and row.
    """
    if y.dtype.kind in "fiub":
        out = y.astype(np.float64)
    else:
        out = np.empty(y.shape)
        for place, value in np.ndenumerate(y):
            number = number_of(str(value).strip())
            if number is None:
                raise DataError(
                    f"a regression target must hold numbers but {_name(names, place)!r} holds "
                    f"{str(value)!r} in row {place[0]} (counting from 0)."
                )
            out[place] = number
    if out.size and max(float(out.max()), -float(out.min())) > MAX_TARGET:
        place = tuple(int(i) for i in np.argwhere(np.abs(out) > MAX_TARGET)[0])
        raise DataError(
            f"target {_name(names, place)!r} holds {out[place]:g} in row {place[0]} (counting from "
            f"0), but predictions of numbers beyond {MAX_TARGET:.3g} may be too large for a float: "
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
    Y = numbers_of(y, names).reshape(len(y), -1)
    odd = np.argwhere((Y != 0) & (Y != 1))
    if odd.size:
        row, column = (int(i) for i in odd[0])
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


def precision_notices(
    names: Sequence[str], mean: Sequence[float], scale: Sequence[float]
) -> tuple[str, ...]:
    """Return a sentence for each target whose values are only a few float steps apart."""
    steps = np.spacing(np.abs(mean)).tolist()
    return tuple(
        f"target {name!r} has a standard deviation of {width:.2g} about {middle:.6g}, where floats "
        f"are {step:.2g} apart: predictions are rounded to such steps. Subtract a constant such as "
        f"{middle:.6g} from the target for finer ones."
        for name, middle, width, step in zip(names, mean, scale, steps, strict=False)
        if width < FEW_STEPS * step and width != 1.0  # which is the scale of a constant
    )


def _whole(y: NDArray[Any]) -> NDArray[Any] | None:
    """Return integers as Python's (n, m) if some are beyond 2^53; None for other values."""
    if y.dtype.kind in "iu":
        if y.size == 0 or (int(y.max()) < EXACT and int(y.min()) > -EXACT):
            return None
        y = y.astype(object)
    elif y.dtype != object or not all(type(value) is int for value in y.ravel()):
        return None
    return y.reshape(len(y), -1)


def _name(names: Sequence[str], place: tuple[int, ...]) -> str:
    return names[place[1] if len(place) > 1 else 0]
