"""One thread for the small models of a report. A door to threadpoolctl.

The threads of BLAS and OpenMP wait by spinning: on a busy machine they make twenty seconds of a
tenth of a second, and the models here are small enough for one.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress


@contextmanager
def one_thread() -> Iterator[None]:
    """Let BLAS and OpenMP use one thread inside the block; where no file may be opened to look for them, as many as they like."""
    from threadpoolctl import threadpool_limits

    with ExitStack() as stack:
        with suppress(OSError):
            stack.enter_context(threadpool_limits(1))
        yield
