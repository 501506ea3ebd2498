"""Check a user-defined activation: its outputs, and its derivative by central differences."""

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np

from glassnet.activations import (
    ACTIVATIONS,
    ActivationFunction,
    GivenActivation,
    ValueOf,
    activation_function,
)
from glassnet.differences import (
    TOLERANCE,
    Array,
    Value,
    describe_array,
    gradient_error,
    worst_element,
)
from glassnet.errors import GlassNetError, SettingError

#: Shape and standard deviation of the normal pre-activations that an activation is tested on.
_SHAPE, _SPREAD = (8, 6), 2.0


def checked_activation(activation: GivenActivation) -> str | ActivationFunction:
    """Return the name of a built-in activation, or a checked user-defined `ActivationFunction`.

    Raises
    ------
    SettingError
        For an unknown name, and for a user-defined activation that returns another shape or dtype
        than Z has, returns values that are not finite, modifies its arguments, or has a backward
        pass that is not dA times the derivative of its forward pass.
    """
    record = activation_function(activation)
    if isinstance(activation, str):
        return activation
    if ACTIVATIONS.get(record.name) is not record:
        with np.errstate(all="ignore"):
            (_check_once if _is_hashable(record) else _check)(record)
    return record


@lru_cache(maxsize=64)
def _check_once(record: ActivationFunction) -> None:
    _check(record)


def _check(record: ActivationFunction) -> None:
    rng = np.random.default_rng(0)
    Z, dA = rng.normal(0.0, _SPREAD, _SHAPE), rng.standard_normal(_SHAPE)
    _gradient(record, Z.astype(np.float32), dA.astype(np.float32))
    dZ = _gradient(record, Z, dA)
    if gradient_error(_value(record, dA), Z, dZ, rng) <= TOLERANCE:
        return
    index, returned, expected = worst_element(_value(record, dA), Z, dZ)
    if isinstance(record.forward, ValueOf):
        raise SettingError(
            f"the second array of the activation {record.name!r} is not the derivative of its "
            f"value: at Z = {Z[index]:.6g} it is {returned / dA[index]:.6g}, but central "
            f"differences say {expected / dA[index]:.6g}."
        )
    raise SettingError(
        f"the backward pass of activation {record.name!r} is not the derivative of its forward "
        f"pass: at Z = {Z[index]:.6g} and dA = {dA[index]:.6g} it returns {returned:.6g}, but "
        f"central differences say {expected:.6g}{_hint(record, Z, dA)}."
    )


def _is_hashable(record: ActivationFunction) -> bool:
    """Return whether the result can be cached: some user-defined functions are not hashable."""
    try:
        hash(record)
    except TypeError:
        return False
    return True


def _value(record: ActivationFunction, dA: Array) -> Value:
    """Return the function of Z whose gradient is dZ: the sum of dA * f(Z)."""

    def value(Z: Array) -> tuple[float, float]:
        terms = dA * record.forward(Z)
        return float(terms.sum()), float(np.abs(terms).sum())

    return value


def _gradient(record: ActivationFunction, Z: Array, dA: Array) -> Array:
    """Return dZ; SettingError if a pass returns something else or changes its arguments."""
    what = f"activation {record.name!r}"
    given = Z.copy()
    A = _called(f"the forward pass of {what}", record.forward, given)
    _require_like(f"the forward pass of {what}", A, Z)
    if not np.array_equal(given, Z):
        raise SettingError(f"the forward pass of {what} changes Z in place: return a new array.")
    if not np.isfinite(A).all():
        raise SettingError(
            f"{what} must be finite for every finite Z, got {A[~np.isfinite(A)][0]} for "
            f"{Z[~np.isfinite(A)][0]:.6g}."
        )
    kept = A.copy() if record.keeps == "output" else Z.copy()
    before, given = kept.copy(), dA.copy()
    dZ = _called(f"the backward pass of {what}", record.backward, kept, given)
    _require_like(f"the backward pass of {what}", dZ, Z)
    if not (np.array_equal(kept, before) and np.array_equal(given, dA)):
        raise SettingError(
            f"the backward pass of {what} changes what it is given in place: return a new array."
        )
    made: Array = dZ
    return made


def _called(what: str, function: Callable[..., Any], *arguments: Array) -> Any:
    try:
        return function(*arguments)
    except GlassNetError:
        raise
    except Exception as error:
        raise SettingError(
            f"{what} failed on an array of ordinary numbers: {type(error).__name__}: {error}"
        ) from error


def _require_like(what: str, returned: Any, Z: Array) -> None:
    if (
        not isinstance(returned, np.ndarray)
        or returned.shape != Z.shape
        or returned.dtype != Z.dtype
    ):
        raise SettingError(
            f"{what} must return an array of the shape and dtype of Z, {Z.shape} and {Z.dtype}, "
            f"got {describe_array(returned)}."
        )


def _hint(record: ActivationFunction, Z: Array, dA: Array) -> str:
    """Return a hint how to correct the backward pass, or an empty string."""
    one: Array = np.ones_like(dA)
    kept = record.forward(Z) if record.keeps == "output" else Z
    if np.array_equal(record.backward(kept, dA), record.backward(kept, one)):
        return "; it does not depend on dA: multiply the derivative by dA"
    other = replace(record, keeps="input" if record.keeps == "output" else "output")
    try:
        right = (
            gradient_error(_value(other, dA), Z, _gradient(other, Z, dA), np.random.default_rng(0))
            <= TOLERANCE
        )
    except SettingError:
        return ""
    return f"; with keeps={other.keeps!r} it is right" if right else ""
