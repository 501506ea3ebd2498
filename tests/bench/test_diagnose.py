"""The figures in docs/diagnose.md are those of the runs in bench/diagnose."""

from __future__ import annotations

import csv
import importlib.util
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BENCH = ROOT / "bench" / "diagnose"


@pytest.fixture(scope="module")
def matrix():
    spec = importlib.util.spec_from_file_location("diagnose_matrix", BENCH / "matrix.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def lines_of(matrix, half):
    with (BENCH / f"{half}.csv").open(newline="") as file:
        return [matrix.Line.read(cells) for cells in csv.DictReader(file)]


def test_page_has_the_figures_of_the_reporting_half(matrix):
    page = (ROOT / "docs" / "diagnose.md").read_text(encoding="utf-8")
    summary = matrix.summary(lines_of(matrix, "reporting"))
    missing = [line for line in summary.splitlines() if line not in page.splitlines()]
    assert not missing, "\n".join(missing)


def test_both_halves_are_large_enough_and_share_no_table(matrix):
    halves = {half: lines_of(matrix, half) for half in ("setting", "reporting")}
    for lines in halves.values():
        assert sum(bool(line.planted) for line in lines) >= 150
        assert sum(not line.planted for line in lines) >= 150
    setting, reporting = ({line.table for line in lines} for lines in halves.values())
    assert not setting & reporting


def test_reporting_half_keeps_what_is_promised(matrix):
    lines = lines_of(matrix, "reporting")
    hits = sum(code in line.found for line in lines for code in line.planted)
    assert hits >= 0.9 * sum(len(line.found) for line in lines)
    assert hits >= 0.7 * sum(len(line.planted) for line in lines)
    assert not [line for line in lines if not line.planted and "error" in line.severities]


def test_wilson_bounds_are_those_of_the_formula(matrix):
    low, high = matrix.wilson(8, 10)
    assert (round(low, 4), round(high, 4)) == (0.4902, 0.9433)
    assert matrix.wilson(0, 0) == (0.0, 1.0)
