"""Build HTML and SVG; all text that is not `Markup` is escaped."""

import html
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from glassnet.messages import printable_lines, shorten

#: Elements without an end tag.
VOID = {"meta", "br", "circle", "line", "path", "rect", "polyline"}
#: The maximum number of characters of a name from a table.
MAX_NAME = 120


@dataclass(frozen=True)
class Markup:
    """Finished HTML or SVG, which is not escaped again."""

    text: str


Content: TypeAlias = "Markup | str | int | None"


def element(tag: str, *children: Content, **attributes: str | float | None) -> Markup:
    """Return an element; attributes that are None are left out.

    In attribute names `_` becomes a hyphen, and a trailing one is dropped (`class_`).
    """
    text = f"<{tag}"
    for name, value in attributes.items():
        if value is not None:
            shown = value if isinstance(value, str) else format_coordinate(value)
            text += f' {name.rstrip("_").replace("_", "-")}="{_escaped(shown)}"'
    if tag in VOID:
        return Markup(f"{text}/>")
    return Markup(f"{text}>{joined(*children).text}</{tag}>")


def joined(*children: Content) -> Markup:
    """Concatenate the children, without None."""
    return Markup(
        "".join(
            child.text if isinstance(child, Markup) else _escaped(str(child))
            for child in children
            if child is not None
        )
    )


def table(
    caption: str,
    head: Sequence[str],
    rows: Iterable[Sequence[Content]],
    *,
    right: Collection[int] = (),
) -> Markup:
    """Return a table in a box that scrolls; the first cell of each row is its header.

    The columns in `right` are aligned to the right.
    """
    classes = ["number" if i in right else None for i in range(len(head))]
    top = [
        element("th", text, scope="col", class_=c) for text, c in zip(head, classes, strict=True)
    ]
    body = [
        element(
            "tr",
            element("th", row[0], scope="row"),
            *(
                element("td", cell, class_=c or ("words" if _is_long(cell) else None))
                for cell, c in zip(row[1:], classes[1:], strict=True)
            ),
        )
        for row in rows
    ]
    return scrolling_table(caption, top, body, label=caption)


def _is_long(cell: Content) -> bool:
    return isinstance(cell, str) and len(cell) > 40


def scrolling_table(
    caption: str,
    head: Sequence[Markup],
    rows: Sequence[Markup],
    *,
    label: str,
    class_: str = "scroll",
) -> Markup:
    """Return a table of finished cells in a box that scrolls if it is too wide."""
    whole = element(
        "table",
        element("caption", caption),
        element("thead", element("tr", *head)),
        element("tbody", *rows),
    )
    return element("div", whole, class_=class_, tabindex=0, role="region", aria_label=label)


def section(title: str, *children: Content) -> Markup:
    """Return a section under its heading."""
    return element("section", element("h2", title), *children)


def figure(caption: str, chart: Markup) -> Markup:
    """Return a chart under its caption."""
    return element("figure", element("figcaption", caption), chart)


def details(summary: str, *children: Content) -> Markup:
    """Return content that is collapsed until the reader opens it."""
    return element("details", element("summary", summary), *children)


def pair(*children: Content) -> Markup:
    """Return children side by side if the page is wide enough."""
    return element("div", *children, class_="pair")


def name(text: object, max_length: int = MAX_NAME) -> str:
    """Return a name from a table, shortened if it is too long for a page."""
    return shorten(text, max_length)


def format_coordinate(value: float) -> str:
    """Return a number for an attribute with at most two decimals, which is less than a pixel."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _escaped(text: str) -> str:
    return html.escape(printable_lines(text))
