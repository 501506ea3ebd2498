"""Long names, labels and cells, and many columns: text is cut, at a cost that stays linear."""

from __future__ import annotations

import difflib
import time
from collections.abc import Callable

import numpy as np
import pytest

from glassnet.cli import text as cli_text
from glassnet.data.files.line_filter import LineFilter, numbered_lines
from glassnet.data.tables import numerals
from glassnet.data.tables.moments import read_dates
from glassnet.data.tables.schema import Form
from glassnet.errors import did_you_mean
from tests.cli.invoked import QUICK, run

CLIPPED = {
    "short": ("abc", 5, "abc"),
    "just fits": ("abcde", 5, "abcde"),
    "long": ("abcdefgh", 5, "abcd~"),
    "wide": ("\u754c\u754c\u754c", 5, "\u754c\u754c~"),
    "wide that just fits": ("\u754c\u754c", 4, "\u754c\u754c"),
    "half a wide one": ("a\u754c\u754c", 4, "a\u754c~"),
    "marks": ("e\u0301e\u0301e\u0301", 2, "e\u0301~"),
    "a space before the cut": ("ab cdefg", 4, "ab~"),
    "nothing": ("", 3, ""),
    "only marks": ("e" + "\u0301" * 100, 5, "e" + "\u0301" * 19 + "~"),
}


@pytest.mark.parametrize("name", CLIPPED)
def test_clipped(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli_text, "writes_unicode", lambda: False)
    text, room, expected = CLIPPED[name]
    assert cli_text.clipped(text, room) == expected


def test_clipping_looks_at_what_is_shown_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    character_width = cli_text._character_width
    monkeypatch.setattr(
        cli_text,
        "_character_width",
        lambda character: seen.append(character) or character_width(character),
    )
    for text in ("x" * 1_000_000, "\u754c" * 1_000_000, "e" + "\u0301" * 1_000_000):
        assert len(cli_text.clipped(text, 40)) <= 4 * 40 + 1
    assert len(seen) <= 3 * 4 * 40
    assert len(cli_text.fitted_list(["x" * 1_000_000, "y"], 40)) < 60


def test_a_misspelt_name_is_compared_in_full_with_few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 5,000 names that share their letters; and what is nearest is still found among them."""
    rng = np.random.default_rng(0)
    letters = list("abcdefghijklmnopqrst" * 3)
    names = ["".join(rng.permutation(letters)) for _ in range(5_000)] + ["income_of_household"]
    ratios = []
    ratio = difflib.SequenceMatcher.ratio
    monkeypatch.setattr(
        difflib.SequenceMatcher, "ratio", lambda matcher: ratios.append(1) or ratio(matcher)
    )
    assert did_you_mean("income_of_houshold", names) == " Did you mean 'income_of_household'?"
    did_you_mean("".join(rng.permutation(letters)), names)
    assert len(ratios) <= 200
    assert did_you_mean("x", ["y" * 1_000]) == ""


def test_a_long_text_is_no_number_with_a_unit_and_no_date() -> None:
    """Complex patterns are not tried on it: each took milliseconds, for each form and order."""
    assert numerals.spelled("1,234" * 1 + " kg", Form(".", ",")) == (1234.0, "kg")
    assert numerals.spelled("1" + ",234" * 200, Form(".", ",")) is None
    assert numerals.spelled("0." + "1" * 1_000, Form()) == (float("0." + "1" * 1_000), "")
    assert (
        str(read_dates(["Friday" + "," * 1 + " 31 January 2026"])[0])
        == "2026-01-31T00:00:00.000000"
    )
    assert np.isnat(read_dates(["Friday" + " " * 100 + "31 January 2026"])[0])


def test_a_name_that_is_longer_than_a_cell_may_be_is_refused(tmp_path) -> None:
    for n, said in (
        (70_000, "a column has a name of 70,000 characters"),
        (200_000, "a name of more than 131,072 characters"),
    ):
        (tmp_path / "a.csv").write_text(f"a,{'n' * n}\n1,2\n2,3\n")
        result = run("inspect", tmp_path / "a.csv")
        assert result.exit_code == 2
        assert said in result.output
        assert len(result.output) < 700


class Counted(bytes):
    """Bytes that count how often they are joined to others."""

    joined = 0

    def __radd__(self, other: bytes) -> bytes:
        Counted.joined += len(other)
        return bytes.__add__(other, self)


def test_a_line_as_long_as_a_file_is_joined_once() -> None:
    """Where lines are skipped or numbered: each piece was joined to all before it."""
    ends = [b"a,b\n# no row\r", b"\n1,2\r", b"3,4", b"5", b"\n", b"6\r", b"7", b"8\r"]
    assert [line for _, line in numbered_lines(iter(ends))] == [
        b"a,b",
        b"# no row",
        b"1,2",
        b"3,45",
        b"6",
        b"78",
    ]
    lines = LineFilter((), "#")
    assert (
        b"".join(lines.kept(piece, last=False) for piece in ends) + lines.kept(b"", last=True)
        == b"a,b\n1,2\r3,45\n6\r78\r"
    )
    many = [Counted(b"x" * 1_000) for _ in range(1_000)]
    assert [len(line) for _, line in numbered_lines(iter(many))] == [1_000_000]
    lines = LineFilter((), "#")
    assert sum(len(lines.kept(piece, last=False)) for piece in many) == 0
    assert len(lines.kept(b"", last=True)) == 1_000_000
    assert Counted.joined == 0


# For long: a table at each limit, through every command.


def rows(cell: Callable[[int], str], n: int = 60) -> str:
    return "".join(f"{i},{cell(i)}\n" for i in range(n))


EDGES: dict[str, Callable[[], tuple[str, str]]] = {
    "cells": lambda: ("y", "a,b,y\n" + rows(lambda i: f"{'x' * 65_000 if i % 2 else 'z'},{i % 2}")),
    "labels": lambda: (
        "y",
        "a,b,y\n" + rows(lambda i: f"q{i % 3},{'x' * 65_000 if i % 2 else 'z'}"),
    ),
    "wide letters": lambda: (
        "y",
        "a,b,y\n" + rows(lambda i: f"q{i % 3},{chr(0x754C) * 21_000 if i % 2 else 'z'}"),
    ),
    "marks": lambda: (
        "y",
        "a,b,y\n" + rows(lambda i: f"q{i % 3},{'e' + chr(0x301) * 30_000 if i % 2 else 'z'}"),
    ),
    "a name": lambda: ("y", f"a,{'n' * 65_000},y\n" + rows(lambda i: f"{i % 7},{i % 2}")),
    "the target": lambda: (
        "n" * 16_000,
        f"a,b,{'n' * 16_000}\n" + rows(lambda i: f"{i % 7},{i % 2}"),
    ),
    "levels": lambda: ("y", "a,b,y\n" + rows(lambda i: f"{'x' * 60_000}{i % 500},{i % 2}", 1_000)),
    "many levels": lambda: ("y", "a,b,y\n" + rows(lambda i: f"level{i % 10_000},{i % 2}", 30_000)),
    "columns": lambda: ("y", _wide(9_999)),
}


def _wide(n: int) -> str:
    cells = np.random.default_rng(0).integers(0, 99, (30, n)).astype(str)
    return (
        ",".join([*(f"c{i}" for i in range(n)), "y"])
        + "\n"
        + "".join(",".join(row) + f",{i % 2}\n" for i, row in enumerate(cells))
    )


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", EDGES)
def test_every_command_at_the_edge_of_every_limit(name: str, tmp_path) -> None:
    """Each ends in a minute on a busy machine; before, a name of 16,000 letters took 40 s."""
    target, text = EDGES[name]()
    table, model, page = tmp_path / "a.csv", tmp_path / "m.glassnet", tmp_path / "page.html"
    table.write_text(text, encoding="utf-8")
    for arguments in (
        ("inspect", table, "--target", target),
        ("train", table, "--target", target, "-o", model, *QUICK),
        ("show", model),
        ("predict", model, table, "-o", tmp_path / "out.csv"),
        ("evaluate", model, table, "-o", page),
    ):
        begun = time.process_time()
        result = run(*arguments)
        assert (result.exit_code, result.output[-300:] if result.exit_code else "") == (0, "")
        assert time.process_time() - begun < 60, arguments[0]
        assert len(result.output) < (20_000 if name != "columns" else 2_000_000), arguments[0]
