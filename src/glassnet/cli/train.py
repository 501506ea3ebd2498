"""`glassnet train`: train a network on a table, score it, and write the model and a report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from glassnet.cli.dialect_options import dialect_options
from glassnet.cli.invocation import Repeatable, invocation
from glassnet.cli.notes import print_notes
from glassnet.cli.option_types import Range, column_kind, layer_sizes, refuse, time_span
from glassnet.cli.output_files import MODEL, PAGE, output_files

if TYPE_CHECKING:
    from glassnet.data.tables.dialect import Dialect
    from glassnet.data.tables.schema import Kind

RECIPES = ("plain", "fast", "standard", "best")
TASKS = ("binary", "multiclass", "multilabel", "classification", "regression")


@click.command(cls=Repeatable, short_help="Train a network on a table.")
@click.argument("table", type=click.Path(path_type=Path))
@click.option(
    "--target",
    "targets",
    required=True,
    multiple=True,
    metavar="COLUMN",
    help="The column to predict; several times for several.",
)
@click.option(
    "-o",
    "--output",
    "outputs",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The model, FILE.glassnet (TABLE.glassnet by default), or the report as a page, "
    "FILE.html; twice for both.",
)
@click.option(
    "--task", type=click.Choice(TASKS), help="What to predict; guessed from the target by default."
)
@click.option(
    "--types",
    type=column_kind,
    multiple=True,
    metavar="COLUMN=KIND",
    help="number, category, boolean or datetime.",
)
@click.option("--drop", multiple=True, metavar="COLUMN", help="A column not to learn from.")
@click.option("--weights", metavar="COLUMN", help="The column with the weights of the rows.")
@click.option(
    "--group", metavar="COLUMN", help="Rows that are held out are whole groups of this column."
)
@click.option(
    "--time", metavar="COLUMN", help="Rows that are held out are the latest by this column."
)
@click.option(
    "--test-fraction",
    type=Range(0.0, 0.9),
    metavar="SHARE",
    help="Part of the rows that is held out for the score.  [default: 0.2]",
)
@click.option(
    "--test",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Rows for the score, instead of rows of TABLE.",
)
@click.option(
    "--validation",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Rows to stop by, instead of rows of TABLE.",
)
@dialect_options
@click.option(
    "--seed",
    type=click.IntRange(0, 2**32 - 1),
    metavar="N",
    default=0,
    show_default=True,
    help="The same seed gives the same network.",
)
@click.option(
    "--recipe",
    type=click.Choice(RECIPES),
    default="standard",
    show_default=True,
    help="How the network is made and trained.",
)
@click.option("--epochs", type=click.IntRange(1), metavar="N", help="Passes over the rows at most.")
@click.option(
    "--time-limit",
    type=time_span,
    metavar="SPAN",
    help="Training takes no longer, up to an epoch: 30s, 5m, 1h.",
)
@click.option(
    "--hidden",
    type=layer_sizes,
    metavar="UNITS",
    help="Units of the hidden layers, as 256,256; none is a linear model.",
)
@click.option(
    "--learning-rate",
    type=Range(0.0, min_open=True),
    metavar="RATE",
    help="Learning rate of the optimizer.",
)
@click.option("--batch-size", type=click.IntRange(1), metavar="ROWS", help="Rows to a step.")
@click.option("--engine", default="auto", show_default=True, help="What executes the network.")
@click.option("--threads", type=click.IntRange(1), metavar="N", help="Threads of the engine.")
@click.option(
    "--dry-run",
    is_flag=True,
    help="Train on two batches only, then report; no model is written unless -o asks for it.",
)
@click.option("-q", "--quiet", is_flag=True, help="No progress and no notes, the report alone.")
@click.option("--json", "as_json", is_flag=True, help="The report as JSON.")
def train(
    table: Path,
    targets: tuple[str, ...],
    outputs: tuple[Path, ...],
    task: str | None,
    types: tuple[tuple[str, Kind], ...],
    drop: tuple[str, ...],
    weights: str | None,
    group: str | None,
    time: str | None,
    test_fraction: float | None,
    test: Path | None,
    validation: Path | None,
    reading: Dialect | None,
    seed: int,
    epochs: int | None,
    time_limit: float | None,
    recipe: str,
    hidden: tuple[int, ...] | None,
    learning_rate: float | None,
    batch_size: int | None,
    engine: str,
    threads: int | None,
    dry_run: bool,
    quiet: bool,
    as_json: bool,
) -> None:
    """Train a network on TABLE (CSV or Parquet), score it on held-out rows, and save it.

    What you leave out is chosen from the data, and shown. Ctrl-C ends training early, keeps the
    best weights so far and finishes the report; a second one leaves at once.
    """
    files = _files(
        table,
        outputs,
        [path for path in (table, test, validation) if path and path.is_file()],
        dry_run=dry_run,
    )
    _check_rows(table, test_fraction, test, validation, group or time)
    from glassnet.cli.model_output import ModelOutput
    from glassnet.cli.training_data import check_roles, gather, unknown_notices
    from glassnet.cli.training_report import TrainingReport
    from glassnet.cli.training_run import begin, run, score
    from glassnet.data.review.reference import Drift
    from glassnet.errors import DataError
    from glassnet.fitting import Roles
    from glassnet.storage import check
    from glassnet.training.plan import Plan

    output = ModelOutput(files.get(MODEL))
    plan = Plan(
        recipe=recipe,
        hidden_layer_sizes=hidden,
        learning_rate=learning_rate,
        batch_size=batch_size,
        max_epochs=epochs,
        time_limit=time_limit,
        seed=seed,
        engine=engine,
        n_threads=threads,
    )
    roles = Roles(
        list(targets), weights, group, time, drop, _by_column(types), task, dialect=reading
    )
    check_roles(roles)
    fraction = 0.2 if test_fraction is None else test_fraction
    data = gather(table, roles, fraction=fraction, seed=seed, validation=validation, test=test)
    why_none = "leave out --test-fraction 0, or name a file with --test"
    if data.task == "multilabel":
        why_none = "labels that may go together have no scores yet"
    refuse(
        PAGE in files and data.held_out is None,
        f"{files.get(PAGE)} would show scores, but no rows are held out for them: {why_none}.",
    )
    if not quiet:
        print_notes(
            [
                *(f"{path} is replaced." for path in files.values() if path.exists()),
                *unknown_notices(data),
                *data.prepared.notices,
            ]
        )
    report = TrainingReport(data, files, silent=as_json, dry_run=dry_run)
    report.describe_data()
    session = begin(data, plan, dry_run=dry_run)
    if MODEL in files:
        check(data.prepared.remembered(session.model()))
    report.describe_session(session)
    model, interrupted = run(session, data, output.save, quiet=quiet)
    files |= {MODEL: output.path} if output.path else {}
    report.result = score(model, data, interrupted=interrupted)
    if (
        data.test and report.result and not quiet
    ):  # rows held out of the table itself differ only as requested
        print_notes([notice for notice in [Drift(report.result.drift or ()).notice()] if notice])
    failed = output.failed
    if PAGE in files:
        try:
            report.write_page(model, invocation())
        except DataError as error:  # the report as text is still printed
            click.echo(f"Error: {error}", err=True)
            del files[PAGE]
            failed = True
    if as_json:
        click.echo(report.as_json(model))
    else:
        report.describe_result(model)
    if failed:
        click.get_current_context().exit(1)


def _files(
    table: Path, outputs: tuple[Path, ...], inputs: list[Path], *, dry_run: bool
) -> dict[str, Path]:
    """Return the output files by suffix; a model is always written, except in a dry run."""
    endings = {MODEL: "a model file", PAGE: "a report"}
    files = output_files(outputs, endings, inputs)
    return (
        files
        if MODEL in files or dry_run
        else files | output_files([Path(_stem(table) + MODEL)], endings, inputs)
    )


def _check_rows(
    table: Path, fraction: float | None, test: Path | None, validation: Path | None, by: str | None
) -> None:
    """Refuse test rows that are given twice, or that are also used for training."""
    refuse(
        test is not None and fraction is not None,
        "rows for the score come from --test or are a --test-fraction of the table: leave one of "
        "them out.",
    )
    refuse(
        by is not None and validation is not None and (test is not None or fraction == 0.0),
        "--group and --time say how rows are held out, but none are: leave them out (--drop names "
        "a column of no use).",
    )
    for option, path in (("--test", test), ("--validation", validation)):
        refuse(
            path is not None and path.exists() and table.exists() and path.samefile(table),
            f"{option} names the table that is learned from: leave it out, and rows of it are held "
            "out.",
        )


def _by_column(types: tuple[tuple[str, Kind], ...]) -> dict[str, Kind]:
    """Return the kinds by column; refuse a column with two kinds."""
    kinds: dict[str, Kind] = {}
    for column, kind in types:
        first = kinds.setdefault(column, kind)
        refuse(
            first != kind,
            f"--types says {first} and {kind} of column {column!r}: leave one of them out.",
        )
    return kinds


def _stem(table: Path) -> str:
    """Return the file name of a table without its suffixes."""
    from glassnet.data.files.read import SUFFIXES

    name = table.name or table.absolute().name
    known = [
        suffix for suffix in SUFFIXES if name.lower().endswith(suffix) and len(name) > len(suffix)
    ]
    return name[: -len(max(known, key=len))] if known else name
