"""Error handling of the command line: one message on stderr, and an exit status for each kind.

Exit status 2: the user can fix it; 1: a bug, or output was lost; 128 + signal number: interrupted.
"""

import errno
import signal
import sys
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from glassnet.cli.streams import NAMES, SafeStream, safe_streams
from glassnet.errors import GlassNetError, did_you_mean
from glassnet.interrupts import interrupts_raised
from glassnet.messages import printable

#: The maximum number of lines and characters of a message, about a screen.
MAX_LINES = 16
MAX_LENGTH = 1500


class UserError(click.ClickException):
    """An error that the user can fix, printed as `Error: ...`."""

    exit_code = 2


class InternalError(click.ClickException):
    """A bug in glassnet, printed with its location."""

    exit_code = 1

    def __init__(self, error: Exception) -> None:
        frames = traceback.extract_tb(error.__traceback__)
        where = f" in {Path(frames[-1].filename).name}, {frames[-1].name}" if frames else ""
        super().__init__(
            f"{type(error).__name__}{where}: {error}\nThis is a mistake in glassnet, not in your "
            "call: please report it."
        )


class Commands(click.Group):
    """A group of commands that prints errors and interruptions as messages without traceback."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        *rest: Any,
        **extra: Any,
    ) -> Any:
        """Parse the arguments, run the command, and exit with its status."""
        with safe_streams() as streams, interrupts_raised(last=args is None) as raising:
            try:
                status = super().main(args, prog_name, *rest, **{**extra, "standalone_mode": False})
            except click.ClickException as error:
                _print_error(error)
                status = error.exit_code
            except (KeyboardInterrupt, click.Abort) as error:
                raising.over = True  # no second interruption while exiting
                signum = _signal_number(error)
                by = "" if signum == signal.SIGINT else f" by {signal.Signals(signum).name}"
                start = "\n" if sys.stderr.isatty() else ""  # the terminal has printed ^C
                click.echo(f"{start}Interrupted{by}.", err=True)
                status = 128 + signum
            except OSError as error:
                if error.errno != errno.EPIPE:
                    raise
                status = 1  # the reader of stdout, such as `head`, has exited
            status = (status if isinstance(status, int) else 0) or _report_lost_output(streams)
        sys.exit(status)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; convert its errors to those of click."""
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
            raise InternalError(error) from error

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command of the first argument; the error for a wrong one suggests another."""
        name, commands = args[0], self.list_commands(ctx)
        if name not in commands and not name.startswith("-") and not ctx.resilient_parsing:
            near = did_you_mean(name, commands) or f" There are {', '.join(commands)}."
            raise click.UsageError(f"there is no command {name!r}.{near}", ctx)
        return super().resolve_command(ctx, args)


def _print_error(error: click.ClickException) -> None:
    """Print a message on stderr, escaped and shortened, because it may contain arbitrary names."""
    message, context = error.format_message(), getattr(error, "ctx", None)
    if context is not None:
        hint = f"Try '{context.command_path} --help' for help."
        click.echo(f"{context.get_usage()}\n{hint}\n", err=True)
        if isinstance(error, click.NoSuchOption):
            options = context.command.get_params(context)
            known = [name for option in options for name in option.opts if name.startswith("-")]
            near = did_you_mean(error.option_name, known)
            message = f"there is no option {error.option_name!r}.{near}"
    lines = [printable(line) for line in message.expandtabs(2).splitlines()]
    text = "\n".join(lines if len(lines) <= MAX_LINES else [*lines[:MAX_LINES], "..."])
    if len(text) > MAX_LENGTH:
        text = f"{text[: MAX_LENGTH // 2]} ... {text[-MAX_LENGTH // 2 :]}"
    click.echo(f"Error: {text}", err=True)


def _signal_number(error: BaseException) -> int:
    """Return the number of the signal that caused an exception.

    No other variable may refer to the exception. It would keep the frames of the traceback alive,
    and with them a file that a pyarrow thread reads, which would abort the process when it exits.
    """
    cause = error if isinstance(error, KeyboardInterrupt) else error.__cause__
    known = isinstance(cause, KeyboardInterrupt) and cause.args
    return int(known[0]) if known else int(signal.SIGINT)


def _report_lost_output(streams: Mapping[str, SafeStream]) -> int:
    """Print which streams were not written completely; return 1 if there are any, otherwise 0."""
    for stream in streams.values():
        stream.flush()
    for name, stream in streams.items():
        lost = stream.error and getattr(stream.error, "errno", None) != errno.EPIPE
        if lost and not streams["stderr"].error:
            message = f"Error: {NAMES[name]} could not be written in full: {stream.error}."
            click.echo(message, err=True)
    return int(any(stream.error for stream in streams.values()))
