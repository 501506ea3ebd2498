"""Is the network worth having? One plain sentence, which does not call noise a gain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]
Outcome = Literal["better", "same", "worse"]

#: A mean difference counts from so many of its standard errors on; by chance alone, less than one in twenty does.
CERTAIN = 2.0


@dataclass(frozen=True)
class Difference:
    """The mean of paired differences, its standard error, and what they say."""

    mean: float
    standard_error: float

    @property
    def outcome(self) -> Outcome:
        """Whether the first is better than the second, worse, or the same within the noise."""
        if self.mean > CERTAIN * self.standard_error:
            return "better"
        return "worse" if self.mean < -CERTAIN * self.standard_error else "same"


def paired_difference(a: Array, b: Array) -> Difference:
    """Return the difference of the merits of the same rows (n,) under a and under b; a single row tells nothing."""
    d = np.asarray(a, np.float64) - np.asarray(b, np.float64)
    if len(d) < 2:
        return Difference(float(d.mean()), np.inf)
    return Difference(float(d.mean()), float(d.std(ddof=1) / np.sqrt(len(d))))


def advice(against_constant: Outcome, against_linear: Outcome | None, *, constant: str, n: int, better_probabilities: str = "") -> str:
    """Return what to make of a comparison.

    Parameters
    ----------
    against_constant, against_linear : how the network did against each; None without a linear model
    constant : the constant guess in words
    n : number of held-out rows
    better_probabilities : where the answers are no better but the probabilities clearly are, that in words
    """
    noise = f"within the noise of {n:,} row{'' if n == 1 else 's'}"
    if against_constant == "worse":
        return f"The network does worse than {constant}: do not use it."
    if against_constant == "same":
        if better_probabilities:
            return f"Its answers are no better than {constant}, {noise}, but its probabilities are: {better_probabilities}."
        return f"The network does no better than {constant}, {noise}: these columns may not tell the target, or there are too few rows."
    if against_linear == "worse":
        return "A linear model does better: use it."
    if against_linear == "same":
        if better_probabilities:
            return f"A linear model's answers are as good, {noise}, but the network's probabilities are better: {better_probabilities}."
        return f"A linear model does as well, {noise}: use it."
    return "The network earns its keep."
