"""A training as the command line runs it: watched, ended by the clock or by Ctrl-C, or cut to two batches for a trial."""

from __future__ import annotations

import sys
import time
import warnings
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from glassnet.cli.notes import warnings_told
from glassnet.cli.portrait import keep_their_best
from glassnet.cli.progress import watched
from glassnet.cli.training_data import TrainingData
from glassnet.cli.words import counted, duration
from glassnet.fitting import Session
from glassnet.model import Model
from glassnet.report import Evaluation, compare, evaluate
from glassnet.training.plan import Plan

if TYPE_CHECKING:
    from glassnet.training.history import Epoch

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


def run(session: Session, *, time_limit: float | None, quiet: bool) -> Model:
    """Train to the end, or until time is up or Ctrl-C comes, and return the model with its best weights.

    Raises
    ------
    KeyboardInterrupt
        Where it came before anything was learned.
    """
    assert session.plan.max_epochs is not None
    sys.stdout.flush()  # the report so far comes before the progress
    started = time.monotonic()
    with warnings.catch_warnings(), watched(session.plan.max_epochs, quiet=quiet) as watch:
        warnings.simplefilter("ignore", RuntimeWarning)  # said in our own words below

        def on_epoch(epoch: Epoch) -> bool:
            watch(epoch)
            return time_limit is not None and time.monotonic() - started >= time_limit

        model = session.finish(on_epoch)
    if model.training["ended"] == "stopped by the caller":
        model = replace(model, training={**model.training, "ended": "time was up"})
    record = model.training
    if record["ended"] == "interrupted":
        if not record["updates"]:
            raise KeyboardInterrupt
        kept = "the weights so far" if record["best_epoch"] is None else f"the best weights so far (epoch {record['best_epoch'] + 1})"
        kept = "the best weights so far of each member" if keep_their_best(record) else kept
        click.echo(f"Interrupted after {counted(record['epochs'], 'epoch')}: {kept} are kept. Again to leave at once.", err=True)
    elif not quiet:
        click.echo(f"Trained for {counted(record['epochs'], 'epoch')} in {duration(record['seconds'])}.", err=True)
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
        return evaluate(model, held_out.table, held_out.values, weight=held_out.weight, name=name)
