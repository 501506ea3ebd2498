"""Result of `glassnet.compare`: where two models differ on a table, and by how much."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from glassnet.json_values import json_value
from glassnet.messages import format_number, listed, printable_lines, shorten

MAX_PRINTED = 5


@dataclass(frozen=True)
class RowDifference:
    """One row: both predictions, and the largest difference of their probabilities or numbers."""

    row: int
    old: Any
    new: Any
    difference: float | None


@dataclass(frozen=True)
class Agreement:
    """Where two models differ on a table, and by how much.

    `print` shows a short table with the first five rows of each kind.

    old, new : names of the classes of the two models
    task : "classification" or "regression"
    rows : the number of compared rows; row numbers below count from 0
    compared : what is compared: "probabilities", "predictions" (numbers), or "labels" if one of the
        models has no probabilities
    largest, mean : absolute differences over all rows and columns; None for labels
    largest_relative, mean_relative : the same divided by the standard deviation of the old
        predictions, the maximum over targets; None for classes, and if the old predictions are
        constant
    different_labels : the number of rows with different labels; None for a regression
    label_differences : the first twenty of these rows
    farthest : the twenty rows with the largest differences, the largest first; rows without a
        difference are left out
    classes : the classes of the old and the new model; () for numbers
    shapes, dtypes : shape and dtype of `predict` of the old and the new model; "text" for every
        dtype of text
    """

    old: str
    new: str
    task: Literal["classification", "regression"]
    rows: int
    compared: Literal["probabilities", "predictions", "labels"]
    largest: float | None
    mean: float | None
    largest_relative: float | None
    mean_relative: float | None
    different_labels: int | None
    label_differences: tuple[RowDifference, ...]
    farthest: tuple[RowDifference, ...]
    classes: tuple[tuple[Any, ...], tuple[Any, ...]]
    shapes: tuple[tuple[int, ...], tuple[int, ...]]
    dtypes: tuple[str, str]

    @property
    def same_classes(self) -> bool:
        """Whether both models have the same classes in the same order."""
        return self.classes[0] == self.classes[1]

    @property
    def same_shape(self) -> bool:
        """Whether `predict` returns arrays of the same shape."""
        return self.shapes[0] == self.shapes[1]

    @property
    def same_dtype(self) -> bool:
        """Whether `predict` returns arrays of the same dtype."""
        return self.dtypes[0] == self.dtypes[1]

    def to_plain(self) -> dict[str, Any]:
        """Return the fields as JSON values; numbers that are not finite are None."""
        same = {name: getattr(self, name) for name in ("same_classes", "same_shape", "same_dtype")}
        plain: dict[str, Any] = json_value(asdict(self) | same)
        return plain

    def __str__(self) -> str:
        rows = f"{self.rows:,} rows"
        lines = [f"{self.old} (old) and {self.new} (new) on {rows}", ""]
        if self.different_labels is not None:
            lines.append(f"labels         differ in {self.different_labels:,} of {rows}")
        if self.largest is not None and self.mean is not None:
            largest, mean = format_number(self.largest, 3), format_number(self.mean, 3)
            lines.append(f"{self.compared:<14} differ by at most {largest}, by {mean} on average")
        if self.largest_relative is not None:
            lines.append(
                f"{'':<14} over the spread of the old ones: {self.largest_relative:.3g} and "
                f"{self.mean_relative:.3g}"
            )
        for name, same, (old, new) in (
            ("classes", self.same_classes, [listed(classes, 5) for classes in self.classes]),
            ("shape", self.same_shape, self.shapes),
            ("dtype", self.same_dtype, self.dtypes),
        ):
            if name != "classes" or self.task == "classification":
                text = f"the same: {old}" if same else f"differ: {old} and {new}"
                lines.append(f"{name:<14} {text}")
        for title, found in (
            ("rows whose labels differ", self.label_differences),
            ("rows farthest apart", self.farthest),
        ):
            lines += ["", f"{title}:", *_table(found[:MAX_PRINTED])] if found else []
        return printable_lines("\n".join(lines))


def _table(found: Sequence[RowDifference]) -> list[str]:
    rows = [("row", "old", "new", "difference")]
    for one in found:
        difference = "-" if one.difference is None else format_number(one.difference, 3)
        rows.append((f"{one.row:,}", _cell(one.old), _cell(one.new), difference))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(map(str.rjust, row, widths)) for row in rows]


def _cell(value: Any) -> str:
    if isinstance(value, list):
        return shorten(", ".join(map(_cell, value)), 30)
    return shorten(format_number(value, 6) if isinstance(value, float) else value, 30)
