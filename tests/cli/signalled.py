"""Train in child processes and send each a signal or two at random moments.

Call it as `python -m tests.cli.signalled FOLDER SEED...`.

It prints a line of JSON for each seed: what was sent, when, and what came of it. The parent has
imported everything, so that a child is forked in no time and nothing but the command is
interrupted.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from pathlib import Path

import glassnet
from glassnet.cli import main, progress, train, training_report, training_run  # noqa: F401  loaded before children are made
from glassnet.data.files.arrow import arrow

TABLE = Path(__file__).parents[2] / "examples" / "penguins.csv"
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
#: Seconds that a child may take after its last signal.
PATIENCE = 60.0


def child(folder: Path, arguments: list[str]) -> None:
    """Run the command; a file tells when it has begun, another one when an epoch has ended."""
    os.chdir(folder)
    for number in SIGNALS:  # as a shell leaves them
        signal.signal(
            number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL
        )
    for descriptor, name in ((1, "stdout"), (2, "stderr")):
        os.dup2(
            os.open(folder.parent / f"{folder.name}.{name}", os.O_CREAT | os.O_WRONLY), descriptor
        )
    sys.stdout, sys.stderr = os.fdopen(1, "w"), os.fdopen(2, "w", buffering=1)
    note, invoke = progress.BestEpoch.update, type(main).invoke

    def noted(best, epoch):
        (folder.parent / f"{folder.name}.epoch").touch()
        note(best, epoch)

    def invoked(group, context):
        (folder.parent / f"{folder.name}.begun").touch()
        return invoke(group, context)

    progress.BestEpoch.update, type(main).invoke = noted, invoked
    sys.argv = ["glassnet", *arguments]
    main()


def outcome(seed: int, scratch: Path) -> dict[str, object]:
    """Train once, with signals, and return what came of it."""
    rng = random.Random(seed)
    folder = scratch / f"run-{seed}"
    folder.mkdir()
    recipe = rng.choice(["plain", "fast", "standard", "standard", "best"])
    target = rng.choice(["species", "body_mass_g"])
    epochs = str(rng.choice([2, 20, 100_000]))
    arguments = [
        "train",
        str(TABLE),
        "--target",
        target,
        "--recipe",
        recipe,
        "--hidden",
        "16",
        "--epochs",
        epochs,
        "-o",
        "m.glassnet",
    ]
    arguments += ["-o", "p.html"] if rng.random() < 0.3 else []
    arguments += ["--engine", "reference"] if rng.random() < 0.2 else []
    sent = [(rng.choice(SIGNALS), rng.random() ** 2 * 2.0)]
    sent += [
        (rng.choice(SIGNALS), rng.random() ** 4 * 1.0)
        for _ in range(rng.choice([0, 0, 0, 1, 1, 2]))
    ]
    pid = os.fork()
    if not pid:
        try:
            child(folder, arguments)
        except SystemExit as end:
            sys.stdout.flush()
            os._exit(end.code if isinstance(end.code, int) else 1)
        finally:
            import traceback

            traceback.print_exc()
            os._exit(99)
    while not (scratch / f"{folder.name}.begun").exists() and not os.waitpid(pid, os.WNOHANG)[0]:
        time.sleep(0.001)
    for number, delay in sent:
        time.sleep(delay)
        os.kill(pid, number)
    late = time.monotonic() + PATIENCE
    last = sent[-1][0]
    while not (ended := os.waitpid(pid, os.WNOHANG))[0]:
        if time.monotonic() > late:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            ended = (pid, signal.SIGKILL)
            break
        if (
            epochs == "100000" and time.monotonic() > late - PATIENCE + 20
        ):  # a signal that Python dropped: see glassnet.interrupts
            os.kill(pid, last)
            time.sleep(1)
        time.sleep(0.005)
    model = folder / "m.glassnet"
    loaded = ""
    if model.exists():
        try:
            loaded = str(glassnet.load(model).training["ended"])
        except ValueError as error:
            loaded = f"damaged: {error}"
    return {
        "seed": seed,
        "call": " ".join(arguments[1:]),
        "sent": [(signal.Signals(number).name, round(delay, 3)) for number, delay in sent],
        "status": os.waitstatus_to_exitcode(ended[1]),
        "epoch": (scratch / f"{folder.name}.epoch").exists(),
        "model": loaded,
        "left": sorted(path.name for path in folder.iterdir()),
        "stderr": (scratch / f"{folder.name}.stderr").read_text(),
    }


if __name__ == "__main__":
    for module in ("pyarrow", "pyarrow.csv", "pyarrow.compute"):
        arrow(module)
    glassnet.evaluate, glassnet.GlassNetClassifier  # noqa: B018  scikit-learn is loaded

    for given in sys.argv[2:]:
        print(json.dumps(outcome(int(given), Path(sys.argv[1]))), flush=True)
