"""`mien`: finds the command asked for and turns errors into one line and an exit status.

Nothing heavy is imported here: a command's file is loaded when that command is run.
"""

from __future__ import annotations

import errno
import importlib
import io
import os
import signal
import sys
import warnings
from collections.abc import Mapping
from types import FrameType
from typing import Any, Final, NoReturn

import click

import mien
from mien.errors import MienError, UnknownNameError

COMMANDS: Final[Mapping[str, str]] = {
    "analyze": "Profile everyone in photos and folders.",
    "dataset": "Profile everyone in a data set of any size.",
    "watch": "Follow the people of a camera, stream or video.",
    "report": "Tell who an audience was: figures, charts, one page.",
    "compare": "Compare two data sets, or two groups of one.",
    "store": "Tell what a store of `watch` holds, and purge it.",
    "serve": "Serve the web app: photos in the browser, and the API.",
    "verify": "Tell whether two photos show one person.",
    "gallery": "Enrol people, and find them again.",
    "demo": "Profile a sample photo, to see that all works.",
    "models": "List, show, fetch and verify the networks.",
    "evaluate": "Measure the networks on labelled photos.",
    "audit": "Tell for whom predictions hold, group by group.",
    "train": "Train the networks anew.",
    "explain-preprocessing": "Show the published preprocessing step by step.",
    "doctor": "Report versions, CPU, threads and weights.",
}
"""Command, the module `mien.cli.COMMAND` with _ for -, → its line in the help."""

_ERROR_STATUS: Final = 2
_INTERRUPTED_STATUS: Final = 130  # 128 + SIGINT, as shells have it
_TERMINATED_STATUS: Final = 143  # 128 + SIGTERM
_FULL: Final = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO))
"""What the system says where standard output goes to a disk that is full or broken."""


class _LazyGroup(click.Group):
    """Loads commands when they are run, and ends them with an exit status of the design's section 5."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"mien.cli.{cmd_name.replace('-', '_')}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if not ctx.resilient_parsing and args[0] not in COMMANDS:  # a shell that completes words parses leniently
            raise UnknownNameError("command", args[0], COMMANDS)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except MienError as error:
            click.echo(f"mien: error: {error}", err=True)
            ctx.exit(_ERROR_STATUS)
        except KeyboardInterrupt:
            click.echo("mien: interrupted", err=True)
            ctx.exit(_INTERRUPTED_STATUS)


@click.group(
    name="mien",
    cls=_LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Example:  mien analyze holiday/ -o people.csv --draw annotated/",
)
@click.version_option(mien.__version__, prog_name="mien")
def cli() -> None:
    """Profile the people in photos: apparent age, gender, race and expression.

    Everything runs on this machine; nothing is sent anywhere.
    """


def main() -> None:
    """The `mien` command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without the sign ✓ gets a question mark
    signal.signal(signal.SIGTERM, _terminate)
    # Damaged metadata is no news to those who want to know about the people.
    warnings.filterwarnings("ignore", module=r"PIL\.")
    try:
        cli(prog_name="mien")
    except OSError as error:
        if error.errno not in _FULL:
            raise
        click.echo(f"mien: error: the output cannot be written: {error.strerror}; write it elsewhere", err=True)
        sys.exit(_ERROR_STATUS)
    finally:
        _end_output()


def _end_output() -> None:
    """Flush standard output; what it does not take is dropped, for at its exit Python would complain again."""
    if sys.stdout is None:
        return
    try:
        sys.stdout.flush()
    except OSError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def _terminate(number: int, frame: FrameType | None) -> NoReturn:
    """Unwinds the stack, so that what is half written is removed."""
    sys.exit(_TERMINATED_STATUS)
