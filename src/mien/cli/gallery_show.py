"""`mien gallery show`: one person with all templates."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mien.cli._gallery import gallery_option, json_option, open_gallery, print_people
from mien.cli._outputs import refuse_empty

if TYPE_CHECKING:
    from mien.gallery.gallery import Gallery
    from mien.gallery.records import Template


@click.command(epilog="Example:  mien gallery show Ada --crops pictures/")
@click.argument("person", metavar="NAME|ID", callback=refuse_empty)
@click.option("--crops", metavar="DIR", callback=refuse_empty, help="Write the pictures that were kept to DIR.")
@gallery_option
@json_option
def command(person: str, crops: str | None, gallery: str, as_json: bool) -> None:
    """Show a person and the photos that the templates are of."""
    with open_gallery(gallery) as opened:
        found, templates = opened.person(person), opened.templates(person)
        if crops is not None:
            _write(opened, templates, Path(crops))
    if as_json:
        content = {"person": found.to_dict(), "templates": [one.to_dict() for one in templates]}
        click.echo(json.dumps(content, indent=2, ensure_ascii=False))
        return
    print_people([found])
    click.echo()
    _print(templates)


def _write(gallery: Gallery, templates: list[Template], folder: Path) -> None:
    from mien.media.atomic import make_folder, write_bytes

    make_folder(folder)
    for template in templates:
        crop = gallery.crop(template.number)
        if crop is not None:
            write_bytes(folder / f"{template.number}.jpg", crop.jpeg)


def _print(templates: list[Template]) -> None:
    from rich.table import Table
    from rich.text import Text

    from mien.cli._console import output_console

    table = Table("template", "quality", "crop", "enrolled", "network", "photo", box=None, pad_edge=False)
    for one in templates:
        quality = "-" if one.quality is None else f"{one.quality:.2f}"
        cells = (str(one.number), quality, "kept" if one.has_crop else "-", one.created_at[:10], str(one.model))
        table.add_row(*cells, Text(one.photo, overflow="fold"))
    output_console().print(table)
