"""`glassnet inspect`: its text fits the terminal, and its JSON the published schema."""

from __future__ import annotations

import io
import json
from contextlib import ExitStack
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from click import unstyle
from click.testing import CliRunner

import glassnet
from glassnet.cli import main
from glassnet.cli.stdin import table_or_stdin
from glassnet.cli.text import display_width, sparkline

PENGUINS = Path(__file__).parents[2] / "examples" / "penguins.csv"
SCHEMA = json.loads(
    (Path(glassnet.__file__).parent / "cli" / "inspection.schema.json").read_text(encoding="utf-8")
)

TABLES = {
    "dates and booleans": "day,yes,b\n2026-01-31,true,1\n2026-02-28,false,2\n,,3\n",
    "gaps alone": "a,b\n,1\n,2\n",
    "one row": "a,b\n1,x\n",
    "one column": "b\n1\n2\n",
    "constant": "a,b\n" + "7,x\n7,y\n" * 20,
    "identifiers": "a,b\n" + "".join(f"id{i},{i % 2}\n" for i in range(60)),
    "leak": "a,b\n" + "".join(f"{i},{2 * i}\n" for i in range(60)),
    "many classes": "a,b\n" + "".join(f"{i},c{i % 30}\n" for i in range(600)),
    "decimal comma": "a;b\n1,5;2\n2,5;3\n",
    "long and wide letters": (
        f"{'n' * 500},{'漢字' * 9},b\n{'x' * 400},漢字{'漢' * 90},1\n{'y' * 400},字,2\n"
    ),
    "far numbers": "a,b\n1e300,1\n-1e300,2\n1e-300,3\n",
    "no kind of target": "b,a\n,1\n,2\n",
    "date as target": "b,a\n2026-01-31,1\n2026-02-28,2\n",
    "steering names": "\x1b[2Jx,b\n\x1b[31m,1\ny,2\n",
}


def run(*arguments, **options):
    return CliRunner().invoke(
        main, ["inspect", *map(str, arguments)], prog_name="glassnet", **options
    )


@pytest.fixture(params=TABLES, ids=lambda name: name.replace(" ", "-"))
def path(request, tmp_path):
    path = tmp_path / "t.csv"
    path.write_text(TABLES[request.param], encoding="utf-8")
    return path


@pytest.mark.parametrize("target", [(), ("--target", "b")], ids=["no target", "target"])
def test_json_fits_its_schema(path, target):
    result = run(path, *target, "--json")
    assert result.exit_code == 0, result.output
    assert result.stderr == ""
    jsonschema.validate(json.loads(result.stdout), SCHEMA)


@pytest.mark.parametrize("columns", [60, 80, 120])
@pytest.mark.parametrize("target", [(), ("--target", "b")], ids=["no target", "target"])
def test_lines_fit_the_terminal(path, target, columns):
    result = run(path, *target, env={"COLUMNS": str(columns)})
    assert result.exit_code == 0, result.output
    assert "\x1b" not in result.output
    assert max(map(display_width, result.stdout.splitlines())) <= max(columns, 80)


def test_penguins():
    text = run(PENGUINS, "--target", "species").stdout
    for said in (
        "344 rows, 8 columns",
        "species: multiclass, 3 classes",
        "Text, booleans and categories are classes",
        "Adelie      152  44.2 %",
        "sex                category       11         2",
        "32.1 .. 44.4 .. 59.6",
        "a category where it holds text",
    ):
        assert said in text, said
    assert text.isascii()
    found = json.loads(run(PENGUINS, "--target", "species", "--json").stdout)
    assert found["classes"] == [["Adelie", 152], ["Gentoo", 124], ["Chinstrap", 68]]
    assert found["columns"][2]["gaps"] == 2


def test_json_holds_what_inspect_table_says():
    found, report = (
        json.loads(run(PENGUINS, "--json").stdout),
        glassnet.inspect_table(str(PENGUINS)),
    )
    assert [column["name"] for column in found["columns"]] == [
        column.name for column in report.columns
    ]
    assert [tuple(column["histogram"]) for column in found["columns"]] == [
        column.histogram for column in report.columns
    ]


def test_wide_table_is_cut_with_a_count(tmp_path):
    path = tmp_path / "wide.csv"
    np.savetxt(
        path,
        np.arange(600.0).reshape(3, 200),
        delimiter=",",
        header=",".join(f"c{i}" for i in range(200)),
        comments="",
    )
    text = run(path).stdout
    assert "... and 150 more columns: --json has them all." in text
    assert len(text.splitlines()) < 100
    assert len(json.loads(run(path, "--json").stdout)["columns"]) == 200


def test_stdin_is_named_as_such(tmp_path):
    assert "344 rows" in run("-", input=PENGUINS.read_bytes()).stdout
    result = run("-", input=b"")
    assert result.exit_code == 2
    assert result.stderr == "Error: standard input: the file is empty.\n"


def test_stdin_leaves_nothing_behind_where_no_file_can_be_opened_any_more(tmp_path, monkeypatch):
    resource = pytest.importorskip("resource")
    most = resource.getrlimit(resource.RLIMIT_NOFILE)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"a,b\n1,2\n")))
    with ExitStack() as afterwards, table_or_stdin(Path("-")) as path:
        assert path.read_bytes() == b"a,b\n1,2\n"
        assert path.parent.parent == tmp_path
        afterwards.callback(resource.setrlimit, resource.RLIMIT_NOFILE, most)
        resource.setrlimit(resource.RLIMIT_NOFILE, (0, most[1]))
    assert list(tmp_path.iterdir()) == []


def test_notices_name_what_is_left_out(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text(TABLES["identifiers"])
    text = run(path, "--target", "b").stdout
    assert "a (left out)" in text
    assert "Notices" in text


def test_sparkline_is_as_high_as_its_share(monkeypatch):
    assert sparkline((0, 1, 500, 1000)) == " .=@"
    assert sparkline((0, 0)) == "  "
    assert sparkline(()) == ""
    monkeypatch.setattr(
        "glassnet.cli.text.sys.stdout",
        type("Terminal", (), {"isatty": lambda self: True, "encoding": "utf-8"})(),
    )
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert unstyle(sparkline((0, 1, 500, 1000))) == " ▁▄█"
    monkeypatch.setenv("NO_COLOR", "1")
    assert sparkline((0, 1, 500, 1000)) == " .=@"
