"""How results are written: Markdown tables, the machine in words, and the sections of
RESULTS.md."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

LIBRARIES = ("glassnet", "numpy", "scipy", "scikit-learn", "torch", "jax", "onnxruntime")


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table whose columns also line up as plain text; all but the first column stand to
    the right."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]

    def line(cells: Sequence[str]) -> str:
        others = (cell.rjust(width) for cell, width in zip(cells[1:], widths[1:], strict=True))
        return "| " + " | ".join([cells[0].ljust(widths[0]), *others]) + " |"

    rule = "|-" + "-" * widths[0] + "-|" + "".join("-" * (width + 1) + ":|" for width in widths[1:])
    return "\n".join([line(head), rule, *map(line, rows)])


def figure(value: float) -> str:
    """A number with three digits that mean something: 0.0123, 1.23, 12.3, 123, 1,230."""
    for limit, places in ((0.1, 4), (1.0, 3), (10.0, 2), (100.0, 1)):
        if abs(value) < limit:
            return f"{value:.{places}f}"
    return f"{value:,.0f}"


def processor() -> str:
    """The processor's name, as the kernel gives it where it does."""
    info = Path("/proc/cpuinfo")
    found = re.search(r"model name\s*:\s*(.+)", info.read_text()) if info.exists() else None
    return found[1].strip() if found else platform.processor() or platform.machine()


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def machine() -> str:
    """The machine and the software, one line each."""
    info = Path("/proc/cpuinfo")
    flags = (
        set((re.search(r"flags\s*:\s*(.+)", info.read_text()) or ["", ""])[1].split())
        if info.exists()
        else set()
    )
    vectors = next(
        (name for flag, name in (("avx512f", "AVX-512"), ("avx2", "AVX2")) if flag in flags),
        platform.machine(),
    )
    found = []
    for name in LIBRARIES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            found.append(f"{name} absent")
    return (
        f"- Machine: {processor()}, {cores()} cores, {vectors}, {platform.system()} "
        f"{platform.release()}\n- Software: Python {platform.python_version()}, {', '.join(found)}"
    )


def sections(text: str) -> dict[str, str]:
    """The bodies under the second-level headings of a Markdown text, by heading."""
    parts = re.split(r"^## (.+)\n", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], (body.strip() for body in parts[2::2]), strict=True))
