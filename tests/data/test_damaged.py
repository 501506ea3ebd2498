"""Damaged tables give an answer or one DataError: no signal, no other memory in the table."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet
import pytest

from glassnet.cli import main as glassnet
from glassnet.data.files.read import read_table
from glassnet.errors import DataError
from tests.cli.invoked import run
from tests.data.damaged import good_files, plain_table, random_files
from tests.data.false_buffers import false_files, in_memory

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/statm").exists(), reason="the limit of the memory is read from /proc"
)


def ends(mode: str, folder: Path, files: dict[str, bytes], seconds: int) -> Counter[str]:
    """How reading the files ended; after a crash the remaining files are read in a new process."""
    counts: Counter[str] = Counter()
    left, faults = sorted(files), []
    for part in range(len(files) + 1):
        here = folder / str(part)
        here.mkdir()
        for name in left:
            (here / name).write_bytes(files[name])
        command = [sys.executable, "-m", "tests.data.damaged", mode, str(here)]
        done = subprocess.run(
            command,
            check=False,
            capture_output=True,
            text=True,
            timeout=seconds,
            cwd=Path(__file__).parents[2],
        )
        told = [json.loads(line) for line in done.stdout.splitlines()]
        counts.update(line[1] for line in told if len(line) > 1)
        faults += [line for line in told if len(line) > 1 and line[1] in ("fault", "secret")]
        if done.returncode == 0:
            break
        last = told[-1][0] if told else ""
        faults.append([last, f"ended the process with {done.returncode}", done.stderr[-600:]])
        if last not in left:
            break
        left = [name for name in left if name > last]
    assert not faults, json.dumps(faults[:20], indent=1)
    return counts


def test_what_lies_is_refused(tmp_path: Path) -> None:
    """Impossible offsets, indices, lengths and texts in files and in memory."""
    counts = ends("read", tmp_path, false_files(), 60)
    assert counts == {"refused": 2 * len(false_files()) + len(in_memory())}


def test_what_is_damaged_by_chance_is_read_or_refused(tmp_path: Path) -> None:
    files = good_files()
    counts = ends(
        "read",
        tmp_path,
        random_files(3, seed=1) | {f"good-{name}": data for name, data in files.items()},
        60,
    )
    assert counts.keys() == {"read", "refused"}


def test_what_is_whole_is_read(tmp_path: Path) -> None:
    """Files of every kind and type: so that the others are refused for their damage."""
    for name, data in good_files().items():
        (tmp_path / name).write_bytes(data)
        if name == "first.feather" or name.startswith("nested"):
            with pytest.raises(DataError, match=r"Feather of version 1|holds list"):
                read_table(tmp_path / name)
        else:
            table = read_table(tmp_path / name)
            assert table.n_rows in (40, 2000)
            if "runs" in table.schema.names:
                assert table.column("runs").tolist() == ["a"] * 20 + ["b"] * 20
                assert table.column("view").tolist()[:9] == table.column("large").tolist()[:9]


@pytest.mark.parametrize(
    "name", ["plain.arrow", "stream.arrow", "lz4.feather", "plain.parquet", "packed.csv.gz"]
)
def test_a_file_that_is_cut_while_it_is_read_is_one_error(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cut after its head has been read: a mapped file would end the process with SIGBUS."""
    from glassnet.data.files import read, text_source

    path = tmp_path / name
    path.write_bytes(good_files()[name])
    opened = read._open

    def cut(*arguments: object) -> object:
        file = opened(*arguments)
        path.write_bytes(path.read_bytes()[:600])
        return file

    monkeypatch.setattr(read, "_open", cut)
    assert text_source.HEAD > 600
    with pytest.raises(DataError, match=rf"{name}: "):
        read_table(path)


def test_a_folder_with_one_damaged_part(tmp_path: Path) -> None:
    pa.parquet.write_table(plain_table(), tmp_path / "a.parquet")
    whole = (tmp_path / "a.parquet").read_bytes()
    (tmp_path / "b.parquet").write_bytes(
        whole[: len(whole) // 3] + bytes(200) + whole[len(whole) // 3 + 200 :]
    )
    with pytest.raises(DataError, match=r"cannot be read"):
        read_table(tmp_path)


def test_a_command_says_it_in_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "lie.arrow"
    path.write_bytes(false_files()["text utf8.arrow"])
    result = run("inspect", path)
    assert (result.exit_code, result.output) == (
        2,
        f"Error: {path}: column 'a' is damaged: Invalid UTF8 sequence at string index 3.\n",
    )


@pytest.mark.parametrize("name", ["a.parquet", "a.arrow"])
@pytest.mark.parametrize("n", [1, 5_000])
def test_text_that_is_read_as_codes_is_text(name: str, n: int, tmp_path: Path) -> None:
    """Few or many words in a small or large file: no declared category with its own levels."""
    words = ["NA", "None", "-", "x", "y"] * 12 + [f"word {i}" for i in range(n)]
    table = pa.table({"word": words, "number": [str(i) for i in range(len(words))]})
    pa.parquet.write_table(table, tmp_path / name) if name == "a.parquet" else _write_ipc(
        table, tmp_path / name
    )
    read = read_table(tmp_path / name)
    assert read.schema.to_plain() == [["word", "category"], ["number", "number"]]
    assert (read.others["word"].codes < 0).sum() == 24


# Bombs that text makes: one text stands for millions of cells.

BOMBS = {
    "one.parquet": lambda path: pa.parquet.write_table(_of_one_text(), path, compression="zstd"),
    "one.arrow": lambda path: _write_ipc(_of_one_text(), path),
}


def _of_one_text() -> pa.Table:
    """A million cells of one text of 60,000 letters: 60 GB once they are written out."""
    return pa.table(
        {
            "a": pa.DictionaryArray.from_arrays(
                pa.array([0] * 1_000_000, pa.int32()), pa.array(["x" * 60_000])
            )
        }
    )


def _write_ipc(table: pa.Table, path: Path) -> None:
    with pa.ipc.new_file(
        str(path), table.schema, options=pa.ipc.IpcWriteOptions(compression="zstd")
    ) as writer:
        writer.write_table(table)


@pytest.mark.parametrize("name", BOMBS)
def test_a_text_that_stands_for_millions_of_cells_is_not_written_out(
    name: str, tmp_path: Path
) -> None:
    BOMBS[name](tmp_path / name)
    table = read_table(tmp_path / name)
    assert table.n_rows == 1_000_000
    assert next(iter(table.others.values())).levels == ("x" * 60_000,)


def test_a_buffer_that_claims_to_fill_the_memory_is_refused_before(tmp_path: Path) -> None:
    table = pa.table({"a": pa.array([0.0] * 100_000)})
    _write_ipc(table, tmp_path / "bomb.arrow")
    data = (tmp_path / "bomb.arrow").read_bytes()
    claim = (800_000).to_bytes(8, "little")
    assert data.count(claim) >= 1
    (tmp_path / "bomb.arrow").write_bytes(data.replace(claim, (2**40).to_bytes(8, "little")))
    with pytest.raises(DataError, match=r"grows when it is decompressed.*Limits\(ratio="):
        read_table(tmp_path / "bomb.arrow")


# For long: more of the same.


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_1400_damaged_files(tmp_path: Path) -> None:
    counts = ends("read", tmp_path, random_files(100, seed=2), 900)
    assert sum(counts.values()) == 2 * 14 * 100 + len(in_memory())
    print(counts)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_the_commands_on_damaged_files(tmp_path: Path) -> None:
    assert glassnet.commands.keys() >= {"inspect", "train", "predict", "evaluate"}
    pa.parquet.write_table(plain_table(), tmp_path / "good.parquet")
    plain = (
        "--target",
        "text",
        "--recipe",
        "plain",
        "--epochs",
        "1",
        "--hidden",
        "none",
        "-o",
        tmp_path / "good.glassnet",
    )
    assert run("train", tmp_path / "good.parquet", *plain).exit_code == 0
    counts = ends("command", tmp_path, random_files(20, seed=3) | false_files(), 900)
    assert counts.keys() == {"status 0", "status 2"}
    print(counts)
