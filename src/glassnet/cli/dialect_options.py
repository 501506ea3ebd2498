"""The options that say how a table is written: the same on every command that reads one."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click

if TYPE_CHECKING:
    from glassnet.data.tables.dialect import Dialect

Command = TypeVar("Command", bound=Callable[..., Any])

#: Each option, what it takes, what it says, and whether it is about text files alone.
OPTIONS = (
    ("--delimiter", "CHARACTER", "What parts the cells of a text file; tab for a tab.", True),
    ("--encoding", "NAME", "Encoding of a text file, such as utf-8 or cp1252.", True),
    ("--decimal", "MARK", "Decimal mark, . or ,", False),
    (
        "--thousands",
        "MARK",
        "What stands between groups of three digits: , . ' or space; none for nothing.",
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
        "Lines of a text file that are no rows: 3 for the first three, or 2-2,120-125 for some.",
        True,
    ),
    ("--comment", "TEXT", "What a line begins with that is skipped, such as #.", True),
    ("--dates", "ORDER", "Order of day, month and year in dates: dmy, mdy or ymd.", False),
)
_LINES = re.compile(r"([0-9]+)-([0-9]+)")
_WORDS = {"tab": "\t", "\\t": "\t", "space": " ", "none": ""}
MOST_LINES = 100_000


def dialect_options(command: Command) -> Command:
    """Give a command the options that say how its table is written, as its argument `reading`: a Dialect, None where they say nothing."""

    @functools.wraps(command)
    def told(*args: Any, **given: Any) -> Any:
        said = {name: given.pop(name) for name in _names()}
        return command(*args, reading=dialect_of(given.get("table"), said), **given)

    for option, metavar, what, _ in reversed(OPTIONS):
        told = click.option(
            option, metavar=metavar, help=f"{what.rstrip('.')}. Found in the table by default."
        )(told)
    return cast(Command, told)


def dialect_of(table: Path | None, said: dict[str, str | None]) -> Dialect | None:
    """Return what those options say of a table, None where they say nothing.

    Raises
    ------
    SettingError
        For a value that an option cannot have.
    click.UsageError
        Where an option is about text files and the table is none.
    """
    from glassnet.data.files.read import TEXT_SUFFIXES
    from glassnet.data.tables.dialect import Dialect

    if all(value is None for value in said.values()):
        return None
    if table is not None and str(table) != "-" and not table.name.lower().endswith(TEXT_SUFFIXES):
        odd = next(
            (
                option
                for option, _, _, of_text in OPTIONS
                if of_text and said[_name(option)] is not None
            ),
            None,
        )
        if odd is not None:
            raise click.UsageError(f"{odd} is for text files, which {table} is not: leave it out.")
    settings: dict[str, Any] = {name: value for name, value in said.items() if value is not None}
    for name in ("delimiter", "thousands"):
        if name in settings:
            settings[name] = _WORDS.get(settings[name], settings[name])
    if "missing" in settings:
        settings["missing"] = [text.strip() for text in settings["missing"].split(",")]
    if "skip_rows" in settings:
        settings["skip_rows"] = _lines(settings["skip_rows"])
    return Dialect(**settings)


def _lines(text: str) -> int | list[int]:
    """Return the lines to skip: their number, or which ones they are."""
    if text.isdecimal() and int(text) <= MOST_LINES:
        return int(text)
    found: list[int] = []
    for part in text.split(","):
        ends = _LINES.fullmatch(part.strip())
        first, last = (int(end) for end in ends.groups()) if ends else (1, 0)
        if not 1 <= first <= last < first + MOST_LINES:
            raise click.BadParameter(
                f"{text!r} names no lines: write 3 for the first three, or 2-2,120-125 for some by "
                "their numbers.",
                param_hint="'--skip-rows'",
            )
        found += range(first, last + 1)
    return found


def _name(option: str) -> str:
    return option.removeprefix("--").replace("-", "_")


def _names() -> tuple[str, ...]:
    return tuple(_name(option) for option, *_ in OPTIONS)
