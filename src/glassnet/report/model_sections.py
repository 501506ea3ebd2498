"""Report sections about the model: learning curves, network, columns and importances."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from glassnet.messages import counted, format_number
from glassnet.model import Model
from glassnet.report.charts import Line, bars, evenly_chosen, line_chart
from glassnet.report.importances import Importances
from glassnet.report.markup import (
    Markup,
    details,
    element,
    figure,
    joined,
    name,
    pair,
    section,
    table,
)
from glassnet.report.network_picture import network_picture

#: The maximum number of columns on the page, the first ones, and of epochs in a table.
MAX_COLUMNS, MAX_BARS, MAX_EPOCHS = 200, 20, 12


def learning_section(record: Mapping[str, Any]) -> Markup | None:
    """Return the learning curves of a training record, which may come from an untrusted file."""
    history = record.get("history")
    history = history if isinstance(history, Mapping) else {}
    losses = [
        Line("training", _series(history, "training_loss"), "second"),
        Line("validation", _series(history, "validation_loss"), "first"),
    ]
    losses = [line for line in losses if line.points]
    if not losses:
        return None
    best, ended, epochs = record.get("best_epoch"), record.get("ended"), record.get("epochs")
    n_epochs = epochs if isinstance(epochs, int) else len(losses[0].points)
    how = f" ({name(ended)})" if isinstance(ended, str) else ""
    text = f"Training took {counted(n_epochs, 'epoch')}{how}."
    mark = None
    if isinstance(best, int) and 0 <= best < losses[0].points[-1][0]:
        mark = (best + 1.0, f"best: epoch {best + 1:,}")
        text += f" The weights of the best one, epoch {best + 1:,}, were kept."
    charts = [figure("Loss after each epoch", _curves(losses, "loss", mark))]
    score = Line("validation score", _series(history, "validation_score"), "first")
    lines = [*losses, score] if score.points else losses
    if score.points:
        caption = "Score of the validation rows; higher is better"
        charts.append(figure(caption, _curves([score], "score", mark)))
    columns = [dict(line.points) for line in lines]
    rows = [
        (f"{epoch:g}", *(format_number(c[epoch]) if epoch in c else "-" for c in columns))
        for epoch in evenly_chosen(sorted(columns[0]), MAX_EPOCHS)
    ]
    head = ("epoch", *(line.label for line in lines))
    return section(
        "Learning",
        element("p", text),
        pair(*charts),
        details(
            "The curves as a table",
            table("Some of the epochs", head, rows, right=range(1, len(head))),
        ),
    )


def _series(history: Mapping[str, Any], field: str) -> list[tuple[float, float]]:
    """Return (epoch from 1, value) for each finite value in the history."""
    values, indices = history.get(field), history.get("index")
    if not isinstance(values, Sequence) or not isinstance(indices, Sequence):
        return []
    return [
        (float(i) + 1.0, float(v))
        for i, v in zip(indices, values, strict=False)
        if isinstance(i, int | float)
        and isinstance(v, int | float)
        and math.isfinite(i)
        and math.isfinite(v)
    ]


def _curves(lines: Sequence[Line], y_label: str, mark: tuple[float, str] | None) -> Markup:
    ends = [
        f"{line.label} from {format_number(line.points[0][1])} to "
        f"{format_number(line.points[-1][1])}"
        for line in lines
    ]
    alt_text = "Learning curves: " + "; ".join([*ends, *([mark[1]] if mark else [])])
    return line_chart(lines, x_label="epoch", y_label=y_label, alt_text=alt_text, mark=mark)


def network_section(model: Model) -> Markup:
    """Return the layers as a picture and as a table."""
    network = model.network
    text = (
        f"{counted(network.n_features, 'feature')} become "
        f"{counted(network.n_outputs, 'raw score')} by "
        f"{counted(network.parameters.theta.size, 'parameter')} ({network.dtype}); the loss is "
        f"{name(model.loss.name)}."
    )
    if network.n_members > 1:
        text += (
            f" They are those of {network.n_members} members with these layers each, whose mean it "
            "is."
        )
    rows = [(kind, f"{width:,}", f"{count:,}") for _, kind, width, count in network.summary()]
    caption = "Layers from the features down to the raw scores"
    return section(
        "Network",
        element("p", text),
        pair(
            figure(caption, network_picture(network)),
            table("Layers", ("layer", "width", "parameters"), rows, right=(1, 2)),
        ),
    )


def columns_section(model: Model, importances: Importances | None) -> Markup:
    """Return the columns with kind and encoding, the most important ones first."""
    described = model.encoder.describe()
    means = {one.column: one.mean for one in importances.columns} if importances else {}
    place = {column: i for i, column in enumerate(means)}
    described = sorted(described, key=lambda row: place.get(row[0], len(place)))
    more = len(described) - MAX_COLUMNS
    head: tuple[str, ...] = ("column", "kind", "coding")
    rows: list[tuple[str, ...]] = [tuple(map(name, row)) for row in described[:MAX_COLUMNS]]
    if importances:
        head = ("column", "kind", "importance", "coding")
        rows = [
            (row[0], row[1], format_number(means[column]) if column in means else "-", row[2])
            for row, (column, *_) in zip(rows, described, strict=False)
        ]
    features = counted(model.encoder.n_features, "feature")
    return section(
        "Columns",
        element("p", f"{counted(len(described), 'column')} become {features}."),
        _importances(importances) if importances and importances.columns else None,
        table(
            "Columns and how the network sees them", head, rows, right=(2,) if importances else ()
        ),
        element("p", f"{more:,} further columns are not shown.") if more > 0 else None,
    )


def _importances(importances: Importances) -> Markup:
    top, n_left_out = importances.columns[:MAX_BARS], importances.n_left_out
    measure = f"{importances.metric} gets worse"
    values = "; ".join(f"{name(one.column, 40)} {format_number(one.mean)}" for one in top)
    text = (
        f"Importance is how much {measure} (it is {format_number(importances.value)}) when the "
        f"values of a column are shuffled among {importances.n_rows:,} rows that the network did "
        f"not learn from: the mean of {importances.repeats} times, the line showing the least and "
        "the most. Columns that tell the same share their importance."
    )
    caption = "Importance"
    if len(importances.columns) > len(top):
        caption = f"The {len(top)} columns of the greatest importance"
    alt_text = f"How much {measure} when a column is shuffled: {values}"
    rows = [(one.column, one.mean, one.least, one.most) for one in top]
    return joined(
        element("p", text),
        figure(caption, bars(rows, x_label=measure, alt_text=alt_text)),
        element("p", f"Time did not suffice for {counted(n_left_out, 'column')}.")
        if n_left_out
        else None,
    )
