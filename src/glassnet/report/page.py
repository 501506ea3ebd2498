"""Write the report as one HTML file that works offline: no scripts, nothing loaded."""

from collections.abc import Mapping
from pathlib import Path

from glassnet import __version__
from glassnet.atomic_write import atomic_write_bytes
from glassnet.errors import DataError
from glassnet.messages import counted
from glassnet.model import Model
from glassnet.report.detail_sections import detail_sections
from glassnet.report.evaluation import Evaluation
from glassnet.report.importances import Importances
from glassnet.report.markup import Markup, element, name
from glassnet.report.model_sections import columns_section, learning_section, network_section
from glassnet.report.score_sections import baseline_section, verdict_section
from glassnet.report.settings_sections import settings_sections

#: Nothing may be loaded or run, whatever a name contains.
POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def write_report(
    path: str | Path,
    evaluation: Evaluation,
    model: Model,
    *,
    importances: Importances | None = None,
    rows: Mapping[str, object] | None = None,
    command: str = "",
) -> None:
    """Write the report of an evaluation to one HTML file.

    Parameters
    ----------
    path : the file, which is replaced atomically
    evaluation, model : what the page is about
    importances : the result of `permutation_importances`; left out if None
    rows : further facts about the rows, such as {"split": "by time"}
    command : the command line that repeats the training

    Raises
    ------
    DataError
        If the file cannot be written.
    """
    page = report_page(evaluation, model, importances=importances, rows=rows, command=command)
    try:
        atomic_write_bytes(path, page.encode())
    except OSError as error:
        raise DataError(f"{path}: cannot be written: {error.strerror or error}.") from None


def report_page(
    evaluation: Evaluation,
    model: Model,
    *,
    importances: Importances | None = None,
    rows: Mapping[str, object] | None = None,
    command: str = "",
) -> str:
    """Return the page that `write_report` writes."""
    style = Path(__file__).with_name("page.css").read_text(encoding="utf-8")
    targets, source = name(", ".join(evaluation.targets)), name(evaluation.name)
    title = f"{targets}: {source}" if source else targets
    about = evaluation.task
    if evaluation.classes:
        about += f", {counted(len(evaluation.classes), 'class', 'classes')}"
    about += f"; scored on {counted(evaluation.n_rows, 'row')}{' of ' + source if source else ''}"
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=POLICY),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="generator", content=f"glassnet {__version__}"),
        element("title", f"{title} - glassnet"),
        Markup(f"<style>\n{style}</style>"),
    )
    footer = f"Written by glassnet {__version__}. This file needs no network and runs no script."
    body = element(
        "body",
        element(
            "header",
            element("h1", f"Prediction of {targets}"),
            element("p", about, class_="faint"),
        ),
        element(
            "main",
            verdict_section(evaluation),
            baseline_section(evaluation) if evaluation.rivals else None,
            detail_sections(evaluation),
            learning_section(model.training),
            network_section(model),
            columns_section(model, importances),
            settings_sections(evaluation, model, rows or {}, command),
            element("footer", footer),
        ),
    )
    html = element("html", head, Markup("\n"), body, lang="en")
    return f"<!DOCTYPE html>\n{html.text}\n"
