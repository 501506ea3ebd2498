"""`glassnet inspect`: show the columns of a table before a model is trained on it."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from glassnet import __version__
from glassnet.cli.dialect_options import dialect_options
from glassnet.cli.option_types import column_kind
from glassnet.cli.stdin import table_or_stdin
from glassnet.cli.text import (
    clipped,
    display_width,
    format_table,
    labelled,
    sparkline,
    styled,
    terminal_width,
)
from glassnet.messages import counted, format_number, format_share, printable

if TYPE_CHECKING:
    from glassnet.data.review.inspection import ColumnReport, TableReport
    from glassnet.data.tables.dialect import Dialect
    from glassnet.data.tables.schema import Kind

#: The maximum number of columns, classes and notices shown; --json has all.
MAX_COLUMNS = 50
MAX_CLASSES = 8
MAX_NOTICES = 12
NAME_WIDTH = 24
FORMAT = "urn:glassnet:inspection:1"


@click.command(short_help="Show what a table holds, and what a fit would make of it.")
@click.argument("table", type=click.Path(path_type=Path, allow_dash=True))
@click.option(
    "--target",
    metavar="COLUMN",
    help="The column to predict: its task, its classes, and columns that give it away.",
)
@click.option(
    "--types",
    type=column_kind,
    multiple=True,
    metavar="COLUMN=KIND",
    help="number, category, boolean or datetime.",
)
@dialect_options
@click.option("--json", "as_json", is_flag=True, help="All of it as JSON.")
def inspect(
    table: Path,
    target: str | None,
    types: tuple[tuple[str, Kind], ...],
    reading: Dialect | None,
    as_json: bool,
) -> None:
    """Show what TABLE (CSV or Parquet; - is CSV on stdin) holds.

    Shown are the kinds of the columns and why, missing values, the values, and what to be careful
    about.
    """
    from glassnet.data.review.inspection import inspect_table

    with table_or_stdin(table) as path:
        report = inspect_table(path, target, types=dict(types), dialect=reading)
    if as_json:  # its schema is `inspection.schema.json` in this folder
        head = {"format": FORMAT, "glassnet": __version__, "name": table.name}
        click.echo(json.dumps({**head, **asdict(report)}, allow_nan=False))
    else:
        click.echo("\n".join(report_lines(report, str(table))))


def report_lines(report: TableReport, name: str) -> list[str]:
    """Return the lines of the report for a terminal."""
    size = f"{counted(report.n_rows, 'row')}, {counted(len(report.columns), 'column')}"
    title = clipped(printable(name), terminal_width() - display_width(size) - 2)
    lines = [f"{styled(title, bold=True)}  {size}", ""]
    if report.target is not None:
        lines += [*_target_lines(report), ""]
    shown = report.columns[:MAX_COLUMNS]
    lines.append(_column_table(shown, report.target))
    if more := len(report.columns) - len(shown):
        lines.append(f"... and {counted(more, 'more column')}: --json has them all.")
    reasons = dict.fromkeys(f"a {column.kind} where {column.why}" for column in report.columns)
    lines += ["", labelled("Kinds", "; ".join(reasons) + ".")]
    if any(column.quantiles for column in shown):
        lines.append(labelled("Values", "of numbers: lowest .. median .. highest."))
    if report.notices:
        notices = [
            clipped(printable(notice[0].upper() + notice[1:]), 5 * terminal_width())
            for notice in report.notices[:MAX_NOTICES]
        ]
        if more := len(report.notices) - len(notices):
            notices.append(f"... and {counted(more, 'more notice')}: --json has them all.")
        lines += ["", labelled("Notices", notices[0])]
        lines += [labelled("", notice) for notice in notices[1:]]
    return lines


def _target_lines(report: TableReport) -> list[str]:
    """Return the task, the rule by which it was chosen, and the frequency of each class."""
    name = clipped(printable(report.target), terminal_width() // 2)
    if report.task is None:
        return [labelled("Target", f"{name}: nothing to predict yet, see the notices")]
    classes = f", {counted(len(report.classes), 'class', 'classes')}" if report.classes else ""
    lines = [
        labelled("Target", f"{name}: {report.task}{classes}"),
        labelled("Rule", report.task_rule),
    ]
    if report.classes:
        n_known = sum(count for _, count in report.classes)
        rows = [
            (clipped(printable(label), NAME_WIDTH), f"{count:,}", format_share(count / n_known))
            for label, count in report.classes[:MAX_CLASSES]
        ]
        lines += ["", format_table(("class", "rows", "share"), rows, right=(1, 2))]
        if (more := len(report.classes) - len(rows)) > 0:
            lines.append(labelled("", f"... and {counted(more, 'more class', 'more classes')}"))
    return lines


def _column_table(columns: tuple[ColumnReport, ...], target: str | None) -> str:
    rows = []
    for column in columns:
        mark = " (target)" if column.name == target else "" if column.used else " (left out)"
        name = clipped(printable(column.name), NAME_WIDTH - len(mark)) + mark
        counts = f"{column.gaps:,}", f"{column.distinct:,}"
        rows.append((name, column.kind, *counts, sparkline(column.histogram)))
    head = ("column", "kind", "missing", "distinct", "spread")
    used = sum(max(map(display_width, cells)) + 2 for cells in zip(head, *rows, strict=True))
    room = max(terminal_width() - used, 8)
    lines = [(*row, _values(column, room)) for row, column in zip(rows, columns, strict=True)]
    return format_table((*head, "values"), lines, right=(2, 3), indent=0)


def _values(column: ColumnReport, room: int) -> str:
    """Return the range and the median of numbers, or the most frequent values with their counts."""
    levels = [f"{clipped(printable(level), NAME_WIDTH)} {count:,}" for level, count in column.top]
    for n in range(len(levels), 0, -1):
        more = f", {column.distinct - n:,} more" if n < column.distinct else ""
        shown = ", ".join(levels[:n]) + more
        if n == 1 or display_width(shown) <= room:
            return clipped(shown, room)
    if not column.quantiles:
        return "all missing"
    low, _, median, _, high = (
        format_number(value) if isinstance(value, float) else value.partition("T")[0]
        for value in column.quantiles
    )
    text = f"{low} .. {median} .. {high}" if column.kind == "number" else f"{low} to {high}"
    return clipped(text, room)
