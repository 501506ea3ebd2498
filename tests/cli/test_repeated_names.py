"""Names that the command line repeats, because help comes before anything heavy is imported, are those of the rest of the house."""

import ast
import inspect

import click

from glassnet.cli import main, words
from glassnet.report.metrics import METRICS


def test_every_command_is_in_the_help():
    with click.Context(main) as context:
        shown = main.get_help(context)
    assert all(f"\n  {name} " in shown for name in main.commands)


def test_the_scores_that_are_written_in_a_way_of_their_own_are_metrics():
    tuples = [
        node
        for node in ast.walk(ast.parse(inspect.getsource(words.score)))
        if isinstance(node, ast.Tuple)
    ]
    named = {name for node in tuples for name in ast.literal_eval(node)}
    assert named
    assert named <= set(METRICS), "src/glassnet/cli/words.py"
