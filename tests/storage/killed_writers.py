"""Kills processes that write a file again and again: ... killed_writers WRITER N FOLDER

WRITER is "whole", which is ours, or "naive", which opens the file and writes it.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from pathlib import Path

from glassnet.atomic_write import atomic_write_bytes

SIZE = 2_400_000
WRITERS = {"whole": atomic_write_bytes, "naive": Path.write_bytes}


def main(writer, n, folder):
    path, rng = folder / "m.glassnet", random.Random(0)
    contents = [rng.randbytes(SIZE), rng.randbytes(SIZE - 1)]
    atomic_write_bytes(path, contents[0])
    bad = 0
    for _ in range(n):
        child = os.fork()
        if child == 0:
            while True:
                for content in contents:
                    WRITERS[writer](path, content)
        time.sleep(rng.uniform(0.0, 0.03))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        bad += path.read_bytes() not in contents
    leftover = [other for other in folder.iterdir() if other != path]
    print(json.dumps({"bad": bad, "leftover": len(leftover)}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
