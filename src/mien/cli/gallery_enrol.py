"""`mien gallery enrol`: adds people from photos."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from mien.cli._gallery import bar, embedding_option, gallery_option, json_option, open_gallery

if TYPE_CHECKING:
    from mien.gallery.enrolment import Enrolment

_EPILOG = """\b
Examples:
  mien gallery enrol people/                                a folder for each person
  mien gallery enrol --name "Ada Lovelace" ada*.jpg --consent "form of 2026-03-01"
  mien gallery enrol people.csv --keep-crops                columns path and name; also consent and notes
"""


@click.command(epilog=_EPILOG)
@click.argument("paths", metavar="PATH...", nargs=-1, required=True)
@click.option("--name", help="All photos are of this person.")
@click.option("--by-file", is_flag=True, help="Every photo is of somebody else, who is called as its file.")
@click.option("--consent", help="How and when these people agreed; kept with them.")
@click.option("--notes", help="What else is to be kept with them.")
@click.option("--keep-crops", is_flag=True, help="Keep pictures of the faces, to show and to embed anew.")
@click.option("--largest", is_flag=True, help="Of several faces in a photo take the largest; else it is refused.")
@click.option(
    "--allow-lookalikes", is_flag=True, help="Enrol faces that are much alike somebody else's in the gallery."
)
@click.option(
    "--least-quality", type=float, default=0.2, show_default=True, metavar="Q", help="Refuse poorer pictures; 0 to 1."
)
@embedding_option
@gallery_option
@json_option
def command(
    paths: tuple[str, ...],
    name: str | None,
    by_file: bool,
    consent: str | None,
    notes: str | None,
    keep_crops: bool,
    largest: bool,
    allow_lookalikes: bool,
    least_quality: float,
    embedding: str | None,
    gallery: str,
    as_json: bool,
) -> None:
    """Add people, or more templates for people who are there.

    Photos with no face or several, poor ones, copies of others, and faces that are in the gallery under another name
    are refused, each with its reason. Each person is added in one step; a run that was interrupted is taken up where it
    ended by running it again.

    Exit status: 1 if some photos were not enrolled, 2 if none was and none had been before.
    """
    from mien.gallery.enrolment import Rules
    from mien.gallery.people_list import read_entries

    if name is not None and by_file:
        raise click.UsageError("--name and --by-file exclude each other: are the photos of one person, or of many?")
    rules = Rules(
        least_quality=least_quality, largest=largest, allow_lookalikes=allow_lookalikes, keep_crops=keep_crops
    )
    entries = read_entries(paths, name=name, by_file=by_file)
    done: list[Enrolment] = []
    with (
        open_gallery(gallery, create=True, embedding=embedding) as opened,
        bar("photos", sum(len(entry.photos) for entry in entries)) as advance,
    ):
        for entry in entries:
            texts = {"consent": entry.consent or consent, "notes": entry.notes or notes}
            done += [opened.enrol(entry.name, entry.photos, **texts, rules=rules, progress=advance)]
        opened.prepare()
    if as_json:
        click.echo(json.dumps([one.to_dict() for one in done], indent=2, ensure_ascii=False))
    else:
        _print([entry.name for entry in entries], done)
    _tell(done)


def _print(names: Sequence[str], done: Sequence[Enrolment]) -> None:
    from rich.table import Table
    from rich.text import Text

    from mien.cli._console import output_console

    table = Table("name", "id", box=None, pad_edge=False)
    for title in ("enrolled", "known", "refused", "unread", "templates"):
        table.add_column(title, justify="right")
    for name, one in zip(names, done, strict=True):
        counts = [str(one.count(status)) for status in ("enrolled", "known", "refused", "error")]
        person = ("-", "0") if one.person is None else (one.person.id, str(one.person.templates))
        label = name if one.person is None or one.person.name is None else one.person.name
        table.add_row(Text(label, overflow="fold"), person[0], *counts, person[1])
    output_console().print(table)


def _tell(done: Sequence[Enrolment]) -> None:
    """Photos that were not enrolled, and the exit status."""
    outcomes = [outcome for one in done for outcome in one.outcomes]
    missed = [outcome for outcome in outcomes if outcome.status in ("refused", "error")]
    if not missed:
        return
    click.echo(f"mien: error: {len(missed)} of {len(outcomes)} photos were not enrolled:", err=True)
    for outcome in missed:
        click.echo(f"  {outcome.photo}: {outcome.reason}", err=True)
    raise SystemExit(1 if len(missed) < len(outcomes) else 2)
