"""The network behind the weights that an estimator shows: `coefs_` and `intercepts_` are views into its one vector of parameters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from glassnet.engines import Engine, engine_to_predict, make_engine
from glassnet.errors import DataError
from glassnet.layers import Dense, Layer
from glassnet.losses import Loss
from glassnet.network import Network
from glassnet.optimizers import Optimizer, OptimizerState
from glassnet.penalties import Penalty
from glassnet.training.state import TrainingState

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass
class Shown:
    """A network with its loss, the engine that trained it last, and where its training stands.

    Others may put arrays of their own in the place of those shown (averaged over machines, read
    from a file): `holds` tells, `take` copies them in.
    """

    network: Network
    loss: Loss
    engine: Engine | None = None
    seed: int = 0
    state: TrainingState = field(default_factory=TrainingState)
    _bound_to: tuple[Any, ...] = ()
    _memory: OptimizerState | None = None

    @property
    def weights(self) -> list[Array]:
        """The weights of each dense layer, (fan_in, fan_out)."""
        return self._named("W")

    @property
    def biases(self) -> list[Array]:
        """The biases of each dense layer, (fan_out,)."""
        return self._named("b")

    def holds(self, coefs: Sequence[Any], intercepts: Sequence[Any]) -> bool:
        """Say whether these are the arrays of the network."""
        mine, given = [*self.weights, *self.biases], [*coefs, *intercepts]
        return len(mine) == len(given) and all(
            _same(one, other) for one, other in zip(mine, given, strict=True)
        )

    def take(self, coefs: Sequence[Any], intercepts: Sequence[Any]) -> None:
        """Copy weights and biases into the network."""
        mine, given = [*self.weights, *self.biases], [*coefs, *intercepts]
        expected, came = [one.shape for one in mine], [np.shape(other) for other in given]
        if came != expected:
            raise DataError(
                f"coefs_ and intercepts_ must be arrays of the shapes {expected}, but {came} came."
            )
        for one, other in zip(mine, given, strict=True):
            one[...] = other

    def consists_of(self, layers: Sequence[Layer]) -> bool:
        """Say whether these are the network's layers."""
        return list(self.network.layers) == list(layers)

    def follow(self, last: Shown) -> None:
        """Go on where another network stood, if its weights have the same shapes."""
        if [W.shape for W in self.weights] == [W.shape for W in last.weights]:
            self.seed, self.state, self._memory = last.seed, last.state, last.memory

    @property
    def memory(self) -> OptimizerState | None:
        """The vectors that an optimizer left."""
        return self._memory if self.engine is None else self.engine.state

    def bind(
        self,
        name: str,
        optimizer: Optimizer | None,
        penalty: Penalty | None,
        max_norm: float | None,
        n_threads: int | None,
        fresh: bool,
    ) -> Engine:
        """Return an engine that goes on where the last one stood; with a memory of its own where `fresh`."""
        wanted = (name, optimizer, penalty, max_norm, n_threads)
        if self.engine is not None and not fresh and self._bound_to == wanted:
            return self.engine
        engine = make_engine(
            name,
            self.network,
            self.loss,
            optimizer,
            penalty=penalty,
            max_norm=max_norm,
            seed=self.seed,
            n_threads=n_threads,
        )
        last = None if fresh else self.memory
        if last and engine.state and last.vectors.keys() == engine.state.vectors.keys():
            engine.state.t = last.t
            for key, vector in engine.state.vectors.items():
                vector[...] = last.vectors[key]
        self.engine, self._bound_to = engine, wanted
        return engine

    def raw_scores(self, X: Any, dtype: np.dtype[Any]) -> Array:
        """Return raw scores (n, n_outputs), computed in the wider of this dtype and the network's."""
        if self.engine is None or np.result_type(dtype, self.network.dtype) != self.network.dtype:
            wide = self.network.astype(str(np.result_type(dtype, self.network.dtype)))
            return engine_to_predict(wide, self.loss).predict(X)
        return self.engine.predict(X)

    def _named(self, tensor: str) -> list[Array]:
        parameters = self.network.parameters
        return [
            parameters[f"layers.{i}.{tensor}"]
            for i, layer in enumerate(self.network.layers)
            if isinstance(layer, Dense)
        ]


def _same(one: Array, other: Any) -> bool:
    """Say whether two arrays are the same numbers in the same place."""
    if not isinstance(other, np.ndarray) or one.shape != other.shape or one.dtype != other.dtype:
        return False
    return (
        one.__array_interface__["data"] == other.__array_interface__["data"]
        and one.strides == other.strides
    )
