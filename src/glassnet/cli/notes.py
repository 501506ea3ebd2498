"""Print notes on stderr about what was done with a table."""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import click

from glassnet.messages import counted, printable

#: The maximum number of notes to print.
MAX_NOTES = 12


def print_notes(notes: Sequence[str]) -> None:
    """Print each note on a line, and the number of further notes."""
    for note in notes[:MAX_NOTES]:
        click.echo(f"Note: {printable(note)}", err=True)
    if len(notes) > MAX_NOTES:
        more = counted(len(notes) - MAX_NOTES, "more note")
        click.echo(f"Note: {more} of this kind; --json holds them all.", err=True)


@contextmanager
def warnings_as_notes(*, quiet: bool = False) -> Iterator[None]:
    """Print the warnings of the block as notes, without duplicates."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    if not quiet:
        print_notes(list(dict.fromkeys(str(warning.message) for warning in caught)))
