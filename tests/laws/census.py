"""Every kind of thing that the house has several of, and all places where each of them must stand.

A new layer, loss, command, ... is entered in each of its places; the law in `test_census.py` names those that were forgotten.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Mapping

from tests.laws.places import (
    ROOT,
    SRC,
    Place,
    assigned,
    called_in,
    classes,
    documented,
    enum,
    fields_of,
    literal_names,
    literal_type,
    matches,
    names_in,
    parameters,
    tree,
    values_in,
)

DOOR = f"{SRC}/__init__.py"
PROGRAM = f"{SRC}/engines/program.py"
METADATA = f"{SRC}/storage/metadata.py"
TABLES = "tests/laws/tables.py"


def public_names() -> list[Place]:
    homes = assigned(DOOR, "_HOMES")
    assert isinstance(homes, ast.Dict)
    typed = next(node for node in tree(DOOR).body if isinstance(node, ast.If))
    imported = [alias.name for node in typed.body if isinstance(node, ast.ImportFrom) for alias in node.names]
    return [
        names_in(DOOR, "__all__"),
        Place(DOOR, "_HOMES", [name for value in homes.values for name in literal_names(value)]),
        Place(DOOR, "the imports under TYPE_CHECKING", imported),
        matches("docs/names.md", "its tables", r"\n\| `(\w+)` \|"),
    ]


def at_the_front_door(kind: Place) -> Place:
    """Those public names that are of a kind."""
    door = names_in(DOOR, "__all__")
    return Place(door.file, door.what, [name for name in door.names if name in kind.names])


def layers() -> list[Place]:
    init = f"{SRC}/layers/__init__.py"
    layer_classes = classes("layers/*.py", "forward", "backward")
    walked = matches(PROGRAM, "operations", r"kind is (\w+)", within=r"def operations.*?\ndef ")
    return [
        layer_classes,
        names_in(init, "LAYERS"),
        names_in(init, "__all__").but("Layer", "LAYERS", "PREDICT", "Run"),
        names_in(f"{SRC}/layers/plain.py", "FIELDS"),
        Place(PROGRAM, "operations", [*walked.names, *names_in(PROGRAM, "_OF_MEMBERS").names]),
        at_the_front_door(layer_classes),
        called_in(TABLES, "LAYER_CASES"),
    ]


def operations() -> list[Place]:
    """What layers become in the native engine."""
    written = matches(PROGRAM, "operations", r'"kind": "(\w+)"', within=r"def operations.*?\ndef ")
    return [
        Place(PROGRAM, "operations", [*written.names, *values_in(PROGRAM, "_OF_MEMBERS").names]),
        enum("native/layers.hpp", "GLASSNET_KINDS"),
    ]


def activations() -> list[Place]:
    file = f"{SRC}/activations.py"
    functions = {node.name for node in tree(file).body if isinstance(node, ast.FunctionDef)}
    return [
        Place(file, "functions with their _backward", [name for name in functions if f"{name}_backward" in functions]),
        names_in(file, "ACTIVATIONS"),
        names_in(PROGRAM, "NATIVE_ACTIVATIONS"),
        enum("native/activations.hpp", "GLASSNET_ACTIVATIONS"),
        names_in(TABLES, "KINKS"),
    ]


def losses() -> list[Place]:
    init = f"{SRC}/losses/__init__.py"
    return [
        classes("losses/*.py", "value_and_gradient", "predict").but("CustomLoss"),
        names_in(init, "LOSSES"),
        names_in(init, "__all__").but("CustomLoss", "LOSSES", "Loss", "loss_function", "unsmoothed"),
        names_in(f"{SRC}/losses/plain.py", "FIELDS"),
        names_in(PROGRAM, "NATIVE_LOSSES"),
        values_in(PROGRAM, "NATIVE_LOSSES"),
        enum("native/losses.hpp", "GLASSNET_LOSSES"),
        matches("native/answer.hpp", "the switch over losses", r"case LossKind::(\w+)"),
        called_in(TABLES, "LOSS_CASES").but("CustomLoss", "LossCase"),
    ]


def optimizers() -> list[Place]:
    file, native = f"{SRC}/optimizers.py", "native/optimizers.hpp"
    steppers = classes("optimizers.py", "step")
    return [
        Place(file, "its classes", [*steppers.names, "LBFGS"]),  # SciPy runs the last one whole
        called_in(file, "OPTIMIZERS"),
        names_in(file, "OPTIMIZERS"),
        names_in(PROGRAM, "NATIVE_OPTIMIZERS").sparing("LBFGS"),
        values_in(PROGRAM, "NATIVE_OPTIMIZERS").but("none").sparing("LBFGS"),
        enum(native, "GLASSNET_OPTIMIZERS").but("none").sparing("LBFGS"),
        matches(native, "the switch over optimizers", r"case OptimizerKind::(\w+)").but("none").sparing("LBFGS"),
        at_the_front_door(Place(file, "its classes", [*steppers.names, "LBFGS"])),
        called_in(TABLES, "STEPPERS", "OPTIMIZER_CASES"),
    ]


def schedules() -> list[Place]:
    file = f"{SRC}/schedules.py"
    cases = called_in(TABLES, "STEPWISE", "SCHEDULE_CASES")
    return [
        Place(file, "its classes", [*classes("schedules.py", "__call__").names, "ReduceOnPlateau"]),  # the last one follows losses
        called_in(file, "SCHEDULES").sparing("InverseScalingByRows"),  # which is made with the rows of a fit
        Place(TABLES, cases.what, [name.removesuffix("Rate") for name in cases.names]),  # ConstantRate there is Constant
    ]


def names_of_schedules() -> list[Place]:
    """The tests have rows besides those of the names."""
    named = names_in(f"{SRC}/schedules.py", "SCHEDULES")
    rows = names_in(TABLES, "STEPWISE", "SCHEDULE_CASES")
    return [named, Place(TABLES, rows.what, [name for name in rows.names if name in named.names])]


def initializers() -> list[Place]:
    return [
        classes("initializers.py", "__call__"),
        called_in(f"{SRC}/initializers.py", "INITIALIZERS"),
        called_in(TABLES, "INITIALIZER_CASES").but("InitializerCase"),
    ]


def names_of_initializers() -> list[Place]:
    return [names_in(f"{SRC}/initializers.py", "INITIALIZERS"), names_in(TABLES, "INITIALIZER_CASES")]


def settings_of_a_penalty() -> list[Place]:
    return [
        fields_of(f"{SRC}/penalties.py", "Penalty"),
        documented(f"{SRC}/penalties.py", "Penalty"),
        matches(f"{SRC}/engines/native.py", "the settings of the penalty", r"penalty\.(\w+)\)"),
        matches(TABLES, "PENALTIES", r"(\w+)=", within=r"PENALTIES: .*?\n}"),
    ]


def commands() -> list[Place]:
    command = r"@click\.command\([^\n]*\n(?:@[^\n]*\n|(?: |\)|#)[^\n]*\n)*def (\w+)\("
    found = [name for path in (ROOT / SRC / "cli").glob("*.py") for name in re.findall(command, path.read_text(encoding="utf-8"))]
    return [
        Place(f"{SRC}/cli", "functions that are a click.command", found),
        matches(f"{SRC}/cli/__init__.py", "main.add_command(...)", r"main\.add_command\((\w+)\)"),
        Place("docs/cli", "pages", [path.stem for path in (ROOT / "docs" / "cli").glob("*.md") if path.stem != "index"]),
        matches("docs/cli/index.md", "the table of commands", r"\n\| \[`(\w+)`\]\(\1\.md\) \|"),
    ]


def recipes() -> list[Place]:
    return [
        names_in(f"{SRC}/training/recipes.py", "RECIPES"),
        names_in(f"{SRC}/cli/train.py", "RECIPES"),
        matches("docs/tables.md", "the table of recipes", r'\n\| `"(\w+)"` \|'),
        matches("docs/cli/train.md", "the section on recipes", r"`([a-z]+)`(?:,| is| follows)", within=r"\n## Recipes.*?\n```"),
    ]


def settings_of_a_recipe() -> list[Place]:
    file = f"{SRC}/training/recipes.py"
    return [fields_of(file, "Recipe"), documented(file, "Recipe")]


def settings_of_a_fit() -> list[Place]:
    """The settings of a plan, and the parameters of the estimators, which have a random_state instead of a seed."""
    plan, own = f"{SRC}/training/plan.py", ("random_state", "warm_start", "verbose")
    return [
        fields_of(plan, "Plan"),
        documented(plan, "Plan"),
        parameters(f"{SRC}/estimators/classifier.py", "GlassNetClassifier").but(*own).sparing("seed"),
        parameters(f"{SRC}/estimators/regressor.py", "GlassNetRegressor").but(*own).sparing("seed", "label_smoothing", "class_weight"),
    ]


def tasks() -> list[Place]:
    return [
        literal_type(f"{SRC}/data/target.py", "Task"),
        names_in(f"{SRC}/data/target.py", "TASKS"),
        names_in(f"{SRC}/cli/train.py", "TASKS").but("classification"),  # binary or multiclass, whichever it is
        matches(METADATA, "_check_target", r'"(\w+)": \(', within=r"def _check_target.*?\n\n\n"),
    ]


def kinds_of_columns() -> list[Place]:
    helps = [f"{SRC}/cli/{command}.py" for command in ("train", "inspect")]
    return [
        literal_type(f"{SRC}/data/schema.py", "Kind"),
        names_in(f"{SRC}/data/schema.py", "KINDS"),
        names_in(f"{SRC}/data/readers.py", "READERS").sparing("category"),  # the words of a category are its levels
        *(matches(file, "the help of --types", r"(\w+)(?:, | or |\.\")", within=r'"COLUMN=KIND".*?\n') for file in helps),
        matches("docs/reading.md", "the sentence on kinds", r"`(\w+)`", within=r"There are four kinds.*?\n"),
        matches("docs/cli/train.md", "the row of --types", r" `(\w+)`", within=r"\| `--types.*?, where"),
    ]


def codings() -> list[Place]:
    """How columns become features: the classes, the encoder that holds them, and what the model file takes of them."""
    return [
        classes("data/*.py", "fit", "encode_into"),
        matches(f"{SRC}/data/encoder.py", "the fields of Encoder", r": (?:tuple\[)?(\w+Coding)\b", within=r"\n    schema: .*?\n\n"),
        matches(METADATA, "the records that are checked", r"(\w+Coding)", within=r"for record in \(.*?\):"),
    ]


def ways_of_writing() -> list[Place]:
    """How a text file may be written."""
    file = f"{SRC}/data/dialect.py"
    return [
        fields_of(file, "Dialect"),
        documented(file, "Dialect"),
        matches("docs/reading.md", "the table of options", r"\n\| `Dialect\((\w+)="),
        matches(f"{SRC}/cli/dialect_options.py", "the options", r'"--([a-z-]+)"').sparing("quote"),
    ]


def endings_of_tables() -> list[Place]:
    """The endings of the files that are read; each of those of text may be followed by .gz."""
    read = f"{SRC}/data/read.py"
    known = names_in(read, "TEXT_SUFFIXES", "ARROW_SUFFIXES", "SUFFIXES").but("TEXT_SUFFIXES", "ARROW_SUFFIXES")
    return [
        Place(read, "SUFFIXES", [name for name in known.names if not name.endswith(".gz")]),
        matches(read, "the docstring of read_table", r" (\.[a-z]+)", within=r"\n        A \.csv.*? file; or a folder"),
        matches("docs/reading.md", "the section on files", r"`(\.[a-z]+)`", within=r"\n## Files.*?\n## ").but(".gz"),
    ]


def formats_of_the_model_file() -> list[Place]:
    """Its versions: a step from each to the next, and example files of each."""
    file, page = f"{SRC}/storage/migrations.py", f"{SRC}/storage/model_file.py"
    newest = ast.literal_eval(assigned(file, "FORMAT"))
    kept = [path.name.removeprefix("format-") for path in (ROOT / "tests" / "storage" / "kept").glob("format-*")]
    (described,) = matches(page, "the format in its docstring", r"\n    format      (\d+)").names
    return [
        Place(file, "FORMAT", [str(version) for version in range(1, newest + 1)]),
        Place(file, "MIGRATIONS", [str(int(version) + 1) for version in ("0", *names_in(file, "MIGRATIONS").names)]),
        Place("tests/storage/kept", "folders (python -m tests.storage.make_kept)", kept),
        Place(page, "the format in its docstring", [str(version) for version in range(1, int(described) + 1)]),
    ]


def parts_of_a_model() -> list[Place]:
    """What a model holds, and what of it is written, read and explained."""

    def of_model(file: str, what: str, names: Iterable[str]) -> Place:
        network, head = {"n_features", "dtype", "layers"}, {"format", "glassnet"}
        return Place(file, what, {"network" if name in network else name for name in names} - head)

    describe = matches(METADATA, "describe", r'"(\w+)":', within=r"def describe\(.*?\n\n\n")
    page = matches(
        f"{SRC}/storage/model_file.py", "its docstring", r"\n    ([a-z]\S*(?:, \w+)*)(?=  |\n)", within=r"with these fields:.*?Loading"
    )
    explained = [name for names in page.names for name in names.split(", ") if "sha256" not in name]
    return [
        fields_of(f"{SRC}/model.py", "Model"),
        documented(f"{SRC}/model.py", "Model"),
        of_model(METADATA, "describe", describe.names),
        of_model(METADATA, "FIELDS and OPTIONAL", names_in(METADATA, "FIELDS", "OPTIONAL").names),
        of_model(page.file, page.what, explained),
    ]


KINDS: Mapping[str, Callable[[], list[Place]]] = {
    "public name": public_names,
    "layer": layers,
    "operation": operations,
    "activation": activations,
    "loss": losses,
    "optimizer": optimizers,
    "schedule": schedules,
    "name of a schedule": names_of_schedules,
    "initializer": initializers,
    "name of an initializer": names_of_initializers,
    "setting of a penalty": settings_of_a_penalty,
    "command": commands,
    "recipe": recipes,
    "setting of a recipe": settings_of_a_recipe,
    "setting of a fit": settings_of_a_fit,
    "task": tasks,
    "kind of column": kinds_of_columns,
    "coding of columns": codings,
    "way of writing": ways_of_writing,
    "ending of a table": endings_of_tables,
    "format of the model file": formats_of_the_model_file,
    "part of a model": parts_of_a_model,
}
