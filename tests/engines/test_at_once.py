"""Engines, sessions and estimators in many threads, after a fork, and short of memory or threads.

Each case runs in a child process; see `at_once.py`.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.engines.at_once import CASES
from tests.engines.test_native_parity import needs_native

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
QUICK = (
    "one engine",
    "partial_fit of GlassNetClassifier",
    "partial_fit of MLPRegressor",
    "advance of one session",
)
FORKING = ("fork while others predict", "fork in a run")
ENGINES = [pytest.param("native", marks=needs_native), "reference"]

pytestmark = pytest.mark.skipif(
    not (hasattr(os, "fork") and Path("/proc/self/statm").exists()), reason="made for Linux"
)


def done_in_a_child(engine: str, seed: int, n_calls: int, *cases: str) -> None:
    command = [sys.executable, str(HERE / "at_once.py"), engine, str(seed), str(n_calls), *cases]
    came = subprocess.run(
        command, capture_output=True, text=True, timeout=600, cwd=ROOT, check=False
    )
    assert (came.returncode, came.stderr) == (0, ""), came.stderr
    assert came.stdout.splitlines() == [f"{case} was done" for case in cases]


@pytest.mark.parametrize("engine", ENGINES)
def test_threads_at_once(engine: str) -> None:
    done_in_a_child(engine, 0, 1, *QUICK)


@needs_native
def test_forks_few_threads_and_a_daemon_when_python_ends() -> None:
    done_in_a_child("native", 0, 1, *FORKING, "no more threads", "daemon thread at exit")


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("engine", ENGINES)
def test_twenty_runs(engine: str, case: str) -> None:
    for seed in range(20):
        done_in_a_child(engine, seed, 4, case)
