"""Print the report of `glassnet train`: data, network, training, scores and the next command.

`training.schema.json` in this folder is the published schema (JSON Schema, draft 2020-12) of the
report as JSON.
"""

import json
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from glassnet import __version__
from glassnet.cli.data_summary import (
    describe_columns,
    describe_rows,
    describe_target_values,
    describe_task_rule,
)
from glassnet.cli.model_summary import (
    describe_calibration,
    describe_network,
    describe_settings,
    describe_training,
)
from glassnet.cli.output_files import MODEL, PAGE
from glassnet.cli.scores import evaluation_lines
from glassnet.cli.text import file_size, format_table, labelled
from glassnet.cli.training_data import TrainingData
from glassnet.fitting import Session
from glassnet.json_values import json_value
from glassnet.messages import counted, printable
from glassnet.model import Model
from glassnet.report import Evaluation, evaluation_schema, permutation_importances, write_report

#: The name of the format; its number changes with each incompatible change.
FORMAT = "urn:glassnet:training:1"
DRY_RUN = (
    "Dry run: the network learned from two batches only, so its scores say nothing of what it "
    "could do."
)
LAYER_FIELDS = ("name", "kind", "outputs", "parameters")
RECORD_FIELDS = ("epochs", "best_epoch", "updates", "seconds", "ended", "engine")


def training_schema() -> dict[str, Any]:
    """Return the published JSON schema of `TrainingReport.as_json`."""
    schema: dict[str, Any] = json.loads(
        Path(__file__).with_name("training.schema.json").read_text(encoding="utf-8")
    )
    return {**schema, "$defs": {**schema["$defs"], "evaluation": evaluation_schema()}}


class TrainingReport:
    """A report that is printed part by part during a training.

    data : the rows
    files : the output files by suffix
    silent : whether to print nothing, because the report is printed as JSON
    dry_run : whether this is a dry run
    result : the evaluation, None before there is one
    """

    def __init__(
        self, data: TrainingData, files: Mapping[str, Path], *, silent: bool, dry_run: bool
    ) -> None:
        self.data, self.files, self.silent, self.dry_run = data, files, silent, dry_run
        self.result: Evaluation | None = None
        self.plan: Mapping[str, Any] = {}
        self.n_validation = 0

    def describe_data(self) -> None:
        """Print the table, the target, how the task was chosen, and the use of the rows."""
        data = self.data
        n_targets = len(data.prepared.names)
        target = "the target" if n_targets == 1 else counted(n_targets, "target")
        size = counted(data.prepared.table.n_rows, "row")
        columns = counted(len(data.prepared.columns), "column")
        rule = "as --task says"
        if data.guessed:
            rule = f"{describe_task_rule(data)} (--task says otherwise)"
        self._print(
            f"{DRY_RUN}\n" if self.dry_run else "",
            labelled("Table", f"{printable(data.path.name)}: {size}, {columns} and {target}"),
            format_table(("", "", ""), describe_columns(data), right=(0,)),
            labelled("Target", f"{describe_target_values(data)}\n{rule}"),
            labelled("Rows", describe_rows(data)),
        )

    def describe_session(self, session: Session) -> None:
        """Print the network and the settings that were chosen."""
        self.plan = session.plan.to_plain()
        self.n_validation = session.n_held_out
        if self.plan.get("learning_rate") is None:
            rate = getattr(session.plan.bound_optimizer(), "lr", None)
            self.plan = {**self.plan, "learning_rate": rate}
        self._print(
            f"\n{describe_network(session.network)}\n",
            labelled("Settings", describe_settings(self.plan)),
        )

    def describe_result(self, model: Model) -> None:
        """Print how the training went, the scores, the files, and the next command."""
        calibration = describe_calibration(model)
        saved = [
            f"{printable(path)}, {file_size(path.stat().st_size)}" for path in self.files.values()
        ]
        model_file, table = str(self.files.get(MODEL)), str(self.data.path)
        command = ["glassnet", "predict", model_file, table, "-o", "predictions.csv"]
        self._print(
            labelled("Training", describe_training(model.training)),
            labelled("Calibration", calibration) if calibration else "",
            "\n" + "\n".join(evaluation_lines(self.result)) if self.result else "",
            f"\n{DRY_RUN}" if self.dry_run else "",
            "\n" + labelled("Saved", "\n".join(saved)) if saved else "",
            labelled("Next", printable(shlex.join(command))) if MODEL in self.files else "",
        )

    def write_page(self, model: Model, command: str) -> None:
        """Write the report as HTML; Ctrl-C skips the importances of the columns."""
        evaluation, held_out = self.result, self.data.held_out
        if evaluation is None or held_out is None:  # there are no test rows
            return
        try:
            importances = permutation_importances(model, held_out)
        except KeyboardInterrupt:
            importances = None
        rows = {"held out": describe_rows(self.data)}
        write_report(
            self.files[PAGE],
            evaluation,
            model,
            importances=importances,
            rows=rows | {"dry run": DRY_RUN} if self.dry_run else rows,
            command=command,
        )

    def as_json(self, model: Model) -> str:
        """Return the whole report as one JSON object, which `training_schema` describes."""
        data, record, network = self.data, model.training, model.network
        n_training, held_out = data.training.n, data.held_out
        names = {"model": MODEL, "page": PAGE}
        files = {
            name: {"path": str(path), "bytes": path.stat().st_size}
            if (path := self.files.get(suffix))
            else None
            for name, suffix in names.items()
        }
        report = {
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
                "rule": describe_task_rule(data) if data.guessed else None,
                "classes": list(model.classes),
            },
            "rows": {
                "training": n_training - (0 if data.validation else self.n_validation),
                "validation": self.n_validation,
                "held_out": held_out.n if held_out else 0,
                "split": data.split.to_plain() if data.split else None,
            },
            "network": {
                "layers": [dict(zip(LAYER_FIELDS, row, strict=True)) for row in network.summary()],
                "features": network.n_features,
                "parameters": int(network.parameters.theta.size),
            },
            "settings": dict(self.plan),
            "training": {name: record[name] for name in RECORD_FIELDS}
            | {"calibration": record.get("calibration")},
            "evaluation": self.result.to_dict() if self.result else None,
            "files": files,
        }
        return json.dumps(json_value(report), indent=2, allow_nan=False)

    def _print(self, *paragraphs: str) -> None:
        """Print the paragraphs that are not empty, unless the report is silent."""
        if not self.silent:
            click.echo("\n".join(filter(None, paragraphs)))
