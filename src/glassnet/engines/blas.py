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

_lock = threading.Lock()
_users = 0
_limiter: Any = None


@cache
def _controller() -> Any:
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


@contextmanager
def blas_threads(n_threads: int | None = None) -> Iterator[None]:
    """Hold BLAS to so many threads, 1 by default, until the last of all overlapping users leaves; the first one's number holds."""
    global _users, _limiter
    with _lock:
        if _users == 0:
            _limiter = _controller().limit(limits=n_threads or 1, user_api="blas")
            _limiter.__enter__()
        _users += 1
    try:
        yield
    finally:
        with _lock:
            _users -= 1
            if _users == 0:
                limiter, _limiter = _limiter, None
                limiter.__exit__(None, None, None)
