"""Reading of names from source text.

Keys of a table, classes with certain methods, entries of a C++ enumeration, rows of a page.

Nothing is imported, so that what is left out somewhere is found, and the file named, even where the
package cannot be imported any more.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
SRC = "src/glassnet"


@dataclass(frozen=True)
class Place:
    """One place, and the names in it.

    spared : names that this place need not have
    """

    file: str
    what: str
    names: Collection[str]
    spared: frozenset[str] = frozenset()

    def but(self, *names: str) -> Place:
        """The place without names that are something else."""
        return replace(self, names=[name for name in self.names if name not in names])

    def classes(self) -> Place:
        """The place without what is named as a function or a constant."""
        return replace(
            self, names=[name for name in self.names if name[0].isupper() and not name.isupper()]
        )

    def sparing(self, *names: str) -> Place:
        return replace(self, spared=self.spared | {*names})


@cache
def text(file: str) -> str:
    return (ROOT / file).read_text(encoding="utf-8")


@cache
def tree(file: str) -> ast.Module:
    return ast.parse(text(file))


def assigned(file: str, table: str) -> ast.expr:
    """The value that a file gives to a name, at its own level."""
    for node in tree(file).body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(isinstance(target, ast.Name) and target.id == table for target in targets):
                return node.value
    raise AssertionError(f"{file}: there is no table {table}")


def class_of(file: str, name: str) -> ast.ClassDef:
    return next(
        node for node in tree(file).body if isinstance(node, ast.ClassDef) and node.name == name
    )


def literal_names(node: ast.expr) -> list[str]:
    """The constants and names in a table.

    The keys of a dict, the entries of a tuple, list or set.
    """
    entries = (
        node.keys
        if isinstance(node, ast.Dict)
        else node.elts
        if isinstance(node, ast.Tuple | ast.List | ast.Set)
        else []
    )
    return [
        str(e.value) if isinstance(e, ast.Constant) else e.id
        for e in entries
        if isinstance(e, ast.Constant | ast.Name)
    ]


def names_in(file: str, *tables: str) -> Place:
    """The keys or entries of a table, or of several that make one."""
    return Place(
        file,
        tables[-1],
        [name for table in tables for name in literal_names(assigned(file, table))],
    )


def called_in(file: str, *tables: str) -> Place:
    """The classes that are called in a table."""
    calls = (
        node.func
        for table in tables
        for node in ast.walk(assigned(file, table))
        if isinstance(node, ast.Call)
    )
    return Place(
        file,
        tables[-1],
        [call.id for call in calls if isinstance(call, ast.Name) and call.id[0].isupper()],
    )


def literal_type(file: str, name: str) -> Place:
    """The alternatives of `name = Literal[...]`."""
    value = assigned(file, name)
    assert isinstance(value, ast.Subscript)
    return Place(file, f"the type {name}", literal_names(value.slice))


def classes(pattern: str, *methods: str) -> Place:
    """The classes that have these methods; protocols are none."""
    found = []
    for path in sorted((ROOT / SRC).glob(pattern)):
        for node in tree(path.relative_to(ROOT).as_posix()).body:
            if isinstance(node, ast.ClassDef) and not any(
                isinstance(base, ast.Name) and base.id == "Protocol" for base in node.bases
            ):
                own = {inner.name for inner in node.body if isinstance(inner, ast.FunctionDef)}
                found += [node.name] if own >= {*methods} else []
    return Place(f"{SRC}/{pattern}", "its classes", found)


def fields_of(file: str, cls: str) -> Place:
    """The fields of a dataclass."""
    targets = [node.target for node in class_of(file, cls).body if isinstance(node, ast.AnnAssign)]
    return Place(
        file,
        f"the fields of {cls}",
        [target.id for target in targets if isinstance(target, ast.Name)],
    )


def documented(file: str, cls: str) -> Place:
    """The parameters that the docstring of a class explains, as `name, name : what it is`."""
    lines = re.findall(
        r"^([a-z0-9_, ]+) : ", ast.get_docstring(class_of(file, cls)) or "", re.MULTILINE
    )
    names = [name for line in lines for name in line.split(", ")]
    parameters = [name for name in names if not name.endswith("_")]  # attributes of a fit do
    return Place(file, f"the docstring of {cls}", parameters)


def matches(file: str, what: str, pattern: str, within: str = "") -> Place:
    """What the group of a pattern finds in a file, or in the part that `within` finds."""
    part = text(file)
    if within:
        found = re.search(within, part, re.DOTALL)
        assert found, f"{file}: there is no {what}"
        part = found[0]
    return Place(file, what, re.findall(pattern, part))


def left_out(places: Iterable[Place]) -> list[str]:
    """Names that are in one place and not in another, as sentences that begin with the file."""

    def plain(name: str) -> str:
        return (
            name.replace("_", "").replace("-", "").lower()
        )  # BatchNorm is batch_norm, --skip-rows is skip_rows

    places = list(places)
    everywhere = {plain(name): (name, place) for place in reversed(places) for name in place.names}
    found = []
    for place in places:
        here = {plain(name) for name in (*place.names, *place.spared)}
        for name, other in (everywhere[key] for key in sorted(everywhere.keys() - here)):
            found.append(
                f"{place.file}: {place.what} lacks {name}, which stands in {other.file} "
                f"({other.what})"
            )
    return found
