"""Strict JSON, and plain data held to the types that a dataclass declares. What comes from a file is not trusted.

Canonical JSON is ASCII, keys sorted, no spaces, floats by `repr` (so they read back exactly),
neither NaN nor infinity.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from functools import cache
from numbers import Integral, Real
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import numpy as np

from glassnet.data.tables.forms import Form
from glassnet.data.tables.schema import Schema
from glassnet.errors import UnsupportedError

LONGEST_NUMBER = 300  # digits: what is shorter is a float too
MOST_NESTED = 100  # lists and objects in one another
MOST_VALUES = 4_000_000
MOST_CONTAINERS = 650_000  # lists and objects, of which each takes the memory of several numbers


def canonical(value: Any) -> str:
    """Return the one JSON text of a value."""
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False
    )


def parse(text: str) -> Any:
    """Return what a JSON text holds.

    Raises
    ------
    ValueError
        For what is no JSON, a key that occurs twice, numbers that are not finite or of hundreds of
        digits, half characters (lone surrogates), and nesting or a number of values that no model
        needs.
    """
    if sum(map(text.count, ",:[{")) > MOST_VALUES:  # before any of them takes memory
        raise ValueError(f"it holds more than {MOST_VALUES:,} values")
    if sum(map(text.count, "[{")) > MOST_CONTAINERS:
        raise ValueError(f"it holds more than {MOST_CONTAINERS:,} lists and objects")
    try:
        value = json.loads(
            text,
            object_pairs_hook=_no_duplicates,
            parse_int=_short_enough,
            parse_constant=_no_constant,
        )
        _write(value).encode()
    except UnicodeEncodeError:
        raise ValueError("it holds half a character") from None
    except RecursionError:
        raise ValueError("it is nested too deep") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"it is no JSON ({error})") from None
    level, depth = [value], 0
    while level := [value for value in level if isinstance(value, dict | list)]:
        depth += 1
        if depth > MOST_NESTED:
            raise ValueError("it is nested too deep")
        level = [
            inner
            for value in level
            for inner in (value.values() if isinstance(value, dict) else value)
        ]
    return value


def json_able(value: Any, where: str = "training") -> Any:
    """Return a record of anything as JSON values; numbers that are not finite become None, for JSON has no word for them."""
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, np.bool_):
        return bool(value)
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): json_able(entry, f"{where}.{key}") for key, entry in value.items()}
    if isinstance(value, np.ndarray | Sequence) and not isinstance(value, bytes):
        return [json_able(entry, where) for entry in value]
    raise UnsupportedError(
        f"a model file cannot hold {where}, a {type(value).__name__}: it holds numbers, text, "
        "lists and mappings."
    )


@cache
def field_types(cls: type) -> dict[str, Any]:
    """Return the fields of a dataclass with their types.

    Reading annotations compiles them: call it when the room is loaded, so that nothing is compiled
    while a file is.
    """
    hints = get_type_hints(cls)
    return {field.name: hints[field.name] for field in fields(cls)}


def check_record(cls: type, plain: Any, where: str) -> None:
    """Hold a JSON object to the fields of a dataclass and their types; raise ValueError naming what differs."""
    kinds = field_types(cls)
    if not isinstance(plain, dict) or plain.keys() != kinds.keys():
        raise ValueError(f"{where} must have the fields {list(kinds)}")
    for name, kind in kinds.items():
        if not _fits(kind, plain[name], f"{where}.{name}"):
            raise ValueError(
                f"{where}.{name} must be {getattr(kind, '__name__', None) or kind}".replace(
                    "typing.", ""
                )
            )


def _fits(kind: Any, value: Any, where: str) -> bool:
    """Whether a JSON value is one of that type; containers are looked into."""
    origin, arguments = get_origin(kind), get_args(kind)
    if kind is Form:
        return _is_form(value)
    if kind is Schema:
        return isinstance(value, list) and all(map(_is_column, value))
    if isinstance(kind, type) and is_dataclass(kind):
        check_record(kind, value, where)
        return True
    if origin is tuple:
        if not isinstance(value, list):
            return False
        if arguments[1:] == (...,) and {*map(type, value)} <= _exact(
            arguments[0]
        ):  # of hundreds of thousands of columns at once
            return True
        kinds = [arguments[0]] * len(value) if arguments[1:] == (...,) else list(arguments)
        return len(kinds) == len(value) and all(
            _fits(kind, entry, where) for kind, entry in zip(kinds, value, strict=True)
        )
    if origin is Literal:
        return value in arguments
    if origin in (Union, UnionType):
        return any(_fits(kind, value, where) for kind in arguments)
    if kind is int:
        return type(value) is int and abs(value) < 2**63
    if kind is float:
        return type(value) is float or (type(value) is int and abs(value) <= 2**53)
    return type(value) is kind if kind in (str, bool, NoneType) else False


def _exact(kind: Any) -> set[type]:
    """Return the classes of which every value is of a type: none for a type that asks for more than the class."""
    kinds = set(get_args(kind)) if get_origin(kind) in (Union, UnionType) else {kind}
    return kinds & {str, bool, float, NoneType}


def _is_column(entry: Any) -> bool:
    """Whether a JSON value is a name, a kind and, where it is not the ordinary one, a form."""
    if (
        not isinstance(entry, list)
        or len(entry) not in (2, 3)
        or not all(isinstance(part, str) for part in entry[:2])
    ):
        return False
    return len(entry) == 2 or (entry[2] != {} and _is_form(entry[2]))


def _is_form(value: Any) -> bool:
    """Whether a JSON value is how the cells of a column are written."""
    return isinstance(value, dict) and Form.from_plain(value).to_plain() == value


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise ValueError(f"the key {twice!r} occurs twice")
    return made


def _write(value: Any) -> str:
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    except ValueError:  # 1e999 was read as infinity
        raise ValueError("it holds a number that is not finite") from None


def _short_enough(text: str) -> int:
    if len(text) > LONGEST_NUMBER:
        raise ValueError(f"the number {text[:20]}... has {len(text):,} digits")
    return int(text)


def _no_constant(text: str) -> float:
    raise ValueError(f"it holds {text}, which is no JSON")
