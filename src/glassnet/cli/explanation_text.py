"""Describe explanations as text: the contributions to single answers, and their mean size."""

import math
import os
import sys
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from glassnet.cli.text import (
    clipped,
    format_table,
    labelled,
    terminal_width,
    writes_unicode,
)
from glassnet.inspection.explanation import Explanation
from glassnet.messages import counted, printable
from glassnet.model import Model

#: The largest number of columns, of outputs of a row, and of outputs side by side to show.
MAX_COLUMNS, MAX_OUTPUTS, MAX_BESIDE = 12, 3, 4
#: The largest width of a name, of a value and of a bar.
NAME_WIDTH, VALUE_WIDTH, BAR_WIDTH = 24, 20, 16


def rows_text(model: Model, found: Explanation, rows: Sequence[int], background: str) -> str:
    """Return the contributions to the answers for these rows."""
    parts = [_background(found, background)]
    contributions, errors, answers, base = _with_outputs(found)
    for i, row in enumerate(rows):
        outputs = _outputs_to_show(model, found, answers[i])
        for k in outputs[:MAX_OUTPUTS]:
            title = f"{_about(model, found, k)} is {_number(answers[i, k])}"
            parts.append("\n" + labelled(f"Row {row}", title))
            lines = _lines(found, i, contributions[i, :, k], errors[i, :, k], base[k])
            head = ("column", "value", "contribution", "error", "")
            # Exact contributions have no errors.
            kept = [c for c in range(len(head)) if head[c] != "error" or not found.exact]
            table = [[line[c] for c in kept] for line in (head, *lines)]
            parts.append(format_table(table[0], table[1:], right=range(1, len(kept) - 1)))
        if (more := len(outputs) - MAX_OUTPUTS) > 0:
            parts.append(labelled("", f"and {counted(more, 'more output')}: -o writes all"))
    return "\n".join(parts)


def summary_text(model: Model, found: Explanation, background: str) -> str:
    """Return the mean sizes of the contributions, the largest first."""
    contributions, errors, _, _ = _with_outputs(found)
    n, _, k = contributions.shape
    sizes = np.abs(contributions).mean(axis=0)
    # Targets have units of their own, and are compared by their largest contributions.
    largest = sizes.max(axis=0) if found.unit == "target" else np.ones(k)
    strength = (sizes / np.where(largest > 0.0, largest, 1.0)).sum(axis=1)
    order, bars = np.argsort(-strength, kind="stable"), _bars(strength)
    shown = range(min(k, MAX_BESIDE))
    decimals = [_decimals(sizes[:, o] if found.unit == "target" else sizes) for o in shown]

    def numbers(values: Any, more: int = 0) -> list[str]:
        return [f"{values[o]:,.{decimals[o] + more}f}" for o in shown]

    lines = [(_name(found.columns[j]), *numbers(sizes[j]), bars[j]) for j in order[:MAX_COLUMNS]]
    if not found.exact:
        lines.append(("standard error up to", *numbers(errors.max(axis=(0, 1)), 1), ""))
    heads = ["size"] if k == 1 else [_name(found.outputs[o]) for o in shown]
    what = "the probability of each class" if found.unit == "probability" else "the prediction"
    if k == 1:
        what = _about(model, found, 0)
    parts = [
        _background(found, background),
        labelled("Rows", f"{n:,}: the mean size of the contributions to {what}") + "\n",
        format_table(("column", *heads, ""), lines, right=range(1, len(heads) + 1)),
    ]
    if (more := len(order) - MAX_COLUMNS) > 0:
        parts.append(labelled("", f"and {counted(more, 'column')} with less"))
    if k > MAX_BESIDE:
        parts.append(labelled("", f"and {counted(k - MAX_BESIDE, 'more output')}: -o writes all"))
    return "\n".join(parts)


def _lines(
    found: Explanation, i: int, contributions: Any, errors: Any, base: float
) -> Iterator[tuple[str, str, str, str, str]]:
    """Yield the lines of a row: its contributions, the largest first, and their sum.

    The printed numbers add up; a line "rounding" has what the rounding left out.
    """
    order = np.argsort(-np.abs(contributions), kind="stable")
    decimals = _decimals(np.append(contributions, base))
    bars = _bars(np.abs(contributions))

    printed, sign = round(float(base), decimals), "±" if writes_unicode() else "+-"

    def signed(value: float) -> str:
        nonlocal printed
        printed += round(value, decimals)
        return f"{round(value, decimals) + 0.0:+,.{decimals}f}"

    yield ("background", "", f"{base:,.{decimals}f}", "", "")
    for j in order[:MAX_COLUMNS]:
        yield (
            _name(found.columns[j]),
            _value(found.cells[i, j]),
            signed(float(contributions[j])),
            f"{sign} {errors[j]:,.{decimals}f}",
            bars[j],
        )
    rest = contributions[order[MAX_COLUMNS:]]
    if len(rest):
        yield (f"{len(rest)} more", "", signed(float(rest.sum())), "", "")
    answer = round(float(base + contributions.sum()), decimals)
    if left := round(answer - printed, decimals):
        yield ("rounding", "", signed(left), "", "")
    yield ("answer", "", f"{answer:,.{decimals}f}", "", "")


def _background(found: Explanation, name: str) -> str:
    n = len(found.background)
    estimated = f"estimated from {found.n_evaluations:,} predictions a row"
    how = "the contributions are exact" if found.exact else estimated
    return labelled("Background", f"{counted(n, 'row')} of {name}; {how}")


def _with_outputs(found: Explanation) -> tuple[Any, Any, Any, Any]:
    """Return contributions, errors, answers and base with a last axis for the outputs."""
    n, p, k = *found.contributions.shape[:2], len(found.outputs)
    return (
        found.contributions.reshape(n, p, k),
        found.standard_errors.reshape(n, p, k),
        found.answers.reshape(n, k),
        found.base.reshape(k),
    )


def _outputs_to_show(model: Model, found: Explanation, answers: Any) -> list[int]:
    """Return the predicted class of several, otherwise all outputs."""
    if model.task == "multiclass":
        return [int(answers.argmax())]
    return list(range(len(found.outputs)))


def _about(model: Model, found: Explanation, k: int) -> str:
    """Return what an output is, such as "the probability of species = Adelie"."""
    output = _name(found.outputs[k])
    if model.task == "regression":
        return output
    if model.task == "multilabel":
        return f"the probability of {output}"
    return f"the probability of {_name(model.target.names[0])} = {output}"


def _name(name: object) -> str:
    return clipped(printable(name), NAME_WIDTH)


def _value(cell: Any) -> str:
    """Return a cell of the table as text."""
    if cell is None:
        return "missing"
    if isinstance(cell, np.datetime64):
        text = str(cell).removesuffix(".000000").removesuffix("T00:00:00").replace("T", " ")
        return clipped(text, VALUE_WIDTH)
    return clipped(f"{cell:.6g}" if isinstance(cell, float) else printable(cell), VALUE_WIDTH)


def _number(value: float) -> str:
    return f"{value:,.{_decimals(np.array([value]))}f}"


def _decimals(values: Any) -> int:
    """Return how many decimals the largest value needs for three significant digits, up to 6."""
    largest = float(np.abs(values).max(initial=0.0))
    return min(6, max(0, 2 - math.floor(math.log10(largest)))) if largest > 0.0 else 3


def _bars(sizes: Any) -> list[str]:
    """Return a bar for each size; the longest one fits beside the table."""
    ascii_only = os.environ.get("NO_COLOR") or not writes_unicode() or not sys.stdout.isatty()
    mark = "#" if ascii_only else "█"
    largest = float(sizes.max(initial=0.0)) or 1.0
    room = BAR_WIDTH if terminal_width() >= 80 else BAR_WIDTH // 2
    return [mark * round(room * float(size) / largest) for size in sizes]
