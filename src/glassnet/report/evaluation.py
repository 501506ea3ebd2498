"""Result of an evaluation: scores with intervals, details, baselines and verdict.

`evaluation.schema.json` in this folder is the published schema (JSON Schema, draft 2020-12) of the
result of `Evaluation.to_dict`.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from glassnet import __version__
from glassnet.data.review.reference import ColumnDrift, drift_schema
from glassnet.json_values import json_value
from glassnet.report.bootstrap import Score
from glassnet.report.classes import Calibration, ClassScores, Confusion
from glassnet.report.residuals import Residuals
from glassnet.report.verdict import Outcome

#: The name of the format; its number changes with each incompatible change.
FORMAT = "urn:glassnet:evaluation:1"


@dataclass(frozen=True)
class Rival:
    """A baseline compared with the network on the same rows.

    name : "always 'Adelie'", "linear model", "gradient boosting"
    scores : the scores by name; {} if there are none, and `note` tells why
    n_rows : the number of rows it was trained on
    seconds : the time of training and prediction
    difference, low, high : the main score of the network minus that of the baseline, with the 95 %
        interval of the paired bootstrap; None without scores
    outcome : whether the network is "better", "same" (no clear difference) or "worse"; None without
        scores
    note : a remark, or ""
    """

    name: str
    scores: dict[str, float]
    n_rows: int
    seconds: float
    difference: float | None
    low: float | None
    high: float | None
    outcome: Outcome | None
    note: str


@dataclass(frozen=True)
class Evaluation:
    """The scores of a model on rows whose target is known, with details.

    name : the name of the data, such as a file name
    task, targets, classes : what is predicted; classes as text, () for numbers
    n_rows : the number of scored rows
    left_out : the number of rows left out, because they have no target or no weight
    n_training : the number of training rows of the network, if known
    seconds : the training time of the network, if known
    weighted : whether rows are weighted
    scores : the scores with 95 % intervals, the main score first
    per_class, confusion, calibration : details of a classification, otherwise () and None
    residuals : details of each target of a regression, otherwise ()
    rivals : the baselines on the same rows
    outcome : "worse" if the network is worse than any baseline; otherwise "same" if there is no
        clear difference from a baseline, otherwise "better"; None without baselines
    judgement : the verdict in one sentence
    drift : the values of each column that did not occur in training, see
        `glassnet.data.review.reference`; None if unknown
    """

    name: str
    task: str
    targets: tuple[str, ...]
    classes: tuple[str, ...]
    n_rows: int
    left_out: int
    n_training: int | None
    seconds: float | None
    weighted: bool
    scores: tuple[Score, ...]
    per_class: tuple[ClassScores, ...]
    confusion: Confusion | None
    calibration: Calibration | None
    residuals: tuple[Residuals, ...]
    rivals: tuple[Rival, ...]
    outcome: Outcome | None
    judgement: str
    drift: tuple[ColumnDrift, ...] | None = None

    @property
    def values(self) -> dict[str, float]:
        """The network's scores by name."""
        return {score.name: score.value for score in self.scores}

    def to_dict(self) -> dict[str, Any]:
        """Return JSON values as in `evaluation_schema`; numbers that are not finite are None."""
        return {"format": FORMAT, "glassnet": __version__, **json_value(self)}


def evaluation_schema() -> dict[str, Any]:
    """Return the published JSON schema of `Evaluation.to_dict`."""
    schema: dict[str, Any] = json.loads(
        Path(__file__).with_name("evaluation.schema.json").read_text(encoding="utf-8")
    )
    return {**schema, "$defs": {**schema["$defs"], "drift": drift_schema()}}
