"""Format text for the terminal: aligned tables, labelled lines, text clipped to a width.

Text is styled on a terminal and plain elsewhere.
"""

import os
import shutil
import sys
import textwrap
from collections.abc import Iterable, Sequence
from unicodedata import category, east_asian_width

import click

LABEL_WIDTH = 12
MAX_WIDTH = 120
#: The maximum number of characters for each column of the terminal: a letter and its combining
#: marks, of which untrusted text may have thousands.
MAX_MARKS = 4


def styled(text: str, **style: bool) -> str:
    """Return text in bold or dim unless NO_COLOR is set; click drops styles without a terminal."""
    return text if os.environ.get("NO_COLOR") else click.style(text, **style)


def terminal_width() -> int:
    """Return the width of the terminal, 80 columns without one."""
    return min(MAX_WIDTH, shutil.get_terminal_size().columns)


def writes_unicode() -> bool:
    """Return whether stdout can encode every character."""
    return (getattr(sys.stdout, "encoding", None) or "").lower().replace("-", "") == "utf8"


def sparkline(counts: Sequence[int]) -> str:
    """Return a bar chart with one character for each count; only 0 is blank.

    The characters are ASCII if the terminal has no others or NO_COLOR is set.
    """
    ascii_only = not sys.stdout.isatty() or os.environ.get("NO_COLOR") or not writes_unicode()
    levels = " .:-=+*#@" if ascii_only else " ▁▂▃▄▅▆▇█"
    highest = max(1, *counts) if counts else 1
    return "".join(levels[-(-count * (len(levels) - 1) // highest)] for count in counts)


def labelled(label: str, text: str) -> str:
    """Return a bold label followed by a text, wrapped to the terminal."""
    lines = [
        line
        for paragraph in text.split("\n")
        for line in textwrap.wrap(
            paragraph, max(40, terminal_width() - LABEL_WIDTH), break_on_hyphens=False
        )
        or [""]
    ]
    heads = [styled(label, bold=True) + " " * (LABEL_WIDTH - len(label)), " " * LABEL_WIDTH]
    return "\n".join(heads[i > 0] + line for i, line in enumerate(lines))


def format_table(
    head: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    right: Sequence[int] = (),
    indent: int = LABEL_WIDTH,
) -> str:
    """Return rows aligned under a dim head.

    Parameters
    ----------
    head : titles of the columns; without any title there is no head
    rows : cells of each row
    right : indices of right-aligned columns; the last column is cut to fit unless it is among them
    indent : of all lines
    """
    lines = [list(head), *map(list, rows)]
    widths = [max(map(display_width, column)) for column in zip(*lines, strict=True)]
    width = terminal_width() if sys.stdout.isatty() else 10_000  # a file or a pipe gets all text
    room = max(20, width - indent - sum(widths[:-1]) - 2 * (len(head) - 1))
    shown = []
    for line in lines:
        if len(head) - 1 not in right:
            line[-1] = clipped(line[-1], room)
        blanks = [
            " " * (width - display_width(text)) for text, width in zip(line, widths, strict=True)
        ]
        cells = [
            blank + text if i in right else text + blank
            for i, (text, blank) in enumerate(zip(line, blanks, strict=True))
        ]
        shown.append("  ".join(cells).rstrip())
    shown[0] = styled(shown[0], dim=True)
    return "\n".join(" " * indent + text for text in (shown if any(head) else shown[1:]))


def fitted_list(names: Sequence[str], room: int) -> str:
    """Return as many names as fit into a width, joined by commas, and how many more there are."""
    shown = clipped(names[0], room) if names else ""
    for i, name in enumerate(names[1:], 1):
        if len(shown) + 2 + len(name) > room:
            return f"{shown} and {len(names) - i:,} more"
        shown = f"{shown}, {name}"
    return shown


def display_width(text: str) -> int:
    """Return the width of text in columns: East Asian letters take two, combining marks none."""
    return len(text) if text.isascii() else sum(map(_character_width, text))


def _character_width(character: str) -> int:
    if category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if east_asian_width(character) in "WF" else 1


def clipped(text: str, room: int) -> str:
    """Return text clipped to a width, with an ellipsis if it was longer.

    The cost does not grow with the length of the text.
    """
    max_length = MAX_MARKS * max(room, 1)
    used = kept = 0  # columns used; characters that leave one column for the ellipsis
    for i, character in enumerate(text[:max_length]):
        used += _character_width(character)
        if used > room:
            break
        if used <= room - 1:
            kept = i + 1
    else:
        if len(text) <= max_length:
            return text
    return text[:kept].rstrip() + ("…" if writes_unicode() else "~")


def duration(seconds: float) -> str:
    """Return seconds as `0.8 s`, `41 s`, `3 min 20 s`, `2 h 5 min`."""
    whole = round(seconds)
    if whole < 120:
        return f"{seconds:.1f} s" if seconds < 9.95 else f"{whole} s"
    if whole < 7200:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def file_size(n_bytes: int) -> str:
    """Return bytes as `812 bytes`, `286 KB`, `1.2 MB`."""
    if n_bytes < 1000:
        return f"{n_bytes} bytes"
    return f"{n_bytes / 1e3:.0f} KB" if n_bytes < 999_500 else f"{n_bytes / 1e6:.1f} MB"
