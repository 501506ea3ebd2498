"""Check a hand-written gradient against central differences of its function.

    f'(0) = (f(h) - f(-h)) / 2h + O(h^2)        f: the value along a random direction, in float64

A gradient is accepted along a direction if it agrees with the difference for one of several step
sizes h. A correct gradient may disagree for some of them because of a kink (of ReLU, of the
absolute value) within the step; a wrong gradient agrees for none. If it disagrees for all step
sizes, other directions are drawn, because a kink may still be too near. So kinks cause no false
alarm if the point is random.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]
#: Point -> (value, sum of the absolute values of its terms); the latter bounds the rounding error.
Value = Callable[[Array], tuple[float, float]]

#: Largest relative difference, in float64, between a correct gradient and central differences.
TOLERANCE = 1e-5
STEPS = (1e-5, 1e-6, 1e-4)
_DIRECTIONS, _DRAWS = 3, 3
#: Number of elements that are checked one by one to find the worst one.
_MAX_ELEMENTS = 200


def gradient_error(value: Value, at: Array, gradient: Array, rng: np.random.Generator) -> float:
    """Return the largest relative error of a gradient over a few directions; TOLERANCE is allowed.

    The error is relative to the derivative along the direction or, if that is larger, to the
    typical derivative over all directions.
    """
    scale = max(1.0, float(np.sqrt(np.mean(at * at)))) if at.size else 1.0
    largest = 0.0
    for _ in range(_DIRECTIONS if at.size else 0):
        smallest = math.inf
        for _ in range(_DRAWS):
            direction = np.asarray(rng.standard_normal(at.shape))
            direction *= scale / float(np.linalg.norm(direction))
            smallest = min(smallest, _error_along(value, at, gradient, direction, scale))
            if smallest <= TOLERANCE:
                break
        largest = max(largest, smallest)
    return largest


def worst_element(value: Value, at: Array, gradient: Array) -> tuple[tuple[int, ...], float, float]:
    """Return the worst of up to 200 elements: index, gradient and correct derivative."""
    candidates: list[tuple[float, tuple[int, ...], float, float]] = []
    sampled = np.random.default_rng(0).permutation(at.size)[:_MAX_ELEMENTS]
    for index in (tuple(int(i) for i in np.unravel_index(k, at.shape)) for k in sampled):
        step = np.zeros_like(at)
        step[index] = STEPS[0] * max(1.0, abs(float(at[index])))
        expected = (value(at + step)[0] - value(at - step)[0]) / (2.0 * float(step[index]))
        given = float(gradient[index])
        away = abs(given - expected)
        candidates.append((away if np.isfinite(away) else np.inf, index, given, expected))
    _, index, given, expected = max(candidates, key=lambda one: one[0])
    return index, given, expected


def _error_along(value: Value, at: Array, gradient: Array, direction: Array, scale: float) -> float:
    given = float((gradient * direction).sum())
    typical = float(np.linalg.norm(gradient)) * scale / at.size**0.5
    smallest = math.inf
    for h in STEPS:
        (above, size_above), (below, size_below) = (
            value(at + h * direction),
            value(at - h * direction),
        )
        expected = (above - below) / (2.0 * h)
        # Two values near 1e10 (such as squared prices) differ by rounding alone. The error is
        # smallest for the longest step.
        rounding = 4.0 * np.finfo(np.float64).eps * (size_above + size_below) / (2.0 * STEPS[-1])
        away = max(abs(given - expected) - rounding, 0.0)
        error = float(away / max(abs(expected), abs(given), typical)) if away > 0.0 else float(away)
        if error <= TOLERANCE:
            return error
        if np.isfinite(error):
            smallest = min(smallest, error)
    return smallest


def gradient_fault(
    what: str, value: Value, at: Array, gradient: Array, rng: np.random.Generator
) -> str:
    """Return what is wrong with a gradient, or an empty string."""
    if gradient_error(value, at, gradient, rng) <= TOLERANCE:
        return ""
    index, given, expected = worst_element(value, at, gradient)
    return (
        f"{what} is not the derivative of its forward pass: at {list(index)} it is {given:.6g}, "
        f"but central differences say {expected:.6g}."
    )


def describe_array(value: Any) -> str:
    """Return the shape and dtype of an array, or the type of anything else, for a message."""
    if not isinstance(value, np.ndarray):
        return type(value).__name__
    return f"shape {value.shape} and dtype {value.dtype}"
