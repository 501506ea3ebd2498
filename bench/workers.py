"""A process for each contender: thread settings, thread pools and memory of one do not touch
another, and all can be timed in turn."""

from __future__ import annotations

import multiprocessing
import os
import time
import warnings
from importlib import import_module
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Any, Self

#: Read by OpenMP, OpenBLAS, MKL and XLA when they start.
THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NPROC")
#: Threads of OpenBLAS and OpenMP go on spinning after their last work, some 25 ms, on the core that
#: the next contender needs.
PAUSE = 0.04


class Worker:
    """A process that holds one object and answers calls of its methods; how long a call took is
    measured inside.

    contender : "module:Class" of this folder; made as Class(threads)
    threads : 1, or None for what the contender does by default
    """

    def __init__(self, contender: str, threads: int | None) -> None:
        self.contender, self.threads = contender, threads
        spawn = multiprocessing.get_context("spawn")
        self._pipe, theirs = spawn.Pipe()
        self._process = spawn.Process(target=serve, args=(theirs, contender, threads), daemon=True)
        before = {name: os.environ.get(name) for name in THREAD_VARIABLES}
        if threads:
            os.environ.update(dict.fromkeys(THREAD_VARIABLES, str(threads)))
        self._process.start()
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value

    def ask(self, method: str, *arguments: Any) -> None:
        """Start a call."""
        self._pipe.send((method, arguments))

    def answer(self) -> Any:
        """Wait for what the call returns."""
        try:
            failed, result = self._pipe.recv()
        except EOFError:
            raise RuntimeError(f"the process of {self.contender} has died") from None
        if failed:
            raise RuntimeError(f"{self.contender}: {result}")
        return result

    def call(self, method: str, *arguments: Any) -> Any:
        """Call and wait, after a pause in which the last contender's threads fall asleep."""
        time.sleep(PAUSE)
        self.ask(method, *arguments)
        return self.answer()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.terminate()
        self._process.join()


def serve(pipe: Connection, contender: str, threads: int | None) -> None:
    """Answer calls until the other side goes away."""
    warnings.simplefilter("ignore")  # scikit-learn's, that an epoch is not yet convergence
    module, _, name = contender.partition(":")
    held = getattr(import_module(module), name)(threads)
    while True:
        try:
            method, arguments = pipe.recv()
        except EOFError:
            return
        try:
            answer = False, getattr(held, method)(*arguments)
        except Exception as error:  # noqa: BLE001 - told on the other side
            answer = True, f"{type(error).__name__}: {error}"
        pipe.send(answer)
