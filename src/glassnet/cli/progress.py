"""Training as it is watched: one bar for the whole run on a terminal, a line every ten seconds elsewhere. All on stderr.

An epoch of members is one of each of them, so that the bar and the time left are those of all.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from glassnet.cli.words import duration

if TYPE_CHECKING:
    from glassnet.fitting import Session
    from glassnet.training.history import Epoch

#: Seconds between two lines where nobody watches.
INTERVAL = 10.0

OnEpoch = Callable[["Epoch"], None]


@contextmanager
def watched(session: Session, *, quiet: bool) -> Iterator[OnEpoch]:
    """Yield what is to be called with each record of a session's training."""
    best = Best()
    if quiet:
        yield best.note
    elif sys.stderr.isatty() and os.environ.get("TERM") != "dumb" and _has_rich():
        with _bar(best, session) as on_epoch:
            yield on_epoch
    else:
        yield _lines(best, session)


class Best:
    """The best epoch so far, by the validation loss where there is one."""

    def __init__(self) -> None:
        self.value, self.epoch = float("inf"), 0

    def note(self, epoch: Epoch) -> None:
        """Take a record into account."""
        value = epoch.training_loss if epoch.validation_loss is None else epoch.validation_loss
        if value < self.value:
            self.value, self.epoch = value, epoch.index + 1

    def line(self, epoch: Epoch) -> str:
        """Return the losses of a record in words, and the best one so far."""
        held_out = (
            "" if epoch.validation_loss is None else f"  validation {epoch.validation_loss:.4f}"
        )
        return (
            f"loss {epoch.training_loss:.4f}{held_out}  best {self.value:.4f} in epoch {self.epoch}"
        )


def _lines(best: Best, session: Session) -> OnEpoch:
    began = last = time.monotonic()

    def on_epoch(epoch: Epoch) -> None:
        nonlocal last
        best.note(epoch)
        if time.monotonic() - last >= INTERVAL:
            last = time.monotonic()
            done, ahead = epoch.index + 1, session.epochs_ahead
            left = duration((last - began) / done * ahead)
            click.echo(
                f"epoch {done} of at most {done + ahead}{_members(session)}, {left} left: "
                f"{best.line(epoch)}",
                err=True,
            )

    return on_epoch


@contextmanager
def _bar(best: Best, session: Session) -> Iterator[OnEpoch]:
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
    with Progress(
        *columns, console=Console(stderr=True, highlight=False), transient=True
    ) as progress:
        bar = progress.add_task("", total=session.epochs_ahead, members=_members(session))

        def on_epoch(epoch: Epoch) -> None:
            best.note(epoch)
            done = epoch.index + 1
            progress.update(
                bar,
                completed=done,
                total=done + session.epochs_ahead,
                description=best.line(epoch),
                members=_members(session),
            )

        yield on_epoch


def _members(session: Session) -> str:
    n = len(session.ensemble.members)
    return f" ({n} members)" if n else ""


def _has_rich() -> bool:
    try:
        import rich.progress  # noqa: F401
    except ImportError:
        return False
    return True
