"""A function called for several items at once, in threads of which the caller is one."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from contextvars import copy_context
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def in_threads(
    function: Callable[[Item], Result], items: Sequence[Item], width: int
) -> list[Result]:
    """Return `function(item)` for each item, at most `width` at a time.

    Where fewer threads can be started, fewer items are worked on at a time.

    No thread works any more when this returns or raises, whatever signals come: what the function
    used may then be closed. Each thread runs in a copy of the caller's context, so that engines in
    it see the signals that the caller notes.

    Raises
    ------
    Exception
        The first one by the order of the items; items that had not begun by then are left out.
    """
    results: dict[int, Result] = {}
    errors: dict[int, BaseException] = {}
    taken = _Numbers(len(items))

    def work() -> None:
        for i in taken:
            try:
                results[i] = function(items[i])
            except BaseException as error:  # noqa: BLE001 - the caller raises it
                errors[i] = error
                taken.end()

    threads: list[threading.Thread] = []
    try:
        for _ in range(min(width, len(items)) - 1):
            thread = threading.Thread(target=copy_context().run, args=(work,))
            threads.append(thread)
            thread.start()
    except (RuntimeError, MemoryError):  # the system starts no more
        pass
    try:
        work()
    finally:
        while any(thread.is_alive() for thread in threads):
            with suppress(KeyboardInterrupt):  # engines see the signal too, so this is short
                taken.end()
                for thread in threads:
                    if thread.is_alive():
                        thread.join()
    if errors:
        raise errors[min(errors)]
    return [results[i] for i in range(len(items))]


class _Numbers:
    """The numbers 0 to n - 1, each given to one thread."""

    def __init__(self, n: int) -> None:
        self._next, self._n, self._lock = 0, n, threading.Lock()

    def __iter__(self) -> Iterator[int]:
        while True:
            with self._lock:
                i = self._next
                self._next += 1
            if i >= self._n:
                return
            yield i

    def end(self) -> None:
        """Give no more of them."""
        with self._lock:
            self._next = self._n
