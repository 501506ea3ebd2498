"""Saves the model of a training; where its file cannot be written, in another folder."""

import secrets
import tempfile
from dataclasses import dataclass
from pathlib import Path

import click

from glassnet.errors import ModelFileError
from glassnet.messages import printable
from glassnet.model import Model
from glassnet.storage.container import serializer


@dataclass
class ModelOutput:
    """The file of a model, None for a dry run that writes none.

    Attributes
    ----------
    path : where the model is, or will be
    failed : whether that is another place than was asked for
    """

    path: Path | None
    failed: bool = False

    def __post_init__(self) -> None:
        # Before the work: afterwards there may be no memory and no descriptor left to load it.
        serializer()

    def save(self, model: Model) -> None:
        """Write the model; if that fails, to another folder, which a message names.

        Raises
        ------
        ModelFileError
            If no folder can be written; the message is about the path that was asked for.
        """
        if self.path is None:
            return
        try:
            model.save(self.path)
        except ModelFileError as error:
            self.path, self.failed = _save_elsewhere(model, self.path, error), True
            click.echo(f"Error: {error} The model is in {printable(self.path)} instead.", err=True)


def _save_elsewhere(model: Model, path: Path, error: ModelFileError) -> Path:
    """Write the model to a folder that a process can usually write to, and return its path."""
    for folder in (Path.cwd, tempfile.gettempdir, Path.home):
        name = f"{path.stem[:40]}-{secrets.token_hex(4)}{path.suffix}"
        try:
            other = Path(folder()) / name
            model.save(other)
        except (ModelFileError, OSError, RuntimeError):  # OSError, RuntimeError: no such folder
            continue
        return other
    raise error
