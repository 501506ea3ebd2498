"""The checking function of the gradient law.

It compares analytic gradients with central differences of the objective, in float64.

    f'(0) = (8 (f(h) - f(-h)) - (f(2h) - f(-2h))) / 12 h  + O(h^4)        f: the objective along a
                                                          random direction

The step is the one at which two neighboring steps agree best, so that it knows nothing of the
gradient under test. Directions lie within one tensor (or X) at a time, so that a fault in a small
gradient does not hide behind a large one.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from glassnet.activations import activation_function
from glassnet.layers import (
    Activation,
    CategoryEmbedding,
    Dense,
    Layer,
    PiecewiseLinearEmbedding,
    Run,
)
from glassnet.network import Network
from glassnet.penalties import Penalty
from tests.laws.tables import KINKS, Array, LossCase

TOLERANCE = 1e-7
TRAINING = Run(training=True)
STEPS = (1e-2, 3e-3, 1e-3, 3e-4, 1e-4, 3e-5)


class AtAKinkError(Exception):
    """The point lies so near a kink that no step stays on its side: draw another point."""


@dataclass
class Problem:
    """A network at some point, with a batch, a loss and all else that makes up an objective."""

    network: Network
    loss: LossCase
    X: Array
    y: Array
    weight: Array | None = None
    run: Run = TRAINING
    penalty: Penalty | None = None

    def total_weight(self) -> float:
        return float(len(self.X) if self.weight is None else self.weight.sum())

    def objective(self) -> tuple[float, Array]:
        """The value that the gradient descends.

        Also the signs of everything that must keep its sign for the objective to be smooth.
        """
        parameters = self.network.parameters
        statistics = parameters.statistics.copy()
        Z, caches = self.network.forward(self.X, self.run)
        parameters.statistics[...] = statistics
        value, _ = (self.loss.descends or self.loss.loss).value_and_gradient(Z, self.y, self.weight)
        side = [self.loss.kinks(Z, self.y), *distances(self.network.layers, caches)]
        if self.penalty:
            theta = parameters.theta
            value += self.penalty.add_gradient(
                theta,
                np.zeros_like(theta),
                parameters.segments,
                self.total_weight(),
            )
            side.append(theta)
        return value, np.concatenate([np.sign(part).ravel() for part in side])

    def gradients(self) -> dict[str, tuple[Array, Array]]:
        """Each trained tensor, and X, with its analytic gradient."""
        parameters = self.network.parameters
        statistics = parameters.statistics.copy()
        Z, caches = self.network.forward(self.X, self.run)
        parameters.statistics[...] = statistics
        _, dZ = self.loss.loss.value_and_gradient(Z, self.y, self.weight)
        parameters.gradient[...] = np.nan  # whatever backward forgets to write stays visible
        dX = self.network.backward(caches, dZ, needs_dX=True)
        if self.penalty:
            self.penalty.add_gradient(
                parameters.theta,
                parameters.gradient,
                parameters.segments,
                self.total_weight(),
            )
        found = {
            name: (view, parameters.gradient_of(name))
            for name, view in parameters.items()
            if parameters.spec(name).trained
        }
        assert dX is not None
        return {**found, "X": (self.X, dX)}


def distances(layers: Sequence[Layer], caches: Sequence[Any]) -> Iterator[Array]:
    """For each activation with kinks, what it kept less the kink.

    An array that changes its signs there. For codes, their
    steps; for bins, their edges."""
    for layer, cache in zip(layers, caches, strict=True):
        if isinstance(layer, Dense | Activation):
            kept = cache[1] if isinstance(layer, Dense) else cache[0] if layer.parametric else cache
            for kink in KINKS.get(activation_function(layer.activation).name, ()):
                yield kept - kink
        elif isinstance(layer, CategoryEmbedding):
            for code, n in zip(cache, layer.levels, strict=True):
                yield from (code - (step + 0.5) for step in range(n))
        elif isinstance(layer, PiecewiseLinearEmbedding):
            for x, edges, _ in cache:
                yield from (x - edge for edge in edges[1:-1])
        elif layer.layers:
            yield from distances(layer.layers, cache)


def derivative(
    objective: Callable[[], tuple[float, Array]], point: Array, direction: Array
) -> float:
    """The derivative of the objective along a direction, by five-point differences.

    The point is put back.
    """
    center = point.copy()
    side = objective()[1]
    found = []

    def at(t: float) -> float:
        np.copyto(point, center + t * direction)
        value, signs = objective()
        if not np.array_equal(signs, side):
            raise AtAKinkError
        return value

    for h in STEPS:
        try:
            found.append((8.0 * (at(h) - at(-h)) - (at(2.0 * h) - at(-2.0 * h))) / (12.0 * h))
        except AtAKinkError:
            found.clear()
    np.copyto(point, center)
    if len(found) < 2:
        raise AtAKinkError
    best = int(np.argmin(np.abs(np.diff(found))))
    return found[best + 1]


def gradient_errors(problem: Problem, rng: np.random.Generator) -> dict[str, float]:
    """The relative error of each gradient along a random direction.

    The law wants all of them within TOLERANCE.

    Relative to the larger of derivative and gradient, and to no less than a ten-thousandth of the
    objective: below that the rounding of the objective itself is what differences see (a bias
    before batch normalization has gradient 0).
    """
    value, _ = problem.objective()
    errors = {}
    for name, (point, gradient) in problem.gradients().items():
        direction = rng.standard_normal(point.shape)
        direction /= np.linalg.norm(direction)
        expected = derivative(problem.objective, point, direction)
        size = max(abs(expected), float(np.linalg.norm(gradient)), 1e-4 * (1.0 + abs(value)))
        error = abs(float((gradient * direction).sum()) - expected) / size
        errors[name] = error if np.isfinite(error) else np.inf
    return errors


def law_holds(problem: Problem, rng: np.random.Generator) -> bool:
    return max(gradient_errors(problem, rng).values()) <= TOLERANCE


def draw_problem(
    layers: Sequence[Layer],
    loss: LossCase,
    rng: np.random.Generator,
    *,
    n: int,
    n_features: int,
    training: bool = True,
    weighted: bool = False,
    penalty: Penalty | None = None,
) -> Problem:
    """Put the layers at a random point.

    Biases, scales and running statistics too are drawn, as their first values are special.
    """
    network = Network(layers, n_features, seed=int(rng.integers(2**31)), dtype="float64")
    parameters = network.parameters
    parameters.theta += rng.normal(0.0, 0.3, parameters.theta.size)
    for name, view in parameters.items():
        if name.endswith("running_mean"):
            view[...] = rng.normal(0.0, 0.5, view.shape)
        elif name.endswith("running_var"):
            view[...] = rng.uniform(0.5, 2.0, view.shape)
    weight = rng.integers(0, 4, n) * rng.random() + 0.1 if weighted else None
    run = Run(training=training, seed=int(rng.integers(2**31)), step=int(rng.integers(1000)))
    return Problem(
        network, loss, rng.standard_normal((n, n_features)), loss.draw(rng, n), weight, run, penalty
    )


def smooth(
    draw: Callable[[np.random.Generator], Problem], seed: int
) -> tuple[dict[str, float], int]:
    """Check the first drawn point that lies at no kink.

    Return its errors and the number of points passed over.
    """
    for redraws in range(20):
        rng = np.random.default_rng([seed, redraws])
        try:
            return gradient_errors(draw(rng), rng), redraws
        except AtAKinkError:
            continue
    raise AssertionError("twenty points in a row lie at a kink: the differences cannot check this")
