"""Jobs of model files: saved over older ones, loaded whole, damaged, and changed with new
checksums."""

from __future__ import annotations

import glassnet
from tests.crash.at_once import at_once
from tests.crash.damage import damaged
from tests.crash.place import MODELS
from tests.crash.running import same
from tests.storage.unpacked import Unpacked


def saved(rng, place):
    name, other = rng.sample(MODELS, 2)
    model = glassnet.load(place.pantry / f"{name}.glassnet")
    before = (place.pantry / f"{other}.glassnet").read_bytes() if rng.random() < 0.6 else None
    path = place.output("m.glassnet", before=before)
    return lambda: model.save(path)


def saved_at_once(rng, place):
    model = glassnet.load(place.pantry / f"{rng.choice(MODELS)}.glassnet")
    paths = [place.output(f"m{i}.glassnet") for i in range(2)]
    return lambda: at_once([lambda path=path: model.save(path) for path in [*paths, paths[0]]])


def loaded(rng, place):
    name = rng.choice(MODELS)
    path = place.pantry / f"{name}.glassnet"
    expected = glassnet.load(path).predict(place.pantry / "t.csv")
    return lambda: same(glassnet.load(path).predict(place.pantry / "t.csv"), expected)


def loaded_damaged(rng, place):
    data = (place.pantry / f"{rng.choice(MODELS)}.glassnet").read_bytes()
    path = place.given("m.glassnet", damaged(rng, data))
    return lambda: glassnet.load(path).predict(place.pantry / "t.csv")


def lied(rng, data):
    """A model file with a word or a number changed, and checksums that fit."""
    unpacked = Unpacked(data)
    for _ in range(rng.choice([1, 1, 2])):
        _change_one(rng, unpacked)
    return unpacked.pack()


def _change_one(rng, unpacked):
    if rng.random() < 0.2:
        data = bytearray(unpacked.data)
        at = rng.randrange(0, len(data) - 4, 4)
        data[at : at + 4] = rng.choice(
            [b"\xff\xff\x7f\x7f", b"\0\0\0\0", b"\0\0\x80\xff", rng.randbytes(4)]
        )
        unpacked.data = bytes(data)
        return
    places = list(_leaves(unpacked.said))
    holder, key = rng.choice(places)
    holder[key] = rng.choice(
        [
            None,
            True,
            0,
            1,
            -1,
            5e-324,
            1e308,
            2**63,
            "",
            "x" * 300,
            "\x1b[31m",
            [],
            {},
            [1, 2],
            {"a": 1},
        ]
    )


def _leaves(value):
    """Where a description may be changed: every key of every mapping and list in it."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, part in items:
        yield value, key
        if isinstance(part, dict | list):
            yield from _leaves(part)


def loaded_changed(rng, place):
    data = (place.pantry / f"{rng.choice(MODELS)}.glassnet").read_bytes()
    path = place.given("m.glassnet", lied(rng, data))

    def run():
        model = glassnet.load(path)
        repr(model)
        model.predict(place.pantry / "t.csv")

    return run


STORING = {
    "model, saved": saved,
    "model, saved at once": saved_at_once,
    "model, loaded": loaded,
    "model, loaded damaged": loaded_damaged,
    "model, loaded after changes": loaded_changed,
}
