"""A training as the command line runs it: watched, ended by the clock or by Ctrl-C, or cut to two batches for a trial."""

from __future__ import annotations

import sys
import warnings

import click

from glassnet.cli.notes import warnings_told
from glassnet.cli.portrait import epochs_in_words, keep_their_best
from glassnet.cli.progress import watched
from glassnet.cli.training_data import TrainingData
from glassnet.cli.words import counted, duration
from glassnet.errors import DataNotice
from glassnet.fitting import Session
from glassnet.model import Model
from glassnet.report import Evaluation, compare, evaluate
from glassnet.training.plan import Plan

#: That a dry run learns from.
TRIAL_BATCHES = 2


def begin(data: TrainingData, plan: Plan, *, dry_run: bool) -> Session:
    """Build the network for these rows."""
    part, stop = data.training, data.validation
    with warnings_told():
        session = Session.begin(
            part.table,
            part.values,
            plan,
            task=data.task,
            names=data.prepared.names,
            sample_weight=part.weight,
            validation=None if stop is None else (stop.table, stop.values, *([] if stop.weight is None else [stop.weight])),
            groups=data.group,
            time=data.time,
        )
    if dry_run:
        session.shorten(TRIAL_BATCHES)
    return session


def run(session: Session, *, quiet: bool) -> Model:
    """Train to the end, or until Ctrl-C comes, and return the model with its best weights.

    Raises
    ------
    KeyboardInterrupt
        Where it came before anything was learned.
    """
    sys.stdout.flush()  # the report so far comes before the progress
    with warnings.catch_warnings(), watched(session, quiet=quiet) as watch:
        warnings.simplefilter("ignore", RuntimeWarning)  # said in our own words below
        model = session.finish(watch)
    record = model.training
    if record["ended"] == "interrupted":
        if not record["updates"]:
            raise KeyboardInterrupt
        kept = "the weights so far" if record["best_epoch"] is None else f"the best weights so far (epoch {record['best_epoch'] + 1})"
        kept = "the best weights so far of each member" if keep_their_best(record) else kept
        click.echo(f"Interrupted after {counted(record['epochs'], 'epoch')}: {kept} are kept. Again to leave at once.", err=True)
    elif not quiet:
        click.echo(f"Trained for {epochs_in_words(record)} in {duration(record['seconds'])}.", err=True)
    return model


def score(model: Model, data: TrainingData, *, interrupted: bool) -> Evaluation | None:
    """Score the model beside simpler ones on the rows held out; the first Ctrl-C, if it comes now, leaves the simpler ones out.

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
        return compare(model, data.training, held_out, name=name)
    except KeyboardInterrupt:
        if interrupted:
            raise
        click.echo("Interrupted: the simpler models are left out. Again to leave at once.", err=True)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DataNotice)  # as above: what the rows are like is in the record
            return evaluate(model, held_out.table, held_out.values, weight=held_out.weight, name=name)
