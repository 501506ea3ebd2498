"""Limit the number of BLAS threads while a fit runs, and restore it when the last fit ends.

Several threads make the small matrix products of a mini-batch slower, several times so on a busy
machine. The limit applies to the whole process, so its users are counted. Only this file imports
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
        """Reset, for a forked child: the threads that held the lock do not exist in it."""
        self._lock = threading.Lock()
        self._users = 0
        self._before: list[tuple[Any, int]] = []

    def enter(self, n_threads: int) -> None:
        with self._lock:
            if self._users == 0:
                self._before = [(library, library.num_threads) for library in _blas_libraries()]
                for library, _ in self._before:
                    _set_threads(library, n_threads)
            self._users += 1

    def leave(self) -> None:
        with self._lock:
            self._users = max(self._users - 1, 0)  # it was 0 after a fork during a fit
            if self._users == 0:
                for library, before in self._before:
                    _set_threads(library, before)


_LIMIT = _Limit()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_LIMIT.forget)


def _blas_libraries() -> list[Any]:
    """Return the BLAS libraries; none if no file can be opened (the fit is then slower)."""
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
    # Since threadpoolctl 3.8 one thread controls OpenBLAS until it releases the control; calls from
    # other threads are silently ignored. The last user may be in another thread than the first.
    release_control = getattr(library, "clear_controlling_thread", lambda force: None)
    release_control(force=True)
    library.set_num_threads(n_threads)
    release_control(force=True)


@contextmanager
def blas_threads(n_threads: int | None = None) -> Iterator[None]:
    """Limit BLAS to `n_threads` threads, 1 by default, until the last concurrent user leaves.

    The number of the first user applies.
    """
    _LIMIT.enter(int(n_threads or 1))  # threadpoolctl does not accept a NumPy integer
    try:
        yield
    finally:
        _LIMIT.leave()
