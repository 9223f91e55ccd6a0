"""`mien gallery cluster`: groups of people whom nobody has named yet."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from mien.cli._gallery import bar, embedding_option, gallery_option, json_option, open_gallery

if TYPE_CHECKING:
    from mien.gallery.grouping import Groups
    from mien.gallery.records import Person

_EPILOG = """\b
Examples:
  mien gallery cluster holiday/
  mien gallery cluster holiday/ --enrol && mien gallery rename p_3f9c0a7d12e4 Ada
"""


@click.command(epilog=_EPILOG)
@click.argument("paths", metavar="PATH...", nargs=-1, required=True)
@click.option("--fmr", type=float, default=1e-3, show_default=True, help="How alike the faces of a group must be.")
@click.option("--smallest", type=click.IntRange(min=1), default=2, show_default=True, help="Faces that make a group.")
@click.option("--enrol", is_flag=True, help="Add each group to the gallery as a person without a name.")
@click.option("--keep-crops", is_flag=True, help="With --enrol, keep pictures of the faces.")
@embedding_option
@gallery_option
@json_option
def command(
    paths: tuple[str, ...],
    fmr: float,
    smallest: int,
    enrol: bool,
    keep_crops: bool,
    embedding: str | None,
    gallery: str,
    as_json: bool,
) -> None:
    """Group the faces in photos that are of one person, leaving out people whom the gallery knows.

    Two faces in one photo are never one person. FMR is the share of strangers as alike as the faces of a group are on
    the mean: less makes purer groups, more makes fewer of them.
    """
    from mien.gallery.enrolment import Rules
    from mien.gallery.photos import photos_of

    rules = Rules(keep_crops=keep_crops)
    photos = [photo for path in paths for photo in photos_of(path)]
    people: dict[int, Person | None] = {}
    with open_gallery(gallery, create=True, embedding=embedding) as opened:
        with bar("photos", len(photos)) as advance:
            groups = opened.group(photos, fmr=fmr, rules=rules, progress=advance)
        shown = [number for number in range(1, groups.count + 1) if len(groups.group(number)) >= smallest]
        if enrol:
            people = {number: opened.enrol_group(groups.group(number), rules=rules).person for number in shown}
    if as_json:
        click.echo(json.dumps(_content(groups, shown, people), indent=2, ensure_ascii=False))
    else:
        _print(groups, shown, people)
    for outcome in groups.unread:
        click.echo(f"mien: error: {outcome.photo}: {outcome.reason}", err=True)
    if groups.unread:
        raise SystemExit(1 if len(groups.unread) < len(photos) else 2)


def _content(groups: Groups, shown: list[int], people: dict[int, Person | None]) -> dict[str, object]:
    found = [
        {
            "group": number,
            "person": None if (person := people.get(number)) is None else person.id,
            "faces": [face.to_dict() for face in groups.group(number)],
        }
        for number in shown
    ]
    known = [face.to_dict() for face in groups.faces if face.identity is not None]
    return {"threshold": round(groups.threshold, 4), "groups": found, "known": known, "faces": len(groups.faces)}


def _print(groups: Groups, shown: list[int], people: dict[int, Person | None]) -> None:
    from rich.table import Table
    from rich.text import Text

    from mien.cli._console import output_console

    table = Table("group", "faces", "enrolled as", "photos", box=None, pad_edge=False)
    table.columns[-1].overflow = "fold"
    for number in shown:
        faces, person = groups.group(number), people.get(number)
        table.add_row(
            str(number),
            str(len(faces)),
            "-" if person is None else person.label,
            Text(", ".join(face.photo for face in faces)),
        )
    output_console().print(table)
    known = sum(face.identity is not None for face in groups.faces)
    alone = sum(face.group is not None and face.group not in shown for face in groups.faces)
    poor = len(groups.faces) - known - sum(face.group is not None for face in groups.faces)
    click.echo(
        f"{len(groups.faces)} faces: {known} known, {alone} in no group of that size, {poor} too poor to compare",
        err=True,
    )
