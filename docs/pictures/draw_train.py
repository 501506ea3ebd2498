"""Draws the picture of a terminal: trains on the penguins as the command line does, and has rich
export what it printed.

Run it as `python docs/pictures/draw_train.py`; it writes train.svg beside itself.
"""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.text import Text

HERE = Path(__file__).parent
COMMAND = [
    "glassnet",
    "train",
    "penguins.csv",
    "--target",
    "species",
    "-o",
    "penguins.glassnet",
    "-o",
    "report.html",
]
WIDTH = 100
#: The command as it is, but that its output is taken for a terminal's.
PRETENDS = (
    "import click, sys; click.utils.should_strip_ansi = lambda *_: False; "
    "from glassnet.cli import main; main(prog_name='glassnet')"
)


def printed() -> str:
    table = HERE.parents[1] / "examples" / "penguins.csv"
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / table.name).write_bytes(table.read_bytes())
        environment = {**os.environ, "COLUMNS": str(WIDTH)}
        done = subprocess.run(
            [sys.executable, "-c", PRETENDS, *COMMAND[1:]],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
    return done.stdout


def main() -> None:
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True)
    console.print(Text(f"$ {' '.join(COMMAND)}", style="bold"))
    console.print(Text.from_ansi(printed()))
    # Without the fonts that rich has fetched from elsewhere: the reader's own will do.
    plain = re.sub(r"@font-face \{\{.*?\}\}\s*", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
    console.save_svg(
        str(HERE / "train.svg"), title="glassnet train", font_aspect_ratio=0.61, code_format=plain
    )


if __name__ == "__main__":
    main()
