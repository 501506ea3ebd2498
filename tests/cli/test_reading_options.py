"""The options that say how a table is written work on every command; wrong ones are refused."""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.feather
import pytest
from click.testing import CliRunner

from glassnet.cli import main
from tests.cli.invoked import QUICK, report, run

N = 60
RNG = np.random.default_rng(0)
PRICE, DAY = (
    (RNG.normal(2000.0, 900.0, N)).round(2),
    np.array(["2024-01-01"], "M8[D]") + RNG.integers(0, 300, N) % 12,
)
PLACE = RNG.choice(["maß", "b", "ü"], N)
FRAME = pd.DataFrame(
    {
        "price": PRICE,
        "place": PLACE,
        "day": DAY.astype("M8[us]"),
        "sold": np.where(PRICE > 2000, "no", "yes"),
    }
)
FRAME.loc[::9, "price"] = np.nan
DAYS = {"iso": "%Y-%m-%d", "dmy": "%d/%m/%Y", "mdy": "%m/%d/%Y"}


def text(
    delimiter: str = ",",
    decimal: str = ".",
    thousands: str = "",
    gap: str = "",
    order: str = "iso",
    notes: str = "",
) -> str:
    lines = [delimiter.join(FRAME.columns)]
    for i, (price, place, day, sold) in enumerate(FRAME.itertuples(index=False)):
        number = (
            gap
            if np.isnan(price)
            else f"{price:,.2f}".translate(str.maketrans({",": thousands, ".": decimal}))
        )
        lines += [notes] if notes and i % 20 == 5 else []
        cells = (number, place, day.strftime(DAYS[order]), sold)
        lines.append(delimiter.join(f'"{cell}"' if delimiter in cell else cell for cell in cells))
    return "\n".join(lines) + "\n"


#: What is said, the file that needs it, and the same file as it is without that said.
OPTIONS: dict[str, tuple[list[str], bytes]] = {
    "delimiter": (["--delimiter", "^"], text("^").encode()),
    "delimiter, a word": (["--delimiter", "space"], text(" ").encode()),
    "delimiter tab": (["--delimiter", "tab"], text("\t").encode()),
    "encoding": (["--encoding", "cp437"], text().encode("cp437")),
    "encoding without a mark": (["--encoding", "UTF-16-LE"], text().encode("utf-16-le")),
    "decimal": (["--decimal", ","], text(",", ",").encode()),
    "thousands": (["--thousands", "."], text(";", ",", ".").encode()),
    "thousands, a word": (["--thousands", "space"], text(";", ",", " ").encode()),
    "missing": (["--missing", "-999, kaputt"], text(gap="-999").encode()),
    "skip rows": (["--skip-rows", "3"], b"Report, of me\n\nand you\n" + text().encode()),
    "skip some rows": (
        ["--skip-rows", f"1-2,{N + 4}-{N + 5}"],
        b"Report\nof\n" + text().encode() + b"Total,,,\nSource: me\n",
    ),
    "comment": (["--comment", "//"], b"// me, you\n" + text(notes="// it, was; so").encode()),
    "dates": (["--dates", "dmy"], text(order="dmy").encode()),
    "dates of the other order": (["--dates", "mdy"], text(order="mdy").encode()),
    "several": (
        ["--delimiter", ";", "--decimal", ",", "--dates", "dmy", "--skip-rows", "1"],
        b"A\n" + text(";", ",", order="dmy").encode(),
    ),
}


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the table in the ordinary dialect, a model of it, and its predictions."""
    folder = tmp_path_factory.mktemp("plain")
    (folder / "t.csv").write_text(text())
    result = run("train", folder / "t.csv", "--target", "sold", "-o", folder / "m.glassnet", *QUICK)
    assert result.exit_code == 0, result.output
    (folder / "p.csv").write_text(run("predict", folder / "m.glassnet", folder / "t.csv").stdout)
    return folder


def columns_of(inspected: dict[str, Any]) -> list[tuple[Any, ...]]:
    return [
        (column["name"], column["kind"], column["gaps"], column["quantiles"])
        for column in inspected["columns"]
    ]


@pytest.mark.parametrize("member", OPTIONS)
def test_each_option_works_on_every_command(member: str, plain: Path, tmp_path: Path) -> None:
    said, content = OPTIONS[member]
    table = tmp_path / "t.csv"
    table.write_bytes(content)
    expected = (plain / "p.csv").read_text()
    assert columns_of(report("inspect", table, "--target", "sold", *said)) == columns_of(
        report("inspect", plain / "t.csv", "--target", "sold")
    )
    # A model of the ordinary table reads the other one where that is said.
    result = run("predict", plain / "m.glassnet", table, *said)
    assert (result.exit_code, result.stdout) == (0, expected), result.output
    scores = report("evaluate", plain / "m.glassnet", plain / "t.csv")["scores"]
    assert report("evaluate", plain / "m.glassnet", table, *said)["scores"] == scores
    # A model of the other table needs nothing said of it, nor of the ordinary one.
    result = run("train", table, "--target", "sold", "-o", tmp_path / "m.glassnet", *QUICK, *said)
    assert result.exit_code == 0, result.output
    for read in (table, plain / "t.csv"):
        result = run("predict", tmp_path / "m.glassnet", read)
        assert (result.exit_code, result.stdout) == (0, expected), result.output
        assert report("evaluate", tmp_path / "m.glassnet", read)["scores"] == scores
        kept = pd.read_csv(
            io.StringIO(run("predict", tmp_path / "m.glassnet", read, "--keep").stdout)
        )
        assert list(kept)[:4] == list(FRAME)
        assert kept.place.tolist() == PLACE.tolist()
        assert np.allclose(kept.price, FRAME.price, equal_nan=True)
    # From stdin, too.
    result = CliRunner().invoke(
        main, ["predict", str(plain / "m.glassnet"), "-", *said], input=content
    )
    assert (result.exit_code, result.stdout) == (0, expected), result.output


def test_an_option_wins_over_what_the_model_remembers(plain: Path, tmp_path: Path) -> None:
    (tmp_path / "dmy.csv").write_text(text(order="dmy"))
    (tmp_path / "mdy.csv").write_text(text(order="mdy"))
    assert (
        run(
            "train",
            tmp_path / "dmy.csv",
            "--target",
            "sold",
            "-o",
            tmp_path / "m.glassnet",
            *QUICK,
            "--dates",
            "dmy",
        ).exit_code
        == 0
    )
    expected = (plain / "p.csv").read_text()
    assert run("predict", tmp_path / "m.glassnet", tmp_path / "dmy.csv").stdout == expected
    assert (
        run("predict", tmp_path / "m.glassnet", tmp_path / "mdy.csv", "--dates", "mdy").stdout
        == expected
    )
    assert run("predict", tmp_path / "m.glassnet", tmp_path / "mdy.csv").stdout != expected


WRONG = {
    "--encoding": ["nope", "", "hex", "rot13"],
    "--delimiter": ["ab", "", "\n", "é", '"'],
    "--decimal": ["x", "", ";"],
    "--thousands": ["ab", "x", ";"],
    "--skip-rows": ["x", "-1", "5-2", "0-2", "1,2", "1.5", "", "9999999"],
    "--comment": ["", "a\nb"],
    "--dates": ["yyy", "", "DMY-"],
}


@pytest.mark.parametrize("option", WRONG)
def test_a_value_that_cannot_be_is_one_usage_error(
    option: str, plain: Path, tmp_path: Path
) -> None:
    commands = {
        "train": ("train", plain / "t.csv", "--target", "sold", "-o", tmp_path / "m.glassnet"),
        "predict": ("predict", plain / "m.glassnet", plain / "t.csv"),
        "evaluate": ("evaluate", plain / "m.glassnet", plain / "t.csv"),
        "explain": ("explain", plain / "m.glassnet", plain / "t.csv"),
        "inspect": ("inspect", plain / "t.csv"),
    }
    for value in WRONG[option]:
        for command in commands.values():
            result = run(*command, option, value)
            assert result.exit_code == 2, (command, value, result.output)
            assert result.stdout == ""
            assert sum(line.startswith("Error: ") for line in result.stderr.splitlines()) == 1
    assert not (tmp_path / "m.glassnet").exists()
    for command in commands.values():
        result = run(*command, "--decimal", ",", "--thousands", ",")
        assert (result.exit_code, "must be different characters" in result.stderr) == (2, True)


@pytest.mark.parametrize("kind", ["parquet", "feather", "arrow", "folder"])
def test_options_of_text_files_are_refused_by_name_elsewhere(
    kind: str, plain: Path, tmp_path: Path
) -> None:
    table = tmp_path / ("parts" if kind == "folder" else f"t.{kind}")
    if kind == "folder":
        table.mkdir()
    if kind in ("parquet", "folder"):
        FRAME.to_parquet(table / "a.parquet" if kind == "folder" else table)
    else:
        pa.feather.write_feather(pa.Table.from_pandas(FRAME), str(table))
    commands = (
        ("train", table, "--target", "sold", "-o", tmp_path / "m.glassnet", *QUICK),
        ("predict", plain / "m.glassnet", table),
        ("evaluate", plain / "m.glassnet", table),
        ("explain", plain / "m.glassnet", table),
        ("inspect", table),
    )
    for command in commands:
        for said in (
            ["--delimiter", ";"],
            ["--encoding", "utf-8"],
            ["--skip-rows", "1"],
            ["--comment", "#"],
        ):
            result = run(*command, *said)
            assert result.exit_code == 2, result.output
            assert f"{said[0]} is for text files" in result.stderr
        result = run(
            *command, "--decimal", ".", "--thousands", "none", "--missing", "NA", "--dates", "dmy"
        )
        assert result.exit_code == 0, result.output
    assert run(*commands[1]).stdout == (plain / "p.csv").read_text()


@pytest.mark.parametrize("kind", ["csv", "csv.gz", "parquet"])
def test_missing_words_are_those_that_are_said(kind: str, tmp_path: Path) -> None:
    words = ["NA", "None", "-", "x", "y"] * 12
    frame = pd.DataFrame({"word": words, "z": np.arange(60.0), "t": ["a", "b", "c"] * 20})
    table = tmp_path / f"t.{kind}"
    if kind == "parquet":
        frame.to_parquet(table)
    else:
        content = frame.to_csv(index=False).encode()
        table.write_bytes(gzip.compress(content) if kind == "csv.gz" else content)
    gaps = {
        (): 24,
        ("--missing", ""): 0,
        ("--missing", "-"): 12,
        ("--missing", "-,NA"): 24,
        ("--missing", " x , y , - "): 36,
    }
    for said, count in gaps.items():
        column = report("inspect", table, *said)["columns"][0]
        assert (column["kind"], column["gaps"]) == ("category", count), said
        result = run("train", table, "--target", "t", "-o", tmp_path / "m.glassnet", *QUICK, *said)
        assert result.exit_code == 0, result.output
        expected = run("predict", tmp_path / "m.glassnet", table).stdout
        assert run("predict", tmp_path / "m.glassnet", table, *said).stdout == expected
    assert (
        json.loads(run("inspect", table, "--json", "--target", "word", "--missing", "").stdout)[
            "classes"
        ][0][1]
        == 12
    )
