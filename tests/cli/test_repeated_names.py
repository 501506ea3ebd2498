"""Names that the command line repeats are complete: help loads nothing heavy."""

import click

from glassnet.cli import main


def test_every_command_is_in_the_help():
    with click.Context(main) as context:
        shown = main.get_help(context)
    assert all(f"\n  {name} " in shown for name in main.commands)
