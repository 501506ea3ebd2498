"""Draw the answer of a walk: members, temperature, link, and the class or the number."""

from __future__ import annotations

import math

import numpy as np

from glassnet.inspection.walk.page import Page
from glassnet.inspection.walk.records import Answer, Members
from glassnet.inspection.walk.sums import make_sum, number

#: How many classes or numbers are drawn.
SHOWN = 4


def draw_members(page: Page, members: Members, answer: Answer) -> None:
    """Draw the mean of the members, of the largest raw scores."""
    M = len(members.scores)
    page.block(f"The mean of {M} members (above is member {members.shown}); each is divided by {M}")
    names = [f"member {m}" for m in range(M)]
    for j in _strongest(answer.scores):
        shares = (members.scores[:, j].astype(float) / M).tolist()
        total = float(answer.scores[j])
        page.sum(f"{answer.score_names[j]}:", make_sum(names, shares, total))


def draw_answer(page: Page, answer: Answer) -> None:
    """Draw the way from the raw scores to the answer."""
    page.block(f"The answer: {answer.target} = {_predicted(answer)}")
    if answer.temperature != 1.0:
        page.line(
            f"The temperature {number(answer.temperature)}",
            "that calibrates probabilities",
            "is part of the last weights and biases.",
        )
    {"sigmoid": _sigmoid, "softmax": _softmax}.get(answer.link, _numbers)(page, answer)


def answered(answer: Answer) -> str:
    """Return the answer in one phrase: the probability of the class, or the number."""
    if not len(answer.numbers) and not isinstance(answer.predicted, list):
        best = max(answer.probabilities.values(), default=1.0)
        return f"{_predicted(answer)}, p = {number(best)}"
    return _predicted(answer)


def _predicted(answer: Answer) -> str:
    if len(answer.numbers):
        return ", ".join(str(number(value)) for value in answer.numbers.tolist()[:SHOWN])
    several = answer.predicted if isinstance(answer.predicted, list) else [answer.predicted]
    return ", ".join(map(str, several))


def _strongest(scores: np.ndarray) -> list[int]:
    kept = np.argsort(-np.abs(scores), kind="stable")[:SHOWN]
    return sorted(kept.tolist())


def _sigmoid(page: Page, answer: Answer) -> None:
    """Draw the probability of each label."""
    for j in _strongest(answer.scores):
        z, name = float(answer.scores[j]), answer.score_names[j]
        label = name if name in answer.probabilities else [*answer.probabilities][-1]
        p = answer.probabilities[label]
        page.line(f"{name}:", f"p = 1 / (1 + exp({number(-z)})) =", str(number(p)))


def _softmax(page: Page, answer: Answer) -> None:
    """Draw the sum of the exponentials, and the largest probabilities."""
    largest = float(answer.scores.max())
    powers = [math.exp(float(z) - largest) for z in answer.scores]
    total = math.fsum(powers)
    page.line("p_j = exp(z_j - largest z) / sum,", "with the sum of exponentials:")
    page.sum("sum:", make_sum(answer.score_names, powers, total, keep=SHOWN))
    best = sorted(range(len(powers)), key=lambda j: -powers[j])[:SHOWN]
    probabilities = [*answer.probabilities.values()]
    for j in best:
        z, power = number(float(answer.scores[j])), number(powers[j])
        p = number(probabilities[min(j, len(probabilities) - 1)])
        page.line(f"{answer.score_names[j]}:", f"z = {z},", f"p = {power} / {number(total)} = {p}")


def _numbers(page: Page, answer: Answer) -> None:
    """Draw numbers in the unit of the target, and their intervals."""
    for j in range(min(len(answer.scores), SHOWN)):
        z, y = float(answer.scores[j]), float(answer.linked[j])
        name, back = answer.score_names[j], y * float(answer.scale[j])
        if answer.link == "exp":
            page.line(f"{name}:", f"y = exp({number(z)}) = {number(y)}")
        elif answer.link == "sorted" and z != y:
            page.line(f"{name}:", f"sorted among the quantiles: {number(y)}")
        scaled = back + float(answer.mean[j])
        factors = f"{number(y)} x {number(float(answer.scale[j]))}"
        if (answer.scale[j], answer.mean[j]) != (1.0, 0.0):
            terms = make_sum([factors, "mean"], [back, float(answer.mean[j])], scaled)
            page.sum(f"{name}:", terms)
        if answer.numbers[j] != scaled and not math.isclose(answer.numbers[j], scaled):
            clipped = number(float(answer.numbers[j]))
            page.line(f"{name}:", f"clipped to the range of training: {clipped}")
    for name, (low, high) in [*answer.intervals.items()][:SHOWN]:
        page.line(f"{name}:", f"90 % interval from {number(low)} to {number(high)}")
