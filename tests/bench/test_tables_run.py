"""The benchmark of tables at work: lines that a stop cuts off, fits that crash or hang, a run that
goes on, a summary."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import journal
import learners
import numpy as np
import pandas as pd
import pytest
import run
import sources
import summary
from preparation import Filled, one_hot, texts

FIT = run.Fit("iris", 0, "linear", None, 1)


def line(name: str, seed: int, learner: str, **found) -> journal.Line:
    """A made-up line."""
    measured = {"task": "binary", "error": 0.1, "accuracy": 0.9, "log_loss": 0.3, "auc": 0.8}
    seconds = {
        "fit_seconds": 1.0,
        "fit_processor_seconds": 1.5,
        "predict_seconds": 0.01,
        "seconds": 2.0,
    }
    told = {"machine": "one", "threads": 2, "versions": {"python": "3"}, "times_disturbed": True}
    return {"set": name, "seed": seed, "learner": learner, **measured, **seconds, **told, **found}


def test_of_two_lines_of_a_fit_the_later_counts(tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    journal.append(first, line("a", 0, "x", error=0.3))
    journal.append(first, line("a", 1, "x", error=0.4))
    journal.append(second, line("a", 0, "x", error=0.2))
    found = journal.read([first, second, tmp_path / "absent"])
    assert {key: each["error"] for key, each in found.items()} == {
        ("a", 0, "x"): 0.2,
        ("a", 1, "x"): 0.4,
    }


def test_a_line_cut_off_by_a_stop_is_left_out_and_written_over(tmp_path):
    path = tmp_path / "results"
    journal.append(path, line("a", 0, "x"))
    path.write_text(path.read_text() + '{"set": "a", "se')
    assert list(journal.read([path])) == [("a", 0, "x")]
    journal.append(path, line("a", 1, "x"))
    assert list(journal.read([path])) == [("a", 0, "x"), ("a", 1, "x")]
    path.write_text("not JSON\n" + path.read_text())
    with pytest.raises(ValueError, match="line 1 is no JSON"):
        journal.read([path])


def test_a_result_that_is_not_finite_is_a_failure(tmp_path):
    journal.append(tmp_path / "results", line("a", 0, "x", log_loss=float("nan")))
    (found,) = journal.read([tmp_path / "results"]).values()
    assert found["failed"] == "log_loss not finite"


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("raise MemoryError('no room')", "exit status 1: MemoryError: no room"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "exit status -11: no word"),
        ("import time; print('working', flush=True); time.sleep(60)", "no end after 2 s"),
        ("print('nothing written')", "exit status 0: nothing written"),
    ],
)
def test_a_fit_that_crashes_or_hangs_is_a_failed_line(code, why):
    start = time.perf_counter()
    found = run.run(FIT, 2.0 if "sleep" in code else 60.0, [sys.executable, "-c", code])
    assert {name: found[name] for name in ("set", "seed", "learner", "failed")} == {
        "set": "iris",
        "seed": 0,
        "learner": "linear",
        "failed": why,
    }
    assert time.perf_counter() - start < 50
    assert not run.CHILDREN


def test_a_run_goes_on_where_it_stopped(tmp_path, monkeypatch, capsys):
    results = tmp_path / "results.jsonl"
    ran = []

    def pretend(fit, limit, program):
        ran.append((fit.name, fit.seed, fit.learner))
        return line(fit.name, fit.seed, fit.learner)

    monkeypatch.setattr(run, "run", pretend)
    command = [
        "run.py",
        "--results",
        str(results),
        "--learners",
        "linear,random-forest",
        "--seeds",
        "0,1",
    ]
    monkeypatch.delenv("GLASSNET_TABLES", raising=False)
    monkeypatch.setattr(sys, "argv", [*command, "--sets", "iris"])
    run.main()
    monkeypatch.setattr(sys, "argv", [*command, "--sets", "iris,wine"])
    run.main()
    assert len(ran) == len(set(ran)) == 8
    assert ran[:2] == [("iris", 0, "linear"), ("iris", 0, "random-forest")]
    assert {key[0] for key in ran[4:]} == {"wine"}
    assert "4 fits to run, 4 lines there" in capsys.readouterr().out


@pytest.mark.parametrize(("option", "value"), [("--sets", "irises"), ("--learners", "oracle")])
def test_a_name_that_is_not_there_is_told(option, value, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["run.py", option, value])
    with pytest.raises(SystemExit):
        run.main()
    assert f"{value}. There are: " in capsys.readouterr().err


def test_a_fit_and_its_summary(tmp_path, monkeypatch):
    results = tmp_path / "results.jsonl"
    monkeypatch.delenv("GLASSNET_TABLES", raising=False)
    monkeypatch.setattr(
        sys,
        "argv",
        [
            "run.py",
            "--results",
            str(results),
            "--learners",
            "linear",
            "--sets",
            "iris",
            "--seeds",
            "0",
        ],
    )
    run.main()
    (found,) = journal.read([results]).values()
    assert "failed" not in found, found
    assert (found["n_train"], found["n_test"]) == (120, 30)
    assert found["error"] < 0.2
    journal.append(results, found | {"learner": "glassnet", "error": 0.0})
    journal.append(
        results, {"set": "iris", "seed": 1, "learner": "linear", "failed": "no end | after 1 s"}
    )
    monkeypatch.setattr(sys, "argv", ["summary.py", str(results), "--out", str(tmp_path / "out")])
    summary.main()
    text = (tmp_path / "out" / "RESULTS.md").read_text()
    assert "1 blocks of 1 sets are complete" in text
    assert "iris * (1)" in text
    assert "+100.0" in text  # ours made no error
    assert (tmp_path / "out" / "classification.svg").stat().st_size < 5000
    assert "No block is complete" in text  # of regression
    assert "no end" in text.split("## Failed")[1]


def test_a_summary_of_both_kinds_and_of_a_learner_that_did_not_run_everywhere(
    tmp_path, monkeypatch
):
    results = tmp_path / "results.jsonl"
    for seed in (0, 1):
        for learner, error, nrmse, seconds in (
            ("glassnet", 0.1, 0.3, 1.0),
            ("linear", 0.2, 0.2, 2.0),
        ):
            journal.append(results, line("iris", seed, learner, error=error, fit_seconds=seconds))
            journal.append(
                results,
                line(
                    "diabetes",
                    seed,
                    learner,
                    task="regression",
                    nrmse=nrmse,
                    r2=0.5,
                    fit_seconds=8.0 * seconds,
                ),
            )
    journal.append(results, line("iris", 1, "tabm-d", error=0.05, fit_seconds=50.0))
    monkeypatch.setattr(
        sys, "argv", ["summary.py", str(results), "--beside", "tabm-d", "--out", str(tmp_path)]
    )
    summary.main()
    text = (tmp_path / "RESULTS.md").read_text()

    def rows_between(begin, end):
        part = text.split(begin)[1].split(end)[0]
        cells = [
            [cell.strip() for cell in row.split("|")[1:-1]]
            for row in part.splitlines()
            if row.startswith("| ")
        ]
        return {name: rest for name, *rest in cells}

    rows = rows_between("4 blocks.", "## Classification")
    assert rows["glassnet"] == ["1.50", "1.00", "2.00", "1.00", "2.00", "2.83", "1.00", "1.00"]
    assert rows["linear"] == ["1.50", "2.00", "1.00", "2.00", "1.00", "5.66", "2.00", "2.00"]
    assert rows_between("### tabm-d", "## Failed")["glassnet"] == [
        "error, 1 blocks of 1 sets",
        "0.1000",
        "0.0500",
        "0",
        "1.00",
        "50.0",
    ]


def test_a_folder_of_tables_is_read_with_its_gaps_and_levels(tmp_path):
    (tmp_path / "catalog.csv").write_text("name,task\nmade,binary\nmnist,multiclass\n")
    schema = {
        "task": "binary",
        "multi": False,
        "targets": ["t"],
        "cols": {"n": ["float64", None], "c": ["category", ["NA", "a", "b"]]},
    }
    (tmp_path / "made.json").write_text(json.dumps(schema))
    pd.DataFrame(
        {"n": ["1.5", "", "2"], "c": ["NA", "", "a"], "__y__t": ["no", "yes", "no"]}
    ).to_csv(tmp_path / "made.csv.gz", index=False)
    assert sources.names(tmp_path) == ["made"]
    table = sources.read("made", tmp_path)
    assert table.y.tolist() == [0, 1, 0]
    assert table.X["c0"].isna().tolist() == [False, True, False]
    assert table.X["c1"].isna().tolist() == [False, True, False]
    assert list(table.X["c1"].cat.categories) == ["NA", "a", "b"]
    assert one_hot(table.X, scaled=True).fit_transform(table.X).shape == (3, 4)
    assert Filled(table.X)(table.X)["c0"].tolist() == [1.5, 1.75, 2.0]
    assert texts(table.X)["c1"].tolist() == ["NA", "nan", "a"]


def test_heavy_tails_are_learned_as_logarithms(tmp_path):
    (tmp_path / "catalog.csv").write_text("name,task\nfifa20,regression\n")
    schema = {
        "task": "regression",
        "multi": False,
        "targets": ["t"],
        "cols": {"n": ["int64", None]},
    }
    (tmp_path / "fifa20.json").write_text(json.dumps(schema))
    pd.DataFrame({"n": [1, 2], "__y__t": [0.0, 99.0]}).to_csv(
        tmp_path / "fifa20.csv.gz", index=False
    )
    assert sources.read("fifa20", tmp_path).y == pytest.approx([0.0, np.log(100.0)])


@pytest.mark.parametrize("name", ["glassnet", "linear", "sklearn-mlp", "random-forest", "hist-gb"])
@pytest.mark.parametrize("task", ["multiclass", "regression", "multi-output regression"])
@pytest.mark.filterwarnings("ignore")  # that few epochs are not yet convergence
def test_every_learner_that_is_always_there_answers_for_every_task(name, task):
    generator = np.random.default_rng(0)
    X = pd.DataFrame(
        {"c0": generator.normal(size=90), "c1": pd.Categorical(generator.choice(["a", "b"], 90))}
    )
    X.loc[3, "c0"] = np.nan
    X.loc[4, "c1"] = np.nan
    y = {
        "multiclass": np.arange(90) % 3,
        "regression": generator.normal(size=90),
        "multi-output regression": generator.normal(size=(90, 2)),
    }
    found = learners.LEARNERS[name].fit(X, y[task], task, 0, 1)(X)
    assert (
        found.shape
        == {"multiclass": (90, 3), "regression": (90,), "multi-output regression": (90, 2)}[task]
    )


def test_a_learner_that_is_not_installed_says_so():
    absent = learners.Learner(learners.linear, ("no_such_module.part",), "nothing")
    assert absent.absent() == "no_such_module.part not installed"
    assert learners.LEARNERS["linear"].absent() is None
    assert Path(run.HERE / "fit.py").exists()
