"""Validate settings: integers, numbers in an interval, booleans and names."""

from collections.abc import Sequence
from numbers import Integral
from typing import Any

import numpy as np

from glassnet.errors import SettingError, is_number, unknown_name

#: How messages describe common intervals.
IN_WORDS = {
    "(0, inf)": "a positive number",
    "(0, inf]": "a positive number",
    "(1, inf)": "a number above 1",
    "[0, inf)": "zero or a positive number",
    "[0, inf]": "zero or a positive number",
    "[1, inf]": "at least 1",
}


def is_integer(value: Any, low: float = 1, high: float = np.inf) -> bool:
    """Return whether a value is an integer in [low, high]; True and 1.0 are not integers here."""
    integer: bool = isinstance(value, Integral) and not isinstance(value, bool)
    return integer and low <= int(value) <= high


def check_integer(name: str, value: Any, low: int = 1, high: float = np.inf) -> int:
    """Return a setting as an int; SettingError unless it is an integer in [low, high]."""
    if not is_integer(value, low, high):
        bounds = f"of at least {low}" if high == np.inf else f"from {low} to {high:,}"
        raise SettingError(f"{name} must be a whole number {bounds}, got {value!r}.")
    return int(value)


def check_number(name: str, value: Any, interval: str) -> None:
    """Raise SettingError unless a setting is a real number in an interval such as "(0, 1]"."""
    low, high = map(float, interval[1:-1].split(","))
    if not (
        is_number(value)
        and (low <= value if interval[0] == "[" else low < value)
        and (value <= high if interval[-1] == "]" else value < high)
    ):
        expected = IN_WORDS.get(interval, f"in {interval}")
        raise SettingError(f"{name} must be {expected}, got {value!r}.")


def check_switch(name: str, value: Any) -> None:
    """Raise SettingError unless a setting is True or False."""
    if not isinstance(value, bool | np.bool_):
        raise SettingError(f"{name} must be True or False, got {value!r}.")


def check_name(kind: str, value: Any, known: Sequence[str]) -> None:
    """Raise SettingError unless a value is one of these names."""
    if not isinstance(value, str) or value not in known:
        raise unknown_name(kind, value, known)
