"""Store the training history in a model file as tensors, one for each quantity.

A numeric column is a float64 tensor "training.history.NAME", with NaN for values that were not
recorded. A column of a few distinct texts, such as the engine, is stored as indices into a list of
the texts. Other columns stay in the description. A long history is thinned: the file keeps every
k-th epoch, the last and the best one. `training["history_thinned"]` has the number of epochs
(`epochs`) and k (`every`). The column `index` holds the epoch of each entry.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from glassnet.errors import is_number
from glassnet.storage.strict import require

Array = np.ndarray[Any, np.dtype[Any]]

PREFIX = "training.history."
MAX_EPOCHS = 10_000
MAX_TEXTS = 100
_NAME = re.compile(r"[a-z_][a-z0-9_]{0,39}")
_MAX_WHOLE = 2.0**53  # up to here float64 represents every integer
KINDS = ("whole", "number", "text")


@dataclass(frozen=True)
class Column:
    """How a column of the history is stored in a tensor.

    kind : one of `KINDS`
    n : the length
    texts : the sorted distinct texts of a text column
    """

    kind: str
    n: int
    texts: tuple[str, ...] = ()

    def to_plain(self) -> list[Any]:
        """Return it as JSON values."""
        return [self.kind, self.n, *([list(self.texts)] if self.texts else [])]


def split_history(
    training: Mapping[str, Any],
) -> tuple[dict[str, Any], dict[str, Column], dict[str, Array]]:
    """Split a training record into JSON values, columns of its history, and their tensors."""
    history = training.get("history")
    if not isinstance(history, Mapping):
        return dict(training), {}, {}
    best = training.get("best_epoch")
    thinned = {
        name: _thinned(values, history.get("index"), best)
        for name, values in history.items()
        if isinstance(values, np.ndarray | Sequence) and not isinstance(values, str)
    }
    columns = {
        name: column for name, values in thinned.items() if (column := _column(name, values))
    }
    tensors = {PREFIX + name: _tensor(thinned[name], column) for name, column in columns.items()}
    rest = {name: value for name, value in {**history, **thinned}.items() if name not in columns}
    record = {**training, "history": rest}
    longest = max((len(history[name]) for name in thinned), default=0)
    if longest > MAX_EPOCHS:
        record["history_thinned"] = {"epochs": longest, "every": _step(longest)}
    return record, columns, tensors


def join_history(
    training: Mapping[str, Any], columns: Mapping[str, Column], tensors: Mapping[str, Array]
) -> dict[str, Any]:
    """Put the columns of the history back into the training record.

    Raises
    ------
    ValueError
        If a tensor has values that `split_history` does not write.
    """
    if not columns:
        return dict(training)
    made = {name: _values(name, column, tensors[PREFIX + name]) for name, column in columns.items()}
    return {**training, "history": training["history"] | made}


def parse_history(plain: Any, training: Mapping[str, Any]) -> dict[str, Column]:
    """Parse the columns by name from the description.

    Raises
    ------
    ValueError
        If anything differs from what `describe` writes.
    """
    require(
        isinstance(plain, dict) and bool(plain) and isinstance(training.get("history"), dict),
        "history must name columns of the history of the training",
    )
    for name in plain:
        require(
            _NAME.fullmatch(name) is not None and name not in training["history"],
            f"history names the column {name[:40]!r}, which cannot be one or is there twice",
        )
    return {name: _parse_column(f"history.{name}", entry) for name, entry in plain.items()}


def _parse_column(where: str, entry: Any) -> Column:
    kind, n, *texts = entry if isinstance(entry, list) and len(entry) in (2, 3) else ("", 0)
    require(
        kind in KINDS and (kind == "text") == bool(texts),
        f"{where} must have one of the kinds {list(KINDS)}, a length, and texts where it holds "
        "some",
    )
    require(
        type(n) is int and 1 <= n <= MAX_EPOCHS,
        f"{where} must have a length from 1 to {MAX_EPOCHS:,}",
    )
    known = texts[0] if texts else []
    is_list = isinstance(known, list) and all(isinstance(text, str) for text in known)
    require(
        is_list and known == sorted({*known}),
        f"the texts of {where} must be a list, sorted, each once",
    )
    return Column(kind, n, tuple(known))


def _column(name: object, values: Sequence[Any] | Array) -> Column | None:
    """Return how the values can be stored in a tensor, or None if they cannot."""
    is_valid = isinstance(values, Sequence) or (values.ndim == 1 and values.dtype.kind in "iuf")
    if not isinstance(name, str) or not _NAME.fullmatch(name) or not is_valid or len(values) == 0:
        return None
    known = [value for value in values if value is not None]
    if known and all(isinstance(value, str) for value in known):
        texts = tuple(sorted({*known}))
        return Column("text", len(values), texts) if len(texts) <= MAX_TEXTS else None
    if not all(map(is_number, known)):
        return None
    is_integral = bool(known) and all(
        isinstance(value, int | np.integer) and abs(int(value)) <= _MAX_WHOLE for value in known
    )
    return Column("whole" if is_integral else "number", len(values))


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
    if n <= MAX_EPOCHS:
        return values
    kept = {*range(0, n, _step(n)), n - 1}
    if isinstance(index, Sequence) and is_number(best) and best in index:
        kept.add(min(index.index(best), n - 1))
    return [values[i] for i in sorted(kept)]


def _step(n: int) -> int:
    """Return the interval k between stored epochs, with room for the last and the best one."""
    return -(-n // (MAX_EPOCHS - 2))


def _values(name: str, column: Column, tensor: Array) -> list[Any]:
    missing = np.isnan(tensor)
    values = tensor[~missing]
    fits = bool(np.isfinite(values).all())
    fits &= tensor[missing].tobytes() == np.full(missing.sum(), np.nan).tobytes()
    if column.kind == "whole":
        fits &= len(values) > 0 and bool((np.abs(values) <= _MAX_WHOLE).all())
        fits &= bool((values == np.floor(values)).all())
    if column.kind == "text":
        fits &= sorted({*values.tolist()}) == [*range(len(column.texts))]
    require(fits, f"{PREFIX}{name} holds numbers that no history has")
    made: dict[str, Callable[[float], Any]] = {
        "whole": int,
        "number": float,
        "text": lambda code: column.texts[int(code)],
    }
    return [
        None if absent else made[column.kind](value)
        for value, absent in zip(tensor.tolist(), missing.tolist(), strict=True)
    ]
