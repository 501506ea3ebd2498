"""The sections of the page about the scores: how good the model is, beside which others, and what lies behind that."""

from __future__ import annotations

from collections.abc import Sequence

from glassnet.messages import format_number
from glassnet.report.bootstrap import LEVEL, RESAMPLES, Score
from glassnet.report.charts import histogram, reliability, scatter
from glassnet.report.classes import Calibration, ClassScores, Confusion
from glassnet.report.evaluation import Evaluation, Rival
from glassnet.report.markup import Content, Markup, element, joined, name, table
from glassnet.report.metrics import format_score
from glassnet.report.residuals import SHARES, Residuals

#: Of more classes or targets the page shows the first ones; the evaluation as JSON holds them all.
MAX_CLASSES, MAX_TARGETS = 200, 4
#: A larger confusion matrix takes the whole width.
MAX_BESIDE = 6

MEANINGS = {
    "accuracy": "share of rows that are right",
    "balanced accuracy": "mean over classes of the share that is right",
    "AUC": "area under the ROC curve: 0.5 is guessing, 1 is perfect",
    "log loss": "mean of -log(probability of the true class): smaller is better",
    "R2": "share of the variance that is explained: 0 is the mean, 1 is perfect",
    "RMSE": "root mean squared error, in the target's units",
    "MAE": "mean absolute error, in the target's units",
}
OUTCOMES = {"better": "better", "same": "no clear difference", "worse": "worse", None: ""}


def result(evaluation: Evaluation) -> Markup:
    """Return the judgement and the scores."""
    cards = [
        element(
            "li",
            score.name,
            element("b", format_score(score.name, score.value)),
            element("small", _interval(score)),
        )
        for score in evaluation.scores
    ]
    rows: list[tuple[Content, ...]] = [
        (s.name, format_score(s.name, s.value), _bounds(s), MEANINGS[s.name])
        for s in evaluation.scores
    ]
    return section(
        "Result",
        element("p", evaluation.judgement, class_="judgement"),
        element("ul", *cards, class_="cards"),
        details(
            "The scores as a table",
            table("Scores", ("score", "value", "95 % interval", "what it is"), rows, right=(1, 2)),
        ),
        element(
            "p",
            f"Intervals hold the middle {100.0 * LEVEL:.0f} % of {RESAMPLES:,} bootstrap resamples "
            f"of the {evaluation.n_rows:,} rows. ",
            "Rows are weighted." if evaluation.weighted else None,
            class_="faint",
        ),
    )


def comparison(evaluation: Evaluation) -> Markup:
    """Return the network beside its rivals, on the same rows."""
    names = [score.name for score in evaluation.scores]
    first = (
        "network",
        *(format_score(n, evaluation.values[n]) for n in names),
        "",
        _rows(evaluation.n_training),
        _seconds(evaluation.seconds),
        "",
    )
    rows: list[tuple[Content, ...]] = [first]
    for rival in evaluation.rivals:
        values = (format_score(n, rival.scores[n]) if n in rival.scores else "-" for n in names)
        learned = _rows(rival.n_rows or None)
        rows.append(
            (
                name(rival.name),
                *values,
                OUTCOMES[rival.outcome],
                learned,
                _seconds(rival.seconds),
                name(rival.note),
            )
        )
    head = ("", *names, "the network is", "learned from", "seconds", "note")
    if not any(rival.note for rival in evaluation.rivals):
        head, rows = head[:-1], [row[:-1] for row in rows]
    n = len(names)
    return section(
        "Beside simpler models",
        table(
            "All were scored on the same rows", head, rows, right=(*range(1, n + 1), n + 2, n + 3)
        ),
        element(
            "p",
            _differences(
                evaluation.rivals, names[0] if "accuracy" in names or "R2" in names else "RMSE"
            ),
            class_="faint",
        ),
    )


def behind(evaluation: Evaluation) -> Markup:
    """Return what lies behind the scores."""
    if evaluation.residuals:
        more = len(evaluation.residuals) - MAX_TARGETS
        parts = [_residuals(one) for one in evaluation.residuals[:MAX_TARGETS]]
        return section(
            "Errors",
            *parts,
            element("p", f"{more} further targets are not shown.") if more > 0 else None,
        )
    assert evaluation.confusion
    pair = [_confusion(evaluation.confusion), _classes(evaluation.per_class)]
    side_by_side = len(evaluation.confusion.labels) <= MAX_BESIDE
    return joined(
        section("Classes", element("div", *pair, class_="pair" if side_by_side else None)),
        _calibration(evaluation.calibration) if evaluation.calibration else None,
    )


def section(title: str, *children: Content) -> Markup:
    """Return a section under its heading."""
    return element("section", element("h2", title), *children)


def figure(caption: str, chart: Markup) -> Markup:
    """Return a chart under what it shows."""
    return element("figure", element("figcaption", caption), chart)


def details(summary: str, *children: Content) -> Markup:
    """Return what is shown on request."""
    return element("details", element("summary", summary), *children)


def _interval(score: Score) -> str:
    return f"95 % interval {_bounds(score)}" if score.low is not None else "no interval"


def _bounds(score: Score) -> str:
    if score.low is None or score.high is None:
        return "-"
    return f"{format_score(score.name, score.low).removesuffix(' %')} to {format_score(score.name, score.high)}"


def _rows(n: int | None) -> str:
    return "-" if n is None else f"{n:,} rows"


def _seconds(seconds: float | None) -> str:
    return "-" if seconds is None else f"{seconds:.2f}"


def _differences(rivals: Sequence[Rival], metric: str) -> str:
    said = [
        f"{name(r.name)} {_signed(metric, r.difference)} ({_signed(metric, r.low)} to "
        f"{_signed(metric, r.high)})"
        for r in rivals
        if r.outcome
    ]
    points = " in percentage points" if metric == "accuracy" else ""
    return (
        f"The network's {metric} minus theirs{points}, with its 95 % interval on the same "
        f"resamples: {'; '.join(said)}."
        if said
        else ""
    )


def _signed(metric: str, value: float | None) -> str:
    text = "-" if value is None else format_score(metric, value).removesuffix(" %")
    return f"+{text}" if value is not None and value > 0.0 else text


def _confusion(confusion: Confusion) -> Markup:
    """Return the matrix as a table whose cells are the darker the more of the class of their row they hold."""
    labels = [name(label, 40) for label in confusion.labels]
    rows = []
    for i, (label, counts) in enumerate(zip(labels, confusion.counts, strict=True)):
        shares = [100.0 * n / max(sum(counts), 1) for n in counts]
        cells = [
            element("td", f"{n:,}", style=f"--share:{share:.0f}", class_=_cell(share, right=i == j))
            for j, (n, share) in enumerate(zip(counts, shares, strict=True))
        ]
        rows.append(element("tr", element("th", label, scope="row"), *cells))
    head = element(
        "tr",
        element("th", "true \\ predicted", scope="col"),
        *(element("th", label, scope="col", class_="number") for label in labels),
    )
    caption = (
        "Rows of each true class by the class that was predicted; outlined where both are the same"
    )
    whole = element(
        "table", element("caption", caption), element("thead", head), element("tbody", *rows)
    )
    return element(
        "div",
        element("h3", "Confusion"),
        element(
            "div",
            whole,
            class_="scroll confusion",
            tabindex=0,
            role="region",
            aria_label="Confusion matrix",
        ),
    )


def _cell(share: float, *, right: bool) -> str | None:
    return (
        " ".join(filter(None, ("strong" if share >= 60.0 else "", "right" if right else "")))
        or None
    )


def _classes(classes: Sequence[ClassScores]) -> Markup:
    rows: list[tuple[Content, ...]] = [
        (name(c.label), f"{c.rows:,}", _share(c.precision), _share(c.recall), _share(c.f1))
        for c in classes[:MAX_CLASSES]
    ]
    more = len(classes) - MAX_CLASSES
    said = "Precision: of the rows predicted as the class, the share that is of it. Recall: of its rows, the share that was found."
    return element(
        "div",
        element("h3", "Each class"),
        table(
            "Each class by itself",
            ("class", "rows", "precision", "recall", "F1"),
            rows,
            right=range(1, 5),
        ),
        element(
            "p",
            said,
            f" {more:,} further classes are not shown." if more > 0 else None,
            class_="faint",
        ),
    )


def _share(value: float | None) -> str:
    return "-" if value is None else f"{100.0 * value:.1f} %"


def _calibration(calibration: Calibration) -> Markup:
    rows: list[tuple[Content, ...]] = [
        (f"{b.low:.1f} to {b.high:.1f}", f"{b.rows:,}", _share(b.confidence), _share(b.frequency))
        for b in calibration.bins
        if b.rows
    ]
    says = "Calibration: " + "; ".join(
        f"mean probability {r[2]}, right in {r[3]} of {r[1]} rows" for r in rows
    )
    said = (
        "Points on the dotted diagonal are predictions that are right as often as they say; below "
        f"it they say too much. The expected calibration error is {100.0 * calibration.error:.1f} "
        "%."
    )
    return section(
        "Calibration",
        element("p", said),
        element(
            "div",
            figure(
                "How often predictions were right, over how sure they were; larger points are more "
                "rows",
                reliability(calibration.bins, says=says),
            ),
            table(
                "Predictions by the probability of the predicted class",
                ("probability", "rows", "mean", "right"),
                rows,
                right=(1, 2, 3),
            ),
            class_="pair",
        ),
    )


def _residuals(one: Residuals) -> Markup:
    spread: list[tuple[Content, ...]] = [
        *(
            (f"{100.0 * share:.0f} % of rows are at most", format_number(q))
            for share, q in zip(SHARES, one.quantiles, strict=True)
        ),
        ("mean", format_number(one.mean)),
        ("standard deviation", format_number(one.deviation)),
    ]
    counts: list[tuple[Content, ...]] = [
        (f"{format_number(a)} to {format_number(b)}", f"{n:,}")
        for a, b, n in zip(one.edges[:-1], one.edges[1:], one.counts, strict=True)
        if n
    ]
    scores = ", ".join(
        f"{metric} {format_score(metric, value)}" for metric, value in one.scores.items()
    )
    target = name(one.target)
    return joined(
        element("h3", target),
        element("p", scores),
        element(
            "div",
            figure(
                f"Predicted over true values of {len(one.points):,} rows; on the dotted line they "
                "are the same",
                scatter(
                    one.points,
                    x_label="true",
                    y_label="predicted",
                    says=f"Predicted over true values of {target}: {scores}",
                ),
            ),
            figure(
                "Errors, predicted minus true; the outermost bars also count what lies beyond",
                histogram(
                    one.edges,
                    one.counts,
                    x_label="predicted - true",
                    says=f"Histogram of the errors of {target}, in the table below",
                ),
            ),
            class_="pair",
        ),
        details(
            "The errors as tables",
            element(
                "div",
                table("Spread of the errors", ("", "error"), spread, right=(1,)),
                table("Histogram", ("error", "rows"), counts, right=(1,)),
                class_="pair",
            ),
        ),
    )
