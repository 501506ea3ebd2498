"""Options for the dialect of a table, shared by all commands that read one."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click

from glassnet.cli.option_types import refuse

if TYPE_CHECKING:
    from glassnet.data.tables.dialect import Dialect

Command = TypeVar("Command", bound=Callable[..., Any])

#: For each option: its name, its value, its help, and whether it is for text files only.
OPTIONS = (
    (
        "--delimiter",
        "CHARACTER",
        "The character between the cells of a text file; tab for a tab.",
        True,
    ),
    ("--encoding", "NAME", "Encoding of a text file, such as utf-8 or cp1252.", True),
    ("--decimal", "MARK", "Decimal mark, . or ,", False),
    (
        "--thousands",
        "MARK",
        "The mark between groups of three digits: , . ' or space; none for nothing.",
        False,
    ),
    (
        "--missing",
        "TEXT,...",
        (
            "Texts that mean a missing value, instead of NA, ?, None and the like; '' for the "
            "empty cell alone."
        ),
        False,
    ),
    (
        "--skip-rows",
        "LINES",
        "Lines of a text file to skip: 3 for the first three, or 2-2,120-125 for some.",
        True,
    ),
    ("--comment", "TEXT", "Lines that begin with this text are skipped, such as #.", True),
    ("--dates", "ORDER", "Order of day, month and year in dates: dmy, mdy or ymd.", False),
)
NAMES = tuple(option.removeprefix("--").replace("-", "_") for option, *_ in OPTIONS)
_LINES = re.compile(r"([0-9]+)-([0-9]+)")
_CHARACTERS = {"tab": "\t", "\\t": "\t", "space": " ", "none": ""}
MAX_LINES = 100_000


def dialect_options(command: Command) -> Command:
    """Add the options to a command, which gets them as a Dialect or None in `reading`."""

    @functools.wraps(command)
    def wrapped(*args: Any, **arguments: Any) -> Any:
        settings = {name: arguments.pop(name) for name in NAMES}
        return command(*args, reading=_dialect(arguments.get("table"), settings), **arguments)

    for option, metavar, text, _ in reversed(OPTIONS):
        full = f"{text.rstrip('.')}. Found in the table by default."
        wrapped = click.option(option, metavar=metavar, help=full)(wrapped)
    return cast(Command, wrapped)


def _dialect(table: Path | None, values: dict[str, str | None]) -> Dialect | None:
    """Return the dialect of the options, None without any.

    Raises
    ------
    SettingError
        If an option has an invalid value.
    click.UsageError
        If an option for text files is used with another file.
    """
    from glassnet.data.files.read import TEXT_SUFFIXES
    from glassnet.data.tables.dialect import Dialect

    settings = {name: text for name, text in values.items() if text is not None}
    if not settings:
        return None
    if table is not None and str(table) != "-" and not table.name.lower().endswith(TEXT_SUFFIXES):
        for name, (option, *_, for_text) in zip(NAMES, OPTIONS, strict=True):
            refuse(
                for_text and name in settings,
                f"{option} is for text files, which {table} is not: leave it out.",
            )
    return Dialect(**{name: _PARSERS.get(name, str)(text) for name, text in settings.items()})


def _character(text: str) -> str:
    return _CHARACTERS.get(text, text)


def _skipped_lines(text: str) -> int | list[int]:
    """Parse the number of lines to skip, or the numbers of single lines."""
    if text.isdecimal() and int(text) <= MAX_LINES:
        return int(text)
    found: list[int] = []
    for part in text.split(","):
        ends = _LINES.fullmatch(part.strip())
        first, last = map(int, ends.groups()) if ends else (1, 0)
        refuse(
            not 1 <= first <= last < first + MAX_LINES,
            f"{text!r} names no lines: write 3 for the first three, or 2-2,120-125 for some by "
            "their numbers.",
            "--skip-rows",
        )
        found += range(first, last + 1)
    return found


#: How to convert the text of an option to a setting, if it is not used as it is.
_PARSERS: dict[str, Callable[[str], Any]] = {
    "delimiter": _character,
    "thousands": _character,
    "missing": lambda text: [part.strip() for part in text.split(",")],
    "skip_rows": _skipped_lines,
}
