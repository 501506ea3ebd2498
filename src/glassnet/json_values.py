"""Convert results to JSON values: dataclasses, mappings, sequences and NumPy arrays."""

import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any


def json_value(value: Any, where: str = "the result") -> Any:
    """Return a value as JSON can store it; NaN and infinity become None (null in JSON).

    Raises
    ------
    TypeError
        For a value that JSON cannot store; the message contains `where`.

    Examples
    --------
    >>> json_value({"loss": (0.5, float("nan"))})
    {'loss': [0.5, None]}
    """
    if is_dataclass(value):
        value = {field.name: getattr(value, field.name) for field in fields(value)}
    elif hasattr(value, "tolist"):  # an array or a number of NumPy
        value = value.tolist()
    if isinstance(value, Mapping):
        return {str(key): json_value(entry, f"{where}.{key}") for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [json_value(entry, where) for entry in value]
    if value is not None and not isinstance(value, bool | int | float | str):
        raise TypeError(f"{where}, a {type(value).__name__}")
    return None if isinstance(value, float) and not math.isfinite(value) else value
