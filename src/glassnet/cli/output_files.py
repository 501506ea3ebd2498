"""Where a command writes its results: the ending of a name says which of them the file is for. Checked before the work is done."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from glassnet.whole_file import check_place

MODEL, PAGE = ".glassnet", ".html"


def output_files(
    given: Sequence[Path], endings: Mapping[str, str], inputs: Sequence[Path] = ()
) -> dict[str, Path]:
    """Return the files by their endings.

    Parameters
    ----------
    given : what the `-o` options name
    endings : what each ending is of, in words: {".html": "a report"}
    inputs : what is read, and must not be overwritten

    Raises
    ------
    click.BadParameter
        For a file that could not be written, another ending, and two files of one ending or in one
        place.
    """
    found: dict[str, Path] = {}
    for path in given:
        check_kind(path, "name a file")
        if path.suffix not in endings:
            said = " and ".join(f"{what} ends in {ending}" for ending, what in endings.items())
            raise refused(f"{said}: write {path.with_suffix(next(iter(endings)))}.")
        if path.suffix in found:
            raise refused(
                f"{endings[path.suffix]} is written once, not to {found[path.suffix]} and {path}."
            )
        check_output(path, inputs)
        if same := next(
            (
                other
                for other in found.values()
                if os.path.realpath(other) == os.path.realpath(path)
            ),
            None,
        ):
            raise refused(f"{same} and {path} are links to the same file: name two.")
        found[path.suffix] = path
    return found


def check_kind(path: Path, instead: str) -> None:
    """Refuse a folder, and a pipe or a device, which cannot be replaced in one step by a whole file; `instead`: what to do."""
    if os.path.isdir(path):
        raise refused(f"{path} is a folder: name a file in it.")
    if os.path.exists(path) and not os.path.isfile(path):
        raise refused(
            f"{path} is no ordinary file but a pipe or a device, which a whole file cannot take "
            f"the place of: {instead}."
        )


def check_output(path: Path, inputs: Sequence[Path] = ()) -> None:
    """Refuse a file that cannot be written, or would overwrite what is read, before any work is done; links are followed to their ends.

    Raises
    ------
    click.BadParameter
        What is wrong and what to do.
    """
    target = Path(os.path.realpath(path))
    for given in filter(os.path.exists, inputs):
        if os.path.exists(path) and os.path.samefile(path, given):
            raise refused(f"{path}: would overwrite what is read from it: give it another name.")
        if (
            os.path.isdir(given)
            and os.path.isdir(target.parent)
            and os.path.samefile(target.parent, given)
        ):
            raise refused(
                f"{path}: would become part of the folder that is read: choose another folder."
            )
    if not os.path.isdir(path.parent):
        raise refused(f"there is no folder {path.parent}: make it first.")
    try:
        check_place(path)
    except OSError as error:
        at = f" (it is a link to {target})" if os.path.islink(path) else ""
        raise refused(
            f"{path}{at}: cannot be written: {error.strerror or error}. Choose another folder or "
            "name."
        ) from None


def refused(message: str) -> click.BadParameter:
    """Return the refusal of what `-o` names."""
    return click.BadParameter(message, param_hint="'-o'")
