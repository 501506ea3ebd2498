"""Files that are no model, or a model made to deceive: one row a file, each with what the refusal must say."""

from __future__ import annotations

import hashlib
import io
import json
import pickle
import struct
import zipfile

import numpy as np


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def digest(data):
    return hashlib.sha256(data).hexdigest()


def frame(head, data=b""):
    return struct.pack("<Q", len(head)) + head + data


class Taken:
    """A model file taken apart; `whole` puts it together again, with seals that fit."""

    def __init__(self, data):
        n = struct.unpack("<Q", data[:8])[0]
        self.head = json.loads(data[8 : 8 + n])
        self.data = data[8 + n :]
        self.said = json.loads(self.head["__metadata__"]["glassnet"])

    def seal(self):
        """As the docstring of `storage.seal` tells it."""
        self.said |= {"data_sha256": digest(self.data)}
        self.said.pop("sha256", None)
        entries = {name: entry for name, entry in self.head.items() if name != "__metadata__"}
        tensors = {
            name: [entry["dtype"], entry["shape"]] for name, entry in entries.items() if isinstance(entry, dict) and {"dtype", "shape"} <= {*entry}
        }
        self.said["sha256"] = digest(canonical([self.said, tensors]).encode())

    def whole(self, *, seal=True, text=None):
        if seal:
            self.seal()
        if "__metadata__" in self.head:
            self.head["__metadata__"]["glassnet"] = canonical(self.said) if text is None else text
        return frame(json.dumps(self.head).encode(), self.data)


def zip_bytes():
    buffer = io.BytesIO()
    np.savez(buffer, W=np.zeros(3))
    return buffer.getvalue()


def numpy_bytes():
    buffer = io.BytesIO()
    np.save(buffer, np.zeros(300))
    return buffer.getvalue()


def others_safetensors(metadata):
    head = {"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}
    return frame(json.dumps(({"__metadata__": metadata} if metadata is not None else {}) | head).encode(), bytes(4))


def long(start, unit, n, end):
    """A file whose head repeats something; made only when it is asked for."""
    return lambda: frame(start + unit * n + end)


def described(text):
    """A file of no tensors with that description."""
    return frame(json.dumps({"__metadata__": {"glassnet": text}}).encode())


BIG = 15 * 2**20  # as much as a head may hold

# name: (bytes, or what makes them, and what the refusal says)
FOREIGN = {
    "empty": (b"", "the file is empty"),
    "one byte": (b"{", "is not a glassnet model file"),
    "eight bytes": (bytes(8), "is not a glassnet model file"),
    "text": (b"species,island\nAdelie,Dream\n" * 9, "is not a glassnet model file"),
    "JSON": (b'{"kind": "dense", "n_out": 3}' * 3, "is not a glassnet model file"),
    "zip": (zip_bytes(), "it is a zip archive"),
    "pickle": (pickle.dumps({"W": [1.0] * 99}), "it is a pickle, which runs code"),
    "pickle of protocol 2": (pickle.dumps({"W": [1.0] * 99}, protocol=2), "it is a pickle, which runs code"),
    "pickle of protocol 0": (b"cos\nsystem\n(S'true'\ntR." + bytes(9), "is not a glassnet model file"),
    "NumPy": (numpy_bytes(), "it is a NumPy array"),
    "HDF5": (b"\x89HDF\r\n\x1a\n" + bytes(99), "it is an HDF5 file"),
    "Parquet": (b"PAR1" + bytes(99), "it is a Parquet table"),
    "PDF": (b"%PDF-1.7\n" + bytes(99), "is not a glassnet model file"),
    "script": (b"#!/bin/sh\ntrue\n" * 9, "is not a glassnet model file"),
    "safetensors of others": (others_safetensors(None), "another program wrote"),
    "safetensors of others with metadata": (others_safetensors({"format": "pt"}), "another program wrote"),
    "metadata is text": (frame(b'{"__metadata__":"glassnet"}'), "another program wrote"),
    "metadata is a list": (frame(b'{"__metadata__":["glassnet"]}'), "another program wrote"),
    "description is a number": (frame(b'{"__metadata__":{"glassnet":1}}'), "another program wrote"),
    "zeros": (bytes(64), "is not a glassnet model file"),
    "head of length 0": (frame(b"", b"{}"), "is not a glassnet model file"),
    "head of length 1": (frame(b"{", b"}"), "is not a glassnet model file"),
    "huge head": (b"\xff" * 8 + b"{}", "is not a glassnet model file"),
    "head of negative length": (struct.pack("<q", -2) + b"{}", "is not a glassnet model file"),
    "head beyond the limit": (lambda: struct.pack("<Q", 2**24 + 1) + b"{" + b" " * 2**24, "its head takes 16,777,217 bytes, more than 16,777,216"),
    "head longer than the file": (struct.pack("<Q", 2**24) + b'{"a":1}', "is damaged: it ends after 15 bytes, within its head"),
    "head is no object": (frame(b"[1, 2, 3]"), "is not a glassnet model file"),
    "head begins with a space": (frame(b' {"a":1}'), "is not a glassnet model file"),
    "head begins with a BOM": (frame(b'\xef\xbb\xbf{"a":1}'), "is not a glassnet model file"),
    "head is UTF-16": (frame('{"a":1}'.encode("utf-16-le")), "is damaged"),
    "head is no JSON": (frame(b"{no json}"), "is damaged"),
    "head with a comment": (frame(b'{"a":1/**/}'), "is damaged"),
    "head with a spare comma": (frame(b'{"a":1,}'), "is damaged"),
    "head followed by more": (frame(b'{"a":1}{"b":2}'), "is damaged"),
    "head padded with zeros": (frame(b'{"a":1}\0'), "something else than spaces"),
    "head padded with tabs": (frame(b'{"a":1}\t'), "something else than spaces"),
    "head twice the same key": (frame(b'{"a":1,"a":2}'), "the key 'a' occurs twice"),
    "metadata twice": (frame(b'{"__metadata__":{"glassnet":""},"__metadata__":{"glassnet":""}}'), "'__metadata__' occurs twice"),
    "same key in two spellings": (frame(b'{"a":1,"\\u0061":2}'), "the key 'a' occurs twice"),
    "head with NaN": (frame(b'{"a":NaN}'), "NaN"),
    "head with -Infinity": (frame(b'{"a":-Infinity}'), "Infinity"),
    "head not finite": (frame(b'{"a":1e999}'), "not finite"),
    "head not UTF-8": (frame(b'{"a":"\xff"}'), "UTF-8"),
    "half a character": (frame(b'{"a":"\\ud800"}'), "UTF-8"),
    "control character in the JSON": (frame(b'{"a":"\x1b[2J"}'), "is no JSON"),
    "terminal escape for a key": (frame(b'{"\\u001b[2J":1,"\\u001b[2J":1}'), r"the key '\x1b[2J' occurs twice"),
    "head 200,000 deep": (frame(b'{"a":' + b"[" * 200_000 + b"]" * 200_000 + b"}"), "nested too deep"),
    "head 101 deep": (frame(b'{"a":' + b"[" * 100 + b"]" * 100 + b"}"), "nested too deep"),
    "head never closed": (long(b'{"a":', b"[", BIG, b"}"), "more than 1,000,000 values"),
    "a million empty lists": (long(b'{"a":[', b"[],", BIG // 3, b"0]}"), "more than 1,000,000 values"),
    "a million empty objects": (long(b'{"a":[', b"{},", BIG // 3, b"0]}"), "more than 1,000,000 values"),
    "as many lists as may be": (long(b'{"a":[', b"[],", 499_990, b"0]}"), "another program wrote"),
    "as many objects as may be": (long(b'{"a":[', b'{"":0},', 333_320, b"0]}"), "another program wrote"),
    "as many numbers as may be": (long(b'{"a":[', b"1.5e-99,", 999_990, b"0]}"), "another program wrote"),
    "as many whole numbers as may be": (long(b'{"a":[', b"1234567,", 999_990, b"0]}"), "another program wrote"),
    "as many long numbers as may be": (long(b'{"a":[', b"9" * 299 + b",", BIG // 300, b"0]}"), "another program wrote"),
    "huge whole number": (frame(b'{"a":' + b"9" * 10_000 + b"}"), "10,000 digits"),
    "whole number too large for a float": (described('{"format":1,"loss":1' + "0" * 309 + "}"), "310 digits"),
    "whole number of a megabyte": (long(b'{"a":', b"9", BIG, b"}"), "digits"),
    "fraction of a megabyte": (long(b'{"a":0.', b"9", BIG, b"}"), "another program wrote"),
    "huge text": (long(b'{"a":"', b"x", BIG, b'"}'), "another program wrote"),
    "huge text of escapes": (long(b'{"a":"', b"\\u00fc", BIG // 6, b'"}'), "another program wrote"),
    "huge description": (lambda: described("x" * BIG), "is no JSON"),
    "huge key twice": (lambda: frame(b'{"' + b"k" * (BIG // 2) + b'":1,"' + b"k" * (BIG // 2) + b'":2}'), "occurs twice"),
    "description is empty": (described(""), "is no JSON"),
    "description is a list": (described("[1]"), "names no format"),
    "description is null": (described("null"), "names no format"),
    "description of 200,000 lists": (described("[" * 200_000 + "]" * 200_000), "nested too deep"),
    "description of a million lists": (described("[" + "[]," * 499_000 + "0]"), "names no format"),
    "description never closed": (described('{"format":1'), "is no JSON"),
    "nothing but a format": (described('{"format":2}'), "the hash of its head"),
    "nothing but format 1": (described('{"format":1}'), "must have the fields"),
    "newer format without the rest": (described('{"format":3,"news":[1e5]}'), "was made by a newer glassnet (format 3; "),
    "newer format of other tensors": (
        frame(b'{"__metadata__":{"glassnet":"{\\"format\\":9}"},"a":{"dtype":"BF16","shape":[1],"data_offsets":[0,2]}}', bytes(2)),
        "was made by a newer glassnet",
    ),
    "10,001 tensors": (
        frame(canonical({"__metadata__": {"glassnet": '{"format":2}'}} | {f"t{i}": 0 for i in range(10_001)}).encode()),
        "10001 tensors, more than 10000",
    ),
}

W, B = "layers.1.W", "layers.1.b"


def moved(name, by):
    def change(taken):
        taken.head[name]["data_offsets"] = [offset + by for offset in taken.head[name]["data_offsets"]]

    return change


def tensor(name, **changes):
    return lambda taken: taken.head[name].update(changes)


def entry(value):
    def change(taken):
        taken.head[W] = value

    return change


def extra_tensor(name="layers.9.W", shape=(1,)):
    def change(taken):
        n = len(taken.data)
        size = 8 * int(np.prod(shape))
        taken.head[name] = {"dtype": "F64", "shape": list(shape), "data_offsets": [n, n + size]}
        taken.data += bytes(size)

    return change


def renamed(name):
    """The last tensor, so that the order of the names stays that of the data, as far as the name allows."""

    def change(taken):
        taken.head[name] = taken.head.pop(B)

    return change


def without_last(taken):
    last = max((name for name in taken.head if name != "__metadata__"), key=lambda name: taken.head[name]["data_offsets"][1])
    taken.data = taken.data[: taken.head.pop(last)["data_offsets"][0]]


def in_another_order(taken):
    """The first two tensors change places in the data: no gap, no overlap."""
    first, second = sorted((name for name in taken.head if name != "__metadata__"), key=lambda name: taken.head[name]["data_offsets"])[:2]
    (_, a), (_, b) = taken.head[first]["data_offsets"], taken.head[second]["data_offsets"]
    taken.data = taken.data[a:b] + taken.data[:a] + taken.data[b:]
    taken.head[first]["data_offsets"], taken.head[second]["data_offsets"] = [b - a, b], [0, b - a]


def number(value):
    def change(taken):
        start = taken.head[W]["data_offsets"][0]
        taken.data = taken.data[:start] + struct.pack("<d", value) + taken.data[start + 8 :]

    return change


def said(*path, value=None, drop=False):
    def change(taken):
        at = taken.said
        for step in path[:-1]:
            at = at[step]
        if drop:
            del at[path[-1]]
        else:
            at[path[-1]] = value

    return change


def nested(depth):
    def change(taken):
        layer = {"kind": "dropout", "rate": 0.1}
        for _ in range(depth):
            layer = {"kind": "residual", "layers": [layer]}
        taken.said["layers"].insert(0, layer)

    return change


def many_layers(n, *, inside=False):
    def change(taken):
        layers = [{"kind": "dropout", "rate": 0.1}] * n
        taken.said["layers"][:0] = [{"kind": "residual", "layers": layers}] if inside else layers

    return change


def append(*path, value):
    def change(taken):
        at = taken.said
        for step in path:
            at = at[step]
        at.append(value)

    return change


def metadata_key(taken):
    taken.head["__metadata__"]["other"] = "x"


ESCAPES = "\x1b]0;mine\x07\x1b[2J\r\u202eevil\0"

# name: (what is changed in a good file, what the refusal says); the seals fit
LIES = {
    "overlapping tensors": (moved(W, -8), "does not lie where"),
    "gap": (moved(W, 8), "does not lie where"),
    "negative offsets": (moved(W, -(2**20)), "not whole numbers"),
    "offsets beyond the file": (moved(W, 2**20), "does not lie where"),
    "offsets the wrong way round": (tensor(W, data_offsets=[24, 0]), "does not lie where"),
    "offsets of 2^63": (tensor(W, data_offsets=[2**63, 2**63 + 72]), "not whole numbers"),
    "offsets of 10^299": (tensor(W, data_offsets=[0, 10**299]), "not whole numbers"),
    "offsets are floats": (tensor(W, data_offsets=[0.0, 72.0]), "not whole numbers"),
    "offsets are text": (tensor(W, data_offsets="0,72"), "not whole numbers"),
    "offsets are null": (tensor(W, data_offsets=None), "not whole numbers"),
    "one offset": (tensor(W, data_offsets=[0]), "not whole numbers"),
    "three offsets": (tensor(W, data_offsets=[0, 8, 72]), "not whole numbers"),
    "tensors in another order": (in_another_order, "does not lie where"),
    "other shape": (tensor(W, shape=[9, 1]), "where its layers need F64 [3, 3]"),
    "flat shape": (tensor(W, shape=[9]), "where its layers need F64 [3, 3]"),
    "negative shape": (tensor(W, shape=[-3, -3]), "not whole numbers"),
    "shape of floats": (tensor(W, shape=[3.0, 3.0]), "not whole numbers"),
    "shape of booleans": (tensor(W, shape=[True, True]), "not whole numbers"),
    "shape is a number": (tensor(W, shape=9), "not whole numbers"),
    "shape is an object": (tensor(W, shape={"0": 9}), "not whole numbers"),
    "shape of 2^60": (tensor(W, shape=[2**60]), "not whole numbers"),
    "shape whose size is 0 in 64 bits": (tensor(W, shape=[2**32, 2**32]), "does not lie where"),
    "shape whose size fits in 64 bits again": (tensor(W, shape=[2**31, 2**31, 4, 9]), "does not lie where"),
    "zero shape": (tensor(W, shape=[0]), "does not lie where"),
    "zero times huge": (tensor(W, shape=[0, 2**47]), "does not lie where"),
    "shape of nine dimensions": (tensor(W, shape=[3, 3, *[1] * 7]), "not whole numbers"),
    "shape of 100,000 dimensions": (tensor(W, shape=[2] * 100_000), "not whole numbers"),
    "half floats": (tensor(W, dtype="F16"), "not F32 or F64"),
    "whole numbers": (tensor(W, dtype="I64"), "not F32 or F64"),
    "objects": (tensor(W, dtype="object"), "not F32 or F64"),
    "dtype is a list": (tensor(W, dtype=["F64"]), "not F32 or F64"),
    "dtype is huge": (tensor(W, dtype="F" * 2**20), "not F32 or F64"),
    "the other float": (tensor(W, dtype="F32", shape=[3, 6]), "where its layers need F64 [3, 3]"),
    "tensor with another field": (tensor(W, strides=[1, 1]), "other fields"),
    "tensor is null": (entry(None), "other fields"),
    "tensor is a list": (entry(["F64", [3, 3], [0, 72]]), "other fields"),
    "tensor in a file beside it": (entry({"path": "../../etc/passwd"}), "other fields"),
    "extra tensor": (extra_tensor(), "have no tensor 'layers.9.W'"),
    "extra tensor of nothing": (extra_tensor(shape=(0,)), "have no tensor 'layers.9.W'"),
    "tensor without a name": (extra_tensor("~"), "have no tensor '~'"),
    "path for a tensor's name": (renamed("layers.1/../../../etc/passwd"), "need tensor 'layers.1.b'"),
    "path from the root for a tensor's name": (extra_tensor("~/../../etc/passwd"), "have no tensor '~/../../etc/passwd'"),
    "path that sorts before": (renamed("../../etc/passwd"), "does not lie where"),
    "attribute for a tensor's name": (renamed("layers.1.b.__class__"), "need tensor 'layers.1.b'"),
    "escapes in a tensor's name": (extra_tensor("~" + ESCAPES), r"have no tensor '~\x1b]0;mine\x07\x1b[2J\r\u202eevil\x00'"),
    "huge tensor's name": (extra_tensor("~" * 2**20), "have no tensor '~~~"),
    "missing tensor": (without_last, "need tensor"),
    "infinite weight": (number(np.inf), "layers.1.W holds numbers that are not finite"),
    "weight minus infinity": (number(-np.inf), "not finite"),
    "weight NaN": (number(np.nan), "not finite"),
    "second metadata key": (metadata_key, "more keys than one"),
    "newer format": (said("format", value=3), "was made by a newer glassnet (0.1.0, format 3; this one reads up to format 2): upgrade"),
    "format 999": (said("format", value=999), "was made by a newer glassnet"),
    "format of 10^299": (said("format", value=10**299), "was made by a newer glassnet"),
    "format 0": (said("format", value=0), "damaged"),
    "format -1": (said("format", value=-1), "damaged"),
    "format 1 with the seals of 2": (said("format", value=1), "damaged"),
    "format is text": (said("format", value="2"), "names no format"),
    "format is true": (said("format", value=True), "names no format"),
    "format is a float": (said("format", value=2.0), "names no format"),
    "format is missing": (said("format", drop=True), "names no format"),
    "unknown field": (said("code", value="import os"), "must have the fields"),
    "missing field": (said("loss", drop=True), "must have the fields"),
    "version is a number": (said("glassnet", value=1), "another type"),
    "unknown loss": (said("loss", value={"kind": "evil"}), "unknown kind of loss 'evil': expected one of absolute, "),
    "loss by a path": (said("loss", value={"kind": "glassnet.losses.Squared"}), "unknown kind of loss"),
    "loss with another setting": (said("loss", value={"kind": "softmax", "code": 1}), "has the fields"),
    "loss setting out of range": (said("loss", value={"kind": "softmax", "label_smoothing": 1.0}), "must lie in"),
    "loss setting of 10^299": (said("loss", value={"kind": "softmax", "label_smoothing": 10**299}), "must lie in"),
    "loss setting is text": (said("loss", value={"kind": "softmax", "label_smoothing": "0"}), "must be a number"),
    "loss of another task": (said("loss", value={"kind": "squared"}), "does not fit its loss"),
    "loss is null": (said("loss", value=None), "an object with a kind"),
    "unknown layer": (said("layers", 0, value={"kind": "lambda"}), "unknown kind of layer 'lambda': expected one of activation, "),
    "layer by a path": (said("layers", 0, value={"kind": "os.system"}), "unknown kind of layer 'os.system'"),
    "layer by a dunder": (said("layers", 0, value={"kind": "__class__"}), "unknown kind of layer"),
    "escapes in a layer's kind": (said("layers", 0, value={"kind": ESCAPES}), r"'\x1b]0;mine\x07\x1b[2J\r\u202eevil\x00'"),
    "huge layer's kind": (said("layers", 0, value={"kind": "dense" * 2**20}), "unknown kind of layer 'densedense"),
    "huge layer's setting": (said("layers", 0, "x" * 2**22, value=1), "has the fields"),
    "unknown activation": (said("layers", 0, "activation", value="evil"), "unknown activation 'evil'"),
    "huge activation": (said("layers", 0, "activation", value="relu" * 2**20), "unknown activation 'relurelu"),
    "unknown initializer": (said("layers", 0, "initializer", value="evil"), "unknown initializer 'evil'"),
    "wider layer": (said("layers", 0, "n_out", value=4), "its layers need F64"),
    "layer of 10^9 units": (said("layers", 0, "n_out", value=10**9), "its layers need F64"),
    "layer of 2^31 - 1 units": (said("layers", 0, "n_out", value=2**31 - 1), "its layers need F64"),
    "layer of 2^31 units": (said("layers", 0, "n_out", value=2**31), "a whole number of units"),
    "layer of -3 units": (said("layers", 0, "n_out", value=-3), "a whole number of units"),
    "layer of 3.0 units": (said("layers", 0, "n_out", value=3.0), "a whole number of units"),
    "no layers": (said("layers", value=[]), "layers must be"),
    "layers are text": (said("layers", value="dense"), "layers must be"),
    "layers are null": (said("layers", value=None), "layers must be"),
    "layer is a list": (said("layers", 0, value=["dense", 3]), "an object with a kind"),
    "layers 60 deep": (nested(60), "nested too deep"),
    "layers 400 deep": (nested(400), "nested too deep"),
    "999 layers too many": (many_layers(999), "1 to 1,000 layers"),
    "1,000 layers inside one": (many_layers(1_000, inside=True), "1 to 1,000 layers"),
    "100,000 layers": (many_layers(100_000), "1 to 1,000 layers"),
    "other dtype": (said("dtype", value="float32"), "where its layers need F32"),
    "dtype of no kind": (said("dtype", value="object"), "another type"),
    "dtype of the network is a list": (said("dtype", value=["float32"]), "another type"),
    "other n_features": (said("n_features", value=3), "features but the encoder makes"),
    "n_features of 2^62": (said("n_features", value=2**62), "features but the encoder makes"),
    "n_features is true": (said("n_features", value=True), "another type"),
    "training is a list": (said("training", value=[]), "another type"),
    "encoder is null": (said("encoder", value=None), "encoder must have the fields"),
    "encoder field too many": (said("encoder", "code", value=1), "encoder must have the fields"),
    "column of another kind": (said("encoder", "schema", 0, 1, value="object"), "kind"),
    "column without a kind": (said("encoder", "schema", 0, value=["age"]), "encoder.schema"),
    "column twice": (lambda t: t.said["encoder"]["schema"].append(t.said["encoder"]["schema"][0]), "more than once"),
    "column too many": (append("encoder", "schema", value=["more", "number"]), "other columns than the schema"),
    "escapes in a column's kind": (
        said("encoder", "schema", 0, value=["age", ESCAPES]),
        r"has kind '\x1b]0;mine\x07\x1b[2J\r\u202eevil\x00'",
    ),
    "half a character in a column": (append("encoder", "schema", value=["\ud800", "number"]), "UTF-8"),
    "100,000 columns": (lambda t: t.said["encoder"]["schema"].extend([f"c{i}", "number"] for i in range(100_000)), "other columns"),
    "100,000 columns of two names": (lambda t: t.said["encoder"]["schema"].extend([["a", "number"]] * 100_000), "more than once"),
    "50,000 columns, each twice": (lambda t: t.said["encoder"]["schema"].extend([f"c{i // 2}", "number"] for i in range(100_000)), "more than once"),
    "mean is text": (said("encoder", "numbers", "mean", 0, value="0"), "encoder.numbers.mean"),
    "mean is true": (said("encoder", "numbers", "mean", 0, value=True), "encoder.numbers.mean"),
    "mean is null": (said("encoder", "numbers", "mean", 0, value=None), "encoder.numbers.mean"),
    "mean of 10^299": (said("encoder", "numbers", "mean", 0, value=10**299), "encoder.numbers.mean"),
    "mean too short": (lambda t: t.said["encoder"]["numbers"]["mean"].pop(), "one entry for each column"),
    "scale zero": (said("encoder", "numbers", "scale", 0, value=0.0), "above 0"),
    "scale negative": (said("encoder", "numbers", "scale", 0, value=-1.0), "above 0"),
    "limit zero": (said("encoder", "numbers", "limit", value=0.0), "above 0"),
    "gaps are numbers": (said("encoder", "numbers", "has_gaps", 0, value=1), "has_gaps"),
    "level twice": (said("encoder", "categories", 0, "levels", 0, value="Dream"), "occurs twice"),
    "level is null": (said("encoder", "categories", 0, "levels", 0, value=None), "levels"),
    "100,000 levels": (lambda t: t.said["encoder"]["categories"][0]["levels"].extend(map(str, range(100_000))), "features but the encoder makes"),
    "huge level": (append("encoder", "categories", 0, "levels", value="x" * 2**22), "features but the encoder makes"),
    "task of no kind": (said("target", "task", value="evil"), "target.task"),
    "task is a list": (said("target", "task", value=["binary"]), "target.task"),
    "other task": (said("target", "task", value="regression"), "do not make a regression target"),
    "class too few": (lambda t: t.said["target"]["classes"].pop(), "do not make"),
    "class twice": (said("target", "classes", 0, value="b"), "classes of one type that differ"),
    "classes of two types": (said("target", "classes", 0, value=1), "classes of one type"),
    "class is a list": (said("target", "classes", 0, value=["a"]), "target.classes"),
    "class beyond int64": (said("target", "classes", value=[2**63, 2**64, 2**65]), "target.classes"),
    "target without a name": (said("target", "names", value=[]), "needs a name"),
    "n_outputs true": (said("target", "n_outputs", value=True), "n_outputs"),
    "scales of classes": (said("target", "scale", value=[1.0]), "do not make"),
}  # fmt: skip


def foreign(name):
    """The bytes of a file of `FOREIGN`."""
    data, _ = FOREIGN[name]
    return data() if callable(data) else data


def lie(name, good):
    """The bytes of a file of `LIES`, made from those of a good one."""
    change, _ = LIES[name]
    taken = Taken(good)
    change(taken)
    untouched = Taken(good)
    assert (canonical([taken.head, taken.said]), taken.data) != (canonical([untouched.head, untouched.said]), untouched.data), name
    return taken.whole()


def hostile_files(good):
    """Yield (name, bytes, what the refusal says) of every file."""
    for name, (_, says) in FOREIGN.items():
        yield name, foreign(name), says
    for name, (_, says) in LIES.items():
        yield name, lie(name, good), says
    polyglot = io.BytesIO()
    with zipfile.ZipFile(polyglot, "w") as archive:
        archive.writestr("evil.py", "x")
    yield "zip behind a model", good + polyglot.getvalue(), "damaged"
    yield "PDF behind a model", good + b"%PDF-1.7\n%%EOF", "damaged"
    yield "model twice", good + good, "damaged"
    yield "byte behind a model", good + b"\0", "damaged"
    for seal in ("sha256", "data_sha256"):
        for value in ("0" * 64, None, 5, "A" * 64, ""):
            taken = Taken(good)
            taken.said[seal] = value
            yield f"{seal} is {value!r}", taken.whole(seal=False), "the hash of its head is not that of its content"
        taken = Taken(good)
        del taken.said[seal]
        yield f"no {seal}", taken.whole(seal=False), "hash"
    taken = Taken(good)
    taken.said["data_sha256"] = "0" * 64
    del taken.said["sha256"]
    tensors = {name: [entry["dtype"], entry["shape"]] for name, entry in taken.head.items() if name != "__metadata__"}
    taken.said["sha256"] = digest(canonical([taken.said, tensors]).encode())
    yield "other data under a head that is sealed", taken.whole(seal=False), "its hash is not that of its content"
    yield "last byte of the data", good[:-1] + bytes([good[-1] ^ 1]), "its hash is not that of its content"
    spellings = {
        "duplicate key": ('"format":2', '"format":2,"format":2'),
        "space": ('"format":2', '"format": 2'),
        "other spelling of a number": ('"format":2', '"format":2,"glassnes":1e0'),
        "NaN": ('"format":2', '"format":NaN'),
        "no JSON": ("{", "["),
    }
    for what, (old, new) in spellings.items():
        taken = Taken(good)
        yield f"description with {what}", taken.whole(seal=False, text=canonical(taken.said).replace(old, new, 1)), "damaged"
    n = struct.unpack("<Q", good[:8])[0]
    head = good[8 : 8 + n].rstrip()
    again = canonical({W: json.loads(head)[W]})[1:-1].encode()
    yield "tensor twice", frame(head[:-1] + b"," + again + b"}", good[8 + n :]), "occurs twice"
