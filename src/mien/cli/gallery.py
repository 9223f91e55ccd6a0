"""`mien gallery`: people enrolled from photos, and found again."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Final

import click

from mien.errors import UnknownNameError

SUBCOMMANDS: Final[Mapping[str, str]] = {
    "enrol": "Add people from photos.",
    "search": "Tell who is in photos or a stream.",
    "list": "List everybody.",
    "show": "Show one person with all templates.",
    "rename": "Give somebody another name.",
    "merge": "Make two entries one person.",
    "forget": "Remove somebody for good, with a receipt.",
    "cluster": "Group people whom nobody has named yet.",
    "calibrate": "Fit false-match rates on your own photos.",
    "export": "Write everybody to a Parquet file.",
    "import": "Take everybody from a Parquet file.",
    "re-embed": "Bring the gallery over to another network.",
}
"""Subcommand, of the module `mien.cli.gallery_SUBCOMMAND` → its line in the help."""


class _LazyGroup(click.Group):
    """Loads subcommands when they are run."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(SUBCOMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in SUBCOMMANDS:
            return None
        module = importlib.import_module(f"mien.cli.gallery_{cmd_name.replace('-', '_')}")
        command: click.Command = module.command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if not ctx.resilient_parsing and args[0] not in SUBCOMMANDS:
            raise UnknownNameError("command of mien gallery", args[0], SUBCOMMANDS)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(SUBCOMMANDS.items()))


@click.group(cls=_LazyGroup, epilog="Example:  mien gallery enrol people/ && mien gallery search party.jpg")
def command() -> None:
    """Enrol people from photos and find them again, in one SQLite file or in PostgreSQL.

    Faces are compared by embeddings, which are biometric data: enrol people who have agreed, and note that with
    --consent. Strangers stay unknown: at most one in a hundred is named, whatever the gallery's size.
    """
