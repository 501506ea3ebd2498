"""All hostile files: other formats, false contents, and good files with something changed."""

from __future__ import annotations

import io
import json
import struct
import zipfile

from tests.storage.changes import W
from tests.storage.false_headers import FALSE_FILES, false_file
from tests.storage.other_formats import OTHER_FORMATS, file_of
from tests.storage.unpacked import Unpacked, canonical, digest, frame


def hostile_files(good):
    """Yield (name, bytes, what the refusal says) of every file."""
    for name, (_, says) in OTHER_FORMATS.items():
        yield name, file_of(name), says
    for name, (_, says) in FALSE_FILES.items():
        yield name, false_file(name, good), says
    polyglot = io.BytesIO()
    with zipfile.ZipFile(polyglot, "w") as archive:
        archive.writestr("evil.py", "x")
    yield "zip behind a model", good + polyglot.getvalue(), "damaged"
    yield "PDF behind a model", good + b"%PDF-1.7\n%%EOF", "damaged"
    yield "model twice", good + good, "damaged"
    yield "byte behind a model", good + b"\0", "damaged"
    for field in ("sha256", "data_sha256"):
        for value in ("0" * 64, None, 5, "A" * 64, ""):
            unpacked = Unpacked(good)
            unpacked.said[field] = value
            yield (
                f"{field} is {value!r}",
                unpacked.pack(checksums=False),
                "the hash of its header is not that of its content",
            )
        unpacked = Unpacked(good)
        del unpacked.said[field]
        yield f"no {field}", unpacked.pack(checksums=False), "hash"
    unpacked = Unpacked(good)
    unpacked.said["data_sha256"] = "0" * 64
    del unpacked.said["sha256"]
    tensors = {
        name: [entry["dtype"], entry["shape"]]
        for name, entry in unpacked.head.items()
        if name != "__metadata__"
    }
    unpacked.said["sha256"] = digest(canonical([unpacked.said, tensors]).encode())
    yield (
        "other data under a head whose checksum fits",
        unpacked.pack(checksums=False),
        "its hash is not that of its content",
    )
    yield (
        "last byte of the data",
        good[:-1] + bytes([good[-1] ^ 1]),
        "its hash is not that of its content",
    )
    spellings = {
        "duplicate key": ('"format":5', '"format":5,"format":5'),
        "space": ('"format":5', '"format": 4'),
        "other spelling of a number": ('"format":5', '"format":5,"glassnes":1e0'),
        "NaN": ('"format":5', '"format":NaN'),
        "no JSON": ("{", "["),
    }
    for what, (old, new) in spellings.items():
        unpacked = Unpacked(good)
        yield (
            f"description with {what}",
            unpacked.pack(checksums=False, text=canonical(unpacked.said).replace(old, new, 1)),
            "damaged",
        )
    n = struct.unpack("<Q", good[:8])[0]
    head = good[8 : 8 + n].rstrip()
    again = canonical({W: json.loads(head)[W]})[1:-1].encode()
    yield "tensor twice", frame(head[:-1] + b"," + again + b"}", good[8 + n :]), "occurs twice"
