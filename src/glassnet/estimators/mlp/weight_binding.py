"""Bind `coefs_` and `intercepts_` to the network, as views of its parameter vector."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from glassnet.engines import Engine, engine_to_predict, make_engine
from glassnet.errors import DataError
from glassnet.layers import Dense, Layer
from glassnet.losses import Loss
from glassnet.network import Array, Network
from glassnet.optimizers import Optimizer, OptimizerState
from glassnet.penalties import Penalty
from glassnet.training.state import TrainingState


@dataclass
class WeightBinding:
    """A network with its loss, the engine that trained it last, and the state of its training.

    A user may assign other arrays to `coefs_` and `intercepts_` (averaged over machines, read from
    a file): `shares_memory` detects it, `copy_from` copies them into the network.
    """

    network: Network
    loss: Loss
    engine: Engine | None = None
    seed: int = 0
    state: TrainingState = field(default_factory=TrainingState)
    _settings: tuple[Any, ...] = ()
    _memory: OptimizerState | None = None

    @property
    def weights(self) -> list[Array]:
        """The weights of each dense layer, (fan_in, fan_out)."""
        return self._tensors("W")

    @property
    def biases(self) -> list[Array]:
        """The biases of each dense layer, (fan_out,)."""
        return self._tensors("b")

    def shares_memory(self, coefs: Sequence[Any], intercepts: Sequence[Any]) -> bool:
        """Return whether these are the arrays of the network."""
        own, given = [*self.weights, *self.biases], [*coefs, *intercepts]
        return len(own) == len(given) and all(map(_is_same_view, own, given))

    def copy_from(self, coefs: Sequence[Any], intercepts: Sequence[Any]) -> None:
        """Copy weights and biases into the network."""
        own, given = [*self.weights, *self.biases], [*coefs, *intercepts]
        expected, shapes = [array.shape for array in own], [np.shape(array) for array in given]
        if shapes != expected:
            raise DataError(
                f"coefs_ and intercepts_ must be arrays of the shapes {expected}, got {shapes}."
            )
        for array, values in zip(own, given, strict=True):
            array[...] = values

    def consists_of(self, layers: Sequence[Layer]) -> bool:
        """Return whether these are the network's layers."""
        return list(self.network.layers) == list(layers)

    def resume_from(self, last: WeightBinding) -> None:
        """Continue the training of another network, if its weights have the same shapes."""
        if [W.shape for W in self.weights] == [W.shape for W in last.weights]:
            self.seed, self.state, self._memory = last.seed, last.state, last.memory

    @property
    def memory(self) -> OptimizerState | None:
        """The state of the last optimizer."""
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
        """Return an engine with the last optimizer's state, or with a new one if `fresh`."""
        settings = (name, optimizer, penalty, max_norm, n_threads)
        if self.engine is not None and not fresh and self._settings == settings:
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
        self.engine, self._settings = engine, settings
        return engine

    def raw_scores(self, X: Any, dtype: np.dtype[Any]) -> Array:
        """Return raw scores (n, n_outputs), in the wider of this dtype and the network's."""
        wider = np.result_type(dtype, self.network.dtype)
        if self.engine is None or wider != self.network.dtype:
            return engine_to_predict(self.network.astype(str(wider)), self.loss).predict(X)
        return self.engine.predict(X)

    def _tensors(self, name: str) -> list[Array]:
        return [
            self.network.parameters[f"layers.{i}.{name}"]
            for i, layer in enumerate(self.network.layers)
            if isinstance(layer, Dense)
        ]


def _is_same_view(one: Array, other: Any) -> bool:
    """Return whether two arrays are the same numbers at the same address."""
    return (
        isinstance(other, np.ndarray)
        and (one.shape, one.dtype, one.strides) == (other.shape, other.dtype, other.strides)
        and one.__array_interface__["data"] == other.__array_interface__["data"]
    )
