"""Checks of the target in a model file: everything in it fits together."""

from __future__ import annotations

from typing import Any

from glassnet.data.coding.target import Target
from glassnet.data.serialization import stored_fields
from glassnet.storage.strict import check_record

stored_fields(Target)  # now, not while a file is loaded


def parse_target(said: Any) -> Target:
    """Return the target that a description holds.

    Raises
    ------
    ValueError
        For a target that no values have.
    """
    check_record(Target, said, "target")
    target = Target.from_plain(said)
    names, classes, n_outputs = target.names, target.classes, target.n_outputs
    if (
        not names
        or len(set(classes)) != len(classes)
        or len({type(label) for label in classes}) > 1
    ):
        raise ValueError("the target needs a name, and classes of one type that differ")
    fits, expected = {
        "binary": (len(names) == 1 and 1 <= len(classes) <= 2, 1),
        "multiclass": (len(names) == 1 and len(classes) >= 1, len(classes)),
        "multilabel": (classes == names, len(names)),
        "regression": (not classes, len(names)),
    }[target.task]
    n_numbers = n_outputs if target.task == "regression" else 0
    lengths = (n_outputs, len(target.mean), len(target.scale))
    if not fits or lengths != (expected, n_numbers, n_numbers):
        raise ValueError(f"names, classes and scales do not make a {target.task} target")
    if not all(scale > 0.0 for scale in target.scale):
        raise ValueError("scales must be above 0")
    if target.forms and len(target.forms) != n_numbers:
        raise ValueError("forms must have one entry for each number")
    ends = len(target.low), len(target.high)
    if ends not in ((0, 0), (n_numbers, n_numbers)) or any(
        low > high for low, high in zip(target.low, target.high, strict=True)
    ):
        raise ValueError("low and high must have one entry for each number, the smaller one in low")
    if len(target.sign) not in (0, n_numbers) or any(
        sign not in (-1, 0, 1) for sign in target.sign
    ):
        raise ValueError("sign must be -1, 0 or 1 for each number")
    return target
