"""Where a trained model goes: the file that was asked for or, where that fails, another place. Nothing that was learned is lost."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from glassnet.cli.words import printable

if TYPE_CHECKING:
    from glassnet.model import Model


class ModelOutput:
    """The file of a model, None for a trial that writes none.

    Attributes
    ----------
    path : where the model is, or will be
    failed : whether that is another place than was asked for
    """

    def __init__(self, path: Path | None) -> None:
        from glassnet.storage.container import serializer

        # before the work: afterwards there may be no memory and no file left to load it
        serializer()
        self.path = path
        self.failed = False

    def save(self, model: Model) -> None:
        """Write the model; where its place does not take it, to the first folder that does, which a message names.

        Raises
        ------
        ModelFileError
            Where no folder takes it; the message is about the place that was asked for.
        """
        from glassnet.errors import ModelFileError

        if self.path is None:
            return
        try:
            model.save(self.path)
        except ModelFileError as error:
            self.path, self.failed = _saved_elsewhere(model, self.path, error), True
            click.echo(f"Error: {error} The model is in {printable(self.path)} instead.", err=True)


def _saved_elsewhere(model: Model, path: Path, error: Exception) -> Path:
    from glassnet.errors import ModelFileError

    for folder in _folders():
        other = folder / f"{path.stem[:40]}-{secrets.token_hex(4)}{path.suffix}"
        try:
            model.save(other)
        except ModelFileError:
            continue
        return other
    raise error


def _folders() -> Iterator[Path]:
    """Yield folders that a process can usually write to."""
    import tempfile

    yield Path.cwd()
    for folder in (tempfile.gettempdir, Path.home):
        try:
            yield Path(folder())
        except (OSError, RuntimeError):  # there is none
            continue
