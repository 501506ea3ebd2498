"""Encode a category column: one-hot features for its levels (values), or one column of codes."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from glassnet.data.coding.moments import Float64
from glassnet.data.coding.number_coding import NEVER_VARIED
from glassnet.data.coding.settings import DEFAULT, MAX_CODES, MAX_LEVELS, RARE, CodingSettings
from glassnet.data.serialization import STORED_AS, Serializable
from glassnet.data.tables.column_data import Categories

#: What all training rows of a column have in common: "" for nothing, "level" for their only level,
#: "false", "rare" for rare levels only, "gaps" for missing values only.
Constant = Literal["", "level", "false", "rare", "gaps"]


@dataclass(frozen=True)
class CategoryCoding(Serializable):
    """Encoding of a category column: 0/1 features for levels, rare levels and missing values.

    A level is a distinct value of the column. The levels with the largest total weight are kept,
    sorted by text: at most `MAX_LEVELS`, each with at least the share `RARE` of the weight. All
    others are rare. They share one feature, together with levels that did not occur in training.
    If training had no rare level, a new level becomes a row of zeros. The same holds for missing
    values.

    A boolean has a feature for "true" only.

    If `coded` is True, the column becomes one column of integer codes for an embedding instead:
    the index of the level, the number of levels for a rare or new level, and one more for a
    missing value. The last two codes exist even if training had no such values.

    `constant` tells what all training rows have in common, if anything. All features of a constant
    column are 0 in every row, so that untrained weights have no effect on predictions. The
    exception is a boolean that is always "false" or missing: its missing indicator varied.
    """

    name: str
    levels: tuple[str, ...]
    has_missing: bool = field(metadata={STORED_AS: "has_gaps"})
    has_rare: bool = False
    coded: bool = False
    constant: Constant = ""

    @classmethod
    def fit(
        cls,
        name: str,
        column: Categories,
        weight: Float64,
        *,
        boolean: bool = False,
        settings: CodingSettings = DEFAULT,
    ) -> CategoryCoding:
        """Fit the encoding to a column, given row weights that are all above 0."""
        known = column.codes >= 0
        missing = not known.all()
        if boolean:
            common = _constant_boolean(_present_levels(column), missing=missing)
            return cls(name, ("true",), missing, constant=common)
        total = np.bincount(column.codes[known], weight[known], minlength=len(column.levels))
        ranked = sorted(
            (-w, level) for w, level in zip(total.tolist(), column.levels, strict=True) if w > 0
        )
        # The tolerance keeps a level with a share of exactly RARE despite rounding.
        required = RARE * (1 - 1e-9) * total.sum()
        coded = len(ranked) > settings.max_one_hot
        n_kept = MAX_CODES if coded else MAX_LEVELS
        kept = sorted(level for w, level in ranked[:n_kept] if -w >= required)
        constant: Constant = "" if ranked else "gaps"
        if ranked and not missing and (len(ranked) == 1 or not kept):
            constant = "level" if kept else "rare"
        return cls(name, tuple(kept), missing, len(kept) < len(ranked), coded, constant)

    @property
    def n_codes(self) -> int:
        """The number of codes, if the column is `coded`."""
        return len(self.levels) + 2

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The names of the features: "island=Dream", ..., "island is rare", "island is missing".

        A `coded` column has one feature, "island".
        """
        if self.coded:
            return (self.name,)
        return (
            *(f"{self.name}={level}" for level in self.levels),
            *([f"{self.name} is rare"] if self.has_rare else ()),
            *([f"{self.name} is missing"] if self.has_missing else ()),
        )

    def encode_into(self, out: NDArray[Any], column: Categories) -> None:
        """Write the features of a column into `out` (n, len(feature_names)), an array of zeros."""
        if self.constant:
            if self.constant == "false" and self.has_missing:
                out[column.codes < 0, -1] = 1
            return
        n, coded = len(self.levels), self.coded
        unseen = n if coded or self.has_rare else -1
        missing = n + (coded or self.has_rare) if coded or self.has_missing else -1
        place = {level: i for i, level in enumerate(self.levels)}
        # The last entry is for code -1.
        codes = np.array([*(place.get(level, unseen) for level in column.levels), missing])
        codes = codes[column.codes]
        if coded:
            out[:, 0] = codes
        else:
            rows = np.flatnonzero(codes >= 0)
            out[rows, codes[rows]] = 1

    def updated(self, column: Categories) -> CategoryCoding:
        """Return the encoding after further training rows: a column that now varies is used.

        The levels stay as they are.
        """
        if not self.constant:
            return self
        levels = _present_levels(column)
        if self.constant == "gaps" and self.levels:
            return replace(self, constant=_constant_boolean(levels, missing=True))
        varies = {
            "gaps": bool(levels),
            "false": "true" in levels,
            "level": bool((column.codes < 0).any()) or not levels <= {*self.levels},
            "rare": bool((column.codes < 0).any()),
        }
        return replace(self, constant="") if varies[self.constant] else self

    def describe(self, *, boolean: bool) -> str:
        """Return a description of the encoding."""
        missing = "; missing is a level" if self.has_missing else ""
        if self.constant:
            common = {
                "level": "always " + ", ".join(self.levels),
                "false": "always false",
                "rare": "rare levels only",
                "gaps": "missing values only",
            }[self.constant]
            return f"{common} {NEVER_VARIED}{missing if self.constant == 'false' else ''}"
        shown = ", ".join(self.levels[:5]) + (", ..." if len(self.levels) > 5 else "")
        levels = f"one of {len(self.levels)} levels: {shown}"
        text = "1 where true" if boolean else "the code of " * self.coded + levels
        return text + ("; rare ones are one level" if self.has_rare else "") + missing


def _present_levels(column: Categories) -> set[str]:
    """Return the levels that occur in a column."""
    return {column.levels[code] for code in np.unique(column.codes) if code >= 0}


def _constant_boolean(levels: set[str], *, missing: bool) -> Constant:
    """Return what all values of a boolean column have in common.

    A column of "true" and missing values is not constant, because a missing value is not true.
    """
    if "true" not in levels:
        return "false" if levels else "gaps"
    return "level" if len(levels) == 1 and not missing else ""
