"""The command line `glassnet`: each command parses its options, calls the library and prints.

Heavy modules are imported only when a command runs, so that help appears at once.
"""

import click

from glassnet import __version__
from glassnet.cli.completion import completion
from glassnet.cli.diagnose import diagnose
from glassnet.cli.doctor import doctor
from glassnet.cli.errors import Commands
from glassnet.cli.evaluate import evaluate
from glassnet.cli.explain import explain
from glassnet.cli.inspect import inspect
from glassnet.cli.predict import predict
from glassnet.cli.show import show
from glassnet.cli.train import train
from glassnet.cli.walk import walk

__all__ = ["main"]

COMMANDS = (inspect, train, predict, evaluate, explain, walk, diagnose, show, doctor, completion)
HELP = """Neural networks that you can see through: train one on your table, then predict with it.

\b
  glassnet inspect penguins.csv --target species
  glassnet train penguins.csv --target species
  glassnet predict penguins.glassnet new.csv -o predictions.csv
  glassnet evaluate penguins.glassnet newer.csv
  glassnet explain penguins.glassnet new.csv --rows 3
  glassnet walk penguins.glassnet new.csv --row 3
  glassnet diagnose penguins.glassnet penguins.csv
  glassnet show penguins.glassnet
"""


@click.group(
    cls=Commands,
    help=HELP,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, message="glassnet %(version)s")
def main() -> None:
    """Parse the command line and run the command."""


for command in COMMANDS:
    main.add_command(command)
