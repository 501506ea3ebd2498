"""Files with false headers: tensors, layers and losses that cannot be, with checksums that fit."""

from __future__ import annotations

import numpy as np

from tests.storage.changes import (
    ESCAPES,
    W,
    entry,
    extra_tensor,
    in_another_order,
    many_layers,
    metadata_key,
    moved,
    nested,
    number,
    renamed,
    said,
    tensor,
    without_last,
)
from tests.storage.false_descriptions import FALSE_DESCRIPTIONS
from tests.storage.false_records import FALSE_RECORDS
from tests.storage.unpacked import Unpacked, canonical

# name: (what is changed in a good file, what the refusal says)
FALSE_HEADERS = {
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
    "shape whose size fits in 64 bits again": (
        tensor(W, shape=[2**31, 2**31, 4, 9]),
        "does not lie where",
    ),
    "zero shape": (tensor(W, shape=[0]), "does not lie where"),
    "zero times huge": (tensor(W, shape=[0, 2**47]), "does not lie where"),
    "shape of nine dimensions": (tensor(W, shape=[3, 3, *[1] * 7]), "not whole numbers"),
    "shape of 100,000 dimensions": (tensor(W, shape=[2] * 100_000), "not whole numbers"),
    "half floats": (tensor(W, dtype="F16"), "not F32 or F64"),
    "whole numbers": (tensor(W, dtype="I64"), "not F32 or F64"),
    "objects": (tensor(W, dtype="object"), "not F32 or F64"),
    "dtype is a list": (tensor(W, dtype=["F64"]), "not F32 or F64"),
    "dtype is huge": (tensor(W, dtype="F" * 2**20), "not F32 or F64"),
    "the other float": (tensor(W, dtype="F32", shape=[3, 6]), "does not lie where"),
    "tensor with another field": (tensor(W, strides=[1, 1]), "must have the fields dtype"),
    "tensor is null": (entry(None), "must have the fields dtype"),
    "tensor is a list": (entry(["F64", [3, 3], [0, 72]]), "must have the fields dtype"),
    "tensor in a file beside it": (
        entry({"path": "../../etc/passwd"}),
        "must have the fields dtype",
    ),
    "extra tensor": (extra_tensor(), "have no tensor 'untold.W'"),
    "extra tensor of nothing": (extra_tensor(shape=(0,)), "have no tensor 'untold.W'"),
    "tensor without a name": (extra_tensor("~"), "have no tensor '~'"),
    "path for a tensor's name": (
        renamed("layers.1/../../../etc/passwd"),
        "need tensor 'layers.1.b'",
    ),
    "path from the root for a tensor's name": (
        extra_tensor("~/../../etc/passwd"),
        "have no tensor '~/../../etc/passwd'",
    ),
    "path that sorts before": (renamed("../../etc/passwd"), "does not lie where"),
    "attribute for a tensor's name": (renamed("layers.1.b.__class__"), "need tensor 'layers.1.b'"),
    "escapes in a tensor's name": (
        extra_tensor("~" + ESCAPES),
        r"have no tensor '~\x1b]0;mine\x07\x1b[2J\r\u202eevil\x00'",
    ),
    "huge tensor's name": (extra_tensor("~" * 2**20), "have no tensor '~~~"),
    "bytes that no tensor names": (
        lambda t: setattr(t, "data", t.data + bytes(8)),
        "bytes of tensors where its header names",
    ),
    "tensor beyond the data": (
        lambda t: setattr(t, "data", t.data[:-8]),
        "bytes of tensors where its header names",
    ),
    "missing tensor": (without_last, "need tensor"),
    "infinite weight": (number(np.inf), "layers.1.W holds numbers that are not finite"),
    "weight minus infinity": (number(-np.inf), "not finite"),
    "weight NaN": (number(np.nan), "not finite"),
    "second metadata key": (metadata_key, "more keys than one"),
    "newer format": (
        said("format", value=6),
        "was made by a newer glassnet (0.1.0, format 6; this one reads up to format 5): upgrade",
    ),
    "format 999": (said("format", value=999), "was made by a newer glassnet"),
    "format of 10^299": (said("format", value=10**299), "was made by a newer glassnet"),
    "format 0": (said("format", value=0), "damaged"),
    "format -1": (said("format", value=-1), "damaged"),
    "format 1 with the checksums of 2": (said("format", value=1), "damaged"),
    "format is text": (said("format", value="3"), "names no format"),
    "format is true": (said("format", value=True), "names no format"),
    "format is a float": (said("format", value=3.0), "names no format"),
    "format is missing": (said("format", drop=True), "names no format"),
    "unknown field": (said("code", value="import os"), "must have the fields"),
    "missing field": (said("loss", drop=True), "must have the fields"),
    "version is a number": (said("glassnet", value=1), "another type"),
    "unknown loss": (
        said("loss", value={"kind": "evil"}),
        "unknown kind of loss 'evil': expected one of absolute, ",
    ),
    "loss by a path": (
        said("loss", value={"kind": "glassnet.losses.Squared"}),
        "unknown kind of loss",
    ),
    "loss with another setting": (
        said("loss", value={"kind": "softmax", "code": 1}),
        "has the fields",
    ),
    "loss setting out of range": (
        said("loss", value={"kind": "softmax", "label_smoothing": 1.0}),
        "must be in",
    ),
    "loss setting of 10^299": (
        said("loss", value={"kind": "softmax", "label_smoothing": 10**299}),
        "must be in",
    ),
    "loss setting is text": (
        said("loss", value={"kind": "softmax", "label_smoothing": "0"}),
        "must be a number",
    ),
    "loss of another task": (said("loss", value={"kind": "squared"}), "does not fit its loss"),
    "loss is null": (said("loss", value=None), "an object with a kind"),
    "unknown layer": (
        said("layers", 0, value={"kind": "lambda"}),
        "unknown kind of layer 'lambda': expected one of activation, ",
    ),
    "removed layer": (
        said(
            "layers", 0, value={"kind": "shared_dense", "n_out": 4, "n_members": 2, "first": True}
        ),
        "the layer kind 'shared_dense' was removed from glassnet: train the model again without it",
    ),
    "layer by a path": (
        said("layers", 0, value={"kind": "os.system"}),
        "unknown kind of layer 'os.system'",
    ),
    "layer by a dunder": (said("layers", 0, value={"kind": "__class__"}), "unknown kind of layer"),
    "escapes in a layer's kind": (
        said("layers", 0, value={"kind": ESCAPES}),
        r"'\x1b]0;mine\x07\x1b[2J\r\u202eevil\x00'",
    ),
    "huge layer's kind": (
        said("layers", 0, value={"kind": "dense" * 2**20}),
        "unknown kind of layer 'densedense",
    ),
    "huge layer's setting": (said("layers", 0, "x" * 2**22, value=1), "has the fields"),
    "unknown activation": (
        said("layers", 0, "activation", value="evil"),
        "unknown activation 'evil'",
    ),
    "huge activation": (
        said("layers", 0, "activation", value="relu" * 2**20),
        "unknown activation 'relurelu",
    ),
    "unknown initializer": (
        said("layers", 0, "initializer", value="evil"),
        "unknown initializer 'evil'",
    ),
    "wider layer": (said("layers", 0, "n_out", value=4), "its layers need F64"),
    "layer of 10^9 units": (said("layers", 0, "n_out", value=10**9), "its layers need F64"),
    "layer of 2^31 - 1 units": (said("layers", 0, "n_out", value=2**31 - 1), "its layers need F64"),
    "layer of 2^31 units": (said("layers", 0, "n_out", value=2**31), "a whole number from 1 to"),
    "layer of -3 units": (said("layers", 0, "n_out", value=-3), "a whole number from 1 to"),
    "layer of 3.0 units": (said("layers", 0, "n_out", value=3.0), "a whole number from 1 to"),
    "more waves than 64 bits count": (
        said(
            "layers",
            0,
            value={
                "kind": "periodic_embedding",
                "n_numeric": 2,
                "n_frequencies": 2**31 - 1,
                "n_out": 2**31 - 1,
                "sigma": 0.1,
            },
        ),
        "a whole number from 1 to 32,768",
    ),
    "waves that are not there": (
        said(
            "layers",
            0,
            value={
                "kind": "periodic_embedding",
                "n_numeric": 2,
                "n_frequencies": 2**15,
                "n_out": 2**15,
                "sigma": 0.1,
            },
        ),
        "its layers need",
    ),
    "waves of columns that are not there": (
        said(
            "layers",
            0,
            value={
                "kind": "periodic_embedding",
                "n_numeric": 2**31 - 1,
                "n_frequencies": 16,
                "n_out": 3,
                "sigma": 0.1,
            },
        ),
        "columns needs as many",
    ),
    "bins of columns that are not there": (
        said(
            "layers",
            0,
            value={"kind": "piecewise_linear_embedding", "n_bins": [1] * 100_000, "n_out": 3},
        ),
        "columns needs as many",
    ),
    "bins whose lines are not there": (
        said(
            "layers",
            0,
            value={"kind": "piecewise_linear_embedding", "n_bins": [2**15], "n_out": 2**15},
        ),
        "its layers need",
    ),
    "2^24 levels": (
        said("layers", 0, value={"kind": "category_embedding", "levels": [2**24], "n_out": 2**15}),
        "its layers need",
    ),
    "2^60 levels": (
        said("layers", 0, value={"kind": "category_embedding", "levels": [2**60], "n_out": 8}),
        "a whole number from 1 to",
    ),
    "100,000 columns of levels": (
        said(
            "layers", 0, value={"kind": "category_embedding", "levels": [2] * 100_000, "n_out": 8}
        ),
        "columns needs as many",
    ),
    "no layers": (said("layers", value=[]), "layers must be"),
    "layers are text": (said("layers", value="dense"), "layers must be"),
    "layers are null": (said("layers", value=None), "layers must be"),
    "layer is a list": (said("layers", 0, value=["dense", 3]), "an object with a kind"),
    "layers 60 deep": (nested(60), "nested too deep"),
    "layers 400 deep": (nested(400), "nested too deep"),
    "999 layers too many": (many_layers(999), "1 to 1,000 layers"),
    "1,000 layers inside one": (many_layers(1_000, inside="residual"), "1 to 1,000 layers"),
    "1,000 members": (many_layers(1_000, inside="members"), "1 to 1,000 layers"),
    "members of members, 60 deep": (nested(60, "members"), "nested too deep"),
    "100,000 layers": (many_layers(100_000), "1 to 1,000 layers"),
    "other dtype": (said("dtype", value="float32"), "where its layers need F32"),
    "dtype of no kind": (said("dtype", value="object"), "another type"),
    "dtype of the network is a list": (said("dtype", value=["float32"]), "another type"),
    "other n_features": (said("n_features", value=3), "features but the encoder makes"),
    "n_features of 2^62": (said("n_features", value=2**62), "features but the encoder makes"),
    "n_features is true": (said("n_features", value=True), "another type"),
    "features of the training are text": (
        said("training", "columns", value={"features": "x", "others": []}),
        "training.columns must have the lists",
    ),
    "others of the training are lists": (
        said("training", "columns", value={"features": ["x"], "others": [["x"]]}),
        "training.columns must have the lists",
    ),
    "escapes in a column's kind": (
        said("encoder", "schema", 0, value=["age", ESCAPES]),
        r"has kind '\x1b]0;mine\x07\x1b[2J\r\u202eevil\x00'",
    ),
}

FALSE_FILES = FALSE_HEADERS | FALSE_DESCRIPTIONS | FALSE_RECORDS


def false_file(name, good):
    """The bytes of a file of `FALSE_FILES`, made from those of a good one."""
    change, _ = FALSE_FILES[name]
    unpacked = Unpacked(good)
    change(unpacked)
    untouched = Unpacked(good)
    assert (canonical([unpacked.head, unpacked.said]), unpacked.data) != (
        canonical([untouched.head, untouched.said]),
        untouched.data,
    ), name
    return unpacked.pack()


def huge_model(good):
    """A good file whose first layer has 2^24 units: head, layers and checksum agree.

    It is returned without data, with their size.
    """
    unpacked, n = Unpacked(good), 2**24
    n_in, n_out = unpacked.said["n_features"], len(unpacked.said["target"]["classes"])
    dense = {"kind": "dense", "activation": "relu", "initializer": "auto"}
    unpacked.said["layers"] = [{**dense, "n_out": n}, {**dense, "n_out": n_out}]
    unpacked.said["training"]["history"] = {}
    del unpacked.said["history"]
    unpacked.head, at = {"__metadata__": unpacked.head["__metadata__"]}, 0
    for name, shape in {"0.W": [n_in, n], "0.b": [n], "1.W": [n, n_out], "1.b": [n_out]}.items():
        size = 8 * int(np.prod(shape))
        unpacked.head[f"layers.{name}"] = {
            "dtype": "F64",
            "shape": shape,
            "data_offsets": [at, at + size],
        }
        at += size
    unpacked.data = b""
    return unpacked.pack(), at
