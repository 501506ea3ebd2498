"""HTML and SVG written by small functions: whatever is text is escaped, whatever is `Markup` has been."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import TypeAlias

#: Elements that have no end tag.
VOID = {"meta", "br", "circle", "line", "path", "rect", "polyline"}
#: Names from tables are cut to so many characters.
MAX_NAME = 120


@dataclass(frozen=True)
class Markup:
    """Finished HTML or SVG."""

    text: str


Content: TypeAlias = "Markup | str | int | None"


def element(tag: str, *children: Content, **attributes: str | float | None) -> Markup:
    """Return an element; attributes of None are left out, `_` in their names is a hyphen, one at their end is dropped (`class_`)."""
    named = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{html.escape(clean(number(value) if isinstance(value, int | float) else value))}"'
        for name, value in attributes.items()
        if value is not None
    )
    if tag in VOID:
        return Markup(f"<{tag}{named}/>")
    return Markup(f"<{tag}{named}>{joined(*children).text}</{tag}>")


def joined(*children: Content) -> Markup:
    """Return children one after the other."""
    return Markup(
        "".join(
            child.text if isinstance(child, Markup) else html.escape(clean(str(child)))
            for child in children
            if child is not None
        )
    )


def table(
    caption: str,
    head: tuple[str, ...],
    rows: list[tuple[Content, ...]],
    *,
    right: range | tuple[int, ...] = (),
) -> Markup:
    """Return a table in a box that scrolls where it is too wide; the first cell of each row is its header."""
    classes = ["number" if i in right else None for i in range(len(head))]
    top = element(
        "tr",
        *(
            element("th", text, scope="col", class_=c)
            for text, c in zip(head, classes, strict=True)
        ),
    )
    body = [
        element(
            "tr",
            element("th", row[0], scope="row"),
            *(_cell(cell, c) for cell, c in zip(row[1:], classes[1:], strict=True)),
        )
        for row in rows
    ]
    return element(
        "div",
        element(
            "table", element("caption", caption), element("thead", top), element("tbody", *body)
        ),
        class_="scroll",
        tabindex=0,
        role="region",
        aria_label=caption,
    )


def _cell(content: Content, kind: str | None) -> Markup:
    return element(
        "td",
        content,
        class_=kind or ("words" if isinstance(content, str) and len(content) > 40 else None),
    )


def clean(text: str) -> str:
    r"""Return text with what is not printable written out (an escape as `\x1b`), marks that turn
    the reading direction among it.
    """  # noqa: D205
    return "".join(
        c
        if c.isprintable() or c == "\n"
        else c.encode("unicode_escape", "backslashreplace").decode()
        for c in text
    )


def name(text: object, longest: int = MAX_NAME) -> str:
    """Return a name from a table, cut where it is too long for a page."""
    shown = str(text)
    return shown if len(shown) <= longest else f"{shown[: longest - 1]}…"


def number(value: float) -> str:
    """Return a number for an attribute: at most two digits after the point, which is less than a pixel."""
    return f"{value:.2f}".rstrip("0").rstrip(".")
