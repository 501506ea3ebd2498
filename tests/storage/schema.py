"""What the description of a model file can say: its fields, their types, all names in them."""

from __future__ import annotations

from dataclasses import is_dataclass
from types import UnionType
from typing import Literal, Union, get_args, get_origin

from glassnet.activations import ACTIVATIONS
from glassnet.data.coding.encoder import Encoder
from glassnet.data.coding.target import Target
from glassnet.data.review.reference import Reference
from glassnet.data.serialization import stored_fields
from glassnet.data.tables.dialect import Dialect
from glassnet.data.tables.schema import Column, Form
from glassnet.initializers import INITIALIZERS
from glassnet.layers import LAYERS
from glassnet.layers.plain import CODECS, is_optional, saved_fields
from glassnet.losses import LOSSES
from glassnet.losses.plain import saved_settings
from glassnet.parameters import DTYPES
from glassnet.storage import description, header, history
from glassnet.storage.description import describe
from tests.storage.models import CASES, build


def spelled(kind):
    """A type in words that no version of Python changes."""
    arguments = get_args(kind)
    if get_origin(kind) is Literal:
        return {"one of": sorted(map(repr, arguments))}
    if get_origin(kind) in (Union, UnionType):
        return {"any of": sorted((spelled(argument) for argument in arguments), key=str)}
    if arguments:
        return {
            get_origin(kind).__name__: [
                "..." if argument is ... else spelled(argument) for argument in arguments
            ]
        }
    if isinstance(kind, type) and is_dataclass(kind):
        return record(kind)
    return getattr(kind, "__name__", str(kind))


def record(cls):
    return {name: spelled(entry.kind) for name, entry in stored_fields(cls).items()}


def outline(value, path=""):
    """The places in a JSON value with their types: "encoder.numbers.mean[]: float"."""
    if isinstance(value, dict):
        return {
            found
            for name, inner in value.items()
            for found in outline(inner, f"{path}.{name}" if path else name)
        }
    if isinstance(value, list):
        return {found for inner in value for found in outline(inner, f"{path}[]")}
    return {f"{path}: {type(value).__name__}"}


def schema():
    """What the description of a model file can say now."""
    said = {
        place
        for name in CASES
        for place in outline(describe(build(name)[0]))
        if not place.startswith(("layers", "training"))
    }
    return {
        "fields": list(description.FIELDS),
        "optional fields": sorted(description.OPTIONAL),
        "records": {
            cls.__name__: record(cls) for cls in (Encoder, Target, Reference, Column, Form, Dialect)
        },
        "layers": {
            kind: {
                name: [
                    CODECS[field.type].read.__name__.strip("_"),
                    repr(field.default) if is_optional(field) else "required",
                ]
                for name, field in saved_fields(kind).items()
            }
            for kind in LAYERS
        },
        "losses": {
            kind: {
                name: "numbers" if isinstance(value, tuple) else "number"
                for name, value in saved_settings(loss()).items()
            }
            for kind, loss in LOSSES.items()
        },
        "activations": sorted(ACTIVATIONS),
        "initializers": sorted(INITIALIZERS),
        "dtypes": list(DTYPES),
        "types of tensors": sorted(header.DTYPES),
        "columns of the history": sorted(history.KINDS),
        "descriptions": sorted(said),
    }


def differences(before, now, path=""):
    """Where two schemas differ, by path, each with what was and what is."""
    if isinstance(before, dict) and isinstance(now, dict):
        names = sorted({*before, *now})
        return [
            found
            for name in names
            for found in differences(
                before.get(name, "nothing"), now.get(name, "nothing"), f"{path}/{name}"
            )
        ]
    if before == now:
        return []
    if isinstance(before, list) and isinstance(now, list):
        before, now = (
            [entry for entry in before if entry not in now],
            [entry for entry in now if entry not in before],
        )
    return [f"{path}: was {before}, is {now}"]
