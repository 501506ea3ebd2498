"""`glassnet predict`: rows in chunks, columns that are kept, and text escaped for spreadsheets."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

import glassnet
from glassnet.cli import main
from glassnet.cli.spreadsheet import escape_formula, escape_formula_names
from glassnet.messages import printable

PENGUINS = Path(__file__).parents[2] / "examples" / "penguins.csv"
FORMULAS = (
    "=1+1",
    "+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(A1)",
    "\tx",
    "\rx",
    "\nx",
    "-1 to 0",
    "@home",
    "=-1",
    "--",
    "-1e5+2",
    "+.",
)
FULL_WIDTH = ("\uff1d1+1", "\uff0bSUM(A1)", "\uff0d1 to 0", "\uff20home")
HARMLESS = (
    "+",
    "-",
    "=",
    "@",
    "- ",
    "\uff0b",
    "\uff0d",
    "-1",
    "+1.5",
    "-1e-3",
    "-.5",
    "-1,5",
    "-1,234.50",
    "+5%",
    "",
    "a=b",
    " =x",
)


def run(*arguments, **options):
    return CliRunner().invoke(
        main, ["predict", *map(str, arguments)], prog_name="glassnet", **options
    )


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "m.glassnet"
    glassnet.fit(
        str(PENGUINS), "species", glassnet.Plan(hidden_layer_sizes=(4,), max_epochs=2)
    ).save(path)
    return path


@pytest.fixture
def odd(tmp_path):
    """Penguins with a column that the model does not know, and cells that are formulas."""
    frame = pd.read_csv(PENGUINS, dtype=str, keep_default_na=False)
    frame["=extra"] = [("=1+1", "-5", "007", "", 'a,"b"')[i % 5] for i in range(len(frame))]
    path = tmp_path / "odd.csv"
    frame.to_csv(path, index=False)
    return path


def test_kept_columns_stand_before_the_predictions(model, odd, tmp_path):
    result = run(model, odd, "--keep", "--spreadsheet-safe", "-o", tmp_path / "p.csv")
    assert result.exit_code == 0, result.output
    given, written = (
        pd.read_csv(path, dtype=str, keep_default_na=False) for path in (odd, tmp_path / "p.csv")
    )
    assert list(written.columns[:9]) == [*given.columns[:8], "'=extra"]
    assert list(written.columns[9:]) == [
        "predicted_species",
        "probability_Adelie",
        "probability_Chinstrap",
        "probability_Gentoo",
    ]
    assert set(written["'=extra"]) == {"'=1+1", "-5", "007", "", 'a,"b"'}
    assert written["island"].tolist() == given["island"].tolist()
    for name in ("bill_length_mm", "year"):
        assert pd.to_numeric(written[name]).equals(pd.to_numeric(given[name].replace("NA", "")))
    run(model, PENGUINS, "-o", tmp_path / "plain.csv")
    assert (
        written["predicted_species"].tolist()
        == pd.read_csv(tmp_path / "plain.csv")["species"].tolist()
    )


def test_parquet_keeps_numbers_and_text_as_they_are(model, odd, tmp_path):
    assert run(model, odd, "--keep", "-o", tmp_path / "p.parquet").exit_code == 0
    written = pq.read_table(tmp_path / "p.parquet")
    assert str(written.schema.field("body_mass_g").type) == "double"
    assert written.column("=extra").to_pylist()[:2] == ["=1+1", "-5"]


def test_one_notice_for_columns_that_are_ignored(model, odd):
    result = run(model, odd)
    assert result.stderr == "Note: column '=extra' is not known to the model and ignored.\n"
    formulas = (
        "Note: a spreadsheet would run text such as the column name '=extra' as a formula: use "
        "--spreadsheet-safe"
    )
    assert run(model, odd, "--keep").stderr == f"{formulas} before opening it in one.\n"
    assert run(model, odd, "--keep", "--spreadsheet-safe").stderr == ""


@pytest.mark.parametrize("label", [*FORMULAS, *FULL_WIDTH, "+", "-", "-1", "+1.5", "Adelie"])
@pytest.mark.parametrize("suffix", [".csv", ".csv.gz", ".parquet", "-"])
def test_labels_are_written_as_they_are_or_guarded(label, suffix, tmp_path):
    model = glassnet.fit(
        {"x": [0.0, 1.0] * 20, "y": [label, "b"] * 20}, "y", glassnet.Plan(max_epochs=30)
    )
    model.save(tmp_path / "m.glassnet")
    (tmp_path / "t.csv").write_text("x\n0\n1\n")
    said = model.predict({"x": [0.0, 1.0]}).tolist()
    assert label in said
    path = tmp_path / f"p{suffix}"

    def written(*options):
        result = run(
            tmp_path / "m.glassnet",
            tmp_path / "t.csv",
            "-o",
            "-" if suffix == "-" else path,
            *options,
        )
        assert result.exit_code == 0, result.output
        if suffix == "-":
            path.write_bytes(result.stdout_bytes)
        read = (
            pd.read_parquet
            if suffix == ".parquet"
            else lambda path: pd.read_csv(path, dtype=str, keep_default_na=False)
        )
        return read(path)["y"].tolist(), [
            line for line in result.stderr.splitlines() if line.startswith("Note: ")
        ]

    risky = label in (*FORMULAS, *FULL_WIDTH) and suffix != ".parquet"
    labels, notes = written()
    assert labels == said
    shown = printable(repr(label))
    say = (
        f"Note: a spreadsheet would run text such as {shown} in column 'y' as a formula: use "
        "--spreadsheet-safe before opening it in one."
    )
    assert notes == [say] * risky
    labels, notes = written("--spreadsheet-safe")
    assert labels == [f"'{label}" if risky and text == label else text for text in said]
    assert notes == []


def test_one_note_names_the_first_text_that_would_be_run(model, tmp_path):
    """In a file of several stretches, and where the names of columns are harmless."""
    frame = pd.concat(
        [pd.read_csv(PENGUINS, dtype=str, keep_default_na=False)] * 250, ignore_index=True
    )
    frame["remark"] = ["fine"] * (len(frame) - 2) + ["=SUM(A1)", "@home"]
    frame.to_csv(tmp_path / "t.csv", index=False)
    result = run(model, tmp_path / "t.csv", "--keep", "-o", tmp_path / "p.csv")
    assert result.exit_code == 0, result.output
    assert result.stderr.count("Note: ") == 1
    assert "text such as '=SUM(A1)' in column 'remark'" in result.stderr
    assert pd.read_csv(tmp_path / "p.csv", dtype=str)["remark"].tolist() == frame["remark"].tolist()


def test_a_name_that_would_be_run_is_told_of_and_guarded(tmp_path):
    glassnet.fit(
        {"x": [0.0, 1.0] * 20, "=y": [0.5, 1.5] * 20}, "=y", glassnet.Plan(max_epochs=1)
    ).save(tmp_path / "m.glassnet")
    (tmp_path / "t.csv").write_text("x\n0\n1\n")
    plain, safe = (
        run(tmp_path / "m.glassnet", tmp_path / "t.csv", *options)
        for options in ([], ["--spreadsheet-safe"])
    )
    assert (plain.stdout.splitlines()[0], safe.stdout.splitlines()[0]) == ("=y", "'=y")
    assert "the column name '=y'" in plain.stderr
    assert safe.stderr == ""


@pytest.mark.parametrize("text", [*FORMULAS, *FULL_WIDTH])
def test_formula_is_guarded(text):
    assert escape_formula(text) == f"'{text}"


@pytest.mark.parametrize("text", HARMLESS)
def test_what_is_no_formula_is_untouched(text):
    assert escape_formula(text) == text


def test_escape_formula_names_stay_different():
    assert escape_formula_names(["=a", "'=a", "b"]) == ["'=a", "'=a_", "b"]


def test_stdin(model):
    assert run(model, "-", input=PENGUINS.read_bytes()).stdout == run(model, PENGUINS).stdout


def test_refused_table_leaves_the_old_output(model, tmp_path):
    """An error in the last row occurs when the first ones are written: no half a file stays."""
    lines = PENGUINS.read_text().splitlines()
    (tmp_path / "t.csv").write_text(
        "\n".join([lines[0], *lines[1:] * 300, *[lines[1].replace("39.1", "long")] * 20_000])
    )
    (tmp_path / "p.csv").write_text("old")
    result = run(model, tmp_path / "t.csv", "-o", tmp_path / "p.csv")
    assert result.exit_code == 2
    assert "row 103200 (counting from 0) holds 'long'" in result.stderr
    assert (tmp_path / "p.csv").read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["p.csv", "t.csv"]


def test_reader_that_goes_away_is_no_trouble(model, tmp_path):
    lines = PENGUINS.read_text().splitlines()
    (tmp_path / "t.csv").write_text("\n".join([lines[0], *lines[1:] * 100]))
    with subprocess.Popen(
        [sys.executable, "-m", "glassnet", "predict", str(model), str(tmp_path / "t.csv")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as running:
        running.stdout.readline()
        running.stdout.close()
        assert running.stderr.read() == b""
    assert running.returncode == 1


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the peak is read from /proc")
def test_memory_does_not_grow_with_the_rows(model, tmp_path):
    """Eight times the rows take less than a fifth more at the peak."""
    lines = PENGUINS.read_text().splitlines()
    peaks = []
    for times in (1000, 8000):
        with (tmp_path / "t.csv").open("w") as file:
            file.write(lines[0] + "\n")
            for _ in range(times):
                file.write("\n".join(lines[1:]) + "\n")
        call = [
            "predict",
            str(model),
            str(tmp_path / "t.csv"),
            "--keep",
            "-o",
            str(tmp_path / "p.csv"),
        ]
        peak = r"re.search(r'VmHWM:\s+(\d+)', open('/proc/self/status').read())[1]"
        code = (
            f"import glassnet.cli, re\ntry:\n    glassnet.cli.main({call})\n"
            f"finally:\n    print({peak})"
        )
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        )
        peaks.append(int(done.stdout))
    assert peaks[1] < 1.2 * peaks[0], peaks
