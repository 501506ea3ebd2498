"""A drawing of text in blocks: lines and printed sums, wrapped to a width, and the same as HTML."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from glassnet.inspection.walk.blanks import Blank
from glassnet.inspection.walk.sums import Number, Sum
from glassnet.messages import printable

#: Indentation of the lines of a block, and of what does not fit on them.
INDENT, HANGING = 2, 6
STYLE = (
    "<style>.glassnet-walk{color-scheme:light dark;font:13px/1.45 system-ui,sans-serif}"
    ".glassnet-walk h4{margin:.7em 0 .1em;font-size:1em}"
    ".glassnet-walk pre{margin:0;white-space:pre-wrap;font:12px/1.45 ui-monospace,monospace;"
    "color:inherit;background:none}</style>"
)


@dataclass
class Page:
    """Collects the blocks of a drawing.

    Attributes
    ----------
    width : of the text
    hidden : number of a sum, in the order of drawing -> number of its blank
    blanks : the numbers left out so far
    n_sums : sums drawn so far
    blocks : title and lines of each
    """

    width: int
    hidden: Mapping[int, int] = field(default_factory=dict)
    blanks: list[Blank] = field(default_factory=list)
    n_sums: int = 0
    blocks: list[tuple[str, list[str]]] = field(default_factory=list)

    def block(self, title: str) -> None:
        """Begin a block."""
        self.blocks.append((printable(title), []))

    def heading(self, title: str, *pieces: str) -> None:
        """Begin a block; what does not fit beside its title goes on lines of its own."""
        beside = "    ".join([title, " ".join(pieces)] if pieces else [title])
        if len(beside) <= self.width:
            self.block(beside)
        else:
            self.block(title)
            self.line(*pieces)

    def line(self, *pieces: str) -> None:
        """Add a line of pieces, none of which is broken unless it is longer than a line."""
        self.blocks[-1][1].extend(wrapped(list(map(printable, pieces)), self.width))

    def sum(self, label: str, of: Sum, *tail: str) -> None:
        """Add a printed sum: its label, the terms, the total and what follows."""
        pieces = [label, *self.terms(label, of), *tail]
        self.n_sums += 1
        self.line(*pieces)

    def terms(self, label: str, of: Sum) -> list[str]:
        """Return the terms of a sum and its total, with a blank where one is wanted."""
        texts = [str(term.number) for term in of.terms]
        total, blank = str(of.total), self.hidden.get(self.n_sums)
        if blank is not None:
            mark = f"[?{blank + 1}]"
            if blank % 2 == 0 or not of.terms:
                self.blanks.append(Blank(label, of.total))
                total = mark
            else:
                largest = max(range(len(texts)), key=lambda i: abs(of.terms[i].number.value))
                term = of.terms[largest]
                self.blanks.append(Blank(f"{label} {term.name}", term.number))
                texts[largest] = mark
        pieces = [
            signed(text, first=i == 0, name=term.name)
            for i, (text, term) in enumerate(zip(texts, of.terms, strict=True))
        ]
        if of.rounding:
            rounding = str(Number(float(of.rounding), of.total.decimals))
            pieces.append(signed(rounding, first=False, name="rounding"))
        return [*pieces, f"= {total}"]

    def text(self) -> str:
        """Return the drawing as text."""
        parts = ["\n".join([title, *lines]) for title, lines in self.blocks]
        return "\n".join(parts)

    def html(self) -> str:
        """Return the drawing as a piece of HTML, for light and dark notebooks."""
        parts = [
            f"<h4>{html.escape(title)}</h4><pre>{html.escape(chr(10).join(lines))}</pre>"
            for title, lines in self.blocks
        ]
        return f'{STYLE}<div class="glassnet-walk">{"".join(parts)}</div>'


def signed(text: str, *, first: bool, name: str) -> str:
    """Return a term with its sign before it and its name behind it."""
    if first:
        return f"{text} ({name})"
    return f"- {text[1:]} ({name})" if text.startswith("-") else f"+ {text} ({name})"


def wrapped(pieces: Sequence[str], width: int) -> list[str]:
    """Return pieces joined by spaces, in lines of at most this width where that is possible."""
    lines, current = [], " " * (INDENT - 1)
    for piece in pieces:
        rest = piece
        if len(current) + 1 + len(rest) > width and current.strip():
            lines.append(current)
            current = " " * (HANGING - 1)
        while len(current) + 1 + len(rest) > width:
            room = width - len(current) - 1
            lines.append(f"{current} {rest[:room]}")
            current, rest = " " * (HANGING - 1), rest[room:]
        current = f"{current} {rest}"
    return [*lines, current]
