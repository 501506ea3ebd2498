"""One plain sentence that does not call noise a gain."""

from __future__ import annotations

import numpy as np
import pytest

from glassnet.report.bootstrap import Score, resample_scores
from glassnet.report.predictions import Predictions
from glassnet.report.verdict import MIN_ROWS, paired_difference, verdict


def answers(right):
    """Predictions of two classes that are right in these rows."""
    right = np.asarray(right, bool)
    return Predictions.of_classes(
        np.zeros(len(right), int), np.where(right[:, None], [0.9, 0.1], [0.1, 0.9])
    )


def outcome(a, b, name="accuracy"):
    ours, theirs = resample_scores([a, b], resamples=400)
    return paired_difference(ours, theirs, name).outcome


few, enough = np.arange(50) < MIN_ROWS - 1, np.arange(50) < MIN_ROWS + 4


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (np.ones(50), np.zeros(50), "better"),
        (np.zeros(50), np.ones(50), "worse"),
        (np.ones(50), np.ones(50), "same"),
        (few, np.zeros(50), "same"),
        (enough, np.zeros(50), "better"),
        (np.ones(5), np.zeros(5), "same"),
        (np.tile([1, 0], 25), np.tile([0, 1], 25), "same"),
        (np.tile([0, 1], 500), np.tile([0, 0, 1, 0], 250), "better"),
    ],
)
def test_outcome(a, b, expected):
    assert outcome(answers(a), answers(b)) == expected


def test_smaller_is_better_for_errors():
    y = np.zeros(100)
    near, far = (
        Predictions.of_numbers(y, y + 0.1),
        Predictions.of_numbers(y, np.linspace(-2, 2, 100)),
    )
    assert outcome(near, far, "RMSE") == "better"
    assert outcome(far, near, "RMSE") == "worse"


@pytest.mark.parametrize("n", [20, 200])
def test_chance_alone_seldom_counts(n):
    rng = np.random.default_rng(0)
    outcomes = [
        outcome(answers(rng.random(n) < 0.7), answers(rng.random(n) < 0.7)) for _ in range(150)
    ]
    assert outcomes.count("same") > 0.92 * 150


def test_difference_is_paired():
    """Two that err on the same rows differ clearly where two that err on any rows would not."""
    rng = np.random.default_rng(0)
    base = rng.random(300) < 0.6
    better = base | (np.arange(300) % 10 == 0)
    assert outcome(answers(better), answers(base)) == "better"
    assert outcome(answers(better), answers(rng.permutation(base))) == "same"


RIVALS = {"always 'a'": 0.5, "linear model": 0.8, "gradient boosting": 0.85}


@pytest.mark.parametrize(
    ("outcomes", "probabilities", "says"),
    [
        (
            ("better", "better", "better"),
            (),
            (
                "of 100 rows (95 % interval 84.0 to 95.0 %): better than always guessing 'a', the "
                "linear model and gradient boosting."
            ),
        ),
        (
            ("worse", "worse", "worse"),
            (),
            (
                "worse than always guessing 'a', the linear model and gradient boosting, so do not "
                "use it."
            ),
        ),
        (
            ("same", "same", "same"),
            (),
            "so these columns may not tell the target, or there are too few rows.",
        ),
        (
            ("same", "same", "same"),
            ("always 'a'",),
            "though its probabilities are better than those of always guessing 'a'.",
        ),
        (
            ("better", "same", "same"),
            (),
            (
                "no clear difference from the linear model and gradient boosting; the linear model "
                "is simpler: consider it."
            ),
        ),
        (
            ("better", "same", "better"),
            ("linear model",),
            "though its probabilities are better than those of the linear model.",
        ),
        (
            ("better", "better", "worse"),
            (),
            (
                "better than always guessing 'a' and the linear model; worse than gradient "
                "boosting: consider gradient boosting."
            ),
        ),
        (
            ("better", "worse", "worse"),
            (),
            "worse than the linear model and gradient boosting: consider gradient boosting.",
        ),
        (("better", "better", "same"), (), "no clear difference from gradient boosting."),
    ],
)
def test_sentence(outcomes, probabilities, says):
    main = Score("accuracy", 0.9, 0.84, 0.95, "share", greater_is_better=True)
    found = verdict(main, 100, dict(zip(RIVALS, outcomes, strict=True)), RIVALS, probabilities)
    assert found.endswith(says)
    assert found.count(". ") == 0  # one sentence


def test_best_rival_of_an_error_is_the_smallest():
    main = Score("RMSE", 3.0, 2.0, 4.0, "units", greater_is_better=False)
    found = verdict(
        main,
        1,
        {"linear model": "worse", "gradient boosting": "worse"},
        {"linear model": 1.0, "gradient boosting": 2.0},
        (),
    )
    assert found == (
        "The network is off by 3 (root mean square) on 1 row (95 % interval 2 to 4): worse than "
        "the linear model and gradient boosting: consider the linear model."
    )


def test_rival_that_was_cut_short_is_said_to_be():
    main = Score("R2", -0.012, -0.094, 0.033, "", greater_is_better=True)
    found = verdict(
        main,
        50,
        {"always the mean": "same", "gradient boosting": "better"},
        RIVALS,
        (),
        ["gradient boosting"],
    )
    assert found == (
        "The network explains nothing of the target's variance on 50 rows (R2 -0.012, 95 % "
        "interval -0.094 to 0.033): better than gradient boosting (cut short); no clear difference "
        "from always guessing the mean, so these columns may not tell the target, or there are too "
        "few rows."
    )


def test_sentence_without_rivals_says_the_fact():
    assert verdict(Score("R2", 0.5, None, None, "", greater_is_better=True), 7, {}, {}, ()) == (
        "The network explains 50.0 % of the target's variance on 7 rows."
    )
