"""The cells of a row, and the features that they become."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

import numpy as np

from glassnet.data.coding.category_coding import CategoryCoding
from glassnet.data.coding.dates import DateCoding
from glassnet.data.coding.encoder import Encoder
from glassnet.data.tables.table import Table
from glassnet.graph import Graph
from glassnet.inspection.walk.records import Cell, Scaling

Array = np.ndarray[Any, np.dtype[Any]]
State = Literal["known", "missing", "new", "ignored"]


def cells_of(encoder: Encoder, graph: Graph, table: Table, X: Array) -> tuple[Cell, ...]:
    """Return the cells of a table of one row, in the order of its columns.

    Parameters
    ----------
    encoder, graph : of the model
    table : the row, with the columns of the encoder
    X : (n_features,) the features, as the network gets them
    """
    of_cells = tuple(one for one in graph.operations if not one.place.startswith("layers."))
    first = next(i for i, one in enumerate(of_cells) if one.output == "features")
    found = replace(graph, operations=of_cells[: first + 1]).run_cells(graph.cells(table)).values
    made = [
        *_numbers(encoder, graph, table, found),
        *(_category(coding, table) for coding in encoder.categories),
        *(_date(coding, graph, table, found) for coding in encoder.dates),
    ]
    features = dict(zip(encoder.feature_names, X.tolist(), strict=True))
    by_column = {cell.column: cell for cell in made}
    own = {
        name: {feature: features[feature] for feature in cell.features}
        for name, cell in by_column.items()
    }
    return tuple(
        replace(by_column[column.name], kind=column.kind, features=own[column.name])
        for column in encoder.schema.columns
    )


def _numbers(
    encoder: Encoder, graph: Graph, table: Table, found: Mapping[str, Array]
) -> list[Cell]:
    coding, made = encoder.numbers, []
    still = coding.still.tolist()
    scalings = _scalings("numbers", graph, coding.names, found)
    for j, name in enumerate(coding.names):
        value = table.labels(name)[0]
        missing = bool(table.missing(name)[0])
        state: State = "ignored" if still[j] else "missing" if missing else "known"
        names = [name, *([f"{name} is missing"] if coding.has_missing[j] else [])]
        value = None if missing else value.item() if isinstance(value, np.generic) else value
        made.append(_cell(name, value, state, scalings[j : j + 1], names))
    return made


def _category(coding: CategoryCoding, table: Table) -> Cell:
    value = table.column(coding.name)[0]
    known = {*coding.levels, "false"} if coding.levels == ("true",) else {*coding.levels}
    state: State = "missing" if value is None else "known" if value in known else "new"
    state = "ignored" if coding.constant else state
    return _cell(coding.name, value, state, (), coding.feature_names)


def _date(coding: DateCoding, graph: Graph, table: Table, found: Mapping[str, Array]) -> Cell:
    value = table.column(coding.name)[0]
    missing = bool(np.isnat(value))
    state: State = "missing" if missing else "known"
    state = "ignored" if coding.continuous.still.all() and coding.constant else state
    scalings = _scalings(f"date {coding.name}", graph, coding.continuous.names, found)
    text = None if missing else str(value).removesuffix("T00:00:00.000000").removesuffix(".000000")
    return _cell(coding.name, text, state, scalings, coding.feature_names)


def _cell(column: str, value: Any, state: State, scalings: Any, names: Any) -> Cell:
    """Return a cell; its kind and the values of its features are filled in later."""
    return Cell(column, "", value, state, tuple(scalings), dict.fromkeys(names, 0.0))


def _scalings(
    signal: str, graph: Graph, names: Sequence[str], found: Mapping[str, Array]
) -> tuple[Scaling, ...]:
    """Return the scaling of each number, with the arrays of the graph."""
    if not names:
        return ()
    of = graph[f"{signal}.scaled"].arrays
    origin = graph[signal].settings.get("origin", (0,) * len(names))
    x, z = found[f"{signal}.filled"][0].tolist(), found[f"{signal}.scaled"][0].tolist()
    clipped = found[f"{signal}.clipped"][0].tolist() if f"{signal}.clipped" in found else None
    mean, scale = of["mean"].tolist(), of["scale"].tolist()
    return tuple(
        Scaling(name, origin[j], x[j], mean[j], scale[j], z[j], clipped and clipped[j])
        for j, name in enumerate(names)
    )
