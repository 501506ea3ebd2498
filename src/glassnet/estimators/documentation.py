"""Complete the docstring of an estimator with the parameters and attributes of its base."""

import inspect
import re
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
SHARED = ("Parameters", "Attributes")


def documented_by(base: type) -> Callable[[type[T]], type[T]]:
    """Return a class decorator that adds what the docstring of `base` describes.

    An entry in the docstring of the class replaces the one of the same name. Parameters have the
    order of the signature, and attributes the order of the base.
    """

    def complete(cls: type[T]) -> type[T]:
        if cls.__doc__ and base.__doc__:  # python -OO removes docstrings
            own, shared = _sections(cls.__doc__), _sections(base.__doc__)
            summary = own.pop("")
            bodies = {name: _merged(cls, shared[name], own.pop(name, "")) for name in SHARED}
            titled = [f"{name}\n{'-' * len(name)}\n{body}" for name, body in (bodies | own).items()]
            cls.__doc__ = "\n\n".join([summary, *titled]) + "\n"
        return cls

    return complete


def _sections(docstring: str) -> dict[str, str]:
    """Return the body of each section by its title; the text before the first has the title ""."""
    parts = ["", *re.split(r"\n\n(\w+)\n-+\n", inspect.cleandoc(docstring))]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def _merged(cls: type, shared: str, own: str) -> str:
    """Return the entries of two sections; those of `own` replace those of `shared`."""
    entries = {
        entry.partition(" :")[0]: entry
        for section in (shared, own)
        for entry in re.split(r"\n(?=\S)", section)
        if entry
    }
    order = {name: position for position, name in enumerate(inspect.signature(cls).parameters)}
    sort = sorted(entries, key=lambda names: order.get(names.partition(",")[0], len(order)))
    return "\n".join(entries[names] for names in sort)
