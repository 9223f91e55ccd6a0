"""Who is to be enrolled from which photos: a folder for each person, a table, or photos named after people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from mien.errors import DatasetError
from mien.evaluate.files import find_column, known_columns, open_manifest
from mien.gallery.photos import Photo
from mien.media.find import find_images
from mien.media.formats import ENDINGS
from mien.media.paths import is_folder

_TABLES: Final = (".csv", ".tsv", ".parquet")
_NAMES: Final = ("name", "person", "identity")


@dataclass(kw_only=True)
class Entry:
    """Somebody to be enrolled.

    Attributes:
        name: as it was written.
        photos: of the person.
        consent: how and when they agreed, where a table says so.
        notes: free text, likewise.
    """

    name: str
    photos: list[Photo] = field(default_factory=list)
    consent: str | None = None
    notes: str | None = None


def read_entries(paths: Sequence[str], *, name: str | None = None, by_file: bool = False) -> list[Entry]:
    """Everybody, in the order of the paths; the photos of one name are together.

    Args:
        paths: folders with a folder for each person; tables with the columns `path` and `name`, and `consent` and
            `notes` where wanted; with `name` or `by_file` also photos, and folders of photos.
        name: all photos are of this person.
        by_file: every photo is of somebody else, who is called as its file.

    Raises:
        DatasetError: it is not clear whose photos these are, or a table cannot be read.
        ImageError: a path is not there, or a folder has no photos.
    """
    entries: dict[str, Entry] = {}

    def entry(who: str) -> Entry:
        return entries.setdefault(who, Entry(name=who))

    for text in paths:
        path = Path(text)
        if name is not None:
            entry(name).photos += [Photo(photo) for photo in find_images([text])]
        elif path.suffix.lower() in _TABLES:
            for one in _table(path):
                known = entry(one.name)
                known.photos += one.photos
                known.consent, known.notes = known.consent or one.consent, known.notes or one.notes
        elif by_file:
            for photo in find_images([text]):
                entry(photo.stem).photos.append(Photo(photo))
        elif is_folder(path):
            for who, photos in _folders(path):
                entry(who).photos += photos
        else:
            raise DatasetError(
                f"{text}: whose photo is it? Give --name NAME, or --by-file where every photo is of somebody else, who "
                "is called as its file; or name a folder with a folder for each person, or a table of path and name"
            )
    return list(entries.values())


def _folders(path: Path) -> list[tuple[str, list[Photo]]]:
    inside = sorted(entry for entry in path.iterdir() if not entry.name.startswith("."))
    loose = [entry for entry in inside if entry.suffix.lower() in ENDINGS and not is_folder(entry)]
    if loose:
        raise DatasetError(
            f"{path}: whose photo is {loose[0].name}? In this folder there should be a folder for each person; give "
            "--name NAME where all photos are of one, or --by-file where every photo is of somebody else"
        )
    folders = [entry for entry in inside if is_folder(entry)]
    if not folders:
        raise DatasetError(f"{path}: no folders in it; there should be one for each person, called as the person")
    return [(folder.name, [Photo(photo) for photo in find_images([folder])]) for folder in folders]


def _table(path: Path) -> list[Entry]:
    table = open_manifest(path, what="list of people", images=False)
    columns = {wanted: find_column(table, path, wanted, option="a header") for wanted in ("path", "consent", "notes")}
    name = next((found for wanted in _NAMES if (found := find_column(table, path, wanted, option="a header"))), None)
    if columns["path"] is None or name is None:
        raise DatasetError(f"{path} needs the columns path and name; {known_columns(table)}")
    cells = {what: table.column(column) for what, column in columns.items() if column is not None}
    entries = []
    for row, who in enumerate(table.column(name)):
        if not who or not cells["path"][row]:
            raise DatasetError(f"{path}: row {row + 1} lacks path or name")
        consent, notes = ((cells[what][row] or None) if what in cells else None for what in ("consent", "notes"))
        photo = Photo(path.parent / cells["path"][row])
        entries.append(Entry(name=who, photos=[photo], consent=consent, notes=notes))
    return entries
