"""Save a trained model; if its file cannot be written, save it to another folder."""

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
    """The output file of a model, None in a dry run.

    Attributes
    ----------
    path : the path where the model is or will be saved
    failed : whether this is not the requested path
    """

    path: Path | None
    failed: bool = False

    def __post_init__(self) -> None:
        # Import it before the training: later there may be no memory or file descriptor for it.
        serializer()

    def save(self, model: Model) -> None:
        """Save the model; if that fails, save it to another folder and print its path.

        Raises
        ------
        ModelFileError
            If no folder is writable; the message is about the requested path.
        """
        if self.path is None:
            return
        try:
            model.save(self.path)
        except ModelFileError as error:
            self.path, self.failed = _save_elsewhere(model, self.path, error), True
            click.echo(f"Error: {error} The model is in {printable(self.path)} instead.", err=True)


def _save_elsewhere(model: Model, path: Path, error: ModelFileError) -> Path:
    """Save the model to a folder that is usually writable, and return the path."""
    for folder in (Path.cwd, tempfile.gettempdir, Path.home):
        name = f"{path.stem[:40]}-{secrets.token_hex(4)}{path.suffix}"
        try:
            other = Path(folder()) / name
            model.save(other)
        except (ModelFileError, OSError, RuntimeError):  # OSError, RuntimeError: no such folder
            continue
        return other
    raise error
