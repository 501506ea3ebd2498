"""Validate the training record in a model file, so that it can be displayed.

A record may have more entries than are named here, of any type. A named entry may be absent or
null.
"""

from collections.abc import Callable, Mapping
from typing import Any

from glassnet.storage.strict import require

Check = Callable[[Any], bool]


def check_training(record: dict[str, Any]) -> None:
    """Raise a ValueError that names the entry if an entry of the record has a wrong type."""
    for name, (fits, what) in ENTRIES.items():
        require(record.get(name) is None or fits(record[name]), f"training.{name} must {what}")


def _is_integer(value: Any) -> bool:
    return type(value) is int and 0 <= value < 2**53


def _is_number(value: Any) -> bool:
    return (type(value) is float and value >= 0.0) or _is_integer(value)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_object(value: Any) -> bool:
    return isinstance(value, dict)


def _is_list_of(fits: Check) -> Check:
    return lambda value: isinstance(value, list) and all(map(fits, value))


def _is_object_with(entries: Mapping[str, Check]) -> Check:
    """Return a check for an object whose named entries are absent, null or valid."""
    return lambda value: (
        isinstance(value, dict)
        and all(value.get(name) is None or fits(value[name]) for name, fits in entries.items())
    )


def _is_columns(value: Any) -> bool:
    """Return whether a value lists the columns of the training table, each feature once."""
    texts = _is_list_of(_is_text)
    if not _is_object(value) or not texts(value.get("features")) or not texts(value.get("others")):
        return False
    features, left_out = value["features"], value.get("left_out", {})
    is_named = bool(features) and len({*features}) == len(features)
    return is_named and _is_object(left_out) and all(map(_is_text, left_out.values()))


def _are_scores(value: Any) -> bool:
    return _is_object(value) and all(
        type(score) in (float, int) or score is None for score in value.values()
    )


def _is_held_out(value: Any) -> bool:
    return _is_object(value) and _is_integer(value.get("rows")) and _are_scores(value.get("scores"))


_is_calibration = _is_object_with(
    {
        "temperature": _is_number,
        "of_one": _is_number,
        "n_rows": _is_integer,
        "before": _are_scores,
        "after": _are_scores,
    }
)

#: The check of each entry, and the description of it that follows "must" in the message.
ENTRIES: dict[str, tuple[Check, str]] = {
    **dict.fromkeys(
        ("rows", "epochs", "best_epoch", "updates"), (_is_integer, "be a whole number from 0")
    ),
    "seconds": (_is_number, "be a number from 0"),
    **dict.fromkeys(("engine", "ended"), (_is_text, "be a text")),
    **dict.fromkeys(("plan", "history", "split"), (_is_object, "be an object")),
    "columns": (_is_columns, "have the lists of names features, others, each feature once"),
    "notices": (_is_list_of(_is_text), "be a list of texts"),
    "members": (
        _is_list_of(_is_object_with({"best_epoch": _is_integer, "updates": _is_integer})),
        "be a list of objects with whole numbers",
    ),
    "calibration": (
        _is_calibration,
        "be an object with a temperature, a number of rows and scores",
    ),
    "held_out": (_is_held_out, "be an object with a number of rows and scores"),
}
