"""A model against the simple ones, on rows that none of them has seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from glassnet.errors import UnsupportedError
from glassnet.model import Model
from glassnet.report.baselines import Baseline, Part, constant, linear
from glassnet.report.judgement import Outcome, advice, paired_difference
from glassnet.report.scores import Answers, log_merits, merits, scores

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class Row:
    """One line of a report: who predicted, the scores by name, and how many rows it learned from."""

    name: str
    scores: dict[str, float]
    n_rows: int


@dataclass(frozen=True)
class Report:
    """The network first, then those it has to beat; and what to make of it.

    outcome : the network against the linear model (against the constant guess where there is none)
    judgement : the same in plain words
    """

    n_rows: int
    rows: tuple[Row, ...]
    outcome: Outcome
    judgement: str


def held_out_scores(model: Model, held_out: Part) -> dict[str, float]:
    """Return the scores of a model on rows it has not seen."""
    answers, truth = _answers(model, held_out)
    return scores(answers, truth)


def compare(model: Model, training: Part, held_out: Part) -> Report:
    """Return the scores of a model with one target column beside those of a constant guess and of a linear model.

    Parameters
    ----------
    model : trained on rows of `training` alone
    training : what the simple models learn from
    held_out : what all are scored on
    """
    answers, truth = _answers(model, held_out)
    base = constant(model.target, training, len(truth))
    line = linear(model, training, held_out.table)
    against_constant = paired_difference(merits(answers, truth), merits(base.answers, truth)).outcome
    against_linear = paired_difference(merits(answers, truth), merits(line.answers, truth)).outcome if line else None
    # Where the network does no better, its probabilities may: against whom it is to be compared.
    rival = base if against_constant != "better" or line is None else line
    rows = [Row("network", scores(answers, truth), int(model.training.get("rows", training.table.n_rows)))]
    rows += [Row(b.name, scores(b.answers, truth), b.n_rows) for b in (line, base) if b]
    guess = base.name.replace("always", "always guessing", 1)
    verdict = advice(
        against_constant, against_linear, constant=guess, n=len(truth), better_probabilities=_probabilities(answers, rival, truth)
    )
    return Report(len(truth), tuple(rows), against_linear or against_constant, f"{_facts(rows, guess)} {verdict}")


def _answers(model: Model, part: Part) -> tuple[Answers, Array]:
    """Return the model's answers for some rows, and the truth in the same terms."""
    y, Z = model.target.encode(part.values), model.raw_scores(part.table)
    if model.task == "multilabel" or (model.task == "regression" and Z.shape[1] > 1):
        raise UnsupportedError("a report compares predictions of one number or one class a row.")
    if model.task == "regression":
        return Answers(np.asarray(model.predictions(Z), np.float64)), np.asarray(model.truth(y))
    P = model.probabilities(Z)
    return Answers(P.argmax(axis=1), P), y


def _probabilities(answers: Answers, rival: Baseline, truth: Array) -> str:
    """Return in words that the network's probabilities are better, or nothing where they are not clearly so."""
    if answers.P is None or answers.P.shape[1] < 2:
        return ""
    ours, theirs = log_merits(answers, truth), log_merits(rival.answers, truth)
    if paired_difference(ours, theirs).outcome != "better":
        return ""
    return f"log loss {-ours.mean():.3f} against {-theirs.mean():.3f}"


def _facts(rows: list[Row], guess: str) -> str:
    """Return the main score of each in one sentence."""
    name = next((name for name in ("accuracy", "R2") if name in rows[0].scores), "RMSE")
    values = [row.scores[name] for row in rows]
    if name == "accuracy":
        said = [f"is right in {_percent(values[0])} of the held-out rows", *(f"in {_percent(value)}" for value in values[1:])]
    elif name == "R2":
        said = [f"explains {_percent(values[0])} of the target's variance in the held-out rows", *map(_percent, values[1:])]
    else:
        said = [f"is off by {values[0]:.4g} (root mean square) in the held-out rows", *(f"{value:.4g}" for value in values[1:])]
    others = ", ".join(
        f"{'a linear model' if row.name == 'linear model' else guess} {text}" for row, text in zip(rows[1:], said[1:], strict=True)
    )
    return f"The network {said[0]}; {others}."


def _percent(share: float) -> str:
    return f"{round(100.0 * share, 1) + 0.0:.1f} %"
