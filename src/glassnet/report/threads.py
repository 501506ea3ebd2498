"""Limit BLAS and OpenMP to one thread for the small models of a report, with threadpoolctl.

Threads of BLAS and OpenMP spin while they wait. On a busy machine this can turn a tenth of a second
into twenty seconds, and the models here are small enough for one thread.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress


@contextmanager
def one_thread() -> Iterator[None]:
    """Limit BLAS and OpenMP to one thread inside the block, if the libraries are found."""
    from threadpoolctl import threadpool_limits

    with ExitStack() as stack:
        with suppress(OSError):  # no file can be opened to look for them
            stack.enter_context(threadpool_limits(1))
        yield
