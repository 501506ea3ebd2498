"""Report sections with details: classes and calibration, or the errors of each target."""

from collections.abc import Sequence

from glassnet.messages import format_number, format_share
from glassnet.report.charts import histogram, reliability, scatter
from glassnet.report.classes import Calibration, ClassScores, Confusion
from glassnet.report.evaluation import Evaluation
from glassnet.report.markup import (
    Markup,
    details,
    element,
    figure,
    joined,
    name,
    pair,
    scrolling_table,
    section,
    table,
)
from glassnet.report.metrics import format_score
from glassnet.report.residuals import SHARES, Residuals

#: The maximum number of classes or targets on the page; the evaluation as JSON has all.
MAX_CLASSES, MAX_TARGETS = 200, 4
#: A larger confusion matrix takes the whole width.
MAX_BESIDE = 6


def detail_sections(evaluation: Evaluation) -> Markup:
    """Return the details of a classification, or of the errors of a regression."""
    confusion, calibration = evaluation.confusion, evaluation.calibration
    if confusion is None:
        more = len(evaluation.residuals) - MAX_TARGETS
        return section(
            "Errors",
            *map(_residuals, evaluation.residuals[:MAX_TARGETS]),
            element("p", f"{more} further targets are not shown.") if more > 0 else None,
        )
    parts = [_confusion(confusion), _classes(evaluation.per_class)]
    beside = len(confusion.labels) <= MAX_BESIDE
    return joined(
        section("Classes", pair(*parts) if beside else element("div", *parts)),
        _calibration(calibration) if calibration else None,
    )


def _confusion(confusion: Confusion) -> Markup:
    """Return the matrix as a table; the larger the share of a row, the darker the cell."""
    labels = [name(label, 40) for label in confusion.labels]
    rows = []
    for i, (label, counts) in enumerate(zip(labels, confusion.counts, strict=True)):
        cells = [element("th", label, scope="row")]
        for j, n in enumerate(counts):
            share = 100.0 * n / max(sum(counts), 1)
            kinds = ["strong"] * (share >= 60.0) + ["right"] * (i == j)
            style = f"--share:{share:.0f}"
            cells.append(element("td", f"{n:,}", style=style, class_=" ".join(kinds) or None))
        rows.append(element("tr", *cells))
    head = [
        element("th", "true \\ predicted", scope="col"),
        *(element("th", label, scope="col", class_="number") for label in labels),
    ]
    caption = (
        "Rows of each true class by the class that was predicted; outlined where both are the same"
    )
    whole = scrolling_table(
        caption, head, rows, label="Confusion matrix", class_="scroll confusion"
    )
    return element("div", element("h3", "Confusion"), whole)


def _classes(classes: Sequence[ClassScores]) -> Markup:
    rows = [
        (name(c.label), f"{c.rows:,}", _share(c.precision), _share(c.recall), _share(c.f1))
        for c in classes[:MAX_CLASSES]
    ]
    more = len(classes) - MAX_CLASSES
    text = (
        "Precision: of the rows predicted as the class, the share that is of it. Recall: of its "
        "rows, the share that was found."
    )
    if more > 0:
        text += f" {more:,} further classes are not shown."
    head = ("class", "rows", "precision", "recall", "F1")
    return element(
        "div",
        element("h3", "Each class"),
        table("Each class by itself", head, rows, right=range(1, 5)),
        element("p", text, class_="faint"),
    )


def _share(value: float | None) -> str:
    return "-" if value is None else format_share(value)


def _calibration(calibration: Calibration) -> Markup:
    rows = [
        (f"{b.low:.1f} to {b.high:.1f}", f"{b.rows:,}", _share(b.confidence), _share(b.frequency))
        for b in calibration.bins
        if b.rows
    ]
    alt_text = "Calibration: " + "; ".join(
        f"mean probability {mean}, right in {right} of {n} rows" for _, n, mean, right in rows
    )
    text = (
        "Points on the dotted diagonal are predictions that are right as often as they say; below "
        "it they say too much. The expected calibration error is "
        f"{format_share(calibration.error)}."
    )
    caption = "Share of right predictions over their probability; larger points are more rows"
    title, head = (
        "Predictions by the probability of the predicted class",
        ("probability", "rows", "mean", "right"),
    )
    return section(
        "Calibration",
        element("p", text),
        pair(
            figure(caption, reliability(calibration.bins, alt_text=alt_text)),
            table(title, head, rows, right=(1, 2, 3)),
        ),
    )


def _residuals(one: Residuals) -> Markup:
    spread = {
        f"{100.0 * share:.0f} % of rows are at most": quantile
        for share, quantile in zip(SHARES, one.quantiles, strict=True)
    }
    spread |= {"mean": one.mean, "standard deviation": one.deviation}
    shares = [(text, format_number(value)) for text, value in spread.items()]
    counts = [
        (f"{format_number(low)} to {format_number(high)}", f"{n:,}")
        for low, high, n in zip(one.edges[:-1], one.edges[1:], one.counts, strict=True)
        if n
    ]
    scores = ", ".join(f"{key} {format_score(key, value)}" for key, value in one.scores.items())
    target = name(one.target)
    points = scatter(
        one.points,
        x_label="true",
        y_label="predicted",
        alt_text=f"Predicted over true values of {target}: {scores}",
    )
    errors = histogram(
        one.edges,
        one.counts,
        x_label="predicted - true",
        alt_text=f"Histogram of the errors of {target}, in the table below",
    )
    caption = f"Predicted over true values of {len(one.points):,} rows; equal on the dotted line"
    return joined(
        element("h3", target),
        element("p", scores),
        pair(
            figure(caption, points),
            figure(
                "Errors, predicted minus true; the outermost bars also count what lies beyond",
                errors,
            ),
        ),
        details(
            "The errors as tables",
            pair(
                table("Spread of the errors", ("", "error"), shares, right=(1,)),
                table("Histogram", ("error", "rows"), counts, right=(1,)),
            ),
        ),
    )
