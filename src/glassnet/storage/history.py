"""The history of a training as tensors of the model file: one column a quantity, one number an epoch, however many epochs there were.

Columns of numbers lie in tensors "training.history.NAME" of float64, in which NaN stands for what
was not recorded, and so do columns of a few texts, such as the engine, as numbers of the texts in a
list; anything else that a record holds stays in the description. A long history is thinned: the
file keeps every k-th epoch, the last one and the best one, and `training["history_thinned"]` says
of how many epochs they are (`epochs`) and what k was (`every`). `index` is the epoch of each
number.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from glassnet.errors import is_number

Array = np.ndarray[Any, np.dtype[Any]]

PREFIX = "training.history."
MOST_EPOCHS = 10_000
MOST_TEXTS = 100
_NAME = re.compile(r"[a-z_][a-z0-9_]{0,39}")
_LARGEST = 2.0**53  # of the whole numbers that float64 holds exactly
KINDS = ("whole", "number", "text")


@dataclass(frozen=True)
class Column:
    """How a column lies in its tensor.

    kind : of `KINDS`
    n : its length
    texts : what the numbers of a column of text stand for, sorted
    """

    kind: str
    n: int
    texts: tuple[str, ...] = ()

    def to_plain(self) -> list[Any]:
        """Return it as JSON values."""
        return [self.kind, self.n, *([list(self.texts)] if self.texts else [])]


def parted(
    training: Mapping[str, Any],
) -> tuple[dict[str, Any], dict[str, Column], dict[str, Array]]:
    """Return the record without the columns of its history that tensors hold, what these are by name, and their tensors by name."""
    history = training.get("history")
    if not isinstance(history, Mapping):
        return dict(training), {}, {}
    lists = {
        name: values
        for name, values in history.items()
        if isinstance(values, np.ndarray | Sequence) and not isinstance(values, str)
    }
    longest = max(map(len, lists.values()), default=0)
    thinned = {
        name: _thinned(values, history.get("index"), training.get("best_epoch"))
        for name, values in lists.items()
    }
    columns = {
        name: column for name, values in thinned.items() if (column := _column(name, values))
    }
    record = {
        **training,
        "history": {
            name: thinned.get(name, value) for name, value in history.items() if name not in columns
        },
    }
    if longest > MOST_EPOCHS:
        record["history_thinned"] = {"epochs": longest, "every": _step(longest)}
    return (
        record,
        columns,
        {PREFIX + name: _tensor(thinned[name], column) for name, column in columns.items()},
    )


def joined(
    training: Mapping[str, Any], columns: Mapping[str, Column], tensors: Mapping[str, Array]
) -> dict[str, Any]:
    """Return the record with its history whole again.

    Raises
    ------
    ValueError
        For numbers that `parted` does not write.
    """
    if not columns:
        return dict(training)
    return {
        **training,
        "history": training["history"]
        | {name: _values(name, columns[name], tensors[PREFIX + name]) for name in columns},
    }


def understand_history(said: Any, training: Mapping[str, Any]) -> dict[str, Column]:
    """Return the columns by name, from the description.

    Raises
    ------
    ValueError
        For what is not as it is written.
    """
    rest = training.get("history")
    if not isinstance(said, dict) or not said or not isinstance(rest, dict):
        raise ValueError("history must name columns of the history of the training")
    found = {}
    for name, entry in said.items():
        if not _NAME.fullmatch(name) or name in rest:
            raise ValueError(
                f"history names the column {name[:40]!r}, which cannot be one or is there twice"
            )
        if (
            not isinstance(entry, list)
            or len(entry) not in (2, 3)
            or entry[0] not in KINDS
            or (entry[0] == "text") != (len(entry) == 3)
        ):
            raise ValueError(
                f"history.{name} must have one of the kinds {list(KINDS)}, a length, and texts "
                "where it holds some"
            )
        if type(entry[1]) is not int or not 1 <= entry[1] <= MOST_EPOCHS:
            raise ValueError(f"history.{name} must have a length from 1 to {MOST_EPOCHS:,}")
        texts = entry[2] if len(entry) == 3 else []
        if (
            not isinstance(texts, list)
            or not all(isinstance(text, str) for text in texts)
            or texts != sorted({*texts})
        ):
            raise ValueError(f"the texts of history.{name} must be a list, sorted, each once")
        found[name] = Column(entry[0], entry[1], tuple(texts))
    return found


def _column(name: object, values: Sequence[Any] | Array) -> Column | None:
    """Return how a tensor can hold the values; None where it cannot."""
    plain = isinstance(values, Sequence) or (values.ndim == 1 and values.dtype.kind in "iuf")
    if not isinstance(name, str) or not _NAME.fullmatch(name) or not plain or len(values) == 0:
        return None
    present = [value for value in values if value is not None]
    if present and all(isinstance(value, str) for value in present):
        texts = tuple(sorted({*present}))
        return Column("text", len(values), texts) if len(texts) <= MOST_TEXTS else None
    if not all(map(is_number, present)):
        return None
    whole = bool(present) and all(
        isinstance(value, int | np.integer) and abs(int(value)) <= _LARGEST for value in present
    )
    return Column("whole" if whole else "number", len(values))


def _tensor(values: Sequence[Any] | Array, column: Column) -> Array:
    codes = {text: float(i) for i, text in enumerate(column.texts)}
    tensor = np.array(
        [np.nan if value is None else codes[value] if codes else value for value in values],
        np.float64,
    )
    tensor[~np.isfinite(tensor)] = np.nan
    return tensor


def _thinned(values: Sequence[Any] | Array, index: Any, best: Any) -> Sequence[Any] | Array:
    n = len(values)
    if n <= MOST_EPOCHS:
        return values
    kept = {*range(0, n, _step(n)), n - 1}
    if isinstance(index, Sequence) and is_number(best) and best in index:
        kept.add(min(index.index(best), n - 1))
    return [values[i] for i in sorted(kept)]


def _step(n: int) -> int:
    """Return of how many epochs one is kept; there is room for the last and the best one beside them."""
    return -(-n // (MOST_EPOCHS - 2))


def _values(name: str, column: Column, tensor: Array) -> list[Any]:
    missing = np.isnan(tensor)
    values = tensor[~missing]
    checks = [
        bool(np.isfinite(values).all()),
        tensor[missing].tobytes() == np.full(missing.sum(), np.nan).tobytes(),
    ]
    if column.kind == "whole":
        checks += [
            len(values) > 0,
            bool((np.abs(values) <= _LARGEST).all()),
            bool((values == np.floor(values)).all()),
        ]
    if column.kind == "text":
        checks += [sorted({*values.tolist()}) == [*range(len(column.texts))]]
    if not all(checks):
        raise ValueError(f"{PREFIX}{name} holds numbers that no history has")
    made: dict[str, Callable[[float], Any]] = {
        "whole": int,
        "number": float,
        "text": lambda code: column.texts[int(code)],
    }
    return [
        None if gap else made[column.kind](value)
        for value, gap in zip(tensor.tolist(), missing.tolist(), strict=True)
    ]
