"""The same thing at once: in threads of one process, and in children forked while threads run."""

from __future__ import annotations

import os
import signal
import threading
import time

from glassnet.errors import GlassNetError

#: Seconds that a forked child may take.
LONGEST = 20.0

#: What a call may end in under a limit.
OURS = (GlassNetError, MemoryError)


def at_once(calls):
    """Run the calls in a thread each; then raise the worst of what they raised. Where no thread can
    be started there are fewer."""
    barrier, raised = threading.Event(), []

    def one(call):
        barrier.wait()
        try:
            call()
        except BaseException as error:  # noqa: BLE001  whatever it is, it is judged
            raised.append(error)

    started = []
    for call in calls[1:]:
        thread = threading.Thread(target=one, args=(call,), daemon=True)
        try:
            thread.start()
        except (RuntimeError, MemoryError):
            break
        started.append(thread)
    barrier.set()
    one(calls[0])
    for thread in started:
        thread.join()
    if raised:
        raise next((error for error in raised if not isinstance(error, OURS)), raised[0])


def in_forks(call, n, *, meanwhile, threads):
    """Fork children while threads do something; each child makes the call."""
    ended = threading.Event()

    def busy():
        while not ended.is_set():
            try:
                meanwhile()
            except OURS:
                time.sleep(0.001)

    try:
        for _ in range(threads):
            threading.Thread(target=busy, daemon=True).start()
    except (RuntimeError, MemoryError):
        pass
    children = []
    for _ in range(n):
        try:
            child = os.fork()
        except OSError:  # as many processes as may be
            break
        if child == 0:
            status = 1
            try:
                call()
                status = 0
            except OURS:
                status = 0
            finally:
                os._exit(status)
        children.append(child)
    ended.set()  # so that they have the processor for themselves
    statuses = list(map(_status, children))
    if any(statuses):
        raise AssertionError(
            "forked children ended with "
            f"{', '.join(str(os.waitstatus_to_exitcode(status)) for status in statuses)}"
        )


def _status(child):
    """Return the status of a forked child; one that takes too long is aborted, so that it tells
    where it is."""
    end = time.monotonic() + LONGEST
    while time.monotonic() < end:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            return status
        time.sleep(0.005)
    os.kill(child, signal.SIGABRT)
    return os.waitpid(child, 0)[1]
