"""Class labels of a target: which classes there are, and the index of each label."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glassnet.data.tables import cells
from glassnet.errors import DataError
from glassnet.messages import listed

Label = str | int | float | bool


def classes_of(y: NDArray[Any]) -> tuple[Label, ...]:
    """Return the classes that labels (n,) name, in the order of `np.unique`, as Python values.

    Whole floats become integers, because a table keeps all its numbers as floats: 0.0 and 1.0 were
    0 and 1. Integers beyond 64 bits become text.

    Raises
    ------
    DataError
        For labels of types that cannot be compared, or that are no text, numbers or booleans.
    """
    try:
        labels = np.unique(y).tolist()
    except TypeError:
        kinds = ", ".join(sorted({type(value).__name__ for value in y}))
        raise DataError(
            f"the labels of a target must be of one type, text or numbers, got {kinds}."
        ) from None
    labels = [label.item() if isinstance(label, np.generic) else label for label in labels]
    odd = next((label for label in labels if not isinstance(label, Label)), None)
    if odd is not None:
        raise DataError(
            f"a class label must be text, a number or a boolean, got a {type(odd).__name__}."
        )
    if any(isinstance(label, int) and not -(2**63) <= label < 2**63 for label in labels):
        return tuple(map(str, labels))
    whole = [isinstance(x, float) and x.is_integer() and abs(x) < cells.EXACT for x in labels]
    return tuple(map(int, labels) if all(whole) else labels)


def places_of(classes: Sequence[Label]) -> dict[str, int]:
    """Return class indices by the texts of the classes.

    A class is found by its text as it stands, and else by the text of its cell in a table ("true"
    for "True").
    """
    by_cell = {cells.text_of(label) or "": i for i, label in enumerate(classes)}
    return by_cell | {_exact(label): i for i, label in enumerate(classes)}


def class_indices(
    y: NDArray[Any], name: str, classes: Sequence[Label], places: Mapping[str, int]
) -> NDArray[np.int64]:
    """Return the class index of each label (n,) of the target `name`.

    Raises
    ------
    DataError
        For a label that is no class, with its row.
    """
    codes: dict[object, int] = {}
    inverse = np.fromiter(
        (codes.setdefault(label, len(codes)) for label in y.tolist()), np.int64, len(y)
    )
    found = [places.get(_exact(x), places.get(cells.text_of(x) or "", -1)) for x in codes]
    index = np.array(found, np.int64)[inverse]
    unknown = np.flatnonzero(index < 0)
    if unknown.size:
        raise DataError(
            f"target {name!r} holds the label {y.tolist()[unknown[0]]!r} in row {unknown[0]} "
            f"(counting from 0), which training did not have: it had {listed(classes)}."
        )
    return index


def _exact(label: Any) -> str:
    """Return a label's text, unchanged where it is text."""
    return str(label) if isinstance(label, str) else cells.text_of(label) or ""
