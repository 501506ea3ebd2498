"""Ctrl-C while steps run: noted at once, obeyed at the end of the step, so that theta is never half a step old."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def interrupts_noted() -> Iterator[Callable[[], bool]]:
    """Hold back KeyboardInterrupt inside the block; yield a function that says whether one came.

    Only the main thread receives signals, and a handler that the program installed itself is left alone: in both cases nothing
    is held back.
    """
    if threading.current_thread() is not threading.main_thread() or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield lambda: False
        return
    came = told = False

    def note(signum: int, frame: FrameType | None) -> None:
        nonlocal came
        came = True

    def interrupted() -> bool:
        nonlocal told
        told = came
        return came

    signal.signal(signal.SIGINT, note)
    try:
        yield interrupted
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if came and not told:  # after the block asked for the last time
        raise KeyboardInterrupt
