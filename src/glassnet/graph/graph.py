"""The graph of a model: its inputs, its operations in order, and the signals that are answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from glassnet.data.tables.column_data import Categories
from glassnet.data.tables.dialect import Dialect
from glassnet.data.tables.schema import Kind
from glassnet.data.tables.table import Table
from glassnet.graph.operation import Array, Operation, no_error
from glassnet.model_input import ModelInput


@dataclass(frozen=True)
class Input:
    """A column that a graph takes.

    signal : the name of its cells (n,): floats with NaN, text with None, or datetime64 with NaT
    name, kind : of the column
    takes_missing : whether a cell may be missing; otherwise `predict` refuses it
    """

    signal: str
    name: str
    kind: Kind
    takes_missing: bool


@dataclass(frozen=True, eq=False)
class Signals:
    """The signals of some rows, and how far those of the model may be from them.

    Attributes
    ----------
    values : by name, `(n, width)` in float64; the cells of a column are `(n,)`
    errors : by name, bounds of |value - value of the model|, of the same shape
    """

    values: Mapping[str, Array]
    errors: Mapping[str, Array]


@dataclass(frozen=True, eq=False)
class Graph:
    """Inference from the cells of a table to the answers, as a list of operations.

    Attributes
    ----------
    inputs : the columns
    operations : in an order in which each has its inputs ready
    outputs : the names of the signals that are answers: "raw_scores"; "probabilities" and "labels"
        for classes; "numbers" and, where the model has them, "intervals" for a regression
    reader : reads tables as the model does

    Examples
    --------
    >>> import numpy as np
    >>> import glassnet
    >>> x = np.linspace(-1.0, 1.0, 60)
    >>> model = glassnet.fit({"x": x, "y": x > 0}, "y", glassnet.Plan(recipe="plain"))
    >>> graph = model.graph()
    >>> [operation.kind for operation in graph.operations][:4]
    ['Numbers', 'Fill', 'Standardize', 'SmoothClip']
    >>> signals = graph.run({"x": [0.3]})
    >>> P = signals.values[graph.outputs["probabilities"]]
    >>> bool(np.abs(P - model.predict_proba({"x": [0.3]})).max() < 1e-6)
    True
    """

    inputs: tuple[Input, ...]
    operations: tuple[Operation, ...]
    outputs: Mapping[str, str]
    reader: ModelInput

    def __getitem__(self, signal: str) -> Operation:
        """Return the operation that makes a signal."""
        return self._by_output[signal]

    @property
    def _by_output(self) -> dict[str, Operation]:
        return {operation.output: operation for operation in self.operations}

    def run(self, table: Any, dialect: Dialect | None = None) -> Signals:
        """Return all signals for a table, computed in float64, with the bounds of their errors."""
        return self.run_cells(self.cells(self.reader.aligned(table, dialect)))

    def cells(self, table: Table) -> dict[str, Array]:
        """Return the cells of each input, by the name of its signal, of a table read before."""
        return {column.signal: _cells(table, column.name) for column in self.inputs}

    def run_cells(self, cells: Mapping[str, Array]) -> Signals:
        """Return all signals for the cells of the inputs."""
        values = dict(cells)
        errors = {signal: no_error(given) for signal, given in cells.items()}
        for operation in self.operations:
            inputs = [values[name] for name in operation.inputs]
            made = operation.evaluate(*inputs)
            carried = [errors[name] for name in operation.inputs]
            values[operation.output] = made
            errors[operation.output] = operation.error(inputs, carried, made)
        return Signals(values, errors)

    def __repr__(self) -> str:
        lines = [f"{one.output} = {one.kind}({', '.join(one.inputs)})" for one in self.operations]
        return "\n".join(lines)


def _cells(table: Table, name: str) -> Array:
    """Return one column; whole numbers beyond 2^53 as Python integers, None where missing."""
    exact = table.exact.get(name)
    if exact is None or isinstance(table.others.get(name), Categories):
        return table.column(name)
    return exact.map([int(level) for level in exact.levels], None)
