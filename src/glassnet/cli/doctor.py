"""`glassnet doctor`: what this installation runs on, and what to do where it could run faster."""

from __future__ import annotations

import click

from glassnet.cli.words import labelled

#: Packages beside our own that a model's speed or bits may depend on, and those of the extra `cli`.
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
    """Show the versions of Python and of the packages used, and the engine; where it is the slower one, why, and what to do."""
    import platform
    from importlib.metadata import PackageNotFoundError, version

    from glassnet.engines.native import compiled, why_not_compiled
    from glassnet.engines.threads import useful_cores

    def installed(package: str) -> str:
        try:
            return f"{package} {version(package)}"
        except PackageNotFoundError:
            return f"{package} is not installed"

    click.echo(labelled("glassnet", version("glassnet")))
    click.echo(
        labelled(
            "Python", f"{platform.python_version()} on {platform.system()} {platform.machine()}"
        )
    )
    click.echo(labelled("Packages", ", ".join(map(installed, PACKAGES))))
    native = compiled()
    if native is None:
        click.echo(
            labelled(
                "Engine",
                "reference (NumPy), several times slower than the native engine (C++). The latter "
                f"{why_not_compiled()}",
            )
        )
    else:
        name = str(native.__name__).removeprefix("glassnet._native").strip("_")
        threads = useful_cores()
        click.echo(
            labelled(
                "Engine",
                f"native (C++{', ' + name.upper() if name else ''}), up to {threads} "
                f"thread{'s' if threads > 1 else ''}",
            )
        )
