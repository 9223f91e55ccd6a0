"""`mien gallery re-embed`: brings a gallery over to another network."""

from __future__ import annotations

import json

import click

from mien.cli._gallery import bar, gallery_option, json_option, open_gallery


@click.command(name="re-embed", epilog="Example:  mien gallery re-embed --embedding sface")
@click.option("--embedding", metavar="NAME", required=True, help="The network: embedding, or sface.")
@click.option("--drop", is_flag=True, help="Remove templates without a crop; else these are an error.")
@gallery_option
@json_option
def command(embedding: str, drop: bool, gallery: str, as_json: bool) -> None:
    """Embed all faces anew, from the crops that were kept by `enrol --keep-crops`; all of them, or none.

    A calibration that was stored in the gallery is dropped, as it was of the other network.
    """
    with open_gallery(gallery) as opened:
        with bar("templates", opened.store.templates()) as advance:
            done = opened.re_embed(embedding, drop=drop, progress=advance)
        opened.prepare()
    if as_json:
        click.echo(json.dumps(done.to_dict(), indent=2, ensure_ascii=False))
    else:
        dropped = f", {done.dropped:,} without a crop removed" if done.dropped else ""
        click.echo(f"{done.templates:,} templates, now of {done.model}{dropped}")
