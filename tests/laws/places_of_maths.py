"""Where the names of the mathematics must stand, in both languages.

Layers, losses, ..., engines, and what is at the front door.
"""

from __future__ import annotations

import ast

from tests.laws.places import (
    SRC,
    Place,
    assigned,
    called_in,
    classes,
    documented,
    fields_of,
    literal_names,
    matches,
    names_in,
    tree,
)

DOOR = f"{SRC}/__init__.py"
PAGE = "docs/names.md"
PROGRAM = f"{SRC}/engines/program.py"
TABLES = "tests/laws/tables.py"
GRAPH, WALK = f"{SRC}/graph", f"{SRC}/inspection/walk"
#: The files of `graph/` with operations outside of networks.
OTHER_OPERATIONS = ("cells.py", "answers.py", "interval_bounds.py")
#: Layers whose work is done by the layers inside.
CONTAINERS = ("Residual", "Stack", "Members")


def public_names() -> list[Place]:
    homes = assigned(DOOR, "_HOMES")
    assert isinstance(homes, ast.Dict)
    typed = next(node for node in tree(DOOR).body if isinstance(node, ast.If))
    imported = [
        alias.name
        for node in typed.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    ]
    return [
        names_in(DOOR, "__all__"),
        Place(DOOR, "_HOMES", [name for value in homes.values for name in literal_names(value)]),
        Place(DOOR, "the imports under TYPE_CHECKING", imported),
        page_of_names(),
    ]


def page_of_names() -> Place:
    return matches(PAGE, "its tables", r"\n\| `(\w+)` \|")


def public(kind: Place) -> list[Place]:
    """The front door and the page of names, with the names of one kind."""
    return [
        Place(place.file, place.what, [name for name in place.names if name in kind.names])
        for place in (names_in(DOOR, "__all__"), page_of_names())
    ]


def layer_classes() -> Place:
    return classes("layers/*.py", "forward", "backward")


def layers() -> list[Place]:
    init = f"{SRC}/layers/__init__.py"
    return [
        layer_classes(),
        names_in(init, "LAYERS"),
        names_in(init, "__all__").classes().but("Layer", "Run"),
        *public(layer_classes()),
        called_in(TABLES, "LAYER_CASES"),
        names_in(f"{GRAPH}/from_network.py", "LAYER_OPERATIONS"),
        names_in(f"{WALK}/formulas.py", "FORMULAS"),
    ]


def operations_of_a_graph() -> list[Place]:
    return [
        classes("graph/*.py", "evaluate", "error").but("Operation"),
        names_in(f"{GRAPH}/__init__.py", "OPERATIONS"),
    ]


def operations_of_a_walk() -> list[Place]:
    """Those of a network, but activations, which have no terms."""
    others = [
        name
        for file in OTHER_OPERATIONS
        for name in classes(f"graph/{file}", "evaluate", "error").names
    ]
    return [
        classes("graph/*.py", "evaluate", "error").but("Operation", "Activation", *others),
        names_in(f"{WALK}/units.py", "TERMS"),
    ]


def operations() -> list[Place]:
    """What layers become in the native engine.

    Most are an operation, some are ends around others.
    """
    layer_kinds = layer_classes().but(*CONTAINERS)
    ends = matches(PROGRAM, "operations", r'"kind": "(\w+)"', within=r"def operations.*?\ndef ")
    return [
        Place(layer_kinds.file, layer_kinds.what, [*layer_kinds.names, *ends.names]),
        matches("native/layers.hpp", "operation_kinds", r'\n    {"(\w+)", make'),
    ]


def activations() -> list[Place]:
    file = f"{SRC}/activations.py"
    functions = {node.name for node in tree(file).body if isinstance(node, ast.FunctionDef)}
    return [
        Place(
            file,
            "functions with their _backward",
            [name for name in functions if f"{name}_backward" in functions],
        ),
        names_in(file, "ACTIVATIONS"),
        matches("native/activations.hpp", "activations", r'"(\w+)", of_'),
        names_in(TABLES, "KINKS"),
        names_in(f"{GRAPH}/curves.py", "CURVES"),
    ]


def losses() -> list[Place]:
    init = f"{SRC}/losses/__init__.py"
    return [
        classes("losses/*.py", "value_and_gradient").but("CustomLoss"),
        names_in(init, "LOSSES"),
        names_in(init, "__all__").classes().but("CustomLoss", "Loss", "LossTraits"),
        matches("native/losses.hpp", "losses", r'loss_row<\w+, T>\("(\w+)"\)'),
        called_in(TABLES, "LOSS_CASES").but("CustomLoss", "LossCase"),
        names_in(f"{GRAPH}/from_model.py", "LINKS"),
        names_in(f"{WALK}/formulas.py", "LOSS_FORMULAS"),
    ]


def optimizers() -> list[Place]:
    file, native = f"{SRC}/optimizers/__init__.py", "native/optimizers.hpp"
    steppers = classes("optimizers/*.py", "move").but("BlockOptimizer")
    return [
        Place(file, "its classes", [*steppers.names, "LBFGS"]),  # SciPy runs the last one whole
        called_in(file, "OPTIMIZERS"),
        names_in(file, "OPTIMIZERS"),
        matches(native, "optimizers", r'optimizer_row<\w+, T>\("(\w+)"\)')
        .but("none")
        .sparing("LBFGS"),
        *public(Place(file, "its classes", [*steppers.names, "LBFGS"])),
        called_in(TABLES, "STEPPERS", "OPTIMIZER_CASES"),
    ]


def schedules() -> list[Place]:
    file = f"{SRC}/schedules/__init__.py"
    cases = called_in(TABLES, "STEPWISE", "SCHEDULE_CASES")
    return [
        Place(
            file, "its classes", [*classes("schedules/*.py", "__call__").names, "ReduceOnPlateau"]
        ),  # the last one follows losses
        called_in(file, "SCHEDULES").sparing(
            "InverseScalingByRows"
        ),  # which is made with the rows of a fit
        Place(
            TABLES, cases.what, [name.removesuffix("Rate") for name in cases.names]
        ),  # ConstantRate there is Constant
    ]


def names_of_schedules() -> list[Place]:
    """The tests have rows besides those of the names."""
    named = names_in(f"{SRC}/schedules/__init__.py", "SCHEDULES")
    rows = names_in(TABLES, "STEPWISE", "SCHEDULE_CASES")
    return [named, Place(TABLES, rows.what, [name for name in rows.names if name in named.names])]


def initializers() -> list[Place]:
    return [
        classes("initializers.py", "__call__"),
        called_in(f"{SRC}/initializers.py", "INITIALIZERS"),
        called_in(TABLES, "INITIALIZER_CASES").but("InitializerCase"),
    ]


def names_of_initializers() -> list[Place]:
    return [
        names_in(f"{SRC}/initializers.py", "INITIALIZERS"),
        names_in(TABLES, "INITIALIZER_CASES"),
    ]


def settings_of_a_penalty() -> list[Place]:
    return [
        fields_of(f"{SRC}/penalties.py", "Penalty"),
        documented(f"{SRC}/penalties.py", "Penalty"),
        matches(f"{SRC}/engines/native.py", "the settings of the penalty", r"penalty\.(\w+)\)"),
        matches(TABLES, "PENALTIES", r"(\w+)=", within=r"PENALTIES: .*?\n}"),
    ]


def engines() -> list[Place]:
    made = classes("engines/*.py", "run", "loss_and_gradient").but("Engine")
    return [
        Place(made.file, made.what, [name.removesuffix("Engine") for name in made.names]),
        names_in(f"{SRC}/engines/__init__.py", "ENGINES"),
        matches("docs/native.md", "the sentence on engines", r'`engine="(\w+)"`'),
    ]
