"""The operations from the cells of a table to the features of a network."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from glassnet.data.coding.category_coding import CategoryCoding
from glassnet.data.coding.dates import CYCLES, DateCoding
from glassnet.data.coding.encoder import Encoder
from glassnet.data.coding.number_coding import NumberCoding
from glassnet.data.tables.cells import EXACT
from glassnet.graph.building import Builder
from glassnet.graph.cells import (
    Cast,
    Code,
    Concatenate,
    Days,
    Fill,
    Missing,
    Numbers,
    OneHot,
    SmoothClip,
    Standardize,
    Wave,
)
from glassnet.graph.graph import Input

#: Larger means are not those of whole numbers.
MAX_ORIGIN = 2.0**100


def add_features(to: Builder, encoder: Encoder, dtype: str) -> str:
    """Add the operations that make the features, in the order of the encoder."""
    one_hot = [coding for coding in encoder.categories if not coding.coded]
    codings = (encoder.numbers, *one_hot, *encoder.dates, *encoder.coded)
    parts = [part for coding in codings for part in CODINGS[type(coding)](to, coding)]
    to.add(Concatenate, "features.exact", *parts, names=encoder.feature_names)
    to.dtype = dtype
    return to.add(Cast, "features", "features.exact")


def inputs_of(encoder: Encoder) -> tuple[Input, ...]:
    """Return the columns that the encoder takes, in the order of the table."""
    numbers = encoder.numbers
    refused = {
        name
        for name, missing in zip(numbers.names, numbers.has_missing, strict=True)
        if numbers.limit is None and not missing
    }
    return tuple(
        Input(signal_of(column.name), column.name, column.kind, column.name not in refused)
        for column in encoder.schema.columns
    )


def signal_of(column: str) -> str:
    """Return the name of the signal of the cells of a column."""
    return f"column {column}"


def _numbers(to: Builder, coding: NumberCoding) -> list[str]:
    """Add the operations of number columns; return their scaled numbers and indicators."""
    if not coding.names:
        return []
    origin = [int(m) if EXACT <= abs(m) < MAX_ORIGIN else 0 for m in coding.mean]
    cells = [signal_of(name) for name in coding.names]
    to.add(Numbers, "numbers", *cells, names=coding.names, origin=tuple(origin))
    return _scaled(to, coding, "numbers", np.array(coding.mean) - np.array(origin, np.float64))


def _scaled(to: Builder, coding: NumberCoding, numbers: str, mean: Any) -> list[str]:
    """Add the operations that scale numbers and mark missing ones."""
    scale, indicated = np.array(coding.scale), np.flatnonzero(coding.has_missing)
    to.add(Fill, f"{numbers}.filled", numbers, value=mean, always=coding.still)
    last = to.add(Standardize, f"{numbers}.scaled", f"{numbers}.filled", mean=mean, scale=scale)
    if coding.limit is not None:
        last = to.add(SmoothClip, f"{numbers}.clipped", last, limit=coding.limit)
    if not len(indicated):
        return [last]
    names = tuple(coding.names[j] for j in indicated)
    mark = 1.0 - coding.empty[indicated]
    missing = f"{numbers}.missing"
    return [last, to.add(Missing, missing, numbers, names=names, columns=indicated, mark=mark)]


def _category(to: Builder, coding: CategoryCoding) -> list[str]:
    """Add the operation of a category column."""
    n, others = len(coding.levels), coding.coded or coding.has_rare
    unseen = n if others else -1
    missing = n + others if coding.coded or coding.has_missing else -1
    places = np.arange(n)
    if coding.constant:
        nothing = 0 if coding.coded else -1
        marked = coding.constant == "false" and coding.has_missing
        places, unseen = np.full(n, nothing), nothing
        missing = len(coding.feature_names) - 1 if marked else nothing
    kind = Code if coding.coded else OneHot
    made = to.add(
        kind,
        f"category {coding.name}",
        signal_of(coding.name),
        names=coding.feature_names,
        levels=coding.levels,
        places=places,
        unseen=unseen,
        missing=missing,
    )
    return [made]


def _date(to: Builder, coding: DateCoding) -> list[str]:
    """Add the operations of a date-time column."""
    numbers, cells = f"date {coding.name}", signal_of(coding.name)
    to.add(Days, numbers, cells, names=coding.continuous.names)
    made = _scaled(to, coding.continuous, numbers, np.array(coding.continuous.mean))
    still = coding.still or (None,) * (2 * len(coding.cycles))
    for i, cycle in enumerate(coding.cycles):
        varied = np.array([value is None for value in still[2 * i : 2 * i + 2]], np.float64)
        names = tuple(f"{coding.name}: {cycle} {wave}" for wave in ("sin", "cos"))
        made.append(
            to.add(
                Wave,
                f"{numbers}.{cycle}",
                cells,
                names=names,
                cycle=cycle,
                period=CYCLES[cycle][0],
                varied=varied,
            )
        )
    return made


#: What each coding of columns becomes: coding -> the operations, which return their outputs.
CODINGS: dict[type, Callable[[Builder, Any], list[str]]] = {
    NumberCoding: _numbers,
    CategoryCoding: _category,
    DateCoding: _date,
}
