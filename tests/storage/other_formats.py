"""Files of other formats, or that only begin as a model, each with what the refusal says."""

from __future__ import annotations

import io
import json
import pickle
import struct

import numpy as np

from tests.storage.unpacked import canonical, frame


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
    return frame(
        json.dumps(({"__metadata__": metadata} if metadata is not None else {}) | head).encode(),
        bytes(4),
    )


def long(start, unit, n, end):
    """A file whose head repeats something; made only when it is asked for."""
    return lambda: frame(start + unit * n + end)


def described(text):
    """A file of no tensors with that description."""
    return frame(json.dumps({"__metadata__": {"glassnet": text}}).encode())


BIG = 15 * 2**20

# name: (bytes, or what makes them, and what the refusal says)
OTHER_FORMATS = {
    "empty": (b"", "the file is empty"),
    "one byte": (b"{", "is not a glassnet model file"),
    "eight bytes": (bytes(8), "is not a glassnet model file"),
    "text": (b"species,island\nAdelie,Dream\n" * 9, "is not a glassnet model file"),
    "JSON": (b'{"kind": "dense", "n_out": 3}' * 3, "is not a glassnet model file"),
    "zip": (zip_bytes(), "it is a zip archive"),
    "pickle": (pickle.dumps({"W": [1.0] * 99}), "it is a pickle, which runs code"),
    "pickle of protocol 2": (
        pickle.dumps({"W": [1.0] * 99}, protocol=2),
        "it is a pickle, which runs code",
    ),
    "pickle of protocol 0": (
        b"cos\nsystem\n(S'true'\ntR." + bytes(9),
        "is not a glassnet model file",
    ),
    "NumPy": (numpy_bytes(), "it is a NumPy array"),
    "HDF5": (b"\x89HDF\r\n\x1a\n" + bytes(99), "it is an HDF5 file"),
    "Parquet": (b"PAR1" + bytes(99), "it is a Parquet table"),
    "PDF": (b"%PDF-1.7\n" + bytes(99), "is not a glassnet model file"),
    "script": (b"#!/bin/sh\ntrue\n" * 9, "is not a glassnet model file"),
    "safetensors of others": (others_safetensors(None), "another program wrote"),
    "safetensors of others with metadata": (
        others_safetensors({"format": "pt"}),
        "another program wrote",
    ),
    "metadata is text": (frame(b'{"__metadata__":"glassnet"}'), "another program wrote"),
    "metadata is a list": (frame(b'{"__metadata__":["glassnet"]}'), "another program wrote"),
    "description is a number": (frame(b'{"__metadata__":{"glassnet":1}}'), "another program wrote"),
    "zeros": (bytes(64), "is not a glassnet model file"),
    "header of length 0": (frame(b"", b"{}"), "is not a glassnet model file"),
    "header of length 1": (frame(b"{", b"}"), "is not a glassnet model file"),
    "huge header": (b"\xff" * 8 + b"{}", "is not a glassnet model file"),
    "header of negative length": (struct.pack("<q", -2) + b"{}", "is not a glassnet model file"),
    "header beyond the limit": (
        lambda: struct.pack("<Q", 2**26 + 1) + b"{" + b" " * 2**26,
        "its header takes 67,108,865 bytes, more than 67,108,864",
    ),
    "head longer than the file": (
        struct.pack("<Q", 2**24) + b'{"a":1}',
        "is damaged: it ends after 15 bytes, within its header",
    ),
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
    "metadata twice": (
        frame(b'{"__metadata__":{"glassnet":""},"__metadata__":{"glassnet":""}}'),
        "'__metadata__' occurs twice",
    ),
    "same key in two spellings": (frame(b'{"a":1,"\\u0061":2}'), "the key 'a' occurs twice"),
    "head with NaN": (frame(b'{"a":NaN}'), "NaN"),
    "head with -Infinity": (frame(b'{"a":-Infinity}'), "Infinity"),
    "head not finite": (frame(b'{"a":1e999}'), "not finite"),
    "head not UTF-8": (frame(b'{"a":"\xff"}'), "UTF-8"),
    "half a character": (frame(b'{"a":"\\ud800"}'), "half a character"),
    "control character in the JSON": (frame(b'{"a":"\x1b[2J"}'), "is not JSON"),
    "terminal escape for a key": (
        frame(b'{"\\u001b[2J":1,"\\u001b[2J":1}'),
        r"the key '\x1b[2J' occurs twice",
    ),
    "head 200,000 deep": (
        frame(b'{"a":' + b"[" * 200_000 + b"]" * 200_000 + b"}"),
        "nested too deep",
    ),
    "head 101 deep": (frame(b'{"a":' + b"[" * 100 + b"]" * 100 + b"}"), "nested too deep"),
    "head never closed": (long(b'{"a":', b"[", BIG, b"}"), "more than 4,000,000 values"),
    "a million empty lists": (
        long(b'{"a":[', b"[],", 10**6, b"0]}"),
        "more than 650,000 lists and objects",
    ),
    "a million empty objects": (
        long(b'{"a":[', b"{},", 10**6, b"0]}"),
        "more than 650,000 lists and objects",
    ),
    "as many lists as may be": (long(b'{"a":[', b"[],", 649_990, b"0]}"), "another program wrote"),
    "as many objects as may be": (
        long(b'{"a":[', b'{"":0},', 649_990, b"0]}"),
        "another program wrote",
    ),
    "a million numbers": (long(b'{"a":[', b"1.5e-99,", 999_990, b"0]}"), "another program wrote"),
    "a million whole numbers": (
        long(b'{"a":[', b"1234567,", 999_990, b"0]}"),
        "another program wrote",
    ),
    "as many long numbers as may be": (
        long(b'{"a":[', b"9" * 299 + b",", BIG // 300, b"0]}"),
        "another program wrote",
    ),
    "huge whole number": (frame(b'{"a":' + b"9" * 10_000 + b"}"), "10,000 digits"),
    "whole number too large for a float": (
        described('{"format":1,"loss":1' + "0" * 309 + "}"),
        "310 digits",
    ),
    "whole number of a megabyte": (long(b'{"a":', b"9", BIG, b"}"), "digits"),
    "fraction of a megabyte": (long(b'{"a":0.', b"9", BIG, b"}"), "another program wrote"),
    "huge text": (long(b'{"a":"', b"x", BIG, b'"}'), "another program wrote"),
    "huge text of escapes": (long(b'{"a":"', b"\\u00fc", BIG // 6, b'"}'), "another program wrote"),
    "huge description": (lambda: described("x" * BIG), "is not JSON"),
    "huge key twice": (
        lambda: frame(b'{"' + b"k" * (BIG // 2) + b'":1,"' + b"k" * (BIG // 2) + b'":2}'),
        "occurs twice",
    ),
    "description is empty": (described(""), "is not JSON"),
    "description is a list": (described("[1]"), "names no format"),
    "description is null": (described("null"), "names no format"),
    "description of 200,000 lists": (described("[" * 200_000 + "]" * 200_000), "nested too deep"),
    "description of half a million lists": (
        described("[" + "[]," * 499_000 + "0]"),
        "names no format",
    ),
    "description never closed": (described('{"format":1'), "is not JSON"),
    "nothing but a format": (described('{"format":4}'), "the hash of its header"),
    "nothing but format 1": (described('{"format":1}'), "must have the fields"),
    "newer format without the rest": (
        described('{"format":6,"news":[1e5]}'),
        "was made by a newer glassnet (format 6; ",
    ),
    "newer format of other tensors": (
        frame(
            b'{"__metadata__":{"glassnet":"{\\"format\\":9}"},"a":{"dtype":"BF16","shape":[1],"data_offsets":[0,2]}}',
            bytes(2),
        ),
        "was made by a newer glassnet",
    ),
    "10,001 tensors": (
        frame(
            canonical(
                {"__metadata__": {"glassnet": '{"format":2}'}} | {f"t{i}": 0 for i in range(10_001)}
            ).encode()
        ),
        "10001 tensors, more than 10000",
    ),
}


def file_of(name):
    """The bytes of a file of `OTHER_FORMATS`."""
    data, _ = OTHER_FORMATS[name]
    return data() if callable(data) else data
