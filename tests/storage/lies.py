"""Models made to deceive: one row a lie, told in a good file under seals that fit, each with what the refusal must say."""

from __future__ import annotations

import struct

import numpy as np

from tests.storage.taken import Taken, canonical

W, B, LR = "layers.1.W", "layers.1.b", "training.history.lr"


def moved(name, by):
    def change(taken):
        taken.head[name]["data_offsets"] = [
            offset + by for offset in taken.head[name]["data_offsets"]
        ]

    return change


def tensor(name, **changes):
    return lambda taken: taken.head[name].update(changes)


def entry(value):
    def change(taken):
        taken.head[W] = value

    return change


def extra_tensor(name="untold.W", shape=(1,)):
    """One whose name stands behind all others, as its data do."""

    def change(taken):
        n = len(taken.data)
        size = 8 * int(np.prod(shape))
        taken.head[name] = {"dtype": "F64", "shape": list(shape), "data_offsets": [n, n + size]}
        taken.data += bytes(size)

    return change


def renamed(name):
    """The last tensor of the layers, so that the order of the names stays that of the data, as far as the name allows."""

    def change(taken):
        taken.head[name] = taken.head.pop(B)

    return change


def without_last(taken):
    last = max(
        (name for name in taken.head if name != "__metadata__"),
        key=lambda name: taken.head[name]["data_offsets"][1],
    )
    taken.data = taken.data[: taken.head.pop(last)["data_offsets"][0]]


def in_another_order(taken):
    """The first two tensors change places in the data: no gap, no overlap."""
    first, second = sorted(
        (name for name in taken.head if name != "__metadata__"),
        key=lambda name: taken.head[name]["data_offsets"],
    )[:2]
    (_, a), (_, b) = taken.head[first]["data_offsets"], taken.head[second]["data_offsets"]
    taken.data = taken.data[a:b] + taken.data[:a] + taken.data[b:]
    taken.head[first]["data_offsets"], taken.head[second]["data_offsets"] = [b - a, b], [0, b - a]


def number(value, name=W):
    def change(taken):
        start = taken.head[name]["data_offsets"][0]
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


def nested(depth, kind="residual"):
    def change(taken):
        layer = {"kind": "dropout", "rate": 0.1}
        for _ in range(depth):
            layer = {"kind": kind, "layers": [layer]}
        taken.said["layers"].insert(0, layer)

    return change


def many_layers(n, *, inside=None):
    def change(taken):
        layers = [{"kind": "dropout", "rate": 0.1}] * n
        taken.said["layers"][:0] = [{"kind": inside, "layers": layers}] if inside else layers

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
    "the other float": (tensor(W, dtype="F32", shape=[3, 6]), "does not lie where"),
    "tensor with another field": (tensor(W, strides=[1, 1]), "must have the fields dtype"),
    "tensor is null": (entry(None), "must have the fields dtype"),
    "tensor is a list": (entry(["F64", [3, 3], [0, 72]]), "must have the fields dtype"),
    "tensor in a file beside it": (entry({"path": "../../etc/passwd"}), "must have the fields dtype"),
    "extra tensor": (extra_tensor(), "have no tensor 'untold.W'"),
    "extra tensor of nothing": (extra_tensor(shape=(0,)), "have no tensor 'untold.W'"),
    "tensor without a name": (extra_tensor("~"), "have no tensor '~'"),
    "path for a tensor's name": (renamed("layers.1/../../../etc/passwd"), "need tensor 'layers.1.b'"),
    "path from the root for a tensor's name": (extra_tensor("~/../../etc/passwd"), "have no tensor '~/../../etc/passwd'"),
    "path that sorts before": (renamed("../../etc/passwd"), "does not lie where"),
    "attribute for a tensor's name": (renamed("layers.1.b.__class__"), "need tensor 'layers.1.b'"),
    "escapes in a tensor's name": (extra_tensor("~" + ESCAPES), r"have no tensor '~\x1b]0;mine\x07\x1b[2J\r\u202eevil\x00'"),
    "huge tensor's name": (extra_tensor("~" * 2**20), "have no tensor '~~~"),
    "bytes that no tensor names": (lambda t: setattr(t, "data", t.data + bytes(8)), "bytes of tensors where its head names"),
    "tensor beyond the data": (lambda t: setattr(t, "data", t.data[:-8]), "bytes of tensors where its head names"),
    "missing tensor": (without_last, "need tensor"),
    "infinite weight": (number(np.inf), "layers.1.W holds numbers that are not finite"),
    "weight minus infinity": (number(-np.inf), "not finite"),
    "weight NaN": (number(np.nan), "not finite"),
    "second metadata key": (metadata_key, "more keys than one"),
    "newer format": (said("format", value=5), "was made by a newer glassnet (0.1.0, format 5; this one reads up to format 4): upgrade"),
    "format 999": (said("format", value=999), "was made by a newer glassnet"),
    "format of 10^299": (said("format", value=10**299), "was made by a newer glassnet"),
    "format 0": (said("format", value=0), "damaged"),
    "format -1": (said("format", value=-1), "damaged"),
    "format 1 with the seals of 2": (said("format", value=1), "damaged"),
    "format is text": (said("format", value="3"), "names no format"),
    "format is true": (said("format", value=True), "names no format"),
    "format is a float": (said("format", value=3.0), "names no format"),
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
    "a range of classes": (said("target", "low", value=[0.0]), "low and high must have one entry for each number"),
    "a sign of classes": (said("target", "sign", value=[1]), "sign must be -1, 0 or 1 for each number"),
    "a sign that is true": (said("target", "sign", value=[True]), "target.sign must be"),
    "a sign that is a word": (said("target", "sign", value="positive"), "target.sign must be"),
    "a range that is text": (said("target", "high", value=["1"]), "target.high must be"),
    "loss is null": (said("loss", value=None), "an object with a kind"),
    "unknown layer": (said("layers", 0, value={"kind": "lambda"}), "unknown kind of layer 'lambda': expected one of activation, "),
    "removed layer": (
        said("layers", 0, value={"kind": "shared_dense", "n_out": 4, "n_members": 2, "first": True}),
        "the layer kind 'shared_dense' was removed from glassnet: train the model again without it",
    ),
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
    "more waves than 64 bits count": (
        said("layers", 0, value={"kind": "periodic_embedding", "n_numeric": 2, "n_frequencies": 2**31, "n_out": 2**31, "sigma": 0.1}),
        "a whole number up to 32,768",
    ),
    "waves that are not there": (
        said("layers", 0, value={"kind": "periodic_embedding", "n_numeric": 2, "n_frequencies": 2**15, "n_out": 2**15, "sigma": 0.1}),
        "its layers need",
    ),
    "waves of columns that are not there": (
        said("layers", 0, value={"kind": "periodic_embedding", "n_numeric": 2**31 - 1, "n_frequencies": 16, "n_out": 3, "sigma": 0.1}),
        "columns needs as many",
    ),
    "bins of columns that are not there": (
        said("layers", 0, value={"kind": "piecewise_linear_embedding", "n_bins": [1] * 100_000, "n_out": 3}),
        "columns needs as many",
    ),
    "bins whose lines are not there": (
        said("layers", 0, value={"kind": "piecewise_linear_embedding", "n_bins": [2**15], "n_out": 2**15}),
        "its layers need",
    ),
    "2^24 levels": (said("layers", 0, value={"kind": "category_embedding", "levels": [2**24], "n_out": 2**15}), "its layers need"),
    "2^60 levels": (said("layers", 0, value={"kind": "category_embedding", "levels": [2**60], "n_out": 8}), "numbers of levels"),
    "100,000 columns of levels": (
        said("layers", 0, value={"kind": "category_embedding", "levels": [2] * 100_000, "n_out": 8}),
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
    "training is a list": (said("training", value=[]), "another type"),
    "columns of the training are a number": (said("training", "columns", value=1), "training.columns must have the lists"),
    "columns of the training are a list": (said("training", "columns", value=["x"]), "training.columns must have the lists"),
    "columns of the training without others": (said("training", "columns", value={"features": []}), "training.columns must have the lists"),
    "features of the training are text": (
        said("training", "columns", value={"features": "x", "others": []}),
        "training.columns must have the lists",
    ),
    "others of the training are lists": (
        said("training", "columns", value={"features": ["x"], "others": [["x"]]}),
        "training.columns must have the lists",
    ),
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
    "half a character in a column": (append("encoder", "schema", value=["\ud800", "number"]), "half a character"),
    "100,000 columns": (lambda t: t.said["encoder"]["schema"].extend([f"c{i}", "number"] for i in range(100_000)), "other columns"),
    "100,000 columns of two names": (lambda t: t.said["encoder"]["schema"].extend([["a", "number"]] * 100_000), "more than once"),
    "50,000 columns, each twice": (
        lambda t: t.said["encoder"]["schema"].extend([f"c{i // 2}", "number"] for i in range(100_000)),
        "more than once",
    ),
    "mean is text": (said("encoder", "numbers", "mean", 0, value="0"), "encoder.numbers.mean"),
    "mean is true": (said("encoder", "numbers", "mean", 0, value=True), "encoder.numbers.mean"),
    "mean is null": (said("encoder", "numbers", "mean", 0, value=None), "encoder.numbers.mean"),
    "mean of 10^299": (said("encoder", "numbers", "mean", 0, value=10**299), "encoder.numbers.mean"),
    "mean too short": (lambda t: t.said["encoder"]["numbers"]["mean"].pop(), "one entry for each column"),
    "scale zero": (said("encoder", "numbers", "scale", 0, value=0.0), "above 0"),
    "scale negative": (said("encoder", "numbers", "scale", 0, value=-1.0), "above 0"),
    "limit zero": (said("encoder", "numbers", "limit", value=0.0), "above 0"),
    "limit of 5e-324": (said("encoder", "numbers", "limit", value=5e-324), "at least 1e-100"),
    "limit negative": (said("encoder", "numbers", "limit", value=-4.0), "above 0"),
    "limit is text": (said("encoder", "numbers", "limit", value="none"), "encoder.numbers.limit"),
    "limit is false": (said("encoder", "numbers", "limit", value=False), "encoder.numbers.limit"),
    "limit of 10^299": (said("encoder", "numbers", "limit", value=10**299), "encoder.numbers.limit"),
    "limit is a list": (said("encoder", "numbers", "limit", value=[None]), "encoder.numbers.limit"),
    "limit is missing": (said("encoder", "numbers", "limit", drop=True), "encoder.numbers must have the fields"),
    "a form of nothing": (append("encoder", "schema", 0, value={}), "encoder.schema must be"),
    "a form that is a list": (append("encoder", "schema", 0, value=["%"]), "encoder.schema must be"),
    "a form with another field": (append("encoder", "schema", 0, value={"colour": "red"}), "the form of a column must have fields among"),
    "a form with a usual field": (append("encoder", "schema", 0, value={"unit": ""}), "encoder.schema must be"),
    "a unit that is a number": (append("encoder", "schema", 0, value={"unit": 5}), "the form of a column must have fields among"),
    "a mark that is none": (append("encoder", "schema", 0, value={"decimal": "x"}), "a mark or an order of dates that does not exist"),
    "an order of dates that is none": (append("encoder", "schema", 0, value={"dates": "dym"}), "an order of dates that does not exist"),
    "words that are 1": (append("encoder", "schema", 1, value={"verbatim": 1}), "the form of a column must have fields among"),
    "four words of a column": (said("encoder", "schema", 0, value=["age", "number", {"unit": "$"}, 1]), "encoder.schema must be"),
    "forms of classes": (said("target", "forms", value=[{}]), "forms must have one entry for each number"),
    "forms that are a word": (said("target", "forms", value="$"), "target.forms must be"),
    "a dialect that is a word": (said("dialect", value=";"), "dialect is none"),
    "a dialect that is null": (said("dialect", value=None), "dialect is none"),
    "a dialect with another field": (said("dialect", value={"colour": "red"}), "dialect is none"),
    "a delimiter of two": (said("dialect", value={"delimiter": ",,"}), "dialect is none"),
    "an encoding that runs": (said("dialect", value={"encoding": "../x"}), "dialect is none"),
    "missing texts out of order": (said("dialect", value={"missing": ["b", "a"]}), "dialect is not as it is written"),
    "lines that go on for ever": (said("dialect", value={"skip_rows": 10**30}), "dialect is"),
    "constant of no kind": (said("encoder", "numbers", "constant", 0, value="zero"), "encoder.numbers.constant"),
    "constant is null": (said("encoder", "numbers", "constant", value=None), "encoder.numbers.constant"),
    "constant too short": (lambda t: t.said["encoder"]["numbers"]["constant"].pop(), "constant must have one entry for each column"),
    "constant that says nothing": (said("encoder", "numbers", "constant", value=["", "", ""]), "columns that never varied"),
    "gaps alone without gaps": (said("encoder", "numbers", "constant", 2, value="gaps"), "only those with missing values"),
    "one level of three": (said("encoder", "categories", 0, "constant", value="level"), "cannot have held 'level' alone"),
    "rare levels that are not": (said("encoder", "categories", 0, "constant", value="rare"), "cannot have held 'rare' alone"),
    "gaps alone beside levels": (said("encoder", "categories", 0, "constant", value="gaps"), "cannot have held 'gaps' alone"),
    "false of a category": (said("encoder", "categories", 0, "constant", value="false"), "cannot have held 'false' alone"),
    "a category constant of no kind": (said("encoder", "categories", 0, "constant", value="x"), "constant must be"),
    "gaps are numbers": (said("encoder", "numbers", "has_gaps", 0, value=1), "has_gaps"),
    "level twice": (said("encoder", "categories", 0, "levels", 0, value="Dream"), "occurs twice"),
    "level is null": (said("encoder", "categories", 0, "levels", 0, value=None), "levels"),
    "100,000 levels": (
        lambda t: t.said["encoder"]["categories"][0]["levels"].extend(map(str, range(100_000))),
        "features but the encoder makes",
    ),
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
    "reference is null": (said("reference", value=None), "reference must have the fields"),
    "reference field too many": (said("reference", "code", value=1), "reference must have the fields"),
    "reference without rows": (said("reference", "rows", value=0), "reference must have rows"),
    "reference of 10^299 rows": (said("reference", "rows", value=10**299), "reference.rows must be int"),
    "rows of the reference are true": (said("reference", "rows", value=True), "reference.rows must be int"),
    "more gaps than rows": (said("reference", "gaps", 0, value=41), "counts from 0 to as many"),
    "less than no gaps": (said("reference", "gaps", 0, value=-1), "counts from 0 to as many"),
    "more rare levels than rows": (said("reference", "rare", 0, value=41), "counts from 0 to as many"),
    "a variance below 0": (said("reference", "spread", 0, value=-1), "counts from 0 to as many"),
    "gaps of one column too many": (append("reference", "gaps", value=0), "reference must have one entry for each column"),
    "a range too many": (append("reference", "low", value=0.0), "reference must have one entry for each column"),
    "a range of a date that is not there": (append("reference", "first", value=0), "reference must have one entry for each column"),
    "a range with one end": (said("reference", "high", 0, value=None), "both ends of a range or none"),
    "a range from high to low": (said("reference", "low", 0, value=1e9), "both ends of a range or none, the smaller one first"),
    "an end that is text": (said("reference", "low", 0, value="0"), "reference.low must be"),
    "an end of 10^299": (said("reference", "high", 0, value=10**299), "reference.high must be"),
    "rare levels are a number": (said("reference", "rare", value=0), "reference.rare must be"),
    "history is null": (said("history", value=None), "history must name columns"),
    "history is a list": (said("history", value=[]), "history must name columns"),
    "history of no columns": (said("history", value={}), "history must name columns"),
    "history that is not said": (said("history", drop=True), "have no tensor 'training.history.gradient_norm'"),
    "history of no training": (said("training", "history", drop=True), "history must name columns"),
    "history of a list": (said("training", "history", value=[1]), "training.history must be an object"),
    "column of the history twice": (said("training", "history", "lr", value=[0.5, 1]), "'lr', which cannot be one or is there twice"),
    "column of the history too many": (said("history", "seconds", value=["number", 3]), "need tensor 'training.history.seconds'"),
    "column of the history too few": (said("history", "lr", drop=True), "have no tensor 'training.history.lr'"),
    "name of a column that is a path": (said("history", "../lr", value=["number", 3]), "'../lr', which cannot be one"),
    "name of a column of a megabyte": (said("history", "l" * 2**20, value=["number", 3]), "which cannot be one"),
    "kind of a column of the history": (said("history", "lr", value=["text", 2]), "history.lr must have one of the kinds"),
    "kind that is a list": (said("history", "lr", value=[["number"], 2]), "history.lr must have one of the kinds"),
    "column of the history without a length": (said("history", "lr", value=["number"]), "history.lr must have one of the kinds"),
    "column that is a word": (said("history", "lr", value="number"), "history.lr must have one of the kinds"),
    "history of another length": (said("history", "lr", value=["number", 3]), "is F64 [2] where its layers need F64 [3]"),
    "history of no epochs": (said("history", "lr", value=["number", 0]), "history.lr must have a length from 1 to 10,000"),
    "history of 10^12 epochs": (said("history", "lr", value=["number", 10**12]), "history.lr must have a length from 1 to 10,000"),
    "length that is true": (said("history", "lr", value=["number", True]), "history.lr must have a length"),
    "text of a column of numbers": (said("history", "lr", value=["number", 2, ["a"]]), "history.lr must have one of the kinds"),
    "text without texts": (said("history", "lr", value=["text", 2]), "history.lr must have one of the kinds"),
    "texts that are numbers": (said("history", "lr", value=["text", 2, [0, 1]]), "the texts of history.lr must be a list"),
    "texts out of order": (said("history", "lr", value=["text", 2, ["b", "a"]]), "the texts of history.lr must be a list"),
    "a text twice": (said("history", "lr", value=["text", 2, ["a", "a"]]), "the texts of history.lr must be a list"),
    "texts for other numbers": (said("history", "lr", value=["text", 2, ["a", "b"]]), "training.history.lr holds numbers that no history"),
    "history in a table": (tensor(LR, shape=[2, 1]), "is F64 [2, 1] where its layers need F64 [2]"),
    "history that is infinite": (number(float("inf"), LR), "training.history.lr holds numbers that no history has"),
    "history that is not so missing": (number(-float("nan"), LR), "training.history.lr holds numbers that no history has"),
    "whole numbers with fractions": (said("history", "lr", value=["whole", 2]), "training.history.lr holds numbers that no history has"),
}  # fmt: skip


def lie(name, good):
    """The bytes of a file of `LIES`, made from those of a good one."""
    change, _ = LIES[name]
    taken = Taken(good)
    change(taken)
    untouched = Taken(good)
    assert (canonical([taken.head, taken.said]), taken.data) != (
        canonical([untouched.head, untouched.said]),
        untouched.data,
    ), name
    return taken.whole()


def honest_giant(good):
    """A good file whose first layer has 2^24 units: head, layers and seal of the head agree. Returned without data, with their size."""
    taken, n = Taken(good), 2**24
    n_in, n_out = taken.said["n_features"], len(taken.said["target"]["classes"])
    dense = {"kind": "dense", "activation": "relu", "initializer": "auto"}
    taken.said["layers"] = [{**dense, "n_out": n}, {**dense, "n_out": n_out}]
    taken.said["training"]["history"] = {}
    del taken.said["history"]
    taken.head, at = {"__metadata__": taken.head["__metadata__"]}, 0
    for name, shape in {"0.W": [n_in, n], "0.b": [n], "1.W": [n, n_out], "1.b": [n_out]}.items():
        size = 8 * int(np.prod(shape))
        taken.head[f"layers.{name}"] = {
            "dtype": "F64",
            "shape": shape,
            "data_offsets": [at, at + size],
        }
        at += size
    taken.data = b""
    return taken.whole(), at
