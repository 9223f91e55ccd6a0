"""`mien store`: what is in a store, and what is to go."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from mien.cli._outputs import refuse_empty

if TYPE_CHECKING:
    from rich.table import Table

    from mien.audience.contents import Contents


@click.group(name="store", epilog="Example:  mien store info audience.db")
def command() -> None:
    """Tell what a store of `mien watch --store` holds, and purge it.

    A store is an SQLite file, or a PostgreSQL database by its address, postgresql://user:password@host/database.
    """


@command.command(epilog="Example:  mien store info audience.db --json")
@click.argument("store", metavar="STORE", callback=refuse_empty)
@click.option("--json", "as_json", is_flag=True, help="Print JSON in place of the table.")
def info(store: str, as_json: bool) -> None:
    """Tell what is in STORE: sources, sessions, visits, samples, from when to when, and how large it is."""
    from mien.audience.contents import contents_of
    from mien.audience.store import Store
    from mien.cli._console import output_console

    with Store(store) as opened:
        contents = contents_of(opened)
    if as_json:
        click.echo(json.dumps({"store": opened.name} | contents.to_dict(), indent=2))
        return
    output_console().print(_table(contents))
    size = "" if contents.size_bytes is None else f", {contents.size_bytes / 1e6:.1f} MB"
    click.echo(f"mien: {opened.name}: version {contents.version}{size}", err=True)


@command.command(
    epilog="""\b
Examples:
  mien store purge audience.db --older-than 30d
  mien store purge audience.db --all --source "camera 0" """
)
@click.argument("store", metavar="STORE", callback=refuse_empty)
@click.option("--older-than", metavar="AGE", help="What is older: 90s, 15m, 12h, 30d or 8w.")
@click.option("--before", metavar="TIME", help="What was before, such as 2026-03-31 or 2026-03-31T18:30.")
@click.option("--all", "everything", is_flag=True, help="Everything.")
@click.option("--source", metavar="NAME", help="Of one source only.")
def purge(store: str, older_than: str | None, before: str | None, everything: bool, source: str | None) -> None:
    """Remove from STORE what is not to be kept; SQLite overwrites it on the disk, and gives its room back.

    What `mien watch` is to keep no longer it purges by itself: --keep 30d.
    """
    from mien.audience.periods import parse_moment
    from mien.audience.retention import purge as remove
    from mien.audience.store import Store
    from mien.durations import parse_duration

    if [older_than is not None, before is not None, everything].count(True) != 1:
        raise click.UsageError("say what is to go: one of --older-than, --before and --all")
    moment = None
    if older_than is not None:
        moment = time.time() - parse_duration(older_than)
    elif before is not None:
        moment = parse_moment(before, None)
    with Store(store, write=True) as opened:
        purged = remove(opened, before=moment, source=source)
    click.echo(f"purged {purged.visits:,} visits and {purged.sessions:,} sessions")
    if purged.samples:
        click.echo(f"purged {purged.samples:,} samples of visits that reach back beyond that time")


def _table(contents: Contents) -> Table:
    from rich.table import Table
    from rich.text import Text

    from mien.audience.report.words import hours

    table = Table("source", "sessions", "from", "to", "watched", "visits", "samples")
    for name, one in contents.sources.items():
        states = [f"{number} {state}" for number, state in ((one.running, "running"), (one.killed, "killed")) if number]
        sessions = f"{one.sessions:,}" + (f" ({', '.join(states)})" if states else "")
        table.add_row(
            Text(name, overflow="fold"),
            sessions,
            *(f"{datetime.fromtimestamp(at, UTC).astimezone():%Y-%m-%d %H:%M}" for at in (one.began_at, one.last_at)),
            hours(one.watched_s),
            f"{one.visits:,}",
            f"{one.samples:,}",
        )
    return table
