"""Limit the threads of BLAS while a fit runs, and restore them when the last fit ends.

Threads make the small matrix products of a mini-batch slower, several times on a busy machine. The
setting is one for the whole process, so its users are counted. This file alone imports
threadpoolctl.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any


class _Limit:
    """The process-wide limit and the number of its users."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Start again, as a forked child must: the threads that hold the lock are not in it."""
        self._lock = threading.Lock()
        self._users = 0
        self._before: list[tuple[Any, int]] = []

    def enter(self, n_threads: int) -> None:
        with self._lock:
            if self._users == 0:
                self._before = [(library, library.num_threads) for library in _found()]
                for library, _ in self._before:
                    _set_threads(library, n_threads)
            self._users += 1

    def leave(self) -> None:
        with self._lock:
            self._users = max(self._users - 1, 0)  # 0 after a fork inside a fit
            if self._users == 0:
                for library, before in self._before:
                    _set_threads(library, before)


_LIMIT = _Limit()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_LIMIT.forget)


def _found() -> list[Any]:
    """Return the BLAS libraries; none if no file can be opened, which makes a fit slower."""
    try:
        return _libraries()
    except OSError:
        return []


@cache
def _libraries() -> list[Any]:
    from threadpoolctl import ThreadpoolController

    return [
        library
        for library in ThreadpoolController().lib_controllers
        if library.user_api == "blas" and library.num_threads
    ]


def _set_threads(library: Any, n_threads: int) -> None:
    # Since threadpoolctl 3.8 OpenBLAS obeys one thread of the program until that one lets go, and
    # ignores the others without a word; but the last user to leave may be another thread than the
    # first that came.
    let_go = getattr(library, "clear_controlling_thread", lambda force: None)
    let_go(force=True)
    library.set_num_threads(n_threads)
    let_go(force=True)


@contextmanager
def blas_threads(n_threads: int | None = None) -> Iterator[None]:
    """Limit BLAS to so many threads, 1 by default, until the last of overlapping users leaves.

    The first user's number holds.
    """
    _LIMIT.enter(int(n_threads or 1))  # threadpoolctl takes no integer of NumPy
    try:
        yield
    finally:
        _LIMIT.leave()
