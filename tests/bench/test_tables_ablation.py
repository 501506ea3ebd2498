"""The page of the ablation, of lines made up: ratios to the whole recipe over the sets that are
large enough, with their standard error."""

from __future__ import annotations

import ablation
import learners
import numpy as np
import pytest


def line(name, seed, learner, **measures):
    return (name, seed, learner), {
        "set": name,
        "seed": seed,
        "learner": learner,
        "n_test": 100,
        **measures,
    }


def cells(lines, part):
    row = next(
        row for row in ablation.text(dict(lines)).splitlines() if row.startswith(f"| {part} ")
    )
    return [cell.strip() for cell in row.split("|")[2:-1]]


def test_parts_are_fields_of_the_recipe_and_change_it():
    for classes in (True, False):
        whole = ablation.changed(None, classes=classes)
        changed = [
            part for part in ablation.VARIANTS if ablation.changed(part, classes=classes) != whole
        ]
        kinds = {"gain of many numbers", "label smoothing"}  # for classes alone
        assert set(ablation.VARIANTS) - set(changed) == (set() if classes else kinds)


def test_variants_can_be_asked_for_by_name():
    asked = ",".join([ablation.WHOLE, *map(ablation.called, ablation.VARIANTS)])
    assert set(asked.split(",")) == set(learners.VARIANTS) <= set(learners.KNOWN)


def test_a_row_is_the_mean_ratio_its_error_and_how_many_are_better_without():
    errors = {
        "a": (0.19, 0.39),
        "b": (0.09, 0.09),
        "c": (0.39, 0.19),
    }  # with the shift 2, 1 and 1/2 times the whole
    lines = [
        line(name, 0, ablation.called(part), error=e[1])
        for name, e in errors.items()
        for part in ablation.VARIANTS
    ]
    lines += [line(name, 0, ablation.WHOLE, error=e[0]) for name, e in errors.items()]
    error, *others = cells(lines, "weight decay")
    assert error == f"1.00 ± {np.log(2) / np.sqrt(3):.3f} (1/2)"
    assert set(others) == {""}


@pytest.mark.parametrize("spoilt", [{"n_test": 99}, {"failed": "crashed"}])
def test_small_sets_and_failed_fits_are_left_out(spoilt):
    lines = [
        line(name, 0, learner, nrmse=0.5)
        for name in "abc"
        for learner in (ablation.WHOLE, *map(ablation.called, ablation.VARIANTS))
    ]
    assert "nRMSE (3 sets, 3 fits)" in ablation.text(dict(lines))
    lines[0][1].update(spoilt)
    assert "nRMSE (2 sets, 2 fits)" in ablation.text(dict(lines))
