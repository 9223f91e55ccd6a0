"""`mien gallery export`: everybody as a Parquet file."""

from __future__ import annotations

from pathlib import Path

import click

from mien.cli._gallery import gallery_option, open_gallery
from mien.cli._outputs import check_files, refuse_empty


@click.command(epilog="Example:  mien gallery export people.parquet")
@click.argument("file", metavar="FILE.parquet", callback=refuse_empty)
@gallery_option
def command(file: str, gallery: str) -> None:
    """Write all people with templates, notes, consent and crops to FILE, as a backup or for another gallery."""
    check_files({"FILE": Path(file)}, inputs=[Path(gallery)])
    with open_gallery(gallery) as opened:
        count = opened.export(file)
    click.echo(f"{file}: {count:,} templates", err=True)
