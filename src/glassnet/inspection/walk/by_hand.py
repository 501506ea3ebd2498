"""The model of a network that was built by hand: its inputs are numbers as they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from glassnet.data.coding.encoder import Encoder
from glassnet.data.coding.number_coding import NumberCoding
from glassnet.data.coding.target import Target, Task
from glassnet.data.tables.schema import Column, Schema
from glassnet.engines import Engine
from glassnet.errors import DataError, SettingError
from glassnet.inspection.walk.making import walk_of
from glassnet.inspection.walk.walk import Walk
from glassnet.losses import Loss, loss_function, loss_traits
from glassnet.model import Model
from glassnet.network import Network


def walk_of_network(
    network: Network,
    x: Any,
    target: Any = None,
    *,
    loss: str | Loss = "squared",
    names: Sequence[str] = (),
    learning_rate: float = 0.1,
    blanks: int = 0,
    live: Engine | None = None,
) -> Walk:
    """Return the walk of one row through a network; see `Network.walk`."""
    model = model_by_hand(network, loss_function(loss), tuple(names))
    row = np.asarray(x, np.float64).reshape(1, -1)
    if row.shape[1] != network.n_features:
        raise DataError(f"a row of this network has {network.n_features} numbers, got {row.size}.")
    return walk_of(model, row, target, learning_rate=learning_rate, blanks=blanks, live=live)


def model_by_hand(network: Network, loss: Loss, names: tuple[str, ...] = ()) -> Model:
    """Return a model whose features are the columns as they are, and whose target is not scaled."""
    n = network.n_features
    names = names or tuple(f"x{j}" for j in range(n))
    if len(names) != n:
        raise SettingError(f"names must name {n} inputs, got {len(names)}.")
    schema = Schema(tuple(Column(name, "number") for name in names))
    coding = NumberCoding(names, (0.0,) * n, (1.0,) * n, (False,) * n, limit=None)
    return Model(Encoder(schema, coding, ()), _target(network.n_outputs, loss), network, loss)


def _target(k: int, loss: Loss) -> Target:
    traits = loss_traits(loss)
    if traits.classifies:
        n_classes = 2 if k == 1 else k
        task: Task = "binary" if n_classes == 2 else "multiclass"
        if traits.link == "sigmoid" and k > 1:
            labels = tuple(f"y{j}" for j in range(k))
            return Target("multilabel", labels, labels, (), (), k)
        return Target(task, ("y",), tuple(range(n_classes)), (), (), k)
    m = k // traits.n_per_target
    names = ("y",) if m == 1 else tuple(f"y{j}" for j in range(m))
    return Target("regression", names, (), (0.0,) * m, (1.0,) * m, m)
