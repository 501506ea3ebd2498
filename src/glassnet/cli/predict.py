"""`glassnet predict`: a model and a table in, predictions out."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from glassnet.model import Model

SUFFIXES = (".csv", ".csv.gz", ".parquet")


@click.command(short_help="Predict with a model for the rows of a table.")
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("table", type=click.Path(path_type=Path))
@click.option("-o", "--output", default="-", metavar="FILE", help="Where to: .csv, .csv.gz or .parquet; - (the default) is CSV on stdout.")
def predict(model: Path, table: Path, output: str) -> None:
    """Predict for each row of TABLE (CSV or Parquet) with the model in the file MODEL.

    Columns are found by name; columns that the model does not know are ignored. The output has one row for each row of TABLE, in the same
    order: the prediction, named like the target, and for classes one column "probability_X" for each class X.
    """
    _check_output(output, (model, table))
    from glassnet.data.read import read_table
    from glassnet.data.write import write_csv
    from glassnet.storage import load

    trained = load(model)
    rows = read_table(table, schema=trained.encoder.schema)
    columns = prediction_columns(trained, rows)
    where: Any = sys.stdout.buffer if output == "-" else output
    write_csv(where, list(columns), list(columns.values()))
    if output != "-":
        click.echo(f"{rows.n_rows:,} predictions in {output}", err=True)


def prediction_columns(model: Model, table: Any) -> dict[str, Any]:
    """Return the columns of a file of predictions by name, one value for each row of the table.

    `species`, `probability_Adelie`, ...      classes
    `price`                                   a number
    `price_q0.1`, `price_q0.9`                quantiles
    """
    Z = model.raw_scores(table)
    values = model.predictions(Z)
    values = values.reshape(len(values), -1)
    names: list[str] = list(model.target.names)
    quantiles = getattr(model.loss, "quantiles", None)
    if quantiles:
        names = [f"{name}_q{quantile:g}" for name in names for quantile in quantiles]
    columns = {name: values[:, i] for i, name in enumerate(names)}
    if model.task != "regression":
        P = model.probabilities(Z)
        for i, label in enumerate(model.classes):
            name = f"probability_{label}"
            while name in columns:
                name += "_"
            columns[name] = P[:, i]
    return columns


def _check_output(output: str, inputs: tuple[Path, Path]) -> None:
    """Refuse what cannot be written, or would overwrite what is read, before any work is done."""
    if output == "-":
        return
    path = Path(output)
    if not path.name.lower().endswith(SUFFIXES):
        raise click.BadParameter(f"{output}: name a file that ends in {', '.join(SUFFIXES)}.", param_hint="'-o'")
    if not path.parent.is_dir():
        raise click.BadParameter(f"there is no folder {path.parent}: make it first.", param_hint="'-o'")
    if any(path.exists() and given.exists() and path.samefile(given) for given in inputs):
        raise click.BadParameter(f"{output}: would overwrite what is read from it: give it another name.", param_hint="'-o'")
