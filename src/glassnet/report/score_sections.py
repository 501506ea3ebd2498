"""Report sections about the scores: the verdict, the scores and the baselines."""

from collections.abc import Sequence

from glassnet.messages import counted
from glassnet.report.bootstrap import LEVEL, RESAMPLES
from glassnet.report.evaluation import Evaluation, Rival
from glassnet.report.markup import Markup, details, element, name, section, table
from glassnet.report.metrics import format_interval, format_score, format_scores

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


def verdict_section(evaluation: Evaluation) -> Markup:
    """Return the verdict and the scores."""
    cards, rows = [], []
    for score in evaluation.scores:
        value = format_score(score.name, score.value)
        bounds = format_interval(score.name, score.low, score.high)
        interval = f"95 % interval {bounds}" if bounds else "no interval"
        cards.append(element("li", score.name, element("b", value), element("small", interval)))
        rows.append((score.name, value, bounds or "-", MEANINGS[score.name]))
    head = ("score", "value", "95 % interval", "what it is")
    return section(
        "Verdict",
        element("p", evaluation.judgement, class_="verdict"),
        element("ul", *cards, class_="cards"),
        details("The scores as a table", table("Scores", head, rows, right=(1, 2))),
        element(
            "p",
            f"Intervals hold the middle {100.0 * LEVEL:.0f} % of {RESAMPLES:,} bootstrap resamples "
            f"of the {counted(evaluation.n_rows, 'row')}. ",
            "Rows are weighted." if evaluation.weighted else None,
            class_="faint",
        ),
    )


def baseline_section(evaluation: Evaluation) -> Markup:
    """Return the network compared with its baselines on the same rows."""
    names = [score.name for score in evaluation.scores]
    n = len(names)
    learned, seconds = evaluation.n_training, evaluation.seconds
    rows = [("network", *format_scores(names, evaluation.values), "", *_cost(learned, seconds), "")]
    rows += [
        (
            name(rival.name),
            *format_scores(names, rival.scores),
            OUTCOMES[rival.outcome],
            *_cost(rival.n_rows or None, rival.seconds),
            name(rival.note),
        )
        for rival in evaluation.rivals
    ]
    head = ("", *names, "the network is", "learned from", "seconds", "note")
    if not any(rival.note for rival in evaluation.rivals):
        head, rows = head[:-1], [row[:-1] for row in rows]
    right = (*range(1, n + 1), n + 2, n + 3)
    main = names[0] if names[0] in ("accuracy", "R2") else "RMSE"
    return section(
        "Beside simpler models",
        table("All were scored on the same rows", head, rows, right=right),
        element("p", _differences(evaluation.rivals, main), class_="faint"),
    )


def _cost(n_rows: int | None, seconds: float | None) -> tuple[str, str]:
    """Return the number of training rows and the time as text."""
    return (
        "-" if n_rows is None else counted(n_rows, "row"),
        "-" if seconds is None else f"{seconds:.2f}",
    )


def _differences(rivals: Sequence[Rival], metric: str) -> str:
    found = []
    for rival in rivals:
        if rival.difference is not None and rival.low is not None and rival.high is not None:
            value, low, high = (
                f"{'+' if x > 0.0 else ''}{format_score(metric, x).removesuffix(' %')}"
                for x in (rival.difference, rival.low, rival.high)
            )
            found.append(f"{name(rival.name)} {value} ({low} to {high})")
    if not found:
        return ""
    points = " in percentage points" if metric == "accuracy" else ""
    return (
        f"The network's {metric} minus theirs{points}, with its 95 % interval on the same "
        f"resamples: {'; '.join(found)}."
    )
