"""Where a training left the finite numbers: which batch, row, layer and column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassnet.data.coding.encoder import Encoder
from glassnet.engines import Engine, Steps
from glassnet.fitting.network_fit import NetworkFit
from glassnet.layers.layer import PREDICT
from glassnet.network import Network
from glassnet.training.trainer import Trainer

Array = NDArray[Any]


@dataclass(frozen=True)
class Failure:
    """The first step whose loss, gradient or weights were not finite.

    Attributes
    ----------
    step : number of the step since training began, from 0; None if the trained model is not finite
    rate : its learning rate; 0 if unknown
    row : number of the row of its batch with the largest output of that layer, and input
    layer : the first layer with an output that is not finite, otherwise the one with the largest
    size : the largest output of that layer, in powers of ten
    column : the input of that row with the largest value
    value : that value, as the network receives it
    """

    step: int | None
    rate: float
    row: int
    layer: str
    size: float
    column: str
    value: float


@dataclass(eq=False)
class Watch:
    """Executes the steps of an engine, and remembers the one that fails.

    Attributes
    ----------
    engine : executes the steps; all other attributes are its own
    theta : the weights of the failed step, None while all is finite
    rows : indices of the rows of its batch
    step, rate : its number and its learning rate
    """

    engine: Engine
    theta: Array | None = None
    rows: Array | None = None
    step: int = 0
    rate: float = 0.0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.engine, name)

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
        """Run the steps; see `Engine.run`."""
        steps = self.engine.run(X, y, weight, order, offsets, first_step, rates)
        theta = self.engine.network.parameters.theta
        if steps.status == "diverged" or not np.isfinite(theta).all():
            at = min(steps.done, len(rates) - 1)
            self.theta, self.rows = theta.copy(), order[offsets[at] : offsets[at + 1]]
            self.step, self.rate = first_step + at, float(rates[at, 0])
        return steps


def watched(fit: NetworkFit) -> Watch:
    """Let the training of a network be watched; return the watch."""
    trainer, watch = fit.trainer, Watch(fit.trainer.engine)
    engine: Any = watch
    fit.trainer = Trainer(engine, trainer.optimizer, trainer.schedules)
    return watch


def failure_of(fit: NetworkFit, watch: Watch, encoder: Encoder, numbers: Array) -> Failure | None:
    """Return where a watched training failed; None if it did not.

    Parameters
    ----------
    fit : of the network
    watch : of its training
    encoder : names the inputs
    numbers : (n,) row numbers of the rows of the fit
    """
    if watch.theta is None or watch.rows is None:
        return None
    network = fit.network.astype(str(fit.network.dtype))
    network.parameters.theta[...] = watch.theta
    X, rows = fit.data.X[watch.rows], numbers[watch.rows]
    return failure_in(network, X, rows, encoder, watch.step, watch.rate)


def failure_in(
    network: Network,
    X: Array,
    rows: Array,
    encoder: Encoder,
    step: int | None = None,
    rate: float = 0.0,
) -> Failure:
    """Return where a network leaves the finite numbers, or comes nearest to it, on some rows.

    Parameters
    ----------
    network : with the weights of that moment
    X, rows : the inputs `(n, n_features)`, and the numbers of the rows
    encoder : names the inputs
    step, rate : of the training; None and 0 after it
    """
    X = np.asarray(X, np.float64)
    layer, sizes = _largest_outputs(network, X)
    sizes = np.nan_to_num(sizes, nan=np.inf, posinf=np.inf)
    # Of several rows that are not finite, the one with the largest input.
    row = int(np.where(sizes == sizes.max(), np.abs(X).max(axis=1), -1.0).argmax())
    column = int(np.abs(X[row]).argmax())
    largest = float(sizes.max())
    return Failure(
        step=step,
        rate=rate,
        row=int(rows[row]),
        layer=layer,
        size=float(np.log10(max(largest, 1e-300))) if np.isfinite(largest) else float("inf"),
        column=encoder.feature_names[column],
        value=float(X[row, column]),
    )


def _largest_outputs(network: Network, X: Array) -> tuple[str, Array]:
    """Return the first layer that is not finite, or the largest, and each row's largest output."""
    found: list[tuple[str, Array]] = []
    Y = X.astype(network.dtype)
    with np.errstate(all="ignore"):
        for i, (layer, p) in enumerate(
            zip(network.layers, network.parameters.p.layers, strict=True)
        ):
            Y, _ = layer.forward(p, Y, PREDICT)
            found.append((f"layers.{i}", np.abs(np.asarray(Y, np.float64)).max(axis=1)))
            if not np.isfinite(Y).all():
                return found[-1]
    return max(found, key=lambda entry: float(entry[1].max()))
