"""Read the table argument of a command: a path, or - for CSV on standard input.

Standard input is copied to a temporary file, because a table is read more than once.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import click

from glassnet.errors import DataError

STDIN = "standard input"
CHUNK = 2**20


@contextmanager
def table_or_stdin(table: Path) -> Iterator[Path]:
    """Yield the path of the file to read; if the table is -, errors name standard input.

    Raises
    ------
    DataError
        If stdin has more bytes than a table may have.
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
        _copy_stdin(path)
        yield path
    except DataError as error:
        raise DataError(str(error).replace(str(path), STDIN)) from None
    finally:
        # `tempfile.TemporaryDirectory` opens the folder, for which no descriptor may be left.
        for remove in (path.unlink, folder.rmdir):
            with suppress(OSError):
                remove()


def _copy_stdin(path: Path) -> None:
    from glassnet.data.tables.dialect import Limits

    limits, n_bytes = Limits(), 0
    with path.open("wb") as file:
        while chunk := sys.stdin.buffer.read(CHUNK):
            n_bytes += file.write(chunk)
            if n_bytes > limits.bytes:
                what = f"{STDIN}: it holds more than {limits.bytes:,} bytes"
                raise limits.exceeded(what, "bytes")
