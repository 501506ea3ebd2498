"""`glassnet show`: what a model file holds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from glassnet.cli.portrait import (
    calibration_in_words,
    network_lines,
    settings_in_words,
    target_in_words,
    training_in_words,
)
from glassnet.cli.words import (
    clipped,
    counted,
    file_size,
    labelled,
    printable,
    score,
    styled,
    table,
    width,
)

#: Columns of the terminal that a name and a coding may take: a stranger's file may hold names of
#: any length.
NAME_ROOM, CODING_ROOM = 40, 300


@click.command(short_help="Show what a model is and how it was trained.")
@click.argument("model", type=click.Path(path_type=Path))
def show(model: Path) -> None:
    """Show what the model in the file MODEL predicts, from which columns, with which network, and how it was trained."""
    from glassnet.storage import load

    trained = load(model)
    record, encoder = trained.training, trained.encoder
    click.echo(f"{styled(printable(model), bold=True)}  {file_size(model.stat().st_size)}\n")
    click.echo(
        labelled("Predicts", f"{target_in_words(trained.target, 2 * width())} ({trained.task})")
    )
    columns = [
        (clipped(printable(name), NAME_ROOM), kind, clipped(printable(coding), CODING_ROOM))
        for name, kind, coding in encoder.describe()
    ]
    made = f"{counted(len(columns), 'column')} become {counted(encoder.n_features, 'feature')}"
    click.echo(f"\n{labelled('Columns', made)}\n{table(('column', 'kind', 'coding'), columns)}")
    click.echo(f"\n{network_lines(trained.network)}\n")
    click.echo(labelled("Loss", trained.loss.name))
    plan = record.get("plan")
    if isinstance(plan, dict):
        click.echo(labelled("Settings", settings_in_words(plan)))
    if said := training_in_words(record):
        click.echo(labelled("Training", said))
    if said := calibration_in_words(trained):
        click.echo(labelled("Certainty", said))
    if said := _held_out(record.get("held_out")):
        click.echo(labelled("Held out", said))


def _held_out(record: Any) -> str:
    """Return the recorded scores in words; a record may come from a stranger's file, so nothing in it is sure."""
    if (
        not isinstance(record, dict)
        or not isinstance(record.get("scores"), dict)
        or not isinstance(record.get("rows"), int)
    ):
        return ""
    scores = {
        printable(name): value
        for name, value in record["scores"].items()
        if isinstance(value, int | float)
    }
    return f"{counted(record['rows'], 'row')}: " + ", ".join(
        f"{name} {score(name, value)}" for name, value in scores.items()
    )
