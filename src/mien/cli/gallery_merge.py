"""`mien gallery merge`: two entries that are one person."""

from __future__ import annotations

import json

import click

from mien.cli._gallery import gallery_option, json_option, open_gallery, print_people
from mien.cli._outputs import refuse_empty


@click.command(epilog='Example:  mien gallery merge p_3f9c0a7d12e4 "Ada Lovelace"')
@click.argument("source", metavar="NAME|ID", callback=refuse_empty)
@click.argument("target", metavar="INTO", callback=refuse_empty)
@gallery_option
@json_option
def command(source: str, target: str, gallery: str, as_json: bool) -> None:
    """Give all templates of a person to INTO, who keeps name and id; the other entry is gone."""
    with open_gallery(gallery) as opened:
        merged = opened.merge(source, target)
    if as_json:
        click.echo(json.dumps(merged.to_dict(), indent=2, ensure_ascii=False))
    else:
        print_people([merged])
