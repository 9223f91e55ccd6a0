"""`mien gallery rename`: another name for somebody."""

from __future__ import annotations

import json

import click

from mien.cli._gallery import gallery_option, json_option, open_gallery, print_people
from mien.cli._outputs import refuse_empty


@click.command(epilog='Example:  mien gallery rename p_3f9c0a7d12e4 "Ada Lovelace"')
@click.argument("person", metavar="NAME|ID", callback=refuse_empty)
@click.argument("name")
@gallery_option
@json_option
def command(person: str, name: str, gallery: str, as_json: bool) -> None:
    """Give a person, by name or id, the name NAME; the id stays."""
    with open_gallery(gallery) as opened:
        renamed = opened.rename(person, name)
    if as_json:
        click.echo(json.dumps(renamed.to_dict(), indent=2, ensure_ascii=False))
    else:
        print_people([renamed])
