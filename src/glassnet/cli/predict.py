"""`glassnet predict`: predict the rows of a table, in chunks, so it may exceed the memory."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from glassnet import __version__
from glassnet.cli.dialect_options import dialect_options
from glassnet.cli.option_types import refuse
from glassnet.cli.output_files import check_output, check_regular
from glassnet.cli.spreadsheet import escape_formula, escape_formula_names, formula_notice
from glassnet.cli.stdin import table_or_stdin
from glassnet.cli.streams import output_bytes
from glassnet.messages import counted, printable

if TYPE_CHECKING:
    from glassnet.data.tables.dialect import Dialect
    from glassnet.model import Model

SUFFIXES = (".csv", ".csv.gz", ".parquet")
#: The name of the format of `--json`; its number changes with each incompatible change.
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
    """Predict each row of TABLE (CSV or Parquet; - is CSV on stdin) with the model in file MODEL.

    Columns are found by name; columns that the model does not know are ignored. The output has one
    row for each row of TABLE, in the same order: the prediction, named like the target, and for
    classes one column "probability_X" for each class X. For numbers, --coverage adds the columns
    "X_low" and "X_high" of an interval. Labels and text are written as they are: before a
    spreadsheet opens a CSV file whose text may come from strangers, ask for --spreadsheet-safe.
    """
    refuse(
        as_json and output == "-",
        "--json prints its report to stdout, where the predictions would go: name a file for them, "
        "-o FILE.",
    )
    if output != "-":
        path = Path(output)
        check_regular(path, "write CSV to stdout, with -o -, and send that there")
        known = path.name.lower().endswith(SUFFIXES)
        refuse(not known, f"{output}: name a file that ends in {', '.join(SUFFIXES)}.", "-o")
        check_output(path, (model, table))
    from glassnet.storage import load

    trained = load(model)
    with table_or_stdin(table) as path:
        chunks = PredictionChunks(trained, path, keep=keep, coverage=coverage, reading=reading)
        _write(output, chunks, spreadsheet_safe=spreadsheet_safe)
    if output != "-":
        click.echo(f"{counted(chunks.n_rows, 'prediction')} in {printable(output)}", err=True)
    if as_json:
        drift = chunks.tally.drift() if chunks.tally else None
        report = {
            "format": FORMAT,
            "glassnet": __version__,
            "rows": chunks.n_rows,
            "output": output,
            "notices": chunks.notices,
            "drift": [asdict(column) for column in drift.columns] if drift else None,
        }
        click.echo(json.dumps(report, indent=2, allow_nan=False))


def prediction_schema() -> dict[str, Any]:
    """Return the published JSON schema of `--json`, `prediction.schema.json` in this folder."""
    from glassnet.data.review.reference import drift_schema

    schema: dict[str, Any] = json.loads(
        Path(__file__).with_name("prediction.schema.json").read_text(encoding="utf-8")
    )
    return {**schema, "$defs": {"drift": drift_schema()}}


class PredictionChunks:
    """Iterates over the columns to write, in chunks of rows; prints notices as they arise.

    Attributes
    ----------
    names : the names of the columns, known from the first chunk on
    n_rows : the number of rows predicted so far
    notices : the notices about the table printed so far
    tally : counts values that did not occur in training; None if the model has no reference
    """

    def __init__(
        self,
        model: Model,
        path: Path,
        *,
        keep: bool,
        coverage: float | None,
        reading: Dialect | None,
    ) -> None:
        from glassnet.data.files.read import column_names
        from glassnet.data.tables.schema import Column, Form, Schema

        self.tally = model.tally()
        self.names: list[str] = []
        self.n_rows = 0
        self.notices: list[str] = []
        self._model = replace(model, reference=None)  # drift is reported once, at the end
        self._path, self._keep, self._coverage, self._reading = path, keep, coverage, reading
        self._schema = model.encoder.to_read
        needed = self._schema.names if keep else model.encoder.schema.names
        names = column_names(path, dialect=reading, default=model.dialect, needed=needed)
        self._new_notices: list[str] = []
        if keep:  # the columns of the model as in training, the others as text
            known, text = self._schema.by_name, Form(verbatim=True)
            self._schema = Schema(
                tuple(known.get(name) or Column(name, "category", text) for name in names)
            )
        elif notice := model.input.unknown_notice(names):
            self._new_notices.append(notice)

    def __iter__(self) -> Iterator[list[Any]]:
        """Yield the columns of each chunk."""
        from glassnet.data.files.read import read_batches

        for chunk in read_batches(
            self._path,
            schema=self._schema,
            dialect=self._reading,
            default=self._model.dialect,
            notices=self._new_notices,
            empty=True,
        ):
            features = self._model.encoder.aligned(chunk)
            self._new_notices += features.all_notices
            self._print_notices()
            kept = {name: chunk.column(name) for name in self._schema.names} if self._keep else {}
            if self.tally:
                self.tally.add(features)
            predicted = prediction_columns(self._model, features, self._coverage, self.n_rows)
            new = [f"predicted_{name}" if name in kept else name for name in predicted]
            self.names = [*kept, *new]
            self.n_rows += chunk.n_rows
            yield [*kept.values(), *predicted.values()]
        if self.tally and (notice := self.tally.notice()):
            self._new_notices.append(notice)
        self._print_notices()

    def _print_notices(self) -> None:
        while self._new_notices:
            self.notices.append(self._new_notices.pop(0))
            click.echo(f"Note: {printable(self.notices[-1])}", err=True)


def prediction_columns(
    model: Model, table: Any, coverage: float | None = None, first_row: int = 0
) -> dict[str, Any]:
    """Return the columns of predictions by name, with one value for each row of the table.

    `species`, `probability_Adelie`, ...   classes
    `price`                                a number
    `price_q0.1`, `price_q0.9`             quantiles
    `price_low`, `price_high`              the bounds of an interval, if a coverage is given

    `first_row` is the row number of the table's first row in the file, for messages.
    """
    from glassnet.data.tables.values import refuse_not_finite

    Z = model.raw_scores(table)
    refuse_not_finite(Z, first_row=first_row)
    targets = model.target.names
    quantiles = getattr(model.loss, "quantiles", None) or ()
    names = [f"{name}_q{quantile:g}" for name in targets for quantile in quantiles] or targets
    values = model.predictions(Z).reshape(len(Z), len(names))
    columns = dict(zip(names, values.T, strict=True))
    if model.task != "regression":
        for label, probability in zip(model.classes, model.probabilities(Z).T, strict=True):
            name = f"probability_{label}"
            while name in columns:
                name += "_"
            columns[name] = probability
    if coverage is not None:
        bounds = model.predict_interval(table, coverage).reshape(len(Z), len(targets), 2)
        for i, name in enumerate(targets):
            columns |= {f"{name}_low": bounds[:, i, 0], f"{name}_high": bounds[:, i, 1]}
    return columns


def _write(output: str, chunks: PredictionChunks, *, spreadsheet_safe: bool) -> None:
    """Write to stdout or atomically to a file; escape text for spreadsheets and terminals."""
    from glassnet.data.files.write import write_chunks

    columns = iter(chunks)
    first = next(columns)  # there is always one, perhaps without rows; it sets the names
    columns = chain([first], columns)
    names: Sequence[str] = chunks.names
    if not output.lower().endswith(".parquet"):
        if spreadsheet_safe:
            names, columns = escape_formula_names(names), _mapped_text(escape_formula, columns)
        else:
            columns = _warn_of_formulas(names, columns)
    if output == "-" and sys.stdout.isatty():
        names, columns = list(map(printable, names)), _mapped_text(printable, columns)
    write_chunks(output_bytes() if output == "-" else Path(output), names, columns)


def _mapped_text(
    function: Callable[[str], str], chunks: Iterator[list[Any]]
) -> Iterator[list[Any]]:
    """Yield the chunks with a function applied to all text, not to numbers and date-times."""
    for columns in chunks:
        yield [
            values
            if getattr(values, "dtype", None) is not None and values.dtype.kind not in "OU"
            else [function(value) if isinstance(value, str) else value for value in values]
            for values in columns
        ]


def _warn_of_formulas(names: Sequence[str], chunks: Iterator[list[Any]]) -> Iterator[list[Any]]:
    """Yield the chunks; print a note about the first text that a spreadsheet would run."""
    notice = ""
    for columns in chunks:
        if not notice and (notice := formula_notice(names, columns)):
            click.echo(f"Note: {printable(notice)}", err=True)
        yield columns
