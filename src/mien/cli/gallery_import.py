"""`mien gallery import`: everybody of a Parquet file."""

from __future__ import annotations

import json

import click

from mien.cli._gallery import gallery_option, json_option, open_gallery
from mien.cli._outputs import refuse_empty


@click.command(name="import", epilog="Example:  mien gallery import people.parquet --gallery copy.db")
@click.argument("file", metavar="FILE.parquet", callback=refuse_empty)
@click.option("--also-forgotten", is_flag=True, help="Take people too who were forgotten in this gallery.")
@gallery_option
@json_option
def command(file: str, also_forgotten: bool, gallery: str, as_json: bool) -> None:
    """Take the people of a file that `mien gallery export` wrote: all of them, or none where something is wrong.

    People who are there keep their name and notes, and get the templates that they lack.
    """
    with open_gallery(gallery, create=True) as opened:
        done = opened.import_(file, also_forgotten=also_forgotten)
        opened.prepare()
    if as_json:
        click.echo(json.dumps(done.to_dict(), indent=2, ensure_ascii=False))
    else:
        click.echo(f"{done.people:,} new people, {done.templates:,} new templates, {done.known:,} known ones")
    if done.forgotten:
        click.echo(
            f"mien: note: {len(done.forgotten)} people of the file were forgotten here and left out: "
            f"{', '.join(done.forgotten)}; --also-forgotten takes them",
            err=True,
        )
