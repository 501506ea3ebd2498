"""The report as one HTML file that opens offline: no script, nothing fetched, light and dark, for reading, printing and listening."""

from __future__ import annotations

import math
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from glassnet import __version__
from glassnet.atomic_write import atomic_write_bytes
from glassnet.errors import DataError
from glassnet.model import Model
from glassnet.report.charts import Line, bars, line_chart
from glassnet.report.evaluation import Evaluation
from glassnet.report.importances import Importances
from glassnet.report.markup import Content, Markup, element, joined, name, table
from glassnet.report.network_picture import network_picture
from glassnet.report.sections import behind, comparison, details, figure, result, section

#: A page of more columns, or with more epochs in a table, is not read to its end.
MAX_COLUMNS, MAX_BARS, MAX_EPOCHS = 200, 20, 12

#: Nothing may be fetched and nothing may run, whatever stood in a name.
POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def write_report(
    path: str | Path,
    evaluation: Evaluation,
    model: Model,
    *,
    importances: Importances | None = None,
    rows: Mapping[str, object] | None = None,
    command: str = "",
) -> None:
    """Write the report of an evaluation to one HTML file.

    Parameters
    ----------
    path : the file, which is replaced in one step, so that it is the old page or the whole new one
    evaluation, model : what the page is about
    importances : of `permutation_importances`; left out where None
    rows : what else is to be known of the rows, in words, such as {"split": "by time"}
    command : the line by which all of it can be done again

    Raises
    ------
    DataError
        Where the file cannot be written.
    """
    page = report_page(evaluation, model, importances=importances, rows=rows, command=command)
    try:
        atomic_write_bytes(path, page.encode())
    except OSError as error:
        raise DataError(f"{path}: cannot be written: {error.strerror or error}.") from None


def report_page(
    evaluation: Evaluation,
    model: Model,
    *,
    importances: Importances | None = None,
    rows: Mapping[str, object] | None = None,
    command: str = "",
) -> str:
    """Return the page that `write_report` writes."""
    style = Path(__file__).with_name("page.css").read_text(encoding="utf-8")
    targets = name(", ".join(evaluation.targets))
    title = f"{targets}: {name(evaluation.name)}" if evaluation.name else targets
    head = joined(
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=POLICY),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="generator", content=f"glassnet {__version__}"),
        element("title", f"{title} - glassnet"),
        Markup(f"<style>\n{style}</style>"),
    )
    about = (
        f"{evaluation.task}, {len(evaluation.classes):,} classes"
        if evaluation.classes
        else evaluation.task
    )
    source = f" of {name(evaluation.name)}" if evaluation.name else ""
    body = joined(
        element(
            "header",
            element("h1", f"Prediction of {targets}"),
            element("p", f"{about}; scored on {evaluation.n_rows:,} rows{source}", class_="faint"),
        ),
        element(
            "main",
            result(evaluation),
            comparison(evaluation) if evaluation.rivals else None,
            behind(evaluation),
            _learning(model.training),
            _network(model),
            _columns(model, importances),
            _how(evaluation, model, rows or {}, command),
            element(
                "footer",
                f"Written by glassnet {__version__}. This file needs no network and runs no "
                "script.",
            ),
        ),
    )
    return f'<!DOCTYPE html>\n<html lang="en"><head>{head.text}</head>\n<body>{body.text}</body></html>\n'


def _learning(record: Mapping[str, Any]) -> Markup | None:
    """Return the learning curves; a record may come from a stranger's file, so nothing in it is sure."""
    history = record.get("history")
    history = history if isinstance(history, Mapping) else {}
    losses = [
        Line("training", _series(history, "training_loss"), "second"),
        Line("validation", _series(history, "validation_loss"), "first"),
    ]
    losses = [line for line in losses if line.points]
    if not losses:
        return None
    best = record.get("best_epoch")
    mark = (
        (best + 1.0, f"best: epoch {best + 1:,}")
        if isinstance(best, int) and 0 <= best < losses[0].points[-1][0]
        else None
    )
    charts = [
        figure(
            "Loss after each epoch",
            line_chart(
                losses, x_label="epoch", y_label="loss", says=_ends(losses, mark), mark=mark
            ),
        )
    ]
    lines = [*losses]
    if scores := _series(history, "validation_score"):
        line = Line("validation score", scores, "first")
        lines.append(line)
        chart = line_chart(
            [line], x_label="epoch", y_label="score", says=_ends([line], mark), mark=mark
        )
        charts.append(figure("Score of the validation rows; higher is better", chart))
    kept = f" The weights of the best one, epoch {mark[0]:,.0f}, were kept." if mark else ""
    ended = record.get("ended")
    epochs = record.get("epochs")
    epochs = epochs if isinstance(epochs, int) else len(losses[0].points)
    said = (
        f"Training took {epochs:,} epochs"
        + (f" ({name(ended)})" if isinstance(ended, str) else "")
        + f".{kept}"
    )
    return section(
        "Learning",
        element("p", said),
        element("div", *charts, class_="pair"),
        details("The curves as a table", _epochs(lines)),
    )


def _series(history: Mapping[str, Any], field: str) -> list[tuple[float, float]]:
    """Return (epoch from 1, value) of what was recorded."""
    values, indices = history.get(field), history.get("index")
    if not isinstance(values, Sequence) or not isinstance(indices, Sequence):
        return []
    pairs = [
        (i, v)
        for i, v in zip(indices, values, strict=False)
        if isinstance(i, int | float) and isinstance(v, int | float)
    ]
    return [(float(i) + 1.0, float(v)) for i, v in pairs if math.isfinite(i) and math.isfinite(v)]


def _ends(lines: Sequence[Line], mark: tuple[float, str] | None) -> str:
    said = [
        f"{line.label} from {line.points[0][1]:.4g} to {line.points[-1][1]:.4g}" for line in lines
    ]
    return "Learning curves: " + "; ".join([*said, *([mark[1]] if mark else [])])


def _epochs(lines: Sequence[Line]) -> Markup:
    columns = [dict(line.points) for line in lines]
    epochs = sorted(columns[0])
    chosen = (
        sorted({round(i * (len(epochs) - 1) / (MAX_EPOCHS - 1)) for i in range(MAX_EPOCHS)})
        if len(epochs) > MAX_EPOCHS
        else range(len(epochs))
    )
    rows: list[tuple[Content, ...]] = [
        (
            f"{epochs[i]:g}",
            *(f"{column[epochs[i]]:.4g}" if epochs[i] in column else "-" for column in columns),
        )
        for i in chosen
    ]
    return table(
        "Some of the epochs",
        ("epoch", *(line.label for line in lines)),
        rows,
        right=range(1, len(lines) + 1),
    )


def _network(model: Model) -> Markup:
    network = model.network
    rows: list[tuple[Content, ...]] = [
        (words, f"{width:,}", f"{count:,}") for _, words, width, count in network.summary()
    ]
    members = (
        f" They are those of {network.n_members} members with these layers each, whose mean it is."
        if network.n_members > 1
        else ""
    )
    said = (
        f"{network.n_features:,} features become {network.n_outputs:,} raw "
        f"score{'' if network.n_outputs == 1 else 's'} by {network.parameters.theta.size:,} "
        f"parameters ({network.dtype}); the loss is {name(model.loss.name)}.{members}"
    )
    return section(
        "Network",
        element("p", said),
        element(
            "div",
            figure("Layers from the features down to the raw scores", network_picture(network)),
            table("Layers", ("layer", "wide", "parameters"), rows, right=(1, 2)),
            class_="pair",
        ),
    )


def _columns(model: Model, importances: Importances | None) -> Markup:
    described = model.encoder.describe()
    found = {one.column: one for one in importances.columns} if importances else {}
    if found:
        place = {column: i for i, column in enumerate(found)}
        described = sorted(described, key=lambda row: place.get(row[0], len(place)))
    more = len(described) - MAX_COLUMNS
    rows: list[tuple[Content, ...]] = [
        (
            name(column),
            name(kind),
            *([f"{found[column].mean:.4g}" if column in found else "-"] if importances else []),
            name(coding),
        )
        for column, kind, coding in described[:MAX_COLUMNS]
    ]
    head = ("column", "kind", *(["importance"] if importances else []), "coding")
    return section(
        "Columns",
        element("p", f"{len(described):,} columns become {model.encoder.n_features:,} features."),
        _importances(importances) if importances and importances.columns else None,
        table(
            "Columns and how the network sees them", head, rows, right=(2,) if importances else ()
        ),
        element("p", f"{more:,} further columns are not shown.") if more > 0 else None,
    )


def _importances(importances: Importances) -> Markup:
    top = importances.columns[:MAX_BARS]
    measure = f"{importances.metric} gets worse"
    says = f"How much {measure} when a column is shuffled: " + "; ".join(
        f"{name(one.column, 40)} {one.mean:.4g}" for one in top
    )
    said = (
        f"Importance is how much {measure} (it is {importances.value:.4g}) when the values of a "
        f"column are shuffled among {importances.n_rows:,} rows that the network did not learn "
        f"from: the mean of {importances.repeats} times, the line showing the least and the most. "
        "Columns that tell the same share their importance."
    )
    more = len(importances.columns) - len(top)
    shown = [(one.column, one.mean, one.least, one.most) for one in top]
    return joined(
        element("p", said),
        figure(
            f"The {len(top)} columns of the greatest importance" if more else "Importance",
            bars(shown, x_label=measure, says=says),
        ),
        element("p", f"Time did not suffice for {importances.n_left_out:,} columns.")
        if importances.n_left_out
        else None,
    )


def _how(evaluation: Evaluation, model: Model, rows: Mapping[str, object], command: str) -> Markup:
    """Return the rows used, the settings, and how to do it again."""
    known: list[tuple[str, object]] = [
        (
            "trained on",
            None if evaluation.n_training is None else f"{evaluation.n_training:,} rows",
        ),
        ("scored on", f"{evaluation.n_rows:,} rows"),
        (
            "left out",
            f"{evaluation.left_out:,} rows without a target or weight"
            if evaluation.left_out
            else None,
        ),
        *rows.items(),
    ]
    dealt: list[tuple[Content, ...]] = [
        (name(key), name(value)) for key, value in known if value is not None
    ]
    plan = model.training.get("plan")
    settings: list[tuple[Content, ...]] = [
        (name(key), name(value))
        for key, value in (plan.items() if isinstance(plan, Mapping) else ())
        if value is not None
    ]
    engine = model.training.get("engine")
    made: list[tuple[Content, ...]] = [
        ("glassnet", __version__),
        ("Python", platform.python_version()),
        ("engine", name(engine) if isinstance(engine, str) else "-"),
        ("seed", name(plan.get("seed", "-")) if isinstance(plan, Mapping) else "-"),
    ]
    return joined(
        section("Rows", table("How the rows were used", ("use", "rows"), dealt)),
        section(
            "Settings",
            table("All settings that the network was trained with", ("setting", "value"), settings),
        )
        if settings
        else None,
        section(
            "How to reproduce",
            element("p", "The same table, settings, seed and version give the same network."),
            element("pre", element("code", command)) if command else None,
            table("What it ran on", ("what", "which"), made),
        ),
    )
