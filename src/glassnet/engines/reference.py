"""The reference engine: step-by-step training in NumPy, which defines the correct result."""

import math
from dataclasses import replace
from typing import Any

import numpy as np

from glassnet.engines.blas import blas_threads
from glassnet.engines.engine import Array, Engine, Steps
from glassnet.engines.exclusive_use import exclusive_use
from glassnet.errors import SettingError
from glassnet.interrupts import deferred_interrupts
from glassnet.layers.layer import Run
from glassnet.optimizers import clip_norm, optimizer_name
from glassnet.parameters import Segment

Segments = tuple[Segment, ...]


class ReferenceEngine(Engine):
    """Executes a network with its loss, optimizer, penalty and clipping step by step in NumPy.

    The parameters are those of `Engine`; `n_threads` is for BLAS, 1 by default.
    """

    name = "reference"
    not_pickled = ("_update_checked",)

    def _bind(self) -> None:
        self._update_checked = False

    def use_threads(self, n_threads: int) -> None:
        """Do nothing: the results of BLAS can depend on its number of threads."""

    def predict(self, X: Any) -> Array:
        """Return raw scores `(n, n_outputs)`."""
        with np.errstate(over="ignore", invalid="ignore"):
            return self.network.predict(X)

    def loss_and_gradient(
        self, X: Any, y: Array, weight: Array | None = None, step: int = 0
    ) -> float:
        """Return the objective and store its gradient in `network.parameters.gradient`."""
        run = Run(training=True, seed=self.seed, step=step)
        with exclusive_use(self):
            return self._value_and_gradient(X, y, weight, run, self.network.parameters.segments)

    def _value_and_gradient(
        self, X: Any, y: Array, weight: Array | None, run: Run, segments: Segments
    ) -> float:
        parameters = self.network.parameters
        # Values that are not finite are found by their norm and reported in an error, which says
        # more than the warnings of NumPy.
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            Z, caches = self.network.forward(X, run)
            value, dZ = self.loss.value_and_gradient(Z, y, weight)
            self.network.backward(caches, dZ)
            if self.penalty:
                total = float(len(Z)) if weight is None else float(weight.sum(dtype=np.float64))
                value += self.penalty.add_gradient(
                    parameters.theta, parameters.gradient, segments, total
                )
        return value

    def update(self, lr: float) -> None:
        """Clip the gradient and take one optimizer step."""
        with exclusive_use(self):
            self._update(lr, self._gradient_norm(), self.network.parameters.segments)

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
        n_steps = len(offsets) - 1
        losses, weights = np.zeros(n_steps), np.zeros(n_steps)
        norm = math.nan
        own = self.optimizer is not None and optimizer_name(self.optimizer) is None
        theta = self.network.parameters.theta.copy() if own and not self._update_checked else None
        self._update_checked = True
        statistics = self.network.parameters.statistics
        before = np.empty_like(statistics)
        with (
            exclusive_use(self),
            blas_threads(self.n_threads),
            deferred_interrupts() as interrupted,
        ):
            for i in range(n_steps):
                if interrupted():
                    return Steps(i, losses[:i], weights[:i], norm, "interrupted")
                rows = order[offsets[i] : offsets[i + 1]]
                row_weight = None if weight is None else weight[rows]
                weights[i] = len(rows) if row_weight is None else row_weight.sum(dtype=np.float64)
                if weights[i] == 0.0:
                    continue
                np.copyto(before, statistics)
                lr, dropout_factor, decay_factor = map(float, rates[i])
                segments = _scale_decay(self.network.parameters.segments, decay_factor)
                run = Run(
                    training=True, seed=self.seed, step=first_step + i, dropout=dropout_factor
                )
                losses[i] = self._value_and_gradient(X[rows], y[rows], row_weight, run, segments)
                norm = self._gradient_norm()
                if not (math.isfinite(losses[i]) and math.isfinite(norm)):
                    np.copyto(statistics, before)
                    return Steps(i, losses[:i], weights[:i], norm, "diverged")
                self._update(lr, norm, segments)
            if theta is not None:
                self._require_update(theta, norm, rates)
        return Steps(n_steps, losses, weights, norm, "interrupted" if interrupted() else "done")

    def _require_update(self, before: Array, norm: float, rates: Array) -> None:
        """Raise if the optimizer left theta unchanged although the gradient is not zero."""
        if (
            np.array_equal(before, self.network.parameters.theta)
            and norm > 0.0
            and rates[:, 0].any()
        ):
            raise SettingError(
                f"step of the optimizer {type(self.optimizer).__name__} leaves theta as it is: it "
                "must write into it, theta -= ... or theta[...] = ...; what it returns is not used."
            )

    def _gradient_norm(self) -> float:
        gradient = self.network.parameters.gradient
        with np.errstate(over="ignore", invalid="ignore"):
            norm = math.sqrt(float(np.dot(gradient, gradient)))
        # In float32 the squared norm may overflow although the norm itself does not.
        return (
            norm
            if math.isfinite(norm) or gradient.dtype == np.float64
            else float(np.linalg.norm(gradient.astype(np.float64)))
        )

    def _update(self, lr: float, norm: float, segments: Segments) -> None:
        optimizer, state = self._optimizer_and_state()
        parameters = self.network.parameters
        if self.max_norm is not None:
            clip_norm(parameters.gradient, norm, self.max_norm)
        with np.errstate(over="ignore", invalid="ignore"):
            optimizer.step(state, parameters.theta, parameters.gradient, segments, lr)


def _scale_decay(segments: Segments, factor: float) -> Segments:
    """Return the segments with their decay_factor multiplied by a factor."""
    return (
        segments
        if factor == 1.0
        else tuple(
            replace(segment, decay_factor=segment.decay_factor * factor) for segment in segments
        )
    )
