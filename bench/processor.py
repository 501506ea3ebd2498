"""The processor that a benchmark runs on, as the operating system names it, and the software."""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

LIBRARIES = ("glassnet", "numpy", "scipy", "scikit-learn", "torch", "jax", "onnxruntime")
CPUINFO = Path("/proc/cpuinfo")
# What AVX-512 means to compilers (x86-64-v4), and AVX2 (x86-64-v3).
X86 = {
    "AVX-512": {"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"},
    "AVX2": {"avx2", "fma", "bmi2"},
}


def name() -> str:
    """The processor's name: of Linux's /proc/cpuinfo, or lscpu where that has only numbers (ARM);
    the brand that macOS tells."""
    if CPUINFO.exists() and (found := re.search(r"model name\s*:\s*(.+)", CPUINFO.read_text())):
        return found[1].strip()
    if sys.platform == "darwin":
        found = re.search(r"(.+)", output("sysctl", "-n", "machdep.cpu.brand_string"))
    else:
        found = re.search(r"Model name:\s*(.+)", output("lscpu"))
    return found[1].strip() if found else platform.processor() or platform.machine()


def output(*command: str) -> str:
    """What a command prints; nothing where there is no such command."""
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout
    except OSError:
        return ""


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def instruction_set() -> str:
    """The widest vectors that the processor has."""
    if platform.machine().lower() in ("aarch64", "arm64"):
        return "NEON"
    found = re.search(r"flags\s*:\s*(.+)", CPUINFO.read_text()) if CPUINFO.exists() else None
    flags = set(found[1].split()) if found else set()
    return next((words for words, needed in X86.items() if needed <= flags), platform.machine())


def title() -> str:
    """The processor in one line: what its results stand under."""
    return f"{name()}, {cores()} {'core' if cores() == 1 else 'cores'}, {instruction_set()}"


def software() -> str:
    """The system and the versions of the libraries, in one line."""
    found = []
    for library in LIBRARIES:
        try:
            found.append(f"{library} {version(library)}")
        except PackageNotFoundError:
            found.append(f"{library} absent")
    return (
        f"{platform.system()} {platform.release()}, Python {platform.python_version()}, "
        f"{', '.join(found)}"
    )
