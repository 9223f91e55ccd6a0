"""`mien report`: who an audience was."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mien.cli._outputs import STDOUT, check_files, refuse_empty
from mien.errors import InputError

if TYPE_CHECKING:
    from rich.table import Table

    from mien.audience.audience import Audience

_EPILOG = """\b
Examples:
  mien report audience.db -o report.html --csv tables/
  mien report audience.db --since 2026-06-01 --until 2026-07-01 --time-zone Europe/Berlin -o june.html
  mien report postgresql://mien@db/audience --source "shop window" --json -
  mien report out/ --validation labelled.csv -o report.html
"""


@click.command(epilog=_EPILOG)
@click.argument("store", metavar="STORE|OUT", callback=refuse_empty)
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write the report as one HTML file."
)
@click.option("--csv", "folder", type=click.Path(file_okay=False, path_type=Path), help="Write the tables to a folder.")
@click.option(
    "--json",
    "json_file",
    type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
    help="Write every figure, with its interval; - for standard output in place of the table.",
)
@click.option("--source", "sources", metavar="NAME", multiple=True, help="Of this source only; may be given again.")
@click.option("--since", metavar="TIME", help="From then on, such as 2026-03-31 or 2026-03-31T18:30.")
@click.option("--until", metavar="TIME", help="Before then.")
@click.option(
    "--time-zone", metavar="NAME", help="Of hours and days, such as Europe/Berlin.  [default: this computer's]"
)
@click.option(
    "--min-cell",
    type=click.IntRange(min=1),
    default=5,
    show_default=True,
    help="Hide figures of fewer people, and others from which they would follow.",
)
@click.option(
    "--validation",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Labelled pictures, as `mien evaluate` reads them, to correct the shares of a data set by.  "
    "[default: what the networks' cards say]",
)
@click.option(
    "--images", type=click.Path(file_okay=False, path_type=Path), help="Folder that their paths are relative to."
)
@click.pass_context
def command(
    context: click.Context,
    store: str,
    output: Path | None,
    folder: Path | None,
    json_file: Path | None,
    sources: tuple[str, ...],
    since: str | None,
    until: str | None,
    time_zone: str | None,
    min_cell: int,
    validation: Path | None,
    images: Path | None,
) -> None:
    """Report on the audience in STORE, which `mien watch --store` wrote: how many, when, who, and how they looked.

    STORE is an SQLite file, or postgresql://user:password@host/database; it may be written to meanwhile. The headline
    figures are printed, by the industry's definitions: opportunity to see, watchers, conversion ratio, dwell and
    attention time, attraction ratio, unique visitors. The page has all of them with charts, definitions and limits.

    OUT is a folder that `mien dataset` made: the shares of its people by age, gender, race and expression, as counted
    and as corrected for what the networks confuse.
    """
    from mien.cli._dataset_report import is_dataset, refuse_other_options, report

    about_people = is_dataset(store)
    refuse_other_options(context, about_people)
    if about_people:
        report(store, output=output, tables=folder, json_file=json_file, validation=validation, images=images)
        return
    from mien.audience.audience import audience_of
    from mien.audience.periods import parse_moment
    from mien.audience.periods import time_zone as zone_of
    from mien.audience.read import read
    from mien.audience.report.page import page
    from mien.audience.report.tables import csv_files
    from mien.audience.store import Store
    from mien.cli._console import output_console
    from mien.media.atomic import make_folder, write_bytes

    check_files({"-o": output, "--json": json_file}, inputs=[Path(store)])
    zone = zone_of(time_zone)
    begin = -math.inf if since is None else parse_moment(since, zone)
    end = math.inf if until is None else parse_moment(until, zone)
    if begin >= end:
        raise InputError(f"--since {since} is not before --until {until}; exchange them")
    with Store(store) as opened:
        records = read(opened, sources=sources, since=begin, until=end)
    if records is None:
        raise InputError(f"{opened.name}: nothing was recorded in the time asked for; `mien store info` tells what was")
    audience = audience_of(records, zone=zone, zone_name=time_zone, least=min_cell)
    if output is not None:
        write_bytes(output, page(audience).encode())
    if folder is not None:
        make_folder(folder)
        for name, text in csv_files(audience).items():
            write_bytes(folder / name, text.encode())
    text = json.dumps(audience.to_dict(), indent=2, allow_nan=False)
    if json_file is not None and json_file != STDOUT:
        write_bytes(json_file, f"{text}\n".encode())
    if json_file == STDOUT:
        click.echo(text)
    else:
        output_console().print(_table(audience))
    _tell(audience)


def _table(audience: Audience) -> Table:
    """The headline figures."""
    from rich.table import Table

    from mien.audience.report.page import headline

    table = Table("figure", "value", "")
    for name, value, below in headline(audience):
        table.add_row(name, value, below)
    return table


def _tell(audience: Audience) -> None:
    from mien.audience.report.method import notes
    from mien.audience.report.words import period

    click.echo(f"mien: {', '.join(audience.sources)}: {period(audience.began, audience.ended)}", err=True)
    for note in notes(audience):
        click.echo(f"note: {note}", err=True)
