"""What `glassnet train` says: the data, the network, how training went, the score beside simpler models, what to do next; and as JSON.

`training.schema.json` beside this file is the published schema (JSON Schema, draft 2020-12) of the
JSON.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from glassnet import __version__
from glassnet.cli.output_files import MODEL, PAGE
from glassnet.cli.portrait import (
    calibration_in_words,
    network_lines,
    settings_in_words,
    training_in_words,
)
from glassnet.cli.scores import evaluation_lines
from glassnet.cli.training_data import TrainingData
from glassnet.cli.words import LABEL, counted, file_size, labelled, listed, printable, table, width
from glassnet.report import Evaluation, evaluation_schema, permutation_importances, write_report
from glassnet.storage.strict import json_able

if TYPE_CHECKING:
    from glassnet.data.tables.table import Table
    from glassnet.fitting import Session
    from glassnet.model import Model

#: The name of the format; the number changes when a reader of the old one would be misled.
FORMAT = "urn:glassnet:training:1"
DRY_RUN = "Dry run: the network learned from two batches only, so its scores say nothing of what it could do."
BY = {
    "group": "whole groups",
    "time": "the latest",
    "class": "of each class its share",
    "chance": "at random",
}


def training_schema() -> dict[str, Any]:
    """Return the published JSON schema of `TrainingReport.as_json`, that of an evaluation within it."""
    schema: dict[str, Any] = json.loads(
        Path(__file__).with_name("training.schema.json").read_text(encoding="utf-8")
    )
    return {**schema, "$defs": {**schema["$defs"], "evaluation": evaluation_schema()}}


class TrainingReport:
    """A report that grows as training goes on; a silent one prints nothing but keeps what `as_json` needs.

    data : the rows
    files : what is written, by ending
    silent : whether JSON takes the place of the words
    dry_run : whether the training is a trial
    """

    def __init__(
        self, data: TrainingData, files: Mapping[str, Path], *, silent: bool, dry_run: bool
    ) -> None:
        self.data, self.files, self.silent, self.dry_run = data, files, silent, dry_run
        self.result: Evaluation | None = None
        self.plan: Mapping[str, Any] = {}
        self.n_validation = 0

    def describe_data(self) -> None:
        """Print what the table holds, what is to be predicted and why so, and which rows are held out."""
        data, features = self.data, self.data.prepared.table
        if self.dry_run:
            self._say(f"{DRY_RUN}\n")
        columns = counted(len(data.prepared.columns), "column")
        target = (
            "the target"
            if len(data.prepared.names) == 1
            else counted(len(data.prepared.names), "target")
        )
        said = f"{printable(data.path.name)}: {counted(features.n_rows, 'row')}, {columns} and {target}"
        self._say(labelled("Table", said))
        self._say(table(("", "", ""), _columns(data), right=(0,), indent=LABEL).partition("\n")[2])
        rule = (
            f"{rule_in_short(data)} (--task says otherwise)" if data.guessed else "as --task says"
        )
        self._say(labelled("Target", f"{_target(data)}\n{rule}"))
        self._say(labelled("Rows", self._rows()))

    def describe_session(self, session: Session) -> None:
        """Print the network and the settings that were chosen."""
        self.plan = session.plan.to_plain()
        self.n_validation = session.n_held_out
        if self.plan.get("learning_rate") is None:
            self.plan = {
                **self.plan,
                "learning_rate": getattr(session.plan.bound_optimizer(), "lr", None),
            }
        self._say(f"\n{network_lines(session.network)}\n")
        self._say(labelled("Settings", settings_in_words(self.plan)))

    def describe_result(self, model: Model) -> None:
        """Print how training went, the scores, the judgement, and the next command."""
        self._say(labelled("Training", training_in_words(model.training)))
        if said := calibration_in_words(model):
            self._say(labelled("Certainty", said))
        if self.result:
            self._say("")
        for paragraph in evaluation_lines(self.result) if self.result else ():
            self._say(paragraph)
        if self.dry_run:
            self._say(f"\n{DRY_RUN}")
        if self.files:
            saved = [
                f"{printable(path)}, {file_size(path.stat().st_size)}"
                for path in self.files.values()
            ]
            self._say("\n" + labelled("Saved", "\n".join(saved)))
        if MODEL in self.files:
            command = [
                "glassnet",
                "predict",
                str(self.files[MODEL]),
                str(self.data.path),
                "-o",
                "predictions.csv",
            ]
            self._say(labelled("Next", printable(shlex.join(command))))

    def write_page(self, model: Model, command: str) -> None:
        """Write the report as a page; Ctrl-C leaves out the importances of the columns."""
        assert self.result is not None
        assert self.data.held_out is not None
        try:
            importances = permutation_importances(model, self.data.held_out)
        except KeyboardInterrupt:
            importances = None
        rows = {"held out": self._rows()} | ({"dry run": DRY_RUN} if self.dry_run else {})
        write_report(
            self.files[PAGE],
            self.result,
            model,
            importances=importances,
            rows=rows,
            command=command,
        )

    def as_json(self, model: Model) -> str:
        """Return all of it as one JSON object, which `training_schema` describes; numbers that are not finite are null."""
        data, record = self.data, model.training
        found = {
            "format": FORMAT,
            "glassnet": __version__,
            "dry_run": self.dry_run,
            "table": {
                "path": str(data.path),
                "rows": data.prepared.table.n_rows,
                "without_target": data.unknown,
            },
            "columns": data.prepared.record()["columns"],
            "notices": list(data.prepared.notices),
            "target": {
                "names": list(data.prepared.names),
                "task": model.task,
                "rule": rule_in_short(data) if data.guessed else None,
                "classes": list(model.classes),
            },
            "rows": {
                "training": data.training.table.n_rows
                - (0 if data.validation else self.n_validation),
                "validation": self.n_validation,
                "held_out": data.held_out.table.n_rows if data.held_out else 0,
                "split": data.split.to_plain() if data.split else None,
            },
            "network": {
                "layers": [
                    dict(zip(("name", "kind", "outputs", "parameters"), row, strict=True))
                    for row in model.network.summary()
                ],
                "features": model.network.n_features,
                "parameters": int(model.network.parameters.theta.size),
            },
            "settings": dict(self.plan),
            "training": {
                name: record[name]
                for name in ("epochs", "best_epoch", "updates", "seconds", "ended", "engine")
            }
            | {"calibration": record.get("calibration")},
            "evaluation": self.result.to_dict() if self.result else None,
            "files": {
                name: {"path": str(self.files[ending]), "bytes": self.files[ending].stat().st_size}
                if ending in self.files
                else None
                for name, ending in (("model", MODEL), ("page", PAGE))
            },
        }
        return json.dumps(json_able(found), indent=2, allow_nan=False)

    def _rows(self) -> str:
        """Return which rows do what."""
        data = self.data
        said = f"{data.training.table.n_rows:,} to learn from"
        if data.validation:
            said += f", {data.validation.table.n_rows:,} of a file to stop by"
        if data.held_out and data.split:
            return f"{said}, {data.held_out.table.n_rows:,} held out for the score ({BY[data.split.by]})"
        if data.held_out and data.test:
            return f"{said}, {data.held_out.table.n_rows:,} of {printable(data.test.name)} for the score"
        why = (
            "labels that may go together have no scores yet"
            if data.task == "multilabel"
            else "there will be no score"
        )
        return f"{'all ' if not data.validation else ''}{said}, none held out: {why}"

    def _say(self, text: str) -> None:
        if not self.silent:
            click.echo(text)


def rule_in_short(data: TrainingData) -> str:
    """Return the part of `glassnet.data.coding.target_arrays.RULE` that decided about the target, in short."""
    import numpy as np

    values = data.prepared.values
    if values.ndim > 1:
        return (
            "several columns of yes or no are taken for labels"
            if data.task == "multilabel"
            else "several columns of numbers are taken for quantities"
        )
    if values.dtype.kind in "Ob":
        return _text_or_boolean(values)
    distinct = len(np.unique(values))
    if bool((values != np.floor(values)).any()):
        return "numbers with fractions are taken for a quantity"
    few = "few enough to be taken for classes"
    return f"whole numbers, {distinct:,} different ones: {few if data.task != 'regression' else 'taken for a quantity'}"


def _text_or_boolean(values: Any) -> str:
    return "true and false are classes" if values.dtype == bool else "text is taken for classes"


def _target(data: TrainingData) -> str:
    """Return what the target holds: the share of each class, or the range of the numbers."""
    import numpy as np

    values, names = data.prepared.values, data.prepared.names
    shown = listed([printable(name) for name in names], width())
    if values.ndim > 1 or data.task == "multilabel":
        return f"{shown}: {'labels, each yes or no' if data.task == 'multilabel' else 'numbers'}"
    if data.task == "regression" and values.dtype != object:
        return f"{shown}: a number, from {values.min():.6g} to {values.max():.6g}, mean {values.mean():.6g}"
    texts = np.where(values, "true", "false") if values.dtype == bool else values.astype(str)
    labels, counts = np.unique(texts, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    shares = [
        f"{printable(_short(labels[i]))} {100.0 * counts[i] / len(values):.3g} %" for i in order
    ]
    return f"{shown}: one of {counted(len(labels), 'class', 'classes')}: {listed(shares, width())}"


def _short(label: str) -> str:
    """Return the text of a number without the `.0` that a table's floats have."""
    return label.removesuffix(".0")


def _columns(data: TrainingData) -> list[tuple[str, str, str]]:
    """Return (count, kind, names) of each kind of column, of those with gaps, and of those left out."""
    features, room = data.prepared.table, width() - 26
    kinds = features.schema.kinds
    names = {
        kind: [printable(name) for name in kinds if kinds[name] == kind]
        for kind in ("number", "boolean", "datetime")
    }
    codes = list(zip(features.schema.categories, features.categories, strict=True))
    levels = [
        f"{printable(name)} ({len(c.levels)})" for name, c in codes if kinds[name] == "category"
    ]
    rows = [
        ("number", "numbers", names["number"]),
        ("category", "categories", levels),
        ("yes or no", "yes or no", names["boolean"]),
        ("date-time", "date-times", names["datetime"]),
        ("with gaps", "with gaps", _gaps(features)),
        ("left out", "left out", [printable(name) for name in data.prepared.left_out]),
    ]
    return [
        (str(len(found)), one if len(found) == 1 else many, listed(found, room))
        for one, many, found in rows
        if found
    ]


def _gaps(features: Table) -> list[str]:
    """Return the columns with gaps, and how many gaps they have."""
    import numpy as np

    gaps = dict(
        zip(
            features.schema.numbers,
            np.isnan(np.asarray(features.numbers)).sum(axis=0).tolist(),
            strict=True,
        )
    )
    gaps |= {
        name: int((c.codes < 0).sum())
        for name, c in zip(features.schema.categories, features.categories, strict=True)
    }
    gaps |= {
        name: int(np.isnat(column).sum())
        for name, column in zip(features.schema.dates, features.dates, strict=True)
    }
    return [f"{printable(name)} ({n:,})" for name, n in gaps.items() if n]
