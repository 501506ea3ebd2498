"""Make the walk of a row: trace the network, collect its layers, and go back from the target."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from glassnet.checks import check_integer, check_number, is_integer
from glassnet.data.coding.target_arrays import target_values
from glassnet.data.tables.dialect import Dialect
from glassnet.data.tables.schema import Schema
from glassnet.engines import Engine
from glassnet.engines.trace import signals
from glassnet.errors import DataError, SettingError
from glassnet.inspection.walk.answering import answer_of, intervals_of, score_names
from glassnet.inspection.walk.backward import Way, backward_of
from glassnet.inspection.walk.cells import cells_of
from glassnet.inspection.walk.drawing import drawn
from glassnet.inspection.walk.layers import layers_of, shown_operations, takers_of
from glassnet.inspection.walk.records import Members
from glassnet.inspection.walk.walk import Walk
from glassnet.layers import Members as MembersLayer
from glassnet.model import Model


def walk_of(
    model: Model,
    row: Any,
    target: Any = None,
    member: int | None = None,
    *,
    learning_rate: float = 0.1,
    blanks: int = 0,
    live: Engine | None = None,
    dialect: Dialect | None = None,
) -> Walk:
    """Return the walk of one row; see `Model.walk`."""
    check_number("learning_rate", learning_rate, "(0, inf)")
    check_integer("blanks", blanks, 0)
    read = model.input.read(row, dialect)
    table = model.encoder.aligned(read)
    if table.n_rows != 1:
        raise DataError(f"a walk takes one row, got {table.n_rows:,}.")
    y = _target(model, read, target)
    if member is not None:
        networks = model.network.members()
        if not is_integer(member, 0, len(networks) - 1):
            raise SettingError(
                f"member must be a whole number from 0 to {len(networks) - 1}, or None, got "
                f"{member!r}."
            )
        model = replace(model, network=networks[member], intervals=None)
    engine, network = type(model.engine), model.network
    network = network if str(network.dtype) == model.dtype else network.astype(model.dtype)
    graph = model.graph()
    X: Any = model.encoder.encode(table, model.dtype)
    X = X.toarray() if hasattr(X, "toarray") else X
    last: Any = network.layers[-1]
    shown = 0 if isinstance(last, MembersLayer) else None
    found = {name: signal[0] for name, signal in signals(network, X, engine, shown).items()}
    operations = shown_operations(graph, network, shown)
    answer = answer_of(model, _last(found)[None], intervals_of(model, graph, table))
    names: dict[str, Sequence[str]] = {"features": model.encoder.feature_names}
    layers = layers_of(network, operations, found, names, score_names(model))
    backward = None
    if y is not None:
        way = Way(model, network, X, y[0], y[1], learning_rate, shown, takers_of(graph), live)
        backward, layers = backward_of(way, layers)
    walk = Walk(
        model.engine.name,
        model.dtype,
        cells_of(model.encoder, graph, table, X[0]),
        layers,
        _members(network, found, shown),
        answer,
        backward,
    )
    return _with_blanks(walk, blanks) if blanks else walk


def _last(found: Mapping[str, Any]) -> Any:
    return [*found.values()][-1]


def _members(network: Any, found: Mapping[str, Any], shown: int | None) -> Members | None:
    """Return the raw scores of the members of a last layer `Members`."""
    if shown is None:
        return None
    place = f"layers.{len(network.layers) - 1}.layers"
    scores = []
    for m in range(len(network.layers[-1].layers)):
        inside = [name for name in found if name.startswith((f"{place}.{m}.", f"{place}.{m}"))]
        own = [name for name in inside if name.split(".")[3] == str(m)]
        scores.append(found[own[-1]])
    return Members(np.stack(scores), shown)


def _target(model: Model, read: Any, target: Any) -> tuple[Any, str] | None:
    """Return the encoded target of the row and its text; None if it is not known."""
    names = model.target.names
    if target is None:
        if not {*names} <= {*read.schema.names}:
            return None
        values = target_values(read.select(Schema(model.target.columns)), names)
        if not model.target.known(values).all():
            return None
    else:
        values = np.asarray(target, dtype=object if isinstance(target, str) else None)
        values = values.reshape(1, -1) if len(names) > 1 else values.reshape(-1)
    encoded = model.target.encode(values)
    if len(encoded) != 1:
        raise DataError(f"the target of a walk is that of one row, got {len(encoded)} values.")
    y = model.loss.prepare(encoded, model.network.n_outputs, model.dtype)
    return y, ", ".join(map(str, np.ravel(values).tolist()))


def _with_blanks(walk: Walk, n_blanks: int) -> Walk:
    """Return a walk whose print leaves out numbers."""
    return replace(walk, blanks=tuple(drawn(walk, 80, n_blanks=n_blanks).blanks))
