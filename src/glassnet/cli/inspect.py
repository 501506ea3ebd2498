"""`glassnet inspect`: what a table holds, column by column, before anything is learned from it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from glassnet.cli.dialect_options import dialect_options
from glassnet.cli.given import given_table
from glassnet.cli.option_types import ColumnKind
from glassnet.cli.words import (
    cells,
    clipped,
    counted,
    labelled,
    printable,
    sparkline,
    styled,
    table,
    width,
)

if TYPE_CHECKING:
    from glassnet.data.review.inspection import ColumnReport, TableReport
    from glassnet.data.tables.dialect import Dialect
    from glassnet.data.tables.schema import Kind

#: So many columns, classes and notices are shown; --json has them all.
MOST_COLUMNS = 50
MOST_CLASSES = 8
MOST_NOTICES = 12
NAME_ROOM = 24
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
    type=ColumnKind(),
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
    """Show what TABLE (CSV or Parquet; - is CSV on stdin) holds: kinds of columns and why, gaps, values, and what to be careful about."""
    from glassnet.data.review.inspection import inspect_table

    with given_table(table) as path:
        report = inspect_table(path, target, types=dict(types), dialect=reading)
    click.echo(
        inspection_json(report, table.name)
        if as_json
        else "\n".join(report_lines(report, str(table)))
    )


def inspection_json(report: TableReport, name: str) -> str:
    """Return a report as JSON; its schema is `inspection.schema.json` beside this file."""
    from dataclasses import asdict

    from glassnet import __version__

    return json.dumps(
        {"format": FORMAT, "glassnet": __version__, "name": name, **asdict(report)}, allow_nan=False
    )


def report_lines(report: TableReport, name: str) -> list[str]:
    """Return the report for a terminal."""
    held = f"{counted(report.n_rows, 'row')}, {counted(len(report.columns), 'column')}"
    lines = [
        f"{styled(clipped(printable(name), width() - cells(held) - 2), bold=True)}  {held}",
        "",
    ]
    if report.target is not None:
        lines += [*_target_lines(report), ""]
    shown = report.columns[:MOST_COLUMNS]
    lines.append(_columns(shown, report.target))
    if len(report.columns) > len(shown):
        lines.append(
            f"... and {counted(len(report.columns) - len(shown), 'more column')}: --json has them "
            "all."
        )
    lines += ["", labelled("Kinds", "; ".join(_reasons(report.columns)) + ".")]
    if any(column.quantiles for column in shown):
        lines.append(labelled("Values", "of numbers: lowest .. median .. highest."))
    if report.notices:
        notices = [
            clipped(printable(notice), 5 * width()) for notice in report.notices[:MOST_NOTICES]
        ]
        more = len(report.notices) - len(notices)
        notices += [f"... and {counted(more, 'more notice')}: --json has them all."] * (more > 0)
        lines += [
            "",
            *(
                labelled("Notices" if i == 0 else "", notice[0].upper() + notice[1:])
                for i, notice in enumerate(notices)
            ),
        ]
    return lines


def _target_lines(report: TableReport) -> list[str]:
    """Return what is to be predicted, how that was found, and how often each class occurs."""
    name = clipped(printable(report.target), width() // 2)
    if report.task is None:
        return [labelled("Target", f"{name}: nothing to predict yet, see the notices")]
    classes = f", {counted(len(report.classes), 'class', 'classes')}" if report.classes else ""
    lines = [
        labelled("Target", f"{name}: {report.task}{classes}"),
        labelled("Rule", report.task_rule),
    ]
    if report.classes:
        known = sum(count for _, count in report.classes)
        rows = [
            (clipped(printable(label), NAME_ROOM), f"{count:,}", f"{100.0 * count / known:.1f} %")
            for label, count in report.classes[:MOST_CLASSES]
        ]
        lines += ["", table(("class", "rows", "share"), rows, right=(1, 2))]
        if len(report.classes) > MOST_CLASSES:
            lines.append(
                " " * 10
                + f"... and {counted(len(report.classes) - MOST_CLASSES, 'more class', 'more classes')}"
            )
    return lines


def _columns(columns: tuple[ColumnReport, ...], target: str | None) -> str:
    rows = []
    for column in columns:
        mark = " (target)" if column.name == target else "" if column.used else " (left out)"
        name = clipped(printable(column.name), NAME_ROOM - len(mark)) + mark
        rows.append(
            (
                name,
                column.kind,
                f"{column.gaps:,}",
                f"{column.distinct:,}",
                sparkline(column.histogram),
            )
        )
    heads = ("column", "kind", "gaps", "distinct", "spread")
    room = width() - sum(
        max(map(cells, (head, *(row[i] for row in rows)))) + 2 for i, head in enumerate(heads)
    )
    lines = (
        (*row, _values(column, max(room, 8))) for row, column in zip(rows, columns, strict=True)
    )
    return table((*heads, "values"), lines, right=(2, 3), indent=0)


def _values(column: ColumnReport, room: int) -> str:
    """Return the ends and the middle of numbers and date-times, the most frequent levels of the others."""
    if column.top:
        words = [f"{clipped(printable(level), NAME_ROOM)} {count:,}" for level, count in column.top]
        for n in range(len(words), 0, -1):
            more = f" and {column.distinct - n:,} more" if n < column.distinct else ""
            if cells(shown := ", ".join(words[:n]) + more) <= room or n == 1:
                return clipped(shown, room)
    if not column.quantiles:
        return "gaps alone"
    low, _, middle, _, high = (
        f"{value:.4g}" if isinstance(value, float) else value.partition("T")[0]
        for value in column.quantiles
    )
    return clipped(
        f"{low} .. {middle} .. {high}" if column.kind == "number" else f"{low} to {high}", room
    )


def _reasons(columns: tuple[ColumnReport, ...]) -> list[str]:
    """Return how each kind was found, said once."""
    return [
        f"a {kind} where {why}"
        for kind, why in dict.fromkeys((column.kind, column.why) for column in columns)
    ]
