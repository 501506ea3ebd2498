"""Run SciPy's L-BFGS epoch by epoch; each of its iterations is an epoch.

SciPy calls a function after each iteration, but a generator must yield its record and be suspended.
So the minimizer runs in a thread, and either the thread or the caller waits for the other. Only
this file imports scipy.optimize.
"""

import math
import queue
import threading
import time
from collections.abc import Generator
from typing import Any

import numpy as np

from glassnet.data.rows import Array, Rows
from glassnet.engines import Engine
from glassnet.engines.blas import blas_threads
from glassnet.errors import DivergenceError, SettingError
from glassnet.interrupts import DeferredSignals, deferred_interrupts
from glassnet.optimizers import LBFGS
from glassnet.training.state import TrainingState
from glassnet.training.stopping import Epoch
from glassnet.training.validation import Validation


class _StoppedError(Exception):
    """Raised inside the objective to end the minimizer when the caller stops."""


class _Minimizer:
    """SciPy's minimizer in a thread, which runs one iteration at a time."""

    def __init__(self, engine: Engine, settings: LBFGS, rows: Rows, iterations: int) -> None:
        self._engine, self._settings, self._rows = engine, settings, rows
        self._iterations = iterations
        self._requests: queue.SimpleQueue[bool] = queue.SimpleQueue()
        self._results: queue.SimpleQueue[tuple[str, Any]] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._stopped = False
        self._interrupted = DeferredSignals()
        self._norm = math.nan
        self._evaluated = False
        self.result: Any = None

    def next_iteration(self) -> tuple[float, float] | None:
        """Run one iteration; return objective and gradient norm, or None at the end."""
        with deferred_interrupts() as self._interrupted:
            if self._thread.ident is None:
                self._start()
            self._requests.put(True)
            kind, value = self._results.get()
        if kind == "failed":
            raise value
        return value if kind == "iteration" else None

    def _start(self) -> None:
        try:
            self._thread.start()
        except RuntimeError:
            raise MemoryError(
                "the system starts no thread for optimizer 'lbfgs': end other programs, or use "
                "'adam'."
            ) from None

    def close(self) -> None:
        """End the minimizer, also in the middle of an iteration."""
        if self._thread.ident is not None and self._thread.is_alive():
            self._stopped = True
            self._requests.put(False)
            self._thread.join()

    def _work(self) -> None:
        from scipy.optimize import minimize

        self._requests.get()
        try:
            self.result = minimize(
                self._objective,
                self._engine.network.parameters.theta.astype(np.float64),
                jac=True,
                method="L-BFGS-B",
                callback=self._after_iteration,
                options={
                    "maxcor": self._settings.history,
                    "maxiter": self._iterations,
                    "maxfun": self._settings.max_evaluations,
                    "gtol": self._settings.gradient_tolerance,
                    "ftol": self._settings.value_tolerance,
                },
            )
            self._results.put(("ended", None))
        except _StoppedError:
            pass
        except BaseException as error:  # noqa: BLE001 - the caller's thread raises it
            self._results.put(("failed", error))

    def _objective(self, theta: Array) -> tuple[float, Array]:
        if self._stopped:
            raise _StoppedError
        if self._interrupted():
            raise self._interrupted.interrupt()
        parameters, rows = self._engine.network.parameters, self._rows
        parameters.theta[...] = theta
        with blas_threads():
            value = self._engine.loss_and_gradient(rows.X, rows.y, rows.weight)
        gradient = parameters.gradient.astype(np.float64)
        with np.errstate(over="ignore", invalid="ignore"):
            self._norm = float(np.linalg.norm(gradient))
        # SciPy recovers from points that are not finite, except from the first one: then it would
        # end silently.
        if not self._evaluated and not (math.isfinite(value) and math.isfinite(self._norm)):
            raise _divergence()
        self._evaluated = True
        return value, gradient

    def _after_iteration(self, intermediate_result: Any) -> None:
        self._engine.network.parameters.theta[...] = intermediate_result.x
        self._results.put(("iteration", (float(intermediate_result.fun), self._norm)))
        if not self._requests.get():
            raise StopIteration


def lbfgs_epochs(
    engine: Engine,
    settings: LBFGS,
    rows: Rows,
    state: TrainingState,
    epochs: int,
    every: int,
    held_out: Validation | None,
) -> Generator[Epoch, None, None]:
    """Yield a record after each `every` iterations, until convergence or the end of `epochs`."""
    network = engine.network
    unrepeatable = network.unrepeatable_layers()
    if unrepeatable:
        raise SettingError(
            "optimizer 'lbfgs' needs an objective that is the same at every call, but "
            f"{' and '.join(unrepeatable)} changes it: leave it out, or use 'adam'."
        )
    minimizer = _Minimizer(engine, settings, rows, epochs)
    return _records(minimizer, engine, rows.n, every, held_out, state)


def _records(
    minimizer: _Minimizer,
    engine: Engine,
    n_rows: int,
    every: int,
    held_out: Validation | None,
    state: TrainingState,
) -> Generator[Epoch, None, None]:
    network, state.engine = engine.network, engine.name
    state.remember_finite(network)
    accepted = network.parameters.theta.copy()
    try:
        while True:
            started = time.perf_counter()
            done: list[tuple[float, float]] = []
            while len(done) < every and (iteration := minimizer.next_iteration()):
                done.append(iteration)
                np.copyto(accepted, network.parameters.theta)
            if not done:
                return
            covered, (value, norm) = len(done), done[-1]
            if not (math.isfinite(value) and state.is_finite(network)):
                raise _divergence()
            seconds = time.perf_counter() - started
            state.remember_finite(network)
            state.epoch += covered
            state.step += covered
            validation_loss, score = held_out.measure(engine) if held_out else (None, None)
            yield Epoch(
                index=state.epoch - 1,
                training_loss=value,
                validation_loss=validation_loss,
                validation_score=score,
                lr=1.0,
                gradient_norm=norm,
                seconds=seconds,
                rows_per_second=n_rows * covered / max(seconds, 1e-9),
                engine=engine.name,
            )
            if covered < every:
                return
    finally:
        minimizer.close()
        state.minimizer_result = minimizer.result
        # Training may end during a line search: the network keeps the last accepted point.
        np.copyto(network.parameters.theta, accepted)


def _divergence() -> DivergenceError:
    return DivergenceError(
        "L-BFGS left the finite numbers: X or y is likely not scaled, or the loss is unbounded. "
        "Standardize columns, or use 'adam'. The last good weights have been restored."
    )
