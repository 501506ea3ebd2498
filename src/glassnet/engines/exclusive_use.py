"""One lock per object, so that calls that change the object run one at a time.

The locks are stored outside the objects, so that no pickle, copy or clone contains one. A forked
child process gets new locks: one that another thread held at the fork would never be released.
"""

import os
import threading
import weakref
from contextlib import AbstractContextManager
from typing import Any, TypeVar

Lock = AbstractContextManager[bool]
T = TypeVar("T")


class _Locks:
    """The locks of all objects that were locked before and still exist."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        self._making = threading.RLock()
        self._known: dict[int, tuple[weakref.ref[Any], Lock]] = {}

    def of(self, owner: Any) -> Lock:
        """Return the reentrant lock of an object, for `with exclusive_use(it): ...`."""
        key = id(owner)
        with self._making:
            known = self._known.get(key)
            if known is None or known[0]() is not owner:
                known = weakref.ref(owner, lambda gone: self._drop(key, gone)), threading.RLock()
                self._known[key] = known
        return known[1]

    def _drop(self, key: int, gone: weakref.ref[Any]) -> None:
        if (known := self._known.get(key)) and known[0] is gone:
            del self._known[key]


_LOCKS = _Locks()
exclusive_use = _LOCKS.of


def shallow_copy(owner: T) -> T:
    """Return a shallow copy, which other threads do not modify."""
    copied = object.__new__(type(owner))
    copied.__dict__.update(owner.__dict__)
    return copied


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_LOCKS.forget)
