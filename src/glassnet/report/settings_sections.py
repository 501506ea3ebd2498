"""Report sections about the use of the rows, the settings, and how to repeat the training."""

import platform
from collections.abc import Mapping

from glassnet import __version__
from glassnet.messages import counted
from glassnet.model import Model
from glassnet.report.evaluation import Evaluation
from glassnet.report.markup import Markup, element, joined, name, section, table


def settings_sections(
    evaluation: Evaluation, model: Model, rows: Mapping[str, object], command: str
) -> Markup:
    """Return the use of the rows, all settings, and how to repeat the training."""
    record, n_training = model.training, evaluation.n_training
    plan, engine = record.get("plan"), record.get("engine")
    plan = plan if isinstance(plan, Mapping) else {}
    left_out = f"{counted(evaluation.left_out, 'row')} without a target or weight"
    uses: dict[str, object] = {
        "trained on": None if n_training is None else counted(n_training, "row"),
        "scored on": counted(evaluation.n_rows, "row"),
        "left out": left_out if evaluation.left_out else None,
        **rows,
    }
    used_with = {
        "glassnet": __version__,
        "Python": platform.python_version(),
        "engine": engine if isinstance(engine, str) else "-",
        "seed": plan.get("seed", "-"),
    }
    title = "All settings that the network was trained with"
    return joined(
        section("Rows", table("How the rows were used", ("use", "rows"), _rows(uses))),
        section("Settings", table(title, ("setting", "value"), _rows(plan))) if plan else None,
        section(
            "How to reproduce",
            element("p", "The same table, settings, seed and version give the same network."),
            element("pre", element("code", command)) if command else None,
            table("What it ran on", ("what", "which"), _rows(used_with)),
        ),
    )


def _rows(facts: Mapping[str, object]) -> list[tuple[str, str]]:
    return [(name(key), name(value)) for key, value in facts.items() if value is not None]
