"""Which rows are trained on and which are tested, drawn from the seed alone: the same for every
learner on every machine."""

from __future__ import annotations

from typing import Any

import numpy as np

Rows = np.ndarray[Any, np.dtype[np.intp]]

TEST_SHARE = 0.2
MOST_TRAINING_ROWS = 6000
#: Of each class in training, where it has so many: learners hold rows out by class and refuse a
#: class of one.
LEAST_OF_A_CLASS = 4


def split(
    n: int, classes: np.ndarray[Any, Any] | None, seed: int, most: int = MOST_TRAINING_ROWS
) -> tuple[Rows, Rows]:
    """Training rows and test rows, each drawn anew from all rows by the seed.

    A fifth is tested, of every class where there are classes. Of the others `most` are trained on,
    of every class its share but LEAST_OF_A_CLASS at least, which may be a few rows more than
    `most`.
    """
    generator = np.random.default_rng([seed, n])
    groups = (
        [np.arange(n)]
        if classes is None
        else [np.flatnonzero(classes == c) for c in np.unique(classes)]
    )
    rest, test = [], []
    for group in groups:
        drawn = generator.permutation(group)
        n_test = min(round(TEST_SHARE * len(group)), len(group) - 1)
        test.append(drawn[:n_test])
        rest.append(drawn[n_test:])
    kept = min(1.0, most / sum(map(len, rest)))
    train = [
        rows[: max(round(kept * len(rows)), min(LEAST_OF_A_CLASS, len(rows)))] for rows in rest
    ]
    return generator.permutation(np.concatenate(train)), np.sort(np.concatenate(test))
