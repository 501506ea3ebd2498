"""Enters new layers and losses wherever their names are listed: python -m tests.laws.enter

A class in a file of `layers/` or `losses/` is enough. From it come the names in the package, at the
front door, in the page of names and in the table of native layers. Nothing listed is changed.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tests.laws.places import ROOT, SRC, class_of, classes, text, tree
from tests.laws.places_of_maths import CONTAINERS, DOOR, PAGE

NATIVE = "native/layers.hpp"
MAX_LINE = 100


def snake_case(name: str) -> str:
    """RMSNorm is rms_norm."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def defined(room: str, *methods: str) -> Iterator[tuple[str, str]]:
    """The classes of a room with these methods, each with its file."""
    for path in sorted((ROOT / SRC / room).glob("*.py")):
        for name in classes(f"{room}/{path.name}", *methods).names:
            yield name, f"{SRC}/{room}/{path.name}"


def with_import(source: str, module: str, name: str, indent: str = "") -> str:
    """The source with one more name imported, in ruff's order and layout."""
    pattern = rf"^{indent}from (glassnet\S*) import (?:\(([^)]*)\)|(.*))\n"
    statements = [*re.finditer(pattern, source, re.MULTILINE)]
    start = stop = max(
        (found.end() for found in statements if found[1] < module), default=statements[0].start()
    )
    names = {name}
    for found in statements:
        if found[1] == module:
            start, stop = found.span()
            imported = {*re.findall(r"\w+", found[2] or found[3])}
            if name in imported:
                return source
            names |= imported
    in_order = sorted(names, key=lambda one: (not one.isupper(), not one[0].isupper(), one.lower()))
    line = f"{indent}from {module} import {', '.join(in_order)}\n"
    if len(line) > MAX_LINE + 1:
        rows = "".join(f"{indent}    {one},\n" for one in in_order)
        line = f"{indent}from {module} import (\n{rows}{indent})\n"
    return source[:start] + line + source[stop:]


def with_row(source: str, begin: str, row: str, end: str) -> str:
    """The source with one more row in the listing between `begin` and `end`.

    A name in quotes stands before the first class that sorts behind it, else the row is the last.
    """
    start = source.index(begin) + len(begin)
    stop = source.index(end, start)
    rows = source[start:stop].splitlines(keepends=True)
    if row in rows:
        return source
    named = row.strip().startswith('"') and ":" not in row
    behind = [i for i, other in enumerate(rows) if named and other > row and not other.isupper()]
    rows.insert(behind[0] if behind else len(rows), row)
    return source[:start] + "".join(rows) + source[stop:]


def write(file: str, source: str) -> None:
    if source != text(file):
        (ROOT / file).write_text(source, encoding="utf-8")
        text.cache_clear()
        print("changed", file)


def enter_in_room(room: str, table: str, cls: str, file: str, name: str) -> None:
    """The import, `__all__` and the table of names in the room's `__init__.py`."""
    init, module = f"{SRC}/{room}/__init__.py", file.removeprefix("src/")[:-3].replace("/", ".")
    source = with_import(text(init), module, cls)
    source = with_row(source, "__all__ = [\n", f'    "{cls}",\n', "]")
    begin = f"{table}: dict[str, Any] = {{\n"
    write(init, with_row(source, begin, f'    "{name}": {cls},\n', "}"))


def enter_layer(cls: str, file: str) -> None:
    name = snake_case(cls)
    enter_in_room("layers", "LAYERS", cls, file, name)
    source = with_import(text(DOOR), "glassnet.layers", cls, "    ")
    source = with_row(source, "__all__ = [\n", f'    "{cls}",\n', "]")
    write(DOOR, with_row(source, '"glassnet.layers": (\n', f'        "{cls}",\n', "    )"))
    if f"\n| `{cls}` |" not in text(PAGE):
        first_line = (ast.get_docstring(tree(file)) or "").partition("\n")[0]
        row = f"| `{cls}` | {first_line.rpartition(': ')[2].removesuffix('.')} |\n"
        begin = "## Networks by hand\n\n| name | what it is |\n|---|---|\n"
        write(PAGE, with_row(text(PAGE), begin, row, "\n##"))
    if cls not in CONTAINERS and f'{{"{name}", ' not in text(NATIVE):
        row = f'    {{"{name}", make_operation<{cls}<T>, T>}},\n'
        write(NATIVE, with_row(text(NATIVE), "operation_kinds[] = {\n", row, "};"))


def enter_loss(cls: str, file: str) -> None:
    (name,) = re.findall(r"name: ClassVar\[str\] = '(\w+)'", ast.unparse(class_of(file, cls)))
    enter_in_room("losses", "LOSSES", cls, file, name)


if __name__ == "__main__":
    for layer in defined("layers", "forward", "backward"):
        enter_layer(*layer)
    for loss in defined("losses", "value_and_gradient"):
        if loss[0] != "CustomLoss":
            enter_loss(*loss)
