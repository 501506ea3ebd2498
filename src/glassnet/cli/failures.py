"""What goes wrong, as one clear message on stderr: exit status 2 for what the user can mend, 130 for Ctrl-C, 1 for what we should mend."""

from __future__ import annotations

import errno
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import click

from glassnet.cli.streams import NAMES, SafeStream, safe_streams
from glassnet.cli.words import printable
from glassnet.errors import GlassNetError, did_you_mean
from glassnet.interrupts import interrupts_raised

#: A message is at most so many lines and characters: a screen.
MOST_LINES = 16
LONGEST = 1500


class UserError(click.ClickException):
    """A refusal with its reason, printed as `Error: ...`."""

    exit_code = 2


class OwnError(click.ClickException):
    """A mistake of ours, with what a report of it needs."""

    exit_code = 1

    def __init__(self, error: Exception) -> None:
        place = error.__traceback__
        while place and place.tb_next:
            place = place.tb_next
        code = place.tb_frame.f_code if place else None
        where = f" in {os.path.basename(code.co_filename)}, {code.co_name}" if code else ""  # noqa: PTH119  a name, not a file
        super().__init__(
            f"{type(error).__name__}{where}: {error}\nThis is a mistake in glassnet, not in your "
            "call: please report it."
        )


class Commands(click.Group):
    """A group of commands whose refusals and interruptions end in a message and an exit status, never in a traceback."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        *rest: Any,
        **extra: Any,
    ) -> Any:
        """Parse and run, and end the process with its status: 128 and the number of the signal that ended it, as shells say it."""
        with safe_streams() as streams, interrupts_raised(last=args is None) as raising:
            try:
                status = super().main(args, prog_name, *rest, **{**extra, "standalone_mode": False})
            except click.ClickException as error:
                _say(error)
                status = error.exit_code
            except (KeyboardInterrupt, click.Abort) as error:
                raising.over = True  # this one is enough
                signum = _signal_of(error)
                said = (
                    "Interrupted."
                    if signum == signal.SIGINT
                    else f"Interrupted by {signal.Signals(signum).name}."
                )
                click.echo(
                    ("\n" if sys.stderr.isatty() else "") + said, err=True
                )  # a terminal shows ^C before it
                status = 128 + signum
            except OSError as error:
                if error.errno != errno.EPIPE:
                    raise
                status = 1  # who read stdout, such as `head`, has gone: nobody wants the rest
            status = (status if isinstance(status, int) else 0) or _lost(streams)
        sys.exit(status)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except KeyboardInterrupt as error:
            raise click.Abort from error
        except GlassNetError as error:
            raise UserError(str(error)) from None
        except MemoryError:
            raise UserError(
                "there is not enough memory for this: take a smaller table, or end other programs."
            ) from None
        except OSError as error:
            if error.errno == errno.EPIPE:
                raise
            named = f"{error.filename}: " if error.filename else ""
            raise UserError(
                f"{named}{error.strerror or error}: is there room, and may you read and write "
                "there?"
            ) from None
        except Exception as error:
            raise OwnError(error) from error

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that the first word names, or refuse with the nearest one."""
        name = args[0]
        if (
            self.get_command(ctx, name) is None
            and not name.startswith("-")
            and not ctx.resilient_parsing
        ):
            commands = self.list_commands(ctx)
            near = did_you_mean(name, commands) or f" There are {', '.join(commands)}."
            raise click.UsageError(f"there is no command {name!r}.{near}", ctx)
        return super().resolve_command(ctx, args)


def _say(error: click.ClickException) -> None:
    """Print a message on stderr; names in it may come from files, so nothing in it may steer the terminal or fill it."""
    context = getattr(error, "ctx", None)
    if context is not None:
        click.echo(
            f"{context.get_usage()}\nTry '{context.command_path} --help' for help.\n", err=True
        )
    message = error.format_message()
    if isinstance(error, click.NoSuchOption) and context is not None:
        known = [
            name
            for option in context.command.get_params(context)
            for name in option.opts
            if name.startswith("-")
        ]
        message = (
            f"there is no option {error.option_name!r}.{did_you_mean(error.option_name, known)}"
        )
    lines = [printable(line) for line in message.expandtabs(2).splitlines()]
    text = "\n".join(lines if len(lines) <= MOST_LINES else [*lines[:MOST_LINES], "..."])
    if len(text) > LONGEST:
        text = f"{text[: LONGEST // 2]} ... {text[-LONGEST // 2 :]}"
    click.echo(f"Error: {text}", err=True)


def _signal_of(error: BaseException) -> int:
    """Return the number of the signal that raised an exception.

    Nobody else keeps the exception: with it the frames of its traceback would stay, and with them a
    file that another library reads ahead, in a thread that aborts the process when Python has
    ended.
    """
    cause = error if isinstance(error, KeyboardInterrupt) else error.__cause__
    return (
        int(cause.args[0])
        if isinstance(cause, KeyboardInterrupt) and cause.args
        else int(signal.SIGINT)
    )


def _lost(streams: Mapping[str, SafeStream]) -> int:
    """Return the status of a command that did its work: 1 where some of what it said could not be written, and say so where one can."""
    for stream in streams.values():
        stream.flush()
    for name, stream in streams.items():
        if (
            stream.error
            and getattr(stream.error, "errno", None) != errno.EPIPE
            and not streams["stderr"].error
        ):
            click.echo(
                f"Error: {NAMES[name]} could not be written in full: {stream.error}.", err=True
            )
    return int(any(stream.error for stream in streams.values()))
