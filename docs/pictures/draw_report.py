"""Draws the picture of a report: trains on the penguins, writes the page, and has Chromium take a
picture of its upper part.

Run it as `python docs/pictures/draw_report.py`; it writes report.png beside itself. It needs
chromium on the PATH.
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

import glassnet
from glassnet.data.files.read import read_table
from glassnet.data.rows import Rows
from glassnet.data.split import split_rows
from glassnet.fitting.from_table import features_and_target
from glassnet.report import evaluate_with_baselines, permutation_importances, write_report

HERE = Path(__file__).parent
WIDTH, HEIGHT = 840, 1060


def write_page(path: Path) -> None:
    features, species, _ = features_and_target(
        read_table(HERE.parents[1] / "examples" / "penguins.csv"), "species"
    )
    training, held_out = (
        Rows(features.take(rows), species[rows])
        for rows in split_rows(features.n_rows, 0.3, seed=0, stratify=species.astype(str))
    )
    table = {name: training.X.column(name) for name in training.X.schema.names} | {
        "species": training.y
    }
    model = glassnet.fit(
        table, "species", glassnet.Plan(hidden_layer_sizes=(32, 16), max_epochs=60)
    )
    found = evaluate_with_baselines(model, training, held_out, name="penguins.csv")
    write_report(path, found, model, importances=permutation_importances(model, held_out))


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "report.html"
        write_page(page)
        options = [
            "--headless",
            "--no-sandbox",
            "--hide-scrollbars",
            f"--window-size={WIDTH},{HEIGHT}",
        ]
        subprocess.run(
            ["chromium", *options, f"--screenshot={HERE / 'report.png'}", page.as_uri()],
            check=True,
            capture_output=True,
        )


if __name__ == "__main__":
    main()
