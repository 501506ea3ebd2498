"""The places of commands, recipes, settings and kinds of columns, and of the model file."""

from __future__ import annotations

import ast
import re

from tests.laws.places import (
    ROOT,
    SRC,
    Place,
    assigned,
    classes,
    documented,
    fields_of,
    literal_type,
    matches,
    names_in,
)

DESCRIPTION = f"{SRC}/storage/description.py"


def commands() -> list[Place]:
    command = r"@click\.command\([^\n]*\n(?:@[^\n]*\n|(?: |\)|#)[^\n]*\n)*def (\w+)\("
    found = [
        name
        for path in (ROOT / SRC / "cli").glob("*.py")
        for name in re.findall(command, path.read_text(encoding="utf-8"))
    ]
    return [
        Place(f"{SRC}/cli", "functions that are a click.command", found),
        matches(f"{SRC}/cli/__init__.py", "COMMANDS", r"(\w+)[,)]", r"COMMANDS = \(.*?\)"),
        Place(
            "docs/cli",
            "pages",
            [path.stem for path in (ROOT / "docs" / "cli").glob("*.md") if path.stem != "index"],
        ),
        matches("docs/cli/index.md", "the table of commands", r"\n\| \[`(\w+)`\]\(\1\.md\) \|"),
    ]


def recipes() -> list[Place]:
    return [
        names_in(f"{SRC}/training/recipes.py", "RECIPES"),
        names_in(f"{SRC}/cli/train.py", "RECIPES"),
        matches("docs/tables.md", "the table of recipes", r'\n\| `"(\w+)"` \|'),
        matches(
            "docs/cli/train.md",
            "the section on recipes",
            r"`([a-z]+)`(?:,| is| follows)",
            within=r"\n## Recipes.*?\n```",
        ),
    ]


def settings_of_a_recipe() -> list[Place]:
    file = f"{SRC}/training/recipes.py"
    return [fields_of(file, "Recipe"), documented(file, "Recipe")]


def settings_of_a_fit() -> list[Place]:
    """The settings of a plan, and the parameters that both estimators have."""
    plan, own = f"{SRC}/training/plan.py", ("random_state", "warm_start", "verbose")
    estimators, classifier = f"{SRC}/estimators/parameters.py", ("label_smoothing", "class_weight")
    return [
        fields_of(plan, "Plan"),
        documented(plan, "Plan"),
        fields_of(estimators, "NetworkParameters").but(*own).sparing("seed", *classifier),
        documented(estimators, "NetworkParameters").but(*own).sparing("seed", *classifier),
    ]


def tasks() -> list[Place]:
    return [
        literal_type(f"{SRC}/data/coding/target.py", "Task"),
        names_in(f"{SRC}/data/coding/target.py", "TASKS"),
        names_in(f"{SRC}/cli/train.py", "TASKS").but(
            "classification"
        ),  # binary or multiclass, whichever it is
        matches(
            f"{SRC}/storage/data_checks.py",
            "parse_target",
            r'"(\w+)": \(',
            within=r"def parse_target.*?(?:\n\n\n|\Z)",
        ),
    ]


def kinds_of_columns() -> list[Place]:
    helps = [f"{SRC}/cli/{command}.py" for command in ("train", "inspect")]
    return [
        literal_type(f"{SRC}/data/tables/schema.py", "Kind"),
        names_in(f"{SRC}/data/tables/schema.py", "KINDS"),
        names_in(f"{SRC}/data/tables/readers.py", "READERS").sparing(
            "category"
        ),  # the words of a category are its levels
        *(
            matches(
                file,
                "the help of --types",
                r"(\w+)(?:, | or |\.\")",
                within=r'"COLUMN=KIND".*?\n\)',
            )
            for file in helps
        ),
        matches(
            "docs/reading.md",
            "the sentence on kinds",
            r"`(\w+)`",
            within=r"There are four kinds.*?\n",
        ),
        matches(
            "docs/cli/train.md", "the row of --types", r" `(\w+)`", within=r"\| `--types.*?, where"
        ),
    ]


def codings() -> list[Place]:
    """How columns become features.

    The classes, the encoder that holds them, and what the model file takes of them.
    """
    return [
        classes("data/coding/*.py", "fit", "encode_into"),
        matches(
            f"{SRC}/data/coding/encoder.py",
            "the fields of Encoder",
            r": (?:tuple\[)?(\w+Coding)\b",
            within=r"\n    schema: .*?\n\n",
        ),
        matches(
            f"{SRC}/storage/data_checks.py",
            "the records that are checked",
            r"(\w+Coding)",
            within=r"for record in \(.*?\):",
        ),
        names_in(f"{SRC}/graph/from_encoder.py", "CODINGS"),
    ]


def ways_of_writing() -> list[Place]:
    """How a text file may be written."""
    file = f"{SRC}/data/tables/dialect.py"
    return [
        fields_of(file, "Dialect"),
        documented(file, "Dialect"),
        matches("docs/reading.md", "the table of options", r"\n\| `Dialect\((\w+)="),
        matches(f"{SRC}/cli/dialect_options.py", "the options", r'"--([a-z-]+)"').sparing("quote"),
    ]


def endings_of_tables() -> list[Place]:
    """The endings of the files that are read; each of those of text may be followed by .gz."""
    read = f"{SRC}/data/files/read.py"
    known = names_in(read, "TEXT_SUFFIXES", "ARROW_SUFFIXES", "SUFFIXES").but(
        "TEXT_SUFFIXES", "ARROW_SUFFIXES"
    )
    return [
        Place(read, "SUFFIXES", [name for name in known.names if not name.endswith(".gz")]),
        matches(
            read,
            "the docstring of read_table",
            r" (\.[a-z]+)",
            within=r"\n        A \.csv.*? file; or a folder",
        ),
        matches(
            "docs/reading.md", "the section on files", r"`(\.[a-z]+)`", within=r"\n## Files.*?\n## "
        ).but(".gz"),
    ]


def formats_of_the_model_file() -> list[Place]:
    """Its versions: a step from each to the next, and example files of each."""
    file, page = f"{SRC}/storage/migrations.py", f"{SRC}/storage/model_file.py"
    newest = ast.literal_eval(assigned(file, "FORMAT"))
    kept = [
        path.name.removeprefix("format-")
        for path in (ROOT / "tests" / "storage" / "kept").glob("format-*")
    ]
    (described,) = matches(page, "the format in its docstring", r"\n    format      (\d+)").names
    return [
        Place(file, "FORMAT", [str(version) for version in range(1, newest + 1)]),
        Place(
            file,
            "MIGRATIONS",
            [str(int(version) + 1) for version in ("0", *names_in(file, "MIGRATIONS").names)],
        ),
        Place("tests/storage/kept", "folders (python -m tests.storage.make_kept)", kept),
        Place(
            page,
            "the format in its docstring",
            [str(version) for version in range(1, int(described) + 1)],
        ),
    ]


def fields_of_the_model_file() -> list[Place]:
    page = matches(
        f"{SRC}/storage/model_file.py",
        "its docstring",
        r"\n    ([a-z]\S*(?:, \w+)*)(?=  |\n)",
        within=r"with these fields:.*?Loading",
    )
    explained = [name for names in page.names for name in names.split(", ")]
    return [
        matches(DESCRIPTION, "describe", r'"(\w+)"(?::|\] =)', within=r"def describe\(.*?\n\n\n"),
        Place(
            DESCRIPTION, "FIELDS and OPTIONAL", names_in(DESCRIPTION, "FIELDS", "OPTIONAL").names
        ),
        Place(page.file, page.what, explained).but(
            "sha256", "data_sha256"
        ),  # the checksums, which describe nothing
    ]


def parts_of_a_model() -> list[Place]:
    """What a model holds, and what of it is written."""
    described, *_ = fields_of_the_model_file()
    written = described.but("format", "glassnet")  # those of the file itself
    whole = {
        "n_features": "network",
        "dtype": "network",
        "layers": "network",
        "history": "training",
    }
    return [
        fields_of(f"{SRC}/model.py", "Model"),
        documented(f"{SRC}/model.py", "Model"),
        Place(DESCRIPTION, "describe", [whole.get(name, name) for name in written.names]),
    ]
