"""RESULTS.md: a section for each processor, and under it one for each part of the benchmarks."""

from __future__ import annotations

import re
from collections.abc import Sequence

Parts = dict[str, str]

HEAD = """# Measured

Written by `make bench`: it replaces the parts that it measured, under the processor that it ran on,
and nothing else. Every part first checks that all contenders compute the same, then times them in
turn (A B C A B C ...), so that a busy moment of the machine meets all of them; its program in
`bench/` says how. At the end of each part stands when it was measured.
"""


def read(text: str) -> dict[str, tuple[str, Parts]]:
    """What stands under each processor: its software, and the text of each part."""
    found = {}
    for title, body in divided(text, "##")[1].items():
        software, parts = divided(body, "###")
        found[title] = software, parts
    return found


def divided(text: str, mark: str) -> tuple[str, Parts]:
    """What stands before the first heading of a level, and under each of them."""
    first, *others = re.split(rf"^{mark} (.+)\n", text, flags=re.MULTILINE)
    bodies = (body.strip() for body in others[1::2])
    return first.strip(), dict(zip(others[::2], bodies, strict=True))


def replaced(
    text: str, title: str, software: str, part: str, body: str, order: Sequence[str]
) -> str:
    """The page with one part of one processor anew; `order` is that of the parts."""
    found = read(text)
    _, parts = found.get(title, ("", {}))
    found[title] = software, parts | {part: body.strip()}
    return written(found, order)


def written(found: dict[str, tuple[str, Parts]], order: Sequence[str]) -> str:
    """The whole page; parts that are no longer measured come last."""
    pieces = [HEAD]
    for title, (software, parts) in found.items():
        pieces.append(f"## {title}\n\n{software}\n")
        names = sorted(parts, key=lambda name: [*order, name].index(name))
        pieces += [f"### {name}\n\n{parts[name]}\n" for name in names]
    return "\n".join(pieces)
