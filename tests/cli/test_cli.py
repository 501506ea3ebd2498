"""The command line from the outside: its output, its files and its exit status."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pyarrow.parquet as pq
import pytest
from click import unstyle
from click.testing import CliRunner

import glassnet
from glassnet.cli import main
from glassnet.cli.model_summary import describe_calibration
from glassnet.cli.text import (
    clipped,
    display_width,
    duration,
    file_size,
    fitted_list,
    format_table,
)
from glassnet.data.files.read import read_table
from glassnet.engines.native import compiled
from glassnet.messages import counted, printable
from glassnet.report.metrics import format_score

PENGUINS = Path(__file__).parents[2] / "examples" / "penguins.csv"
CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")
QUICK = ["--epochs", "15", "--hidden", "16"]


def run(*arguments):
    return CliRunner().invoke(main, [str(a) for a in arguments], prog_name="glassnet")


def process(*arguments, **options):
    return subprocess.run(
        [sys.executable, "-m", "glassnet", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        **options,
    )


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A model of the penguins, and what training it printed."""
    folder = tmp_path_factory.mktemp("trained")
    done = process("train", PENGUINS, "--target", "species", "-o", folder / "m.glassnet", *QUICK)
    assert done.returncode == 0, done.stderr
    return folder / "m.glassnet", done


def test_train_reports_all_of_it(trained):
    model, done = trained
    for said in (
        "penguins.csv: 344 rows, 7 columns and the target",
        "5  numbers",
        "2  categories    island (3), sex (2)",
        "with missing",
        "species: one of 3 classes: Adelie 44.2 %",
        "text is taken for classes",
        "275 to learn from, 69 held out",
        "the mean of 8 members",
        "Dense 16",
        "Activation selu, mix",
        "optimizer",
        "15 epochs on 220 rows",
        "each member keeps the weights of its best epoch",
        "balanced accuracy",
        "linear model",
        "always 'Adelie'",
        "The network is right in",
        f"glassnet predict {model}",
    ):
        assert said in re.sub(r"\s*\n {12}(?=\S)", " ", done.stdout) or said in done.stdout, said
    assert done.stderr == "" or done.stderr.startswith("Trained for 15 epochs")


def test_nothing_steers_the_terminal_where_there_is_none(trained):
    model, done = trained
    shown = process("show", model)
    for text in (done.stdout, done.stderr, shown.stdout, shown.stderr):
        assert not CONTROL.search(text)


def test_same_seed_same_file(trained, tmp_path):
    """But for the seconds in its record, a file follows from table, settings and seed alone."""
    model, _ = trained
    process("train", PENGUINS, "--target", "species", "-o", tmp_path / "again.glassnet", *QUICK)
    a, b = glassnet.load(model), glassnet.load(tmp_path / "again.glassnet")
    assert a.network.parameters.theta.tobytes() == b.network.parameters.theta.tobytes()
    assert a.encoder == b.encoder


def test_predict_writes_csv_to_stdout(trained):
    model, _ = trained
    done = process("predict", model, PENGUINS)
    lines = done.stdout.splitlines()
    assert done.returncode == 0
    assert done.stderr == ""
    assert lines[0] == "species,probability_Adelie,probability_Chinstrap,probability_Gentoo"
    assert len(lines) == 345
    expected = glassnet.load(model).predict(read_table(PENGUINS))
    assert [line.split(",")[0] for line in lines[1:]] == expected.tolist()


def test_predict_writes_files(trained, tmp_path):
    model, _ = trained
    for name in ("p.csv", "p.csv.gz", "p.parquet"):
        result = run("predict", model, PENGUINS, "-o", tmp_path / name)
        assert result.exit_code == 0
        assert result.stdout == ""
        assert "344 predictions" in result.stderr
    P = glassnet.load(model).predict_proba(read_table(PENGUINS))
    written = pq.read_table(tmp_path / "p.parquet")
    np.testing.assert_array_equal(
        np.column_stack([column.to_numpy() for column in written.columns[1:]]), P
    )
    back = read_table(tmp_path / "p.csv")
    np.testing.assert_array_equal(np.asarray(back.numbers), P)
    assert (
        read_table(tmp_path / "p.csv.gz").column("species").tolist()
        == written.column("species").to_pylist()
    )


def test_predict_aligns_columns_by_name_and_ignores_others(trained, tmp_path):
    model, _ = trained
    import pandas as pd

    frame = pd.read_csv(PENGUINS, keep_default_na=False, dtype=str)
    frame.assign(extra="x").drop(columns="species").iloc[:, ::-1].to_csv(
        tmp_path / "t.csv", index=False
    )
    assert (
        run("predict", model, tmp_path / "t.csv").stdout == run("predict", model, PENGUINS).stdout
    )
    frame.drop(columns=["sex", "species"]).rename(columns={"island": "iland"}).to_csv(
        tmp_path / "u.csv", index=False
    )
    result = run("predict", model, tmp_path / "u.csv")
    assert result.exit_code == 2
    assert "missing 'island', 'sex'" in result.stderr
    assert "Did you mean 'iland'?" in result.stderr


def test_doctor_tells_what_runs():
    text = run("doctor").stdout
    assert f"numpy {np.__version__}" in text
    assert ("native (C++" in text) == (compiled() is not None)


def test_a_missing_native_engine_is_told_with_the_way_to_it(monkeypatch):
    def no_module(name):
        raise ModuleNotFoundError(name)

    monkeypatch.setattr("glassnet.engines.native.compiled", lambda: None)
    monkeypatch.setattr("glassnet.engines.native.import_module", no_module)
    for compiler, said in (
        ("no-such-compiler", "No C++ compiler is found"),
        (sys.executable, f"there is a C++ compiler, {sys.executable}"),
    ):
        monkeypatch.setenv("CXX", compiler)
        text = " ".join(run("doctor").stdout.split())
        assert said in text
        assert "run pip install --force-reinstall" in text


def test_show_tells_what_a_model_is(trained):
    model, _ = trained
    result = run("show", model)
    assert result.exit_code == 0
    for said in (
        "species: one of 3 classes: Adelie, Chinstrap, Gentoo",
        "body_mass_g",
        "Dense 16",
        "softmax",
        "15 epochs",
        "69 rows: ",
    ):
        assert said in result.stdout, said


def test_regression(tmp_path):
    result = run(
        "train", PENGUINS, "--target", "body_mass_g", "-o", tmp_path / "m.glassnet", *QUICK
    )
    assert result.exit_code == 0, result.output
    assert "2 rows without 'body_mass_g' left out." in result.stderr
    assert "a number, from 2700 to 6300" in result.stdout
    assert "RMSE" in result.stdout
    lines = run("predict", tmp_path / "m.glassnet", PENGUINS).stdout.splitlines()
    assert lines[0] == "body_mass_g"
    assert 2000 < float(lines[1]) < 7000


def test_quantiles_and_labels_have_columns_of_their_own(tmp_path):
    from glassnet.cli.predict import prediction_columns
    from glassnet.losses import Quantile

    rng = np.random.default_rng(0)
    data = {"x": rng.normal(size=60), "price": rng.normal(size=60)}
    model = glassnet.fit(data, "price", glassnet.Plan(loss=Quantile((0.1, 0.9)), max_epochs=1))
    assert list(prediction_columns(model, data)) == ["price_q0.1", "price_q0.9"]
    model = glassnet.fit(
        rng.normal(size=(60, 2)), rng.integers(0, 2, (60, 2)), glassnet.Plan(max_epochs=1)
    )
    assert list(prediction_columns(model, rng.normal(size=(3, 2)))) == [
        "y0",
        "y1",
        "probability_y0",
        "probability_y1",
    ]


def test_model_is_named_after_the_table_by_default(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = run(
        "train",
        PENGUINS,
        "--target",
        "species",
        "--quiet",
        "--epochs",
        "1",
        "--hidden",
        "none",
        "--test-fraction",
        "0",
    )
    assert result.exit_code == 0, result.output
    assert result.stderr == ""
    assert "none held out" in result.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["penguins.glassnet"]


@pytest.fixture
def table_of_text(tmp_path):
    def write(text, name="t.csv"):
        (tmp_path / name).write_text(text)
        return tmp_path / name

    return write


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["trian"], "Did you mean 'train'?"),
        (["train", PENGUINS], "--target"),
        (["train", PENGUINS, "--tarjet", "x"], "'--target'"),
        (["train", PENGUINS, "--target", "specie"], "Did you mean 'species'?"),
        (["train", PENGUINS, "--target", "species", "--task", "regresion"], "regression"),
        (
            ["train", PENGUINS, "--target", "species", "--task", "regression"],
            "must hold numbers but 'species' holds 'Adelie'",
        ),
        (
            ["train", PENGUINS, "--target", "species", "--task", "binary"],
            "has 3: use task='multiclass'",
        ),
        (
            ["train", PENGUINS, "--target", "species", "--hidden", "many"],
            "'many' is not a list of units",
        ),
        (["train", PENGUINS, "--target", "species", "--hidden", "16,0"], "is not a list of units"),
        (["train", PENGUINS, "--target", "species", "--epochs", "0"], "--epochs"),
        (["train", PENGUINS, "--target", "species", "--test-fraction", "1.5"], "--test-fraction"),
        (["train", PENGUINS, "--target", "species", "--learning-rate", "fast"], "--learning-rate"),
        (
            ["train", PENGUINS, "--target", "species", "--engine", "referense"],
            "Did you mean 'reference'?",
        ),
        (
            ["train", PENGUINS, "--target", "species", "-o", "model.pkl"],
            "a model file ends in .glassnet and a report ends in .html: write model.glassnet",
        ),
        (
            ["train", PENGUINS, "--target", "species", "-o", "nowhere/m.glassnet"],
            "there is no folder nowhere",
        ),
        (["train", PENGUINS, "--target", "species", "-o", "."], ". is a folder"),
        (["train", ".", "--target", "species"], "is the folder that the program runs in"),
        (
            ["train", PENGUINS.with_name("penguin.csv"), "--target", "species"],
            "Did you mean 'penguins.csv'?",
        ),
        (["train", PENGUINS.parent, "--target", "species"], "is a folder"),
        (["train", PENGUINS.with_name("README.md"), "--target", "species"], "unknown kind of file"),
        (["predict", "m.glassnet", PENGUINS], "m.glassnet: there is no such file"),
        (["predict", PENGUINS, PENGUINS], "is not a glassnet model file"),
        (["predict", "m.glassnet", PENGUINS, "-o", "p.xlsx"], "name a file that ends in"),
        (["predict", "m.glassnet", PENGUINS, "-o", PENGUINS], "would overwrite what is read"),
        (["predict", "m.glassnet", PENGUINS, "-o", "nowhere/p.csv"], "there is no folder nowhere"),
        (["predict", "m.glassnet"], "Missing argument"),
        (["show", PENGUINS.parent], "is a folder"),
        (["show"], "Missing argument"),
    ],
)
def test_mistake_is_answered_in_a_line(arguments, says, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = run(*arguments)
    assert result.exit_code == 2, result.output
    assert says in result.stderr
    assert "Error: " in result.stderr
    assert "Traceback" not in result.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "the file is empty"),
        ("a,b\n", "no rows"),
        ("a,b\n1,2\n3\n", "row 3"),
        ("b\n1\n2\n", "no column beside its target"),
        ("a,b\n1,\n2,NA\n", "is missing in every row"),
        ("a,b\n1,x\n2,y\n", "each of the 2 rows is the only one of its class"),
        ("a,b\n1,x\n", "at least 2 rows"),
    ],
)
def test_table_that_cannot_be_learned_from(text, says, table_of_text, tmp_path):
    result = run("train", table_of_text(text), "--target", "b", "-o", tmp_path / "m.glassnet")
    assert result.exit_code == 2, result.output
    assert says in result.stderr


def test_names_from_a_file_do_not_steer_the_terminal(table_of_text, tmp_path):
    rows = "".join(f"{i},{i % 7},\x1b[31m{'ab'[i % 2]}\n" for i in range(40))
    path = table_of_text(f"\x1b[2Jx,y,z\n{rows}")
    result = run("train", path, "--target", "z", "-o", tmp_path / "m.glassnet", *QUICK)
    assert result.exit_code == 0, result.output
    assert not CONTROL.search(result.stdout + result.stderr)
    assert not CONTROL.search(run("show", tmp_path / "m.glassnet").stdout)
    result = run("train", path, "--target", "q", "-o", tmp_path / "m.glassnet")
    assert result.exit_code == 2
    assert not CONTROL.search(result.stderr)


def test_empty_stdout_pipe_is_no_trouble(trained):
    model, _ = trained
    reader = subprocess.Popen(["true"], stdin=subprocess.PIPE)
    done = subprocess.run(
        [sys.executable, "-m", "glassnet", "predict", str(model), str(PENGUINS)],
        stdout=reader.stdin,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    reader.stdin.close()
    reader.wait()
    assert "Traceback" not in done.stderr


def interrupted(tmp_path, *, wait_for):
    """Start a training of minutes, send SIGINT once `wait_for` says so, and return the result."""
    model = tmp_path / "m.glassnet"
    arguments = [
        "train",
        str(PENGUINS),
        "--target",
        "species",
        "--epochs",
        "1000000",
        "-o",
        str(model),
    ]
    # Where the tests run in the background of a shell, SIGINT is ignored, and that is inherited.
    code = f"""
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
from glassnet.cli import main
main({arguments})
"""
    with subprocess.Popen(
        [sys.executable, "-u", "-c", code],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        wait_for(running)
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=60)
    return running.returncode, out, err, model


def test_ctrl_c_keeps_what_was_learned(tmp_path):
    def until_it_trains(running):
        for line in running.stdout:
            if line.startswith("Settings"):
                break
        time.sleep(1.5)

    code, out, err, model = interrupted(tmp_path, wait_for=until_it_trains)
    assert code == 0, err
    assert re.search(r"Interrupted after [\d,]+ epochs: .* weights so far .*are kept", err)
    assert "(interrupted)" in out
    assert "The network is right in" in re.sub(r"\s+", " ", out)
    assert glassnet.load(model).training["ended"] == "interrupted"


def test_ctrl_c_before_anything_was_learned(tmp_path):
    def until_numpy_is_loaded(running):
        running.stdout.readline()

    code, _, err, model = interrupted(tmp_path, wait_for=until_numpy_is_loaded)
    if code == 130:  # else it had learned something by then
        assert "Interrupted." in err
        assert not model.exists()
    else:
        assert code == 0
    assert "Traceback" not in err


def test_terminal_gets_one_bar_and_its_cursor_back(tmp_path):
    """On a pseudo-terminal: a bar while it trains, gone afterwards; with NO_COLOR no colors."""
    pty = pytest.importorskip("pty")
    shown = {}
    for no_color in ("", "1"):
        parent, child = pty.openpty()
        environment = {
            **os.environ,
            "TERM": "xterm-256color",
            "NO_COLOR": no_color,
            "COLUMNS": "100",
        }
        with subprocess.Popen(
            [
                sys.executable,
                "-m",
                "glassnet",
                "train",
                str(PENGUINS),
                "--target",
                "species",
                "-o",
                str(tmp_path / "m.glassnet"),
                *QUICK,
            ],
            stdout=child,
            stderr=child,
            env=environment,
        ) as running:
            os.close(child)
            text = b""
            while True:
                try:
                    piece = os.read(parent, 65536)
                except OSError:
                    break
                if not piece:
                    break
                text += piece
        os.close(parent)
        assert running.returncode == 0
        shown[no_color] = text.decode()
    assert "epoch 15/15" in shown[""]
    assert shown[""].rindex("\x1b[?25h") > shown[""].rindex("\x1b[?25l")
    assert "\x1b[1mTable" in shown[""]
    assert "\x1b[1m" not in shown["1"]
    assert not re.search(r"\x1b\[3\dm", shown["1"])


def test_lines_where_nobody_watches(tmp_path, monkeypatch):
    monkeypatch.setattr("glassnet.cli.progress.INTERVAL", 0.0)
    result = run("train", PENGUINS, "--target", "species", "-o", tmp_path / "m.glassnet", *QUICK)
    assert (
        len(
            re.findall(
                r"^epoch \d+ of at most 15 \(8 members\), [\d.]+ s left: loss ",
                result.stderr,
                re.MULTILINE,
            )
        )
        == 15
    )


def test_predict_and_show_load_no_scikit_learn(trained):
    model, _ = trained
    for arguments in (
        ["predict", model, PENGUINS],
        ["show", model],
        ["--help"],
        ["train", "--help"],
    ):
        code = f"""
import sys
from glassnet.cli import main
try:
    main({[str(a) for a in arguments]})
except SystemExit as end:
    assert not end.code
heavy = ("sklearn", "scipy", "pandas", "rich", "safetensors")
print([name for name in heavy if name in sys.modules], file=sys.stderr)
"""
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        )
        assert done.stderr == "[]\n", arguments


def test_version():
    assert run("--version").output == f"glassnet {glassnet.__version__}\n"


def test_words():
    assert printable("a\x1b[1m\u202eb") == "a\\x1b[1m\\u202eb"
    assert [counted(1, "row"), counted(1234, "row"), counted(2, "class", "classes")] == [
        "1 row",
        "1,234 rows",
        "2 classes",
    ]
    assert [duration(s) for s in (0.04, 9.96, 61, 200, 7500)] == [
        "0.0 s",
        "10 s",
        "61 s",
        "3 min 20 s",
        "2 h 5 min",
    ]
    assert [file_size(n) for n in (12, 285_636, 1_234_567)] == ["12 bytes", "286 KB", "1.2 MB"]
    assert [
        format_score(name, value)
        for name, value in (("accuracy", 0.9853), ("R2", -0.0001), ("RMSE", 0.53214))
    ] == [
        "98.5 %",
        "0.000",
        "0.5321",
    ]
    assert fitted_list(["one", "two", "three"], 8) == "one, two and 1 more"
    assert display_width("ü漢字e\u0301") == 6
    assert clipped("漢字漢字", 5) == "漢字…"
    assert (
        unstyle(format_table(["a", "b"], [["漢", "1"], ["xyz", "23"]], right=[1], indent=0))
        == "a     b\n漢    1\nxyz  23"
    )


def test_calibration_names_the_rows_held_out_for_it(trained):
    model, done = trained
    again = run("show", model)
    for shown in (done.stdout, again.stdout):
        words = " ".join(shown.split())
        assert re.search(
            r"Calibration temperature [\d.]+ by \d+ rows held out for it(: log loss [\d.]+ to "
            r"[\d.]+, Brier score )?",
            words,
        ), words


def test_the_scores_of_single_members_are_called_so():
    scores = dict.fromkeys(("log_loss", "brier_score", "calibration_error"), 0.5)
    record = {"temperature": 0.5, "of_one": 0.625, "n_rows": 99, "before": scores, "after": scores}
    for of_one, whose in ((0.625, "; of single members, divided by 0.625:"), (0.5, ":")):
        model = SimpleNamespace(
            intervals=None, training={"calibration": {**record, "of_one": of_one}}
        )
        assert describe_calibration(model).startswith(
            f"temperature 0.5 by 99 rows held out for it{whose} log loss 0.5 to 0.5, "
        )
