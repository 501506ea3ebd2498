"""Files damaged at random: bytes flipped, cut, doubled and taken away, and the small whole numbers
in them that are offsets and lengths."""

from __future__ import annotations

import struct


def flip(rng, data):
    for _ in range(rng.choice([1, 1, 2, 8, 40])):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def any_byte(rng, data):
    for _ in range(rng.choice([1, 2, 8])):
        data[rng.randrange(len(data))] = rng.choice([0, 1, 0x7F, 0x80, 0xFF, rng.randrange(256)])


def cut(rng, data):
    del data[rng.randrange(1, len(data)) :]


def take_out(rng, data):
    start = rng.randrange(len(data))
    del data[start : start + rng.choice([1, 4, 8, 64, 1000])]
    data.extend(b"?" if not data else b"")


def double(rng, data):
    start = rng.randrange(len(data))
    data[start:start] = data[start : start + rng.choice([1, 8, 64, 1000])]


def blank(rng, data):
    start = rng.randrange(len(data))
    n = min(rng.choice([1, 8, 64, 1000]), len(data) - start)
    data[start : start + n] = bytes([rng.choice([0, 0xFF, 0x22, 0x2C, 0x0A])]) * n


def number(rng, data):
    """Overwrite an aligned whole number by one that an offset or a length should not be."""
    size, code = rng.choice([(4, "<i"), (8, "<q")])
    places = [
        i
        for i in range(0, len(data) - size, size)
        if 0 < struct.unpack_from(code, data, i)[0] < 2**20
    ]
    if not places:
        return flip(rng, data)
    at = rng.choice(places)
    value = struct.unpack_from(code, data, at)[0]
    other = rng.choice(
        [
            -1,
            0,
            value + 1,
            value - 1,
            value + 8,
            2 * value,
            2**31 - 1,
            -(2**31),
            2**24,
            value * 1000 % 2**31,
        ]
    )
    return struct.pack_into(code, data, at, other)


DAMAGES = (flip, any_byte, cut, take_out, double, blank, number, number)


def damaged(rng, data):
    """Return other bytes than `data`, most often little damaged."""
    data = bytearray(data)
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        rng.choice(DAMAGES)(rng, data)
    return bytes(data)
