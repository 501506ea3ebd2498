"""How many threads BLAS uses while a fit runs: counted by reference, restored when the last fit ends.

Threads under the small matrices of a mini-batch cost more than they bring, several times over on a busy machine, and the setting
belongs to the whole process. The one door to threadpoolctl.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any


class _Limit:
    """The process-wide limit and the number of its users."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users = 0
        self._limiter: Any = None

    def enter(self, n_threads: int) -> None:
        with self._lock:
            if self._users == 0:
                self._limiter = _controller().limit(limits=n_threads, user_api="blas")
                self._limiter.__enter__()
            self._users += 1

    def leave(self) -> None:
        with self._lock:
            self._users -= 1
            if self._users == 0:
                self._limiter.__exit__(None, None, None)


_LIMIT = _Limit()


@cache
def _controller() -> Any:
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


@contextmanager
def blas_threads(n_threads: int | None = None) -> Iterator[None]:
    """Hold BLAS to so many threads, 1 by default, until the last of all overlapping users leaves; the first one's number holds."""
    _LIMIT.enter(n_threads or 1)
    try:
        yield
    finally:
        _LIMIT.leave()
