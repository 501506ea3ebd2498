"""Cached properties without a lock, which a fork could leave locked.

`functools.cached_property` of Python 3.11 has one lock for all objects of a class: a child that is
forked while another thread holds it waits for ever. Here two threads may compute the same value at
once; both get the one that was kept first.
"""

from collections.abc import Callable
from typing import Any, Generic, Self, TypeVar, overload

Value = TypeVar("Value")


class cached_property(Generic[Value]):  # noqa: N801  as in functools
    """A method without arguments as an attribute that is computed once."""

    def __init__(self, compute: Callable[[Any], Value]) -> None:
        self._compute, self._name = compute, ""
        self.__doc__ = compute.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...

    @overload
    def __get__(self, instance: object, owner: type) -> Value: ...

    def __get__(self, instance: object, owner: type) -> Self | Value:
        if instance is None:
            return self
        kept: Value = instance.__dict__.setdefault(self._name, self._compute(instance))
        return kept
