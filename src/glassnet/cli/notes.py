"""Notes on stderr: what was done with a table that its owner should know."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import click

from glassnet.cli.words import counted, printable

#: More notes than these fill the screen.
MOST_NOTES = 12


def tell(notes: Sequence[str]) -> None:
    """Print each note as a line, and how many more there are."""
    for note in notes[:MOST_NOTES]:
        click.echo(f"Note: {printable(note)}", err=True)
    if len(notes) > MOST_NOTES:
        click.echo(
            f"Note: {counted(len(notes) - MOST_NOTES, 'more note')} of this kind; --json holds "
            "them all.",
            err=True,
        )


@contextmanager
def warnings_told(*, quiet: bool = False) -> Iterator[None]:
    """Print what is warned of in the block as notes."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    if not quiet:
        tell(list(dict.fromkeys(str(warning.message) for warning in caught)))
