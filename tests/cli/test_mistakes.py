"""More than 150 wrong calls and tables: each gets one short message and exit status 2."""

from __future__ import annotations

import gzip
import json
import os
import re
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

import glassnet
from glassnet.cli import main

PENGUINS = Path(__file__).parents[2] / "examples" / "penguins.csv"
STEERS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]")
MAX_LINES, MAX_LENGTH = 24, 2000
HEAD = "species,island,bill_length_mm,bill_depth_mm,flipper_length_mm,body_mass_g,sex,year\n"
ROW = "Adelie,Torgersen,39.1,18.7,181,3750,male,2007\n"
SPECIES = ("--target", "species")
P, M = "penguins.csv", "m.glassnet"

# What is in the folder where all calls are made: text files by name, made as quickly as they are
# read here.
TEXTS = {
    "empty.csv": "",
    "blank.csv": "\n\n\n",
    "header.csv": "a,b,c\n",
    "header-without-end.csv": "a,b,c",
    "one-column.csv": "b\n1\n2\n3\n",
    "one-row.csv": "a,b\n1,x\n",
    "gaps.csv": "a,b\n1,\n2,NA\n3,null\n",
    "own-class.csv": "a,b\n1,x\n2,y\n3,z\n",
    "twice.csv": "a,b,a\n1,2,3\n4,5,6\n",
    "twice-with-spaces.csv": "a,b, a\n1,2,3\n4,5,6\n",
    "ragged.csv": "a,b\n1,2\n3\n4,5\n",
    "too-many-cells.csv": "a,b\n1,2\n3,4,5\n",
    "open-quote.csv": 'a,b\n1,2\n"3,4\n5,6\n',
    "open-quote-in-header.csv": 'a,"b\n1,2\n',
    "times.csv": "a,b\n12:30,1\n12:40,2\n",
    "infinite.csv": "a,b\ninf,1\n2,2\n",
    "steers.csv": "\x1b[2Jx,y\n1,\x1b[31mred\n2,blue\n",
    "long-cell.csv": f"a,b\n{'x' * 100_000},1\nb,2\n",
    "wide.csv": ",".join(f"c{i}" for i in range(50_000)) + "\n" + ",".join("1" * 50_000) + "\n",
    "endless.csv": "x" * 3_000_000,
    "long-names.csv": f"{'n' * 9_000},b\n1,2\n",
    "table.xlsx": "PK",
    "table": "a,b\n1,2\n",
    "text.glassnet": "a,b\n1,2\n",
    "empty.glassnet": "",
    "short.glassnet": "abc",
    "not.parquet": "a,b\n1,2\n",
    "empty.parquet": "",
    "not.arrow": "a,b\n1,2\n",
    "not-gzip.csv.gz": "a,b\n1,2\n",
    "no-island.csv": HEAD.replace("island,", "") + ROW.replace("Torgersen,", ""),
    "typo.csv": HEAD.replace("island", "iland") + ROW,
    "capitals.csv": HEAD.upper() + ROW,
    "other.csv": "a,b\n1,2\n",
    "text-for-number.csv": HEAD + ROW + ROW.replace("39.1", "long"),
    "date-for-number.csv": HEAD + ROW.replace("39.1", "2026-01-31"),
    "infinite-number.csv": HEAD + ROW.replace("39.1", "inf"),
    "no-rows.csv": HEAD,
    "ragged-penguins.csv": HEAD + ROW + "Adelie,Torgersen\n",
    "open-quote-penguins.csv": HEAD + ROW + '"' + ROW,
}


def write_others(folder: Path) -> None:
    """Files that are no plain text, models, and places that cannot be used."""
    rng = np.random.default_rng(0)
    (folder / "garbage.csv").write_bytes(rng.bytes(200_000))
    (folder / "zeros.csv").write_bytes(bytes(100_000))
    (folder / "garbage.parquet").write_bytes(b"PAR1" + rng.bytes(5_000) + b"PAR1")
    (folder / "garbage.glassnet").write_bytes(rng.bytes(5_000))
    with gzip.open(folder / "bomb.csv.gz", "wb", compresslevel=1) as file:
        file.write(b"a,b\n" + b"1,2\n" * 8_000_000)
    with gzip.open(folder / "line-bomb.csv.gz", "wb", compresslevel=1) as file:
        file.write(b"0" * 30_000_000)
    (folder / "cut.csv.gz").write_bytes(gzip.compress((HEAD + ROW * 50).encode())[:-20])
    (folder / "utf16.csv").write_bytes("a,b\n1,2\n".encode("utf-16")[:-1])
    pq.write_table(pa.table({"a": pa.array([[1], [2]]), "b": [1, 2]}), folder / "lists.parquet")
    pq.write_table(
        pa.table({"a": pa.array([], pa.float64()), "b": pa.array([], pa.float64())}),
        folder / "no-rows.parquet",
    )
    whole = folder / "whole.parquet"
    pq.write_table(pa.table({"a": np.arange(1000.0), "b": np.arange(1000.0)}), whole)
    (folder / "cut.parquet").write_bytes(whole.read_bytes()[:-100])
    for name in ("folder", "empty-folder", "drawer.glassnet", "folder.csv"):
        (folder / name).mkdir()
    (folder / "folder" / "notes.txt").write_text("none")
    os.mkfifo(folder / "pipe.csv")
    os.mkfifo(folder / "pipe.glassnet")
    (folder / "nowhere.csv").symlink_to("gone.csv")
    model = folder / M
    glassnet.fit(
        str(PENGUINS),
        "species",
        glassnet.Plan(hidden_layer_sizes=(4,), max_epochs=2, engine="reference"),
    ).save(model)
    data = model.read_bytes()
    (folder / "cut.glassnet").write_bytes(data[: len(data) // 2])
    (folder / "flipped.glassnet").write_bytes(data[:-9] + bytes([data[-9] ^ 1]) + data[-8:])
    (folder / "longer.glassnet").write_bytes(data + b"\0")
    (folder / "newer.glassnet").write_bytes(newer(data))
    (folder / "long-header.glassnet").write_bytes(struct.pack("<Q", 2**60) + data[8:])
    (folder / "no-model.glassnet").write_bytes(struct.pack("<Q", 2) + b"{}")


def newer(data: bytes) -> bytes:
    """The same model as a format of the future would describe it."""
    (length,) = struct.unpack("<Q", data[:8])
    head = json.loads(data[8 : 8 + length])
    head["__metadata__"]["glassnet"] = json.dumps(
        {**json.loads(head["__metadata__"]["glassnet"]), "format": 99}
    )
    text = json.dumps(head).encode()
    return struct.pack("<Q", len(text)) + text + data[8 + length :]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("mistakes")
    for name, text in TEXTS.items():
        (made / name).write_text(text, newline="")
    shutil.copy(PENGUINS, made / P)
    write_others(made)
    return made


CALLS = [
    # commands
    (["trian"], "Did you mean 'train'?"),
    (["tran", P], "Did you mean 'train'?"),
    (["Train", P], "Did you mean 'train'?"),
    (["predct"], "Did you mean 'predict'?"),
    (["perdict", M, P], "Did you mean 'predict'?"),
    (["inspct", P], "Did you mean 'inspect'?"),
    (["insepct", P], "Did you mean 'inspect'?"),
    (["shwo", M], "Did you mean 'show'?"),
    (["docter"], "Did you mean 'doctor'?"),
    (["completoin", "bash"], "Did you mean 'completion'?"),
    (["fly"], "there is no command 'fly'. There are"),
    (["x" * 5_000], "there is no command"),
    (["\x1b[2Jtrain"], "Did you mean 'train'?"),
    ([P], "there is no command"),
    (["--verison"], "Did you mean '--version'?"),
    (["--hlep"], "Did you mean '--help'?"),
    (["--" + "x" * 5_000], "there is no option"),
    # options
    (["train", P, "--tarjet", "x"], "Did you mean '--target'?"),
    (["train", P, "--traget", "x"], "Did you mean '--target'?"),
    (["train", P, "--targets", "x"], "Did you mean '--target'?"),
    (["train", P, *SPECIES, "--epoch", "3"], "Did you mean '--epochs'?"),
    (["train", P, *SPECIES, "--epcohs", "3"], "Did you mean '--epochs'?"),
    (["train", P, *SPECIES, "--sed", "3"], "Did you mean '--seed'?"),
    (["train", P, *SPECIES, "--hiden", "3"], "Did you mean '--hidden'?"),
    (["train", P, *SPECIES, "--learning_rate", "0.1"], "Did you mean '--learning-rate'?"),
    (["train", P, *SPECIES, "--lerning-rate", "0.1"], "Did you mean '--learning-rate'?"),
    (["train", P, *SPECIES, "--batchsize", "8"], "Did you mean '--batch-size'?"),
    (["train", P, *SPECIES, "--thread", "8"], "Did you mean '--threads'?"),
    (["train", P, *SPECIES, "--quite"], "Did you mean '--quiet'?"),
    (["train", P, *SPECIES, "--jsn"], "Did you mean '--json'?"),
    (["train", P, *SPECIES, "--ouput", "m.glassnet"], "Did you mean '--output'?"),
    (["train", P, *SPECIES, "--zzz"], "there is no option '--zzz'"),
    (["train", P, *SPECIES, "-z"], "-z"),
    (["train", P, *SPECIES, "--\x1b[31m"], "\\x1b"),
    (["predict", M, P, "--kep"], "Did you mean '--keep'?"),
    (["predict", M, P, "--out", "p.csv"], "Did you mean '--output'?"),
    (["predict", M, P, "--target", "x"], "there is no option '--target'"),
    (["inspect", P, "--tarjet", "x"], "Did you mean '--target'?"),
    (["inspect", P, "--Json"], "Did you mean '--json'?"),
    (["show", M, "--json"], "there is no option '--json'"),
    (["doctor", "--fix"], "there is no option '--fix'"),
    # arguments
    (["train"], "TABLE"),
    (["train", P], "--target"),
    (["train", *SPECIES], "TABLE"),
    (["train", P, P, *SPECIES], "unexpected extra argument"),
    (["train", P, "--target"], "--target"),
    (["predict"], "MODEL"),
    (["predict", M], "TABLE"),
    (["predict", M, P, P], "unexpected extra argument"),
    (["predict", P, M], f"{P}: "),
    (["inspect"], "TABLE"),
    (["inspect", P, P], "unexpected extra argument"),
    (["inspect", P, "--target"], "--target"),
    (["show"], "MODEL"),
    (["show", M, M], "unexpected extra argument"),
    (["doctor", P], "unexpected extra argument"),
    (["completion"], "SHELL"),
    (["completion", "powershell"], "powershell"),
    (["completion", "bsh"], "bash"),
    # values of options
    (["train", P, *SPECIES, "--epochs", "0"], "--epochs"),
    (["train", P, *SPECIES, "--epochs", "-3"], "--epochs"),
    (["train", P, *SPECIES, "--epochs", "2.5"], "2.5"),
    (["train", P, *SPECIES, "--epochs", "many"], "many"),
    (["train", P, *SPECIES, "--epochs", "x" * 5_000], "--epochs"),
    (["train", P, *SPECIES, "--seed", "-1"], "--seed"),
    (["train", P, *SPECIES, "--seed", "4294967296"], "--seed"),
    (["train", P, *SPECIES, "--seed", "nan"], "--seed"),
    (["train", P, *SPECIES, "--batch-size", "0"], "--batch-size"),
    (["train", P, *SPECIES, "--batch-size", "1e3"], "--batch-size"),
    (["train", P, *SPECIES, "--threads", "0"], "--threads"),
    (["train", P, *SPECIES, "--threads", "two"], "--threads"),
    (["train", P, *SPECIES, "--learning-rate", "0"], "--learning-rate"),
    (["train", P, *SPECIES, "--learning-rate", "-1"], "--learning-rate"),
    (["train", P, *SPECIES, "--learning-rate", "fast"], "--learning-rate"),
    (["train", P, *SPECIES, "--learning-rate", "nan"], "learning"),
    (["train", P, *SPECIES, "--learning-rate", "inf"], "learning"),
    (["train", P, *SPECIES, "--test-fraction", "1.5"], "--test-fraction"),
    (["train", P, *SPECIES, "--test-fraction", "-0.1"], "--test-fraction"),
    (["train", P, *SPECIES, "--test-fraction", "nan"], "fraction"),
    (["train", P, *SPECIES, "--hidden", "many"], "'many' is not a list of units"),
    (["train", P, *SPECIES, "--hidden", "16,0"], "not a list of units"),
    (["train", P, *SPECIES, "--hidden", "16,,8"], "not a list of units"),
    (["train", P, *SPECIES, "--hidden", "-4"], "not a list of units"),
    (["train", P, *SPECIES, "--hidden", ""], "not a list of units"),
    (["train", P, *SPECIES, "--task", "regresion"], "regression"),
    (["train", P, *SPECIES, "--task", "clasification"], "classification"),
    (["train", P, *SPECIES, "--task", "regression"], "'species' holds 'Adelie'"),
    (["train", P, *SPECIES, "--task", "binary"], "has 3: use task='multiclass'"),
    (["train", P, *SPECIES, "--engine", "referense"], "Did you mean 'reference'?"),
    (["train", P, *SPECIES, "--engine", "gpu"], "gpu"),
    # columns
    (["train", P, "--target", "specie"], "Did you mean 'species'?"),
    (["train", P, "--target", "Species"], "Did you mean 'species'?"),
    (["train", P, "--target", "body_mas_g"], "Did you mean 'body_mass_g'?"),
    (["train", P, "--target", "price"], "it has 'species'"),
    (["train", P, "--target", ""], "no column ''"),
    (["train", P, "--target", "x" * 5_000], "no column"),
    (["train", P, "--target", "\x1b[2J"], "\\x1b"),
    (["inspect", P, "--target", "specie"], "Did you mean 'species'?"),
    (["inspect", P, "--target", "ilsand"], "Did you mean 'island'?"),
    (["inspect", P, "--target", "price"], "it has 'species'"),
    # what is read
    (["train", "penguin.csv", *SPECIES], "Did you mean 'penguins.csv'?"),
    (["train", "pengiuns.csv", *SPECIES], "Did you mean 'penguins.csv'?"),
    (["train", "nowhere/p.csv", *SPECIES], "nowhere/p.csv: there is no such file"),
    (["train", "", *SPECIES], "folder that the program runs in"),
    (["train", ".", *SPECIES], "folder that the program runs in"),
    (["train", "folder", *SPECIES], "folder: is a folder without Parquet files"),
    (["train", "n" * 300, *SPECIES], "nnn"),
    (["inspect", "penguin.csv"], "Did you mean 'penguins.csv'?"),
    (["predict", M, "penguin.csv"], "Did you mean 'penguins.csv'?"),
    (["predict", "n.glassnet", P], "Did you mean 'm.glassnet'?"),
    (["predict", "gone/m.glassnet", P], "there is no such file"),
    (["predict", "folder", P], "is a folder"),
    (["show", "n.glassnet"], "Did you mean 'm.glassnet'?"),
    (["show", "drawer.glassnet"], "is a folder"),
    (["show", "pipe.glassnet"], "regular file"),
    (["show", "x" * 5_000], "xxx"),
    # what is written
    (["train", P, *SPECIES, "-o", "model.pkl"], "write model.glassnet"),
    (["train", P, *SPECIES, "-o", "model"], "write model.glassnet"),
    (["train", P, *SPECIES, "-o", "gone/m.glassnet"], "there is no folder gone"),
    (["train", P, *SPECIES, "-o", "drawer.glassnet"], "is a folder"),
    (["train", P, *SPECIES, "-o", "/proc/m.glassnet"], "/proc"),
    (["predict", M, P, "-o", "p.xlsx"], "name a file that ends in"),
    (["predict", M, P, "-o", "p"], "name a file that ends in"),
    (["predict", M, P, "-o", ""], "'-o'"),
    (["predict", M, P, "-o", "gone/p.csv"], "there is no folder gone"),
    (["predict", M, P, "-o", "folder"], "is a folder"),
    (["predict", M, P, "-o", "folder.csv"], "folder.csv is a folder"),
    (["predict", M, P, "-o", P], "would overwrite what is read"),
    (["predict", M, P, "-o", f"folder/../{P}"], "would overwrite what is read"),
    (["predict", M, P, "-o", "/proc/p.csv"], "/proc/p.csv"),
    (["predict", M, P, "-o", f"{'x' * 300}.csv"], "xxx.csv"),
    (["predict", M, "folder", "-o", "folder/p.parquet"], "part of the folder that is read"),
    # models
    (["predict", P, P], "is not a glassnet model file"),
    (["show", P], "is not a glassnet model file"),
    *[
        (["show", name], name)
        for name in (
            "text.glassnet",
            "empty.glassnet",
            "short.glassnet",
            "garbage.glassnet",
            "cut.glassnet",
            "flipped.glassnet",
            "longer.glassnet",
            "long-header.glassnet",
            "no-model.glassnet",
        )
    ],
    (["show", "newer.glassnet"], "newer"),
    (["predict", "newer.glassnet", P], "newer"),
    (["predict", "flipped.glassnet", P], "flipped.glassnet"),
    # tables to predict for
    (["predict", M, "no-island.csv"], "missing 'island'"),
    (["predict", M, "typo.csv"], "Did you mean 'iland'?"),
    (["predict", M, "capitals.csv"], "Did you mean 'ISLAND'?"),
    (["predict", M, "other.csv"], "lacks 7 of the 7 columns"),
    (["predict", M, "text-for-number.csv"], "row 1 (counting from 0) holds 'long'"),
    (["predict", M, "date-for-number.csv"], "'bill_length_mm'"),
    (["predict", M, "infinite-number.csv"], "bill_length_mm"),
    (["evaluate", M, "no-rows.csv"], "no rows"),
    (["predict", M, "ragged-penguins.csv"], "2 cells but the header names 8"),
    (["predict", M, "open-quote-penguins.csv"], "quote"),
    (["predict", M, "empty.csv"], "the file is empty"),
    (["predict", M, "nowhere.csv"], "nowhere.csv"),
    (["predict", M, "twice.csv", "--keep"], "'a' occurs more than once"),
]

TABLES = [
    ("empty.csv", "the file is empty"),
    ("blank.csv", "the file is empty"),
    ("header.csv", "no rows"),
    ("header-without-end.csv", "no rows"),
    ("twice.csv", "'a' occurs more than once"),
    ("twice-with-spaces.csv", "'a' occurs more than once"),
    ("ragged.csv", "row 3"),
    ("too-many-cells.csv", "row 3"),
    ("open-quote.csv", "quote"),
    ("open-quote-in-header.csv", "quote"),
    ("infinite.csv", "'a'"),
    ("long-cell.csv", "limit"),
    ("wide.csv", "50,000 columns"),
    ("endless.csv", "does not end"),
    ("garbage.csv", "garbage.csv"),
    ("zeros.csv", "zeros.csv"),
    ("utf16.csv", "utf16.csv"),
    ("bomb.csv.gz", "limit"),
    ("line-bomb.csv.gz", "line-bomb.csv.gz"),
    ("cut.csv.gz", "cut.csv.gz"),
    ("not-gzip.csv.gz", "not-gzip.csv.gz"),
    ("not.parquet", "not.parquet"),
    ("empty.parquet", "the file is empty"),
    ("garbage.parquet", "garbage.parquet"),
    ("cut.parquet", "cut.parquet"),
    ("lists.parquet", "column 'a'"),
    ("no-rows.parquet", "no rows"),
    ("not.arrow", "not.arrow"),
    ("table.xlsx", "unknown kind of file '.xlsx'"),
    ("table", "unknown kind of file"),
    ("m.glassnet", "unknown kind of file '.glassnet'"),
    ("pipe.csv", "regular file"),
    ("nowhere.csv", "nowhere.csv"),
    ("folder", "without Parquet files"),
    ("empty-folder", "without Parquet files"),
    ("folder.csv", "without Parquet files"),
]

CALLS += [(["inspect", name], says) for name, says in TABLES]
CALLS += [(["train", name, "--target", "b"], says) for name, says in TABLES]
CALLS += [
    (["train", "one-column.csv", "--target", "b"], "no column beside its target"),
    (["train", "one-row.csv", "--target", "b"], "at least 2 rows"),
    (["train", "gaps.csv", "--target", "b"], "is missing in every row"),
    (["train", "own-class.csv", "--target", "b"], "the only one of its class"),
    (["train", "long-names.csv", "--target", "c"], "no column 'c'"),
    (["train", "steers.csv", "--target", "q"], "\\x1b"),
    (["inspect", "steers.csv", "--target", "q"], "\\x1b"),
    (["inspect", "long-names.csv", "--target", "q"], "no column 'q'"),
]


def refuses(text: str, status: int, says: str) -> None:
    """Hold one answer on stderr to what is promised."""
    assert status == 2, text
    assert says in text, text
    assert text.count("Error: ") == 1, text
    assert "Traceback" not in text
    assert len(text.splitlines()) <= MAX_LINES, text
    assert len(text) <= MAX_LENGTH, text
    assert not STEERS.search(text), repr(text)


def name_of(call: object) -> str:
    return (
        " ".join(word if len(word) < 40 else f"{word[:20]}..." for word in call)
        .encode("unicode_escape")
        .decode()
    )


def test_there_are_enough() -> None:
    assert len(CALLS) >= 150
    assert len({name_of(arguments) for arguments, _ in CALLS}) == len(CALLS)


@pytest.mark.parametrize(
    ("arguments", "says"), CALLS, ids=[name_of(arguments) for arguments, _ in CALLS]
)
def test_mistake(arguments, says, folder, monkeypatch):
    monkeypatch.chdir(folder)
    before = sorted(folder.iterdir())
    result = CliRunner().invoke(main, arguments, prog_name="glassnet")
    refuses(result.stderr, result.exit_code, says)
    assert sorted(folder.iterdir()) == before, "a refused call leaves nothing behind"


#: Of a process that is limited in what it takes beyond what it starts with.
SAMPLE = [
    ["inspect", "bomb.csv.gz"],
    ["inspect", "line-bomb.csv.gz"],
    ["inspect", "wide.csv"],
    ["inspect", "endless.csv"],
    ["inspect", "garbage.csv"],
    ["show", "long-header.glassnet"],
    ["predict", M, "text-for-number.csv"],
    ["predict", M, P, "-o", P],
]
LIMITED = """
import re, resource, sys
import numpy
import glassnet.cli, glassnet.data.files.read, glassnet.data.review.inspection, glassnet.storage
from glassnet.data.files.arrow import arrow
for module in ("pyarrow", "pyarrow.csv", "pyarrow.parquet", "pyarrow.compute", "pyarrow.ipc"):
    arrow(module)
held = int(re.search(r"VmSize:\\s+(\\d+)", open("/proc/self/status").read())[1]) * 1024
resource.setrlimit(resource.RLIMIT_AS, (held + 256 * 2**20,) * 2)
glassnet.cli.main(sys.argv[1:], "glassnet")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="limits of memory are set by Linux's means")
@pytest.mark.parametrize("arguments", SAMPLE, ids=map(name_of, SAMPLE))
def test_mistake_costs_little_memory(arguments, folder):
    says = next(says for call, says in CALLS if call == arguments)
    environment = {
        **os.environ,
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "ARROW_DEFAULT_MEMORY_POOL": "system",
    }
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    refuses(done.stderr, done.returncode, says)
    assert not done.stdout


def test_own_mistakes_are_told_without_a_traceback(monkeypatch, folder):
    monkeypatch.chdir(folder)
    monkeypatch.setattr("glassnet.storage.load", lambda path: {}["gone"])
    result = CliRunner().invoke(main, ["show", M])
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: KeyError in test_mistakes.py, <lambda>: 'gone'\n")
    assert "please report it" in result.stderr


@pytest.mark.parametrize(
    ("raised", "status", "says"),
    [(MemoryError(), 2, "not enough memory"), (KeyboardInterrupt(), 130, "Interrupted.")],
)
def test_what_comes_from_outside_is_told(raised, status, says, monkeypatch, folder):
    monkeypatch.chdir(folder)

    def load(path):
        raise raised

    monkeypatch.setattr("glassnet.storage.load", load)
    result = CliRunner().invoke(main, ["show", M])
    assert result.exit_code == status
    assert says in result.stderr
    assert "Traceback" not in result.stderr
