"""What may be forgotten when the house gets something new.

Each row leaves one thing out in one place, and says which check must notice.

The check fails, or the compiler does, and what it prints names the file that the row edits.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass

from tests.laws.places import SRC, assigned
from tests.laws.places_of_maths import DOOR, GRAPH, PROGRAM, TABLES, WALK
from tests.laws.places_of_tables import DESCRIPTION

CENSUS = "tests/laws/test_census.py"
TABLES_OF_LAWS = "tests/laws/test_tables.py"
ARRIVAL = "tests/engines/test_settings_arrive.py"
#: The module is compiled as CMakeLists.txt says, without making code.
COMPILER = "compiler"


@dataclass(frozen=True)
class Omission:
    """An edit of one file: `old` stands there once, and becomes `new`; without `old` the file goes.

    check : what must fail
    names : the file that must be named
    """

    file: str
    old: str = ""
    new: str = ""
    check: str = CENSUS
    names: str = ""


LAYERS = f"{SRC}/layers/__init__.py"
LOSSES = f"{SRC}/losses/__init__.py"
RECIPES = f"{SRC}/training/recipes.py"
PLAN = f"{SRC}/training/plan.py"
MIGRATIONS = f"{SRC}/storage/migrations.py"
MODEL_FILE = f"{SRC}/storage/model_file.py"
FORMAT = ast.literal_eval(assigned(MIGRATIONS, "FORMAT"))

#: A plan has one more setting.
ONE_MORE = ('    engine: str = "auto"\n', '    engine: str = "auto"\n    more: int = 0\n')

#: The model file has a new format.
RAISED = (f"FORMAT = {FORMAT}", f"FORMAT = {FORMAT + 1}")

OMISSIONS: dict[str, Omission] = {
    # Layers
    "layer: not in LAYERS": Omission(LAYERS, '    "scale": Scale,\n'),
    "layer: not in __all__": Omission(LAYERS, '\n    "Scale",'),
    "layer: a setting not in the model file": Omission(
        f"{SRC}/layers/plain.py",
        '{"parametrization", "edges"}',
        '{"parametrization", "edges", "momentum"}',
        "tests/storage/test_plain.py",
    ),
    "layer: a setting of a new type not in the model file": Omission(
        f"{SRC}/layers/plain.py",
        "    float: Codec(float, _read_number),\n",
        "",
        "tests/storage/test_plain.py",
    ),
    "layer: no operation of a graph": Omission(
        f"{GRAPH}/from_network.py", '    "scale": _scale,\n'
    ),
    "layer: an operation that no table of graphs has": Omission(
        f"{GRAPH}/__init__.py", '    "Factor": signals.Factor,\n'
    ),
    "layer: no terms in a walk": Omission(f"{WALK}/units.py", '    "Factor": _factor,\n'),
    "layer: no formulas in a walk": Omission(
        f"{WALK}/formulas.py", '    "scale": ("ds = sum_i dY_i * X_i", "dX = dY * s"),\n'
    ),
    "layer: a formula that is not in its docstring": Omission(
        f"{WALK}/formulas.py", '"dX = dY * s"', '"dX = dY s"', "tests/inspection/test_walk.py"
    ),
    "layer: not at the front door": Omission(DOOR, '\n    "Scale",'),
    "layer: no home at the front door": Omission(DOOR, '\n        "Scale",'),
    "layer: not imported at the front door": Omission(DOOR, "\n        Scale,"),
    "layer: no row in the page of names": Omission(
        "docs/names.md", "| `Scale` | a learned factor for each unit |\n"
    ),
    "layer: a setting does not arrive": Omission(
        PROGRAM,
        'NOT_EXECUTED = {"initializer"',
        'NOT_EXECUTED = {"momentum", "initializer"',
        ARRIVAL,
    ),
    "layer: no native kind": Omission(
        "native/layers.hpp", '    {"scale", make_operation<Scale<T>, T>},\n'
    ),
    "layer: an end without a native kind": Omission(
        "native/layers.hpp", '    {"member_end", make_operation<MemberEnd<T>, T>},\n'
    ),
    "layer: no native class": Omission(
        "native/scaling.hpp",
        "class Scale final",
        "class Other final",
        COMPILER,
        "native/layers.hpp",
    ),
    # Activations
    "activation: not in ACTIVATIONS": Omission(
        f"{SRC}/activations.py",
        '    "mish": ActivationFunction("mish", mish, mish_backward, "input", "he_normal"),\n',
    ),
    "activation: not in the native list": Omission(
        "native/activations.hpp", '"mish", of_input', '"other", of_input'
    ),
    "activation: no curve of a graph": Omission(
        f"{GRAPH}/curves.py", '    "mish": Curve("a = z tanh(log(1 + exp(z)))", 1.09),\n'
    ),
    "activation: no row in the laws": Omission(TABLES, '    "mish": (),\n'),
    # Losses
    "loss: not in LOSSES": Omission(LOSSES, '    "gamma": Gamma,\n'),
    "loss: not in __all__": Omission(LOSSES, '    "Gamma",\n'),
    "loss: a setting not in the model file": Omission(
        f"{SRC}/losses/plain.py",
        '{"reduction", "clip_eps"}',
        '{"reduction", "clip_eps", "delta"}',
        "tests/storage/test_plain.py",
    ),
    "loss: a setting does not arrive": Omission(
        PROGRAM, "for value in saved_settings(loss).values()]", "for value in ()]", ARRIVAL
    ),
    "loss: its outputs do not arrive": Omission(
        PROGRAM, "{*saved_settings(loss)}", '{*saved_settings(loss), "reduction"}', ARRIVAL
    ),
    "loss: not in the native list": Omission("native/losses.hpp", 'loss_row<Gamma, T>("gamma"),'),
    "loss: no native class": Omission(
        "native/losses.hpp", "struct Gamma :", "struct Other :", COMPILER
    ),
    "loss: no link of a graph": Omission(f"{GRAPH}/from_model.py", '    "gamma": _exp,\n'),
    "loss: no formulas in a walk": Omission(
        f"{WALK}/formulas.py",
        '    "gamma": ("log(mu / y) + y / mu - 1 with mu = exp(z)", "1 - y / mu"),\n',
    ),
    "loss: no row in the laws": Omission(
        TABLES, '    "gamma, two outputs": LossCase(Gamma(), 2, amounts),\n'
    ),
    # Optimizers
    "optimizer: not in OPTIMIZERS": Omission(
        f"{SRC}/optimizers/__init__.py", '    "rmsprop": RMSprop(),\n'
    ),
    "optimizer: not at the front door": Omission(DOOR, '\n    "RMSprop",'),
    "optimizer: a setting does not arrive": Omission(
        PROGRAM,
        '_settings_of(optimizer, {"lr"})',
        '_settings_of(optimizer, {"lr", "rho"})',
        ARRIVAL,
    ),
    "optimizer: not in the native list": Omission(
        "native/optimizers.hpp", 'optimizer_row<RMSprop, T>("rmsprop"),'
    ),
    "optimizer: no native class": Omission(
        "native/optimizers.hpp", "struct RMSprop :", "struct Other :", COMPILER
    ),
    "optimizer: no row in the laws": Omission(
        TABLES, '    "rmsprop": RMSprop(),\n', "", TABLES_OF_LAWS
    ),
    # Schedules, initializers, penalties, engines
    "schedule: not in SCHEDULES": Omission(
        f"{SRC}/schedules/__init__.py", '    "exponential": Exponential(),\n'
    ),
    "schedule: no row in the laws": Omission(TABLES, '    "exponential": Exponential(),\n'),
    "initializer: not in INITIALIZERS": Omission(
        f"{SRC}/initializers.py", '    "lecun_normal": LeCun("normal"),\n'
    ),
    "initializer: no row in the laws": Omission(
        TABLES, '    "lecun_normal": InitializerCase(LeCun("normal"), lambda m, n: 1.0 / m),\n'
    ),
    "penalty: a setting does not arrive": Omission(
        f"{SRC}/engines/native.py", "bool(penalty.per_batch)", "False"
    ),
    "penalty: a setting has no row in the laws": Omission(TABLES, ", per_batch=True", ""),
    "engine: not in ENGINES": Omission(
        f"{SRC}/engines/__init__.py", '    "reference": ReferenceEngine,\n', ""
    ),
    # Recipes and settings
    "recipe: not in RECIPES": Omission(
        RECIPES, '    "best": (replace(STANDARD, **BEST), replace(STANDARD_FOR_NUMBERS, **BEST)),\n'
    ),
    "recipe: not on the command line": Omission(f"{SRC}/cli/train.py", ', "best")', ")"),
    "recipe: not in the page on tables": Omission(
        "docs/tables.md", '\n| `"best"` | 16 | 32 to 128 | those who wait |'
    ),
    "recipe: not in the page on train": Omission(
        "docs/cli/train.md", "`best` is sixteen, trained twice as long. "
    ),
    "recipe: a number that is not explained": Omission(
        RECIPES, "    members: int = 1\n", "    members: int = 1\n    more: int = 0\n"
    ),
    "plan: a setting that is not explained": Omission(PLAN, *ONE_MORE),
    "plan: a setting that the estimators lack": Omission(
        PLAN, *ONE_MORE, CENSUS, f"{SRC}/estimators/parameters.py"
    ),
    # The command line
    "command: not added": Omission(f"{SRC}/cli/__init__.py", "show, doctor, ", "doctor, "),
    "command: no page": Omission("docs/cli/show.md", names="docs/cli"),
    "command: no row in the index": Omission("docs/cli/index.md", "[`show`](show.md)", "`show`"),
    "task: not on the command line": Omission(f"{SRC}/cli/train.py", ' "multilabel",'),
    "task: not in the target": Omission(
        f"{SRC}/data/coding/target.py", '"multilabel", "regression")', '"regression")'
    ),
    "task: not in the model file": Omission(
        f"{SRC}/storage/data_checks.py", '        "multilabel": (classes == names, len(names)),\n'
    ),
    # Tables
    "kind of column: not in KINDS": Omission(
        f"{SRC}/data/tables/schema.py", '"boolean", "datetime")', '"boolean")'
    ),
    "kind of column: not in the type": Omission(
        f"{SRC}/data/tables/schema.py", '"boolean", "datetime"]', '"boolean"]'
    ),
    "kind of column: no reader": Omission(
        f"{SRC}/data/tables/readers.py", '"datetime": read_date, "boolean"', '"boolean"'
    ),
    "kind of column: not in the help of train": Omission(
        f"{SRC}/cli/train.py", "category, boolean or datetime.", "category or boolean."
    ),
    "kind of column: not in the page on train": Omission(
        "docs/cli/train.md", "`category`, `boolean` or `datetime`", "`category` or `boolean`"
    ),
    "coding: not checked in the model file": Omission(
        f"{SRC}/storage/data_checks.py",
        "CategoryCoding, DateCoding, Reference",
        "CategoryCoding, Reference",
    ),
    "coding: no operations of a graph": Omission(
        f"{GRAPH}/from_encoder.py", "    DateCoding: _date,\n"
    ),
    "dialect: no option": Omission(
        f"{SRC}/cli/dialect_options.py",
        '    ("--comment", "TEXT", "Lines that begin with this text are skipped, such as #.", '
        "True),\n",
    ),
    "dialect: not explained": Omission(
        f"{SRC}/data/tables/dialect.py", "    comment : the text at the start of lines to skip\n"
    ),
    "dialect: no row in the page on reading": Omission(
        "docs/reading.md", '| `Dialect(comment="#")`', "| `comment`"
    ),
    "ending: not read": Omission(f"{SRC}/data/files/read.py", '".feather", ".ipc")', '".ipc")'),
    "ending: not explained": Omission(
        f"{SRC}/data/files/read.py", ".arrow, .feather or .ipc", ".arrow or .ipc"
    ),
    "ending: not in the page on reading": Omission(
        "docs/reading.md", "`.arrow`, `.feather`", "`.arrow`"
    ),
    # Storage
    "format: no step from the version before": Omission(
        MIGRATIONS,
        "    1: _unchanged,  # format 2 has other checksums (see `storage.checksum`)\n",
        "",
    ),
    "format: raised without a step": Omission(MIGRATIONS, *RAISED),
    "format: raised without example files": Omission(
        MIGRATIONS, *RAISED, CENSUS, "tests/storage/kept"
    ),
    "format: raised without a word": Omission(MIGRATIONS, *RAISED, CENSUS, MODEL_FILE),
    "part of a model: not written": Omission(
        DESCRIPTION,
        '    if model.reference:\n        plain["reference"] = model.reference.to_plain()\n',
    ),
    "part of a model: not read": Omission(DESCRIPTION, '"dialect", "reference", ', '"dialect", '),
    "part of a model: not in the docstring of the file": Omission(
        MODEL_FILE, "    reference   optional:", "                optional:"
    ),
    "part of a model: not explained": Omission(
        f"{SRC}/model.py", "    reference : summary", "    Summary"
    ),
    # The version
    "version: no entry in the changelog": Omission(
        DOOR, '__version__ = "0.1.0"', '__version__ = "0.2.0"', names="CHANGELOG.md"
    ),
}
