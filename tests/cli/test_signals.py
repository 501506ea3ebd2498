"""Signals at random moments of `glassnet train`: a model or one line, and no files left over."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="children are forked")

#: What a training that a signal ends may leave.
FILES = {"m.glassnet", "p.html"}
#: Done, and the three signals as shells say them.
STATUS = {0, *(128 + number for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP))}
#: Lines of stderr, each of them ours.
LINES = re.compile(
    r"|Note: .*|Trained for .*|epoch \d+ of at most .*|Interrupted( by SIG[A-Z]+)?\."
    r"|Interrupted after .* are kept\. Again to leave at once\."
    r"|Interrupted: the simpler models are left out. Again to leave at once\."
)


def faults(found):
    """Everything that is wrong with what came of a training."""
    strange = [line for line in found["stderr"].splitlines() if not LINES.fullmatch(line)]
    yield from (f"says {line!r}" for line in strange)
    if found["status"] not in STATUS:
        yield f"ends with status {found['status']}"
    if found["epoch"] and not found["model"]:
        yield "has lost its model"
    if found["model"] not in ("", "interrupted", "all epochs done", "no further gain"):
        yield f"has a model that is {found['model']}"
    if not found["model"] and found["status"] == 0:
        yield "ends well without a model"
    if not set(found["left"]) <= FILES:
        yield f"leaves {found['left']}"


def signalled(folder, seeds):
    """What came of a training for each seed."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.cli.signalled", str(folder), *map(str, seeds)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(found) == len(seeds), done.stderr
    return found


def held_to_account(found):
    wrong = [f"{fault}: {one}" for one in found for fault in faults(one)]
    assert not wrong, "\n".join(wrong)


def test_signals_at_some_moments(tmp_path):
    held_to_account(signalled(tmp_path, range(2)))


@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_three_hundred_signals_in_all_phases(tmp_path):
    found = signalled(tmp_path, range(1000, 1300))
    held_to_account(found)
    ended = {(one["status"], one["model"]) for one in found}
    assert {status for status, _ in ended} == STATUS
    assert {model for _, model in ended} >= {"", "interrupted", "all epochs done"}
