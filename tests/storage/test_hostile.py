"""Files that are damaged, foreign or made to deceive: each is refused with one kind of error that names the file."""

from __future__ import annotations

import hashlib
import io
import json
import os
import pickle
import struct
import zipfile

import numpy as np
import pytest

from glassnet.errors import ModelFileError
from glassnet.storage import load, save
from tests.storage.models import build


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


class Parts:
    """A model file taken apart; `whole` puts it together again, with a hash that fits."""

    def __init__(self, data):
        n = struct.unpack("<Q", data[:8])[0]
        self.head = json.loads(data[8 : 8 + n])
        self.data = data[8 + n :]
        self.said = json.loads(self.head["__metadata__"]["glassnet"])

    def rehash(self):
        self.said.pop("sha256", None)
        digest = hashlib.sha256(canonical(self.said).encode() + b"\n")
        for name, t in sorted((name, t) for name, t in self.head.items() if name != "__metadata__"):
            start, stop = t["data_offsets"]
            digest.update(canonical([name, t["dtype"], t["shape"]]).encode() + b"\n" + self.data[start:stop])
        self.said["sha256"] = digest.hexdigest()

    def whole(self, *, rehash=True, text=None):
        if rehash:
            self.rehash()
        self.head["__metadata__"]["glassnet"] = canonical(self.said) if text is None else text
        return frame(json.dumps(self.head).encode(), self.data)


def frame(head, data=b""):
    return struct.pack("<Q", len(head)) + head + data


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    path = tmp_path_factory.mktemp("good") / "m.glassnet"
    save(build("multiclass")[0], path)
    return path.read_bytes()


@pytest.fixture
def refused(tmp_path):
    """A function that writes bytes to a file and returns what loading it says."""

    def says(data):
        path = tmp_path / "m.glassnet"
        path.write_bytes(data)
        with pytest.raises(ModelFileError) as caught:
            load(path)
        assert str(caught.value).startswith(f"{path}: ")
        assert str(caught.value).endswith(".")
        return str(caught.value)

    return says


def test_taking_apart_and_putting_together_is_harmless(good, tmp_path):
    (tmp_path / "m.glassnet").write_bytes(Parts(good).whole())
    load(tmp_path / "m.glassnet")


def test_any_changed_byte_is_noticed(good, tmp_path):
    """Refused, or (a space in the head, for instance) the same content."""
    path = tmp_path / "m.glassnet"
    same = 0
    for at in range(0, len(good), 7):
        for flip in (0x01, 0x20, 0xFF):
            data = bytearray(good)
            data[at] ^= flip
            path.write_bytes(data)
            try:
                again = load(path)
            except ModelFileError:
                continue
            save(again, path)
            assert path.read_bytes() == good, at
            same += 1
    assert same < 20


def test_any_truncation_is_refused(good, refused):
    for length in {*range(80), *range(80, len(good), 61), len(good) - 1}:
        refused(good[:length])
    assert "damaged" in refused(good + b"\0")
    assert "damaged" in refused(good + good)


def zip_bytes():
    buffer = io.BytesIO()
    np.savez(buffer, W=np.zeros(3))
    return buffer.getvalue()


FOREIGN = {
    "empty": (b"", "the file is empty"),
    "text": (b"species,island\nAdelie,Dream\n" * 9, "is not a glassnet model file"),
    "zip": (zip_bytes(), "it is a zip archive"),
    "pickle": (pickle.dumps({"W": [1.0] * 99}), "it is a pickle, which runs code"),
    "safetensors of others": (frame(b'{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}', b"\0\0\0\0"), "another program wrote"),
    "zeros": (bytes(64), "is not a glassnet model file"),
    "huge head": (b"\xff" * 8 + b"{}", "is not a glassnet model file"),
    "head beyond the limit": (struct.pack("<Q", 2**24 + 1) + b"{" + b" " * 2**24, "is not a glassnet model file"),
    "head is no object": (frame(b"[1, 2, 3]"), "is not a glassnet model file"),
    "head is no JSON": (frame(b"{no json}"), "is damaged"),
    "head twice the same key": (frame(b'{"a":1,"a":2}'), "the key 'a' occurs twice"),
    "head with NaN": (frame(b'{"a":NaN}'), "NaN"),
    "head not UTF-8": (frame(b'{"a":"\xff"}'), "UTF-8"),
    "head too deep": (frame(b'{"a":' + b"[" * 200_000 + b"]" * 200_000 + b"}"), "nested too deep"),
    "huge whole number": (frame(b'{"a":' + b"9" * 10_000 + b"}"), "is damaged"),
    "head not finite": (frame(b'{"a":1e999}'), "not finite"),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_foreign_file_is_refused(name, refused):
    data, says = FOREIGN[name]
    assert says in refused(data)


def test_zip_behind_a_model_is_refused(good, refused):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("evil.py", "x")
    assert "damaged" in refused(good + buffer.getvalue())


W, B = "layers.1.W", "layers.1.b"


def moved(name, by):
    def change(parts):
        parts.head[name]["data_offsets"] = [offset + by for offset in parts.head[name]["data_offsets"]]

    return change


def tensor(name, **changes):
    return lambda parts: parts.head[name].update(changes)


def extra_tensor(parts):
    n = len(parts.data)
    parts.head["layers.9.W"] = {"dtype": "F64", "shape": [1], "data_offsets": [n, n + 8]}
    parts.data += bytes(8)


def renamed(parts):
    parts.head["layers.1.V"] = parts.head.pop(W)


def without(parts):
    last = max((name for name in parts.head if name != "__metadata__"), key=lambda name: parts.head[name]["data_offsets"][1])
    parts.data = parts.data[: parts.head.pop(last)["data_offsets"][0]]


def infinite(parts):
    start = parts.head[W]["data_offsets"][0]
    parts.data = parts.data[:start] + struct.pack("<d", np.inf) + parts.data[start + 8 :]


def said(*path, value=None, drop=False):
    def change(parts):
        at = parts.said
        for step in path[:-1]:
            at = at[step]
        if drop:
            del at[path[-1]]
        else:
            at[path[-1]] = value

    return change


def deep(parts):
    layer = {"kind": "dropout", "rate": 0.1}
    for _ in range(400):
        layer = {"kind": "residual", "layers": [layer]}
    parts.said["layers"].insert(0, layer)


def second_metadata_key(parts):
    parts.head["__metadata__"]["other"] = "x"


LIES = {
    "overlapping tensors": (moved(W, -8), "does not lie where"),
    "gap": (moved(W, 8), "does not lie where"),
    "other shape": (tensor(W, shape=[9, 1]), "where its layers need F64 [3, 3]"),
    "negative shape": (tensor(W, shape=[-3, -3]), "not whole numbers"),
    "shape of floats": (tensor(W, shape=[3.0, 3.0]), "not whole numbers"),
    "shape of booleans": (tensor(W, shape=[True, True]), "not whole numbers"),
    "huge shape": (tensor(W, shape=[2**40, 2**40]), "does not lie where"),
    "zero shape": (tensor(W, shape=[0], data_offsets=[0, 0]), ""),
    "half floats": (tensor(W, dtype="F16"), "not F32 or F64"),
    "whole numbers": (tensor(W, dtype="I64"), "not F32 or F64"),
    "objects": (tensor(W, dtype="object"), "not F32 or F64"),
    "tensor with another field": (tensor(W, strides=[1, 1]), "other fields"),
    "extra tensor": (extra_tensor, "have no tensor 'layers.9.W'"),
    "renamed tensor": (renamed, "need tensor 'layers.1.W'"),
    "missing tensor": (without, "need tensor"),
    "infinite weight": (infinite, "not finite"),
    "second metadata key": (second_metadata_key, "more keys than one"),
    "newer format": (said("format", value=2), "was written by a newer glassnet (0.1.0, format 2; this one reads format 1): upgrade"),
    "format 0": (said("format", value=0), "damaged"),
    "format is text": (said("format", value="1"), "names no format"),
    "format is missing": (said("format", drop=True), "names no format"),
    "unknown field": (said("code", value="import os"), "must have the fields"),
    "missing field": (said("loss", drop=True), "must have the fields"),
    "unknown loss": (said("loss", value={"kind": "evil"}), "unknown kind of loss 'evil'"),
    "loss of another task": (said("loss", value={"kind": "squared"}), "does not fit its loss"),
    "unknown layer": (said("layers", 0, value={"kind": "lambda"}), "unknown kind of layer 'lambda'"),
    "wider layer": (said("layers", 0, "n_out", value=4), "its layers need F64"),
    "huge layer": (said("layers", 0, "n_out", value=2**31 - 1), "its layers need F64"),
    "no layers": (said("layers", value=[]), "layers must be"),
    "layers are text": (said("layers", value="dense"), "layers must be"),
    "deep layers": (deep, "damaged"),
    "other dtype": (said("dtype", value="float32"), "where its layers need F32"),
    "dtype of no kind": (said("dtype", value="object"), "another type"),
    "dtype is a list": (said("dtype", value=["float32"]), "another type"),
    "other n_features": (said("n_features", value=3), "features but the encoder makes"),
    "n_features is true": (said("n_features", value=True), "another type"),
    "training is a list": (said("training", value=[]), "another type"),
    "encoder is null": (said("encoder", value=None), "encoder must have the fields"),
    "encoder field too many": (said("encoder", "code", value=1), "encoder must have the fields"),
    "column of another kind": (said("encoder", "schema", 0, 1, value="object"), "kind"),
    "column twice": (lambda p: p.said["encoder"]["schema"].append(p.said["encoder"]["schema"][0]), "more than once"),
    "mean is text": (lambda p: p.said["encoder"]["numbers"]["mean"].__setitem__(0, "0"), "encoder.numbers.mean"),
    "mean too short": (lambda p: p.said["encoder"]["numbers"]["mean"].pop(), "one entry for each column"),
    "scale zero": (lambda p: p.said["encoder"]["numbers"]["scale"].__setitem__(0, 0.0), "above 0"),
    "gaps are numbers": (lambda p: p.said["encoder"]["numbers"]["has_gaps"].__setitem__(0, 1), "has_gaps"),
    "level twice": (lambda p: p.said["encoder"]["categories"][0]["levels"].__setitem__(0, "Dream"), "occurs twice"),
    "task of no kind": (said("target", "task", value="evil"), "target.task"),
    "other task": (said("target", "task", value="regression"), "do not make a regression target"),
    "class too few": (lambda p: p.said["target"]["classes"].pop(), "do not make"),
    "class twice": (lambda p: p.said["target"]["classes"].__setitem__(0, "b"), "classes of one type that differ"),
    "classes of two types": (lambda p: p.said["target"]["classes"].__setitem__(0, 1), "classes of one type"),
    "class is a list": (lambda p: p.said["target"]["classes"].__setitem__(0, ["a"]), "target.classes"),
    "class beyond int64": (lambda p: p.said["target"].update(classes=[2**63, 2**64, 2**65]), "target.classes"),
    "target without a name": (said("target", "names", value=[]), "needs a name"),
    "n_outputs true": (said("target", "n_outputs", value=True), "n_outputs"),
}  # fmt: skip


@pytest.mark.parametrize("name", LIES)
def test_lie_with_a_fitting_hash_is_refused(name, good, refused):
    change, says = LIES[name]
    parts = Parts(good)
    change(parts)
    untouched = Parts(good)
    assert (canonical([parts.head, parts.said]), parts.data) != (canonical([untouched.head, untouched.said]), untouched.data)
    try:
        data = parts.whole()
    except (KeyError, IndexError):
        data = parts.whole(rehash=False)
    assert says in refused(data)


def test_wrong_hash_is_refused(good, refused):
    for hash_ in ("0" * 64, None, 5):
        parts = Parts(good)
        parts.said["sha256"] = hash_
        assert "its hash is not that of its content" in refused(parts.whole(rehash=False))
    parts = Parts(good)
    del parts.said["sha256"]
    assert "hash" in refused(parts.whole(rehash=False))


def test_changed_weight_is_refused(good, refused):
    assert "its hash is not that of its content" in refused(good[:-1] + bytes([good[-1] ^ 1]))


@pytest.mark.parametrize(
    ("old", "new"),
    [('"format":1', '"format":1,"format":1'), ('"format":1', '"format": 1'), ('"format":1', '"format":NaN'), ("{", "[")],
    ids=["duplicate key", "not canonical", "NaN", "no JSON"],
)
def test_description_that_is_not_strict_json_is_refused(old, new, good, refused):
    parts = Parts(good)
    assert "damaged" in refused(parts.whole(rehash=False, text=canonical(parts.said).replace(old, new, 1)))


def test_duplicate_tensor_name_is_refused(good, refused):
    n = struct.unpack("<Q", good[:8])[0]
    head = good[8 : 8 + n].rstrip()
    entry = canonical({W: json.loads(head)[W]})[1:-1].encode()
    assert "occurs twice" in refused(frame(head[:-1] + b"," + entry + b"}", good[8 + n :]))


def test_missing_file_names_its_neighbour(good, tmp_path):
    (tmp_path / "penguins.glassnet").write_bytes(good)
    with pytest.raises(ModelFileError, match=r"penguin\.glassnet: there is no such file\. Did you mean 'penguins\.glassnet'\?"):
        load(tmp_path / "penguin.glassnet")
    with pytest.raises(ModelFileError, match="there is no such file"):
        load(tmp_path / "nowhere" / "m.glassnet")


def test_folder_and_pipe_are_refused(tmp_path):
    with pytest.raises(ModelFileError, match="is a folder"):
        load(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ModelFileError, match="is no ordinary file"):
        load(tmp_path / "pipe")


def test_sparse_giant_is_refused_before_it_is_read(good, tmp_path):
    """The file claims a terabyte of tensors; nothing of that size is read or allocated."""
    parts = Parts(good)
    parts.head[W] = {"dtype": "F64", "shape": [2**37], "data_offsets": [0, 2**40]}
    parts.head = {name: parts.head[name] for name in ("__metadata__", W)}
    parts.head["__metadata__"]["glassnet"] = canonical(parts.said)
    with (tmp_path / "m.glassnet").open("wb") as file:
        file.write(frame(json.dumps(parts.head).encode()))
        file.truncate(file.tell() + 2**40)
    with pytest.raises(ModelFileError, match="damaged"):
        load(tmp_path / "m.glassnet")
