"""Taking people from an exported file into a gallery: all that are wanted, or none."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from mien.errors import DatasetError, InputError
from mien.gallery.names import clean_name, clean_text, is_id
from mien.gallery.parquet_file import keypoints_of
from mien.gallery.records import Crop, ModelId, NewTemplate
from mien.gallery.store import Store

_LENGTH: Final = 1e-3  # by how much a vector's may differ from 1


@dataclass(frozen=True, kw_only=True)
class Imported:
    """What was taken.

    Attributes:
        people: who are new.
        templates: that are new.
        known: templates that were in the gallery already.
        forgotten: ids of people who are in the file, but were forgotten in this gallery, and so were left out.
    """

    people: int
    templates: int
    known: int
    forgotten: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self)


def import_people(
    store: Store, rows: Iterable[dict[str, Any]], place: str, *, also_forgotten: bool = False
) -> Imported:
    """Adds the people and templates of a file; those that are there already stay as they are.

    Args:
        store: of the gallery.
        rows: as `parquet_file.read` gives them.
        place: of the file, for messages.
        also_forgotten: takes people too who were forgotten in this gallery.

    Raises:
        DatasetError: a row holds what no gallery does; nothing was taken.
        InputError: a name is another person's here; nothing was taken.
        OtherModelError: the templates are of another network; nothing was taken.
    """
    people: dict[str, int] = {}
    new = templates = known = 0
    left_out: dict[str, None] = {}
    with store.database.writing():
        forgotten = {} if also_forgotten else store.forgotten()
        for place_in_file, row in enumerate(rows, start=1):
            person_id = row["person_id"]
            if person_id in forgotten:
                left_out[person_id] = None
                continue
            try:
                template = _template(row)
            except InputError as error:
                raise DatasetError(f"{place}: row {place_in_file}: {error}; nothing was taken") from error
            if person_id not in people:
                number = store.number_of_id(person_id)
                if number is None:
                    number, new = _add(store, row, place), new + 1
                people[person_id] = number
            if store.has_template(people[person_id], template):
                known += 1
                continue
            store.add_template(people[person_id], template, ModelId(row["model"], row["model_sha256"]))
            templates += 1
    return Imported(people=new, templates=templates, known=known, forgotten=tuple(left_out))


def _add(store: Store, row: dict[str, Any], place: str) -> int:
    name = None if row["name"] is None else clean_name(row["name"])
    if name is not None and (other := store.number_of(name)) is not None:
        raise InputError(
            f"{place}: {name!r} is the name of {store.person(other).id} here and of {row['person_id']} there; "
            "rename one of them first; nothing was taken"
        )
    return store.add_person(
        name,
        notes=clean_text("notes", row["notes"]),
        consent=clean_text("consent", row["consent"]),
        person_id=row["person_id"],
        created_at=row["person_created_at"],
    )


def _template(row: dict[str, Any]) -> NewTemplate:
    if not is_id(row["person_id"]):
        raise InputError(f"{row['person_id']!r} is no person's id")
    length = float(np.linalg.norm(row["vector"]))
    if not abs(length - 1) <= _LENGTH:  # NaN neither
        raise InputError(f"a vector has length {length:g}, wanted 1")
    if (row["crop"] is None) != (row["crop_keypoints"] is None):
        raise InputError("a crop and its keypoints belong together")
    return NewTemplate(
        vector=row["vector"],
        quality=row["quality"],
        photo=row["photo"],
        photo_sha256=row["photo_sha256"],
        created_at=row["created_at"],
        crop=None if row["crop"] is None else Crop(jpeg=row["crop"], keypoints=keypoints_of(row["crop_keypoints"])),
    )
