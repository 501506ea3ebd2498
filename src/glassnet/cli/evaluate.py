"""`glassnet evaluate`: score a model on a table whose target is known."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from glassnet.cli.dialect_options import dialect_options
from glassnet.cli.invocation import Repeatable, invocation
from glassnet.cli.notes import print_notes, warnings_as_notes
from glassnet.cli.option_types import refuse
from glassnet.cli.output_files import PAGE, output_files
from glassnet.cli.text import fitted_list, labelled, terminal_width
from glassnet.errors import UnsupportedError
from glassnet.messages import counted, listed, printable

if TYPE_CHECKING:
    from glassnet.data.tables.dialect import Dialect


@click.command(cls=Repeatable, short_help="Score a model on a table whose target is known.")
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("table", type=click.Path(path_type=Path))
@click.option(
    "--target",
    "targets",
    multiple=True,
    metavar="COLUMN",
    help="The column with the truth, where it is not named as in training; several times for "
    "several.",
)
@click.option(
    "-o",
    "--output",
    "outputs",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The report as a page, FILE.html.",
)
@dialect_options
@click.option("-q", "--quiet", is_flag=True, help="No notes, the report alone.")
@click.option("--json", "as_json", is_flag=True, help="The report as JSON.")
def evaluate(
    model: Path,
    table: Path,
    targets: tuple[str, ...],
    outputs: tuple[Path, ...],
    reading: Dialect | None,
    quiet: bool,
    as_json: bool,
) -> None:
    """Score the model in the file MODEL on TABLE (CSV or Parquet), whose target is known.

    The scores are those of `glassnet train`, with their 95 % intervals, beside the best constant
    guess. They say how good the model is on new rows only where TABLE holds none that it was
    trained on.
    """
    files = output_files(outputs, {PAGE: "a report"}, (model, table))
    from glassnet import report
    from glassnet.cli.scores import evaluation_lines
    from glassnet.data.coding.target_arrays import target_values
    from glassnet.data.files.read import read_table
    from glassnet.data.rows import Rows
    from glassnet.data.tables.schema import Schema
    from glassnet.report.predictions import known_rows
    from glassnet.storage import load

    trained = load(model)
    if trained.task == "multilabel":
        raise UnsupportedError(
            f"{model} predicts labels that may go together: there are no scores for them yet."
        )
    names = targets or trained.target.names
    expected = counted(len(trained.target.names), "target")
    refuse(
        len(names) != len(trained.target.names),
        f"the model predicts {expected}, but --target names {len(names)}: name each once, in the "
        "same order.",
    )
    schema = trained.encoder.to_read
    renamed = (
        replace(column, name=name)
        for name, column in zip(names, trained.target.columns, strict=True)
    )
    wanted = Schema((*schema.columns, *renamed))
    read = read_table(table, schema=wanted, dialect=reading, default=trained.dialect)
    values = target_values(read, names)
    known = trained.target.known(values)
    rows = known_rows(
        Rows(read.select(schema), values),
        known,
        f"the target {listed(names)} is missing in every row of {table}: nothing to score.",
    )
    notices = list(read.all_notices)
    if not known.all():
        notices.append(
            f"{counted(int((~known).sum()), 'row')} without {', '.join(names)} left out."
        )
    if not quiet:
        print_notes(notices)
    with warnings_as_notes(quiet=quiet):
        found = report.evaluate(trained, rows.X, rows.y, name=table.name)
    if PAGE in files:
        importances = report.permutation_importances(trained, rows)
        report.write_report(
            files[PAGE], found, trained, importances=importances, command=invocation()
        )
    if as_json:
        click.echo(json.dumps(found.to_dict(), indent=2, allow_nan=False))
        return
    predicted, given = (
        fitted_list(list(map(printable, targets)), 2 * terminal_width())
        for targets in (trained.target.names, names)
    )
    size = f"{counted(found.n_rows, 'row')} with {given}"
    lines = [
        labelled("Model", f"{printable(model)}, a model of {predicted} ({trained.task})"),
        labelled("Table", f"{printable(table.name)}: {size}") + "\n",
        *evaluation_lines(found),
        *(["\n" + labelled("Page", printable(files[PAGE]))] if PAGE in files else []),
    ]
    click.echo("\n".join(lines))
