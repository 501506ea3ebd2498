"""Loading any file takes bounded memory, and runs no code, import, process or connection."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from glassnet.storage import save
from tests.storage import guarded
from tests.storage.models import build


@pytest.fixture
def run(tmp_path):
    """A function that runs `tests.storage.guarded` on a model file and returns what it prints."""
    save(build("multiclass")[0], tmp_path / "model.glassnet")

    def told(mode):
        command = [
            sys.executable,
            "-m",
            "tests.storage.guarded",
            mode,
            str(tmp_path / "model.glassnet"),
        ]
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2]
        )
        assert done.returncode == 0, done.stderr[-2000:]
        return json.loads(done.stdout)

    return told


@pytest.mark.skipif(sys.platform != "linux", reason="limits the address space as Linux does")
def test_hostile_files_are_refused_in_little_memory(run):
    told = run("memory")
    giant, _ = told.pop("giant")
    assert (
        "does not fit into memory" in giant
    )  # the one that asks for what it would need, with nothing else wrong
    assert len(told) > 200
    assert not [name for name, (said, _) in told.items() if not said]
    assert not [name for name, (said, _) in told.items() if "memory" in said]


def test_loading_runs_nothing(run):
    """An audit hook sees no exec, import, process, socket or other file in 1,000 loads."""
    told = run("audit")
    assert told["loaded"] + told["refused"] == guarded.N_LOADS
    assert told["loaded"] > 300
    assert told["refused"] > 500
    assert told["seen"] == []
