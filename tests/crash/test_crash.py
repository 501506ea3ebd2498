"""Nothing that a user does ends the process, hangs, litters, or says what is not ours; a seed that
fails prints how to repeat it."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

if sys.platform != "linux":
    pytest.skip("limits, pidfds and /proc are those of Linux", allow_module_level=True)

from tests.crash.verdict import Ended, judge, judge_command

ROOT = Path(__file__).parents[2]


def fuzz(*options):
    """Run the fuzz and return what it says; without a fault it ends with status 0."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.crash", *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_children_end_with_an_answer_or_an_error_of_ours():
    assert "answers/our errors/foreign ends/faults" in fuzz("--seeds", "0:14", "--no-fresh")


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_two_thousand_children_end_with_an_answer_or_an_error_of_ours():
    print(fuzz("--seeds", "0:2000"))


# The judge itself: what each end counts as.

OPENBLAS = (
    "OpenBLAS blas_thread_init: pthread_create failed for thread 1 of 2: Resource temporarily "
    "unavailable\n"
)
HEAD = "C stack of the thread that died:\n"
LISTENS = (
    "/x/pyarrow/libarrow.so(_ZN5arrow31RegisterCancellingSignalHandlerERKSt6vector+0x6d)[0x7]\n"
)
PYARROW, OURS = HEAD + LISTENS, f"{HEAD}/x/glassnet/_native_avx2.so(+0x1)[0x1]\n{LISTENS}"
ANSWER = {"status": 0, "kind": "answer", "said": ""}
ENDS = {
    "an answer": ({"report": ANSWER}, "answer"),
    "an error of ours": ({"report": {**ANSWER, "kind": "refusal"}}, "refusal"),
    "killed": ({"status": -signal.SIGSEGV}, "fault"),
    "killed as Python ended": ({"status": -signal.SIGABRT, "report": ANSWER}, "fault"),
    "no word": ({"status": 1}, "fault"),
    "another status": ({"status": 120, "report": ANSWER}, "fault"),
    "a traceback": ({"report": ANSWER, "err": "Traceback (most recent call last):\n"}, "fault"),
    "a mistake": (
        {
            "report": ANSWER,
            "err": "Error: x\nThis is a mistake in glassnet, not in your call: please report it.\n",
        },
        "fault",
    ),
    "a warning of NumPy": (
        {"report": ANSWER, "err": "/x.py:3: RuntimeWarning: overflow encountered in exp\n"},
        "fault",
    ),
    "a notice": (
        {"report": ANSWER, "err": "/x.py:3: DataNotice: column 'a' is left out\n"},
        "answer",
    ),
    "a hang": ({"status": -signal.SIGABRT, "hung": True}, "fault"),
    "pyarrow out of threads": ({"status": -signal.SIGABRT, "crash": PYARROW}, "foreign"),
    "pyarrow without a limit": (
        {"status": -signal.SIGABRT, "crash": PYARROW, "limit": "nothing"},
        "fault",
    ),
    "our code on the stack": ({"status": -signal.SIGABRT, "crash": OURS}, "fault"),
    "OpenBLAS out of threads": (
        {"report": {**ANSWER, "kind": "fault"}, "err": OPENBLAS},
        "foreign",
    ),
}


@pytest.mark.parametrize("name", ENDS)
def test_the_judge_tells_ends_apart(name):
    known, kind = ENDS[name]
    ended = {
        "seed": 0,
        "job": "",
        "limit": "threads",
        "status": 0,
        "report": None,
        "err": "",
        "crash": "",
        **known,
    }
    assert judge(Ended(**ended)).kind == kind


COMMANDS = {
    "an answer": ((0, "", "kept", "kept"), "answer"),
    "an answer with an error": ((0, "Error: x\n", "kept", "kept"), "fault"),
    "a refusal": ((2, "Error: x\n", "kept", "kept"), "refusal"),
    "two messages": ((2, "Error: x\nError: y\n", "kept", "kept"), "fault"),
    "no message": ((2, "", "kept", "kept"), "fault"),
    "no message that could be read": ((2, "", "kept", "closed"), "refusal"),
    "nobody reads": ((1, "", "unread", "kept"), "refusal"),
    "interrupted by nobody": ((130, "Interrupted.\n", "kept", "kept"), "fault"),
    "another status": ((3, "Error: x\n", "kept", "kept"), "fault"),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_the_judge_tells_ends_of_commands_apart(name):
    arguments, kind = COMMANDS[name]
    assert judge_command(*arguments)[0] == kind


@pytest.mark.slow
def test_a_fault_is_found_and_told_with_its_seed():
    """A planted fault: a job that ends the process."""
    code = (
        "import os, sys, tests.crash.jobs as jobs\njobs.JOBS.clear()\n"
        "jobs.JOBS['dies'] = lambda rng, place: lambda: os.abort()\n"
        "from tests.crash.__main__ import main\nsys.argv[1:] = ['--seed', '3']\nsys.exit(main())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1, done.stderr
    assert re.search(r"^seed 3: fault: dies, \w+: SIGABRT", done.stdout, re.MULTILINE)
    assert "Fatal Python error: Aborted" in done.stdout
