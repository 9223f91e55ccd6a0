"""Forgetting somebody: every template, every crop, name, notes and consent; and a receipt of what was removed."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from typing import Any

from mien.gallery.records import Template, now
from mien.gallery.store import Store


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """What was removed. The gallery itself keeps all of it but the name and `left`.

    Attributes:
        gallery: where it is.
        person_id: whose data it was.
        name: likewise.
        templates: how many were removed.
        crops: likewise.
        forgotten_at: ISO 8601, UTC.
        sha256: over what was removed: the id, then every template's vector and crop, in the order of enrolment.
        left: where something may be left all the same, and what to do; empty where nothing is.
    """

    gallery: str
    person_id: str
    name: str | None
    templates: int
    crops: int
    forgotten_at: str
    sha256: str
    left: str = ""

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self)


def forget(store: Store, name_or_id: str) -> Receipt:
    """Removes a person for good.

    Raises:
        UnknownPersonError: there is nobody of that name or id.
        OutputError: the search index beside the gallery cannot be written, so that it still holds the vectors.
    """
    with store.database.writing():
        number, person = store.find(name_or_id)
        receipt = Receipt(
            gallery=store.database.place,
            person_id=person.id,
            name=person.name,
            templates=person.templates,
            crops=person.crops,
            forgotten_at=now(),
            sha256=_digest(store, person.id, store.templates_of(number)),
        )
        store.remove_person(number)
        store.keep_receipt(receipt.to_dict())
    return Receipt(**receipt.to_dict() | {"left": store.database.erase()})


def _digest(store: Store, person_id: str, templates: list[Template]) -> str:
    digest = hashlib.sha256(person_id.encode())
    for template in templates:
        digest.update(store.vector(template.number).tobytes())
        crop = store.crop(template.number)
        if crop is not None:
            digest.update(crop.jpeg)
    return digest.hexdigest()
