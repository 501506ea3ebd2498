"""Every table of a folder trains by one command, and the order of its columns does not matter.

The environment variable GLASSNET_TABLES names the folder: NAME.csv.gz files whose first column that
begins with `__y__` is the target.
"""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from glassnet.cli import main

FOLDER = os.environ.get("GLASSNET_TABLES", "")
TABLES = sorted(Path(FOLDER).glob("*.csv.gz")) if FOLDER else []
TARGET = "__y__"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not TABLES, reason="GLASSNET_TABLES names no folder of tables"),
]


def run(*arguments):
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert result.exit_code == 0, result.output
    return result


@pytest.mark.parametrize("path", TABLES, ids=lambda path: path.name.partition(".")[0])
def test_shuffled_columns_predict_the_same(path, tmp_path):
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    target, *others = (name for name in frame.columns if name.startswith(TARGET))
    frame = frame.drop(columns=others)
    frame.to_csv(tmp_path / "t.csv", index=False)
    frame.sample(frac=1.0, axis=1, random_state=0).drop(columns=target).to_csv(
        tmp_path / "shuffled.csv", index=False
    )
    model = tmp_path / "m.glassnet"
    run(
        "train",
        tmp_path / "t.csv",
        "--target",
        target,
        "-o",
        model,
        "--epochs",
        "2",
        "--hidden",
        "16",
        "--quiet",
    )
    answers = []
    for name in ("t", "shuffled"):
        run("predict", model, tmp_path / f"{name}.csv", "-o", tmp_path / f"{name}-out.csv")
        answers.append((tmp_path / f"{name}-out.csv").read_bytes())
    assert answers[0] == answers[1]
    assert answers[0].count(b"\n") > len(frame)
