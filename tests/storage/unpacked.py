"""Model files unpacked and packed again without glassnet, as an attacker could."""

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


class Unpacked:
    """A model file as its parts; `pack` puts it together again, with checksums that fit."""

    def __init__(self, data):
        n = struct.unpack("<Q", data[:8])[0]
        self.head = json.loads(data[8 : 8 + n])
        self.data = data[8 + n :]
        self.said = json.loads(self.head["__metadata__"]["glassnet"])

    def add_checksums(self):
        """As the docstring of `storage.checksum` defines them."""
        self.said |= {"data_sha256": digest(self.data)}
        self.said.pop("sha256", None)
        entries = {name: entry for name, entry in self.head.items() if name != "__metadata__"}
        tensors = {
            name: [entry["dtype"], entry["shape"]]
            for name, entry in entries.items()
            if isinstance(entry, dict) and {"dtype", "shape"} <= {*entry}
        }
        self.said["sha256"] = digest(canonical([self.said, tensors]).encode())

    def pack(self, *, checksums=True, text=None):
        if checksums:
            self.add_checksums()
        if "__metadata__" in self.head:
            self.head["__metadata__"]["glassnet"] = canonical(self.said) if text is None else text
        return frame(json.dumps(self.head).encode(), self.data)
