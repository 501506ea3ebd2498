"""`glassnet completion`: the lines that teach a shell to complete glassnet's commands, options and files."""

from __future__ import annotations

import click

SHELLS = ("bash", "zsh", "fish")


@click.command(short_help="Print what a shell needs to complete commands.")
@click.argument("shell", type=click.Choice(SHELLS), metavar="SHELL")
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print a script for SHELL (bash, zsh or fish) that completes commands, options and files.

    \b
      bash  add to ~/.bashrc:  eval "$(glassnet completion bash)"
      zsh   add to ~/.zshrc:   eval "$(glassnet completion zsh)"
      fish  once:              glassnet completion fish > ~/.config/fish/completions/glassnet.fish
    """  # noqa: D301  \b is click's sign for lines that are not wrapped
    from click.shell_completion import get_completion_class

    script = get_completion_class(shell)
    assert script is not None
    click.echo(script(context.find_root().command, {}, "glassnet", "_GLASSNET_COMPLETE").source())
