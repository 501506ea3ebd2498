"""Cells that a person reads as numbers, dates, categories or identifiers are read so, or told."""

from __future__ import annotations

from pathlib import Path

import pytest

from glassnet import inspect_table
from tests.data.ugly import FILES, Ugly


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_an_ugly_file_is_read_as_a_person_would(file: Ugly, tmp_path: Path) -> None:
    path = tmp_path / file.name
    path.write_bytes(file.content)
    report = inspect_table(path)
    assert {
        column.name: column.kind if column.used else "left out" for column in report.columns
    } == file.kinds
    rest = list(report.notices)
    for words in file.said:
        said = next((notice for notice in rest if words in notice), None)
        assert said is not None, (words, report.notices)
        rest.remove(said)
    assert not rest
