"""The numbers of a regression target: read, held within limits, and scaled so that no difference between them loses a digit.

A mean is one float64, and less this float the values are exact wherever they lie close to it
(Sterbenz 1974). Whole numbers beyond 2^53 are no floats; their differences are taken as whole
numbers first.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassnet.data.coding.columns import moments, standardize
from glassnet.data.tables.cells import EXACT
from glassnet.data.tables.numerals import number_of
from glassnet.errors import DataError

Float64 = NDArray[np.float64]

#: Targets are at most so large, 1.07e301: predictions of larger ones may pass the largest float64,
#: 1.8e308.
LARGEST = 2.0**1000
#: A deviation of fewer steps between neighboring floats is told: predictions are such floats too.
FEW_STEPS = 1_000


def numbers_of(y: NDArray[Any], names: Sequence[str]) -> Float64:
    """Return regression values as float64; text must spell numbers.

    Raises
    ------
    DataError
        For what is no number, and for a number beyond LARGEST, with its column and row.
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
    if out.size and max(float(out.max()), -float(out.min())) > LARGEST:
        place = tuple(int(i) for i in np.argwhere(np.abs(out) > LARGEST)[0])
        raise DataError(
            f"target {_name(names, place)!r} holds {out[place]:g} in row {place[0]} (counting from "
            f"0), but predictions of numbers beyond {LARGEST:.3g} may be too large for a float: "
            "divide the target by a constant such as 1e10."
        )
    return out


def location_and_scale(y: NDArray[Any], Y: Float64, weight: Float64) -> tuple[Float64, Float64]:
    """Return mean and scale (m,) of target values y, given them as floats Y (n, m) and the weights of the rows."""
    whole = _whole(y)
    if whole is None:
        mean, scale, _ = moments(Y, weight)
        return mean, scale
    first = whole.min(axis=0)
    mean, scale, _ = moments((whole - first).astype(np.float64), weight)
    return np.array(
        [float(start + round(rest)) for start, rest in zip(first, mean.tolist(), strict=True)]
    ), scale


def scaled(y: NDArray[Any], Y: Float64, mean: Float64, scale: Float64) -> Float64:
    """Return (y - mean) / scale of target values y, given them as floats Y (n, m)."""
    whole = _whole(y)
    if whole is None:
        return standardize(Y, mean, scale)
    start = np.array([math.floor(value) for value in mean.tolist()], dtype=object)
    return standardize((whole - start).astype(np.float64), mean - np.floor(mean), scale)


def steps_in_words(
    names: Sequence[str], mean: Sequence[float], scale: Sequence[float]
) -> tuple[str, ...]:
    """Return a sentence for each target whose values lie so close together that floats of their size tell them apart only coarsely."""
    found = []
    for name, middle, width in zip(names, mean, scale, strict=True):
        step = float(np.spacing(abs(middle)))
        if width < FEW_STEPS * step and width != 1.0:  # which is the scale of a constant
            found.append(
                f"target {name!r} has a standard deviation of {width:.2g} about {middle:.6g}, "
                f"where floats are {step:.2g} apart: predictions are rounded to such steps. "
                f"Subtract a constant such as {middle:.6g} from the target for finer ones."
            )
    return tuple(found)


def _whole(y: NDArray[Any]) -> NDArray[Any] | None:
    """Return whole numbers, some of them beyond 2^53, as Python's (n, m); None for other values."""
    if y.dtype.kind in "iu":
        if y.size == 0 or (int(y.max()) < EXACT and int(y.min()) > -EXACT):
            return None
        return y.astype(object).reshape(len(y), -1)
    if y.dtype != object or not all(type(value) is int for value in y.ravel()):
        return None
    return y.reshape(len(y), -1)


def _name(names: Sequence[str], place: tuple[int, ...]) -> str:
    return names[place[1] if len(place) > 1 else 0]
