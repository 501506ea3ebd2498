"""Loads all hostile files under guard: python -m tests.storage.guarded memory|audit MODEL

memory   with a limit on the address space, MORE above what the process holds when it begins
audit    with a hook that notes whatever Python reports of code that runs and of doors that open,
         over N_LOADS loads
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

from glassnet.errors import ModelFileError
from glassnet.storage import load
from tests.storage.false_headers import huge_model
from tests.storage.hostile import hostile_files

MORE = 320 * 2**20  # a few times the longest head
N_LOADS = 1_000
# Prefixes of audit events that a model file has no business with; "open" is judged by its path.
FORBIDDEN = (
    "exec",
    "import",
    "compile",
    "code.",
    "marshal.",
    "pickle.",
    "ctypes.",
    "object.",
    "cpython.",
    "sys.",
    "mmap.",
)
FORBIDDEN += (
    "subprocess.",
    "os.",
    "shutil.",
    "tempfile.",
    "glob.",
    "signal.",
    "pty.",
    "socket.",
    "urllib.",
    "http.",
    "ftplib.",
    "smtplib.",
)


def refusal(path):
    """What the refusal of a file says, nothing for one that loads."""
    try:
        load(path)
    except ModelFileError as error:
        return str(error)
    return ""


def memory(good, folder):
    import resource

    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit = pages * resource.getpagesize() + MORE
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    told, path = {}, folder / "m.glassnet"
    for name, data, _ in hostile_files(good):
        path.write_bytes(data)
        del data
        start = time.process_time()
        said = refusal(path)
        told[name] = (said, time.process_time() - start)
    head, size = huge_model(good)
    path.write_bytes(head)
    os.truncate(path, len(head) + size)
    told["giant"] = (refusal(path), 0.0)
    print(json.dumps(told))


def audit(good, folder):
    paths = [folder / "good.glassnet"]
    paths[0].write_bytes(good)
    for i, (_, data, _) in enumerate(hostile_files(good)):
        if len(data) < 2**21:  # the giants take a second each
            paths.append(folder / f"{i}.glassnet")
            paths[-1].write_bytes(data)
    expected = {str(path) for path in paths}
    seen, watching, loaded, refused = set(), True, 0, 0

    def hook(event, arguments):
        if watching and (
            event.startswith(FORBIDDEN) or (event == "open" and str(arguments[0]) not in expected)
        ):
            seen.add(f"{event} {str(arguments)[:200]}")

    sys.addaudithook(hook)
    for i in range(N_LOADS):
        # The good one is the first of all: nothing has been warmed up.
        if refusal(paths[0] if i % 3 == 0 else paths[i % len(paths)]):
            refused += 1
        else:
            loaded += 1
    watching = False
    print(json.dumps({"seen": sorted(seen), "loaded": loaded, "refused": refused}))


if __name__ == "__main__":
    mode, model = sys.argv[1], Path(sys.argv[2])
    {"memory": memory, "audit": audit}[mode](model.read_bytes(), model.parent)
