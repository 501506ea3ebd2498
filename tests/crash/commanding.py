"""Jobs of the command line: every command with random options, its streams whole, closed, full, or
without their reader."""

from __future__ import annotations

import io
import os
import sys

from glassnet.cli import main
from tests.crash.damage import damaged
from tests.crash.place import MODELS, TABLES
from tests.crash.storing import lied

STREAMS = ("kept", "closed", "full", "unread", "read a little")


def set_up_streams(rng, place, stdin=None):
    """Give the process the streams that a shell would, and Python's objects for them as its start
    makes them; return how each is."""
    kinds = [rng.choice(STREAMS) if rng.random() < 0.4 else "kept" for _ in (1, 2)]
    for descriptor, kind in zip((1, 2), kinds, strict=True):
        _redirect(rng, descriptor, kind)
    handle = os.open(stdin or os.devnull, os.O_RDONLY)
    if handle != 0:
        os.dup2(handle, 0)
        os.close(handle)
    encoding = rng.choice(["utf-8", "utf-8", "ascii", "cp1252"])
    sys.stdin = sys.__stdin__ = io.TextIOWrapper(open(0, "rb", closefd=False), encoding=encoding)  # noqa: SIM115
    sys.stdout = sys.__stdout__ = _stream(1, kinds[0], encoding, "strict")
    sys.stderr = sys.__stderr__ = _stream(2, kinds[1], encoding, "backslashreplace")
    return kinds


def _stream(descriptor, kind, encoding, errors):
    if kind == "closed":
        return None
    # Not line-buffered, as stdout to a pipe; stderr is.
    raw = open(descriptor, "wb", closefd=False)  # noqa: SIM115
    return io.TextIOWrapper(raw, encoding=encoding, errors=errors, line_buffering=descriptor == 2)


def _redirect(rng, descriptor, kind):
    if kind == "closed":
        os.close(descriptor)
    elif kind == "full":
        handle = os.open("/dev/full", os.O_WRONLY)
        os.dup2(handle, descriptor)
        os.close(handle)
    elif kind != "kept":
        end, start = os.pipe()
        if kind == "read a little" and os.fork() == 0:  # `head` with another name
            os.close(start)
            os.read(end, rng.choice([1, 100, 1000]))
            os._exit(0)
        os.close(end)
        os.dup2(start, descriptor)
        os.close(start)


def command(make):
    """Make a job of a function that returns arguments."""

    def job(rng, place):
        arguments = [str(part) for part in make(rng, place)]
        stdin = place.pantry / "t.csv" if "-" in arguments else None
        streams = set_up_streams(rng, place, stdin)

        def run():
            main(args=arguments, prog_name="glassnet")

        run.told = f"glassnet {' '.join(arguments)}, stdout {streams[0]}, stderr {streams[1]}"
        run.streams = streams
        return run

    return job


def a_table(rng, place, chance=0.2, *, of_training=True):
    name = rng.choice([name for name in TABLES if name != "old.csv" or not of_training])
    if rng.random() > chance:
        return place.pantry / name
    return place.given(name, damaged(rng, (place.pantry / name).read_bytes()))


def a_model(rng, place, chance=0.2):
    data = (place.pantry / f"{rng.choice(MODELS)}.glassnet").read_bytes()
    if rng.random() < chance:
        data = damaged(rng, data) if rng.random() < 0.4 else lied(rng, data)
    return place.given("given.glassnet", data)


def some(rng, *options, chance=0.25):
    """Some of these options, each a tuple of words."""
    return [word for option in options if rng.random() < chance for word in option]


def train(rng, place):
    target = rng.choice(MODELS)
    table = a_table(rng, place, of_training=rng.random() < 0.9)
    model, page = (
        place.output("m.glassnet", before=_older(rng, place, "sort.glassnet")),
        place.output("p.html", before=_old_page(rng)),
    )
    arguments = [
        "train",
        table,
        *("--target", target if table.name != "old.csv" else "price"),
        *("-o", model),
        *("--epochs", rng.randint(1, 3)),
        *("--recipe", rng.choice(["plain", "fast", "standard"])),
        *some(
            rng,
            ("-o", page),
            ("--json",),
            ("-q",),
            ("--dry-run",),
            ("--hidden", rng.choice(["none", "4", "30,30"])),
            ("--threads", rng.choice([1, 2, 64])),
            ("--engine", rng.choice(["native", "reference"])),
        ),
        *some(
            rng,
            ("--weights", "count"),
            ("--group", "kind"),
            ("--time", "day"),
            ("--test-fraction", rng.choice([0, 0.3])),
            ("--types", "count=category"),
            ("--drop", "note"),
            *(
                [("--encoding", rng.choice(["utf-8", "cp1252", "utf-16"]))]
                if table.suffix in (".csv", ".tsv")
                else []
            ),
            ("--decimal", ","),
            ("--time-limit", "5s"),
            ("--test", place.pantry / "t.tsv"),
            chance=0.07,
        ),
    ]
    place.needed = None if "--dry-run" in arguments else model
    return arguments


def _older(rng, place, name):
    return (place.pantry / name).read_bytes() if rng.random() < 0.4 else None


def _old_page(rng):
    return b"<html>old</html>\n" if rng.random() < 0.4 else None


def predict(rng, place):
    name = f"out{rng.choice(['.csv', '.csv.gz', '.parquet'])}"
    output = (
        place.output(name, before=b"old\n" if rng.random() < 0.4 else None)
        if rng.random() < 0.6
        else "-"
    )
    table = "-" if rng.random() < 0.2 else a_table(rng, place)
    options = (
        ("--keep",),
        ("--coverage", rng.choice([0.5, 0.9, 0.999])),
        ("--spreadsheet-safe",),
        *([("--json",)] if output != "-" else []),
    )
    return [
        "predict",
        a_model(rng, place),
        table,
        *(["-o", output] if output != "-" else []),
        *some(rng, *options),
    ]


def evaluate(rng, place):
    page = place.output("p.html", before=_old_page(rng))
    return [
        "evaluate",
        a_model(rng, place),
        a_table(rng, place),
        *some(rng, ("-o", page), ("--json",), ("-q",)),
    ]


def inspect(rng, place):
    table = "-" if rng.random() < 0.2 else a_table(rng, place, 0.6, of_training=False)
    return [
        "inspect",
        table,
        *some(
            rng, ("--json",), ("--target", "sort"), ("--types", "x=category"), ("--dates", "dmy")
        ),
    ]


def show(rng, place):
    return ["show", a_model(rng, place, 0.6)]


def other(rng, place):
    return rng.choice(
        [
            ["doctor"],
            ["--help"],
            ["--version"],
            ["train", "--help"],
            [],
            ["trian"],
            ["show", "nothing.glassnet"],
            ["completion", "bash"],
        ]
    )


COMMANDING = {
    f"glassnet {make.__name__}": command(make)
    for make in (train, predict, evaluate, inspect, show, other)
}
