"""How a category becomes features: a column for each level, for rare levels and for gaps, or one of codes for an embedding."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from glassnet.data.coding.columns import (
    DEFAULT,
    MAX_CODES,
    MAX_LEVELS,
    RARE,
    CodingSettings,
    Float64,
)
from glassnet.data.tables.column_data import Categories

#: Whether the rows of training differed (""), or what all of them held: the one level, "false", a
#: rare level each, or a gap.
Constant = Literal["", "level", "false", "rare", "gaps"]


@dataclass(frozen=True)
class CategoryCoding:
    """One category column: a 0/1 column for each level, one for rare levels and one for gaps when there were any.

    Levels are those of the largest total weight (at most `MAX_LEVELS`, each at least the share
    `RARE` of it, ties by text), sorted by text. All others are rare: they share a column, and so
    does a level that training has not seen. Where training had no rare level, such a one is a row
    of zeros, and so is a gap where training had none.

    A boolean has a column for "true" alone.

    A column that is `coded` becomes one column of whole numbers instead, for an embedding to look
    up: the place of the level, the number of levels for a rare or unknown one, and one more for a
    gap, whether training had such or not.

    `constant` says what all rows of training held, where they did not differ. Then all its features
    are 0 for every row, so that nothing else that comes later meets weights that nothing has
    trained. Of a boolean "false" alone has "is missing" beside it, where there were gaps: that
    varied, and stays.
    """

    name: str
    levels: tuple[str, ...]
    has_gaps: bool
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
        """Return the coding of a column of codes, given the weights of its rows, all above 0."""
        held = column.codes >= 0
        if boolean:
            present = {column.levels[code] for code in np.unique(column.codes[held])}
            return cls(
                name,
                ("true",),
                not held.all(),
                constant=_constant_boolean(present, gaps=not held.all()),
            )
        total = np.bincount(column.codes[held], weights=weight[held], minlength=len(column.levels))
        ranked = sorted(
            (-w, level) for w, level in zip(total.tolist(), column.levels, strict=True) if w > 0
        )
        least = (
            RARE * (1 - 1e-9) * total.sum()
        )  # a share that is just RARE stays so however the weights were rounded
        coded = len(ranked) > settings.most_one_hot
        kept = [level for w, level in ranked[: MAX_CODES if coded else MAX_LEVELS] if -w >= least]
        constant: Constant = ""
        if held.all() and (len(ranked) == 1 or not kept):
            constant = "level" if kept else "rare"
        elif not ranked:
            constant = "gaps"
        return cls(
            name, tuple(sorted(kept)), not held.all(), len(kept) < len(ranked), coded, constant
        )

    @property
    def n_codes(self) -> int:
        """How many codes a column that is coded may hold."""
        return len(self.levels) + 2

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The names of the columns it makes: "island=Dream" for each level, "island is rare", "island is missing"; or "island" alone."""
        if self.coded:
            return (self.name,)
        rare, gaps = (
            [f"{self.name} is {what}"] if is_there else []
            for what, is_there in (("rare", self.has_rare), ("missing", self.has_gaps))
        )
        return (*(f"{self.name}={level}" for level in self.levels), *rare, *gaps)

    def encode_into(self, out: NDArray[Any], column: Categories) -> None:
        """Write ones into `out` (n, len(feature_names)), which holds zeros."""
        if self.constant:
            if self.constant == "false" and self.has_gaps:
                out[column.codes < 0, -1] = 1
            return
        place = {level: i for i, level in enumerate(self.levels)}
        if self.coded:
            n = len(self.levels)
            out[:, 0] = np.array([*(place.get(level, n) for level in column.levels), n + 1])[
                column.codes
            ]
            return
        rare = len(self.levels) if self.has_rare else -1
        gap = len(self.levels) + self.has_rare if self.has_gaps else -1
        target = np.array([*(place.get(level, rare) for level in column.levels), gap])[
            column.codes
        ]  # the last entry answers code -1
        rows = np.flatnonzero(target >= 0)
        out[rows, target[rows]] = 1

    def updated(self, column: Categories) -> CategoryCoding:
        """Return the coding after further rows of training: what varies with them is coded from now on, with the levels as they are."""
        if not self.constant:
            return self
        codes = np.unique(column.codes)
        present, gaps = (
            {column.levels[code] for code in codes if code >= 0},
            bool((codes < 0).any()),
        )
        now: Constant
        if self.constant == "gaps":
            now = (
                _constant_boolean(present, gaps=True) if self.levels else "" if present else "gaps"
            )
        elif self.constant == "false":
            now = "" if "true" in present else "false"
        else:
            now = (
                ""
                if gaps or (self.constant == "level" and not present <= {*self.levels})
                else self.constant
            )
        return self if now == self.constant else replace(self, constant=now)

    def to_plain(self) -> dict[str, Any]:
        """Return the coding as JSON-able Python values."""
        # What came later is written where it says something: older files stay as they were.
        later = {
            name: value
            for name in ("has_rare", "coded", "constant")
            if (value := getattr(self, name))
        }
        return {"name": self.name, "levels": list(self.levels), "has_gaps": self.has_gaps, **later}

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> CategoryCoding:
        """Return the coding that `to_plain` wrote."""
        later = {name: plain[name] for name in ("has_rare", "coded", "constant") if name in plain}
        return cls(plain["name"], tuple(plain["levels"]), plain["has_gaps"], **later)


def _constant_boolean(present: Collection[str], *, gaps: bool) -> Constant:
    """Return what is constant of a boolean that held these values, and gaps or not; true beside gaps is not, for a gap is not true."""
    if not present:
        return "gaps"
    if "true" not in present:
        return "false"
    return "level" if len(present) == 1 and not gaps else ""
