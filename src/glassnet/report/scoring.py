"""Evaluate a model on rows whose target is known, and compare it with baselines."""

import math
import warnings
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from glassnet.data.coding.target_arrays import target_array, target_values
from glassnet.data.files.read import read_table
from glassnet.data.review.reference import Drift
from glassnet.data.rows import Rows
from glassnet.data.tables.dialect import Dialect
from glassnet.data.tables.given import as_table
from glassnet.data.tables.schema import Schema
from glassnet.data.tables.values import complete_rows
from glassnet.errors import DataError, DataNotice, SettingError, is_number
from glassnet.messages import listed
from glassnet.model import Model
from glassnet.report.baselines import Baseline, constant_baseline, fit_baselines
from glassnet.report.bootstrap import Resampled, resample_scores
from glassnet.report.classes import calibration_curve, class_scores, confusion_matrix
from glassnet.report.evaluation import Evaluation, Rival
from glassnet.report.metrics import scores
from glassnet.report.predictions import known_rows, predictions_of, weighted
from glassnet.report.residuals import summarize_residuals
from glassnet.report.verdict import (
    PROBABILITIES,
    Outcome,
    main_metric,
    paired_difference,
    verdict,
)


def evaluate(
    model: Model,
    table: Any,
    target: Any = None,
    *,
    weight: Any = None,
    training: Rows | None = None,
    name: str = "",
    seed: int = 0,
    dialect: Dialect | None = None,
) -> Evaluation:
    """Evaluate a model on a table whose target is known.

    Rows without a target are left out and counted.

    Parameters
    ----------
    model : a trained or loaded model
    table : path of a CSV or Parquet file, data frame, array, or mapping of columns; columns are
        matched by name
    target : the target values; None uses the columns of the table with the names of the model's
        target
    weight : (n,) weights of the rows
    training : the training rows of the network, to train the baselines on; without them the only
        baseline is the best constant, which is computed from the evaluated rows and therefore
        slightly too good
    name : the name of the data; by default the file name
    seed : the seed of the resamples; the same seed gives the same intervals
    dialect : how the table is written, if it is neither detected nor as in training

    Raises
    ------
    DataError
        If columns are missing, a label did not occur in training, or the target is missing in every
        row.
    UnsupportedError
        For a multilabel model.

    Warns
    -----
    DataNotice
        If the rows differ from those of training; `drift` of the result has the counts.

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
    rows = weighted(Rows(features, values, weight))
    rows = known_rows(
        rows,
        complete_rows(rows.y),
        f"the target {listed(model.target.names)} is missing in every row: nothing to compare "
        "with.",
    )
    name = name or (Path(table).name if isinstance(table, str | Path) else "")
    left_out = features.n_rows - rows.n
    found = _evaluation(model, rows, training, name=name, left_out=left_out, seed=seed)
    if notice := Drift(found.drift or ()).notice():
        warnings.warn(notice, DataNotice, stacklevel=2)
    return found


def evaluate_with_baselines(
    model: Model, training: Rows | None, held_out: Rows, *, name: str = "", seed: int = 0
) -> Evaluation:
    """Evaluate a model on held-out rows, and compare it with baselines trained on the same rows.

    Parameters
    ----------
    model : a model trained on rows of `training` only
    training : the training rows of the baselines; None leaves only the best constant
    held_out : the rows to score, each with a known target
    name : the name of the data
    seed : the seed of the resamples
    """
    rows = weighted(held_out)
    left_out = held_out.n - rows.n
    return _evaluation(model, rows, training, name=name, left_out=left_out, seed=seed)


def held_out_scores(model: Model, held_out: Rows) -> dict[str, float]:
    """Return the scores of a model on held-out rows, by name, without intervals."""
    return scores(predictions_of(replace(model, reference=None), weighted(held_out)))


def _evaluation(
    model: Model, rows: Rows, training: Rows | None, *, name: str, left_out: int, seed: int
) -> Evaluation:
    drift = model.drift(rows.X)
    model = replace(model, reference=None)  # the evaluation contains the drift: no notices of it
    ours = predictions_of(model, rows)
    if training:
        others = fit_baselines(model, weighted(training), ours, rows)
    else:
        best = constant_baseline(model.target, rows, ours)
        others = [replace(best, note="the best guess for these very rows")]
    compared = {one.name: one.predictions for one in others if one.predictions}
    drawn, *theirs = resample_scores([ours, *compared.values()], seed=seed)
    resampled = dict(zip(compared, theirs, strict=True))
    rivals = [_rival(drawn, one, resampled.get(one.name)) for one in others]
    main = next(score for score in drawn.scores() if score.name == main_metric(drawn))
    outcomes = {rival.name: rival.outcome for rival in rivals if rival.outcome}
    order: tuple[Outcome, ...] = ("worse", "same", "better")
    classes, classification = tuple(map(str, model.classes)), ours.is_classification
    record: list[Any] = [model.training.get(name) for name in ("rows", "seconds")]
    n_training, seconds = (x if is_number(x) and math.isfinite(x) else None for x in record)
    return Evaluation(
        name=name,
        task=model.task,
        targets=model.target.names,
        classes=classes,
        n_rows=ours.n_rows,
        left_out=left_out,
        n_training=n_training,
        seconds=seconds,
        weighted=rows.weight is not None,
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
                name
                for name, their_scores in resampled.items()
                if outcomes[name] == "same"
                and PROBABILITIES in drawn.values
                and paired_difference(drawn, their_scores, PROBABILITIES).outcome == "better"
            ],
            [one.name for one in others if one.cut_short],
        ),
        drift=drift.columns if drift else None,
    )


def _rival(drawn: Resampled, other: Baseline, theirs: Resampled | None) -> Rival:
    """Return a baseline compared with the network."""
    rival = Rival(other.name, {}, other.n_rows, other.seconds, None, None, None, None, other.note)
    if theirs is None:
        return rival
    difference = paired_difference(drawn, theirs, main_metric(drawn))
    return replace(rival, scores=theirs.values, **asdict(difference))


def _features_and_target(
    model: Model, table: Any, target: Any, dialect: Dialect | None
) -> tuple[Any, Any]:
    """Return the features of a table, and its target values, None if it has none."""
    filled = (dialect or Dialect()).filled(model.dialect)
    is_file = isinstance(table, str | Path)
    if target is not None:
        if is_file:
            raise DataError("a table in a file holds its own target: leave `target` out.")
        names, schema = model.encoder.schema.names, model.encoder.to_read
        return as_table(table, names, schema=schema, dialect=filled), target_array(target)
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
