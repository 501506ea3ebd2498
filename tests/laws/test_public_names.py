"""The front door: what `import glassnet` offers, and how little it loads."""

import subprocess
import sys

import pytest

import glassnet
from glassnet.layers import LAYERS

HEAVY = ("numpy", "scipy", "sklearn", "pyarrow", "narwhals", "pandas", "polars", "rich")


def run_fresh(code: str) -> str:
    """What the code prints in a new interpreter."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_all_is_sorted() -> None:
    assert list(glassnet.__all__) == sorted(set(glassnet.__all__))


@pytest.mark.parametrize("name", glassnet.__all__)
def test_public_name_resolves(name: str) -> None:
    assert getattr(glassnet, name) is getattr(glassnet, name)


@pytest.mark.parametrize("kind", sorted(LAYERS))
def test_every_layer_stands_at_the_front_door(kind: str) -> None:
    name = LAYERS[kind].__name__
    assert name in glassnet.__all__, (
        f"{name} is missing in src/glassnet/__init__.py: in the imports for types, in __all__, in "
        "_HOMES"
    )
    assert getattr(glassnet, name) is LAYERS[kind]


def test_dir_lists_the_public_names() -> None:
    assert [name for name in dir(glassnet) if not name.startswith("_")] == [
        name for name in glassnet.__all__ if not name.startswith("_")
    ]


def test_star_import_brings_them_all() -> None:
    names: dict[str, object] = {}
    exec("from glassnet import *", names)  # noqa: S102  a star import stands at module level only
    assert set(glassnet.__all__) <= set(names)


def test_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no_such_name"):
        glassnet.no_such_name  # noqa: B018


def test_names_do_not_depend_on_what_is_loaded() -> None:
    """A lazy name must not be that of a module: its meaning would change with an import."""
    code = """
import glassnet, importlib, pkgutil
before = {name: getattr(glassnet, name) for name in glassnet.__all__}
for module in pkgutil.walk_packages(glassnet.__path__, "glassnet."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
print([name for name, value in before.items() if getattr(glassnet, name) is not value])
"""
    assert run_fresh(code) == "[]\n"


@pytest.mark.parametrize(
    "code",
    [
        "import glassnet",
        "import glassnet.errors",
        "import glassnet; dir(glassnet); glassnet.__version__",
        "import glassnet.cli",
    ],
)
def test_front_door_loads_nothing_heavy(code: str) -> None:
    assert (
        run_fresh(f"{code}\nimport sys\nprint([name for name in {HEAVY} if name in sys.modules])")
        == "[]\n"
    )


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["--version"], ["train", "--help"], ["predict", "--help"]],
    ids=" ".join,
)
def test_command_line_help_loads_nothing_heavy(arguments: list[str]) -> None:
    code = f"""
import sys
sys.argv = ["glassnet", *{arguments}]
from glassnet.cli import main
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
print([name for name in {HEAVY} if name in sys.modules])
"""
    assert run_fresh(code).endswith("[]\n")
