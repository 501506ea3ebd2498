"""The table that a command was given: a path, or - for CSV on stdin, which is put into a file, since a table is read more than once."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import click

from glassnet.errors import DataError

STDIN = "standard input"
PIECE = 2**20


@contextmanager
def given_table(table: Path) -> Iterator[Path]:
    """Yield the path of a file to read; what is said of it speaks of standard input where the table came from there.

    Raises
    ------
    DataError
        For more bytes on stdin than a table may have.
    """
    if str(table) != "-":
        yield table
        return
    import tempfile

    if sys.stdin.isatty():
        raise click.BadParameter(
            "- reads CSV from standard input, but nothing is sent there: glassnet ... - < rows.csv"
        )
    folder = Path(tempfile.mkdtemp(prefix="glassnet-"))
    path = folder / "stdin.csv"
    try:
        _keep_stdin(path)
        yield path
    except DataError as error:
        raise DataError(str(error).replace(str(path), STDIN)) from None
    finally:
        # By name: `tempfile.TemporaryDirectory` opens the folder to clear it, and there may be no
        # descriptor left for that.
        with suppress(OSError):
            path.unlink(missing_ok=True)
        with suppress(OSError):
            folder.rmdir()


def _keep_stdin(path: Path) -> None:
    """Write what comes on stdin to a file."""
    from glassnet.data.files.limits import Limits

    limits, n_bytes = Limits(), 0
    with path.open("wb") as file:
        while piece := sys.stdin.buffer.read(PIECE):
            n_bytes += file.write(piece)
            if n_bytes > limits.bytes:
                raise limits.exceeded(
                    f"{STDIN}: it holds more than {limits.bytes:,} bytes", "bytes"
                )
