"""Check the output files of a command before any work is done."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from glassnet.atomic_write import check_writable
from glassnet.cli.option_types import refuse

MODEL, PAGE = ".glassnet", ".html"


def output_files(
    paths: Sequence[Path], suffixes: Mapping[str, str], inputs: Sequence[Path] = ()
) -> dict[str, Path]:
    """Return the output files by their suffixes.

    Parameters
    ----------
    paths : the values of the `-o` options
    suffixes : the allowed suffixes and their meaning: {".html": "a report"}
    inputs : the input files, which must not be overwritten

    Raises
    ------
    click.BadParameter
        If a file cannot be written or has another suffix, or two files have the same suffix or
        path.
    """
    found: dict[str, Path] = {}
    for path in paths:
        check_regular(path, "name a file")
        if path.suffix not in suffixes:
            known = " and ".join(f"{what} ends in {suffix}" for suffix, what in suffixes.items())
            raise bad_output(f"{known}: write {path.with_suffix(next(iter(suffixes)))}.")
        what, first = suffixes[path.suffix], found.get(path.suffix)
        refuse(first, f"{what} is written once, not to {first} and {path}.", "-o")
        check_output(path, inputs)
        for other in found.values():
            same = os.path.realpath(other) == os.path.realpath(path)
            refuse(same, f"{other} and {path} are links to the same file: name two.", "-o")
        found[path.suffix] = path
    return found


def check_regular(path: Path, instead: str) -> None:
    """Refuse a folder, a pipe or a device; `instead` tells what to do.

    A pipe or a device cannot be replaced atomically.
    """
    refuse(os.path.isdir(path), f"{path} is a folder: name a file in it.", "-o")
    refuse(
        os.path.exists(path) and not os.path.isfile(path),
        f"{path} is a pipe or a device, not a regular file: {instead}.",
        "-o",
    )


def check_output(path: Path, inputs: Sequence[Path] = ()) -> None:
    """Refuse a file that cannot be written or would overwrite an input; links are followed.

    Raises
    ------
    click.BadParameter
        With what is wrong and what to do.
    """
    target = Path(os.path.realpath(path))
    for given in filter(os.path.exists, inputs):
        refuse(
            os.path.exists(path) and os.path.samefile(path, given),
            f"{path}: would overwrite what is read from it: give it another name.",
            "-o",
        )
        folder = target.parent
        refuse(
            os.path.isdir(given) and os.path.isdir(folder) and os.path.samefile(folder, given),
            f"{path}: would become part of the folder that is read: choose another folder.",
            "-o",
        )
    refuse(
        not os.path.isdir(path.parent), f"there is no folder {path.parent}: make it first.", "-o"
    )
    try:
        check_writable(path)
    except OSError as error:
        at = f" (it is a link to {target})" if os.path.islink(path) else ""
        reason = error.strerror or error
        raise bad_output(
            f"{path}{at}: cannot be written: {reason}. Choose another folder or name."
        ) from None


def bad_output(message: str) -> click.BadParameter:
    """Return the error for a path given with `-o`."""
    return click.BadParameter(message, param_hint="'-o'")
