"""Apply a function to several items in parallel threads."""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from contextvars import copy_context
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def in_threads(
    function: Callable[[Item], Result], items: Sequence[Item], width: int
) -> list[Result]:
    """Return `function(item)` for each item, at most `width` at a time.

    If the system cannot start that many threads, fewer run.

    All threads have ended when this function returns or raises, even after a signal, so that
    resources of `function` may be closed. Each thread runs in a copy of the caller's context, so
    that engines in it see the signals that the caller defers.

    Raises
    ------
    Exception
        The error of the first item that failed; items that have not begun are then skipped.
    """
    results: dict[int, Result] = {}
    errors: dict[int, BaseException] = {}
    waiting = deque(range(len(items)))

    def work() -> None:
        with suppress(IndexError):  # no item is left
            while True:
                call(waiting.popleft())

    def call(i: int) -> None:
        try:
            results[i] = function(items[i])
        except BaseException as error:  # noqa: BLE001 - the caller raises it
            errors[i] = error
            waiting.clear()

    threads: list[threading.Thread] = []
    try:
        for _ in range(min(width, len(items)) - 1):
            thread = threading.Thread(target=copy_context().run, args=(work,))
            threads.append(thread)
            thread.start()
    except (RuntimeError, MemoryError):  # the system cannot start more threads
        pass
    try:
        work()
    finally:
        while any(thread.is_alive() for thread in threads):
            with suppress(KeyboardInterrupt):  # engines see the signal too, so this is short
                waiting.clear()
                for thread in threads:
                    if thread.is_alive():
                        thread.join()
    if errors:
        raise errors[min(errors)]
    return [results[i] for i in range(len(items))]
