"""`glassnet explain`: how much each column contributed to the answers for rows of a table."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from glassnet.cli.dialect_options import dialect_options
from glassnet.cli.notes import print_notes
from glassnet.cli.option_types import refuse
from glassnet.cli.output_files import check_output, check_regular
from glassnet.cli.spreadsheet import escape_formula, escape_formula_names, formula_notice
from glassnet.messages import counted, printable

if TYPE_CHECKING:
    from glassnet.data.tables.dialect import Dialect
    from glassnet.data.tables.table import Table
    from glassnet.inspection.explanation import Explanation

SUFFIXES = (".csv", ".csv.gz", ".parquet")
#: The number of random rows of which the mean contributions are shown.
N_ROWS = 50


@click.command(short_help="Tell how much each column contributed to an answer.")
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("table", type=click.Path(path_type=Path))
@click.option(
    "--rows",
    metavar="NUMBERS",
    help="Rows of TABLE to explain, counting from 0, such as 3,17.",
)
@click.option(
    "--background",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The table to compare with, such as that of the training; TABLE by default.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write the contributions to a table: .csv, .csv.gz or .parquet.",
)
@dialect_options
@click.option(
    "--spreadsheet-safe",
    is_flag=True,
    help="In CSV, write an apostrophe before text that a spreadsheet would run as a formula.",
)
def explain(
    model: Path,
    table: Path,
    rows: str | None,
    background: Path | None,
    output: Path | None,
    reading: Dialect | None,
    spreadsheet_safe: bool,
) -> None:
    """Explain answers of the model in the file MODEL for rows of TABLE (CSV or Parquet).

    The contributions of the columns to an answer add up to the answer minus the mean answer of the
    background: 64 random rows of TABLE, or of --background. They are Shapley values: exact for ten
    columns or fewer, estimates with a standard error for more. Without --rows, the mean size of the
    contributions to 50 random rows is shown; with -o alone, all rows are explained.
    """
    if output is not None:
        check_regular(output, "name a file")
        known = output.name.lower().endswith(SUFFIXES)
        refuse(not known, f"{output}: name a file that ends in {', '.join(SUFFIXES)}.", "-o")
        check_output(output, (model, table, *([background] if background else [])))
    chosen = None if rows is None else _row_numbers(rows)
    import numpy as np

    from glassnet.cli.explanation_text import rows_text, summary_text
    from glassnet.data.files.read import read_table
    from glassnet.inspection.reading import drawn_rows
    from glassnet.storage import load

    trained = load(model)

    def read(path: Path) -> Table:
        found = read_table(
            path, schema=trained.encoder.to_read, dialect=reading, default=trained.dialect
        )
        print_notes(found.all_notices)
        return trained.encoder.aligned(found)

    whole = read(table)
    others = read(background) if background else whole
    if chosen is not None:
        largest = max(chosen)
        refuse(
            largest >= whole.n_rows,
            f"there is no row {largest}: {table} has {counted(whole.n_rows, 'row')}, numbered from "
            "0.",
            "--rows",
        )
        numbers = np.array(chosen)
    else:
        n = whole.n_rows
        numbers = np.arange(n) if output else drawn_rows(n, N_ROWS, seed=0)
    found = trained.explain(whole.take(numbers), others)
    if output is not None:
        _write(output, found, numbers, spreadsheet_safe=spreadsheet_safe)
        written = counted(len(numbers), "explained row")
        click.echo(f"{written} in {printable(output)}", err=True)
    name = printable((background or table).name)
    if chosen is not None:
        click.echo(rows_text(trained, found, chosen, name))
    elif output is None:
        click.echo(summary_text(trained, found, name))


def _row_numbers(text: str) -> list[int]:
    """Parse row numbers such as `3,17`."""
    parts = [part.strip() for part in text.split(",")]
    wrong = next((part for part in parts if not (part.isascii() and part.isdecimal())), None)
    refuse(
        wrong is not None,
        f"{wrong!r} is not the number of a row: write numbers from 0, such as 3,17.",
        "--rows",
    )
    return list(map(int, parts))


def _write(path: Path, found: Explanation, rows: Any, *, spreadsheet_safe: bool) -> None:
    """Write a line for each row and output: answer, base, contributions and standard errors."""
    import numpy as np

    from glassnet.data.files.write import write_chunks

    n, p, k = len(rows), len(found.columns), len(found.outputs)
    labels = np.array([*map(str, found.outputs)], object)
    by_line = [
        values.reshape(n, p, k).transpose(1, 0, 2).reshape(p, n * k)
        for values in (found.contributions, found.standard_errors)
    ]
    columns: dict[str, Any] = {
        "row": np.repeat(rows, k),
        "output": np.tile(labels, n),
        "answer": found.answers.reshape(n * k),
        "base": np.tile(found.base.reshape(k), n),
        **{f"contribution_{c}": v for c, v in zip(found.columns, by_line[0], strict=True)},
        **{f"standard_error_{c}": v for c, v in zip(found.columns, by_line[1], strict=True)},
    }
    names, values = list(columns), list(columns.values())
    if path.suffix.lower() != ".parquet":
        if spreadsheet_safe:
            names = escape_formula_names(names)
            escaped = [escape_formula(text) for text in columns["output"]]
            values[1] = np.array(escaped, object)
        elif notice := formula_notice(names, values):
            print_notes([notice])
    write_chunks(path, names, [values])
