"""What options may hold beyond text and numbers: layer sizes, kinds of columns, spans of time, and how a text file is written."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from glassnet.errors import did_you_mean

if TYPE_CHECKING:
    from glassnet.data.dialect import Dialect

Command = TypeVar("Command", bound=Callable[..., Any])

_SPAN = re.compile(r"([0-9]+(?:\.[0-9]+)?) ?(s|m|h)?")
_UNITS = {None: 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}


class Sizes(click.ParamType[tuple[int, ...]]):
    """Units of each hidden layer: `64`, `256,256`, or `none` for a linear model."""

    name = "units"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, ...]:
        """Return the units as whole numbers."""
        if isinstance(value, tuple):
            return value
        if value.strip().lower() == "none":
            return ()
        try:
            sizes = tuple(int(part) for part in value.split(","))
        except ValueError:
            sizes = (0,)
        if min(sizes) < 1:
            self.fail(f"{value!r} is no list of units: write 256,256 for two hidden layers, or none for a linear model.", param, ctx)
        return sizes


class ColumnKind(click.ParamType[tuple[str, str]]):
    """A column and what it holds: `zip=category`. A name may hold a `=`: the last one counts."""

    name = "column=kind"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        """Return the column and its kind."""
        from glassnet.data.table import KINDS

        if isinstance(value, tuple):
            return value
        column, _, kind = value.rpartition("=")
        if not column:
            self.fail(f"{value!r} names no column and kind: write zip=category, for example.", param, ctx)
        if kind not in KINDS:
            self.fail(f"{kind!r} is no kind of column: expected one of {', '.join(KINDS)}.{did_you_mean(kind, KINDS)}", param, ctx)
        return column, kind


class Span(click.ParamType[float]):
    """A span of time in seconds: `30`, `30s`, `5m`, `1.5h`."""

    name = "seconds"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the seconds."""
        if isinstance(value, float):
            return value
        found = _SPAN.fullmatch(value.strip())
        seconds = float(found[1]) * _UNITS[found[2]] if found else 0.0
        if not 0.0 < seconds < math.inf:
            self.fail(f"{value!r} is no span of time: write 30 or 30s for seconds, 5m for minutes, 1h for hours.", param, ctx)
        return seconds


class Range(click.FloatRange):
    """A number between bounds; click would let through what is not a number."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the number."""
        number = float(super().convert(value, param, ctx))
        if math.isnan(number):
            self.fail(f"{value!r} is not a number: write one such as 0.25.", param, ctx)
        return number


def dialect_options(command: Command) -> Command:
    """Give a command the options that say how its text files are written, where that is not to be found out."""
    for name, metavar, what in (
        ("--decimal", "MARK", "Decimal mark of text files, . or ,"),
        ("--encoding", "NAME", "Encoding of text files, such as utf-8 or cp1252."),
        ("--delimiter", "CHARACTER", "What parts the cells of text files; tab for a tab."),
    ):
        command = click.option(name, metavar=metavar, help=f"{what.rstrip('.')}. Found in the file by default.")(command)
    return command


def dialect_of(table: Path, delimiter: str | None, encoding: str | None, decimal: str | None) -> Dialect | None:
    """Return what those options say of a table, None where they say nothing.

    Raises
    ------
    SettingError
        For a delimiter or decimal mark that cannot be one, and an unknown encoding.
    click.UsageError
        Where the table is no text file.
    """
    from glassnet.data.dialect import Dialect
    from glassnet.data.read import TEXT_SUFFIXES

    if delimiter is None and encoding is None and decimal is None:
        return None
    if not table.name.lower().endswith(TEXT_SUFFIXES):
        raise click.UsageError(f"--delimiter, --encoding and --decimal are for text files, which {table} is not: leave them out.")
    return Dialect(delimiter="\t" if delimiter in ("tab", "\\t") else delimiter, encoding=encoding, decimal=decimal)
