"""Converts dataclasses to JSON values and back, by their fields."""

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from functools import cache
from typing import Any, Self, cast, get_args, get_type_hints

#: The key in a field's metadata for a name in the file that is not that of the attribute.
STORED_AS = "stored as"


@dataclass(frozen=True)
class StoredField:
    """A field of a dataclass: name, type, and whether it may be left out."""

    attribute: str
    kind: Any
    optional: bool


class Serializable:
    """A dataclass that is stored as a JSON object: a tuple as a list, a record by its `to_plain`.

    A field whose default is empty (False, "" or ()) is left out when it has this value, so that
    files written before the field existed stay as they were.
    """

    def to_plain(self) -> dict[str, Any]:
        """Return the record as JSON-able Python values; floats keep every digit."""
        return {
            name: _plain(value)
            for name, entry in stored_fields(cast(Any, type(self))).items()
            if (value := getattr(self, entry.attribute)) or not entry.optional
        }

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Self:
        """Return the record that `to_plain` wrote."""
        return cls(
            **{
                entry.attribute: _record(entry.kind, plain[name])
                for name, entry in stored_fields(cast(Any, cls)).items()
                if name in plain
            }
        )


@cache
def stored_fields(cls: type) -> dict[str, StoredField]:
    """Return the fields of a dataclass by the names under which they are stored.

    Reading annotations compiles them: call it when the module is loaded, so that nothing is
    compiled while a file is read.
    """
    hints = get_type_hints(cls)
    return {
        entry.metadata.get(STORED_AS, entry.name): StoredField(
            entry.name, hints[entry.name], entry.default is not MISSING and not entry.default
        )
        for entry in fields(cast(Any, cls))
    }


def changed_fields(record: Any) -> dict[str, Any]:
    """Return the fields of a dataclass, all of which have defaults, that differ from them."""
    values = {entry.name: (getattr(record, entry.name), entry.default) for entry in fields(record)}
    return {name: value for name, (value, default) in values.items() if value != default}


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(entry) for entry in value]
    return value.to_plain() if hasattr(value, "to_plain") else value


def _record(kind: Any, plain: Any) -> Any:
    """Return the value of this type that a JSON value stands for."""
    read = getattr(kind, "from_plain", None)
    if read or not isinstance(plain, list):
        return read(plain) if read else plain
    read = getattr(get_args(kind)[0], "from_plain", None)
    return tuple(map(read, plain) if read else plain)
