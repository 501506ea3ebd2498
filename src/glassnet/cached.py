"""A cached property without a lock, so that it is safe in a forked process.

`functools.cached_property` of Python 3.11 has one lock for all objects of a class. A child process
that is forked while another thread holds the lock would wait forever. Here two threads may compute
the value at the same time; both get the value that was stored first.
"""

from collections.abc import Callable
from typing import Any, Generic, Self, TypeVar, overload

Value = TypeVar("Value")


class cached_property(Generic[Value]):  # noqa: N801  as in functools
    """An attribute that is computed by a method on first access and then stored."""

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
