"""Files that are damaged, of other formats or false: each refusal is one error with the path."""

from __future__ import annotations

import io
import os
import sys

import numpy as np
import pytest

from glassnet.errors import ModelFileError
from glassnet.storage import load, model_file, save
from glassnet.storage.header import BadFileError
from tests.storage.changes import nested
from tests.storage.false_headers import FALSE_FILES, false_file
from tests.storage.hostile import hostile_files
from tests.storage.make_kept import KEPT
from tests.storage.models import CASES, build
from tests.storage.other_formats import OTHER_FORMATS, file_of
from tests.storage.unpacked import Unpacked, canonical


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    path = tmp_path_factory.mktemp("good") / "m.glassnet"
    save(build("multiclass")[0], path)
    return path.read_bytes()


@pytest.fixture
def refused(tmp_path):
    """Write bytes to a file, load it, and return the message: one printable line."""

    def says(data):
        path = tmp_path / "m.glassnet"
        path.write_bytes(data)
        with pytest.raises(ModelFileError) as caught:
            load(path)
        said = str(caught.value)
        assert said.startswith(f"{path}: ")
        assert said.endswith(".")
        assert said.isprintable()
        assert len(said) < 1_200
        return said

    return says


def test_taking_apart_and_putting_together_is_harmless(good, tmp_path):
    (tmp_path / "m.glassnet").write_bytes(Unpacked(good).pack())
    load(tmp_path / "m.glassnet")


@pytest.mark.parametrize("name", OTHER_FORMATS)
def test_file_of_another_format_is_refused(name, refused):
    assert OTHER_FORMATS[name][1] in refused(file_of(name))


@pytest.mark.parametrize("name", FALSE_FILES)
def test_false_file_with_fitting_checksums_is_refused(name, good, refused):
    assert FALSE_FILES[name][1] in refused(false_file(name, good))


def test_every_other_hostile_file_is_refused(good, refused):
    names = []
    for name, data, says in hostile_files(good):
        names.append(name)
        if name not in OTHER_FORMATS and name not in FALSE_FILES:
            assert says in refused(data), name
    assert len(set(names)) == len(names) > 200


def loads(data):
    """Whether bytes are read as a model: as `load` does, but without a file, which is slow."""
    try:
        model_file._read(io.BytesIO(data), len(data))
    except BadFileError:
        return False
    return True


def changed(good, others):
    """All files that differ from a good one in one byte."""
    for at, byte in enumerate(good):
        for other in sorted(others(byte)):
            yield good[:at] + bytes([other]) + good[at + 1 :]


@pytest.mark.parametrize("name", ["multiclass", "nested"])
def test_every_changed_byte_is_refused(name, tmp_path):
    """All bytes, each with up to five other values; `make test-slow` tries all 255."""
    save(build(name)[0], tmp_path / "good.glassnet")
    good = (tmp_path / "good.glassnet").read_bytes()
    assert loads(good)
    assert not any(
        map(
            loads,
            changed(
                good,
                lambda byte: {byte ^ 1, byte ^ 0x20, byte ^ 0xFF, ord(" "), ord("\t")} - {byte},
            ),
        )
    )


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_every_changed_byte_is_refused_whatever_it_becomes(good):
    assert not any(map(loads, changed(good, lambda byte: set(range(256)) - {byte})))


def test_every_truncation_and_extension_is_refused(good, refused):
    assert not any(loads(good[:length]) for length in range(len(good)))
    for length in range(0, len(good), 97):
        refused(good[:length])
    for more in (b"\0", b" ", b"\n", b"{}", bytes(8), bytes(4096), good):
        assert "damaged" in refused(good + more)
        refused(more[:16] + good)


def test_every_byte_of_a_file_of_format_1_counts_too():
    """Its one checksum covers head and data; the description is read before it is checked."""
    good = (KEPT / "format-1" / "multiclass.glassnet").read_bytes()
    assert loads(good)
    assert not any(map(loads, changed(good, lambda byte: {byte ^ 1, ord(" "), ord("\t")} - {byte})))
    assert not any(loads(good[:length]) for length in range(len(good)))


def test_hash_is_checked_before_a_word_is_followed(good, refused):
    """An unknown kind of layer with checksums that do not fit: the checksum is what is wrong."""
    unpacked = Unpacked(good)
    unpacked.said["layers"][0]["kind"] = "evil"
    assert "the hash of its header is not that of its content" in refused(
        unpacked.pack(checksums=False)
    )
    assert "unknown kind of layer 'evil'" in refused(unpacked.pack())


def test_deep_but_honest_layers_predict(good, tmp_path):
    unpacked = Unpacked(good)
    nested(40)(unpacked)
    shifted = {
        f"layers.{int(name.split('.')[1]) + 1}.{name.split('.')[2]}": entry
        for name, entry in unpacked.head.items()
        if name.startswith("layers")
    }
    unpacked.head = {
        name: entry for name, entry in unpacked.head.items() if not name.startswith("layers")
    } | shifted
    (tmp_path / "m.glassnet").write_bytes(unpacked.pack())
    assert len(load(tmp_path / "m.glassnet").predict(CASES["multiclass"].table())) == 40


def test_missing_file_names_its_neighbour(good, tmp_path):
    (tmp_path / "penguins.glassnet").write_bytes(good)
    with pytest.raises(
        ModelFileError,
        match=r"penguin\.glassnet: there is no such file\. Did you mean 'penguins\.glassnet'\?",
    ):
        load(tmp_path / "penguin.glassnet")
    with pytest.raises(ModelFileError, match="there is no such file"):
        load(tmp_path / "nowhere" / "m.glassnet")


def pipe(path):
    os.mkfifo(path)
    return path


# name: (what is made at the path, what the refusal says)
PLACES = {
    "folder": (lambda path: path.mkdir(), "is a folder"),
    "pipe": (pipe, "is not a regular file"),
    "link to a folder": (lambda path: path.symlink_to(path.parent), "is a folder"),
    "link to /dev/zero": (lambda path: path.symlink_to("/dev/zero"), "is not a regular file"),
    "link to a pipe": (
        lambda path: path.symlink_to(pipe(path.parent / "pipe")),
        "is not a regular file",
    ),
    "link to nothing": (
        lambda path: path.symlink_to(path.parent / "nothing"),
        "there is no such file",
    ),
    "link to itself": (lambda path: path.symlink_to(path), "cannot be read: "),
    "sparse terabyte": (
        lambda path: (path.touch(), os.truncate(path, 2**40)),
        "is not a glassnet model file",
    ),
}


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX has these")
@pytest.mark.parametrize("name", PLACES)
def test_what_is_no_ordinary_file_is_refused(name, tmp_path):
    make, says = PLACES[name]
    make(tmp_path / "m.glassnet")
    with pytest.raises(ModelFileError, match=says):
        load(tmp_path / "m.glassnet")


@pytest.mark.parametrize(
    "path", ["a\0b", "x" * 5_000, "a/" * 3_000, "\x1b[2Jm.glassnet\n", "\udcff.glassnet"]
)
def test_path_that_no_file_has_is_shown_escaped(path, tmp_path):
    for act in (load, lambda path: save(build("squared")[0], f"{tmp_path}/nowhere/{path}")):
        with pytest.raises(ModelFileError) as caught:
            act(path)
        assert str(caught.value).isprintable()
        assert len(str(caught.value)) < 1_200


@pytest.mark.parametrize(
    ("n_bytes", "says"),
    [
        (2**32, "does not lie where its shape says"),
        (2**32 + 8, "take 4,294,967,304 bytes, more than"),
        (2**40, "more than"),
    ],
)
def test_sparse_giant_is_refused_before_it_is_read(n_bytes, says, good, tmp_path):
    """The file claims gigabytes of tensors; nothing of that size is read or allocated."""
    unpacked = Unpacked(good)
    unpacked.head["layers.0.W"] = {
        "dtype": "F64",
        "shape": [n_bytes // 8 - 1],
        "data_offsets": [0, n_bytes],
    }
    unpacked.head = {name: unpacked.head[name] for name in ("__metadata__", "layers.0.W")}
    unpacked.data = b""
    with (tmp_path / "m.glassnet").open("wb") as file:
        file.write(unpacked.pack())
        file.truncate(file.tell() + n_bytes)
    with pytest.raises(ModelFileError, match=says):
        load(tmp_path / "m.glassnet")


def test_description_is_canonical(good):
    unpacked = Unpacked(good)
    assert unpacked.head["__metadata__"]["glassnet"] == canonical(unpacked.said)
    numbers = {
        name: np.frombuffer(unpacked.data[slice(*entry["data_offsets"])])
        for name, entry in unpacked.head.items()
        if "." in name
    }
    assert [name for name, values in numbers.items() if not np.isfinite(values).all()] == [
        "training.history.gradient_norm"
    ]
