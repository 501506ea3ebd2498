"""The life of one child: a job and a limit drawn by its seed, what came of it, and a report to the
process that watches."""

from __future__ import annotations

import ctypes
import faulthandler
import json
import os
import random
import sys
import tempfile
import traceback

from tests.crash import limits
from tests.crash.at_once import OURS
from tests.crash.jobs import JOBS
from tests.crash.place import Place

#: Where reports and the stacks of a crash go, whatever becomes of the streams.
REPORT, CRASH = 200, 201
REFUSED = 2
STACKS = "backtrace.so"


def drawn(seed):
    """Return the job and the limit of a seed, and the random numbers for the rest. Jobs take turns,
    so that few seeds meet them all."""
    rng = random.Random(seed)
    names = list(JOBS)
    return (
        names[seed % len(names)],
        rng.choice(["nothing", "memory", "memory", "threads", "files", "file size", "disk"]),
        rng,
    )


def live(seed, base):
    """Do the job of that seed in a folder below `base`; never return."""
    name, limit, rng = drawn(seed)
    folder = base / str(seed)
    folder.mkdir()
    os.chmod(base, 0o755)  # noqa: S103, PTH101  a child may become another user
    if limit == "disk":
        limits.own_disk(folder)
    place = Place(folder, base / "pantry")
    os.chdir(folder)
    tempfile.tempdir = str(place.temporary)
    os.environ |= {"TMPDIR": str(place.temporary), "HOME": str(place.home)}
    if (base / STACKS).exists():
        ctypes.CDLL(str(base / STACKS)).watch(CRASH)
    faulthandler.enable(CRASH)
    if rng.random() < 0.8:  # BLAS has its threads and its buffers then
        _warm_blas()
    proper_end = rng.random() < 0.1
    run = JOBS[name](rng, place)
    told = limits.LIMITS[limit](rng, folder)
    try:
        run()
    except BaseException as error:  # noqa: BLE001  whatever it is, it is judged
        limits.lift(folder)
        status, kind, said = _how(error, run)
        trace = "".join(traceback.format_exception(error)) if kind == "fault" else ""
    else:
        limits.lift(folder)
        status, kind, said, trace = 0, "answer", "", ""
    try:
        place.check(refused=status == REFUSED)
    except Exception as error:  # noqa: BLE001
        kind, said = "fault", f"{type(error).__name__}: {error}"
    report = {
        "status": status,
        "kind": kind,
        "said": said,
        "limit": told,
        "told": getattr(run, "told", ""),
        "trace": trace,
    }
    os.write(REPORT, json.dumps(report).encode())
    if proper_end:
        sys.exit(status)
    os._exit(_flush_as_python_does() or status)


def _how(error, run):
    """Return the status, the kind and the reason for what a job ended in."""
    if isinstance(error, SystemExit) and hasattr(run, "told"):
        return int(error.code or 0), "command", run.streams
    said = f"{type(error).__name__}: {error}"
    return (0, "refusal", said) if isinstance(error, OURS) else (1, "fault", said)


def _flush_as_python_does():
    """Return the status of a Python that ends, for which streams that cannot be flushed count. Most
    children save the rest of its end."""
    try:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None and not stream.closed:
                stream.flush()
    except OSError:
        return 120
    return 0


def _warm_blas():
    import numpy as np

    A = np.ones((300, 300))
    (A @ A).sum()
    np.linalg.solve(A + 300 * np.eye(300), A)
