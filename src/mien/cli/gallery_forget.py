"""`mien gallery forget`: removes somebody for good."""

from __future__ import annotations

import json

import click

from mien.cli._gallery import gallery_option, open_gallery
from mien.cli._outputs import refuse_empty


@click.command(epilog="Example:  mien gallery forget Ada > receipt.json")
@click.argument("person", metavar="NAME|ID", callback=refuse_empty)
@gallery_option
def command(person: str, gallery: str) -> None:
    """Remove a person: every template and crop, name, notes and consent. The receipt, as JSON, says what was removed.

    In an SQLite gallery what is removed is overwritten, in its log and search index too. Exports, copies and backups of
    the gallery are not Mien's to find.
    """
    with open_gallery(gallery) as opened:
        receipt = opened.forget(person)
    click.echo(json.dumps(receipt.to_dict(), indent=2, ensure_ascii=False))
    if receipt.left:
        click.echo(f"mien: note: something may be left in {receipt.left}", err=True)
