"""Default number of threads of a fit: the CPU cores that the process may use."""

import math
import os
from pathlib import Path


def useful_cores() -> int:
    """Return the number of cores that the process may use, at least 1.

    The CPU quota of its cgroup and OMP_NUM_THREADS limit it.

    joblib and other programs set OMP_NUM_THREADS in the worker processes that they start, so that
    all workers together do not use more cores than there are.
    """
    cores = (
        len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    )
    return int(
        max(
            1,
            min(cores, _omp_limit(os.environ.get("OMP_NUM_THREADS", "")), _cgroup_limit(Path("/"))),
        )
    )


def _omp_limit(variable: str) -> float:
    """Return the first number of a list such as "4,2", infinity if there is none."""
    first = variable.split(",", maxsplit=1)[0].strip()
    return int(first) if first.isdecimal() and int(first) > 0 else math.inf


def _cgroup_limit(root: Path) -> float:
    """Return the cores, rounded down, that the cgroups allow; infinity without a limit."""
    try:
        groups = (root / "proc/self/cgroup").read_text().splitlines()
    except OSError:
        return math.inf
    share = math.inf
    for line in groups:
        _, _, group = line.partition("::")  # version 2 has one line, "0::/path"
        if line.startswith("0::"):
            names = Path(group).parts[1:]
            for depth in range(len(names) + 1):
                folder = root.joinpath("sys/fs/cgroup", *names[:depth])
                share = min(share, _cores(folder / "cpu.max"))
        elif "cpu" in line.split(":")[1].split(","):
            share = min(
                share,
                _cores(
                    root / "sys/fs/cgroup/cpu/cpu.cfs_quota_us",
                    root / "sys/fs/cgroup/cpu/cpu.cfs_period_us",
                ),
            )
    return math.floor(share) if share < math.inf else share


def _cores(*files: Path) -> float:
    """Return quota / period, both in microseconds; infinity for "max" and -1."""
    try:
        quota, period = " ".join(file.read_text() for file in files).split()[:2]
        return int(quota) / int(period) if quota.isdecimal() and int(period) > 0 else math.inf
    except (OSError, ValueError):
        return math.inf
