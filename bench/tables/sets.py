"""Which tables there are and what they are for: developing the defaults, or only reporting.

The rule, fixed before anything was measured: the sets of each kind (classification, regression with
one or several outputs) stand in alphabetical order; the first, third, fifth ... are for
development, the others are looked at in reports alone, but for the few of them that were looked at
while the recipes were tuned, by mistake, and count as developed on since (LOOKED_AT). mnist stands
apart: it is images, and has an acceptance test of its own. What is on neither list (a folder may
hold any table) counts as reported.
"""

from __future__ import annotations

CLASSIFICATION = (
    "adult",
    "breast_cancer",
    "cells",
    "digits",
    "german_credit",
    "glass",
    "iris",
    "letter",
    "mushroom",
    "optdigits",
    "pendigits",
    "phoneme",
    "pima",
    "shuttle",
    "storms",
    "telco_churn",
    "titanic",
    "wine",
)
REGRESSION = (
    "abalone",
    "ames_housing",
    "auto_mpg",
    "bikeshare_hourly",
    "california_housing",
    "concrete",
    "cps_earnings",
    "diabetes",
    "diamonds",
    "fifa20",
    "loan_interest_rate",
    "medical_expenditure",
    "rf1_river_flow",
)
LOOKED_AT = ("glass", "phoneme", "bikeshare_hourly", "concrete")
DEVELOPED_ON = (*CLASSIFICATION[::2], *REGRESSION[::2], *LOOKED_AT)
REPORTED_ON = tuple(
    name for name in (*CLASSIFICATION[1::2], *REGRESSION[1::2]) if name not in LOOKED_AT
)
APART = ("mnist",)

#: Positive targets with a heavy tail: everyone learns and is judged on log(1 + y).
LOG_TARGETS = ("fifa20", "medical_expenditure")
