"""Describe the data of a training as text: columns, target, task and rows."""

import numpy as np

from glassnet.cli.text import fitted_list, terminal_width
from glassnet.cli.training_data import TrainingData
from glassnet.messages import counted, format_number, printable

SPLITS = {
    "group": "whole groups",
    "time": "the latest",
    "class": "of each class its share",
    "chance": "at random",
}


def describe_columns(data: TrainingData) -> list[tuple[str, str, str]]:
    """Return (count, kind, names) for each kind, for missing values, and for columns left out."""
    features, room = data.prepared.table, terminal_width() - 28
    kinds = features.schema.kinds
    n_levels = {name: len(features.others[name].levels) for name in features.schema.categories}
    found: dict[str, list[str]] = {
        kind: [] for kind in ("number", "category", "boolean", "datetime")
    }
    for name, kind in kinds.items():
        levels = f" ({n_levels[name]})" if kind == "category" else ""
        found[kind].append(printable(name) + levels)
    n_missing = zip(features.schema.numbers, np.isnan(features.numbers).sum(axis=0), strict=True)
    names = (*features.schema.categories, *features.schema.dates)
    others = ((name, features.missing(name).sum()) for name in names)
    missing = [f"{printable(name)} ({n:,})" for name, n in (*n_missing, *others) if n]
    rows = [
        ("number", "numbers", found["number"]),
        ("category", "categories", found["category"]),
        ("yes or no", "yes or no", found["boolean"]),
        ("date-time", "date-times", found["datetime"]),
        ("with missing", "with missing", missing),
        ("left out", "left out", list(map(printable, data.prepared.left_out))),
    ]
    return [
        (str(len(names)), one if len(names) == 1 else many, fitted_list(names, room))
        for one, many, names in rows
        if names
    ]


def describe_target_values(data: TrainingData) -> str:
    """Return the share of each class of the target, or the range of its numbers."""
    values, width = data.prepared.values, terminal_width()
    names = fitted_list(list(map(printable, data.prepared.names)), width)
    if data.task == "multilabel":
        return f"{names}: labels, each yes or no"
    if values.ndim > 1:
        return f"{names}: numbers"
    if data.task == "regression" and values.dtype != object:
        low, high, mean = (format_number(x, 6) for x in (values.min(), values.max(), values.mean()))
        return f"{names}: a number, from {low} to {high}, mean {mean}"
    texts = np.where(values, "true", "false") if values.dtype == bool else values.astype(str)
    labels, counts = np.unique(texts, return_counts=True)
    shares = [
        f"{printable(labels[i].removesuffix('.0'))} {100.0 * counts[i] / len(values):.3g} %"
        for i in np.argsort(-counts, kind="stable")
    ]
    classes = counted(len(labels), "class", "classes")
    return f"{names}: one of {classes}: {fitted_list(shares, width)}"


def describe_task_rule(data: TrainingData) -> str:
    """Return a short text for the rule that chose the task, see `data.coding.target_arrays`."""
    values = data.prepared.values
    if values.ndim > 1:
        if data.task == "multilabel":
            return "several columns of yes or no are taken for labels"
        return "several columns of numbers are taken for quantities"
    if values.dtype == bool:
        return "true and false are classes"
    if values.dtype == object:
        return "text is taken for classes"
    if (values != np.floor(values)).any():
        return "numbers with fractions are taken for a quantity"
    classes = "few enough to be taken for classes"
    taken = "taken for a quantity" if data.task == "regression" else classes
    return f"whole numbers, {len(np.unique(values)):,} different ones: {taken}"


def describe_rows(data: TrainingData) -> str:
    """Return how many rows are used for training, for early stopping and for the score."""
    validation, held_out = data.validation, data.held_out
    text = f"{data.training.n:,} to learn from"
    if validation:
        text += f", {validation.n:,} of a file to stop by"
    if held_out and data.split:
        return f"{text}, {held_out.n:,} held out for the score ({SPLITS[data.split.by]})"
    if held_out and data.test:
        return f"{text}, {held_out.n:,} of {printable(data.test.name)} for the score"
    multilabel = "labels that may go together have no scores yet"
    reason = multilabel if data.task == "multilabel" else "there will be no score"
    return f"{'' if validation else 'all '}{text}, none held out: {reason}"
