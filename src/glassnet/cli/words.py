"""Text for the terminal: aligned tables, labelled lines, numbers as people write them. Styled on a terminal, plain elsewhere."""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
from collections.abc import Iterable, Sequence
from unicodedata import category, east_asian_width

import click

from glassnet.errors import inert

LABEL = 10  # columns that a label takes
WIDEST = 120
#: So many characters are shown for each column: a letter and its marks, of which a stranger's text
#: may have thousands.
MARKS = 4


def printable(text: object) -> str:
    r"""Return text on one line, with control characters written out (an escape as `\x1b`)."""
    return inert(str(text)).replace("\n", "\\n")


def styled(text: str, **style: bool) -> str:
    """Return text in bold or dim, unless NO_COLOR asks for plain text; click drops all styles where stdout is no terminal."""
    return text if os.environ.get("NO_COLOR") else click.style(text, **style)


def width() -> int:
    """Return how wide lines may be: as the terminal is, 80 columns where there is none."""
    return min(WIDEST, shutil.get_terminal_size().columns)


def writes_unicode() -> bool:
    """Return whether stdout takes every character."""
    return (getattr(sys.stdout, "encoding", None) or "").lower().replace("-", "") == "utf8"


def blocks() -> str:
    """Return signs for nothing, little, ... and much; plain ASCII where the terminal has no others, or NO_COLOR asks for it."""
    plain = not sys.stdout.isatty() or os.environ.get("NO_COLOR") or not writes_unicode()
    return " .:-=+*#@" if plain else " ▁▂▃▄▅▆▇█"


def sparkline(counts: Sequence[int]) -> str:
    """Return a sign for each count, as high as its share of the largest one; what is not 0 shows."""
    signs, most = blocks(), max(counts, default=0)
    return "".join(
        signs[-(-count * (len(signs) - 1) // most)] if most else signs[0] for count in counts
    )


def labelled(label: str, text: str) -> str:
    """Return a label in bold and a text beside it, wrapped to the terminal."""
    lines = [
        line
        for paragraph in text.split("\n")
        for line in textwrap.wrap(paragraph, max(40, width() - LABEL), break_on_hyphens=False)
        or [""]
    ]
    return "\n".join(
        (styled(label, bold=True) + " " * (LABEL - len(label)) if i == 0 else " " * LABEL) + line
        for i, line in enumerate(lines)
    )


def table(
    head: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    right: Sequence[int] = (),
    indent: int = LABEL,
) -> str:
    """Return rows aligned under a dim head; the columns named by `right` are aligned to the right, the last one is cut to fit."""
    lines = [list(head), *(list(row) for row in rows)]
    widths = [max(cells(line[i]) for line in lines) for i in range(len(head))]
    most = width() if sys.stdout.isatty() else 10_000  # a file or a pipe gets all of it
    room = max(20, most - indent - sum(widths[:-1]) - 2 * (len(head) - 1))
    shown = []
    for n, line in enumerate(lines):
        line[-1] = (
            line[-1]
            if cells(line[-1]) <= room or len(head) - 1 in right
            else clipped(line[-1], room)
        )
        padded = [
            " " * (widths[i] - cells(text)) + text
            if i in right
            else text + " " * (widths[i] - cells(text))
            for i, text in enumerate(line)
        ]
        text = "  ".join(padded).rstrip()
        shown.append(" " * indent + (styled(text, dim=True) if n == 0 else text))
    return "\n".join(shown)


def listed(words: Sequence[str], room: int) -> str:
    """Return as many of the words as fit into the room, joined by commas, and how many more there are."""
    shown = ""
    for i, word in enumerate(words):
        longer = f"{shown}, {word}" if i else clipped(word, room)
        if i and len(longer) > room:
            return f"{shown} and {len(words) - i:,} more"
        shown = longer
    return shown


def cells(text: str) -> int:
    """Return how many columns of a terminal a text takes: East Asian characters are wide, combining marks take none."""
    return len(text) if text.isascii() else sum(map(_cells_of, text))


def _cells_of(character: str) -> int:
    return (
        0
        if category(character) in ("Mn", "Me", "Cf")
        else 2
        if east_asian_width(character) in "WF"
        else 1
    )


def clipped(text: str, room: int) -> str:
    """Return a text cut to so many columns, with an ellipsis where something is missing; it looks at no more of the text than is shown."""
    most = MARKS * max(room, 1)
    taken = kept = 0  # columns, and characters that leave one for the ellipsis
    for i, character in enumerate(text[:most]):
        taken += _cells_of(character)
        if taken > room:
            break
        if taken <= room - 1:
            kept = i + 1
    else:
        if len(text) <= most:
            return text
    return text[:kept].rstrip() + ("…" if writes_unicode() else "~")


def counted(n: int, one: str, many: str = "") -> str:
    """Return `1 row`, `1,234 rows`."""
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def duration(seconds: float) -> str:
    """Return seconds as `0.8 s`, `41 s`, `3 min 20 s`, `2 h 5 min`."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 120:
        return f"{whole} s"
    return (
        f"{whole // 60} min {whole % 60} s"
        if whole < 7200
        else f"{whole // 3600} h {whole % 3600 // 60} min"
    )


def file_size(n_bytes: int) -> str:
    """Return bytes as `812 bytes`, `286 KB`, `1.2 MB`."""
    if n_bytes < 1000:
        return f"{n_bytes} bytes"
    return f"{n_bytes / 1e3:.0f} KB" if n_bytes < 999_500 else f"{n_bytes / 1e6:.1f} MB"


def score(name: str, value: float) -> str:
    """Return a score as it is read: shares in percent, the rest with four digits."""
    if name in ("accuracy", "balanced accuracy"):
        return f"{100.0 * value:.1f} %"
    return f"{round(value, 3) + 0.0:.3f}" if name in ("AUC", "R2", "log loss") else f"{value:.4g}"
