"""Convert dataclasses to and from JSON values."""

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from functools import cache
from typing import Any, Self, cast, get_args, get_type_hints

#: The key in a field's metadata for its name in files, if that is not the name of the attribute.
STORED_AS = "stored as"


@dataclass(frozen=True)
class StoredField:
    """A field of a dataclass: its name, its type, and whether it may be left out."""

    attribute: str
    kind: Any
    optional: bool


class Serializable:
    """Base class of dataclasses that are stored as JSON objects.

    Tuples are stored as lists, and values that have `to_plain` by its result. A field whose default
    is empty (False, "" or ()) is left out if it has this value, so that files written before the
    field existed stay the same.
    """

    def to_plain(self) -> dict[str, Any]:
        """Return the fields as JSON values; floats keep every digit."""
        return {
            name: _plain(value)
            for name, entry in stored_fields(cast(Any, type(self))).items()
            if (value := getattr(self, entry.attribute)) or not entry.optional
        }

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Self:
        """Return the instance that `to_plain` wrote."""
        return cls(
            **{
                entry.attribute: _record(entry.kind, plain[name])
                for name, entry in stored_fields(cast(Any, cls)).items()
                if name in plain
            }
        )


@cache
def stored_fields(cls: type) -> dict[str, StoredField]:
    """Return the fields of a dataclass by their stored names.

    Annotations are compiled when they are read. Call this when a module is loaded, so that nothing
    is compiled while a file is read.
    """
    hints = get_type_hints(cls)
    return {
        entry.metadata.get(STORED_AS, entry.name): StoredField(
            entry.name, hints[entry.name], entry.default is not MISSING and not entry.default
        )
        for entry in fields(cast(Any, cls))
    }


def changed_fields(record: Any) -> dict[str, Any]:
    """Return the fields of a dataclass that differ from their defaults; all must have defaults."""
    values = {entry.name: (getattr(record, entry.name), entry.default) for entry in fields(record)}
    return {name: value for name, (value, default) in values.items() if value != default}


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(entry) for entry in value]
    return value.to_plain() if hasattr(value, "to_plain") else value


def _record(kind: Any, plain: Any) -> Any:
    """Convert a JSON value to a type."""
    read = getattr(kind, "from_plain", None)
    if read or not isinstance(plain, list):
        return read(plain) if read else plain
    read = getattr(get_args(kind)[0], "from_plain", None)
    return tuple(map(read, plain) if read else plain)
