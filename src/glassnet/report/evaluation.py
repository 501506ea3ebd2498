"""The result of an evaluation: scores with intervals, details, baselines and verdict; as JSON too.

`evaluation.schema.json` beside this file is the published schema (JSON Schema, draft 2020-12) of
what `Evaluation.to_dict` returns.
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

#: The name of the format; the number changes when a reader of the old one would be misled.
FORMAT = "urn:glassnet:evaluation:1"


@dataclass(frozen=True)
class Rival:
    """A baseline beside the network, on the same rows.

    name : "always 'Adelie'", "linear model", "gradient boosting"
    scores : by name; {} if there are none, and `note` says why
    n_rows : how many rows it learned from
    seconds : that it took to learn and to predict
    difference, low, high : the network's main score minus its own, with the 95 % interval of the
        paired bootstrap; None without scores
    outcome : the network against it: "better", "same" (no clear difference) or "worse"; None
        without scores
    note : what to know about it, or ""
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
    """How good a model is on rows whose target is known.

    name : what was evaluated, such as the name of a file
    task, targets, classes : what is predicted; classes as text, () for numbers
    n_rows : rows that the scores were taken from
    left_out : rows without a target or without weight, which were not
    n_training : rows that the network learned from, where that is known
    seconds : that the network's training took, where that is known
    weighted : whether rows were weighted
    scores : each with its 95 % interval, the main one first
    per_class, confusion, calibration : of a classification, else () and None
    residuals : one for each target of a regression, else ()
    rivals : baselines on the same rows
    outcome : "worse" if the network is worse than any baseline, else "same" if there is no clear
        difference from one, else "better"; None without baselines
    judgement : the verdict, one plain sentence
    drift : what each column of these rows holds that training did not have, see
        `glassnet.data.review.reference`; None where that is not known
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
        """Return it as JSON values of `evaluation_schema`; numbers that are not finite are None."""
        return {"format": FORMAT, "glassnet": __version__, **json_value(self)}


def evaluation_schema() -> dict[str, Any]:
    """Return the published JSON schema of `Evaluation.to_dict`."""
    schema: dict[str, Any] = json.loads(
        Path(__file__).with_name("evaluation.schema.json").read_text(encoding="utf-8")
    )
    return {**schema, "$defs": {**schema["$defs"], "drift": drift_schema()}}
