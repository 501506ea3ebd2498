"""What `glassnet train` says on stdout: the data, the network, how training went, the score beside simpler models, what to do next."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from glassnet.cli.portrait import network_lines, settings_in_words, training_in_words
from glassnet.cli.words import LABEL, counted, file_size, labelled, listed, printable, score, styled, table, width
from glassnet.report import Evaluation, Part, compare
from glassnet.storage.strict import json_able

if TYPE_CHECKING:
    from glassnet.cli.train import Rows
    from glassnet.data.table import Table
    from glassnet.fitting import Session
    from glassnet.model import Model


class TrainingReport:
    """A report that grows as training goes on; a silent one prints nothing but keeps what `as_json` needs."""

    def __init__(self, path: Path, rows: Rows, training: Part, held_out: Part | None, *, silent: bool) -> None:
        self.path, self.rows, self.training, self.held_out, self.silent = path, rows, training, held_out, silent
        self.compared: Evaluation | None = None
        self.plan: Mapping[str, Any] = {}

    def describe_data(self) -> None:
        """Print what the table holds, what is to be predicted and why so, and which rows are held out."""
        features, rows = self.rows.part.table, self.rows
        columns = counted(len(features.schema.names), "column")
        said = f"{printable(self.path.name)}: {counted(features.n_rows, 'row')}, {columns} and the target"
        self._say(labelled("Table", said))
        self._say(table(("", "", ""), _columns(features), right=(0,), indent=LABEL).partition("\n")[2])
        rule = f"{rule_in_short(rows.part.values)} (--task says otherwise)" if rows.guessed else "as --task says"
        self._say(labelled("Target", f"{printable(rows.name)}: {_target(rows)}\n{rule}"))
        if self.held_out:
            n = self.held_out.table.n_rows
            said = f"{self.training.table.n_rows:,} to learn from, {n:,} held out for the score"
        else:
            said = f"all {self.training.table.n_rows:,} to learn from, none held out: there will be no score"
        self._say(labelled("Rows", said))

    def describe_session(self, session: Session) -> None:
        """Print the network and the settings that were chosen."""
        self.plan = session.plan.to_plain()
        if self.plan.get("learning_rate") is None:
            self.plan = {**self.plan, "learning_rate": getattr(session.plan.bound_optimizer(), "lr", None)}
        self._say(f"\n{network_lines(session.network)}\n")
        self._say(labelled("Settings", settings_in_words(self.plan)))

    def compare(self, model: Model) -> None:
        """Score the model beside the simpler ones."""
        self.compared = compare(model, self.training, self.held_out) if self.held_out else None

    def describe_result(self, model: Model, output: Path) -> None:
        """Print how training went, the scores, the judgement, and the next command."""
        self._say(labelled("Training", training_in_words(model.training)))
        if self.compared:
            names = list(self.compared.values)
            lines = [(printable(who), *(score(name, scores[name]) for name in names)) for who, scores in self._scores().items() if scores]
            self._say("\n" + table((f"on {counted(self.compared.n_rows, 'row')}", *names), lines, right=range(1, len(names) + 1)))
            for rival in self.compared.rivals:
                if rival.note:
                    self._say(" " * LABEL + styled(printable(f"{rival.name}: {rival.note}"), dim=True))
            self._say("\n" + labelled("Judgement", printable(self.compared.judgement)))
        self._say("\n" + labelled("Saved", f"{printable(output)}, {file_size(output.stat().st_size)}"))
        self._say(labelled("Next", printable(shlex.join(["glassnet", "predict", str(output), str(self.path), "-o", "predictions.csv"]))))

    def as_json(self, model: Model, output: Path) -> str:
        """Return all of it as one JSON object; numbers that are not finite are null."""
        record = model.training
        found = {
            "table": {"path": str(self.path), "rows": self.rows.part.table.n_rows, "left_out": self.rows.left_out},
            "target": {"name": self.rows.name, "task": model.task, "classes": list(model.classes)},
            "rows": {"training": self.training.table.n_rows, "held_out": self.held_out.table.n_rows if self.held_out else 0},
            "network": {
                "layers": [dict(zip(("name", "kind", "outputs", "parameters"), row, strict=True)) for row in model.network.summary()],
                "features": model.network.n_features,
                "parameters": int(model.network.parameters.theta.size),
            },
            "settings": dict(self.plan),
            "training": {name: record[name] for name in ("epochs", "best_epoch", "updates", "seconds", "ended", "engine")},
            "scores": self._scores(),
            "outcome": self.compared.outcome if self.compared else None,
            "judgement": self.compared.judgement if self.compared else None,
            "model": {"path": str(output), "bytes": output.stat().st_size},
        }
        return json.dumps(json_able(found), indent=2, allow_nan=False)

    def _scores(self) -> dict[str, dict[str, float]]:
        """Return the scores of the network and of those that it has to beat."""
        if not self.compared:
            return {}
        return {"network": self.compared.values} | {rival.name: rival.scores for rival in self.compared.rivals}

    def _say(self, text: str) -> None:
        if not self.silent:
            click.echo(text)


def rule_in_short(values: Any) -> str:
    """Return the part of `glassnet.data.target.RULE` that decided about one target column, in short."""
    import numpy as np

    if values.dtype == object:
        return "text is taken for classes"
    distinct = len(np.unique(values))
    if bool((values != np.floor(values)).any()):
        return "numbers with fractions are taken for a quantity" if distinct > 2 else "two different values are taken for classes"
    few = "few enough to be taken for classes"
    whole = f"whole numbers, {distinct:,} different ones"
    from glassnet.data.target import Target

    return f"{whole}: {few if Target.fit(values).task != 'regression' else 'taken for a quantity'}"


def _target(rows: Rows) -> str:
    """Return what the target holds: the share of each class, or the range of the numbers."""
    import numpy as np

    values = rows.part.values
    if rows.task == "regression" and values.dtype != object:
        return f"a number, from {values.min():.6g} to {values.max():.6g}, mean {values.mean():.6g}"
    labels, counts = np.unique(values.astype(str), return_counts=True)
    order = np.argsort(-counts, kind="stable")
    shares = [f"{printable(_short(labels[i]))} {100.0 * counts[i] / len(values):.3g} %" for i in order]
    return f"one of {counted(len(labels), 'class', 'classes')}: {listed(shares, width())}"


def _short(label: str) -> str:
    """Return the text of a number without the `.0` that a table's floats have."""
    return label.removesuffix(".0")


def _columns(features: Table) -> list[tuple[str, str, str]]:
    """Return (count, kind, names) of numbers, categories and columns with gaps."""
    import numpy as np

    schema, room = features.schema, width() - 26
    block = np.asarray(features.numbers)
    gaps = dict(zip(schema.numbers, np.isnan(block).sum(axis=0).tolist(), strict=True))
    gaps |= {name: int((c.codes < 0).sum()) for name, c in zip(schema.categories, features.categories, strict=True)}
    gaps = {name: n for name, n in gaps.items() if n}
    levels = [f"{printable(name)} ({len(c.levels)})" for name, c in zip(schema.categories, features.categories, strict=True)]
    return [
        row
        for row in (
            (
                str(len(schema.numbers)),
                "numbers" if len(schema.numbers) != 1 else "number",
                listed([*map(printable, schema.numbers)], room),
            ),
            (str(len(levels)), "categories" if len(levels) != 1 else "category", listed(levels, room)),
            (str(len(gaps)), "with gaps", listed([f"{printable(name)} ({n:,})" for name, n in gaps.items()], room)),
        )
        if row[0] != "0"
    ]
