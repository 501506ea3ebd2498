"""The command line: parse, call one function, print. Nothing heavy is imported before a command runs, so that help comes at once."""

from __future__ import annotations

import click

from glassnet import __version__
from glassnet.cli.completion import completion
from glassnet.cli.doctor import doctor
from glassnet.cli.evaluate import evaluate
from glassnet.cli.failures import Commands
from glassnet.cli.inspect import inspect
from glassnet.cli.predict import predict
from glassnet.cli.show import show
from glassnet.cli.train import train

__all__ = ["main"]


HELP = """Neural networks that you can see through: train one on your table, then predict with it.

\b
  glassnet inspect penguins.csv --target species
  glassnet train penguins.csv --target species
  glassnet predict penguins.glassnet new.csv -o predictions.csv
  glassnet evaluate penguins.glassnet newer.csv
  glassnet show penguins.glassnet
"""


@click.group(
    cls=Commands,
    help=HELP,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, message="glassnet %(version)s")
def main() -> None:
    """Parse the command line, and let the command run."""


main.add_command(inspect)
main.add_command(train)
main.add_command(predict)
main.add_command(evaluate)
main.add_command(show)
main.add_command(doctor)
main.add_command(completion)
