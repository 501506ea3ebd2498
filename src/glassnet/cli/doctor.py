"""`glassnet doctor`: show the versions and the engine of this installation."""

import click

from glassnet.cli.text import labelled
from glassnet.messages import counted

#: Packages that the speed or the bits of a model may depend on, and those of the extra `cli`.
PACKAGES = (
    "numpy",
    "scipy",
    "scikit-learn",
    "narwhals",
    "safetensors",
    "threadpoolctl",
    "pyarrow",
    "rich",
)


@click.command(short_help="Show what this installation runs on.")
def doctor() -> None:
    """Show the versions of Python and the packages, and the engine; if it is the slow one, why."""
    import platform
    from importlib.metadata import PackageNotFoundError, version

    from glassnet.engines.native import compiled, why_not_compiled
    from glassnet.engines.threads import useful_cores

    def installed(package: str) -> str:
        try:
            return f"{package} {version(package)}"
        except PackageNotFoundError:
            return f"{package} is not installed"

    native = compiled()
    if native is None:
        engine = (
            "reference (NumPy), several times slower than the native engine (C++). The latter "
            f"{why_not_compiled()}"
        )
    else:
        name = str(native.__name__).removeprefix("glassnet._native").strip("_").upper()
        cores = counted(useful_cores(), "thread")
        engine = f"native (C++{', ' + name if name else ''}), up to {cores}"
    python = f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    facts = {
        "glassnet": version("glassnet"),
        "Python": python,
        "Packages": ", ".join(map(installed, PACKAGES)),
        "Engine": engine,
    }
    click.echo("\n".join(labelled(label, text) for label, text in facts.items()))
