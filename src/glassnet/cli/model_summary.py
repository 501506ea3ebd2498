"""Describe a model as text for `train` and `show`: target, network, settings, training.

Every entry of a training record may be absent or None, and entries that `glassnet.storage.record`
does not check may have any type.
"""

from collections.abc import Mapping
from typing import Any

from glassnet.cli.text import duration, fitted_list, format_table, labelled
from glassnet.data.coding.target import Target
from glassnet.messages import counted, format_number, printable
from glassnet.model import Model
from glassnet.network import Network

#: The settings to show, and their text.
SETTINGS = {
    "optimizer": "{} optimizer",
    "learning_rate": "learning rate {:g}",
    "schedule": "{} schedule",
    "dropout_schedule": "{} schedule of dropout",
    "decay_schedule": "{} schedule of decay",
    "batch_size": "batches of {} rows",
    "max_epochs": "at most {} epochs",
    "patience": "stops after {} without gain",
    "time_limit": "{:g} seconds at most",
    "weight_decay": "weight decay {:g}",
    "l1": "L1 penalty {:g}",
    "l2": "L2 penalty {:g}",
    "label_smoothing": "label smoothing {:g}",
    "clip_norm": "gradients clipped to {:g}",
    "seed": "seed {}",
}
CALIBRATION_SCORES = {
    "log_loss": "log loss",
    "brier_score": "Brier score",
    "calibration_error": "calibration error",
}


def describe_target(target: Target, room: int) -> str:
    """Return the target and the kind of its predictions."""
    names = fitted_list(list(map(printable, target.names)), room)
    if target.task == "regression":
        n = len(target.names)
        return f"{names}: {'a number' if n == 1 else counted(n, 'number')}"
    if target.task == "multilabel":
        return f"{names}: labels, each yes or no"
    classes = fitted_list(list(map(printable, target.classes)), room)
    return f"{names}: one of {counted(len(target.classes), 'class', 'classes')}: {classes}"


def describe_network(network: Network) -> str:
    """Return a summary line and a table of the layers with shapes and numbers of parameters."""
    rows, n_in = [], network.n_features
    for name, kind, n_out, count in network.summary():
        of_member = name.rpartition("*.")[2]  # the whole name leaves no room in 80 columns
        rows.append((of_member, kind, f"{n_in:,} -> {n_out:,}", f"{count:,}"))
        n_in = n_out
    total = f"{counted(network.n_features, 'feature')} -> {counted(network.n_outputs, 'score')}, "
    total += f"{counted(network.parameters.theta.size, 'parameter')}, {network.dtype}"
    if network.n_members > 1:
        total += f"; the mean of {network.n_members} members with these layers each, "
        total += "counted over all members"
    layers = format_table(("layer", "kind", "shape", "parameters"), rows, right=(3,))
    return f"{labelled('Network', total)}\n{layers}"


def describe_settings(plan: Mapping[str, Any]) -> str:
    """Return the settings in use, from the plan in a training record."""
    shown = []
    for name, text in SETTINGS.items():
        value = plan.get(name)
        used = value not in (None, 0, "constant") or name == "seed"
        if name == "patience":
            used = used and bool(plan.get("early_stopping"))
        if used and isinstance(value, int | float if "{:g}" in text else int | float | str):
            shown.append(text.format(printable(value) if isinstance(value, str) else value))
    return ", ".join(shown)


def describe_epochs(record: Mapping[str, Any]) -> str:
    """Return the number of epochs, "" if unknown; after a time limit also the planned number."""
    epochs, plan = record.get("epochs"), record.get("plan")
    if epochs is None:
        return ""
    if record.get("ended") != "time limit" or plan is None:
        return counted(epochs, "epoch")
    planned, members, recipe = plan.get("max_epochs"), record.get("members"), plan.get("recipe")
    text = f"{epochs:,} of " if isinstance(planned, int) else ""
    text += counted(planned if isinstance(planned, int) else epochs, "epoch")
    n_planned = recipe.get("members") if isinstance(recipe, Mapping) else None
    if members is not None and isinstance(n_planned, int) and len(members) < n_planned:
        text += f" with {len(members)} of {counted(n_planned, 'member')}"
    return text


def members_keep_best(record: Mapping[str, Any]) -> bool:
    """Return whether each member of an ensemble keeps the weights of its best epoch."""
    members = record.get("members") or []
    return bool(members) and all(m.get("best_epoch") is not None for m in members)


def describe_training(record: Mapping[str, Any]) -> str:
    """Return the duration of the training, the rows and engine, and how it ended."""
    names = ("rows", "seconds", "engine", "ended", "best_epoch")
    rows, seconds, engine, ended, best = map(record.get, names)
    parts = [
        describe_epochs(record),
        "" if rows is None else f"on {counted(rows, 'row')}",
        "" if seconds is None else f"in {duration(seconds)}",
        "" if engine is None else f"on the {printable(engine)} engine",
    ]
    text = " ".join(filter(None, parts))
    if text and ended is not None:
        text += f" ({printable(ended)})"
    if members_keep_best(record):
        return f"{text}; each member keeps the weights of its best epoch"
    if best is not None:
        text += f"; the weights of epoch {best + 1}, the best, are kept"
    return text


def describe_calibration(model: Model) -> str:
    """Return the temperature or the intervals, and the scores before and after; "" without both."""
    if model.intervals is not None:
        return f"intervals by {counted(len(model.intervals.scores), 'row')} held out for it"
    record = model.training.get("calibration") or {}
    temperature, n_rows = record.get("temperature"), record.get("n_rows")
    if temperature is None or n_rows is None:
        return ""
    text = f"temperature {temperature:.3g} by {counted(n_rows, 'row')} held out for it"
    before, after = record.get("before") or {}, record.get("after") or {}
    changes = [
        f"{name} {format_number(before[key], 3)} to {format_number(after[key], 3)}"
        for key, name in CALIBRATION_SCORES.items()
        if before.get(key) is not None and after.get(key) is not None
    ]
    if not changes or temperature == 1.0:
        return text
    # Some members were trained on these rows, so the scores are those of single members, each
    # with its own temperature.
    own = record.get("of_one")
    if own is not None and own != temperature:
        text += f"; of single members, divided by {own:.3g}"
    return f"{text}: {', '.join(changes)}"
