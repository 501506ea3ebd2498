"""When a training ends: by the clock, after two batches, by Ctrl-C once and twice."""

from __future__ import annotations

import re
from itertools import count
from pathlib import Path
from types import SimpleNamespace

import pytest

import glassnet
from glassnet.cli import training_run
from glassnet.cli.option_types import time_span
from tests.cli.invoked import made_up, report, run, targets


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made_up().to_csv("t.csv", index=False)


def test_training_ends_within_the_limit(monkeypatch):
    clock = iter(range(1000))
    monkeypatch.setattr("glassnet.training.time_limit.monotonic", lambda: next(clock))
    found = report(
        "train",
        "t.csv",
        *targets("price"),
        "--recipe",
        "plain",
        "--epochs",
        "50",
        "--time-limit",
        "12s",
    )
    assert 2 <= found["training"]["epochs"] <= 12
    assert (found["training"]["ended"], found["settings"]["time_limit"]) == ("time limit", 12.0)
    assert found["evaluation"]["scores"]
    shown = " ".join(run("show", "t.glassnet").stdout.split())
    assert f"{found['training']['epochs']} of 50 epochs on " in shown
    assert "(time limit)" in shown


def test_epochs_and_the_time_left_are_those_of_all_members(monkeypatch):
    ticks = count()
    monkeypatch.setattr(
        "glassnet.cli.progress.time", SimpleNamespace(monotonic=lambda: next(ticks))
    )
    monkeypatch.setattr("glassnet.cli.progress.INTERVAL", 0.0)
    result = run(
        "train", "t.csv", *targets("sort"), "--recipe", "standard", "--epochs", "3", "--hidden", "4"
    )
    assert re.findall(r"^epoch .* left(?=: loss )", result.stderr, re.MULTILINE) == [
        "epoch 1 of at most 3 (8 members), 4.0 s left",
        "epoch 2 of at most 3 (8 members), 2.0 s left",
        "epoch 3 of at most 3 (8 members), 0.0 s left",
    ]


def test_the_end_is_nearer_where_time_is_short(monkeypatch):
    clock = iter(range(1000))
    monkeypatch.setattr("glassnet.training.time_limit.monotonic", lambda: next(clock))
    monkeypatch.setattr("glassnet.cli.progress.INTERVAL", 0.0)
    result = run(
        "train",
        "t.csv",
        *targets("price"),
        "--recipe",
        "plain",
        "--epochs",
        "50",
        "--time-limit",
        "12s",
    )
    last = [
        int(n) for n in re.findall(r"^epoch \d+ of at most (\d+), ", result.stderr, re.MULTILINE)
    ]
    assert max(last) < 50
    assert last[-1] - len(last) <= 1  # a look at the clock is a second
    assert f"Trained for {len(last)} of 50 epochs in " in result.stderr


def test_spans_of_time():
    assert [time_span(text) for text in ("30", "30s", "1.5m", "2h", "10 s")] == [
        30.0,
        30.0,
        90.0,
        7200.0,
        10.0,
    ]


@pytest.mark.parametrize("text", ["0", "-3", "soon", "5d", "", "nan", "1e3", "9" * 400])
def test_other_spans_are_refused(text):
    result = run("train", "t.csv", "--target", "sort", f"--time-limit={text}")
    assert result.exit_code == 2
    assert "is not a span of time: write 30 or 30s" in result.stderr


def test_dry_run_takes_two_batches_and_reports_all_of_it(tmp_path):
    result = run(
        "train", "t.csv", *targets("sort"), "--dry-run", "--batch-size", "7", "--hidden", "8"
    )
    assert result.exit_code == 0, result.output
    assert result.stdout.count("Dry run: ") == 2
    assert "1 epoch on 14 rows" in result.stdout
    assert "gradient boosting" in result.stdout
    assert "Next" not in result.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["t.csv"]


def test_dry_run_writes_what_is_asked_for():
    found = report(
        "train",
        "t.csv",
        *targets("sort"),
        "--dry-run",
        "--batch-size",
        "7",
        "-o",
        "m.glassnet",
        "-o",
        "p.html",
    )
    assert (found["dry_run"], found["training"]["updates"]) == (True, 8 * 2)  # two of each member
    assert glassnet.load("m.glassnet").training["updates"] == 8 * 2
    assert "Dry run: " in Path("p.html").read_text(encoding="utf-8")


class Interrupted:
    """Raises KeyboardInterrupt in its first calls, then does what it stands for."""

    def __init__(self, function, times):
        self.function, self.times = function, times

    def __call__(self, *arguments, **options):
        self.times -= 1
        if self.times >= 0:
            raise KeyboardInterrupt
        return self.function(*arguments, **options)


@pytest.fixture
def interrupted_in_training(monkeypatch):
    from contextlib import contextmanager

    @contextmanager
    def watched(session, *, quiet):
        def on_epoch(epoch):
            if epoch.index == 4:
                raise KeyboardInterrupt

        yield on_epoch

    monkeypatch.setattr(training_run, "show_progress", watched)


@pytest.mark.usefixtures("interrupted_in_training")
@pytest.mark.parametrize(
    ("recipe", "kept"),
    [
        ("plain", "the best weights so far (epoch "),
        ("standard", "the best weights so far of each member"),
    ],
)
def test_ctrl_c_once_keeps_the_best_and_finishes_the_report(recipe, kept):
    settings = ("--recipe", recipe, "--epochs", "60", "--hidden", "8")
    result = run("train", "t.csv", *targets("sort"), *settings, "-o", "m.glassnet", "-o", "p.html")
    assert result.exit_code == 0, result.output
    assert f"Interrupted after 5 epochs: {kept}" in result.stderr
    assert "gradient boosting" in result.stdout
    assert "Verdict" in result.stdout
    assert "(interrupted)" in Path("p.html").read_text(encoding="utf-8")
    assert glassnet.load("m.glassnet").training["ended"] == "interrupted"


@pytest.mark.usefixtures("interrupted_in_training")
def test_ctrl_c_twice_leaves_at_once(monkeypatch):
    monkeypatch.setattr(
        training_run,
        "evaluate_with_baselines",
        Interrupted(training_run.evaluate_with_baselines, 1),
    )
    result = run("train", "t.csv", *targets("sort"), "--epochs", "60", "--hidden", "8")
    assert result.exit_code == 130
    assert result.stderr.endswith("Interrupted.\n")
    assert "Verdict" not in result.stdout
    assert (
        glassnet.load("t.glassnet").training["ended"] == "interrupted"
    )  # saved before the simpler models are fitted


def test_ctrl_c_while_simpler_models_are_fitted_leaves_them_out(monkeypatch):
    monkeypatch.setattr(
        training_run,
        "evaluate_with_baselines",
        Interrupted(training_run.evaluate_with_baselines, 1),
    )
    result = run("train", "t.csv", *targets("sort"), "--epochs", "3", "--hidden", "8")
    assert result.exit_code == 0, result.output
    assert "the simpler models are left out" in result.stderr
    assert "The network is right in" in " ".join(result.stdout.split())
    assert "gradient boosting" not in result.stdout
