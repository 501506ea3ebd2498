"""Show the progress of a training on stderr: a bar on a terminal, or a line every ten seconds.

An epoch of an ensemble is one epoch of each member, so the bar and the time left are for all.
"""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec

import click

from glassnet.cli.text import duration
from glassnet.fitting import Session
from glassnet.training.stopping import Epoch

#: The number of seconds between two lines.
INTERVAL = 10.0

OnEpoch = Callable[[Epoch], None]


@contextmanager
def show_progress(session: Session, *, quiet: bool) -> Iterator[OnEpoch]:
    """Yield the function to call after each epoch of a session's training."""
    best = BestEpoch()
    if quiet:
        yield best.update
    elif sys.stderr.isatty() and os.environ.get("TERM") != "dumb" and find_spec("rich"):
        with _bar(best, session) as on_epoch:
            yield on_epoch
    else:
        yield _lines(best, session)


class BestEpoch:
    """The best epoch so far, by the validation loss if there is one."""

    def __init__(self) -> None:
        self.value, self.epoch = float("inf"), 0

    def update(self, epoch: Epoch) -> None:
        """Update the best epoch with a new one."""
        value = epoch.training_loss if epoch.validation_loss is None else epoch.validation_loss
        if value < self.value:
            self.value, self.epoch = value, epoch.index + 1

    def describe(self, epoch: Epoch) -> str:
        """Return the losses of an epoch and the best loss so far."""
        text = f"loss {epoch.training_loss:.4f}"
        if epoch.validation_loss is not None:
            text += f"  validation {epoch.validation_loss:.4f}"
        return f"{text}  best {self.value:.4f} in epoch {self.epoch}"


def _lines(best: BestEpoch, session: Session) -> OnEpoch:
    start = last = time.monotonic()

    def on_epoch(epoch: Epoch) -> None:
        nonlocal last
        best.update(epoch)
        if time.monotonic() - last >= INTERVAL:
            last = time.monotonic()
            done, ahead = epoch.index + 1, session.epochs_ahead
            left = duration((last - start) / done * ahead)
            click.echo(
                f"epoch {done} of at most {done + ahead}{_members(session)}, {left} left: "
                f"{best.describe(epoch)}",
                err=True,
            )

    return on_epoch


@contextmanager
def _bar(best: BestEpoch, session: Session) -> Iterator[OnEpoch]:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("Training "),
        BarColumn(24, complete_style="cyan", finished_style="cyan"),
        TextColumn("epoch {task.completed:.0f}/{task.total:.0f}{task.fields[members]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("left", style="dim"),
        TextColumn("{task.description}", style="dim"),
    )
    console = Console(stderr=True, highlight=False)
    with Progress(*columns, console=console, transient=True) as progress:
        bar = progress.add_task("", total=session.epochs_ahead, members=_members(session))

        def on_epoch(epoch: Epoch) -> None:
            best.update(epoch)
            done = epoch.index + 1
            progress.update(
                bar,
                completed=done,
                total=done + session.epochs_ahead,
                description=best.describe(epoch),
                members=_members(session),
            )

        yield on_epoch


def _members(session: Session) -> str:
    n = len(session.ensemble.members)
    return f" ({n} members)" if n else ""
