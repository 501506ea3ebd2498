"""Check a gradient written by hand against central differences of its function.

    f'(0) = (f(h) - f(-h)) / 2h + O(h^2)        f: the value along a random direction, in float64

A gradient is right along a direction when it agrees at one of several steps, for a kink (of ReLU,
of the absolute value) within one step lies outside another, and a gradient that is wrong agrees at
none. Where it disagrees at all of them other directions are drawn: a kink may still lie too near.
So kinks cause no false alarm as long as the point is a random one.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]
#: A point -> the value there, and the size of the terms it sums, for the rounding error.
Value = Callable[[Array], tuple[float, float]]

#: Largest relative difference between a gradient that is right and differences of its value, in
#: float64.
TOLERANCE = 1e-5
STEPS = (1e-5, 1e-6, 1e-4)
_DIRECTIONS, _DRAWS = 3, 3
#: Elements that are looked at one by one to name the one that is most wrong.
_MAX_ELEMENTS = 200


def gradient_error(value: Value, at: Array, gradient: Array, rng: np.random.Generator) -> float:
    """Return the largest relative error of a gradient over a few directions, wrong above TOLERANCE.

    Relative to the derivative along the direction, or to what it is in the mean over all directions
    where that is larger.
    """
    scale = max(1.0, float(np.sqrt(np.mean(at * at)))) if at.size else 1.0
    largest = 0.0
    for _ in range(_DIRECTIONS if at.size else 0):
        least = math.inf
        for _ in range(_DRAWS):
            direction = np.asarray(rng.standard_normal(at.shape))
            direction *= scale / float(np.linalg.norm(direction))
            least = min(least, _error_along(value, at, gradient, direction, scale))
            if least <= TOLERANCE:
                break
        largest = max(largest, least)
    return largest


def worst_element(value: Value, at: Array, gradient: Array) -> tuple[tuple[int, ...], float, float]:
    """Return the worst of up to 200 elements: its index, its gradient, and the right derivative."""
    found: list[tuple[float, tuple[int, ...], float, float]] = []
    looked_at = np.random.default_rng(0).permutation(at.size)[:_MAX_ELEMENTS]
    for place in (tuple(int(i) for i in np.unravel_index(k, at.shape)) for k in looked_at):
        step = np.zeros_like(at)
        step[place] = STEPS[0] * max(1.0, abs(float(at[place])))
        expected = (value(at + step)[0] - value(at - step)[0]) / (2.0 * float(step[place]))
        came = float(gradient[place])
        away = abs(came - expected)
        found.append((away if np.isfinite(away) else np.inf, place, came, expected))
    _, place, came, expected = max(found, key=lambda one: one[0])
    return place, came, expected


def _error_along(value: Value, at: Array, gradient: Array, direction: Array, scale: float) -> float:
    came = float((gradient * direction).sum())
    typical = float(np.linalg.norm(gradient)) * scale / at.size**0.5
    least = math.inf
    for h in STEPS:
        (above, size_above), (below, size_below) = (
            value(at + h * direction),
            value(at - h * direction),
        )
        expected = (above - below) / (2.0 * h)
        # Two values of 1e10, as prices squared are, differ by their rounding alone: least over the
        # longest step.
        rounding = 4.0 * np.finfo(np.float64).eps * (size_above + size_below) / (2.0 * STEPS[-1])
        away = max(abs(came - expected) - rounding, 0.0)
        error = float(away / max(abs(expected), abs(came), typical)) if away > 0.0 else float(away)
        if error <= TOLERANCE:
            return error
        if np.isfinite(error):
            least = min(least, error)
    return least


def fault_of(what: str, value: Value, at: Array, gradient: Array, rng: np.random.Generator) -> str:
    """Return what is wrong with a gradient, or an empty text."""
    if gradient_error(value, at, gradient, rng) <= TOLERANCE:
        return ""
    place, came, expected = worst_element(value, at, gradient)
    return (
        f"{what} is not the derivative of its forward pass: at {list(place)} it is {came:.6g}, but "
        f"central differences say {expected:.6g}."
    )


def array_in_words(value: Any) -> str:
    """Return the shape and dtype of an array, or the type of anything else, for a message."""
    if not isinstance(value, np.ndarray):
        return type(value).__name__
    return f"shape {value.shape} and dtype {value.dtype}"
