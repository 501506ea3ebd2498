"""The history of a training as tensors of the model file: one column a quantity, one number an epoch, however many epochs there were.

Columns of numbers lie in tensors "training.history.NAME" of float64, in which NaN stands for what was not recorded; anything else that a
record holds stays in the description. A long history is thinned: the file keeps every k-th epoch, the last one and the best one, and
`training["history_thinned"]` says of how many epochs they are (`epochs`) and what k was (`every`). `index` is the epoch of each number.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from glassnet.errors import is_number

Array = np.ndarray[Any, np.dtype[Any]]

PREFIX = "training.history."
MOST_EPOCHS = 10_000
_NAME = re.compile(r"[a-z_][a-z0-9_]{0,39}")
_LARGEST = 2.0**53  # of the whole numbers that float64 holds exactly
KINDS = {"whole": int, "number": float}


def parted(training: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str], dict[str, Array]]:
    """Return the record without the columns of numbers of its history, their kinds by name, and their tensors by name."""
    history = training.get("history")
    if not isinstance(history, Mapping):
        return dict(training), {}, {}
    kinds = {name: kind for name, values in history.items() if (kind := _kind(name, values))}
    record = {**training, "history": {name: values for name, values in history.items() if name not in kinds}}
    longest = max((len(history[name]) for name in kinds), default=0)
    if longest > MOST_EPOCHS:
        record["history_thinned"] = {"epochs": longest, "every": _step(longest)}
    best = _place(history.get("index"), training.get("best_epoch"))
    return record, kinds, {PREFIX + name: _tensor(history[name], best) for name in kinds}


def joined(training: Mapping[str, Any], kinds: Mapping[str, str], tensors: Mapping[str, Array]) -> dict[str, Any]:
    """Return the record with its history whole again.

    Raises
    ------
    ValueError
        For numbers that `parted` does not write.
    """
    if not kinds:
        return dict(training)
    columns = {name: _column(name, kind, tensors[PREFIX + name]) for name, kind in kinds.items()}
    return {**training, "history": {**training["history"], **columns}}


def understand_history(said: Any, training: Mapping[str, Any]) -> dict[str, tuple[str, int]]:
    """Return kind and length of each column by name, from the description.

    Raises
    ------
    ValueError
        For what is not as it is written.
    """
    rest = training.get("history")
    if not isinstance(said, dict) or not said or not isinstance(rest, dict):
        raise ValueError("history must name columns of the history of the training")
    for name, entry in said.items():
        if not _NAME.fullmatch(name) or name in rest:
            raise ValueError(f"history names the column {name[:40]!r}, which cannot be one or is there twice")
        if not isinstance(entry, list) or len(entry) != 2 or not isinstance(entry[0], str) or entry[0] not in KINDS:
            raise ValueError(f"history.{name} must have one of the kinds {list(KINDS)}, and a length")
        if type(entry[1]) is not int or not 1 <= entry[1] <= MOST_EPOCHS:
            raise ValueError(f"history.{name} must have a length from 1 to {MOST_EPOCHS:,}")
    return {name: (kind, n) for name, (kind, n) in said.items()}


def _kind(name: object, values: Any) -> str:
    """Return the kind of a column that a tensor can hold; empty for any other."""
    if not isinstance(name, str) or not _NAME.fullmatch(name) or not isinstance(values, np.ndarray | Sequence) or isinstance(values, str):
        return ""
    if isinstance(values, np.ndarray) and (values.ndim != 1 or values.dtype.kind not in "iuf"):
        return ""
    present = [value for value in values if value is not None]
    if len(values) == 0 or not all(map(is_number, present)):
        return ""
    if present and all(isinstance(value, int | np.integer) and abs(int(value)) <= _LARGEST for value in present):
        return "whole"
    return "number"


def _tensor(values: Sequence[Any] | Array, best: int | None) -> Array:
    column = np.array([np.nan if value is None else value for value in values], np.float64)
    column[~np.isfinite(column)] = np.nan
    n = len(column)
    if n <= MOST_EPOCHS:
        return column
    kept = np.zeros(n, bool)
    kept[:: _step(n)] = kept[-1] = True
    if best is not None and best < n:
        kept[best] = True
    return column[kept]


def _step(n: int) -> int:
    """Return of how many epochs one is kept; there is room for the last and the best one beside them."""
    return -(-n // (MOST_EPOCHS - 2)) if n > MOST_EPOCHS else 1


def _place(index: Any, best: Any) -> int | None:
    """Return where the best epoch stands in the columns."""
    if not isinstance(index, Sequence) or not is_number(best):
        return None
    return next((i for i, epoch in enumerate(index) if epoch == best), None)


def _column(name: str, kind: str, tensor: Array) -> list[Any]:
    missing = np.isnan(tensor)
    values = tensor[~missing]
    canonical = tensor[missing].tobytes() == np.full(missing.sum(), np.nan).tobytes()
    whole = kind != "whole" or bool(len(values) and (np.abs(values) <= _LARGEST).all() and (values == np.floor(values)).all())
    if not canonical or not whole or not np.isfinite(values).all():
        raise ValueError(f"{PREFIX}{name} holds numbers that no history has")
    made = KINDS[kind]
    return [None if gap else made(value) for value, gap in zip(tensor.tolist(), missing.tolist(), strict=True)]
