"""The record of training in a model file, held to what is read of it: whatever loads can be shown, used and reported on.

A record is open: it may hold more than is named here, of any form. What is named may be missing or
null.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def check_training(record: dict[str, Any]) -> None:
    """Raise the ValueError for an entry of the record that is not of its form; the message names it."""
    for name, (fits, what) in ENTRIES.items():
        if record.get(name) is not None and not fits(record[name]):
            raise ValueError(f"training.{name} must {what}")


def _is_whole(value: Any) -> bool:
    return type(value) is int and 0 <= value < 2**53


def _is_number(value: Any) -> bool:
    return (type(value) is float and value >= 0.0) or _is_whole(value)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_object(value: Any) -> bool:
    return isinstance(value, dict)


def _is_list_of_texts(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_text, value))


def _is_columns(value: Any) -> bool:
    """Whether a value names the columns of the training table: each feature once, the others, and why some were left out."""
    if not _is_object(value) or not all(
        _is_list_of_texts(value.get(name)) for name in ("features", "others")
    ):
        return False
    features, left_out = value["features"], value.get("left_out", {})
    return (
        bool(features)
        and len({*features}) == len(features)
        and _is_object(left_out)
        and all(map(_is_text, left_out.values()))
    )


def _is_list_of_members(value: Any) -> bool:
    return isinstance(value, list) and all(
        _is_object(member)
        and all(
            _is_whole(member[name])
            for name in ("best_epoch", "updates")
            if member.get(name) is not None
        )
        for member in value
    )


def _is_calibration(value: Any) -> bool:
    """Whether a value says by how many rows the probabilities were calibrated, and what that changed."""
    if not _is_object(value) or not all(
        _is_number(value[name]) for name in ("temperature", "of_one") if value.get(name) is not None
    ):
        return False
    sides = [value[name] for name in ("before", "after") if value.get(name) is not None]
    rows = value.get("n_rows")
    return (
        (rows is None or _is_whole(rows))
        and all(map(_is_object, sides))
        and all(_are_scores(side) for side in sides)
    )


def _are_scores(value: Any) -> bool:
    return _is_object(value) and all(
        type(score) is float or type(score) is int or score is None for score in value.values()
    )


def _is_held_out(value: Any) -> bool:
    return _is_object(value) and _is_whole(value.get("rows")) and _are_scores(value.get("scores"))


#: What an entry must be, and the words for it after "must".
ENTRIES: dict[str, tuple[Callable[[Any], bool], str]] = {
    **dict.fromkeys(
        ("rows", "epochs", "best_epoch", "updates"), (_is_whole, "be a whole number from 0")
    ),
    "seconds": (_is_number, "be a number from 0"),
    **dict.fromkeys(("engine", "ended"), (_is_text, "be a text")),
    **dict.fromkeys(("plan", "history", "split"), (_is_object, "be an object")),
    "columns": (_is_columns, "have the lists of names features, others, each feature once"),
    "notices": (_is_list_of_texts, "be a list of texts"),
    "members": (_is_list_of_members, "be a list of objects with whole numbers"),
    "calibration": (
        _is_calibration,
        "be an object with a temperature, a number of rows and scores",
    ),
    "held_out": (_is_held_out, "be an object with a number of rows and scores"),
}
