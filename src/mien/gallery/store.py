"""`Store`: the people and templates of a gallery, in statements that SQLite and PostgreSQL read alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mien.errors import GalleryError, OtherModelError, UnknownPersonError
from mien.gallery.database import Database
from mien.gallery.names import is_id, name_key, new_id
from mien.gallery.records import Crop, ModelId, NewTemplate, Person, Template, now

_AT_ONCE: Final = 500  # values in one statement; SQLite's limit is 999 in older versions
_KEYPOINTS: Final = np.dtype("<f4")
_PEOPLE: Final = """
SELECT person.number, person.id, person.name, person.notes, person.consent, person.created_at,
    (SELECT count(*) FROM template WHERE template.person = person.number),
    (SELECT count(*) FROM crop JOIN template ON crop.template = template.number WHERE template.person = person.number)
FROM person
"""


class Store:
    """Reads and writes records. What changes several of them belongs inside `database.writing()`.

    Args:
        database: the gallery's tables.
    """

    def __init__(self, database: Database) -> None:
        self.database = database

    # The gallery as a whole

    def id(self) -> str:
        """Of this gallery; copies of its file share it."""
        return str(self._one("SELECT id FROM gallery"))

    def model(self) -> ModelId | None:
        """The network that the templates are of; `None` while there is none."""
        found = self.database.rows(
            "SELECT model.name, model.sha256 FROM gallery JOIN model ON gallery.model = model.number"
        )
        return ModelId(*found[0]) if found else None

    def calibration(self) -> str | None:
        """What was stored by `set_calibration`."""
        text = self._one("SELECT calibration FROM gallery")
        return None if text is None else str(text)

    def set_calibration(self, text: str | None) -> None:
        """Keep a text, or none."""
        self.database.run("UPDATE gallery SET calibration = ?", text)

    def templates(self) -> int:
        """How many there are in all."""
        return int(self._one("SELECT templates FROM gallery"))

    # People

    def people(self) -> list[tuple[int, Person]]:
        """Everybody by number, in the order of the names; those without one at the end."""
        rows = self.database.rows(f"{_PEOPLE} ORDER BY person.name_key IS NULL, person.name_key, person.number")
        return [(row[0], _person(row)) for row in rows]

    def find(self, name_or_id: str) -> tuple[int, Person]:
        """The person of that name or id, and their number.

        Raises:
            UnknownPersonError: there is nobody; the nearest names are told.
        """
        column, value = ("id", name_or_id) if is_id(name_or_id) else ("name_key", name_key(name_or_id))
        rows = self.database.rows(f"{_PEOPLE} WHERE person.{column} = ?", value)
        if not rows:
            raise UnknownPersonError(f"nobody is called {name_or_id!r} in {self.database.place}; {self._hint(value)}")
        return rows[0][0], _person(rows[0])

    def person(self, number: int) -> Person:
        """Of a number that is there."""
        (row,) = self.database.rows(f"{_PEOPLE} WHERE person.number = ?", number)
        return _person(row)

    def labels(self, numbers: Sequence[int]) -> dict[int, tuple[str, str | None]]:
        """Ids and names of people by number."""
        found: dict[int, tuple[str, str | None]] = {}
        for part in _parts(numbers):
            rows = self.database.rows(f"SELECT number, id, name FROM person WHERE number IN ({_marks(part)})", *part)
            found |= {number: (person_id, name) for number, person_id, name in rows}
        return found

    def number_of(self, name: str) -> int | None:
        """The number of the person of that name."""
        rows = self.database.rows("SELECT number FROM person WHERE name_key = ?", name_key(name))
        return int(rows[0][0]) if rows else None

    def number_of_id(self, person_id: str) -> int | None:
        """The number of the person with that id."""
        rows = self.database.rows("SELECT number FROM person WHERE id = ?", person_id)
        return int(rows[0][0]) if rows else None

    def add_person(
        self,
        name: str | None,
        *,
        notes: str | None = None,
        consent: str | None = None,
        person_id: str | None = None,
        created_at: str | None = None,
    ) -> int:
        """A new person's number; the name must be free."""
        values = (person_id or new_id(), name, None if name is None else name_key(name), notes, consent)
        rows = self.database.rows(
            "INSERT INTO person (id, name, name_key, notes, consent, created_at) VALUES (?, ?, ?, ?, ?, ?) "
            "RETURNING number",
            *values,
            created_at or now(),
        )
        return int(rows[0][0])

    def describe(self, number: int, *, notes: str | None = None, consent: str | None = None) -> None:
        """New notes or consent; `None` leaves what is there."""
        self.database.run(
            "UPDATE person SET notes = coalesce(?, notes), consent = coalesce(?, consent) WHERE number = ?",
            notes,
            consent,
            number,
        )

    def rename(self, number: int, name: str) -> None:
        """Another name; it must be free."""
        self.database.run("UPDATE person SET name = ?, name_key = ? WHERE number = ?", name, name_key(name), number)

    def merge(self, source: int, target: int) -> None:
        """Gives all templates of a person to another one, and removes that person."""
        self.database.run("UPDATE template SET person = ? WHERE person = ?", target, source)
        self.database.run("DELETE FROM person WHERE number = ?", source)
        self._changed(removals=1)  # the templates are there still, but somebody else's

    def remove_person(self, number: int) -> None:
        """Removes a person with all templates and crops."""
        templates = self.database.run("DELETE FROM template WHERE person = ?", number)
        self.database.run("DELETE FROM person WHERE number = ?", number)
        self._changed(templates=-templates, removals=1)

    # Templates

    def templates_of(self, number: int) -> list[Template]:
        """Those of a person, in the order of enrolment."""
        rows = self.database.rows(
            "SELECT template.number, model.name, model.sha256, quality, photo, photo_sha256, created_at, "
            "crop.template IS NOT NULL FROM template JOIN model ON template.model = model.number "
            "LEFT JOIN crop ON crop.template = template.number WHERE person = ? ORDER BY template.number",
            number,
        )
        return [
            Template(
                number=row[0],
                model=ModelId(row[1], row[2]),
                quality=row[3],
                photo=row[4],
                photo_sha256=row[5],
                created_at=row[6],
                has_crop=bool(row[7]),
            )
            for row in rows
        ]

    def vector(self, number: int) -> NDArray[np.float32]:
        """(d,) of a template that is there."""
        ((value,),) = self.database.rows("SELECT vector FROM template WHERE number = ?", number)
        return self.database.decode(value)

    def owners_of_photo(self, photo_sha256: str) -> list[int]:
        """The numbers of the people enrolled from a photo."""
        rows = self.database.rows("SELECT DISTINCT person FROM template WHERE photo_sha256 = ?", photo_sha256)
        return [int(row[0]) for row in rows]

    def has_template(self, person: int, template: NewTemplate) -> bool:
        """Whether the person has that vector of that photo already."""
        rows = self.database.rows(
            "SELECT vector FROM template WHERE person = ? AND photo_sha256 = ?", person, template.photo_sha256
        )
        return any(np.array_equal(self.database.decode(row[0]), template.vector) for row in rows)

    def add_template(self, person: int, template: NewTemplate, model: ModelId) -> int:
        """A new template's number.

        Raises:
            OtherModelError: the gallery's templates are of another network.
        """
        rows = self.database.rows(
            "INSERT INTO template (person, model, vector, quality, photo, photo_sha256, created_at) "
            "VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING number",
            person,
            self._take_model(model),
            self.database.encode(template.vector),
            template.quality,
            template.photo,
            template.photo_sha256,
            template.created_at or now(),
        )
        number = int(rows[0][0])
        if template.crop is not None:
            keypoints = template.crop.keypoints.astype(_KEYPOINTS).tobytes()
            self.database.run("INSERT INTO crop VALUES (?, ?, ?)", number, template.crop.jpeg, keypoints)
        self._changed(templates=1)
        return number

    def crop(self, number: int) -> Crop | None:
        """The face's picture of a template; `None` where it was not kept."""
        rows = self.database.rows("SELECT jpeg, keypoints FROM crop WHERE template = ?", number)
        if not rows:
            return None
        keypoints = np.frombuffer(rows[0][1], _KEYPOINTS).reshape(5, 2).astype(np.float32)
        return Crop(jpeg=bytes(rows[0][0]), keypoints=keypoints)

    def template_numbers(self) -> list[int]:
        """All of them, rising."""
        return [int(row[0]) for row in self.database.rows("SELECT number FROM template ORDER BY number")]

    def remove_templates(self, numbers: Sequence[int]) -> None:
        """Removes templates, and people of whom none is left."""
        removed = 0
        for part in _parts(numbers):
            removed += self.database.run(f"DELETE FROM template WHERE number IN ({_marks(part)})", *part)
        self.database.run(
            "DELETE FROM person WHERE NOT EXISTS (SELECT 1 FROM template WHERE template.person = person.number)"
        )
        self._changed(templates=-removed, removals=1)

    def replace_vectors(self, vectors: Mapping[int, NDArray[np.float32]], model: ModelId) -> None:
        """Vectors of another network for all templates, by number; the calibration, of the old one, is dropped."""
        self.database.run("UPDATE gallery SET model = NULL, calibration = NULL")
        number = self._take_model(model)
        encode = self.database.encode
        self.database.run_many(
            "UPDATE template SET vector = ?, model = ? WHERE number = ?",
            ((encode(vector), number, template) for template, vector in vectors.items()),
        )
        self._changed(removals=1)

    # Those who were forgotten

    def keep_receipt(self, receipt: Mapping[str, Any]) -> None:
        """That someone was forgotten, under the id alone."""
        self.database.run(
            "INSERT INTO forgotten VALUES (?, ?, ?, ?, ?)",
            *(receipt[key] for key in ("person_id", "templates", "crops", "forgotten_at", "sha256")),
        )

    def forgotten(self) -> dict[str, str]:
        """Ids of those who were forgotten → when."""
        return dict(self.database.rows("SELECT person_id, forgotten_at FROM forgotten"))

    def _take_model(self, model: ModelId) -> int:
        rows = self.database.rows(
            "SELECT model.number, model.name, model.sha256 FROM gallery JOIN model ON gallery.model = model.number"
        )
        if rows:
            check_model(self.database.place, ModelId(*rows[0][1:]), model)
            return int(rows[0][0])
        rows = self.database.rows("SELECT number FROM model WHERE name = ? AND sha256 = ?", model.name, model.sha256)
        rows = rows or self.database.rows(
            "INSERT INTO model (name, sha256) VALUES (?, ?) RETURNING number", model.name, model.sha256
        )
        self.database.run("UPDATE gallery SET model = ?", rows[0][0])
        return int(rows[0][0])

    def _changed(self, *, templates: int = 0, removals: int = 0) -> None:
        """Tells all who search, in whatever process, and keeps count."""
        self.database.run(
            "UPDATE gallery SET changes = changes + 1, templates = templates + ?, removals = removals + ?",
            templates,
            removals,
        )

    def _one(self, statement: str) -> Any:
        rows = self.database.rows(statement)
        if not rows:
            raise GalleryError(f"{self.database.place} lacks its own description; restore a backup")
        return rows[0][0]

    def _hint(self, key: str) -> str:
        """Names that begin alike, for those who mistyped."""
        rows = self.database.rows(
            "SELECT name FROM person WHERE substr(name_key, 1, 2) = ? ORDER BY name_key LIMIT 3", key[:2]
        )
        near = " or ".join(repr(row[0]) for row in rows)
        return f"did you mean {near}?" if near else "`mien gallery list` shows everybody"


def check_model(place: str, own: ModelId, other: ModelId) -> None:
    """Refuse a network that a gallery's templates are not of.

    Raises:
        OtherModelError: it is another one.
    """
    if own != other:
        keep = f"use --embedding {own.name}, or " if own.name != other.name else ""
        raise OtherModelError(
            f"{place} holds templates of {own}, and {other} was asked for, whose embeddings mean nothing to them; "
            f"{keep}bring the gallery over: `mien gallery re-embed --embedding {other.name}`"
        )


def _person(row: tuple[Any, ...]) -> Person:
    keys = ("id", "name", "notes", "consent", "created_at", "templates", "crops")
    return Person(**dict(zip(keys, row[1:], strict=True)))


def _parts(numbers: Sequence[int]) -> Iterator[Sequence[int]]:
    return (numbers[start : start + _AT_ONCE] for start in range(0, len(numbers), _AT_ONCE))


def _marks(values: Sequence[Any]) -> str:
    return ", ".join("?" * len(values))
