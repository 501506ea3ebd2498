"""Score a model on rows whose target is known, beside baselines on the same rows."""

import math
import warnings
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from glassnet.data.coding.target_arrays import target_values
from glassnet.data.files.read import read_table
from glassnet.data.review.reference import Drift
from glassnet.data.tables.dialect import Dialect
from glassnet.data.tables.given import as_table
from glassnet.data.tables.schema import Schema
from glassnet.data.tables.values import complete_rows
from glassnet.errors import DataError, DataNotice, SettingError
from glassnet.messages import listed
from glassnet.model import Model
from glassnet.report.baselines import Baseline, constant_baseline, fit_baselines
from glassnet.report.bootstrap import Resampled, resample_scores
from glassnet.report.classes import calibration_curve, class_scores, confusion_matrix
from glassnet.report.evaluation import Evaluation, Rival
from glassnet.report.metrics import scores
from glassnet.report.predictions import Part, Predictions, predictions_of
from glassnet.report.residuals import summarize_residuals
from glassnet.report.verdict import (
    PROBABILITIES,
    Outcome,
    main_metric,
    n_differing_rows,
    paired_difference,
    verdict,
)


def evaluate(
    model: Model,
    table: Any,
    target: Any = None,
    *,
    weight: Any = None,
    training: Part | None = None,
    name: str = "",
    seed: int = 0,
    dialect: Dialect | None = None,
) -> Evaluation:
    """Return how good a model is on a table whose target is known.

    Rows without a target are left out and counted.

    Parameters
    ----------
    model : trained, or loaded from its file
    table : path of a CSV or Parquet file, data frame, array, or mapping of columns; columns are
        found by name
    target : the target values; None takes the columns of the table that are named like the model's
        target
    weight : (n,) weights of the rows
    training : rows that the baselines learn from, those of the network; without them there is only
        the best constant guess, which is taken from the evaluated rows themselves and so is a
        little better than it could be
    name : what was evaluated; the name of the file by default
    seed : of the resamples; the same seed gives the same intervals
    dialect : how the table is written, where that is neither found nor as in training

    Raises
    ------
    DataError
        For columns that are missing, labels that training did not have, a target that is missing in
        every row.
    UnsupportedError
        For labels that may go together (multilabel).

    Warns
    -----
    DataNotice
        Where the rows are not like those of the training; `drift` of the result has the counts.

    Examples
    --------
    >>> import glassnet
    >>> from sklearn.datasets import load_iris
    >>> iris = load_iris()
    >>> model = glassnet.fit(iris.data[::2], iris.target[::2])
    >>> found = glassnet.evaluate(model, iris.data[1::2], iris.target[1::2])
    >>> found.scores[0].name, found.scores[0].value > 0.9
    ('accuracy', True)
    """
    if not isinstance(model, Model):
        raise SettingError(
            f"evaluate takes a Model (glassnet.load opens a file), got {type(model).__name__}."
        )
    features, values = _features_and_target(model, table, target, dialect)
    weight = None if weight is None else np.asarray(weight, np.float64)
    part = Part(features, values, weight).present()
    known = complete_rows(np.asarray(part.values))
    if not known.any():
        raise DataError(
            f"the target {listed(model.target.names)} is missing in every row: nothing to compare "
            "with."
        )
    part = part if known.all() else part.take(np.flatnonzero(known))
    name = name or (Path(table).name if isinstance(table, str | Path) else "")
    left_out = features.n_rows - part.table.n_rows
    found = _evaluation(model, part, training, name=name, left_out=left_out, seed=seed)
    if notice := Drift(found.drift or ()).notice():
        warnings.warn(notice, DataNotice, stacklevel=2)
    return found


def evaluate_with_baselines(
    model: Model, training: Part, held_out: Part, *, name: str = "", seed: int = 0
) -> Evaluation:
    """Return how good a model is on held-out rows, beside baselines trained on the same rows.

    Parameters
    ----------
    model : trained on rows of `training` only
    training : what the baselines learn from
    held_out : what all are scored on, each row with its target
    name : what was evaluated
    seed : of the resamples
    """
    part = held_out.present()
    left_out = held_out.table.n_rows - part.table.n_rows
    return _evaluation(model, part, training, name=name, left_out=left_out, seed=seed)


def held_out_scores(model: Model, held_out: Part) -> dict[str, float]:
    """Return the scores of a model on rows it has not seen, by name, without intervals."""
    return scores(predictions_of(replace(model, reference=None), held_out.present()))


def _evaluation(
    model: Model, part: Part, training: Part | None, *, name: str, left_out: int, seed: int
) -> Evaluation:
    drift = model.drift(part.table)
    model = replace(model, reference=None)  # drift is in the evaluation: no notices of it
    ours = predictions_of(model, part)
    if training:
        others = fit_baselines(model, training.present(), ours, part)
    else:
        best = constant_baseline(model.target, part, ours)
        others = [replace(best, note="the best guess for these very rows")]
    compared = [(one, one.predictions) for one in others if one.predictions]
    drawn, *theirs = resample_scores([ours, *(p for _, p in compared)], seed=seed)
    resampled = {one.name: scores for (one, _), scores in zip(compared, theirs, strict=True)}
    rivals = [_rival(ours, drawn, one, resampled.get(one.name)) for one in others]
    main = next(score for score in drawn.scores() if score.name == main_metric(drawn))
    outcomes = {rival.name: rival.outcome for rival in rivals if rival.outcome}
    order: tuple[Outcome, ...] = ("worse", "same", "better")
    classes, classification = tuple(map(str, model.classes)), ours.is_classification
    n_training, seconds = (_number(model.training, key) for key in ("rows", "seconds"))
    return Evaluation(
        name=name,
        task=model.task,
        targets=model.target.names,
        classes=classes,
        n_rows=ours.n_rows,
        left_out=left_out,
        n_training=None if n_training is None else int(n_training),
        seconds=seconds,
        weighted=part.weight is not None,
        scores=drawn.scores(),
        per_class=class_scores(ours, classes) if classification else (),
        confusion=confusion_matrix(ours, classes) if classification else None,
        calibration=calibration_curve(ours) if classification and len(classes) > 1 else None,
        residuals=()
        if classification
        else summarize_residuals(ours, model.target.names, seed=seed),
        rivals=tuple(rivals),
        outcome=next((outcome for outcome in order if outcome in outcomes.values()), None),
        judgement=verdict(
            main,
            ours.n_rows,
            outcomes,
            {rival.name: rival.scores[main.name] for rival in rivals if rival.outcome},
            [
                one.name
                for one, p in compared
                if outcomes[one.name] == "same"
                and _better_probabilities(ours, drawn, p, resampled[one.name])
            ],
            [one.name for one in others if one.cut_short],
        ),
        drift=drift.columns if drift else None,
    )


def _rival(ours: Predictions, drawn: Resampled, other: Baseline, theirs: Resampled | None) -> Rival:
    """Return a baseline beside the network."""
    rival = Rival(other.name, {}, other.n_rows, other.seconds, None, None, None, None, other.note)
    if theirs is None or other.predictions is None:
        return rival
    main = main_metric(drawn)
    n_differing = n_differing_rows(ours, other.predictions, main)
    d = paired_difference(drawn, theirs, main, n_differing)
    return replace(
        rival,
        scores=theirs.values,
        difference=d.value,
        low=d.low,
        high=d.high,
        outcome=d.outcome,
    )


def _better_probabilities(
    ours: Predictions, drawn: Resampled, other: Predictions, theirs: Resampled
) -> bool:
    if PROBABILITIES not in drawn.values:
        return False
    n_differing = n_differing_rows(ours, other, PROBABILITIES)
    return paired_difference(drawn, theirs, PROBABILITIES, n_differing).outcome == "better"


def _features_and_target(
    model: Model, table: Any, target: Any, dialect: Dialect | None
) -> tuple[Any, Any]:
    """Return the features of a table, and its target values, None where they are missing."""
    filled = (dialect or Dialect()).filled(model.dialect)
    is_file = isinstance(table, str | Path)
    if target is not None:
        if is_file:
            raise DataError("a table in a file holds its own target: leave `target` out.")
        names, schema = model.encoder.schema.names, model.encoder.to_read
        return as_table(table, names, schema=schema, dialect=filled), target
    wanted = Schema((*model.encoder.to_read.columns, *model.target.columns))
    if is_file:
        read = read_table(table, schema=wanted, dialect=dialect, default=model.dialect)
    else:
        read = as_table(table, schema=wanted, dialect=filled).select(wanted)
    values = target_values(read, model.target.names)
    known = model.target.known(values)
    if not known.all():
        values = values.astype(object)
        values[~known] = None
    return read.drop(model.target.names), values


def _number(record: Mapping[str, Any], name: str) -> float | None:
    """Return a number of a training record, None if it is none: the file may be of any origin."""
    value = record.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)
