"""A line of a paragraph is a line of it: none begins with what Markdown takes for a list, a heading
or a quotation by accident."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.test_code_blocks import PAGES, ROOT

WRITTEN = [
    *PAGES,
    *(ROOT / name for name in ("CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")),
    *sorted((ROOT / "bench").rglob("*.md")),
]
FENCE = re.compile(r" *(`{3,})")
ITEM = re.compile(r" *(?:[-+*]|[0-9]{1,9}[.)])(?: |$)")
OTHER = re.compile(r" {0,3}(?:#{1,6} |>|=+ *$|-+ *$)")


def accidents(page: str) -> Iterator[str]:
    """Lines that begin a list, a heading or a quotation, or make a heading of the line above, where
    no empty line says that it is meant."""
    fence, in_list, before = "", False, ""
    for line in page.splitlines():
        if (found := FENCE.match(line)) and (not fence or found[1] == fence):
            fence, before = "" if fence else found[1], ""
            continue
        if fence:
            continue
        inside = before.strip() and not before.startswith("#")
        if inside and (OTHER.match(line) or (ITEM.match(line) and not in_list)):
            yield line
        if ITEM.match(line) and not inside:
            in_list = True
        elif (
            not before.strip()
            and line.strip()
            and not line.startswith(" ")
            and not ITEM.match(line)
        ):
            in_list = False
        before = line


@pytest.mark.parametrize("page", WRITTEN, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_no_line_of_a_paragraph_begins_something_else(page: Path) -> None:
    assert list(accidents(page.read_text(encoding="utf-8"))) == []


MEANT = (
    "# Title\n\nText.\n\n- one\n- two\n  goes on\n\n1. first\n2. second\n\n"
    "```text\na\n- b\n```\n\n> said\n"
)


@pytest.mark.parametrize(
    "line",
    ["1. The output", "2) or", "- a dash", "+ more", "* star", "# 5 is", "> 5", "---", "==="],
)
def test_planted_accident_is_found(line: str) -> None:
    assert list(accidents(MEANT)) == []
    assert list(accidents(f"{MEANT}\nIt is nearly exactly 0 or\n{line}\nand so on.\n")) == [line]
