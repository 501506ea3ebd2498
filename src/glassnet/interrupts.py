"""Handling of signals such as Ctrl-C: they end the work where nothing is half done.

A handler that raises, such as Python's own for Ctrl-C, may cut any line in two: weights half
copied, a file half written, a thread that nobody waits for. While `interrupts_noted` holds, a
signal only sets a flag; engines look at it after each step.
"""

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from time import monotonic
from types import FrameType
from typing import Any

#: What asks a process to end. A system may lack some of them.
SIGNALS = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)
#: Seconds after the first signal of a block from which on another one raises: code of the user's
#: own, called in it, may never return.
PATIENCE = 10.0


class Noted:
    """The signals that came while they were held back; calling it says whether there were any.

    Attributes
    ----------
    count : how many came
    signum : the number of the last one
    """

    def __init__(self) -> None:
        self.count = 0
        self.signum = int(signal.SIGINT)
        self._first = 0.0

    def __call__(self) -> bool:
        """Return whether a signal came."""
        return self.count > 0

    def interrupt(self) -> KeyboardInterrupt:
        """Return the exception that the last signal would have raised."""
        return KeyboardInterrupt(self.signum)

    def _note(self, signum: int, frame: FrameType | None) -> None:
        now = monotonic()
        self._first = self._first if self.count else now
        self.count += 1
        self.signum = signum
        if now > self._first + PATIENCE:
            raise self.interrupt()


_CURRENT: ContextVar[Noted | None] = ContextVar("noted", default=None)


class Raising:
    """A handler that raises KeyboardInterrupt with the number of the signal until it is `over`.

    Python drops what is raised in a callback of the garbage collector. Such a signal is kept for
    the next block that notes signals.

    Attributes
    ----------
    over : True where signals do nothing any more
    dropped : the number of a signal that was dropped, None without any
    """

    def __init__(self) -> None:
        self.over = False
        self.dropped: int | None = None

    def __call__(self, signum: int, frame: FrameType | None) -> None:
        """Raise, or not any more."""
        if not self.over:
            raise KeyboardInterrupt(signum)

    def drop(self, unraisable: Any) -> None:
        """Keep the signal whose exception Python drops; for `sys.unraisablehook`."""
        if isinstance(unraisable.exc_value, KeyboardInterrupt) and unraisable.exc_value.args:
            self.dropped = unraisable.exc_value.args[0]
        else:
            sys.__unraisablehook__(unraisable)


@contextmanager
def interrupts_raised(*, last: bool = False) -> Iterator[Raising]:
    """Let every signal of `SIGNALS` raise KeyboardInterrupt in the block, as Ctrl-C does.

    A signal that is ignored or handled stays so.

    Once the handler that is yielded is `over`, signals do nothing. They are not given back where
    the block is the last of the process.
    """
    raising, hook = Raising(), sys.unraisablehook
    held: dict[int, Any] = {}
    if threading.current_thread() is threading.main_thread():
        held = {
            s: handler
            for s in SIGNALS
            if (handler := signal.getsignal(s)) in (signal.SIG_DFL, signal.default_int_handler)
        }
    try:
        for signum in held:
            signal.signal(signum, raising)
        sys.unraisablehook = raising.drop if held else hook
        yield raising
    finally:
        raising.over = True
        sys.unraisablehook = hook
        for signum, handler in () if last else held.items():
            signal.signal(signum, handler)


@contextmanager
def interrupts_delayed() -> Iterator[None]:
    """Hold back KeyboardInterrupt during a short block and raise it after the block."""
    if _CURRENT.get() is not None:
        yield
        return
    with interrupts_noted() as noted:
        yield
    if noted():
        raise noted.interrupt()


@contextmanager
def interrupts_noted() -> Iterator[Noted]:
    """Hold back KeyboardInterrupt in the block; yield a `Noted` that tells whether a signal came.

    Ask it once more after the block.

    An inner block, and a thread that runs in a copy of the context, share the flag of the outer
    one. Only the main thread receives signals, and a handler that the program installed itself is
    left alone: in both cases nothing is held back.
    """
    outer = _CURRENT.get()
    if outer is not None:
        yield outer
        return
    noted = Noted()
    held: dict[int, Any] = {}
    if threading.current_thread() is threading.main_thread():
        held = {s: handler for s in SIGNALS if _raises(handler := signal.getsignal(s))}
    token = _CURRENT.set(noted)
    try:
        for signum in held:
            signal.signal(signum, noted._note)  # noqa: SLF001 - its own class
        for raising in {handler for handler in held.values() if isinstance(handler, Raising)}:
            dropped, raising.dropped = raising.dropped, None
            if dropped is not None:
                noted._note(dropped, None)  # noqa: SLF001
        yield noted
    finally:
        _CURRENT.reset(token)
        for signum, handler in held.items():
            signal.signal(signum, handler)


def _raises(handler: object) -> bool:
    return handler is signal.default_int_handler or isinstance(handler, Raising)
