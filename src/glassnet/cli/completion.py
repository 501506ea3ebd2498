"""`glassnet completion`: print the script that completes glassnet's commands in a shell."""

import click
from click.shell_completion import BashComplete, FishComplete, ZshComplete

SHELLS = {"bash": BashComplete, "zsh": ZshComplete, "fish": FishComplete}


@click.command(short_help="Print what a shell needs to complete commands.")
@click.argument("shell", type=click.Choice(list(SHELLS)), metavar="SHELL")
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print a script for SHELL (bash, zsh or fish) that completes commands, options and files.

    \b
      bash  add to ~/.bashrc:  eval "$(glassnet completion bash)"
      zsh   add to ~/.zshrc:   eval "$(glassnet completion zsh)"
      fish  once:              glassnet completion fish > ~/.config/fish/completions/glassnet.fish
    """  # noqa: D301  \b marks lines that click does not wrap
    command = context.find_root().command
    click.echo(SHELLS[shell](command, {}, "glassnet", "_GLASSNET_COMPLETE").source())
