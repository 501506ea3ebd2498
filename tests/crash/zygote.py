"""A process that has imported everything forks a child for each seed: that costs milliseconds where
a new interpreter takes seconds."""

from __future__ import annotations

import fcntl
import gc
import importlib
import os
import pkgutil
import re
import selectors
import signal
import subprocess
import sys
import warnings
from contextlib import suppress
from pathlib import Path

import narwhals
from narwhals import dependencies

import glassnet
from glassnet.engines.native import compiled
from tests.crash.child import CRASH, REPORT, STACKS, drawn, live
from tests.crash.jobs import JOBS
from tests.crash.place import make_pantry
from tests.crash.verdict import Ended, judge, judge_command

#: Seconds that a child may take on a busy machine; one takes less than one as a rule.
LONGEST = 60.0
PIPE = 2**20
#: What the libraries import when they are first used.
LATE = """
pyarrow.parquet pyarrow.csv pyarrow.compute pyarrow.feather pyarrow.ipc pyarrow.dataset
scipy.optimize scipy.special scipy.sparse.linalg
sklearn.calibration sklearn.ensemble sklearn.linear_model sklearn.metrics
sklearn.model_selection sklearn.neural_network
pandas polars joblib rich.console rich.progress rich.live rich.table threadpoolctl narwhals
encodings.cp1252 encodings.utf_16 encodings.ascii encodings.idna concurrent.futures.thread
multiprocessing.pool
safetensors.numpy click._textwrap click._termui_impl click.shell_completion ctypes tempfile
gzip json difflib html http pickle
"""


def import_everything():
    """Import what any job may need, so that a limit meets our code and no import."""
    for module in pkgutil.walk_packages(glassnet.__path__, "glassnet."):
        if not module.name.endswith("__main__") and "._native" not in module.name:
            importlib.import_module(module.name)
    compiled()
    dependencies.is_into_dataframe(object())  # looks for plugins, once
    for name in LATE.split():
        importlib.import_module(name)
    for module in pkgutil.walk_packages(narwhals.__path__, "narwhals.", onerror=lambda name: None):
        if re.match(r"narwhals\._((arrow|pandas_like|polars|interchange)\b|[a-z_]+$)", module.name):
            with suppress(ImportError):  # a door to a library that is not here
                importlib.import_module(module.name)


def prepare(base):
    """Make what the children start from, in a child of its own: training starts threads, and none
    may run here."""
    pantry = base / "pantry"
    pantry.mkdir()
    with suppress(
        OSError, subprocess.CalledProcessError
    ):  # without a compiler there is no C stack to see
        source = Path(__file__).with_name("backtrace.c")
        subprocess.run(
            ["cc", "-shared", "-fPIC", "-O1", "-o", base / STACKS, source],
            check=True,
            capture_output=True,
        )
    child = os.fork()
    if child == 0:
        warnings.simplefilter("ignore")
        make_pantry(pantry)
        sys.stdout.flush()
        os._exit(0)
    if os.waitpid(child, 0)[1]:
        raise RuntimeError("the tables and models for the children could not be made")
    gc.collect()
    gc.freeze()


def one(seed, base, *, fresh=False):
    """Let one child live, forked or in a new interpreter, and return the verdict on it."""
    reading, writing = zip(*(_pipe() for _ in range(4)), strict=True)
    if fresh:
        give = (
            "import os, sys; [os.dup2(int(a), b) for a, b in zip(sys.argv[3:], (1, 2, 200, 201))]; "
        )
        code = f"{give}from tests.crash.zygote import alone; alone(int(sys.argv[1]), sys.argv[2])"
        arguments = [sys.executable, "-c", code, str(seed), str(base), *map(str, writing)]
        pid = subprocess.Popen(
            arguments, pass_fds=writing, start_new_session=True, stdin=subprocess.DEVNULL
        ).pid
    else:
        sys.stdout.flush()
        pid = os.fork()
        if pid == 0:
            os.setsid()
            for end, descriptor in zip(writing, (1, 2, REPORT, CRASH), strict=True):
                os.dup2(end, descriptor)
            for end in (*reading, *writing):
                os.close(end)
            live(seed, base)
    for end in writing:
        os.close(end)
    status, hung, seconds, stacks = _watched(pid)
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)  # children of the child
    _, err, report, crash = (_drained(end) for end in reading)
    return judge(_ended(seed, status, err, report, crash + stacks, hung=hung)), seconds


def alone(seed, base):
    """The life of a child in an interpreter of its own."""
    import_everything()
    live(seed, Path(base))


def _ended(seed, status, err, report, crash, *, hung):
    job, limit, _ = drawn(seed)
    said = importlib.import_module("json").loads(report) if report else None
    if said and said["kind"] == "command":
        said["kind"], said["said"] = judge_command(said["status"], err, *said["said"])
    return Ended(seed, job, limit, status, said, err, crash, hung)


def _pipe():
    reading, writing = os.pipe()
    fcntl.fcntl(reading, fcntl.F_SETPIPE_SZ, PIPE)  # it is read when the child has ended
    os.set_blocking(reading, False)
    return reading, writing


def _drained(end):
    pieces = []
    with suppress(BlockingIOError):
        while piece := os.read(end, PIPE):
            pieces.append(piece)
    os.close(end)
    return b"".join(pieces).decode("utf-8", "replace")


def _watched(pid):
    """Wait for a child; return its status, whether it took too long, its seconds of processor, and
    the C stacks of one that did.

    It is aborted then, so that it tells where Python is.
    """
    handle = os.pidfd_open(pid)
    with selectors.DefaultSelector() as ready:
        ready.register(handle, selectors.EVENT_READ)
        hung = not ready.select(LONGEST)
        stacks = ""
        if hung:
            stacks = _all_stacks(pid)
            os.kill(pid, signal.SIGABRT)
            if not ready.select(10.0):
                os.kill(pid, signal.SIGKILL)
    os.close(handle)
    _, status, used = os.wait4(pid, 0)
    return os.waitstatus_to_exitcode(status), hung, used.ru_utime + used.ru_stime, stacks


def _all_stacks(pid):
    """Return the C stacks of all threads of a process, where a debugger tells them."""
    asked = [
        "gdb",
        "-p",
        str(pid),
        "-batch",
        "-ex",
        "set pagination off",
        "-ex",
        "thread apply all backtrace 25",
    ]
    try:
        return subprocess.run(
            asked, capture_output=True, text=True, check=False, timeout=LONGEST
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ""


def table_of(verdicts):
    """Return the verdicts as lines, a row for each job, a column for each limit; in each cell
    answers/our errors/foreign ends/faults."""
    from tests.crash.limits import LIMITS

    counts = {}
    for verdict in verdicts:
        cell = counts.setdefault(
            (verdict.job, verdict.limit),
            dict.fromkeys(("answer", "refusal", "foreign", "fault"), 0),
        )
        cell[verdict.kind] += 1
    rows = [["job", *LIMITS, "all"]]
    for job in [*JOBS, "all"]:
        row = [job]
        for limit in [*LIMITS, "all"]:
            cells = [
                cell for (j, k), cell in counts.items() if job in (j, "all") and limit in (k, "all")
            ]
            sums = [
                sum(cell[kind] for cell in cells)
                for kind in ("answer", "refusal", "foreign", "fault")
            ]
            row.append("/".join(map(str, sums)) if any(sums) else ".")
        rows.append(row)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(word.ljust(width) for word, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
