"""`glassnet diagnose`: tell what is wrong with a model, and what to change."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from glassnet.cli.notes import warnings_as_notes
from glassnet.cli.text import format_table, labelled, styled
from glassnet.messages import counted, format_number, printable

if TYPE_CHECKING:
    from glassnet.inspection.diagnosis import Applied, Diagnosis, Verdict


@click.command(short_help="Tell what is wrong with a model, and the one setting to change.")
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("table", type=click.Path(path_type=Path))
@click.option(
    "--test",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Rows that were not used in training; without it, rows that training held out are used.",
)
@click.option(
    "--apply",
    "apply_it",
    is_flag=True,
    help="Refit with the change of the first verdict; before and after on the same held-out rows.",
)
@click.option("--code", metavar="GN...", help="The verdict for --apply, instead of the first.")
@click.option("-q", "--quiet", is_flag=True, help="No notes, the diagnosis alone.")
@click.option("--json", "as_json", is_flag=True, help="The diagnosis as JSON.")
def diagnose(
    model: Path,
    table: Path,
    test: Path | None,
    apply_it: bool,
    code: str | None,
    quiet: bool,
    as_json: bool,
) -> None:
    """Tell what is wrong with the model in the file MODEL, trained on TABLE (CSV or Parquet).

    Each verdict has a code, its evidence in numbers, the likely cause, one setting to change and
    what that costs.
    """
    from glassnet.inspection.diagnosis import apply_change
    from glassnet.inspection.diagnosis import diagnose as diagnosed
    from glassnet.storage import load

    trained = load(model)
    with warnings_as_notes(quiet=quiet):
        found = diagnosed(trained, table, test=test)
        applied = apply_change(trained, table, code=code) if apply_it else None
    if as_json:
        plain = found.to_dict() | ({"applied": _plain(applied)} if applied else {})
        click.echo(json.dumps(plain, indent=2, allow_nan=False))
        return
    click.echo(labelled("Model", f"{printable(model)} ({trained.task})"))
    click.echo(labelled("Table", f"{printable(table.name)}, {counted(found.n_rows, 'row')}"))
    click.echo("\n".join(_lines(found)))
    if applied:
        click.echo("\n" + "\n".join(_applied_lines(applied)))


def _lines(found: Diagnosis) -> list[str]:
    lines = []
    for verdict in found.verdicts:
        lines += ["", *_verdict_lines(verdict)]
    if found.consequences:
        named = ", ".join(f"{v.code} {v.name}" for v in found.consequences)
        lines += ["", labelled("Follows", f"{named}: likely gone once the above is.")]
    reasons: dict[str, list[str]] = {}
    for code, reason in found.unchecked:
        reasons.setdefault(reason, []).append(code)
    for reason, codes in reasons.items():
        lines += ["", labelled("Unchecked", f"{', '.join(codes)}: {printable(reason)}.")]
    total = f"{counted(len(found.checked), 'check')}, {counted(len(found.verdicts), 'verdict')}."
    return [*lines, "", labelled("Result", total)]


def _verdict_lines(verdict: Verdict) -> list[str]:
    change = verdict.change
    return [
        labelled(verdict.severity.capitalize(), styled(f"{verdict.code} {verdict.name}")),
        labelled("", f"{_sentence(verdict.text)}"),
        labelled("  cause", _sentence(verdict.cause)),
        labelled("  change", printable(change.text)),
        labelled("  cost", _sentence(change.cost)),
    ]


def _sentence(text: str) -> str:
    return printable(text[:1].upper() + text[1:] + ".")


def _applied_lines(applied: Applied) -> list[str]:
    rows = f"{applied.n_held_out:,} rows held out of both fits ({applied.n_learned:,} learned from)"
    words = {
        "better": "The change helps.",
        "worse": "The change harms.",
        "same": "No clear difference: it may be chance.",
    }
    table = [
        (
            score.name,
            *(format_number(v) for v in (score.before, score.after)),
            f"{format_number(score.low)} to {format_number(score.high)}",
        )
        for score in applied.scores
    ]
    head = (f"{applied.verdict.code} applied", "before", "after", "difference, 95 %")
    return [
        labelled("Refit", f"{printable(applied.verdict.change.text)}; on {rows}"),
        format_table(head, table, right=range(1, 4)),
        labelled("", words[applied.outcome]),
    ]


def _plain(applied: Applied) -> dict[str, object]:
    from glassnet.json_values import json_value

    scores = [json_value(score) for score in applied.scores]
    return {
        "code": applied.verdict.code,
        "n_learned": applied.n_learned,
        "n_held_out": applied.n_held_out,
        "scores": scores,
        "outcome": applied.outcome,
    }
