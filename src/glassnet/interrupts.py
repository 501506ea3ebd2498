"""Handle signals such as Ctrl-C: defer them until the current step is complete.

A handler that raises an exception, such as Python's default handler of Ctrl-C, may interrupt any
line: weights are half copied, a file is half written, a thread is not joined. In the block of
`deferred_interrupts` a signal only sets a flag, which engines check after each step.
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

#: Signals that ask a process to end. Some systems lack some of them.
SIGNALS = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)
#: Another signal, so many seconds or more after the first one of a block, raises at once:
#: user-defined code in the block may never return.
PATIENCE = 10.0


class DeferredSignals:
    """The signals received while they were deferred; calling it returns whether there were any.

    Attributes
    ----------
    count : number of signals received
    signum : number of the last one
    """

    def __init__(self) -> None:
        self.count = 0
        self.signum = int(signal.SIGINT)
        self._first = 0.0

    def __call__(self) -> bool:
        """Return whether a signal was received."""
        return self.count > 0

    def interrupt(self) -> KeyboardInterrupt:
        """Return the KeyboardInterrupt of the last signal."""
        return KeyboardInterrupt(self.signum)

    def _record(self, signum: int, frame: FrameType | None) -> None:
        now = monotonic()
        self._first = self._first if self.count else now
        self.count += 1
        self.signum = signum
        if now > self._first + PATIENCE:
            raise self.interrupt()


_CURRENT: ContextVar[DeferredSignals | None] = ContextVar("deferred", default=None)


class RaisingHandler:
    """A handler that raises KeyboardInterrupt with the number of the signal, until it is `over`.

    Python discards an exception raised in a callback of the garbage collector. Such a signal is
    kept for the next block that defers signals.

    Attributes
    ----------
    over : True if signals have no effect any more
    dropped : number of a signal whose exception was discarded, or None
    """

    def __init__(self) -> None:
        self.over = False
        self.dropped: int | None = None

    def __call__(self, signum: int, frame: FrameType | None) -> None:
        """Raise KeyboardInterrupt, unless the handler is `over`."""
        if not self.over:
            raise KeyboardInterrupt(signum)

    def drop(self, unraisable: Any) -> None:
        """Keep the signal whose exception Python discards; for `sys.unraisablehook`."""
        if isinstance(unraisable.exc_value, KeyboardInterrupt) and unraisable.exc_value.args:
            self.dropped = unraisable.exc_value.args[0]
        else:
            sys.__unraisablehook__(unraisable)


@contextmanager
def interrupts_raised(*, last: bool = False) -> Iterator[RaisingHandler]:
    """Let every signal of `SIGNALS` raise KeyboardInterrupt in the block, as Ctrl-C does.

    A signal that is ignored or has another handler is left alone. Once the yielded handler is
    `over`, signals have no effect. If the block is the `last` one of the process, the former
    handlers are not restored.
    """
    raising, hook = RaisingHandler(), sys.unraisablehook
    former: dict[int, Any] = {}
    if threading.current_thread() is threading.main_thread():
        former = {
            s: handler
            for s in SIGNALS
            if (handler := signal.getsignal(s)) in (signal.SIG_DFL, signal.default_int_handler)
        }
    try:
        for signum in former:
            signal.signal(signum, raising)
        sys.unraisablehook = raising.drop if former else hook
        yield raising
    finally:
        raising.over = True
        sys.unraisablehook = hook
        for signum, handler in () if last else former.items():
            signal.signal(signum, handler)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Defer signals during a short block, and raise KeyboardInterrupt after it."""
    if _CURRENT.get() is not None:
        yield
        return
    with deferred_interrupts() as deferred:
        yield
    if deferred():
        raise deferred.interrupt()


@contextmanager
def deferred_interrupts() -> Iterator[DeferredSignals]:
    """Defer signals in the block, and yield a `DeferredSignals` that says whether any was received.

    Check it once more after the block. An inner block, and a thread that runs in a copy of the
    context, share the flag of the outer block. In other threads than the main one, and for a
    handler that the program installed itself, nothing is deferred.
    """
    outer = _CURRENT.get()
    if outer is not None:
        yield outer
        return
    deferred = DeferredSignals()
    former: dict[int, Any] = {}
    if threading.current_thread() is threading.main_thread():
        former = {s: handler for s in SIGNALS if _raises(handler := signal.getsignal(s))}
    token = _CURRENT.set(deferred)
    try:
        for signum in former:
            signal.signal(signum, deferred._record)  # noqa: SLF001 - its own class
        for raising in {
            handler for handler in former.values() if isinstance(handler, RaisingHandler)
        }:
            dropped, raising.dropped = raising.dropped, None
            if dropped is not None:
                deferred._record(dropped, None)  # noqa: SLF001
        yield deferred
    finally:
        _CURRENT.reset(token)
        for signum, handler in former.items():
            signal.signal(signum, handler)


def _raises(handler: object) -> bool:
    return handler is signal.default_int_handler or isinstance(handler, RaisingHandler)
