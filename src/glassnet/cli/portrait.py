"""What a model is, in lines that `train` and `show` share: its target, its network, how it was trained."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from glassnet.cli.words import counted, duration, labelled, listed, printable, table

if TYPE_CHECKING:
    from glassnet.data.coding.target import Target
    from glassnet.model import Model
    from glassnet.network import Network

# The settings that are worth a look, and how they are said.
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


def target_in_words(target: Target, room: int) -> str:
    """Return what is predicted."""
    names = listed([printable(name) for name in target.names], room)
    if target.task == "regression":
        return (
            f"{names}: a number"
            if len(target.names) == 1
            else f"{names}: {counted(len(target.names), 'number')}"
        )
    if target.task == "multilabel":
        return f"{names}: labels, each yes or no"
    classes = listed([printable(label) for label in target.classes], room)
    return f"{names}: one of {counted(len(target.classes), 'class', 'classes')}: {classes}"


def network_lines(network: Network) -> str:
    """Return the layers as a table with shapes and numbers of parameters, under a line that sums them up."""
    rows, n_in = [], network.n_features
    for name, words, n_out, count in network.summary():
        rows.append((name, words, f"{n_in:,} -> {n_out:,}", f"{count:,}"))
        n_in = n_out
    total = f"{counted(network.n_features, 'feature')} -> {counted(network.n_outputs, 'score')}, "
    total += f"{counted(network.parameters.theta.size, 'parameter')}, {network.dtype}"
    if network.n_members > 1:
        total += f"; the mean of {network.n_members} members with these layers each"
    return f"{labelled('Network', total)}\n{table(('layer', 'kind', 'shape', 'parameters'), rows, right=(3,))}"


def settings_in_words(plan: Mapping[str, Any]) -> str:
    """Return the settings of a recorded plan that are in use."""
    words = []
    for name, said in SETTINGS.items():
        value = plan.get(name)
        idle = value in (None, 0, "constant") and name != "seed"
        if (
            not idle
            and isinstance(value, int | float if "{:g}" in said else int | float | str)
            and (name != "patience" or plan.get("early_stopping"))
        ):
            words.append(said.format(printable(value) if isinstance(value, str) else value))
    return ", ".join(words)


def epochs_in_words(record: Mapping[str, Any]) -> str:
    """Return how many epochs a model was trained for, and of how many, and how many members, where time was short; nothing if unknown."""
    epochs, plan = record.get("epochs"), record.get("plan")
    if not isinstance(epochs, int):
        return ""
    if record.get("ended") != "time limit" or not isinstance(plan, Mapping):
        return counted(epochs, "epoch")
    planned, members, recipe = plan.get("max_epochs"), record.get("members"), plan.get("recipe")
    all_members = recipe.get("members") if isinstance(recipe, Mapping) else None
    said = (
        f"{epochs:,} of {counted(planned, 'epoch')}"
        if isinstance(planned, int)
        else counted(epochs, "epoch")
    )
    if isinstance(members, list) and isinstance(all_members, int) and len(members) < all_members:
        said += f" with {len(members)} of {counted(all_members, 'member')}"
    return said


def keep_their_best(record: Mapping[str, Any]) -> bool:
    """Return whether a record tells of members that each keep the weights of their best epoch."""
    members = record.get("members")
    members = members if isinstance(members, list) else []
    return bool(members) and all(
        isinstance(member, dict) and isinstance(member.get("best_epoch"), int) for member in members
    )


def training_in_words(record: Mapping[str, Any]) -> str:
    """Return how long a model was trained and how that ended; a record may come from a stranger's file, so nothing in it is sure."""

    def whole(name: str) -> int | None:
        value = record.get(name)
        return value if isinstance(value, int) else None

    best, rows, seconds, engine = (
        whole("best_epoch"),
        whole("rows"),
        record.get("seconds"),
        record.get("engine"),
    )
    said = [epochs] if (epochs := epochs_in_words(record)) else []
    if rows is not None:
        said.append(f"on {counted(rows, 'row')}")
    if isinstance(seconds, int | float):
        said.append(f"in {duration(seconds)}")
    if isinstance(engine, str):
        said.append(f"on the {printable(engine)} engine")
    kept = f"; the weights of epoch {best + 1}, the best, are kept" if best is not None else ""
    if keep_their_best(record):
        kept = "; each member keeps the weights of its best epoch"
    ended = record.get("ended")
    return (
        " ".join(said)
        + (f" ({printable(ended)})" if isinstance(ended, str) and said else "")
        + kept
    )


def calibration_in_words(model: Model) -> str:
    """Return what the rows held out to calibrate with changed, before and after; a record may come from a stranger's file."""
    if model.intervals is not None:
        return f"intervals by {counted(len(model.intervals.scores), 'row')} held out for it"
    record = model.training.get("calibration")
    if not isinstance(record, Mapping) or not all(
        isinstance(record.get(name), int | float) for name in ("temperature", "n_rows")
    ):
        return ""
    said = f"temperature {record['temperature']:.3g} by {counted(int(record['n_rows']), 'row')} held out for it"
    before, after = record.get("before"), record.get("after")
    if (
        not isinstance(before, Mapping)
        or not isinstance(after, Mapping)
        or record["temperature"] == 1.0
    ):
        return said
    names = {
        "log_loss": "log loss",
        "brier_score": "Brier score",
        "calibration_error": "calibration error",
    }
    found = [(what, before.get(name), after.get(name)) for name, what in names.items()]
    changes = [
        f"{what} {b:.3g} to {a:.3g}"
        for what, b, a in found
        if isinstance(a, float) and isinstance(b, float)
    ]
    of_one = record.get("of_one", record["temperature"])
    # The mean of members has seen these rows: the scores are those of single members, divided by a
    # temperature of their own.
    whose = (
        f"; of single members, divided by {of_one:.3g}"
        if isinstance(of_one, float) and of_one != record["temperature"]
        else ""
    )
    return f"{said}{whose}: {', '.join(changes)}" if changes else said
