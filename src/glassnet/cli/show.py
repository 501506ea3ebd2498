"""`glassnet show`: show the contents of a model file."""

from pathlib import Path
from typing import Any

import click

from glassnet.cli.text import clipped, file_size, format_table, labelled, styled, terminal_width
from glassnet.messages import counted, printable

#: The maximum width of a name and of an encoding: an untrusted file may contain names of any
#: length.
NAME_WIDTH, CODING_WIDTH = 40, 300


@click.command(short_help="Show what a model is and how it was trained.")
@click.argument("model", type=click.Path(path_type=Path))
def show(model: Path) -> None:
    """Show the model in the file MODEL: its target, columns and network, and its training."""
    from glassnet.cli.model_summary import (
        describe_calibration,
        describe_network,
        describe_settings,
        describe_target,
        describe_training,
    )
    from glassnet.storage import load

    trained = load(model)
    record, encoder = trained.training, trained.encoder
    target = describe_target(trained.target, 2 * terminal_width())
    columns = [
        (clipped(printable(name), NAME_WIDTH), kind, clipped(printable(coding), CODING_WIDTH))
        for name, kind, coding in encoder.describe()
    ]
    total = f"{counted(len(columns), 'column')} become {counted(encoder.n_features, 'feature')}"
    facts = {
        "Loss": trained.loss.name,
        "Settings": describe_settings(record.get("plan") or {}),
        "Training": describe_training(record),
        "Calibration": describe_calibration(trained),
        "Held out": _describe_held_out(record.get("held_out") or {}),
    }
    lines = [
        f"{styled(printable(model), bold=True)}  {file_size(model.stat().st_size)}\n",
        labelled("Predicts", f"{target} ({trained.task})"),
        "\n" + labelled("Columns", total),
        format_table(("column", "kind", "coding"), columns),
        f"\n{describe_network(trained.network)}\n",
        *(labelled(label, text) for label, text in facts.items() if text),
    ]
    click.echo("\n".join(lines))


def _describe_held_out(record: dict[str, Any]) -> str:
    """Return the recorded scores as text, "" without any."""
    from glassnet.report.metrics import format_score

    shown = ", ".join(
        f"{printable(name)} {format_score(name, value)}"
        for name, value in record.get("scores", {}).items()
        if value is not None
    )
    return f"{counted(record['rows'], 'row')}: {shown}" if record else ""
