"""An evaluation in lines that `train` and `evaluate` share: scores with intervals beside simpler models, each class, the judgement."""

from __future__ import annotations

from collections.abc import Iterator

from glassnet.cli.words import (
    LABEL,
    clipped,
    counted,
    labelled,
    printable,
    score,
    styled,
    table,
    width,
)
from glassnet.report import Evaluation
from glassnet.report.bootstrap import Score

#: Classes or targets of a table; of more, those with the most rows, or the first ones, are shown.
MOST_SHOWN = 12
#: Columns of the terminal that the name of a class, a target or a simpler model may take.
NAME_ROOM = 40


def evaluation_lines(found: Evaluation) -> Iterator[str]:
    """Yield the paragraphs of an evaluation."""
    names = list(found.values)
    lines = [("network", *(score(name, value) for name, value in found.values.items()))]
    lines.append(("  95 % interval", *(_interval(one) for one in found.scores)))
    lines += [
        (
            _named(rival.name),
            *(score(name, rival.scores[name]) if name in rival.scores else "-" for name in names),
        )
        for rival in found.rivals
        if rival.scores
    ]
    yield table(
        (f"on {counted(found.n_rows, 'row')}", *names), lines, right=range(1, len(names) + 1)
    )
    for rival in found.rivals:
        if rival.note:
            yield " " * LABEL + styled(printable(f"{_named(rival.name)}: {rival.note}"), dim=True)
    if found.per_class:
        yield "\n" + _classes(found)
    if len(found.residuals) > 1:
        yield "\n" + _targets(found)
    yield "\n" + labelled("Judgement", clipped(printable(found.judgement), 10 * width()))


def _interval(one: Score) -> str:
    if one.low is None or one.high is None:
        return "-"
    return f"{score(one.name, one.low).removesuffix(' %')} to {score(one.name, one.high)}"


def _classes(found: Evaluation) -> str:
    order = (
        sorted(found.per_class, key=lambda one: -one.rows)[:MOST_SHOWN]
        if len(found.per_class) > MOST_SHOWN
        else found.per_class
    )
    more = len(found.per_class) - len(order)
    lines = [
        (
            _named(one.label),
            _share(one.precision),
            _share(one.recall),
            _share(one.f1),
            f"{one.rows:,}",
        )
        for one in order
    ]
    text = table(("class", "precision", "recall", "F1", "rows"), lines, right=(1, 2, 3, 4))
    return text + (
        f"\n{' ' * LABEL}and {counted(more, 'rarer class', 'rarer classes')}" if more > 0 else ""
    )


def _named(name: object) -> str:
    return clipped(printable(name), NAME_ROOM)


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _targets(found: Evaluation) -> str:
    names = list(found.residuals[0].scores)
    shown = found.residuals[:MOST_SHOWN]
    lines = [
        (
            _named(one.target),
            *(score(name, one.scores[name]) if name in one.scores else "-" for name in names),
        )
        for one in shown
    ]
    more = len(found.residuals) - len(shown)
    text = table(("target", *names), lines, right=range(1, len(names) + 1))
    return text + (f"\n{' ' * LABEL}and {counted(more, 'more target')}" if more else "")
