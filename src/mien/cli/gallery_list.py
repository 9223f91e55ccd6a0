"""`mien gallery list`: everybody in a gallery."""

from __future__ import annotations

import json

import click

from mien.cli._gallery import gallery_option, json_option, open_gallery, print_people


@click.command(epilog="Example:  mien gallery list --json")
@gallery_option
@json_option
def command(gallery: str, as_json: bool) -> None:
    """List everybody with the number of templates, and what is known of their consent."""
    with open_gallery(gallery) as opened:
        people = opened.people()
        model = opened.store.model()
    if as_json:
        found = None if model is None else {"name": model.name, "sha256": model.sha256}
        content = {"gallery": opened.place, "model": found, "people": [one.to_dict() for one in people]}
        click.echo(json.dumps(content, indent=2, ensure_ascii=False))
    else:
        print_people(people)
        templates = sum(one.templates for one in people)
        of = "" if model is None else f", of {model}"
        click.echo(f"{opened.place}: {len(people):,} people, {templates:,} templates{of}", err=True)
