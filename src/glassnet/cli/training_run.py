"""Run the training of `glassnet train` with progress, until it ends, its limit or Ctrl-C."""

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
from glassnet.inspection.diagnosis import diagnose_session
from glassnet.interrupts import deferred_interrupts
from glassnet.messages import counted
from glassnet.model import Model
from glassnet.report import Evaluation, evaluate_with_baselines, held_out_scores
from glassnet.training.plan import Plan

#: The maximum number of rows in a dry run.
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

    A signal ends the training; the short work that follows is completed. The model is saved after
    the training and again when it is complete, so that it exists even if a later step fails.

    Raises
    ------
    KeyboardInterrupt
        If a signal came before the first update; or at a second signal, with the model saved.
    """
    sys.stdout.flush()  # print the report so far before the progress
    with deferred_interrupts() as interrupted, warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # another message follows
        with show_progress(session, quiet=quiet) as watch:
            session.train(watch)
        model = data.prepared.remembered(session.model())
        if not model.training["updates"]:
            raise interrupted.interrupt()
        save(model)
        _print_ending(session, model, quiet=quiet)
        if not quiet:
            print_notes(_verdicts(session, model))
        session.calibrate()
        model = data.prepared.remembered(session.model())
        model = replace(model, training={**model.training, **_test_record(model, data)})
        save(model)
    if interrupted.count > 1:
        raise interrupted.interrupt()
    return model, interrupted() or model.training["ended"] == "interrupted"


def _print_ending(session: fitting.Session, model: Model, *, quiet: bool) -> None:
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


def _verdicts(session: fitting.Session, model: Model) -> list[str]:
    """Return what is wrong with the network, with the change for each."""
    found = diagnose_session(session, model).verdicts
    return [f"{v.code} {v.name}: {v.text}. To change: {v.change.text}." for v in found]


def _test_record(model: Model, data: TrainingData) -> dict[str, Any]:
    """Return the entry about the test rows for the training record of a model."""
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
    """Evaluate the model and the baselines on the test rows.

    The first Ctrl-C skips the baselines.

    Raises
    ------
    KeyboardInterrupt
        If it is the second Ctrl-C.
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
