"""Where a command writes its results: the ending of a name says which of them the file is for. Checked before the work is done."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

MODEL, PAGE = ".glassnet", ".html"


def output_files(given: Sequence[Path], endings: Mapping[str, str]) -> dict[str, Path]:
    """Return the files by their endings.

    Parameters
    ----------
    given : what the `-o` options name
    endings : what each ending is of, in words: {".html": "a report"}

    Raises
    ------
    click.BadParameter
        For a file that could not be written, another ending, and two files of one ending.
    """
    found: dict[str, Path] = {}
    for path in given:
        if path.is_dir():
            raise click.BadParameter(f"{path} is a folder: name a file in it.", param_hint="'-o'")
        if path.suffix not in endings:
            said = " and ".join(f"{what} ends in {ending}" for ending, what in endings.items())
            raise click.BadParameter(f"{said}: write {path.with_suffix(next(iter(endings)))}.", param_hint="'-o'")
        if path.suffix in found:
            raise click.BadParameter(f"{endings[path.suffix]} is written once, not to {found[path.suffix]} and {path}.", param_hint="'-o'")
        check_folder(path)
        found[path.suffix] = path
    return found


def check_folder(path: Path) -> None:
    """Refuse a file in a folder that does not exist or cannot be written to."""
    if not path.parent.is_dir():
        raise click.BadParameter(f"there is no folder {path.parent}: make it first.", param_hint="'-o'")
    if not os.access(path.parent, os.W_OK):
        raise click.BadParameter(f"the folder {path.parent} cannot be written to.", param_hint="'-o'")
