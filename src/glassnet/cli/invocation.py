"""Store the arguments of the running command, so that a report can show the command line."""

import shlex

import click

_KEY = "glassnet.cli.invocation"


class Repeatable(click.Command):
    """A command that remembers its arguments as they were written."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Remember the arguments, then parse them."""
        ctx.meta[_KEY] = [str(self.name), *args]
        return super().parse_args(ctx, args)


def invocation() -> str:
    """Return the command line of the running command, quoted for a shell."""
    return shlex.join(["glassnet", *click.get_current_context().meta[_KEY]])
