"""`glassnet predict`: a model and a table in, predictions out, a stretch of rows at a time: a table may be larger than the memory."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from glassnet.cli import output_files
from glassnet.cli.dialect_options import dialect_options
from glassnet.cli.given import given_table
from glassnet.cli.streams import output_bytes
from glassnet.cli.words import counted, printable

if TYPE_CHECKING:
    from glassnet.data.tables.dialect import Dialect
    from glassnet.data.tables.schema import Schema
    from glassnet.model import Model

SUFFIXES = (".csv", ".csv.gz", ".parquet")
#: The name of the format of `--json`; the number changes when a reader of the old one would be
#: misled.
FORMAT = "urn:glassnet:prediction:1"


@click.command(short_help="Predict with a model for the rows of a table.")
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("table", type=click.Path(path_type=Path, allow_dash=True))
@click.option(
    "-o",
    "--output",
    default="-",
    metavar="FILE",
    help="Where to: .csv, .csv.gz or .parquet; - (the default) is CSV on stdout.",
)
@click.option(
    "--keep", is_flag=True, help="Write the columns of TABLE, too, before the predictions."
)
@dialect_options
@click.option(
    "--coverage",
    type=float,
    help="Also write intervals that hold the truth with this probability, such as 0.9.",
)
@click.option(
    "--spreadsheet-safe",
    is_flag=True,
    help="In CSV, write an apostrophe before text that a spreadsheet would run as a formula.",
)
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="A report on the table as JSON on stdout; needs -o FILE for the predictions.",
)
def predict(
    model: Path,
    table: Path,
    output: str,
    keep: bool,
    reading: Dialect | None,
    coverage: float | None,
    spreadsheet_safe: bool,
    as_json: bool,
) -> None:
    """Predict for each row of TABLE (CSV or Parquet; - is CSV on stdin) with the model in the file MODEL.

    Columns are found by name; columns that the model does not know are ignored. The output has one
    row for each row of TABLE, in the same order: the prediction, named like the target, and for
    classes one column "probability_X" for each class X. For numbers, --coverage adds the columns
    "X_low" and "X_high" of an interval. Labels and text are written as they are: before a
    spreadsheet opens a CSV file whose text may come from strangers, ask for --spreadsheet-safe.
    """
    if as_json and output == "-":
        raise click.UsageError(
            "--json prints its report to stdout, where the predictions would go: name a file for "
            "them, -o FILE."
        )
    check_output(output, (model, table))
    from glassnet.storage import load

    trained = load(model)
    with given_table(table) as path:
        schema = kept_schema(trained, path, reading) if keep else trained.encoder.to_read
        rows = Stretches(trained, path, schema, keep=keep, coverage=coverage, reading=reading)
        write(output, rows, safe=spreadsheet_safe)
    if output != "-":
        click.echo(f"{counted(rows.n_rows, 'prediction')} in {printable(output)}", err=True)
    if as_json:
        click.echo(prediction_json(rows, output))


def prediction_json(rows: Stretches, output: str) -> str:
    """Return what was predicted from as one JSON object, which `prediction_schema` describes."""
    from dataclasses import asdict

    from glassnet import __version__

    drift = rows.tally.drift() if rows.tally else None
    found = {
        "format": FORMAT,
        "glassnet": __version__,
        "rows": rows.n_rows,
        "output": output,
        "notices": rows.notices,
        "drift": [asdict(column) for column in drift.columns] if drift else None,
    }
    return json.dumps(found, indent=2, allow_nan=False)


def prediction_schema() -> dict[str, Any]:
    """Return the published JSON schema of `--json`, `prediction.schema.json` beside this file."""
    from glassnet.data.review.drift import drift_schema

    schema: dict[str, Any] = json.loads(
        Path(__file__).with_name("prediction.schema.json").read_text(encoding="utf-8")
    )
    return {**schema, "$defs": {"drift": drift_schema()}}


class Stretches:
    """The columns to write, a stretch of rows at a time; what there is to say of the table is said on stderr as it turns up."""

    def __init__(
        self,
        model: Model,
        path: Path,
        schema: Schema,
        *,
        keep: bool,
        coverage: float | None = None,
        reading: Dialect | None = None,
    ) -> None:
        from dataclasses import replace

        from glassnet.data.files.read import column_names

        self._coverage = coverage
        self._path, self._schema, self._keep = path, schema, keep
        self.tally = model.tally()
        self._model = replace(model, reference=None)  # what is to be told is told once, in the end
        self.names: list[str] = []
        self.n_rows = 0
        self.notices: list[str] = []
        self._reading = reading
        names = column_names(
            path, dialect=reading, default=model.dialect, needed=model.encoder.schema.names
        )
        self._notices = (
            [] if keep else [notice for notice in [model.unknown_notice(names)] if notice]
        )

    def __iter__(self) -> Iterator[list[Any]]:
        """Yield the columns of each stretch; `names` are theirs from the first one on."""
        from glassnet.data.files.read import read_batches

        for part in read_batches(
            self._path,
            schema=self._schema,
            dialect=self._reading,
            default=self._model.dialect,
            notices=self._notices,
            empty=True,
        ):
            features = self._model.encoder.aligned(part)
            self._notices += features.all_notices
            self._tell()
            kept = {name: part.column(name) for name in self._schema.names} if self._keep else {}
            if self.tally:
                self.tally.add(features)
            predicted = prediction_columns(self._model, features, self._coverage, self.n_rows)
            self.names = [
                *kept,
                *(f"predicted_{name}" if name in kept else name for name in predicted),
            ]
            self.n_rows += part.n_rows
            yield [*kept.values(), *predicted.values()]
        if self.tally and (notice := self.tally.notice()):
            self._notices.append(notice)
        self._tell()

    def _tell(self) -> None:
        while self._notices:
            self.notices.append(self._notices.pop(0))
            click.echo(f"Note: {printable(self.notices[-1])}", err=True)


def kept_schema(model: Model, path: Path, reading: Dialect | None = None) -> Schema:
    """Return all columns of a file: the model's as it reads them, the others as the text that stands there."""
    from glassnet.data.files.read import column_names
    from glassnet.data.tables.forms import Form
    from glassnet.data.tables.schema import Column, Schema

    known = model.encoder.to_read.by_name
    names = column_names(path, dialect=reading, default=model.dialect, needed=tuple(known))
    return Schema(
        tuple(known.get(name) or Column(name, "category", Form(verbatim=True)) for name in names)
    )


def prediction_columns(
    model: Model, table: Any, coverage: float | None = None, first_row: int = 0
) -> dict[str, Any]:
    """Return the columns of a file of predictions by name, one value for each row of the table, whose first row has this number.

    `species`, `probability_Adelie`, ...      classes
    `price`                                   a number
    `price_q0.1`, `price_q0.9`                quantiles
    `price_low`, `price_high`                 the bounds of an interval, where a coverage is asked
                                              for
    """
    from glassnet.data.finite import refuse_not_finite

    Z = model.raw_scores(table)
    refuse_not_finite(Z, first_row=first_row)
    values = model.predictions(Z)
    names: list[str] = list(model.target.names)
    quantiles = getattr(model.loss, "quantiles", None)
    if quantiles:
        names = [f"{name}_q{quantile:g}" for name in names for quantile in quantiles]
    values = values.reshape(len(values), len(names))
    columns = {name: values[:, i] for i, name in enumerate(names)}
    if model.task != "regression":
        P = model.probabilities(Z)
        for i, label in enumerate(model.classes):
            name = f"probability_{label}"
            while name in columns:
                name += "_"
            columns[name] = P[:, i]
    if coverage is not None:
        bounds = model.predict_interval(table, coverage).reshape(
            len(values), len(model.target.names), 2
        )
        for i, name in enumerate(model.target.names):
            columns |= {f"{name}_low": bounds[:, i, 0], f"{name}_high": bounds[:, i, 1]}
    return columns


def write(output: str, rows: Stretches, *, safe: bool = False) -> None:
    """Write to stdout, or to a file that appears whole or not at all; `safe`: CSV that a spreadsheet may open."""
    if output == "-":
        _write(output_bytes(), rows, is_csv=True, safe=safe, shown=sys.stdout.isatty())
        return
    path = Path(output)
    _write(path, rows, is_csv=not path.name.lower().endswith(".parquet"), safe=safe)


def _write(where: Any, rows: Stretches, *, is_csv: bool, safe: bool, shown: bool = False) -> None:
    """Write the stretches; where they are `shown` on a terminal, what would steer it is written out in their names and texts."""
    from itertools import chain

    from glassnet.cli.spreadsheet import guarded_column, guarded_names
    from glassnet.data.files.write import write_chunks

    stretches = iter(rows)
    first = next(stretches)  # there is one, be it without rows; the names are known from then on
    columns = chain([first], stretches)
    names: Sequence[str] = rows.names
    pieces: Iterable[Any] = columns
    if is_csv and safe:
        names, pieces = guarded_names(names), (list(map(guarded_column, piece)) for piece in pieces)
    elif is_csv:
        pieces = _told_of_formulas(names, pieces)
    if shown:
        names, pieces = (
            list(map(printable, names)),
            (list(map(_printable_column, piece)) for piece in pieces),
        )
    write_chunks(where, names, pieces)


def _printable_column(values: Any) -> Any:
    """Return a column with its texts as a terminal may show them; numbers and date-times are what they were."""
    if getattr(values, "dtype", None) is not None and values.dtype.kind not in "OU":
        return values
    return [printable(value) if isinstance(value, str) else value for value in values]


def _told_of_formulas(names: Sequence[str], pieces: Iterable[list[Any]]) -> Iterator[list[Any]]:
    """Yield the pieces as they are; the first text in them that a spreadsheet would run is told of on stderr."""
    from glassnet.cli.spreadsheet import formula_notice

    notice = ""
    for columns in pieces:
        if not notice and (notice := formula_notice(names, columns)):
            click.echo(f"Note: {printable(notice)}", err=True)
        yield columns


def check_output(output: str, inputs: Sequence[Path]) -> None:
    """Refuse what cannot be written, or would overwrite what is read, before any work is done."""
    if output == "-":
        return
    path = Path(output)
    output_files.check_kind(path, "write CSV to stdout, with -o -, and send that there")
    if not path.name.lower().endswith(SUFFIXES):
        raise output_files.refused(f"{output}: name a file that ends in {', '.join(SUFFIXES)}.")
    output_files.check_output(path, inputs)
