"""Model files taken apart and put together again, with nothing of ours: what a hostile hand could do."""

from __future__ import annotations

import hashlib
import json
import struct


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
            name: [entry["dtype"], entry["shape"]]
            for name, entry in entries.items()
            if isinstance(entry, dict) and {"dtype", "shape"} <= {*entry}
        }
        self.said["sha256"] = digest(canonical([self.said, tensors]).encode())

    def whole(self, *, seal=True, text=None):
        if seal:
            self.seal()
        if "__metadata__" in self.head:
            self.head["__metadata__"]["glassnet"] = canonical(self.said) if text is None else text
        return frame(json.dumps(self.head).encode(), self.data)
