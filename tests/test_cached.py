"""Values that are kept: one for all threads, and no lock that a forked child could find locked."""

from __future__ import annotations

import os
import signal
import threading
import time
import warnings
from dataclasses import dataclass

import numpy as np
import pytest

from glassnet.cached import cached_property
from glassnet.data.files import arrow
from glassnet.engines import blas


class Squares:
    def __init__(self, meanwhile=lambda: None):
        self.calls, self.meanwhile = 0, meanwhile

    @cached_property
    def squares(self):
        """Some squares."""
        self.calls += 1
        self.meanwhile()
        return np.arange(5) ** 2


@dataclass(frozen=True)
class Frozen:
    side: int

    @cached_property
    def area(self):
        return self.side**2


def test_a_value_is_computed_once_and_kept():
    one = Squares()
    assert one.squares is one.squares
    assert one.calls == 1
    assert Squares().squares is not one.squares
    assert Squares.squares.__doc__ == "Some squares."
    assert Frozen(3).area == 9


def test_threads_that_compute_at_once_get_the_same_object():
    both = threading.Barrier(2, timeout=30)
    one, found = Squares(both.wait), []
    threads = [threading.Thread(target=lambda: found.append(one.squares)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert one.calls == 2
    assert found[0] is found[1] is one.squares


def while_computed(held, let_go):
    def compute():
        held.set()
        let_go.wait(30)

    return Squares(compute).squares


def while_locked(lock):
    def hold(held, let_go):
        with lock():
            held.set()
            let_go.wait(30)

    return hold


def hold_blas():
    with blas.blas_threads():
        pass


def free_memory():
    with arrow.system_pool():
        pass


#  what another thread is in the middle of, and what the child does
HELD = {
    "a value that is kept": (while_computed, lambda: Squares().squares),
    "the threads of BLAS": (while_locked(lambda: blas._LIMIT._lock), hold_blas),
    "memory of pyarrow": (while_locked(lambda: arrow._releasing), free_memory),
}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.parametrize("what", HELD)
def test_a_child_that_is_forked_while_another_thread_is_in_the_middle_does_not_wait_for_it(what):
    hold, use = HELD[what]
    held, let_go = threading.Event(), threading.Event()
    thread = threading.Thread(target=hold, args=(held, let_go))
    thread.start()
    held.wait(30)
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", DeprecationWarning
        )  # from Python 3.12 on: a fork beside threads
        child = os.fork()
    if child == 0:
        use()
        os._exit(0)
    for _ in range(3000):
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            break
        time.sleep(0.01)
    else:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    let_go.set()
    thread.join()
    assert ended
    assert os.waitstatus_to_exitcode(status) == 0
