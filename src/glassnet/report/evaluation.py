"""A whole evaluation as one frozen value: the scores with their intervals, what lies behind them, the rivals, the judgement; and as JSON.

`evaluation.schema.json` beside this file is the published schema (JSON Schema, draft 2020-12) of
what `Evaluation.to_dict` returns.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any

from glassnet import __version__
from glassnet.data.review.drift import ColumnDrift, drift_schema
from glassnet.report.bootstrap import Score
from glassnet.report.classes import Calibration, ClassScores, Confusion
from glassnet.report.residuals import Residuals
from glassnet.report.verdict import Outcome

#: The name of the format; the number changes when a reader of the old one would be misled.
FORMAT = "urn:glassnet:evaluation:1"


@dataclass(frozen=True)
class Rival:
    """A simpler model beside the network, on the same rows.

    name : "always 'Adelie'", "linear model", "gradient boosting"
    scores : by name; {} where there are none, and `note` says why
    n_rows : how many rows it learned from
    seconds : that it took to learn and to predict
    difference, low, high : the network's main score minus its own, with the 95 % interval of the
        paired bootstrap; None without scores
    outcome : the network against it: "better", "same" (no clear difference) or "worse"; None
        without scores
    note : what is to be known of it, or ""
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

    name : what was evaluated, in words, such as the name of a file
    task, targets, classes : what is predicted; classes as text, () for numbers
    n_rows : rows that the scores were taken from
    left_out : rows without a target or without weight, which were not
    n_training : rows that the network learned from, where that is known
    seconds : that the network's training took, where that is known
    weighted : whether rows were weighted
    scores : each with its 95 % interval, the main one first
    per_class, confusion, calibration : of a classification, else () and None
    residuals : one for each target of a regression, else ()
    rivals : simpler models on the same rows
    outcome : "worse" where the network is worse than any rival, else "same" where there is no clear
        difference from one, else "better"; None without rivals
    judgement : one plain sentence
    drift : what each column of these rows holds that training did not have, see
        `glassnet.data.review.drift`; None where that is not known
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
        """Return it as JSON-able values, which `evaluation_schema` describes; numbers that are not finite are None."""
        return {"format": FORMAT, "glassnet": __version__} | {
            field.name: _plain(getattr(self, field.name)) for field in fields(self)
        }


def evaluation_schema() -> dict[str, Any]:
    """Return the published JSON schema of `Evaluation.to_dict`."""
    schema: dict[str, Any] = json.loads(
        Path(__file__).with_name("evaluation.schema.json").read_text(encoding="utf-8")
    )
    return {**schema, "$defs": {**schema["$defs"], "drift": drift_schema()}}


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, dict):
        return {name: _plain(entry) for name, entry in value.items()}
    if isinstance(value, tuple):
        return [_plain(entry) for entry in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
