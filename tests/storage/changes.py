"""Changes of a good model file: to its tensors, its header and its description."""

from __future__ import annotations

import struct

import numpy as np

W, B, LR = "layers.1.W", "layers.1.b", "training.history.lr"


def moved(name, by):
    def change(unpacked):
        unpacked.head[name]["data_offsets"] = [
            offset + by for offset in unpacked.head[name]["data_offsets"]
        ]

    return change


def tensor(name, **changes):
    return lambda unpacked: unpacked.head[name].update(changes)


def entry(value):
    def change(unpacked):
        unpacked.head[W] = value

    return change


def extra_tensor(name="untold.W", shape=(1,)):
    """One whose name stands behind all others, as its data do."""

    def change(unpacked):
        n = len(unpacked.data)
        size = 8 * int(np.prod(shape))
        unpacked.head[name] = {"dtype": "F64", "shape": list(shape), "data_offsets": [n, n + size]}
        unpacked.data += bytes(size)

    return change


def renamed(name):
    """Rename the last tensor of the layers, whose place in the order may then stay."""

    def change(unpacked):
        unpacked.head[name] = unpacked.head.pop(B)

    return change


def without_last(unpacked):
    last = max(
        (name for name in unpacked.head if name != "__metadata__"),
        key=lambda name: unpacked.head[name]["data_offsets"][1],
    )
    unpacked.data = unpacked.data[: unpacked.head.pop(last)["data_offsets"][0]]


def in_another_order(unpacked):
    """The first two tensors change places in the data: no gap, no overlap."""
    first, second = sorted(
        (name for name in unpacked.head if name != "__metadata__"),
        key=lambda name: unpacked.head[name]["data_offsets"],
    )[:2]
    (_, a), (_, b) = unpacked.head[first]["data_offsets"], unpacked.head[second]["data_offsets"]
    unpacked.data = unpacked.data[a:b] + unpacked.data[:a] + unpacked.data[b:]
    unpacked.head[first]["data_offsets"], unpacked.head[second]["data_offsets"] = (
        [b - a, b],
        [0, b - a],
    )


def number(value, name=W):
    def change(unpacked):
        start = unpacked.head[name]["data_offsets"][0]
        unpacked.data = (
            unpacked.data[:start] + struct.pack("<d", value) + unpacked.data[start + 8 :]
        )

    return change


def said(*path, value=None, drop=False):
    def change(unpacked):
        at = unpacked.said
        for step in path[:-1]:
            at = at[step]
        if drop:
            del at[path[-1]]
        else:
            at[path[-1]] = value

    return change


def nested(depth, kind="residual"):
    def change(unpacked):
        layer = {"kind": "dropout", "rate": 0.1}
        for _ in range(depth):
            layer = {"kind": kind, "layers": [layer]}
        unpacked.said["layers"].insert(0, layer)

    return change


def many_layers(n, *, inside=None):
    def change(unpacked):
        layers = [{"kind": "dropout", "rate": 0.1}] * n
        unpacked.said["layers"][:0] = [{"kind": inside, "layers": layers}] if inside else layers

    return change


def append(*path, value):
    def change(unpacked):
        at = unpacked.said
        for step in path:
            at = at[step]
        at.append(value)

    return change


def metadata_key(unpacked):
    unpacked.head["__metadata__"]["other"] = "x"


ESCAPES = "\x1b]0;mine\x07\x1b[2J\r\u202eevil\0"
