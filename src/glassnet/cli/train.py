"""`glassnet train`: a table in; a trained network, an honest score and a model file out."""

from __future__ import annotations

import sys
import warnings
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from glassnet.cli.progress import watched
from glassnet.cli.words import counted, duration, printable

if TYPE_CHECKING:
    from glassnet.cli.training_report import TrainingReport
    from glassnet.fitting import Session
    from glassnet.model import Model
    from glassnet.report import Part
    from glassnet.training.plan import Plan

TASKS = ("binary", "multiclass", "classification", "regression")
SUFFIX = ".glassnet"
#: Keeps the rows that are held out for the score apart from those that training holds out to stop by, for the same seed.
HELD_OUT = 1


class Sizes(click.ParamType[tuple[int, ...]]):
    """Units of each hidden layer: `64`, `256,256`, or `none` for a linear model."""

    name = "units"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, ...]:
        """Return the units as whole numbers."""
        if isinstance(value, tuple):
            return value
        if value.strip().lower() == "none":
            return ()
        try:
            sizes = tuple(int(part) for part in value.split(","))
        except ValueError:
            sizes = (0,)
        if min(sizes) < 1:
            self.fail(f"{value!r} is no list of units: write 256,256 for two hidden layers, or none for a linear model.", param, ctx)
        return sizes


@click.command(short_help="Train a network on a table.")
@click.argument("table", type=click.Path(path_type=Path))
@click.option("--target", required=True, metavar="COLUMN", help="The column to predict.")
@click.option(
    "-o", "--output", "output", type=click.Path(path_type=Path), metavar="MODEL", help="The model file; TABLE.glassnet by default."
)
@click.option("--task", type=click.Choice(TASKS), help="What to predict; guessed from the target by default.")
@click.option(
    "--test-fraction",
    type=click.FloatRange(0.0, 0.9),
    metavar="SHARE",
    default=0.2,
    show_default=True,
    help="Part of the rows that is held out for the score.",
)
@click.option(
    "--seed", type=click.IntRange(0, 2**32 - 1), metavar="N", default=0, show_default=True, help="The same seed gives the same network."
)
@click.option("--epochs", type=click.IntRange(1), metavar="N", help="Passes over the rows at most.")
@click.option("--hidden", type=Sizes(), metavar="UNITS", help="Units of the hidden layers, as 256,256; none is a linear model.")
@click.option("--learning-rate", type=click.FloatRange(0.0, min_open=True), metavar="RATE", help="Learning rate of the optimizer.")
@click.option("--batch-size", type=click.IntRange(1), metavar="ROWS", help="Rows to a step.")
@click.option("--engine", default="auto", show_default=True, help="What executes the network.")
@click.option("--threads", type=click.IntRange(1), metavar="N", help="Threads of the engine.")
@click.option("-q", "--quiet", is_flag=True, help="No progress and no notices, the report alone.")
@click.option("--json", "as_json", is_flag=True, help="The report as JSON.")
def train(
    table: Path,
    target: str,
    output: Path | None,
    task: str | None,
    test_fraction: float,
    seed: int,
    epochs: int | None,
    hidden: tuple[int, ...] | None,
    learning_rate: float | None,
    batch_size: int | None,
    engine: str,
    threads: int | None,
    quiet: bool,
    as_json: bool,
) -> None:
    """Train a network on TABLE (CSV or Parquet), score it on rows held out, and save it as a model file.

    What you leave out is chosen from the data, and shown. Ctrl-C ends training early and keeps the best weights so far.
    """
    output = output or Path(_stem(table) + SUFFIX)
    _check_output(output)
    from glassnet.cli.training_report import TrainingReport
    from glassnet.training.plan import Plan

    plan = Plan(
        hidden_layer_sizes=hidden,
        learning_rate=learning_rate,
        batch_size=batch_size,
        max_epochs=epochs,
        seed=seed,
        engine=engine,
        n_threads=threads,
    )
    rows = read_rows(table, target, task, quiet=quiet)
    training, held_out = hold_out(rows, test_fraction, seed)
    report = TrainingReport(table, rows, training, held_out, silent=as_json)
    report.describe_data()
    session = begin(rows, training, plan)
    report.describe_session(session)
    model = run(session, quiet=quiet)
    if held_out:
        from glassnet.report import held_out_scores

        scored = {"rows": held_out.table.n_rows, "scores": held_out_scores(model, held_out)}
        model = replace(model, training={**model.training, "held_out": scored})
    model.save(output)
    finish(report, model, output, as_json=as_json)


@dataclass(frozen=True)
class Rows:
    """The rows whose target is known, how many others there were, the task, and whether it was guessed."""

    part: Part
    name: str
    left_out: int
    task: str
    guessed: bool


def read_rows(path: Path, target: str, task: str | None, *, quiet: bool) -> Rows:
    """Read a table and leave out the rows without a target."""
    import numpy as np

    from glassnet.data.read import read_table
    from glassnet.data.target import Target
    from glassnet.errors import DataError
    from glassnet.fitting.from_table import features_and_target
    from glassnet.report import Part

    features, values, _ = features_and_target(read_table(path), target)
    known = np.array([value is not None for value in values]) if values.dtype == object else ~np.isnan(values)
    left_out = len(known) - int(known.sum())
    if left_out == len(known):
        raise DataError(f"the target {target!r} is missing in every row of {path}: nothing to learn from.")
    if left_out:
        features, values = features.take(known), values[known]
        if not quiet:
            click.echo(f"{counted(left_out, 'row')} without {printable(target)!r} left out.", err=True)
    fitted = Target.fit(values, names=(target,), task=task)
    return Rows(Part(features, values), target, left_out, fitted.task, task is None)


def hold_out(rows: Rows, fraction: float, seed: int) -> tuple[Part, Part | None]:
    """Return the rows to train on and those to score on, the same share of each class; None where nothing is to be held out."""
    from glassnet.data.split import split_rows
    from glassnet.report import Part

    if fraction == 0.0:
        return rows.part, None
    table, values = rows.part.table, rows.part.values
    labels = None if rows.task == "regression" else values.astype(str)
    parts = split_rows(table.n_rows, fraction, seed=[seed, HELD_OUT], stratify=labels)
    training, held_out = (Part(table.take(part), values[part]) for part in parts)
    return training, held_out


def begin(rows: Rows, training: Part, plan: Plan) -> Session:
    """Build the network for these rows."""
    from glassnet.fitting import Session

    with warnings.catch_warnings(record=True) as notices:
        session = Session.begin(training.table, training.values, plan, task=rows.task, names=(rows.name,))
    for notice in notices:
        click.echo(f"Note: {notice.message}", err=True)
    return session


def run(session: Session, *, quiet: bool) -> Model:
    """Train to the end, or until Ctrl-C, and return the model with its best weights.

    Raises
    ------
    KeyboardInterrupt
        Where it came before anything was learned.
    """
    assert session.plan.max_epochs is not None
    sys.stdout.flush()  # the report so far comes before the progress
    with warnings.catch_warnings(), watched(session.plan.max_epochs, quiet=quiet) as on_epoch:
        warnings.simplefilter("ignore", RuntimeWarning)  # said in our own words below
        model = session.finish(on_epoch)
    record = model.training
    if record["ended"] == "interrupted":
        if not record["updates"]:
            raise KeyboardInterrupt
        kept = "the weights so far" if record["best_epoch"] is None else f"the best weights so far (epoch {record['best_epoch'] + 1})"
        click.echo(f"Interrupted after {counted(record['epochs'], 'epoch')}: {kept} are kept.", err=True)
    elif not quiet:
        click.echo(f"Trained for {counted(record['epochs'], 'epoch')} in {duration(record['seconds'])}.", err=True)
    return model


def finish(report: TrainingReport, model: Model, output: Path, *, as_json: bool) -> None:
    """Compare the model, which is saved by now, with simpler ones, and print what came of it."""
    try:
        report.compare(model)
    except KeyboardInterrupt:
        click.echo(f"Interrupted while the simpler models were fitted; the model is in {output}.", err=True)
    if as_json:
        click.echo(report.as_json(model, output))
    else:
        report.describe_result(model, output)


def _stem(table: Path) -> str:
    """Return a table's name without its suffixes."""
    name = table.name or table.absolute().name
    for suffix in (".gz", ".csv", ".tsv", ".txt", ".parquet"):
        name = name[: -len(suffix)] if name.lower().endswith(suffix) and len(name) > len(suffix) else name
    return name


def _check_output(output: Path) -> None:
    """Refuse before the training what could not be saved after it."""
    import os

    if output.is_dir():
        raise click.BadParameter(f"{output} is a folder: name a file in it.", param_hint="'-o'")
    if output.suffix != SUFFIX:
        raise click.BadParameter(f"a model file ends in {SUFFIX}: write {output.with_suffix(SUFFIX)}.", param_hint="'-o'")
    if not output.parent.is_dir():
        raise click.BadParameter(f"there is no folder {output.parent}: make it first.", param_hint="'-o'")
    if not os.access(output.parent, os.W_OK):
        raise click.BadParameter(f"the folder {output.parent} cannot be written to.", param_hint="'-o'")
