"""Runs a training of the command line, with progress, until its end, its limit or Ctrl-C."""

import sys
import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import click

from glassnet import fitting
from glassnet.cli.model_summary import describe_epochs, members_keep_best
from glassnet.cli.notes import print_notes, warnings_as_notes
from glassnet.cli.progress import show_progress
from glassnet.cli.text import duration
from glassnet.cli.training_data import TrainingData
from glassnet.interrupts import deferred_interrupts
from glassnet.messages import counted
from glassnet.model import Model
from glassnet.report import Evaluation, evaluate_with_baselines, held_out_scores
from glassnet.training.plan import Plan

#: That a dry run learns from.
TRIAL_BATCHES = 2


def begin(data: TrainingData, plan: Plan, *, dry_run: bool) -> fitting.Session:
    """Build the network for these rows."""
    rows = data.validation
    validation = None if rows is None else (rows.X, rows.y, rows.weight)
    with warnings_as_notes():
        session = fitting.begin(data.learned, plan, validation=validation)
    if dry_run:
        session.shorten(TRIAL_BATCHES)
    return session


def run(
    session: fitting.Session, data: TrainingData, save: Callable[[Model], None], *, quiet: bool
) -> tuple[Model, bool]:
    """Train, calibrate and score; return the model, and whether a signal came.

    A signal ends the training; what follows is short and runs to its end. The model is saved after
    the training and again when it is whole, so that from the first steps on there is one, whatever
    comes.

    Raises
    ------
    KeyboardInterrupt
        Where a signal came before anything was learned, or a second one; then the model is saved.
    """
    sys.stdout.flush()  # the report so far comes before the progress
    with deferred_interrupts() as interrupted, warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a message of our own follows
        with show_progress(session, quiet=quiet) as watch:
            session.train(watch)
        model = data.prepared.remembered(session.model())
        if not model.training["updates"]:
            raise interrupted.interrupt()
        save(model)
        _tell_how_it_ended(session, model, quiet=quiet)
        session.calibrate()
        model = data.prepared.remembered(session.model())
        model = replace(model, training={**model.training, **_held_out(model, data)})
        save(model)
    if interrupted.count > 1:
        raise interrupted.interrupt()
    return model, interrupted() or model.training["ended"] == "interrupted"


def _tell_how_it_ended(session: fitting.Session, model: Model, *, quiet: bool) -> None:
    record = model.training
    if record["ended"] == "interrupted":
        best = record["best_epoch"]
        kept = "weights so far" if best is None else f"best weights so far (epoch {best + 1})"
        kept = "best weights so far of each member" if members_keep_best(record) else kept
        click.echo(
            f"Interrupted after {counted(record['epochs'], 'epoch')}: the {kept} are kept. Again "
            "to leave at once.",
            err=True,
        )
    elif not quiet:
        click.echo(
            f"Trained for {describe_epochs(record)} in {duration(record['seconds'])}.", err=True
        )
    if not quiet:
        print_notes(session.ensemble.divergences)


def _held_out(model: Model, data: TrainingData) -> dict[str, Any]:
    """Return what the model's record says of the rows held out for the score."""
    if data.held_out is None or data.task == "multilabel":
        return {}
    by = (
        {"split": data.split.to_plain()}
        if data.split
        else {"file": data.test.name if data.test else ""}
    )
    return {
        "held_out": {
            "rows": data.held_out.n,
            "scores": held_out_scores(model, data.held_out),
            **by,
        }
    }


def score(model: Model, data: TrainingData, *, interrupted: bool) -> Evaluation | None:
    """Score the model beside simpler ones on the held-out rows.

    The first Ctrl-C leaves the simpler models out.

    Raises
    ------
    KeyboardInterrupt
        Where it is the second one.
    """
    held_out = data.held_out
    if held_out is None:
        return None
    name = (data.test or data.path).name
    try:
        return evaluate_with_baselines(model, data.training, held_out, name=name)
    except KeyboardInterrupt:
        if interrupted:
            raise
        click.echo(
            "Interrupted: the simpler models are left out. Again to leave at once.", err=True
        )
        return evaluate_with_baselines(model, None, held_out, name=name)
