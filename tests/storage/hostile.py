"""All hostile files: foreign ones, lies, and good files with something added, taken away or spelled otherwise."""

from __future__ import annotations

import io
import json
import struct
import zipfile

from tests.storage.foreign import FOREIGN, foreign
from tests.storage.lies import LIES, W, lie
from tests.storage.taken import Taken, canonical, digest, frame


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
            yield (
                f"{seal} is {value!r}",
                taken.whole(seal=False),
                "the hash of its head is not that of its content",
            )
        taken = Taken(good)
        del taken.said[seal]
        yield f"no {seal}", taken.whole(seal=False), "hash"
    taken = Taken(good)
    taken.said["data_sha256"] = "0" * 64
    del taken.said["sha256"]
    tensors = {
        name: [entry["dtype"], entry["shape"]]
        for name, entry in taken.head.items()
        if name != "__metadata__"
    }
    taken.said["sha256"] = digest(canonical([taken.said, tensors]).encode())
    yield (
        "other data under a head that is sealed",
        taken.whole(seal=False),
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
        taken = Taken(good)
        yield (
            f"description with {what}",
            taken.whole(seal=False, text=canonical(taken.said).replace(old, new, 1)),
            "damaged",
        )
    n = struct.unpack("<Q", good[:8])[0]
    head = good[8 : 8 + n].rstrip()
    again = canonical({W: json.loads(head)[W]})[1:-1].encode()
    yield "tensor twice", frame(head[:-1] + b"," + again + b"}", good[8 + n :]), "occurs twice"
