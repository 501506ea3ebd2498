"""A model on rows whose target is known, beside the simpler ones that it has to beat: from rows to an `Evaluation`."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from glassnet.data.coding.target_values import target_values
from glassnet.data.missing import complete_rows
from glassnet.data.review.drift import Drift
from glassnet.data.tables.dialect import Dialect
from glassnet.data.tables.given import as_table
from glassnet.data.tables.schema import Schema
from glassnet.errors import DataError, DataNotice, SettingError
from glassnet.model import Model
from glassnet.report.baselines import Baseline, baselines, constant
from glassnet.report.bootstrap import Resampled, resampled
from glassnet.report.classes import calibration, class_scores, confusion
from glassnet.report.evaluation import Evaluation, Rival
from glassnet.report.metrics import scores
from glassnet.report.predictions import Part, Predictions, predictions_of
from glassnet.report.residuals import residuals
from glassnet.report.verdict import (
    PROBABILITIES,
    Outcome,
    differing_rows,
    main_metric,
    paired_difference,
    sentence,
)

Array = np.ndarray[Any, np.dtype[Any]]


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
    """Return how good a model is on a table whose target is known; rows without a target are left out and counted.

    Parameters
    ----------
    model : trained, or loaded from its file
    table : path of a CSV or Parquet file, data frame, array, or mapping of columns; columns are
        found by name
    target : the target values; None takes the columns of the table that are named like the model's
        target
    weight : (n,) weights of the rows
    training : rows that the simpler models learn from, those of the network; without them there is
        only the best constant guess, which is taken from the evaluated rows themselves and so is a
        little better than it could be
    name : what was evaluated, in words; the name of the file by default
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
            f"evaluate takes a Model (glassnet.load opens a file), but {type(model).__name__} came."
        )
    features, values = _labelled(model, table, target, dialect)
    part = Part(
        features, values, None if weight is None else np.asarray(weight, np.float64)
    ).present()
    known = complete_rows(np.asarray(part.values))
    if not known.any():
        raise DataError(
            f"the target {', '.join(map(repr, model.target.names))} is missing in every row: "
            "nothing to compare with."
        )
    part = part if known.all() else part.take(np.flatnonzero(known))
    shown = name or (Path(table).name if isinstance(table, str | Path) else "")
    found = _evaluation(
        model, part, training, name=shown, left_out=features.n_rows - part.table.n_rows, seed=seed
    )
    if text := Drift(found.drift or ()).notice():
        warnings.warn(text, DataNotice, stacklevel=2)
    return found


def evaluate_with_baselines(
    model: Model, training: Part, held_out: Part, *, name: str = "", seed: int = 0
) -> Evaluation:
    """Return how good a model is on rows held out, beside simpler ones that learn from the rows that it learned from.

    Parameters
    ----------
    model : trained on rows of `training` alone
    training : what the simple models learn from
    held_out : what all are scored on, each row with its target
    name : what was evaluated, in words
    seed : of the resamples
    """
    part = held_out.present()
    return _evaluation(
        model,
        part,
        training,
        name=name,
        left_out=held_out.table.n_rows - part.table.n_rows,
        seed=seed,
    )


def held_out_scores(model: Model, held_out: Part) -> dict[str, float]:
    """Return the scores of a model on rows it has not seen, by name, without intervals."""
    return scores(predictions_of(replace(model, reference=None), held_out.present()))


def _evaluation(
    model: Model, part: Part, training: Part | None, *, name: str, left_out: int, seed: int
) -> Evaluation:
    drift = model.drift(part.table)
    model = replace(model, reference=None)  # what is to be told is in the record
    ours = predictions_of(model, part)
    others = (
        baselines(model, training.present(), ours, part)
        if training
        else [_own_constant(model, part, ours)]
    )
    judged = [other for other in others if other.predictions]
    drawn, *theirs = resampled(
        [ours, *(other.predictions for other in judged if other.predictions)], seed=seed
    )
    by_name = dict(zip((other.name for other in judged), theirs, strict=True))
    rivals, better_probabilities = [], []
    for other in others:
        rival, only_probabilities = _rival(ours, drawn, other, by_name.get(other.name))
        rivals.append(rival)
        better_probabilities += [other.name] if only_probabilities else []
    outcomes = {rival.name: rival.outcome for rival in rivals if rival.outcome}
    main = next(score for score in drawn.scores() if score.name == main_metric(drawn))
    rivals_main = {rival.name: rival.scores[main.name] for rival in rivals if rival.outcome}
    classes = tuple(map(str, model.classes))
    record, classification = model.training, ours.P is not None
    return Evaluation(
        name=name,
        task=model.task,
        targets=model.target.names,
        classes=classes,
        n_rows=ours.n_rows,
        left_out=left_out,
        n_training=_number(record, "rows", int),
        seconds=_number(record, "seconds", float),
        weighted=part.weight is not None,
        scores=drawn.scores(),
        per_class=class_scores(ours, classes) if classification else (),
        confusion=confusion(ours, classes) if classification else None,
        calibration=calibration(ours) if classification and len(classes) > 1 else None,
        residuals=() if classification else residuals(ours, model.target.names, seed=seed),
        rivals=tuple(rivals),
        outcome=_overall(list(outcomes.values())),
        judgement=sentence(
            main,
            ours.n_rows,
            outcomes,
            rivals_main,
            better_probabilities,
            [other.name for other in others if other.cut_short],
        ),
        drift=drift.columns if drift else None,
    )


def _rival(
    ours: Predictions, drawn: Resampled, other: Baseline, theirs: Resampled | None
) -> tuple[Rival, bool]:
    """Return a rival beside the network, and whether the network differs from it by nothing but better probabilities."""
    if theirs is None or other.predictions is None:
        return Rival(
            other.name, {}, other.n_rows, other.seconds, None, None, None, None, other.note
        ), False
    main = main_metric(drawn)
    d = paired_difference(drawn, theirs, main, differing_rows(ours, other.predictions, main))
    finer = False
    if d.outcome == "same" and PROBABILITIES in drawn.values:
        rows = differing_rows(ours, other.predictions, PROBABILITIES)
        finer = paired_difference(drawn, theirs, PROBABILITIES, rows).outcome == "better"
    return Rival(
        other.name,
        theirs.values,
        other.n_rows,
        other.seconds,
        d.value,
        d.low,
        d.high,
        d.outcome,
        other.note,
    ), finer


def _own_constant(model: Model, part: Part, ours: Predictions) -> Baseline:
    made = constant(model.target, part, ours)
    return Baseline(
        made.name, made.predictions, made.n_rows, made.seconds, "the best guess for these very rows"
    )


def _overall(outcomes: Sequence[Outcome]) -> Outcome | None:
    order: tuple[Outcome, ...] = ("worse", "same", "better")
    return next((outcome for outcome in order if outcome in outcomes), None)


def _labelled(model: Model, table: Any, target: Any, dialect: Dialect | None) -> tuple[Any, Any]:
    """Return the features of a table, and its target values."""
    said = (dialect or Dialect()).filled(model.dialect)
    if target is not None:
        if isinstance(table, str | Path):
            raise DataError("a table in a file holds its own target: leave `target` out.")
        return as_table(
            table, model.encoder.schema.names, schema=model.encoder.to_read, dialect=said
        ), target
    names = model.target.names
    wanted = Schema((*model.encoder.to_read.columns, *model.target.columns))
    if isinstance(table, str | Path):
        from glassnet.data.files.read import read_table

        read = read_table(table, schema=wanted, dialect=dialect, default=model.dialect)
    else:
        read = as_table(table, schema=wanted, dialect=said).select(wanted)
    values = target_values(read, names)
    known = model.target.known(values)
    if not known.all():
        values = values.astype(object)
        values[~known] = None
    return read.drop(names), values


def _number(record: Mapping[str, Any], name: str, kind: type) -> Any:
    """Return a number of the record of training, which may come from a stranger's file; None where it is none."""
    value = record.get(name)
    return (
        kind(value)
        if isinstance(value, int | float) and not isinstance(value, bool) and np.isfinite(value)
        else None
    )
