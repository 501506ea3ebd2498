"""Standard streams that fail: the work is done, and the status reports what was lost."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import glassnet
from glassnet.cli.streams import SafeStream, safe_streams

# One process has imported everything and runs each case in a child: what happens to descriptors 1
# and 2, and the command.
PARENT = r"""
import json, os, sys
import glassnet.storage
from glassnet.cli import evaluate, inspect, main, predict, progress, show, train
from glassnet.cli import training_report, training_run

progress.INTERVAL = 0.0  # a line an epoch

def broken(how):
    if how == "full":
        return os.open("/dev/full", os.O_WRONLY)
    reader, writer = os.pipe()  # the reader has gone
    os.close(reader)
    return writer

def child(folder, out, err, arguments):
    os.chdir(folder)
    before = sys.stderr
    for number, how in ((1, out), (2, err)):
        if how == "closed":
            os.close(number)
        else:
            flags = os.O_CREAT | os.O_WRONLY
            os.dup2(os.open(f"{number}.txt", flags) if how == "file" else broken(how), number)
    sys.stdout = None if out == "closed" else os.fdopen(1, "w")
    sys.stderr = None if err == "closed" else os.fdopen(2, "w", buffering=1)
    main(arguments, "glassnet")

for folder, out, err, arguments in json.loads(sys.argv[1]):
    pid = os.fork()
    if not pid:
        try:
            child(folder, out, err, arguments)
        except SystemExit as end:
            os._exit(end.code)
        except BaseException as error:
            open(folder + "/raised.txt", "w").write(repr(error))
        os._exit(99)
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
"""

PENGUINS = str(Path(__file__).parents[2] / "examples" / "penguins.csv")
TRAIN = [
    "train",
    PENGUINS,
    "--target",
    "species",
    "--recipe",
    "plain",
    "--hidden",
    "none",
    "--epochs",
    "3",
]
TRAIN += ["--test-fraction", "0", "-o", "m.glassnet"]  # no scores, which take longest
#  what becomes of stdout, of stderr, the command, its status
CASES = [
    ("gone", "gone", TRAIN, 1),
    ("full", "full", TRAIN, 1),
    ("closed", "closed", TRAIN, 1),
    ("file", "gone", TRAIN, 1),
    ("file", "full", TRAIN, 1),
    ("file", "closed", TRAIN, 1),
    ("gone", "file", TRAIN, 1),
    ("full", "file", TRAIN, 1),
    ("closed", "file", TRAIN, 1),
    ("closed", "closed", [*TRAIN, "-q", "--json"], 1),
    ("full", "file", ["inspect", PENGUINS], 1),
    ("closed", "closed", ["inspect", "no.csv"], 2),
    ("gone", "full", ["inspect", "no.csv"], 2),
    ("full", "file", ["--help"], 1),
    ("closed", "full", ["--help"], 1),
    ("gone", "full", ["--help"], 1),
]


@pytest.fixture(scope="module")
def ended(tmp_path_factory):
    if not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full")
    scratch = tmp_path_factory.mktemp("streams")
    calls = []
    for i, (out, err, arguments, _) in enumerate(CASES):
        (scratch / str(i)).mkdir()
        calls.append((str(scratch / str(i)), out, err, arguments))
    done = subprocess.run(
        [sys.executable, "-c", PARENT, json.dumps(calls)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert not done.stderr
    return scratch, [int(line) for line in done.stdout.split()]


@pytest.mark.parametrize(
    "i", range(len(CASES)), ids=[f"{out}-{err}-{call[0]}" for out, err, call, _ in CASES]
)
def test_broken_streams_cost_no_work(i, ended):
    scratch, statuses = ended
    out, err, call, status = CASES[i]
    folder = scratch / str(i)
    assert not (folder / "raised.txt").exists(), (folder / "raised.txt").read_text()
    assert statuses[i] == status
    if call[0] == "train":
        assert glassnet.load(folder / "m.glassnet").training["epochs"] == 3
    if out == "file":
        assert "Saved" in (folder / "1.txt").read_text()
    if err == "file":
        said = (folder / "2.txt").read_text()
        assert "Traceback" not in said
        assert ("Error: the output could not be written in full: " in said) == (out != "gone")


def test_a_safe_stream_drops_what_cannot_be_written_and_keeps_the_first_reason():
    class Full(io.StringIO):
        def write(self, text):
            raise OSError(28, "No space left on device")

    stream = SafeStream(Full())
    assert stream.write("one") == 3
    stream.writelines(["two", "three"])
    stream.flush()
    assert str(stream.error) == "[Errno 28] No space left on device"
    closed = io.StringIO()
    closed.close()
    stream = SafeStream(closed)
    stream.write("one")
    assert isinstance(stream.error, ValueError)
    stream = SafeStream(io.StringIO())
    print("kept", file=stream)
    assert (stream.getvalue(), stream.error) == ("kept\n", None)


class Full(io.RawIOBase):
    room = False

    def writable(self):
        return True

    def write(self, data):
        if not self.room:
            raise OSError(28, "No space left on device")
        return len(data)


def test_a_stream_that_would_block_is_tried_again():
    class Busy(io.StringIO):
        times = 0

        def write(self, text):
            self.times += 1
            if self.times == 1:
                raise BlockingIOError(11, "Resource temporarily unavailable")
            return super().write(text)

    stream = SafeStream(Busy())
    stream.write("lost")
    stream.write("kept")
    assert stream.getvalue() == "kept"
    assert stream.error


def test_text_that_an_encoding_lacks_is_no_failure_of_the_stream():
    stream = SafeStream(io.TextIOWrapper(io.BytesIO(), encoding="ascii"))
    with pytest.raises(UnicodeEncodeError):
        stream.write("é")
    assert stream.error is None


def test_predictions_on_a_closed_output_are_refused(tmp_path):
    model = tmp_path / "m.glassnet"
    glassnet.fit(PENGUINS, "species", glassnet.Plan(recipe="plain", max_epochs=1)).save(model)
    call = [sys.executable, "-m", "glassnet", "predict", str(model), PENGUINS]
    done = subprocess.run(
        ["sh", "-c", 'exec "$@" >&-', "sh", *call], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr.startswith("Error: standard output: it is closed")


def test_a_full_stream_is_turned_away_where_no_file_can_be_opened_any_more(monkeypatch):
    resource = pytest.importorskip("resource")
    if not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full")
    most = resource.getrlimit(resource.RLIMIT_NOFILE)
    stream = Path("/dev/full").open("w")  # noqa: SIM115  closed below, where that would fail
    monkeypatch.setattr(sys, "stdout", stream)
    with safe_streams() as streams:
        resource.setrlimit(
            resource.RLIMIT_NOFILE, (stream.fileno() + 2, most[1])
        )  # numbers are given from the lowest on
        with pytest.raises(OSError, match="Too many open files"):
            os.open("/dev/null", os.O_RDONLY)
        try:
            print("lost")
            streams["stdout"].flush()
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, most)
    assert isinstance(streams["stdout"].error, OSError)
    assert sys.stdout is stream
    stream.close()  # raises nothing: what it still held went nowhere


def test_a_full_stream_is_given_up_where_no_file_could_be_opened_from_the_start(monkeypatch):
    monkeypatch.setattr("glassnet.cli.streams._open_devnull", lambda: None)
    full = Full()
    stream = io.TextIOWrapper(io.BufferedWriter(full), encoding="utf-8")
    monkeypatch.setattr(sys, "stdout", stream)
    with safe_streams():
        print("lost")
    assert sys.stdout is None
    full.room = True  # for the end of the test, where Python closes it
