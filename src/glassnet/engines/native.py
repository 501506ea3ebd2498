"""The native engine: executes a network in C++, whole epochs in one call.

Only this file imports the compiled module.
"""

import math
import warnings
from functools import cache
from importlib import import_module
from typing import Any

import numpy as np

from glassnet.engines import program
from glassnet.engines.building import cannot_be_loaded, not_built
from glassnet.engines.engine import Array, Engine, Steps
from glassnet.engines.exclusive_use import exclusive_use
from glassnet.engines.threads import useful_cores
from glassnet.errors import UnsupportedError
from glassnet.interrupts import deferred_interrupts
from glassnet.penalties import Penalty

MOST_THREADS = 256


@cache
def compiled() -> Any:
    """Return the compiled module for the widest instruction set of this processor, or None."""
    try:
        plain: Any = import_module("glassnet._native")
    except ImportError:
        return None
    for name in plain.instruction_sets():
        try:
            return import_module(f"glassnet._native_{name}")
        except ImportError:  # the compiler was too old for this one
            continue
    return plain


def why_not_compiled() -> str:
    """Return why `compiled` is None and what to do, to follow "the native engine"."""
    try:
        import_module("glassnet._native")
    except ModuleNotFoundError:
        pass
    except ImportError as error:
        return cannot_be_loaded(error)
    return not_built()


@cache
def warn_not_built() -> None:
    """Warn, once per process, if the compiled module is missing and the slower engine runs."""
    if compiled() is None:
        warnings.warn(
            f"the native engine {why_not_compiled()} The reference engine runs, several times "
            "slower.",
            RuntimeWarning,
            2,
        )


@cache
def warn_reference_fallback(reason: str) -> None:
    """Warn, once per process and reason, that the slower reference engine runs."""
    warnings.warn(
        f"the reference engine runs, several times slower than the native one: {reason}",
        RuntimeWarning,
        3,
    )


class NativeEngine(Engine):
    """Executes a network with its loss, optimizer, penalty and clipping in C++.

    Parameters and attributes are those of `ReferenceEngine`; tests compare the two.

    Raises
    ------
    UnsupportedError
        For a user-defined layer, activation, loss or optimizer, which is named; or if there is no
        compiled module.
    """

    name = "native"
    not_pickled = ("_engine",)

    def _bind(self) -> None:
        native = compiled()
        if native is None:
            raise UnsupportedError(
                f"the native engine {why_not_compiled()} Or use engine='reference'."
            )
        parameters, penalty = self.network.parameters, self.penalty or Penalty()
        operations = [
            native.operation(**arguments) for arguments in program.operations(self.network)
        ]
        settings = native.settings(
            **program.settings(self.loss, self.optimizer),
            l1=float(penalty.l1),
            l2=float(penalty.l2),
            per_batch=bool(penalty.per_batch),
            max_norm=math.inf if self.max_norm is None else float(self.max_norm),
            seed=self.seed % 2**64,
            n_threads=min(self.n_threads or useful_cores(), MOST_THREADS),
        )
        vectors = self.state.vectors if self.state else {}
        none = np.empty(0, parameters.theta.dtype)
        first, second = vectors.get("velocity", vectors.get("m", none)), vectors.get("v", none)
        segments = [(s.start, s.stop, s.lr_factor, s.decay_factor) for s in parameters.segments]
        engine = native.Engine32 if parameters.theta.dtype == np.float32 else native.Engine64
        self._engine = engine(
            operations,
            segments,
            settings,
            parameters.theta,
            parameters.gradient,
            parameters.statistics,
            first,
            second,
        )

    def use_threads(self, n_threads: int) -> None:
        """Allow `n_threads` threads from the next call on; results do not depend on it."""
        self.n_threads = n_threads
        self._engine.use_threads(min(n_threads, MOST_THREADS))

    def predict(self, X: Any) -> Array:
        """Return raw scores `(n, n_outputs)`."""
        X = self.network.check_input(X)
        Z = np.empty((X.shape[0], self.network.n_outputs), self.network.dtype)
        self._engine.predict(_rows(X), Z)
        return Z

    def row_answer(self, **coding: Any) -> Any:
        """Return a compiled function `(row, out)` that writes the prediction for a row into `out`.

        See `native/output_transform.hpp` for the arguments.
        """
        native = compiled()
        make = (
            native.Answer32
            if self.network.parameters.theta.dtype == np.float32
            else native.Answer64
        )
        return make(self._engine, **coding)

    def loss_and_gradient(
        self, X: Any, y: Array, weight: Array | None = None, step: int = 0
    ) -> float:
        """Return the objective and store its gradient in `network.parameters.gradient`."""
        return float(
            self._engine.loss_and_gradient(
                _rows(X), np.ascontiguousarray(y), _weights(weight), step
            )
        )

    def update(self, lr: float) -> None:
        """Clip the gradient and take one optimizer step."""
        _, state = self._optimizer_and_state()
        with exclusive_use(self):
            state.t += 1
            self._engine.update(lr, self._engine.gradient_norm(), state.t)

    def run(
        self,
        X: Any,
        y: Array,
        weight: Array | None,
        order: Array,
        offsets: Array,
        first_step: int,
        rates: Array,
    ) -> Steps:
        """Take one step for each batch; see `Engine.run`."""
        _, state = self._optimizer_and_state()
        with exclusive_use(self), deferred_interrupts() as interrupted:
            t = np.array([state.t], np.float64)
            try:
                done, losses, weights, norm, status = self._engine.run(
                    _rows(X),
                    np.ascontiguousarray(y),
                    _weights(weight),
                    np.ascontiguousarray(order, np.int64),
                    np.ascontiguousarray(offsets, np.int64),
                    first_step,
                    np.ascontiguousarray(rates, np.float64),
                    t,
                    interrupted,
                )
            # t counts the completed steps, also if the next one ran out of memory.
            finally:
                state.t = int(t[0])
        if status == "done" and interrupted():
            status = "interrupted"
        return Steps(done, np.array(losses), np.array(weights), norm, status)


def _rows(X: Any) -> Any:
    """Return a dense matrix unchanged, and a CSR matrix as (data, indices, indptr)."""
    if isinstance(X, np.ndarray):
        return np.ascontiguousarray(X)
    return (
        np.ascontiguousarray(X.data),
        X.indices.astype(np.int32, copy=False),
        X.indptr.astype(np.int32, copy=False),
    )


def _weights(weight: Array | None) -> Array | None:
    return None if weight is None else np.ascontiguousarray(weight, np.float64)
