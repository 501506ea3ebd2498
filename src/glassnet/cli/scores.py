"""Describe an evaluation as text for `train` and `evaluate`: scores, classes, verdict."""

import sys
from collections.abc import Iterator

from glassnet.cli.text import (
    LABEL_WIDTH,
    clipped,
    format_table,
    labelled,
    styled,
    terminal_width,
)
from glassnet.messages import counted, format_share, printable
from glassnet.report import Evaluation
from glassnet.report.metrics import format_scores

#: The maximum number of classes (those with the most rows) or targets (the first ones) to show.
MAX_SHOWN = 12
#: The maximum width of the name of a class, a target or a baseline; the latter on a terminal of 80
#: columns, where the scores take the rest.
NAME_WIDTH, BASELINE_WIDTH = 40, 20


def evaluation_lines(evaluation: Evaluation) -> Iterator[str]:
    """Yield the paragraphs of an evaluation."""
    names = list(evaluation.values)
    low = {score.name: score.low for score in evaluation.scores if score.low is not None}
    high = {score.name: score.high for score in evaluation.scores if score.high is not None}
    width = BASELINE_WIDTH if sys.stdout.isatty() else NAME_WIDTH
    lines = [
        ("network", *format_scores(names, evaluation.values)),
        ("  95 % interval from", *format_scores(names, low)),
        ("  to", *format_scores(names, high)),
        *(
            (clipped(_shown(rival.name), width), *format_scores(names, rival.scores))
            for rival in evaluation.rivals
            if rival.scores
        ),
    ]
    head = (f"on {counted(evaluation.n_rows, 'row')}", *names)
    yield format_table(head, lines, right=range(1, len(head)))
    for rival in evaluation.rivals:
        if rival.note:
            note = printable(f"{_shown(rival.name)}: {rival.note}")
            yield " " * LABEL_WIDTH + styled(note, dim=True)
    if evaluation.per_class:
        yield "\n" + _class_table(evaluation)
    if len(evaluation.residuals) > 1:
        yield "\n" + _target_table(evaluation)
    verdict = clipped(printable(evaluation.judgement), 10 * terminal_width())
    yield "\n" + labelled("Verdict", verdict)


def _shown(name: object) -> str:
    return clipped(printable(name), NAME_WIDTH)


def _class_table(evaluation: Evaluation) -> str:
    classes = evaluation.per_class
    more = len(classes) - MAX_SHOWN
    if more > 0:
        classes = tuple(sorted(classes, key=lambda c: -c.rows)[:MAX_SHOWN])
    lines = [
        (
            _shown(c.label),
            *("-" if x is None else format_share(x) for x in (c.precision, c.recall, c.f1)),
            f"{c.rows:,}",
        )
        for c in classes
    ]
    text = format_table(("class", "precision", "recall", "F1", "rows"), lines, right=(1, 2, 3, 4))
    if more > 0:
        text += "\n" + labelled("", f"and {counted(more, 'rarer class', 'rarer classes')}")
    return text


def _target_table(evaluation: Evaluation) -> str:
    names = list(evaluation.residuals[0].scores)
    shown = evaluation.residuals[:MAX_SHOWN]
    lines = [(_shown(one.target), *format_scores(names, one.scores)) for one in shown]
    text = format_table(("target", *names), lines, right=range(1, len(names) + 1))
    if more := len(evaluation.residuals) - len(shown):
        text += "\n" + labelled("", f"and {counted(more, 'more target')}")
    return text
