"""`glassnet walk`: one row's way through a model, from its cells to the answer and back."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from glassnet.cli.dialect_options import dialect_options
from glassnet.cli.option_types import refuse
from glassnet.cli.text import terminal_width
from glassnet.messages import counted

if TYPE_CHECKING:
    from glassnet.data.tables.dialect import Dialect
    from glassnet.data.tables.table import Table
    from glassnet.model import Model

#: Lines are no longer where the terminal is wider.
MAX_WIDTH = 100


@click.command(short_help="Follow one row through a model, to the answer and back.")
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("table", type=click.Path(path_type=Path))
@click.option(
    "--row",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    metavar="N",
    help="Which row of TABLE, counted from 0.",
)
@click.option(
    "--target",
    metavar="VALUE",
    help="The truth of the row, where TABLE has no column of the target or another truth is asked "
    "about; several are separated by commas.",
)
@click.option(
    "--member", type=click.IntRange(0), metavar="M", help="Walk through this member alone."
)
@click.option(
    "--unit",
    nargs=2,
    type=click.IntRange(0),
    metavar="LAYER UNIT",
    help="One unit of a layer with all its terms, in place of the story.",
)
@click.option("--whole", is_flag=True, help="All units of all layers with all their terms.")
@click.option(
    "--learning-rate",
    type=click.FloatRange(0.0, min_open=True),
    default=0.1,
    show_default=True,
    metavar="RATE",
    help="Of the gradient step at the end.",
)
@click.option(
    "--blanks",
    type=click.IntRange(0),
    default=0,
    metavar="N",
    help="Leave out N numbers that the rest determines; a terminal is asked for them.",
)
@dialect_options
def walk(
    model: Path,
    table: Path,
    row: int,
    target: str | None,
    member: int | None,
    unit: tuple[int, int] | None,
    whole: bool,
    learning_rate: float,
    blanks: int,
    reading: Dialect | None,
) -> None:
    """Follow one row of TABLE (CSV or Parquet) through the model in file MODEL.

    Each cell becomes numbers, each layer makes numbers of the numbers before it, and the last ones
    become the answer. Where the target is known, the way back follows: the loss, the gradients of
    each layer, and what the model would answer after one step. Sums add up in the printed digits.
    """
    refuse(
        blanks and (unit or whole),
        "--blanks leaves numbers out of the story: leave out --unit and --whole.",
    )
    refuse(unit and whole, "--unit shows one unit and --whole all of them: give one of both.")
    from glassnet.storage import load

    trained = load(model)
    read = _read(trained, table, reading)
    refuse(
        row >= read.n_rows,
        f"{table} has {counted(read.n_rows, 'row')}, counted from 0: there is no row {row}.",
        "--row",
    )
    several = target is not None and len(trained.target.names) > 1
    walked = trained.walk(
        read.take(slice(row, row + 1)),
        target.split(",") if target is not None and several else target,
        member,
        learning_rate=learning_rate,
        blanks=blanks,
    )
    width = min(terminal_width(), MAX_WIDTH)
    if unit:
        click.echo(walked.unit(*unit).text(width))
        return
    click.echo(walked.text(width, whole=whole))
    if walked.blanks and sys.stdin.isatty():
        answers = [click.prompt(f"[?{i + 1}]") for i in range(len(walked.blanks))]
        for i, (right, blank) in enumerate(zip(walked.check(answers), walked.blanks, strict=True)):
            click.echo(f"[?{i + 1}] {'right' if right else 'not right'}: it is {blank.number}")


def _read(trained: Model, table: Path, reading: Dialect | None) -> Table:
    """Return the columns that the model needs and, where the file has them, those of the target."""
    from glassnet.data.files.read import column_names, read_table
    from glassnet.data.tables.schema import Schema

    columns = trained.encoder.to_read.columns
    names = column_names(table, dialect=reading, default=trained.dialect)
    if {*trained.target.names} <= {*names}:
        columns = (*columns, *trained.target.columns)
    return read_table(table, schema=Schema(columns), dialect=reading, default=trained.dialect)
