"""Parse and write strict JSON, and check JSON values against the field types of a dataclass.

Content of a file is never trusted. Canonical JSON is ASCII with sorted keys and no spaces, floats
by `repr` (so they read back exactly), and neither NaN nor infinity.
"""

import json
from dataclasses import is_dataclass
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from glassnet.data.serialization import stored_fields
from glassnet.data.tables.schema import Form, Schema

MAX_DIGITS = 300  # a number with fewer digits is within the range of a float
MAX_DEPTH = 100  # nested lists and objects
MAX_VALUES = 4_000_000
MAX_CONTAINERS = 650_000  # lists and objects, which take more memory than numbers


def canonical(value: Any) -> str:
    """Return the canonical JSON text of a value."""
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False
    )


def require(holds: bool, message: str) -> None:
    """Raise a ValueError with this message unless a condition holds."""
    if not holds:
        raise ValueError(message)


def parse_json(text: str) -> Any:
    """Parse a JSON text.

    Raises
    ------
    ValueError
        If the text is not JSON, or has a duplicate key, a number that is not finite or has hundreds
        of digits, a lone surrogate, or more nesting or values than any model needs.
    """
    n_values, n_containers = (sum(map(text.count, marks)) for marks in (",:[{", "[{"))
    require(n_values <= MAX_VALUES, f"it holds more than {MAX_VALUES:,} values")
    require(
        n_containers <= MAX_CONTAINERS,
        f"it holds more than {MAX_CONTAINERS:,} lists and objects",
    )
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
        raise ValueError(f"it is not JSON ({error})") from None
    level, depth = [value], 0
    while level := [value for value in level if isinstance(value, dict | list)]:
        depth += 1
        require(depth <= MAX_DEPTH, "it is nested too deep")
        level = [
            inner
            for value in level
            for inner in (value.values() if isinstance(value, dict) else value)
        ]
    return value


def check_record(cls: type, plain: Any, where: str) -> None:
    """Raise a ValueError unless a JSON object has the fields and types of a dataclass.

    `where` names the object in the message.
    """
    entries = stored_fields(cls)
    required = {name for name, entry in entries.items() if not entry.optional}
    require(
        isinstance(plain, dict) and required <= plain.keys() <= entries.keys(),
        f"{where} must have the fields {list(entries)}",
    )
    for name, value in plain.items():
        kind = entries[name].kind
        if not _fits(kind, value, f"{where}.{name}"):
            type_name = str(getattr(kind, "__name__", None) or kind).replace("typing.", "")
            raise ValueError(f"{where}.{name} must be {type_name}")


def _fits(kind: Any, value: Any, where: str) -> bool:
    """Return whether a JSON value and everything in it has this type."""
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
        # All entries at once, if their classes decide: there may be hundreds of thousands.
        if {*map(type, value)} <= _exact(arguments[0]):
            return True
        return all(_fits(arguments[0], entry, where) for entry in value)
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
    """Return the classes whose values all have this type."""
    kinds = set(get_args(kind)) if get_origin(kind) in (Union, UnionType) else {kind}
    return kinds & {str, bool, float, NoneType}


def _is_column(entry: Any) -> bool:
    """Return whether a JSON value is a name, a kind and, if it is not the default, a form."""
    return (
        isinstance(entry, list)
        and len(entry) in (2, 3)
        and all(isinstance(part, str) for part in entry[:2])
        and (len(entry) == 2 or (entry[2] != {} and _is_form(entry[2])))
    )


def _is_form(value: Any) -> bool:
    """Return whether a JSON value is a form: how the cells of a column are written."""
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
    require(len(text) <= MAX_DIGITS, f"the number {text[:20]}... has {len(text):,} digits")
    return int(text)


def _no_constant(text: str) -> float:
    raise ValueError(f"it holds {text}, which is not JSON")
