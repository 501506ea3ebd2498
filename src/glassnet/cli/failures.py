"""What goes wrong, as one clear line on stderr: exit status 2 for what the user can mend, 130 for Ctrl-C, 1 for what we should mend."""

from __future__ import annotations

from typing import Any

import click

from glassnet.cli.words import printable
from glassnet.errors import GlassnetError


class UserError(click.ClickException):
    """A refusal with its reason, printed as `Error: ...`."""

    exit_code = 2

    def format_message(self) -> str:
        """Return the reason; names in it may come from files, so nothing in it may steer the terminal."""
        return "\n".join(map(printable, self.message.splitlines()))


class Commands(click.Group):
    """A group of commands whose refusals and interruptions end in a line and an exit status, never in a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except GlassnetError as error:
            raise UserError(str(error)) from None
        except KeyboardInterrupt:
            click.echo("Interrupted.", err=True)
            ctx.exit(130)
